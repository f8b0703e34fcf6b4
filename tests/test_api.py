"""The public API: what it is, and that the example of the issue runs as written."""

from __future__ import annotations

import typing
from inspect import Parameter, signature

import pytest
import tiny

import reverie
from reverie import Dream, Frame, Prompt, paint


def test_the_public_names_are_these() -> None:
    assert reverie.__all__ == ["Dream", "Frame", "Prompt", "paint"]
    assert [getattr(reverie, name).__name__ for name in reverie.__all__] == reverie.__all__
    with pytest.raises(AttributeError, match="painter"):
        reverie.painter  # noqa: B018 - asking for it is the test


def test_paint_is_typed_and_asks_for_little() -> None:
    parameters = signature(paint).parameters
    assert list(typing.get_type_hints(paint)) == [*parameters, "return"]
    assert [name for name, about in parameters.items() if about.default is Parameter.empty] == ["dreams"]


def test_a_loop_over_frames_sees_the_picture_come_to_be(networks: tiny.Options) -> None:
    shown = []
    for frame in paint(tiny.dream(networks, "a red fox", generator="vqgan", size="48x32", steps=3)):
        assert isinstance(frame, Frame)
        assert (frame.image.size, frame.image.mode) == ((48, 32), "RGB")
        shown.append((frame.step, frame.final))
    assert shown == [(0, False), (1, False), (2, False), (3, True)]


def test_a_dream_of_words_is_a_dream_of_prompts() -> None:
    assert Dream("a red fox | snow:0.5") == Dream((Prompt(text="a red fox"), Prompt(text="snow", weight=0.5)))
