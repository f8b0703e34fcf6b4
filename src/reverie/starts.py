"""Where a painting starts: from chance, from noise, from a picture, from a sketch of the words, or from a first picture of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.dream import Dream
from reverie.enlarge import reduced
from reverie.errors import BadRequest
from reverie.nets.codes import CodeTransformer, fill
from reverie.nets.gpt import GPT, write
from reverie.nets.miniclip import MiniCLIP
from reverie.nets.sketch import Sketch
from reverie.nets.vqgan import VQGAN
from reverie.options.sample import Options as SampleOptions
from reverie.options.sketch import Options as SketchOptions
from reverie.reading import read
from reverie.rng import Rng
from reverie.tokens import Tokenizer
from reverie.types import Perceptor
from reverie.weights import fingerprint


class Sketcher:
    """Draws coarsely what words mean, each time by another of its hands, as a picture to start from."""

    def __init__(self, network: Sketch, tokens: Tokenizer, device: torch.device) -> None:
        self.network, self.tokens, self.device = network.to(device).eval().requires_grad_(False), tokens, device

    def hands(self, rng: Rng, options: SketchOptions) -> list[int]:
        """The ways of drawing to try: the one that is asked for, or some that the seed draws."""
        count = self.network.config.hands
        return _hands(rng, count)[: options.tries] if options.hand is None else [options.hand % count]

    @torch.no_grad()
    def draw(self, text: str, hands: Sequence[int], height: int, width: int) -> Tensor:
        """[hands,3,height,width] in 0..1. In a picture that is not square the sketch stands in the middle and its edges
        run on to the sides."""
        pieces = torch.tensor(self.tokens([text] * len(hands)), device=self.device)
        coarse = self.network(pieces, torch.tensor(hands, device=self.device))
        return _framed(coarse, height, width)


class Sampler:
    """Draws a picture of what words mean by sampling a VQGAN's codes.

    Raises ``BadRequest`` when the code transformer was trained with another text tower or other codes than these: its
    numbers would mean something else.
    """

    def __init__(
        self, network: CodeTransformer, reads: Mapping[str, str], guide: MiniCLIP, tokens: Tokenizer, vqgan: VQGAN, device: torch.device
    ) -> None:
        _check_reads(reads, guide, vqgan)
        if (network.config.dim, network.config.codes) != (guide.config.dim, vqgan.config.n_embed):
            raise BadRequest("The code transformer's sizes are not those of its guide and vqgan: fetch or train it again.")
        self.network, self.text = network.to(device).eval().requires_grad_(False), guide.text.to(device).eval().requires_grad_(False)
        self.vqgan, self.tokens, self.device = vqgan.to(device).eval().requires_grad_(False), tokens, device

    @torch.no_grad()
    def draw(self, text: str, rng: Rng, options: SampleOptions, height: int, width: int) -> Tensor:
        """[tries,3,height,width] in 0..1; a try is the same whatever comes after it. Not square: as ``Sketcher.draw``."""
        hands = _hands(rng, self.network.config.hands)
        chosen = torch.tensor([hands[i % len(hands)] for i in range(options.tries)], device=self.device)
        rngs = [rng.at("codes", i) for i in range(options.tries)]
        read = F.normalize(self.text(torch.tensor(self.tokens([text]), device=self.device)).float(), dim=-1)
        codes = fill(self.network, read.expand(options.tries, -1), chosen, rngs, options.temperature, options.guidance)
        return _framed(self.vqgan.decode(self.vqgan.quantize.vectors(codes)) / 2 + 0.5, height, width)


class CodeWriter:
    """Draws pictures by writing a VQGAN's codes one after another, of chance classes where there are some; it reads no words,
    so that which of its tries is like them is for the perceptors to say.

    Raises ``BadRequest`` when the transformer cannot have been trained with these codes.
    """

    def __init__(self, network: GPT, vqgan: VQGAN, device: torch.device) -> None:
        self.side = vqgan.config.resolution // vqgan.config.factor
        if network.config.block_size < self.side**2 or network.config.vocab_size < vqgan.config.n_embed:
            raise BadRequest(f"The transformer writes fewer codes than the {self.side}x{self.side} of its VQGAN: they are not of one file.")
        self.network = network.to(device).eval().requires_grad_(False)
        self.vqgan, self.device = vqgan.to(device).eval().requires_grad_(False), device

    @torch.no_grad()
    def draw(self, text: str, rng: Rng, options: SampleOptions, height: int, width: int) -> Tensor:
        """[tries,3,height,width] in 0..1; a try is the same whatever comes after it. Not square: as ``Sketcher.draw``."""
        config, rngs = self.network.config, [rng.at("codes", i) for i in range(options.tries)]
        firsts = [int(torch.randint(config.classes, (), generator=rng)) if config.classes else config.start for rng in rngs]
        first = torch.tensor(firsts, device=self.device)[:, None]
        codes = write(self.network, first, self.side**2, rngs, self.vqgan.config.n_embed, options.temperature)
        pictures = self.vqgan.decode(self.vqgan.quantize.vectors(codes.view(-1, self.side, self.side)))
        return _framed(pictures / 2 + 0.5, height, width)


def _check_reads(reads: Mapping[str, str], guide: MiniCLIP, vqgan: VQGAN) -> None:
    found = {"guide": fingerprint(guide.text.state_dict().values()), "vqgan": fingerprint([vqgan.quantize.embedding.weight])}
    for who, mark in found.items():
        if reads[who] != mark:
            raise BadRequest(
                f"The code transformer was trained with the {who} of fingerprint {reads[who]!r}, not {mark!r}: name that one by "
                f"-o sample.{who}=FILE, or another transformer by -o sample.weights=FILE."
            )


def _hands(rng: Rng, count: int) -> list[int]:
    """All ways of drawing, in the order in which the seed tries them."""
    drawn: list[int] = torch.randperm(count, generator=rng.at("hands")).tolist()
    return drawn


def _framed(pictures: Tensor, height: int, width: int) -> Tensor:
    """Squares [N,3,S,S] in the middle of [N,3,height,width], clamped to 0..1; their edges run on to the sides."""
    side = min(height, width)
    finer = side < pictures.shape[-1]
    square = F.interpolate(pictures, size=(side, side), mode="bicubic", align_corners=False, antialias=finer).clamp(0, 1)
    left, top = (width - side) // 2, (height - side) // 2
    return F.pad(square, (left, width - side - left, top, height - side - top), mode="replicate")


@torch.no_grad()
def looked_at(batches: Iterable[Tensor], perceptors: Iterable[Perceptor]) -> list[Tensor]:
    """What each perceptor, looking at the whole, sees in pictures that come in batches [N,3,H,W]: [K,D] for all of them."""
    eyes = list(perceptors)
    seen = [[eye.look(reduced(batch, eye.size, eye.size)).float() for eye in eyes] for batch in batches]
    return [torch.cat(views) for views in zip(*seen, strict=True)]


@torch.no_grad()
def ranked(seen: Iterable[Tensor], text: str, perceptors: Iterable[Perceptor]) -> list[int]:
    """The pictures that the perceptors have seen, those that they find most like the text first."""
    likeness = [views @ read([text], eye).T for views, eye in zip(seen, perceptors, strict=True)]
    order: list[int] = torch.stack(likeness).sum(0)[:, 0].argsort(descending=True, stable=True).tolist()
    return order


def favourite(seen: Iterable[Tensor], text: str, perceptors: Iterable[Perceptor]) -> int:
    """Which of the pictures that the perceptors have seen they find most like the text."""
    return ranked(seen, text, perceptors)[0]


def noise(kind: str, rng: Rng, height: int, width: int) -> Tensor:
    """[1,3,height,width] in 0..1: ``noise`` has a chance colour in every pixel, ``gradient`` one in every corner and all
    between them, ``fractal`` clouds: noise of every size, each half as strong as the next larger one."""
    if kind == "noise":
        return rng.uniform((1, 3, height, width), "noise-start")
    if kind == "gradient":
        corners = rng.uniform((1, 3, 2, 2), "gradient-start")
        return F.interpolate(corners, size=(height, width), mode="bilinear", align_corners=True)
    octaves = range(max(1, min(height, width).bit_length() - 1))
    clouds = torch.zeros(1, 3, height, width)
    for octave in octaves:
        grains = rng.normal((1, 3, 2 << octave, 2 << octave), "fractal-start", octave)
        clouds += 0.5**octave * F.interpolate(grains, size=(height, width), mode="bicubic", align_corners=False)
    return (0.5 + 0.2 * clouds).clamp(0, 1)


def standing_out(pictures: Tensor) -> Tensor:
    """[B,1,H,W] in 0..1: where pictures [B,3,H,W] differ from the colour that most of their edge has, as from the paper of a sketch."""
    edge = torch.cat((pictures[..., 0, :], pictures[..., -1, :], pictures[..., :, 0], pictures[..., :, -1]), -1)
    paper = edge.median(-1).values[..., None, None]
    apart = (pictures - paper).abs().amax(1, keepdim=True)
    return F.avg_pool2d((apart * 5 - 0.3).clamp(0, 1), 3, 1, 1, count_include_pad=False)


def subject(dream: Dream, *regions: str | None) -> str:
    """What to start from: the heaviest text of these regions (the whole by default), the first among equals; empty where none pulls."""
    told = [prompt for prompt in dream.prompts if prompt.kind == "text" and prompt.weight > 0 and prompt.region in (regions or (None,))]
    return max(told, key=lambda prompt: prompt.weight).text if told else ""
