"""Vectors from files: there and back, what stands in their place named in a line, and a dream that is painted like one."""

from __future__ import annotations

import pickle
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from safetensors.torch import save_file

from reverie.build import _component, frames
from reverie.cli import main
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.prompts import parse, show
from reverie.recipe import Recipe
from reverie.vectors import INLINE, keep_vector, load_vector, packed, unpacked, vectors_dir


def test_both_formats_and_both_shapes(tmp_path: Path) -> None:
    values = torch.tensor([3.0, 0.0, 4.0])
    save_file({"any": values}, tmp_path / "a.safetensors")
    save_file({"any": values[None].half()}, tmp_path / "b.safetensors")
    np.save(tmp_path / "c.npy", values.double().numpy())
    np.save(tmp_path / "d.npy", values[None].int().numpy())
    np.save(tmp_path / "e.npy", np.asfortranarray(torch.stack((values, 2 * values)).numpy()))
    for path in tmp_path.iterdir():
        assert torch.allclose(load_vector(path), torch.tensor([0.6, 0.0, 0.8]), atol=1e-6), path
    np.save(tmp_path / "f.npy", np.array([[2.0, 0], [0, 1.0]]))
    assert torch.allclose(load_vector(tmp_path / "f.npy"), torch.tensor([0.5, 0.5]).sqrt()), "where they point together"


def header(shape: str, kind: str = "<f4") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


BAD: dict[str, bytes] = {
    "empty.npy": b"",
    "page.npy": b"<!DOCTYPE html>",
    "short.npy": header("(9,)") + bytes(8),
    "huge.npy": header("(1099511627776,)") + bytes(64),
    "words.npy": header("(2,)", "<U4") + bytes(32),
    "number.npy": header("()") + bytes(4),
    "deep.npy": header("(1, 1, 4)") + bytes(16),
    "zero.npy": header("(4,)") + bytes(16),
    "nan.npy": header("(1,)") + b"\0\0\xc0\x7f",
    "none.npy": header("(0,)"),
    "code.npy": header("__import__('os').system('touch ran')") + bytes(16),
    "pickle.npy": header("(1,)", "|O") + pickle.dumps([1]),
    "empty.safetensors": b"",
    "pickle.safetensors": pickle.dumps([1]),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_vector_says_so(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(BAD[name])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadRequest, match=f"'{name}' holds no vector") as caught:
        load_vector(name)
    assert "\n" not in str(caught.value) and [path.name for path in Path().iterdir()] == [name]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < peak + 100_000  # kB


def test_other_files(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be read"):
        load_vector(tmp_path / "nowhere.npy")
    save_file({"a": torch.ones(2), "b": torch.ones(2)}, tmp_path / "two.safetensors")
    with pytest.raises(BadRequest, match=r"2 tensors \(a, b\)"):
        load_vector(tmp_path / "two.safetensors")
    with (tmp_path / "large.npy").open("wb") as file:
        file.truncate(64_000_001)
    with pytest.raises(BadRequest, match="more than 64,000,000 bytes"):
        load_vector(tmp_path / "large.npy")


def test_numbers_are_kept_by_their_hash(own_home: Path) -> None:
    one = keep_vector(torch.tensor([[1.0, 2.0]], requires_grad=True))
    assert one == keep_vector(np.array([[1.0, 2.0]])) == keep_vector([[1.0, 2.0]]) and one.parent == vectors_dir()
    assert one != keep_vector([2.0, 1.0]) and len(list(vectors_dir().iterdir())) == 2
    for nothing in ("x", [[1.0], [1.0, 2.0]], 3.0, [], None, [float("nan")]):
        with pytest.raises(BadRequest, match="no vector"):
            keep_vector(nothing)


def test_a_prompt_that_is_a_vector() -> None:
    (prompt,) = parse("folder/fox.npy:0.5")
    assert (prompt.kind, prompt.text, prompt.weight) == ("vector", "folder/fox.npy", 0.5)
    assert parse("fox.safetensors @left")[0].region == "left" and parse('"fox.npy"')[0].kind == "text"
    assert parse(show([prompt])) == (prompt,)
    assert Recipe(dream=Dream([prompt])).portable().dream.prompts[0].text == "fox.npy"


def vector_of(networks: tiny.Options, text: str) -> torch.Tensor:
    read: torch.Tensor = _component("perceptor", "mini", f'{{"weights": "{networks["mini"]["weights"]}"}}', tiny.CPU).read([text])
    return read[0]


def test_the_words_own_vector_paints_what_the_words_paint(networks: tiny.Options, tmp_path: Path) -> None:
    vector = vector_of(networks, "a red fox")
    np.save(tmp_path / "fox.npy", 7 * vector.numpy())
    dreams = [tiny.dream(networks, text) for text in ("a red fox", str(tmp_path / "fox.npy"))]
    words, numbers = ([frame.pixels.int() for frame in frames([dream], device="cpu")] for dream in dreams)
    assert (words[-1] - numbers[-1]).abs().max() <= 1
    other = list(frames([tiny.dream(networks, "a castle")], device="cpu"))[-1]
    assert (words[-1] - other.pixels.int()).abs().max() > 1


def test_a_vector_of_another_perceptor_is_refused(networks: tiny.Options, tmp_path: Path) -> None:
    np.save(tmp_path / "long.npy", np.ones(512))
    with pytest.raises(BadRequest, match=r"long\.npy' has 512 numbers, and this perceptor's vectors 16: give --perceptor"):
        list(frames([tiny.dream(networks, str(tmp_path / "long.npy"))], device="cpu"))


def test_a_picture_of_kept_numbers_is_painted_again(
    networks: tiny.Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    path = keep_vector(vector_of(networks, "a castle"))
    option = f"mini.weights={networks['mini']['weights']}"
    words = ["paint", str(path), "--generator", "pixels", "--size", "32", "--steps", "2", "--init", "random", "-o", option, "-q"]
    assert main([*words, "--out", "."]) == 0
    (made,) = tmp_path.glob("*.png")
    assert made.stem == path.stem
    assert main(["replay", str(made), "--out", "again.png", "-q"]) == 0
    assert made.read_bytes() == Path("again.png").read_bytes()


def test_a_vector_is_written_out_and_read_back() -> None:
    values = torch.nn.functional.normalize(torch.tensor([3.0, -1.5, 4.0, 0.25]), dim=0)
    assert torch.equal(unpacked(packed(values)), torch.nn.functional.normalize(values, dim=0))
    assert unpacked(packed(5 * values)).norm().item() == pytest.approx(1)
    for broken in (
        INLINE,
        INLINE + "AAA",
        INLINE + "AAAA",
        INLINE + "not base64!",
        packed(torch.zeros(4)),
        packed(torch.tensor([torch.nan])),
    ):
        with pytest.raises(BadRequest, match="written out in --more or --less"):
            unpacked(broken)
