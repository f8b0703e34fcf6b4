"""A tiny GPT-J writes prompts: from its own folder, with its own tokenizer, through transformers."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from reverie.craft.writer.few_shot import FILE, begun, ended, read_examples
from reverie.craft.writer.settings import KNOWN, Sampling, Writing
from reverie.craft.writer.sieve import tidy
from reverie.craft.writer.write import write
from reverie.errors import BadRequest, Failed
from reverie.prompts import parse

transformers = pytest.importorskip("transformers")
TWO = "a fox in the snow\n# no example\n\na red boat\n"


@pytest.fixture(scope="module")
def gptj(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import tiny_gptj

    return tiny_gptj.save(tmp_path_factory.mktemp("gptj"))


@pytest.fixture(autouse=True)
def fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without bf16, in which two words are often equally likely."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)


@pytest.fixture
def few(tmp_path: Path) -> Path:
    (tmp_path / "few.txt").write_text(TWO)
    return tmp_path / "few.txt"


def asked(model: Path | str, few: Path, **how: Any) -> Writing:
    return Writing(**{"count": 4, "engine": str(model), "examples": few, "device": "cpu", **how})


def test_it_goes_on_from_what_was_asked(gptj: Path, few: Path) -> None:
    found = list(write("a castle", asked(gptj, few)))
    assert len(set(found)) == 4
    for text in found:
        (prompt,) = parse(text)
        assert text.startswith("a castle") and prompt.text == text and '"' not in text
    assert any(" on a " in text or " in " in text or "," in text or ";" in text for text in found), "it was taught such words"


def test_it_invents(gptj: Path, few: Path) -> None:
    found = list(write("", asked(gptj, few, count=3)))
    assert len(set(found)) == 3 and all(tidy(text) == text for text in found) and not set(found) & set(read_examples(few))


def test_the_seed_says_what_is_written_and_nobody_elses_dice_are_touched(gptj: Path, few: Path) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = list(write("a castle", asked(gptj, few, seed=7)))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert list(write("a castle", asked(gptj, few, seed=7))) == first
    assert list(write("a castle", asked(gptj, few, seed=8))) != first


def test_the_knobs_turn(gptj: Path, few: Path) -> None:
    """Of one word there is one draft; many words are a draft that cannot be read; a short one is as short as that."""
    with pytest.raises(Failed, match="1 of 2 prompts .* repeats"):
        list(write("a castle", asked(gptj, few, count=2), Sampling(top_k=1)))
    with pytest.raises(Failed, match="1 of 2 prompts .* repeats"):
        list(write("a castle", asked(gptj, few, count=2), Sampling(top_p=1e-6)))
    with pytest.raises(Failed, match="1 of 2 prompts .* repeats"):
        list(write("a castle", asked(gptj, few, count=2), Sampling(temperature=1e-4)))
    tokens = transformers.AutoTokenizer.from_pretrained(gptj)
    (short,) = write("a castle", asked(gptj, few, count=1), Sampling(length=2))
    assert len(tokens(short)["input_ids"]) <= len(tokens("a castle")["input_ids"]) + 2
    plain = list(write("a castle", asked(gptj, few)))
    assert list(write("a castle", asked(gptj, few), Sampling(repetition_penalty=3.0))) != plain


def test_examples_that_do_not_fit_are_left_out_first(gptj: Path, few: Path) -> None:
    many = few.with_name("many.txt")
    many.write_text("\n".join(f"a fox number {i} in the snow" for i in range(100)) + "\n" + TWO)
    assert len(list(write("a castle", asked(gptj, many, count=2)))) == 2
    with pytest.raises(BadRequest, match="reads 256 tokens"):
        list(write("a castle", asked(gptj, few), Sampling(length=256)))


def test_pickles_are_read_where_there_are_no_safetensors(gptj: Path, few: Path, tmp_path: Path) -> None:
    """GPT-J-6B comes as pytorch_model.bin."""
    old = tmp_path / "old"
    shutil.copytree(gptj, old)
    tensors = load_file(old / "model.safetensors")
    (old / "model.safetensors").unlink()
    torch.save(tensors, old / "pytorch_model.bin")
    assert list(write("a castle", asked(old, few))) == list(write("a castle", asked(gptj, few)))


def test_a_pickle_that_would_run_something_is_refused(gptj: Path, few: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    shutil.copytree(gptj, bad)
    (bad / "model.safetensors").unlink()

    class Trap:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return Path.touch, (tmp_path / "touched",)  # type: ignore[return-value]

    torch.save({"transformer.wte.weight": Trap()}, bad / "pytorch_model.bin")
    with pytest.raises(BadRequest, match="cannot be read as a AutoModelForCausalLM"):
        list(write("a castle", asked(bad, few)))
    assert not (tmp_path / "touched").exists()


def test_gpt_j_is_found_in_the_hubs_cache(gptj: Path, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(BadRequest, match="Fetch it by --download"):
        list(write("a castle", asked("gpt-j", few)))
    folder = tmp_path / "hub" / f"models--{KNOWN['gpt-j'].replace('/', '--')}"
    shutil.copytree(gptj, folder / "snapshots" / "0")
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("0")
    assert list(write("a castle", asked("GPT-J", few))) == list(write("a castle", asked(gptj, few)))


def test_what_is_no_language_model_is_told(gptj: Path, few: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadRequest, match="no tokenizer"):
        list(write("", asked(tmp_path / "empty", few)))
    for name, config in (("clip", {"model_type": "clip"}), ("own", {"model_type": "own", "auto_map": {"AutoModelForCausalLM": "a.B"}})):
        shutil.copytree(gptj, tmp_path / name)
        (tmp_path / name / "config.json").write_text(json.dumps(config))
        with pytest.raises(BadRequest, match="cannot be read"):
            list(write("", asked(tmp_path / name, few)))
    tensors = load_file(gptj / "model.safetensors")
    del tensors["transformer.h.0.mlp.fc_in.weight"]
    shutil.copytree(gptj, tmp_path / "half")
    from safetensors.torch import save_file

    save_file(tensors, tmp_path / "half" / "model.safetensors", {"format": "pt"})
    with pytest.raises(BadRequest, match="is not whole: transformer.h.0.mlp.fc_in.weight"):
        list(write("", asked(tmp_path / "half", few)))


def test_without_transformers_it_is_told_how_to_get_it(few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(BadRequest, match=r"pip install 'reverie\[hf\]'"):
        list(write("", asked("gpt-j", few)))


def test_a_mistyped_engine_is_told(few: Path) -> None:
    with pytest.raises(BadRequest, match="Did you mean 'grammar'"):
        list(write("", asked("gramar", few)))


def test_examples(tmp_path: Path) -> None:
    ours = read_examples(None)
    assert len(ours) >= 8 and len(set(ours)) == len(ours) and all(tidy(line) == line for line in ours)
    assert FILE.read_text(encoding="utf-8").startswith("#") and not any(line.startswith("#") for line in ours)
    assert begun(["a fox"], "a castle").endswith('\n"a fox"\n"a castle')
    for path, content in ((tmp_path / "gone.txt", None), (tmp_path / "empty.txt", "# a\n"), (tmp_path / "bytes.txt", b"\xff\xfe")):
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(BadRequest, match=path.name):
            read_examples(path)


@pytest.mark.parametrize(
    ("given", "text", "whole"),
    [
        ("a castle", ' at night"\n"a fox', "a castle at night"),
        ("a castle", "\nmore", "a castle"),
        ("", 'a fox"', "a fox"),
        ("an owl", "y thing", ""),
        ("an owl", "'s nest", "an owl's nest"),
    ],
)
def test_ended(given: str, text: str, whole: str) -> None:
    assert ended(given, text) == whole
