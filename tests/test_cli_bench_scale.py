"""``reverie bench scale`` and ``reverie bench peers`` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reverie.cli.app import run


def test_scale_tells_a_program(networks: dict[str, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = [f"-o={name}.weights={networks[name]['weights']}" for name in ("vqgan", "mini")]
    words = ["bench", "scale", "--generator", "vqgan", "--init", "random", "--judge", "none", "--size", "32", "--views", "4", *options]
    assert run([*words, "--vary", "batch=2", "--laps", "1", "--device", "cpu", "--json", "--keep", str(tmp_path / "kept")]) == 0
    out, err = capsys.readouterr()
    assert [row["batch"] for row in json.loads(out)["rows"]] == [2]
    assert err.splitlines() == ["batch 2 ..."]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["scale", "--vary", "colour"], "There is no thing to vary 'colour'"),
        (["scale", "--laps", "0"], "--laps 0: must be 1 or above"),
        (["scale", "--generator", "vqgn"], "vqgan"),
        (["peers", "--turns", "0"], "--turns 0: must be 1 or above"),
        (["peers", "--work", "biggan"], "There is no row 'biggan'"),
        (["peers", "--vqgan-clip", "/no/such", "--taming", "/no", "--clip", "/no"], "--vqgan-clip /no/such is no checkout of nerdyrodent"),
    ],
)
def test_refusals_come_before_any_work(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", *words]) == 2
    assert says in capsys.readouterr().err


def test_peers_that_cannot_be_measured_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "peers", "--work", "vqgan", "--work", "biggan-512", "--device", "cpu"]) == 0
    out = capsys.readouterr().out
    assert "vqgan (VQGAN f16 256x256, ViT-B/32, 32 views) is not measured: needs --vqgan-clip PATH" in out
    assert "biggan-512 (BigGAN-deep 512x512, ViT-B/32, 128 views) is not measured: needs cuda, this is cpu" in out
