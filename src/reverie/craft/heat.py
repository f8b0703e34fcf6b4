"""Where in a picture a perceptor sees what a phrase says: hidden in many chance ways, what does its cosine gain by each place?

As RISE (Petsiuk et al. 2018, arXiv 1806.07421), with a regression on the masks instead of their mean, so that a place's figure is the
cosine that it adds. Of what was tried on four pictures (covering places one after another, windows at the cut-outs' sizes, gradients
over noise), this told best what the phrase's cosine loses when the hottest places are blurred, and what it does not lose by the coldest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from torch import Tensor

from reverie.perceptors.judge import fitted
from reverie.reading import read
from reverie.rng import Rng
from reverie.sheets import FAINT, font, wrapped
from reverie.types import Perceptor

LOOKS = 600
CELLS, FINE = 6, 12  # of a mask along each side, and places within a cell at which it may begin
KEPT = 0.5  # part of the picture that is seen at a time
CHUNK = 64
WARM, COOL = np.array((0.95, 0.35, 0.05)), np.array((0.10, 0.35, 0.95))


@torch.no_grad()
def heat(perceptor: Perceptor, image: Tensor, texts: Sequence[str], device: torch.device, looks: int = LOOKS) -> Tensor:
    """[T,size,size]: what each text's cosine gains where the picture [1,3,H,W] is seen instead of its mean colour."""
    view, told = fitted(image, perceptor.size).to(device), read(texts, perceptor)
    mean, masks = view.mean((2, 3), keepdim=True), _masks(looks, perceptor.size).to(device)
    seen = torch.cat([perceptor.look(torch.lerp(mean, view, some)).float() for some in masks.split(CHUNK)])
    cosines = seen @ told.T
    apart, kept = cosines - cosines.mean(0), masks[:, 0] - masks[:, 0].mean(0)
    return (torch.einsum("nt,nhw->thw", apart, kept) / kept.square().sum(0).clamp_min(1e-6)).cpu()


def _masks(count: int, size: int) -> Tensor:
    """[N,1,size,size] in 0..1: soft cells, seen or not, each mask beginning somewhere else."""
    draws = Rng(0)
    cells = (draws.uniform((count, 1, CELLS + 2, CELLS + 2), "cells") < KEPT).float()
    whole = F.interpolate(cells, size=(FINE * (CELLS + 2),) * 2, mode="bilinear", align_corners=False)
    starts = (draws.uniform((count, 2), "starts") * FINE).long().tolist()
    cut = torch.cat([one[None, :, y : y + FINE * CELLS, x : x + FINE * CELLS] for one, (y, x) in zip(whole, starts, strict=True)])
    return F.interpolate(cut, size=(size, size), mode="bilinear", align_corners=False)


def painted(picture: Image.Image, gains: Tensor, most: float) -> Image.Image:
    """The picture in grey, warm where the phrase gains and cool where it loses: ``gains`` [h,w], strongest at ``most``."""
    grey = np.asarray(picture.convert("L"), dtype=np.float64)[..., None] / 255 * 0.75 + 0.2
    scaled = F.interpolate(gains[None, None], size=(picture.height, picture.width), mode="bicubic", align_corners=False)[0, 0]
    share = (scaled / max(most, 1e-9)).clamp(-1, 1).numpy().astype(np.float64)[..., None]
    return Image.fromarray((_tinted(grey, share) * 255).round().astype(np.uint8))


def _tinted(grey: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Colour laid over grey, as strong as the share, and darker where the grey is."""
    colour = np.where(share > 0, WARM, COOL) * (0.45 + 0.55 * grey)
    return grey + np.abs(share) * 0.9 * (colour - grey)


def legend(width: int, most: float) -> Image.Image:
    """A bar from the coolest to the warmest with what they stand for; ``most`` is a difference of cosines."""
    size = 12
    page = Image.new("RGB", (width, 4 * size), "white")
    bar = min(width // 3, 240)
    share = np.linspace(-1, 1, bar).reshape(1, -1, 1)
    page.paste(Image.fromarray((_tinted(np.full((size, bar, 1), 0.7), share) * 255).round().astype(np.uint8)), (size, size // 2))
    pen = ImageDraw.Draw(page)
    for at, words in ((0, f"-{most:.3f}"), (0.5, "0"), (1, f"+{most:.3f}")):
        pen.text((size + at * bar, 2 * size), words, fill=FAINT, font=font(size), anchor=("la", "ma", "ra")[round(2 * at)])
    for number, line in enumerate(wrapped("what the phrase's cosine gains where a place is seen", width - bar - 3 * size, size)):
        pen.text((bar + 2 * size, size // 2 + number * 4 * size // 3), line, fill=FAINT, font=font(size))
    return page
