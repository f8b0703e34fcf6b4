"""What a command line of an original's comes to in Reverie: a dream or a story of several, where its pictures go, and what differs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from os.path import lexists
from pathlib import Path
from typing import Any

from pydantic import JsonValue, ValidationError

from reverie import library, manifest, presets, prompts, registry
from reverie.compat.flags import Original
from reverie.compat.words import Prompts
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.naming import name_of, numbered
from reverie.observers.journey import frames_of
from reverie.recipe import Recipe, explain_validation
from reverie.video import Kind

ITERATIONS = 1050  # in an epoch of lucidrains'


@dataclass(frozen=True)
class Pictures:
    """Where pictures go: to ``file`` over what is there, or under the prompts' name in the working folder, ``dated`` or with the
    seed behind it (``seeded``), over what is there only where ``overwrite`` says so."""

    file: str = ""
    kind: str = "png"
    dated: bool = False
    seeded: bool = False
    overwrite: bool = False
    every: int | None = None
    video: Kind | None = None
    seconds: float = 6.0
    device: str = "auto"
    exact: bool = False  # the same pixels every time, on CUDA too
    over: str = ""  # a folder of pictures to paint over, into the folder ``file``

    def path(self, dream: Dream, now: datetime) -> Path:
        """The file to write; one that nothing has yet, unless it is to be replaced."""
        if self.over:
            return next(free for free in numbered(Path(self.file)) if self.overwrite or not lexists(free))
        if self.file:
            return Path(self.file)
        name = (f"{now:%y%m%d-%H%M%S}-" if self.dated else "") + name_of(dream) + (f".{dream.seed}" if self.seeded else "")
        path = Path(f"{name}.{self.kind}")
        return path if self.overwrite else next(free for free in numbered(path) if not (lexists(free) or lexists(frames_of(free))))


@dataclass(frozen=True)
class Translation:
    """``recipe`` holds the dream, and in a story what is painted from which step on; ``chance`` is whether the original drew a seed."""

    original: Original
    recipe: Recipe
    pictures: Pictures
    notes: tuple[str, ...] = ()
    chance: bool = False

    @property
    def dream(self) -> Dream:
        """What is painted first."""
        return self.recipe.dream

    def turned(self, prompts: Prompts) -> Translation:
        """With one set of prompts from its start to its end."""
        return replace(self, recipe=Recipe(dream=self.dream.model_copy(update={"prompts": prompts})))

    def seeded(self, seed: int) -> Translation:
        """With a seed that was drawn."""
        recipe = self.recipe.model_copy(update={"dream": self.dream.model_copy(update={"seed": seed})})
        return replace(self, recipe=recipe, chance=False, notes=(*self.notes, f"the seed {seed} was drawn: give it to paint this again"))

    def lines(self) -> Iterator[str]:
        """The commands of Reverie that paint the same; a story is a painting that is extended."""
        stages = self.recipe.stages()
        first, left = stages[0]
        if len(stages) == 1:
            yield shlex.join(["reverie", "paint", *_words(first, self.original.preset), *_outputs(self.pictures)])
            return
        first = first.model_copy(update={"steps": left})
        yield shlex.join(["reverie", "paint", *_words(first, self.original.preset), "--out", "story-1.png"])
        for number, (dream, end) in enumerate(stages[1:], start=2):
            branch = ["--branch", prompts.show(dream.prompts), "--steps", str(end - left)]
            yield shlex.join(["reverie", "extend", f"story-{number - 1}.png", *branch, "--out", f"story-{number}.png"])
            left = end


def _words(dream: Dream, preset: str) -> list[str]:
    """The words after ``reverie paint`` that make this dream: its prompts, the preset, and what differs from it."""
    words = [prompts.show(dream.prompts), "--preset", preset]
    usual = Dream(dream.prompts, **presets.fields(preset))
    told = dream.model_dump(mode="json")
    for name, value in told.items():
        if name in ("prompts", "options") or value == usual.model_dump(mode="json")[name]:
            continue
        if name == "perceptors":
            words += [word for sight in dream.perceptors for word in ("--perceptor", sight.name)]
        elif value is True:
            words.append(f"--{name.replace('_', '-')}")
        else:
            words += [f"--{name.replace('_', '-')}", str(value)]
    for component, options in dream.options.items():
        for option, value in options.items():
            if usual.options.get(component, {}).get(option) != value:
                words += ["-o", f"{component}.{option}={value}"]
    return words


def _outputs(pictures: Pictures) -> list[str]:
    words = (
        (["--over", pictures.over] if pictures.over else [])
        + ["--out", pictures.file or "."]
        + (["--format", pictures.kind] if pictures.kind != "png" and not pictures.file else [])
    )
    words += ["--every", str(pictures.every)] if pictures.every else []
    words += ["--video", pictures.video, "--seconds", f"{pictures.seconds:g}"] if pictures.video else []
    words += ["--overwrite"] if pictures.file and pictures.overwrite else []
    words += ["--device", pictures.device] if pictures.device != "auto" else []
    return words + (["--deterministic"] if pictures.exact else [])


@dataclass
class Draft:
    """What is collected while flags are read."""

    original: Original
    fields: dict[str, Any] = field(default_factory=dict)
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def option(self, component: str, **values: Any) -> None:
        self.options.setdefault(component, {}).update(values)

    def guide(self, given: str | None, usual: str) -> None:
        """The CLIP that was named, a file or an installed one; without a name the original's own where it is installed."""
        name = given or usual
        if (given and (name in registry.names("perceptor") or Path(name).exists())) or here(name):
            self.fields["perceptors"] = [{"name": name}]
        elif name in manifest.known():
            self.notes.append(
                f"the guide is Reverie's own small one, since CLIP {name} is not installed: reverie models pull {name}, or name its file"
            )
        else:
            registry.check("perceptor", name)

    def weights(self, component: str, usual: str, what: str) -> None:
        """The original's own weights where they are installed, else the built-in ones."""
        if here(usual):
            self.option(component, weights=usual)
        else:
            self.notes.append(f"the {what} is Reverie's own small one, since {usual} is not installed: reverie models pull {usual}")

    def epochs(self, given: Mapping[str, Any]) -> int:
        """How many there are; one where the original's twenty are not asked for."""
        if "epochs" not in given:
            self.notes.append(
                f"one epoch of {given.get('iterations', ITERATIONS)} steps is painted: --epochs 20 for as many as {self.original.name}'s"
            )
        return int(given.get("epochs", 1))

    def dream(self, asked: Prompts) -> Dream:
        """The preset with what was read; raises ``BadRequest`` for what cannot be."""
        given = presets.over(presets.fields(self.original.preset), {**self.fields, "options": self.options})
        try:
            return Dream(asked, **given)
        except ValidationError as error:
            raise BadRequest(explain_validation(error, Dream)) from error


def stills(flag: str, every: int) -> int:
    """How often a numbered still is saved; raises ``BadRequest`` for never."""
    if every < 1:
        raise BadRequest(f"{flag} {every}: stills are saved every 1, 2, 3 ... steps.")
    return every


def here(name: str) -> bool:
    """Whether a model of this name is installed."""
    return name in library.installed()


def stages(dream: Dream, told: Sequence[Prompts], every: int) -> Recipe:
    """One painting whose prompts change every so many steps, as long as it has steps; the last ones stay."""
    edits: list[tuple[int, dict[str, JsonValue]]] = [
        (every * number, {"prompts": [prompt.model_dump(mode="json") for prompt in one]}) for number, one in enumerate(told[1:], start=1)
    ]
    return Recipe(dream=dream, edits=tuple(edit for edit in edits if edit[0] < dream.steps))
