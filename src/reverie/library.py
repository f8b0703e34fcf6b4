"""The models on this machine: a folder each, with a record of its files. Nothing here asks the network for anything.

A name is one of the manifest's, or of somebody's own. A known model whose files were put into its folder by hand is
installed as well: it gets its record when it is first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from hashlib import file_digest
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from reverie.errors import BadRequest, Failed
from reverie.files import reason, write_file
from reverie.manifest import Component, Digest, File, FileName, Model, known
from reverie.paths import models_dir
from reverie.sniff import HEAD, is_page, wrong_end, wrong_start

RECORD = "model.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]*(/[A-Za-z0-9][A-Za-z0-9._@+-]*)*")
LONGEST = 100  # letters of a name


class Kept(BaseModel):
    """A file as it was when it was installed, and the path or address that it came from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sha256: Digest
    bytes: int
    source: str


class Record(BaseModel):
    """An installed model. ``main`` is the file that its reader is given, or None for the folder; ``kind`` is empty where nobody said."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: Literal[1] = 1
    name: str
    kind: str = ""
    component: Component | None = None
    main: FileName | None = None
    files: dict[FileName, Kept]

    @property
    def folder(self) -> Path:
        return folder_of(self.name)

    @property
    def path(self) -> Path:
        """What a reader is given."""
        return self.folder / self.main if self.main else self.folder

    @property
    def size(self) -> int:
        return sum(file.bytes for file in self.files.values())


def folder_of(name: str) -> Path:
    """Where a model of this name belongs; raises ``BadRequest`` for what can be no name."""
    if not is_name(name):
        raise BadRequest(f"{name!r} can be no model's name: letters, digits and . _ @ + - with / between words.")
    return models_dir() / name.replace("/", "-")


def is_name(text: str) -> bool:
    return len(text) <= LONGEST and bool(NAME.fullmatch(text))


def path_of(name: str, component: str = "") -> Path:
    """An installed model's path, or the name itself as a path; names come first.

    Raises ``BadRequest`` for a known model that is not here, with how to get it, and for one of another component.
    """
    record = find(name)
    model = None if record or Path(name).exists() else known().get(name)
    its = record.component if record else model.component if model else None
    if component and its and its != component:
        raise BadRequest(f"The model {name!r} is a {its}, and cannot be the {component}.")
    if model:
        raise BadRequest(missing(model))
    return record.path if record else Path(name)


def missing(model: Model) -> str:
    """That a known model is not here, how to fetch it, and what to put where by hand."""
    page = f" Its page: {model.page.url}" if model.page else ""
    return f"The model {model.name!r} is not installed: `reverie models pull {model.name}`, or by hand {by_hand(model)}.{page}"


def by_hand(model: Model) -> str:
    """Which files of a known model to put where, and the address of each."""
    folder = folder_of(model.name)
    lacking = [file for file in model.files if not (folder / file.name).is_file()]
    return ", and ".join(f"put {file.urls[0].url if file.urls else file.name} at {folder / file.name}" for file in lacking)


def unheard(name: str) -> BadRequest:
    """A name that nothing here or in the manifest has."""
    close = get_close_matches(name, [*known(), *installed()], n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return BadRequest(f"There is no model {name!r}.{hint} `reverie models list` shows those that are known.")


def near(name: str, component: str) -> list[str]:
    """What else there is for a component: everything installed, and the known name that is closest to this one."""
    here = [record.name for record in installed().values() if record.component in (component, None)]
    return here + get_close_matches(name, [one.name for one in known().values() if one.component == component], n=1)


def find(name: str) -> Record | None:
    """The record of an installed model; raises ``BadRequest`` where its files are not what it says."""
    if not is_name(name):
        return None
    record = recorded(folder_of(name)) or _by_hand(name)
    if record is None and (folder_of(name) / RECORD).is_file():
        raise BadRequest(f"{folder_of(name) / RECORD} is damaged: `reverie models add FILE --name {name}` writes it anew.")
    for file, kept in record.files.items() if record else ():
        path = folder_of(name) / file
        if not path.is_file() or path.stat().st_size != kept.bytes:
            problem = f"has not its {kept.bytes:,} bytes" if path.is_file() else "is gone"
            raise BadRequest(f"The model {name!r} is damaged: {path} {problem}. `reverie models pull {name}` or `add` mends it.")
    return record


def installed() -> dict[str, Record]:
    """All records by name, those of models put there by hand too; folders whose record is damaged are left out."""
    folders = sorted(path.parent for path in models_dir().glob(f"*/{RECORD}"))
    records = [record for folder in folders if (record := recorded(folder))]
    here = {record.name: record for record in records}
    for name in known():
        with suppress(BadRequest):  # whoever asks for this one hears what is wrong
            if name not in here and (record := _by_hand(name)):
                here[name] = record
    return here


def recorded(folder: Path) -> Record | None:
    """The record in a folder; None where there is none, or a damaged one, or another folder's."""
    try:
        record = Record.model_validate_json((folder / RECORD).read_bytes())
    except (OSError, ValidationError):
        return None
    return record if is_name(record.name) and folder_of(record.name) == folder else None


