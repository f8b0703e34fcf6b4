"""What can be asked of the comparison, and that its dreams are the presets'."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peers as small
import pytest

from reverie.bench.rivals import CHECKOUTS, WORKS, Rivals
from reverie.checks import check
from reverie.errors import BadRequest

FILES = {"clip": "clip.pt", "merges": "merges.txt", "vqgan": "vqgan.ckpt", "config": "vqgan.yaml", "biggan": "biggan.safetensors"}


@pytest.mark.parametrize("work", WORKS, ids=[work.name for work in WORKS])
def test_every_work_is_dreams_of_its_preset(work: Any) -> None:
    dreams = work.dreams(FILES)
    assert len(dreams) == work.batch and len({dream.seed for dream in dreams}) == work.batch
    for dream in dreams:
        check(dream)
        assert (dream.size, dream.views, dream.judge) == ((work.side, work.side), work.views, "none")
        assert dream.options["clip"] == {"weights": "clip.pt", "merges": "merges.txt"}
    assert f"{work.side}x{work.side}" in work.about() and "64x64" in work.about(64)
    assert work.dreams(FILES, 64)[0].size == (64, 64)


def test_presets_keep_what_the_work_does_not_say() -> None:
    siren = next(work for work in WORKS if work.name == "siren-512").dreams(FILES)[0]
    assert siren.options["resemblance"]["together"] == 0.3 and siren.options["resemblance"]["group"] == 4
    assert siren.optimiser == "adamp" and siren.steps == 1050


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"turns": 0}, "--turns 0: must be 1 or above"),
        ({"steps": -1}, "--steps -1"),
        ({"size": 100}, "--size 100: must be a multiple of 16"),
        ({"device": "mps"}, "--device mps: peers run on cpu or cuda"),
        ({"work": ("vqgn",)}, "Did you mean 'vqgan'?"),
        ({"clip": Path("x")}, "--clip without --vqgan-clip: VQGAN-CLIP needs it too, a checkout of nerdyrodent/VQGAN-CLIP"),
    ],
)
def test_refusals_teach(given: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequest, match=says.replace("?", r"\?")):
        Rivals(**given)


@pytest.mark.parametrize("missing", CHECKOUTS)
def test_a_path_that_is_no_checkout_is_told(tmp_path: Path, missing: str) -> None:
    good = small.checkouts(tmp_path)
    assert set(good.checkouts()) == set(CHECKOUTS) and not Rivals().checkouts()
    file, whose = CHECKOUTS[missing]
    (tmp_path / missing / file).unlink()
    with pytest.raises(BadRequest, match=f"--{missing} .* is no checkout of {whose}: there is no {file} in it"):
        Rivals(good.vqgan_clip, good.taming, good.clip)
