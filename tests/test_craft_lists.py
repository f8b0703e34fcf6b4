"""Lists of texts: files become what they hold, names become templates, and what cannot be read is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file

from reverie.craft.lists import listed, named, spelled
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.vectors import unpacked


def test_files_are_read_into_the_dream(tmp_path: Path) -> None:
    (tmp_path / "summer.txt").write_text("# of summer\na sunny day\n\n  the sun \n", encoding="utf-8")
    save_file({"any": torch.tensor([3.0, 4.0])}, tmp_path / "snow.safetensors")
    given = spelled(
        {"more": str(tmp_path / "summer.txt"), "less": str(tmp_path / "snow.safetensors"), "seed": "3", "templates": "pictures"}
    )
    dream = Dream("a castle", **given)
    assert dream.more == ("a sunny day", "the sun")
    assert torch.allclose(unpacked(dream.less[0]), torch.tensor([0.6, 0.8]))
    assert dream.templates == tuple(named()["pictures"]["templates"]) and dream.seed == 3
    assert Dream.model_validate_json(dream.model_dump_json()) == dream


def test_texts_between_bars_are_texts() -> None:
    assert listed("more", "summer | sun") == "summer | sun"
    assert Dream("a", more="summer | sun ").more == ("summer", "sun")
    assert Dream("a", templates="a {} | the {}").templates == ("a {}", "the {}")


def test_every_named_list_is_sound() -> None:
    assert {"pictures", "clip-7"} <= named().keys()
    for name, one in named().items():
        assert one["about"] and one["source"], name
        assert Dream("a", templates=one["templates"]).templates == tuple(one["templates"])
    assert len(named()["clip-7"]["templates"]) == 7


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("# nothing\n")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\xfa")
    for field, value, words in (
        ("more", str(tmp_path / "gone.txt"), "cannot be read: No such file"),
        ("more", str(tmp_path / "empty.txt"), "is empty"),
        ("less", str(tmp_path / "bytes.txt"), "cannot be read"),
        ("less", str(tmp_path / "gone.npy"), "cannot be read"),
        ("templates", "picturs", "Did you mean 'pictures'"),
    ):
        with pytest.raises(BadRequest, match=words):
            listed(field, value)
    with pytest.raises(ValidationError, match="a template says by {} where the text goes"):
        Dream("a", templates=["a photo"])
