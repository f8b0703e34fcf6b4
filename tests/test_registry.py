"""Components by name: ours, other people's through entry points, and what is said of names and options that do not exist."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import tiny

from reverie import registry
from reverie.build import frames
from reverie.errors import BadRequest
from reverie.generators.pixels import Options, Pixels

OURS = sorted(registry.BUILT_IN["generator"])


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, known in registry.BUILT_IN.items() for name in known])
def test_every_built_in_component_has_the_shape(kind: str, name: str) -> None:
    module = import_module(registry.BUILT_IN[kind][name])
    assert callable(module.build)
    assert module.Options.model_config["frozen"] and module.Options.model_config["extra"] == "forbid"
    assert all(field.description for field in module.Options.model_fields.values())
    module.Options()  # all have defaults


def test_names() -> None:
    assert {"biggan", "pixels", "progan", "stack", "vqgan"} <= set(OURS) and registry.names("generator") == OURS
    assert registry.names("perceptor") == ["clip", "hf", "mini", "openclip"] and registry.names("objective") == []


def test_an_unknown_name_gets_a_hint() -> None:
    with pytest.raises(BadRequest) as caught:
        registry.build("generator", "vqgann", {}, tiny.CPU)
    assert str(caught.value) == f"There is no generator 'vqgann'. Did you mean 'vqgan'? There are: {', '.join(OURS)}."


def test_an_unknown_option_gets_a_hint() -> None:
    with pytest.raises(BadRequest) as caught:
        registry.build("generator", "pixels", {"contrst": 0.1}, tiny.CPU)
    assert str(caught.value) == "There is no option of pixels 'contrst'. Did you mean 'contrast'? There are: contrast."


@pytest.mark.parametrize("value", [2, -1, "much", float("nan"), None])
def test_a_wrong_value_is_named(value: Any) -> None:
    with pytest.raises(BadRequest, match=r"^pixels\.contrast cannot be "):
        registry.parse_options(Options, "pixels", {"contrast": value})


def test_options_as_text_are_understood() -> None:
    assert registry.parse_options(Options, "pixels", {"contrast": "0.25"}) == Options(contrast=0.25)


def test_options_of_what_is_not_used() -> None:
    registry.check_options(["vqgan", "mini"], {"mini": {}})
    with pytest.raises(BadRequest, match=r"'pixels'\. There are: mini, vqgan"):
        registry.check_options(["vqgan", "mini"], {"pixels": {"contrast": 1}})


PLUGIN = """
    from pydantic import BaseModel
    from reverie.generators.pixels import Pixels
    from reverie.generators.pixels import Options as PixelsOptions

    class Options(BaseModel):
        loud: bool = False

    def build(options, device):
        return Pixels(PixelsOptions(contrast=1.0 if options.loud else 0.0), device)
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed distribution: a module and the metadata that pip would write."""
    (tmp_path / "reverie_test_plugin.py").write_text(dedent(PLUGIN))
    info = tmp_path / "reverie_test_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: reverie-test-plugin\nVersion: 1.0\n")
    points = ("mine = reverie_test_plugin", "pixels = reverie_test_plugin", "broken = reverie_no_such_module")
    (info / "entry_points.txt").write_text("\n".join(("[reverie.generators]", *points, "")))
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("reverie_test_plugin", None)


@pytest.mark.usefixtures("plugin")
def test_a_plug_in_is_found_without_being_imported() -> None:
    assert registry.names("generator") == sorted([*OURS, "broken", "mine"])
    registry.check("generator", "mine")
    assert "reverie_test_plugin" not in sys.modules


@pytest.mark.usefixtures("plugin")
def test_a_plug_in_paints(networks: tiny.Options) -> None:
    made = registry.build("generator", "mine", {"loud": True}, tiny.CPU)
    assert isinstance(made, Pixels) and made.options.contrast == 1
    last = list(frames([tiny.dream(networks, generator="mine")], device="cpu"))[-1]
    assert last.final and last.pixels.shape == (32, 32, 3)
    with pytest.raises(BadRequest, match="There is no option of mine 'quiet'"):
        registry.build("generator", "mine", {"quiet": True}, tiny.CPU)


@pytest.mark.usefixtures("plugin")
def test_a_plug_in_cannot_take_our_names() -> None:
    assert registry.build("generator", "pixels", {}, tiny.CPU).options == Options()


@pytest.mark.usefixtures("plugin")
def test_a_broken_plug_in_is_told_in_a_line() -> None:
    with pytest.raises(BadRequest, match=r"generator 'broken' \(reverie_no_such_module\) could not be loaded: .*No module named"):
        registry.build("generator", "broken", {}, tiny.CPU)


def test_a_path_stands_for_the_component_that_reads_it(networks: tiny.Options) -> None:
    file = Path(networks["vqgan"]["weights"])
    for name in (str(file), str(file.parent)):
        registry.check("generator", name)
        made = registry.build("generator", name, {}, tiny.CPU)
        assert made.network.config.n_embed == tiny.CODES.n_embed
    assert registry.build("perceptor", str(file.parent), {}, tiny.CPU).dim == tiny.EYES.dim


@pytest.mark.parametrize("kind", ["vqgan", "biggan", "progan"])
def test_a_file_says_what_it_holds(networks: tiny.Options, kind: str, tmp_path: Path) -> None:
    named_otherwise = tmp_path / "mine.safetensors"
    named_otherwise.write_bytes(Path(networks[kind]["weights"]).read_bytes())
    made = registry.build("generator", str(named_otherwise), {}, tiny.CPU)
    assert type(made) is type(registry.build("generator", kind, networks[kind], tiny.CPU))


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\2\0\0\0\0\0\0\0{}", b"\x09\0\0\0\0\0\0\0" + b"[" * 9])
def test_a_file_that_says_nothing_is_told_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.safetensors").write_bytes(content)
    with pytest.raises(BadRequest, match="odd.safetensors"):
        registry.build("generator", str(tmp_path / "odd.safetensors"), {}, tiny.CPU)


def test_a_folder_of_a_components_name_does_not_take_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pixels").mkdir()
    monkeypatch.chdir(tmp_path)
    assert isinstance(registry.build("generator", "pixels", {}, tiny.CPU), Pixels)


def test_a_path_that_leads_nowhere(tmp_path: Path, networks: tiny.Options) -> None:
    for name, problem in ((str(tmp_path), "holds none"), (str(tmp_path / "gone"), "is not there"), ("gone.safetensors", "is not there")):
        with pytest.raises(BadRequest, match=rf"no generator at .*vqgan\.safetensors.*{problem}"):
            registry.check("generator", name)
    with pytest.raises(BadRequest, match="holds clip, not vqgan"):
        registry.build("generator", networks["mini"]["weights"], {}, tiny.CPU)


def test_who_reads_what_others_trained(tmp_path: Path, networks: tiny.Options) -> None:
    """A file by whether it is ours, a folder by what its configuration says."""
    for folder, file, said in (("clip", "config.json", '{"model_type": "clip"}'), ("siglip", "config.json", '{"model_type": "siglip"}'),
                               ("open", "open_clip_config.json", "{}"), ("bert", "config.json", '{"model_type": "bert"}')):  # fmt: skip
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_text(said)
    (tmp_path / "ViT-B-32.pt").write_bytes(b"PK")
    readers = {"clip": "hf", "siglip": "hf", "open": "clip", "ViT-B-32.pt": "clip", networks["mini"]["weights"]: "mini"}
    found = {name: registry._resolve("perceptor", str(tmp_path / name)) for name in readers}
    assert {name: component for name, (component, _) in found.items()} == readers
    assert found["clip"][1] == {"model": str(tmp_path / "clip")} and found["open"][1] == {"weights": str(tmp_path / "open")}
    with pytest.raises(BadRequest, match=r"no perceptor at .*a path leads to a clip\.safetensors.* or to CLIP's or SigLIP's weights"):
        registry.check("perceptor", str(tmp_path / "bert"))
