"""A peer's own code as it ships, timed step by step; ``python -m reverie.bench.guest`` in the peers' environment.

Nothing is fetched: networks get the chance weights that Reverie's side gets. The program's own loop or step is what runs.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import torch

from reverie.bench.clock import Clock, warm_up
from reverie.bench.process import answer
from reverie.bench.rivals import PROMPT
from reverie.bench.speed import peak_memory
from reverie.bench.standins import stand_in


def vqgan_clip(asked: dict[str, Any], clock: Clock) -> None:
    """generate.py from its first line on; its progress bar is the clock, and what stops it is its Ctrl-C."""
    bar: Any = import_module("tqdm").tqdm
    own = bar.update

    def update(self: Any, n: float = 1) -> Any:
        own(self, n)
        if clock.tick():
            raise KeyboardInterrupt

    bar.update = update
    clock.warm -= 1  # the bar moves after each step, so the first, in which it saves a picture, lies before the first tick
    folders, files = asked["folders"], asked["files"]
    sys.path.append(folders["taming"])
    sys.modules["CLIP"] = ModuleType("CLIP")
    sys.modules["CLIP"].__path__ = [folders["clip"]]
    sys.argv = [
        "generate.py", "-p", PROMPT, "-s", str(asked["side"]), str(asked["side"]), "-cuts", str(asked["views"]), "-m", files["clip"],
        "-conf", files["config"], "-ckpt", files["vqgan"], "-i", "1000000", "-se", "1000000", "-sd", "0", "-o", "picture.png",
        "-cd", "cuda:0" if asked["device"] == "cuda" else "cpu",
    ]  # fmt: skip
    runpy.run_path(str(Path(folders["vqgan-clip"]) / "generate.py"), run_name="__main__")


def deep_daze(asked: dict[str, Any], clock: Clock) -> None:
    """Its training step, and the look at the loss that its loop takes after each."""
    group = asked["group"]
    imagine = import_module("deep_daze").Imagine(
        text=PROMPT, image_width=asked["side"], batch_size=group, gradient_accumulate_every=asked["views"] // group,
        model_name=asked["files"]["clip"], save_progress=False, open_folder=False,
    )  # fmt: skip
    number = 0
    while not clock.tick():
        imagine.train_step(0, number)[1].item()
        number += 1


def big_sleep(asked: dict[str, Any], clock: Clock) -> None:
    """Its training step, with a BigGAN of chance weights in place of the one that it would fetch."""
    from reverie.bench.chance import DEEP_512

    config = {"output_dim": asked["side"], **asdict(DEEP_512)}
    biggan: Any
    program: Any
    biggan, program = (import_module(f"big_sleep.{name}") for name in ("biggan", "big_sleep"))
    file, own = asked["files"]["clip"], program.load
    program.load = lambda name, jit=False: own(file, jit=jit)
    program.BigGAN.from_pretrained = lambda name: program.BigGAN(biggan.BigGANConfig(**config))
    imagine = program.Imagine(text=PROMPT, image_size=asked["side"], num_cutouts=asked["views"], save_every=1_000_000, open_folder=False)
    number = 0
    while not clock.tick():
        imagine.train_step(0, number)[1].item()
        number += 1


PEERS: MappingProxyType[str, Callable[[dict[str, Any], Clock], None]] = MappingProxyType(
    {"vqgan-clip": vqgan_clip, "deep-daze": deep_daze, "big-sleep": big_sleep}
)


def timed(asked: dict[str, Any]) -> dict[str, Any]:
    """``seconds`` of each counted step and what ``laps`` tells beside it."""
    stand_in()
    clock = Clock(asked["steps"], warm_up(asked["device"]))
    PEERS[asked["peer"]](asked, clock)
    cuda = asked["device"] == "cuda"
    memory = peak_memory(torch.device("cuda" if cuda else "cpu"))
    return {"seconds": clock.laps, "memory": memory, "device": asked["device"], "threads": torch.get_num_threads()}


if __name__ == "__main__":
    answer(timed)
