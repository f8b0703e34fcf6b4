"""The models that are known: whose files they are, where they lie, what they weigh and what each is good for.

``manifest.json`` says it, and for every address, hash and size where it was read; what was found nowhere is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Component = Literal["generator", "perceptor"]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._@+-]{0,119}$")]  # no folders, nothing hidden
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8,64}$")]  # the first digits at least


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Mirror(_Told):
    """Where a file or a page lies; ``cited`` names one of the manifest's sources, here and below."""

    url: str
    cited: str


class Hash(_Told):
    """A file's SHA-256, or how it begins."""

    value: Digest
    cited: str


class Size(_Told):
    """Bytes: exactly (``value``), or as a reader was told (``about``)."""

    value: int | None = None
    about: int | None = None
    cited: str


class Licence(_Told):
    name: str
    cited: str


class File(_Told):
    """One file of a model, and its mirrors in the order in which they are tried."""

    name: FileName
    urls: tuple[Mirror, ...] = ()
    sha256: Hash | None = None
    bytes: Size | None = None


class Model(_Told):
    """A model that people ask for. ``main`` is the file that its reader is given, or None for the whole folder."""

    name: str
    kind: str
    component: Component
    main: FileName | None
    good_for: str
    licence: Licence | None
    page: Mirror | None
    note: str | None
    files: tuple[File, ...] = Field(min_length=1)

    @property
    def size(self) -> int | None:
        """Bytes of all its files, as far as they are known; None where nothing is."""
        told = [file.bytes.value or file.bytes.about or 0 for file in self.files if file.bytes]
        return sum(told) or None


class Manifest(_Told):
    """``sources`` are the files in which the rest was read: repository, path and commit."""

    version: Literal[1] = Field(alias="schema")
    sources: Mapping[str, str]
    models: tuple[Model, ...]


@lru_cache(maxsize=1)
def manifest() -> Manifest:
    return Manifest.model_validate_json((files("reverie") / "manifest.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def known() -> Mapping[str, Model]:
    """The known models by name."""
    return MappingProxyType({model.name: model for model in manifest().models})
