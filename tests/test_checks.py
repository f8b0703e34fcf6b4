"""What is wrong with a dream is said before torch is imported; the words of each complaint are in the tests of what it is about."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import plugged
import pytest

from reverie import registry
from reverie.checks import check
from reverie.dream import Dream
from reverie.errors import BadRequest


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"generator": "vqgan", "init": "sample", "options": {"vqgan": {"weights": "a.safetensors"}, "sample": {"tries": 2}}},
        {"init": "photo.jpg", "mask": "padding", "fit": "pad"},
        {"options": {"cutouts": {"flip": 0}, "sketch": {"hand": 1}, "mini": {}}},
    ],
)
def test_what_can_be_painted_passes(fields: dict[str, Any]) -> None:
    check(Dream("a fox", **fields))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"generator": "vqgam"}, "Did you mean 'vqgan'"),
        ({"perceptors": "minni"}, "Did you mean 'mini'"),
        ({"perceptors": ("mini", "mini:2")}, "named twice"),
        ({"init": "skech"}, "Did you mean 'sketch'"),
        ({"zoom": 1.1, "keep_best": True}, "leave --keep-best out"),
        ({"shift": "1,0", "coarse": 0.5}, "leave --coarse out"),
        ({"mask": "m.png"}, "give that picture"),
        ({"init": "photo.jpg", "mask": "padding"}, "--fit pad"),
        ({"objectives": "tv:2"}, "'tv' is Reverie's own and has a flag: --tv"),
        ({"objectives": "prior"}, "no objective 'prior': those by name are other packages'"),
        ({"coarse": 0.5, "init_weight": 1.0}, "--coarse paints at another size first, and --init-weight knows one size"),
        ({"first_views": 2, "options": {"resemblance": {"group": 2}}}, "leave --first-views out"),
        ({"options": {"vqgan": {}}}, "no component with options in this dream 'vqgan'"),
        ({"init": "random", "options": {"sketch": {"hand": 1}}}, "'sketch'"),
        ({"options": {"stack": {"ration": 2}}}, "Did you mean 'ratio'"),
        ({"options": {"mini": {"weights": 3}}}, r"mini\.weights cannot be 3"),
        ({"options": {"cutouts": {"flip": 3}}}, r"cutouts\.flip cannot be 3"),
    ],
)
def test_what_cannot_is_told(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        check(Dream("a fox", **fields))


def test_the_options_of_our_own_components_are_those_beside_the_others() -> None:
    """What is checked before torch is there is what the component is built with."""
    for kind, known in registry.BUILT_IN.items():
        for name in known:
            assert find_spec(f"reverie.options.{name}"), f"put the Options of {name} into src/reverie/options/{name}.py: no torch there"
            assert registry.options(kind, name) is registry.part_options(name) is import_module(known[name]).Options


def test_others_are_imported_only_for_options_that_are_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugged.install(tmp_path, {"reverie_grey": plugged.OBJECTIVE}, {"objectives": {"grey": "reverie_grey"}})
    monkeypatch.syspath_prepend(tmp_path)
    check(Dream("a fox", objectives="grey:2"))
    assert "reverie_grey" not in sys.modules
    with pytest.raises(BadRequest, match=r"grey\.grey cannot be 2"):
        check(Dream("a fox", objectives="grey:2", options={"grey": {"grey": 2}}))
    with pytest.raises(BadRequest, match="Did you mean 'grey'"):
        check(Dream("a fox", objectives="gray"))
    sys.modules.pop("reverie_grey")
