"""``reverie components`` lists what there is and what can be set of it, and leaves broken packages out with the reason."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import plugged
import pytest

from reverie import registry
from reverie.cli import main
from reverie.dream import Dream

BROKEN = {
    "reverie_bare": "def build(options, device): ...\n",
    "reverie_plain": "class Options: ...\ndef build(options, device): ...\n",
    "reverie_idle": "from pydantic import BaseModel\nclass Options(BaseModel): ...\n",
    "reverie_leaves": "import sys\nsys.exit(3)\n",
    "reverie_unmade": "from pydantic import BaseModel\nclass Options(BaseModel): ...\ndef build(options, device): return 1 / 0\n",
}
POINTS = {
    "generators": {
        "bare": "reverie_bare", "plain": "reverie_plain", "idle": "reverie_idle", "leaves": "reverie_leaves", "gone": "reverie_gone",
        "unmade": "reverie_unmade", "odd": "reverie_mine:nothing", "mine": "reverie_mine", "stack": "reverie_mine",
    },
    "objectives": {"grey": "reverie_grey", "tv": "reverie_grey"},
}  # fmt: skip
REASONS = {
    "bare": "has no pydantic model `Options`",
    "plain": "has no pydantic model `Options`",
    "idle": "has no function `build(options, device)`",
    "leaves": "could not be loaded: SystemExit: 3",
    "gone": "could not be loaded: ModuleNotFoundError: No module named 'reverie_gone'",
    "odd": "could not be loaded: AttributeError",
    "stack": "is skipped: Reverie has one of this name",
    "tv": "is skipped: Reverie has one of this name",
}


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    plugged.install(tmp_path, BROKEN | {"reverie_mine": plugged.GENERATOR, "reverie_grey": plugged.OBJECTIVE}, POINTS)
    second = {"generators": {"mine": "reverie_grey"}}
    plugged.install(tmp_path, {}, second, name="reverie-test-again")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield
    for name in (*BROKEN, "reverie_mine", "reverie_grey"):
        sys.modules.pop(name, None)


def test_ours_are_listed_with_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["components"]) == 0
    out, err = capsys.readouterr()
    assert not err
    for name in (*registry.BUILT_IN["generator"], "mini", *registry.PARTS):
        assert f"\n  {name}\n" in out
    assert "-o stack.ratio=1.5 " in out and "how much finer each picture is" in out and "-o sketch.hand= " in out


def test_one_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["components", "pixels"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "generators:", "  pixels", "    -o pixels.contrast=0.05            standard deviation of the first noise"
    ]  # fmt: skip
    assert main(["components", "pixel"]) == 2
    assert "There is no component 'pixel'. Did you mean 'pixels'?" in capsys.readouterr().err


@pytest.mark.usefixtures("plugins")
def test_broken_ones_are_left_out_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["components"]) == 0
    out, err = capsys.readouterr()
    assert "  mine  (reverie-test 1.0)\n    -o mine.loud=False\n" in out
    assert "objectives:\n  grey  (reverie-test 1.0)\n    -o grey.grey=0.5                   the shade\n" in out
    warnings = err.splitlines()
    assert len(warnings) == len(REASONS) + 1
    for name, reason in REASONS.items():
        (line,) = (line for line in warnings if f" '{name}' " in line)
        assert line.startswith("warning: The ") and line.endswith("(of reverie-test 1.0)") and reason in line
        assert f"\n  {name}  (" not in out
    again = "warning: The generator 'mine' (reverie_grey) is skipped: another package has one of this name. (of reverie-test-again 1.0)"
    assert again in warnings


@pytest.mark.usefixtures("plugins")
def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["components", "--json"]) == 0
    out, err = capsys.readouterr()
    found = [json.loads(line) for line in out.splitlines()]
    assert not err
    (mine,) = (one for one in found if one["name"] == "mine" and not one["problem"])
    assert (mine["kind"], mine["source"]) == ("generator", "reverie-test 1.0") and mine["options"]["properties"]["loud"]["default"] is False
    assert {one["name"] for one in found if one["problem"]} == {*REASONS, "mine"}


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize("name", ["bare", "plain", "idle", "leaves", "gone", "odd", "unmade"])
def test_a_broken_one_is_told_when_it_is_asked_for_and_nothing_else_breaks(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    reason = REASONS.get(name, "could not be made: ZeroDivisionError: division by zero")
    assert main(["a fox", "--generator", name, "--steps", "1", "-q"]) == 2
    assert reason in capsys.readouterr().err
    assert not list(Path().glob("dreams/*"))
    assert "stack" in registry.names("generator") and Dream("a fox").generator == "stack"
