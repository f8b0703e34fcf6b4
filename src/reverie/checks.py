"""Everything about a dream that can be wrong and that can be found out without torch."""

from __future__ import annotations

from pathlib import Path

from reverie import registry
from reverie.camera import Camera
from reverie.dream import PADDING, STARTS, Dream
from reverie.errors import BadRequest, unknown
from reverie.images import WEB
from reverie.options import of_cuts


def check(dream: Dream) -> None:
    """Raise ``BadRequest`` for names that nothing answers to, options that do not exist, and fields that contradict each other."""
    sights = [sight.name for sight in dream.perceptors]
    _names(dream, sights)
    if len(set(sights)) < len(sights):
        raise BadRequest(f"The same perceptor is named twice ({', '.join(sights)}): give it one larger weight instead.")
    if dream.init not in STARTS and not dream.init.startswith(WEB) and not Path(dream.init).suffix and not Path(dream.init).exists():
        raise unknown("start or picture", dream.init, STARTS)
    if dream.mask and dream.init in STARTS:
        raise BadRequest(f"--mask {dream.mask} keeps a picture where it is black: give that picture, as --init photo.jpg.")
    if dream.mask == PADDING and dream.fit != "pad":
        raise BadRequest("--mask padding paints what --fit pad adds: give --fit pad, and a size of another shape than the picture's.")
    if dream.mask and dream.transparent:
        raise BadRequest("--mask keeps a picture's pixels and --transparent leaves a ground out: have one of them.")
    _words(dream)
    _camera(dream)
    for name in ("init_weight", "transparent", "tile") if dream.coarse else ():
        if getattr(dream, name) != Dream.model_fields[name].default:
            raise BadRequest(f"--coarse paints at another size first, and --{name.replace('_', '-')} knows one size: have one of them.")
    if dream.first_views and dream.options.get("resemblance", {}).get("group"):
        raise BadRequest("-o resemblance.group wants as many views at every step: leave --first-views out.")
    if dream.cutouts != "warp" and (dream.tile != "none" or any(sight.share for sight in dream.perceptors)):
        raise BadRequest(
            f"--cutouts {dream.cutouts} knows no tiles and has sizes of its own: --tile and a perceptor's share need --cutouts warp."
        )
    _options(dream, sights)


def _words(dream: Dream) -> None:
    if (dream.more or dream.less) and not any(prompt.wanted for prompt in dream.prompts):
        raise BadRequest("--more and --less push a text that the picture should be like, and there is none: write what to paint.")


def _camera(dream: Dream) -> None:
    """A picture that moves is at its last step another one than at any before."""
    for name in ("mask", "patience", "stop_at", "keep_best", "coarse") if Camera.of(dream) else ():
        if getattr(dream, name) != Dream.model_fields[name].default:
            raise BadRequest(f"--zoom and --shift move the picture to the last step: leave --{name.replace('_', '-')} out.")


def _names(dream: Dream, sights: list[str]) -> None:
    registry.check("generator", dream.generator)
    for name in _eyes(dream, sights):
        registry.check("perceptor", name)
    for name in dream.objectives:
        if name in Dream.model_fields and name in registry.OBJECTIVES:
            raise BadRequest(f"The objective {name!r} is Reverie's own and has a flag: --{name.removesuffix('s')}.")
        registry.check("objective", name)


def _eyes(dream: Dream, sights: list[str]) -> list[str]:
    """The perceptors that are asked for likeness, and those that are only dreamt into."""
    return list(dict.fromkeys([*sights, *(layer.perceptor for layer in dream.layers if layer.perceptor)]))


def _options(dream: Dream, sights: list[str]) -> None:
    """Only what is given is looked at: the options of other packages stand in their modules, which may import much."""
    eyes = [("perceptor", name) for name in _eyes(dream, sights)]
    used = [("generator", dream.generator), *eyes, *(("objective", name) for name in dream.objectives)]
    parts = [part for part in registry.PARTS if part not in STARTS or part == dream.init]
    registry.check_options([*(one for kind, name in used for one in registry.answering(kind, name)), *parts], dream.options)
    for kind, name in used:
        if given := registry.given(kind, name, dream.options):
            registry.parse_options(registry.options(kind, name), name, given)
    for part in parts:
        model = registry.part_options(of_cuts(dream.cutouts) if part == "cutouts" else part)
        registry.parse_options(model, part, dream.options.get(part, {}))
