"""Effects: who is asked about which text, of which picture, and over what the intervals are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from reverie.craft.effects import Added, Trial, as_data, effects, over, reseeded, written
from reverie.dream import Dream

TRIED = [Added("bright", "very bright"), Added("4k", "4k")]


def trials(subjects: Sequence[str], seeds: int) -> list[Trial]:
    return [Trial.of(Dream(subject, seed=seed), TRIED) for subject in subjects for seed in range(seeds)]


def brightness(images: Tensor, texts: Sequence[str]) -> Tensor:
    """An eye to whom bright pictures are bright, whatever else they are, and that knows no word of 4k alone."""
    mean = images.flatten(1).mean(1)
    return torch.stack(
        [
            torch.tensor(torch.nan) if text == "4k" else value if "bright" in text else -value
            for value, text in zip(mean, texts, strict=True)
        ]
    )


def pictures(subjects: int, seeds: int) -> Tensor:
    """Plain ones of brightness 0.2 and a little more by seed, with the first words 0.3 brighter and with the second unchanged."""
    plain = 0.2 + torch.arange(seeds).mul(0.01).repeat(subjects)
    return torch.stack((plain, plain + 0.3, plain), 1).flatten().view(-1, 1, 1, 1).expand(-1, 3, 4, 4)


def test_each_is_asked_of_subject_words_and_both() -> None:
    bright, small = effects(trials(["a fox", "an owl"], 3), TRIED, 3, pictures(2, 3), {"eye": brightness})
    changes = {about: change.change.mean for about, change in bright.changes["eye"].items() if change}
    assert changes == pytest.approx({"subject": -0.3, "words": 0.3, "whole": 0.3})
    assert bright.moved == pytest.approx(0.3 * 255) and small.moved == 0
    assert small.changes["eye"]["words"] is None and written(None) == "knows no word"
    unchanged = small.changes["eye"]["subject"]
    assert unchanged and unchanged.change.mean == 0 and unchanged.without == pytest.approx(-0.21)
    assert reseeded(pictures(2, 3)[::3], 3) == pytest.approx(0.01 * 255) and reseeded(pictures(2, 1)[::3], 1) is None
    assert as_data([small])[0]["changes"]["eye"]["words"] is None


def test_many_subjects_are_the_values_and_few_are_pairs() -> None:
    counts = {}
    for subjects in (["a fox"], ["a fox", "an owl"], ["a fox", "an owl", "a hare"]):
        found = effects(trials(subjects, 2), TRIED, 2, pictures(len(subjects), 2), {"eye": brightness})[0].changes["eye"]["subject"]
        assert found
        counts[over(len(subjects), 2)] = found.change.count
    assert counts == {"2 pairs": 2, "4 pairs": 4, "3 subjects of 2 seeds": 3}
