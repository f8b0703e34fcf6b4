"""``reverie models``: what a reader sees of it, and that an installed name paints."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import originals
import pytest
import tiny_clip
from hosting import Host, hosting

from reverie.cli import main
from reverie.library import folder_of
from reverie.manifest import known
from reverie.paths import models_dir

TINY = ["--size", "16", "--steps", "1", "--init", "random", "--quiet"]


@pytest.fixture
def host() -> Iterator[Host]:
    with hosting() as one:
        yield one


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_list_says_what_is_known_and_what_is_here(networks: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    shown = capsys.readouterr()
    assert all(name in shown.out for name in known()) and "here" not in shown.out.split() and str(models_dir()) in shown.err
    assert main(["models", "add", networks["vqgan"]["weights"], "--name", "mine", "--kind", "vqgan", "--as", "generator"]) == 0
    assert capsys.readouterr().out.strip() == str(folder_of("mine") / "vqgan.safetensors")
    assert main(["models", "list", "--json"]) == 0
    rows = told(capsys)
    assert rows[0]["name"] == "mine" and rows[0]["installed"] and rows[0]["kind"] == "vqgan" and len(rows) == 1 + len(known())
    (clip,) = [row for row in rows if row["name"] == "ViT-B/32"]
    assert clip["bytes"] == 353_976_522 and clip["licence"] == "MIT" and clip["component"] == "perceptor" and clip["path"] is None
    assert main(["models", "list", "--installed"]) == 0
    assert "mine" in (out := capsys.readouterr().out) and "ViT" not in out


def test_what_is_installed_paints_by_its_name(networks: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, name in (("vqgan", "mine/16"), ("mini", "eyes")):
        assert main(["models", "add", networks[kind]["weights"], "--name", name]) == 0
    out = ["--out", str(tmp_path)]
    assert main(["a fox", *TINY, *out, "--generator", "mine/16", "--perceptor", "eyes"]) == 0
    assert main(["a fox", *TINY, *out, "--generator", "vqgan", "-o", "vqgan.weights=mine/16", "-o", "mini.weights=eyes"]) == 0
    one, other = [Path(line).read_bytes() for line in capsys.readouterr().out.splitlines() if line.endswith(".png")]
    assert len(one) > 50 and len(other) > 50


def test_checkpoints_of_2021_are_pulled_and_paint_offline(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole way, with tiny files in the originals' formats: a taming VQGAN and an OpenAI CLIP with its list of merges."""
    for path in (
        originals.taming(tmp_path),
        originals.taming(tmp_path).with_suffix(".yaml"),
        tiny_clip.write_merges(tmp_path, "merges.txt"),
    ):
        host.files[f"/{path.name}"] = path.read_bytes()
    host.files["/eyes.pt"] = tiny_clip.write_archive(tmp_path / "eyes.pt", tiny_clip.network().state_dict()).read_bytes()
    for name, files in (("codes/8", ("vqgan.ckpt", "vqgan.yaml")), ("ViT-S/16", ("eyes.pt", "merges.txt"))):
        given = [word for file in files for word in ("--from", f"{host.url}/{file}")]
        assert main(["models", "pull", name, *given, "--quiet"]) == 0
    capsys.readouterr()
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was asked"))
    words = [*TINY[2:], "--size", "32", "--views", "2", "--out", str(tmp_path), "--generator", "codes/8", "--perceptor", "ViT-S/16"]
    assert main(["a red fox", *words]) == 0
    (picture,) = capsys.readouterr().out.split()
    assert main(["replay", picture, "--out", str(tmp_path / "again"), "--quiet"]) == 0
    assert Path(capsys.readouterr().out.strip()).read_bytes() == Path(picture).read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a fox", "--generator", "imagenet_f16_1024"], "not installed: `reverie models pull imagenet_f16_1024`, or by hand put https://"),
        (["a fox", "--perceptor", "ViT-B/32"], "at {home}/ViT-B-32/ViT-B-32.pt."),
        (["a fox", "--generator", "ViT-B/32"], "is a perceptor, and cannot be the generator"),
        (["a fox", "--generator", "imagenet_f16_1025"], "Did you mean 'imagenet_f16_1024'?"),
        (["a fox", "--generator", "vqgan", "-o", "vqgan.weights=coco", "--size", "64"], "'coco' is not installed"),
        (["models", "pull"], "Name a model"),
        (["models", "pull", "a", "b", "--from", "c"], "Name one model for --from"),
        (["models", "pull", "nonsense"], "There is no model 'nonsense'. `reverie models list`"),
        (["models", "pull", "mine", "--from", "nowhere.ckpt"], "There is no file 'nowhere.ckpt'"),
        (["models", "add"], "Give the model's files"),
        (["models", "where", "ViT-B/23"], "Did you mean 'ViT-B/32'?"),
        (["models", "where", "ViT-B/32"], "not installed"),
        (["models", "verify", "coco"], "not installed"),
        (["models", "remove", "coco"], "no installed model 'coco'"),
        (["models", "remove", "../x"], "can be no model's name"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert said.replace("{home}", str(models_dir())) in capsys.readouterr().err


def test_a_pull_from_an_address(host: Host, networks: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    host.files["/mine.safetensors"] = data = Path(networks["vqgan"]["weights"]).read_bytes()
    assert main(["models", "pull", "mine", "--from", f"{host.url}/mine.safetensors"]) == 0
    shown = capsys.readouterr()
    assert Path(shown.out.strip()).read_bytes() == data and f"mine.safetensors  {len(data):,} bytes of" in shown.err
    assert main(["models", "pull", "mine", "--from", f"{host.url}/mine.safetensors", "--json"]) == 0
    events = told(capsys)
    assert events[-1]["event"] == "installed" and events[-1]["bytes"] == len(data) and set(events[-1]["sha256"]) == {"mine.safetensors"}
    assert main(["models", "where", "mine"]) == 0 and main(["models", "where"]) == 0
    assert capsys.readouterr().out.split() == [str(folder_of("mine") / "mine.safetensors"), str(models_dir())]


def test_a_pull_that_fails_says_why_and_exits_1(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", "mine", "--from", f"{host.url}/mine.safetensors", "--json"]) == 1
    shown = capsys.readouterr()
    assert "answers 404" in shown.err and json.loads(shown.out)["event"] == "error"


def test_verify_finds_a_flipped_byte_and_remove_removes(networks: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("mine", "other"):
        assert main(["models", "add", networks["vqgan"]["weights"], "--name", name]) == 0
    assert main(["models", "verify"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == ["mine/vqgan.safetensors: right", "other/vqgan.safetensors: right"]
    path = folder_of("mine") / "vqgan.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1]))
    assert main(["models", "verify", "other"]) == 0 and main(["models", "verify", "--json"]) == 1
    shown = capsys.readouterr()
    assert [json.loads(line)["ok"] for line in shown.out.splitlines()[1:]] == [False, True] and "1 changed" in shown.err
    assert main(["models", "remove", "mine"]) == 0 and not path.parent.exists()
    assert main(["models", "verify"]) == 0
    assert capsys.readouterr().out.splitlines() == ["other/vqgan.safetensors: right"]
