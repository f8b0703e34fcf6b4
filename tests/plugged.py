"""Other people's packages: modules and the metadata that pip would write, in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

# Paints like pixels, and has options of its own.
GENERATOR = """
    from pydantic import BaseModel
    from reverie.generators.pixels import Options as PixelsOptions, Pixels

    class Options(BaseModel):
        loud: bool = False

    def build(options, device):
        return Pixels(PixelsOptions(contrast=1.0 if options.loud else 0.0), device)
"""
# How far a picture is from one shade of grey.
OBJECTIVE = """
    from pydantic import BaseModel, Field

    class Options(BaseModel):
        grey: float = Field(default=0.5, ge=0, le=1, description="the shade")

    def build(options, device):
        return lambda images, seen, step: (images - options.grey).square().flatten(1).mean(1)
"""


def install(folder: Path, modules: Mapping[str, str], points: Mapping[str, Mapping[str, str]], name: str = "reverie-test") -> None:
    """``modules`` are sources by name, ``points`` what each kind of component (in the plural) is called and where it is."""
    folder.mkdir(exist_ok=True)
    for module, source in modules.items():
        (folder / f"{module}.py").write_text(dedent(source))
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    groups = (f"[reverie.{kind}]\n" + "".join(f"{key} = {value}\n" for key, value in known.items()) for kind, known in points.items())
    (info / "entry_points.txt").write_text("".join(groups))
