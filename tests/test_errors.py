"""Errors say what was given and what exists, and carry the exit code."""

from __future__ import annotations

import pytest

from reverie.errors import BadRequest, Failed, ReverieError, Unsupported, in_a_line, unknown


def test_exit_codes() -> None:
    assert (BadRequest.exit_code, Unsupported.exit_code, Failed.exit_code, ReverieError.exit_code) == (2, 2, 1, 1)


def test_an_unknown_name_gets_the_nearest_and_all() -> None:
    assert str(unknown("generator", "vqgam", ["vqgan", "pixels"])) == (
        "There is no generator 'vqgam'. Did you mean 'vqgan'? There are: pixels, vqgan."
    )
    assert str(unknown("generator", "zzz", ["vqgan"])) == "There is no generator 'zzz'. There are: vqgan."


def test_what_strangers_say_stays_in_its_line() -> None:
    assert in_a_line(ValueError("a\n  b\x1b[2J.")) == "a b\\x1b[2J"
    assert in_a_line(ValueError()) == "ValueError"


def test_a_validator_lets_errors_in_words_through() -> None:
    from reverie import Dream

    with pytest.raises(BadRequest, match="empty prompt"):
        Dream("a | | b")
