"""How fast decode, views, look, backward and step are on a bare GPU machine, stage by stage, as JSON.

Such a machine has torch, numpy, Pillow and safetensors, and no pydantic, which a dream is made of, so that `reverie bench`
cannot run there. This times the bare networks instead: the f=16 VQGAN and CLIP's ViT-B/32 with random weights, and the
built-in ones, by calls and as CUDA graphs (`reverie.recording`). Views are cut by one plain warp, which stands in for
`reverie.cutouts`; it is not the whole of what a dream does, so quote these figures as what the networks cost, not as
Reverie's steps per second.

    there   PYTHONPATH=src python3 scripts/gpu_bench.py --out "$OUT"        # about three minutes on a GPU
    here    PYTHONPATH=src python scripts/gpu_bench.py --out . --device cpu --steps 2 --work mini --batch 1
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from reverie.nets.clip import CLIP, CLIPConfig, Stack, ViTConfig
from reverie.nets.vqgan import VQGAN, VQGANConfig
from reverie.recording import AFTER, Recorder
from reverie.weights import load_clip, load_vqgan

STAGES = ("decode", "views", "look", "backward", "step")
WARM_UP = AFTER + 3
VIT_B_32 = CLIPConfig(512, ViTConfig(224, 32, Stack(768, 12, 12, 3072)), Stack(512, 12, 8, 2048), 77, 49408)


class Work:
    """One dream's networks, latent and optimiser: ``batch`` pictures of side ``size``, ``views`` views of each."""

    def __init__(self, painter: VQGAN, look: Callable[[Tensor], Tensor], side: int, size: int, batch: int, views: int) -> None:
        self.painter, self.look, self.side, self.batch, self.views = painter, look, side, batch, views
        self.recorder = Recorder(kind="none")
        place = next(painter.parameters()).device
        self.device = place
        cells = size // painter.config.factor
        self.z = torch.randn(batch, painter.config.embed_dim, cells, cells, device=place).requires_grad_()
        self.optimiser = torch.optim.Adam([self.z], lr=0.05, fused=place.type == "cuda")
        rng = torch.Generator().manual_seed(0)
        count = batch * views
        frames = torch.zeros(count, 2, 3)
        frames[:, 0, 0] = frames[:, 1, 1] = 0.3 + 0.6 * torch.rand(count, generator=rng)
        frames[:, :, 2] = 0.3 * torch.randn(count, 2, generator=rng)
        self.frames = frames.to(place)
        self.text = F.normalize(torch.randn(self._dim(), generator=rng), dim=0).to(place)

    @torch.no_grad()
    def _dim(self) -> int:
        return self.look(torch.zeros(1, 3, self.side, self.side, device=self.device)).shape[-1]

    def step(self, lap: Callable[[str], None], precision: str) -> None:
        autocast = torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=precision == "bf16")

        def decoded(z: Tensor) -> Tensor:
            with autocast:
                return (self.painter.decode(self.painter.quantize(z)) / 2 + 0.5).float()

        def looked(views: Tensor) -> Tensor:
            with autocast:
                return self.look(views).float()

        picture = self.recorder("decode", decoded, self.z)
        lap("decode")
        grid = F.affine_grid(self.frames, [len(self.frames), 3, self.side, self.side], align_corners=False)
        shown = picture.repeat_interleave(self.views, 0)
        cut = F.grid_sample(shown, grid, padding_mode="reflection", align_corners=False)
        lap("views")
        seen = self.recorder("look", looked, cut.contiguous(memory_format=torch.channels_last))
        lap("look")
        loss = (1 - seen @ self.text).view(self.batch, self.views).mean(1).sum()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        lap("backward")
        self.optimiser.step()
        lap("step")


