"""CLIP's tokenizer: the scan, the clean-up, the merges and their files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import tiny_clip

from reverie import clip_tokens
from reverie.clip_tokens import END, START, ClipTokenizer, clean, words
from reverie.errors import BadRequest
from reverie.paths import data_dir


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a red fox", ["a", "red", "fox"]),
        ("it's 'still don't", ["it", "'s", "'s", "till", "don", "'t"]),
        ("3.14 x² ½", ["3", ".", "1", "4", "x", "²", "½"]),
        ("snow_white!!! (fox)", ["snow", "_", "white", "!!!", "(", "fox", ")"]),
        ("日本語🦊crème", ["日本語", "🦊", "crème"]),
        ("", []),
    ],
)
def test_words(text: str, pieces: list[str]) -> None:
    assert list(words(text)) == pieces


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("A  Red\tFox\n", "a red fox"),
        ("“curly” ‘quotes’", "\"curly\" 'quotes'"),
        ("ﬁne oﬀer", "fine offer"),
        ("Ｗｉｄｅ　ｌｅｔｔｅｒｓ", "wide letters"),
        ("salt &amp; pepper", "salt & pepper"),
        ("<b>salt &amp;amp; pepper</b>", "<b>salt & pepper</b>"),
        ("cafe\u0301", "café"),
        ("\x1b[31mred\x1b[0m\x00", "red"),
    ],
)
def test_clean(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


def test_merges_are_made_in_their_order() -> None:
    tokens = tiny_clip.tokenizer()
    names = {number: piece for piece, number in tokens.numbers.items()}
    said = {word: [names[number] for number in tokens.pieces(word)] for word in ("red", "fox", "foxes", "blue", "redo", "ø", "x")}
    assert said["red"] == ["red</w>"] and said["fox"] == ["fox</w>"] and said["blue"] == ["blue</w>"]
    assert said["foxes"] == ["fo", "x", "e", "s</w>"] and said["redo"] == ["re", "d", "o</w>"]
    assert said["ø"] == ["Ã", "¸</w>"] and said["x"] == ["x</w>"]


def test_numbers_are_openais() -> None:
    """Bytes that can be seen first, from ! = 0; the start and the end last."""
    tokens = tiny_clip.tokenizer()
    assert [tokens.numbers[piece] for piece in ("!", "a", "Ā", "!</w>", "re")] == [0, 64, 188, 256, 512]
    assert tokens(["red!"]) == [[tiny_clip.VOCABULARY - 2, 513, 256, tiny_clip.VOCABULARY - 1, *[0] * 12]]
    assert len(tokens.numbers) == tiny_clip.VOCABULARY


def test_what_is_typed_is_never_a_special() -> None:
    (row,) = tiny_clip.tokenizer(64)([f"{START} {END}"])
    assert row.count(tiny_clip.VOCABULARY - 1) == 1 and row.count(tiny_clip.VOCABULARY - 2) == 1


def test_long_texts_are_refused_in_words_or_cut() -> None:
    tokens, text = tiny_clip.tokenizer(8), "red fox blue red fox blue red"
    with pytest.raises(
        BadRequest, match=r"^'red fox blue red fox blue red' is 9 tokens long and 8 are read: 'red' would be left out\. .*cut=true"
    ):
        tokens([text])
    assert tokens([text], cut=True) == tokens(["red fox blue red fox blue"])
    with pytest.raises(BadRequest, match="'foxes red' would be left out"):
        tokens(["red red red foxes red"])


def folder(path: Path, kind: str) -> Path:
    tokens = tiny_clip.tokenizer()
    if kind == "tokenizer.json":
        numbers = {piece: number for piece, number in tokens.numbers.items() if piece not in (START, END)}
        added = [{"id": tokens.numbers[piece], "content": piece} for piece in (START, END)]
        held = {"model": {"type": "BPE", "vocab": numbers, "merges": [" ".join(pair) for pair in tiny_clip.MERGES]}, "added_tokens": added}
        (path / kind).write_text(json.dumps(held))
    elif kind == "vocab.json":
        (path / kind).write_text(json.dumps(tokens.numbers))
        tiny_clip.write_merges(path, "merges.txt")
    else:
        written = tiny_clip.write_merges(path)
        if kind.endswith(".gz"):
            (path / kind).write_bytes(gzip.compress(written.read_bytes()))
            written.unlink()
    return path


@pytest.mark.parametrize("kind", ["tokenizer.json", "vocab.json", clip_tokens.LIST, clip_tokens.LIST.removesuffix(".gz")])
def test_every_kind_of_file_is_the_same_tokenizer(tmp_path: Path, kind: str) -> None:
    found = clip_tokens.load(clip_tokens.find(folder(tmp_path, kind)), tiny_clip.VOCABULARY, 16)
    assert found(["A red fox's blue foxes"]) == tiny_clip.tokenizer()(["A red fox's blue foxes"])


def test_pairs_of_newer_files(tmp_path: Path) -> None:
    held = json.loads((folder(tmp_path, "tokenizer.json") / "tokenizer.json").read_text())
    held["model"]["merges"] = [list(pair) for pair in tiny_clip.MERGES]
    (tmp_path / "tokenizer.json").write_text(json.dumps(held))
    assert clip_tokens.load(tmp_path, tiny_clip.VOCABULARY, 16)(["red fox"]) == tiny_clip.tokenizer()(["red fox"])


def test_where_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_tokens, "PACKAGES", ())
    with pytest.raises(
        BadRequest, match=r"put bpe_simple_vocab_16e6.txt.gz beside the weights .* or install .*open_clip_torch.*merges=FILE"
    ):
        clip_tokens.find(tmp_path)
    with pytest.raises(BadRequest, match="no tokenizer at 'gone'"):
        clip_tokens.find(tmp_path, "gone")
    data_dir().mkdir(parents=True)
    tiny_clip.write_merges(data_dir())
    assert clip_tokens.find(tmp_path) == data_dir()
    beside = tiny_clip.write_merges(tmp_path)
    assert clip_tokens.find(tmp_path) == tmp_path and clip_tokens.find(None, str(beside)) == beside


def test_a_package_is_looked_into_without_being_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "brings_merges").mkdir()
    (tmp_path / "brings_merges" / "__init__.py").write_text("raise SystemExit('imported')")
    folder(tmp_path / "brings_merges", clip_tokens.LIST)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(clip_tokens, "PACKAGES", ("brings_merges",))
    assert clip_tokens.find(None) == tmp_path / "brings_merges"


@pytest.mark.parametrize(
    ("name", "content"),
    [("tokenizer.json", "{"), ("tokenizer.json", "[]"), ("tokenizer.json", '{"model": {"vocab": {}, "merges": []}}'), ("vocab.json", "{}"),
     ("merges.txt", "a b c"), (clip_tokens.LIST, "not packed"), ("merges.txt", "")],
)  # fmt: skip
def test_files_that_are_none(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BadRequest, match=name):
        clip_tokens.load(tmp_path, tiny_clip.VOCABULARY)


def test_another_networks_list(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="numbers 523 tokens and the network knows 600"):
        clip_tokens.load(tiny_clip.write_merges(tmp_path), 600)


def test_a_tokenizer_needs_its_specials() -> None:
    with pytest.raises(ValueError, match="has no number for"):
        ClipTokenizer({"a": 0}, ())