def _by_hand(name: str) -> Record | None:
    """A known model whose files all lie where they belong, recorded from now on; raises ``BadRequest`` for wrong ones."""
    model, folder = known().get(name), folder_of(name)
    if model is None or not all((folder / file.name).is_file() for file in model.files):
        return None
    record = of_known(model, {file.name: examined(file, folder / file.name, "by hand") for file in model.files})
    try:
        write_record(record)
    except Failed:  # a folder that others share, say: it works all the same
        return record
    return record


def of_known(model: Model, files: dict[str, Kept]) -> Record:
    return Record(name=model.name, kind=model.kind, component=model.component, main=model.main, files=files)


def write_record(record: Record) -> None:
    write_file(record.folder / RECORD, (record.model_dump_json(indent=1) + "\n").encode(), overwrite=True)


def examined(file: File, path: Path, source: str) -> Kept:
    """What a file is; raises ``BadRequest`` where it cannot be what it should be."""
    try:
        with path.open("rb") as opened:
            head = opened.read(HEAD)
            opened.seek(0)
            kept = Kept(sha256=file_digest(opened, "sha256").hexdigest(), bytes=path.stat().st_size, source=source)
        wrong = "is a web page" if is_page(head) else wrong_start(file.name, head) or wrong_end(path)
    except OSError as error:
        raise BadRequest(f"{str(path)!r} cannot be read: {reason(error)}.") from None
    if file.sha256 and not kept.sha256.startswith(file.sha256.value):
        wrong = wrong or f"has the SHA-256 {kept.sha256}, and the known file {file.sha256.value}"
    if wrong:
        raise BadRequest(f"{str(path)!r} is not {file.name}: it {wrong}. Fetch it again.")
    return kept


def problems(record: Record) -> dict[str, str]:
    """By file, what is wrong with it; empty for those that are as they were installed."""
    found = {}
    for file, kept in record.files.items():
        path = record.folder / file
        try:
            with path.open("rb") as opened:
                same = file_digest(opened, "sha256").hexdigest() == kept.sha256
            found[file] = "" if same else "has changed since it was installed"
        except OSError as error:
            found[file] = reason(error)
    return found


def remove(name: str) -> list[Path]:
    """Delete an installed model and what is left of a pull; gives what else lies in its folder, which stays."""
    folder = folder_of(name)
    if not folder.is_dir():
        raise BadRequest(f"There is no installed model {name!r}: `reverie models list --installed` shows them.")
    with alone(name):
        record = recorded(folder)
        ours = set(record.files if record else ()) | {file.name for file in (known()[name].files if name in known() else ())}
        names = {RECORD, *ours, *(f"{file}{end}" for file in ours for end in (".partial", ".partial.json"))}
        try:
            for one in names:
                (folder / one).unlink(missing_ok=True)
            left = sorted(folder.iterdir())
            if not left:
                folder.rmdir()
        except OSError as error:
            raise Failed(f"{folder} could not be removed: {reason(error)}.") from error
    return left


@contextmanager
def alone(name: str) -> Iterator[Path]:
    """The model's folder, with nobody else at it; raises ``Failed`` where somebody is, or it cannot be written to."""
    folder = folder_of(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.with_name(f".{folder.name}.lock"))
        lock.acquire(timeout=0)
    except Timeout:
        raise Failed(f"Another process is at work on the model {name!r}: wait for it.") from None
    except OSError as error:
        raise Failed(f"Models cannot be kept in {folder.parent}: {reason(error)}. REVERIE_HOME names another place.") from error
    try:
        yield folder
    finally:
        lock.release()
