"""A dream: the frozen, validated description of one picture to paint. The one place where defaults live."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, PlainSerializer, model_validator

from reverie.fields import (
    Side,
    Sight,
    Texts,
    Weight,
    as_colours,
    as_objectives,
    as_prompts,
    as_shift,
    as_sights,
    as_size,
    in_order,
    shift_text,
    with_a_place,
)  # fmt: skip
from reverie.layer import Layer, parse_layers
from reverie.prompts import Prompt

Scalar = bool | int | FiniteFloat | str
NOISES = ("noise", "gradient", "fractal")
PADDING = "padding"  # a mask by this name is no picture file
STARTS = ("sketch", "sample", "random", *NOISES)  # whatever else is given as a start is a picture file


class Dream(BaseModel):
    """One picture to paint. ``Dream("a red fox")`` is enough; everything else has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompts: Annotated[tuple[Prompt, ...], BeforeValidator(as_prompts)] = Field(
        default=(), description="what to paint: text, or text | more text, each with an optional :weight"
    )
    layers: Annotated[tuple[Layer, ...], BeforeValidator(parse_layers)] = Field(
        default=(),
        description="dream into a perceptor: a layer that is to answer more strongly, [PERCEPTOR:]LAYER[#CHANNEL][:WEIGHT]; "
        "`reverie layers` lists them. No words are needed then",
    )
    templates: Annotated[Texts, AfterValidator(with_a_place)] = Field(
        default=(),
        max_length=1000,
        description="read each text in all of these and take the mean: 'a photo of {} | a painting of {}', a file with a line each, "
        "or a list by name: pictures, clip-7",
    )
    more: Texts = Field(
        default=(), max_length=1000, description="push the texts towards these: 'summer | sun', a file with a line each, or a vector"
    )
    less: Texts = Field(default=(), max_length=1000, description="and away from these: 'winter | snow', a file or a vector")
    push: float = Field(default=0.5, ge=-100, le=100, allow_inf_nan=False, description="how far, the text itself being 1")
    generator: str = Field(default="stack", description="what turns the latent into a picture")
    perceptors: Annotated[tuple[Sight, ...], BeforeValidator(as_sights)] = Field(
        default=(Sight(),), min_length=1, description="who judges the likeness: name or name:weight, several for an ensemble"
    )
    size: Annotated[
        tuple[Side, Side],
        BeforeValidator(as_size),
        PlainSerializer(lambda size: f"{size[0]}x{size[1]}", return_type=str),
    ] = Field(default=(256, 256), description="WIDTHxHEIGHT in pixels")
    steps: int = Field(default=30, ge=0, le=1_000_000, description="optimisation steps")
    coarse: float = Field(
        default=0.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="share of the steps that are painted at half the size first, to be quicker",
    )
    seed: int = Field(default=0, ge=0, lt=2**63, description="the same seed paints the same picture")
    cutouts: Literal["warp", "original", "updated", "nrupdated", "updatedpooling", "latest", "big-sleep", "deep-daze"] = Field(
        default="warp", description="how views are cut: 'warp' (ours), or as VQGAN-CLIP (five ways), big-sleep and deep-daze did"
    )
    views: int = Field(default=8, ge=1, le=4096, description="cut-outs that each perceptor sees at each step")
    first_views: int = Field(
        default=0, ge=0, le=4096, description="cut-outs at the first step, from where they grow evenly to --views at the last; 0: --views"
    )
    optimiser: Literal["adam", "adamw", "adagrad", "adamax", "radam", "rmsprop", "sgd", "adamp", "diffgrad"] = Field(
        default="adam", description="how to step"
    )
    rate: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="step size; the generator's own by default")
    ema: float = Field(default=0.0, ge=0, lt=1, description="decay of the latent's slow average; the final picture is its")
    init: str = Field(
        default="sketch",
        min_length=1,
        description="where to start: 'sketch' (the words, coarsely), 'sample' (a first picture of them), 'random' (a chance latent), "
        "'noise', 'gradient' or 'fractal' (a chance picture), or a picture file",
    )
    fit: Literal["crop", "pad", "stretch"] = Field(default="crop", description="how a picture to start from comes to the size")
    init_weight: float = Field(
        default=0.0, ge=0, allow_inf_nan=False, description="weight of staying near the start: mean squared distance"
    )
    mask: str | None = Field(
        default=None,
        min_length=1,
        description="paint only where this picture is white and keep the start's pixels elsewhere; 'padding': only what --fit pad added",
    )
    mask_edge: int = Field(default=8, ge=0, le=1024, description="pixels inside the mask over which painting and picture blend")
    tv: float = Field(default=0.0, ge=0, allow_inf_nan=False, description="weight of smoothness: mean squared step between neighbours")
    range: float = Field(default=0.5, ge=0, allow_inf_nan=False, description="weight of staying in the visible range: mean squared excess")
    saturation: float = Field(default=0.0, ge=0, allow_inf_nan=False, description="weight of calm colour: mean squared distance from grey")
    zoom: float = Field(default=1.0, ge=0.5, le=2, description="enlarge the picture so many times, again and again while it is painted")
    shift: Annotated[tuple[int, int], BeforeValidator(as_shift), PlainSerializer(shift_text, return_type=str)] = Field(
        default=(0, 0), description="move it so many pixels right and down as often: 2,0"
    )
    zoom_every: int = Field(default=10, ge=1, le=1_000_000, description="steps from one --zoom or --shift to the next")
    zoom_start: int = Field(default=0, ge=0, le=1_000_000, description="the step of the first one")
    symmetry: Literal["none", "left-right", "top-bottom", "both"] = Field(default="none", description="mirror one half, or one quarter")
    tile: Literal["none", "across", "down", "both"] = Field(default="none", description="continue where the picture ends, without a seam")
    transparent: bool = Field(default=False, description="paint the thing alone, with an opacity (png, webp)")
    opacity: float = Field(
        default=0.05, ge=0, allow_inf_nan=False, description="with --transparent, weight of a clear ground and a solid thing"
    )
    palette: Annotated[tuple[str, ...], BeforeValidator(as_colours)] = Field(
        default=(), max_length=64, description="paint in these colours: '#aa3311 #203040 gold', or a picture file to take eight from"
    )
    palette_weight: float = Field(default=20.0, ge=0, allow_inf_nan=False, description="weight of the palette: mean squared distance to it")
    objectives: Annotated[dict[str, Weight], BeforeValidator(as_objectives), AfterValidator(in_order)] = Field(
        default_factory=dict, description="other packages' objectives: name or name:weight"
    )
    patience: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="stop once the mean loss of so many steps is no lower than that of as many before; 0 never",
    )
    stop_at: float | None = Field(default=None, gt=0, le=1, allow_inf_nan=False, description="stop once the judge is this sure, 0 to 1")
    keep_best: bool = Field(default=False, description="end with the picture on the way that the judge was surest of")
    judge: str = Field(
        default="mini", min_length=1, description="who scores and never guides: 'mini' (built in), a safetensors file, or 'none'"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(default="auto", description="number format of the networks")
    options: dict[str, dict[str, Scalar]] = Field(default_factory=dict, description="a component's own options: component.option=value")

    def __init__(self, prompts: Any = None, /, **data: Any) -> None:
        if prompts is not None:
            data["prompts"] = prompts
        super().__init__(**data)

    @model_validator(mode="after")
    def _paints_something(self) -> Self:
        if not (self.prompts or self.layers):
            raise ValueError("there is nothing to paint: give prompts, or layers to dream into")
        return self

    @property
    def width(self) -> int:
        return self.size[0]

    @property
    def height(self) -> int:
        return self.size[1]

    @property
    def regions(self) -> tuple[str | None, ...]:
        """The parts of the frame that are looked at, each once; None is the whole."""
        return tuple(sorted({prompt.region for prompt in self.prompts} or {None}, key=lambda name: name or ""))

    def shape_key(self) -> str:
        """Equal for dreams that may share a batch: all but their words, how these are read, seeds and starts agree."""
        return self.model_dump_json(exclude={"prompts", "templates", "more", "less", "push", "seed", "init"}) + repr(self.regions)
