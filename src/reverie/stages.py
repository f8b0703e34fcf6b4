"""A recipe's stages painted one after another: what is gone on with, and stories."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

from reverie.build import Kept, every_step, frames, never
from reverie.course import Course
from reverie.plan import Plan
from reverie.recipe import Recipe
from reverie.types import Frame


def along(
    recipe: Recipe,
    wants: Callable[[int, int], bool] | None = every_step,
    should_stop: Callable[[], bool] = never,
    device: str = "auto",
) -> Generator[Frame, None, Kept]:
    """Paint the stages of a recipe one after another, as one painting, and return where it was left, to be gone on with: a
    picture does not tell its latent. Yields the frames that are wanted, and a final one only when it is stopped on the way; nothing
    where ``wants`` is None."""
    found, shown = Kept(), wants or (lambda step, steps: False)
    for dream, left in recipe.stages():
        latest: list[tuple[Plan, Course]] = []

        def keep(plan: Plan, course: Course, leaving: bool, latest: list[tuple[Plan, Course]] = latest) -> None:
            latest[:] = [(plan, course)]

        def over(left: int = left, latest: list[tuple[Plan, Course]] = latest) -> bool:
            return should_stop() or bool(latest and latest[0][1].taken >= left)

        for frame in frames([dream], wants=shown, should_stop=over, device=device, kept=replace(found, keep=keep)):
            if wants and (not frame.final or should_stop()):
                yield frame
        for plan, course in latest:
            course.watch.reopen()
            found = Kept({name: value.clone() for name, value in course.state().items()}, plan)
        if should_stop():
            break
    return found