def networks(name: str, device: torch.device) -> tuple[VQGAN, Callable[[Tensor], Tensor], int, int]:
    """A frozen painter, what looks, the side of its views and the side of the picture."""

    def frozen(network: nn.Module) -> nn.Module:
        return network.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]

    if name == "mini":
        painter, eyes = load_vqgan("mini"), load_clip("mini")[0]
        frozen(painter), frozen(eyes)
        return painter, eyes.look, eyes.config.size, 128
    torch.manual_seed(0)
    large, clip = VQGAN(VQGANConfig()), CLIP(VIT_B_32)
    frozen(large), frozen(clip)
    return large, clip.look, clip.config.size, 256


def timed(work: Work, steps: int, precision: str) -> dict[str, float]:
    """Median milliseconds of each stage, steps per second, and the peak of torch's memory."""

    def wait() -> None:
        if work.device.type == "cuda":
            torch.cuda.synchronize(work.device)

    laps: dict[str, list[float]] = {stage: [] for stage in STAGES}
    whole = []
    if work.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(work.device)
    for number in range(WARM_UP + steps):
        wait()
        before = [time.perf_counter()]

        def lap(stage: str, before: list[float] = before, kept: bool = number >= WARM_UP) -> None:
            wait()
            now = time.perf_counter()
            if kept:
                laps[stage].append(1000 * (now - before[0]))
            before[0] = now

        work.step(lap, precision)
    for _ in range(steps):  # once more without looking at the clock in between, which is what a dream would take
        wait()
        began = time.perf_counter()
        work.step(lambda stage: None, precision)
        wait()
        whole.append(time.perf_counter() - began)
    told = {f"{stage} ms": round(statistics.median(found), 3) for stage, found in laps.items()}
    rate = 1 / statistics.median(whole)
    memory = torch.cuda.max_memory_allocated(work.device) / 1e6 if work.device.type == "cuda" else 0.0
    return told | {"steps/s": round(rate, 3), "pictures/s": round(rate * work.batch, 3), "peak MB": round(memory, 1)}


def product_peak(device: torch.device, precision: str) -> float:
    """FLOP/s of a large matrix product, the best of ten."""
    side = 8192 if device.type == "cuda" else 1024
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    a = torch.randn(side, side, device=device, dtype=kind)
    best = float("inf")
    for _ in range(10):
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        began = time.perf_counter()
        a @ a
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    given.add_argument("--out", type=Path, required=True)
    given.add_argument("--device", default="cuda")
    given.add_argument("--steps", type=int, default=20)
    given.add_argument("--views", type=int, default=32)
    given.add_argument("--batch", type=int, nargs="+", default=[1, 16])
    given.add_argument("--size", type=int, nargs="+", help="sides of pictures [256 for f16, 128 for mini]")
    given.add_argument("--work", nargs="+", default=["f16", "mini"], choices=["f16", "mini"])
    given.add_argument("--precision", nargs="+", default=["fp32", "bf16"], choices=["fp32", "bf16"])
    asked = given.parse_args()
    device = torch.device(asked.device)
    rows = []
    peaks = {precision: product_peak(device, precision) for precision in asked.precision}
    for name in asked.work:
        painter, look, side, usual = networks(name, device)
        for size, batch in product(asked.size or [usual], asked.batch):
            work = Work(painter, look, side, size, batch, asked.views)
            with FlopCounterMode(display=False) as counter:
                work.step(lambda stage: None, "fp32")
            flops = counter.get_total_flops()
            for precision, kind in product(asked.precision, ("none", "cuda") if device.type == "cuda" else ("none",)):
                with Recorder(kind) as work.recorder:
                    found = timed(work, asked.steps, precision)
                    graphs = len(work.recorder.kept)
                share = round(flops * found["steps/s"] / peaks[precision], 3)
                told = {"work": name, "size": size, "views": asked.views, "batch": batch, "precision": precision, "TFLOP": flops / 1e12}
                rows.append({**told, "graphs": graphs, **found, "share of product peak": share})
                print(json.dumps(rows[-1]), flush=True)
    machine = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    head = {"device": machine, "torch": torch.__version__, "python": platform.python_version(), "peaks TFLOP/s": peaks}
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "gpu_bench.json").write_text(json.dumps({**head, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
