"""Templates drawn by dynamicprompts, with wildcards from folders and from the modifier library. Texts are hidden (``hiding``)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any

from dynamicprompts.enums import SamplingMethod
from dynamicprompts.sampling_context import SamplingContext
from dynamicprompts.wildcards.item import WildcardItem
from dynamicprompts.wildcards.tree import build_tree_from_root_map
from dynamicprompts.wildcards.values import WildcardValues
from pyparsing import ParseBaseException

from reverie.craft.hiding import hide, shown
from reverie.craft.library import CATEGORIES, find
from reverie.errors import BadRequest, unknown

HOW = r"For { } _ $ % that are text write \{ \} \_ \$ \%, or put the prompt into double quotes."
FEW = 30  # names are told
REPEATS = 100  # of a text, on average; {@a|b} goes round without end
_WEIGHT = re.compile(r"(\d+(?:\.\d+)?)::")
_ONCE = re.compile(r"\$\{\s*[\w-]+\s*\??=\s*!")


class Wildcards:
    """``lists``, what lies in folders as .txt, .yaml and .json files, a later folder before an earlier, and the library as craft/CATEGORY.

    Of dynamicprompts' own manager it is the part that samplers ask; one that matches nothing is an error instead of text.
    """

    def __init__(self, folders: Sequence[Path], weighted: bool, lists: Mapping[str, list[str]]) -> None:
        library: dict[str, Any] = {f"craft/{category}": [one.words for one in find([category])] for category in CATEGORIES}
        self._lists = build_tree_from_root_map({"": [library, *(folder for folder in folders if folder.is_dir()), dict(lists)]}).map
        self._folders, self._weighted = folders, weighted

    def get_values(self, wildcard: str) -> WildcardValues:
        """The lines of all lists whose names fit, each once and in an order that does not depend on the disk."""
        name = shown(wildcard).strip("/ ")
        lists = [found for there, found in self._lists.items() if fnmatchcase(there, name)]
        if not lists:
            told, there, names = str(unknown("wildcard", name, self._lists)).partition(" There are: ")
            folders = " or ".join(map(str, self._folders))
            known = there + names if len(self._lists) <= FEW else ""
            raise BadRequest(f"{told}{known}\nWildcards are files in {folders}. {HOW}")
        values = sorted(
            dict.fromkeys(self._read(value) for found in lists for value in found.get_values()), key=attrgetter("content", "weight")
        )
        if not values:
            raise BadRequest(f"The wildcard {name!r} has nothing in it.")
        return WildcardValues.from_items(values)

    def _read(self, value: str | WildcardItem) -> WildcardItem:
        """A line and the weight it begins with; 1 where all are wanted, since the library goes through a line as often as it weighs."""
        text, weight = (value, 1.0) if isinstance(value, str) else (value.content, value.weight)
        if begun := _WEIGHT.match(text):
            text, weight = text[begun.end() :], float(begun[1])
        return WildcardItem(hide(text), weight if self._weighted else 1.0)


def drawn(template: str, seed: int, folders: Sequence[Path], most: int | None, lists: Mapping[str, list[str]]) -> list[str]:
    """One text, or with ``most`` all that there are, each once; raises ``BadRequest`` for more than ``most``."""
    if most and _ONCE.search(template):
        raise BadRequest(
            "With --all a variable that is drawn once, ${x=!…}, would hold its first value alone: paint draws by --batch instead."
        )
    method = SamplingMethod.COMBINATORIAL if most else SamplingMethod.RANDOM
    manager: Any = Wildcards(folders, weighted=most is None, lists=lists)
    context = SamplingContext(default_sampling_method=method, wildcard_manager=manager, rand=Random(seed))
    texts: dict[str, None] = {}
    with _explained(template):
        for tried, result in enumerate(context.sample_prompts(template, None if most else 1)):
            texts[result.text] = None
            if most and (len(texts) > most or tried > most * REPEATS):
                raise BadRequest(f"--all would paint more than {most} combinations: leave some out, or paint some of them by --batch.")
    return list(texts)


@contextmanager
def _explained(template: str) -> Iterator[None]:
    """The library's errors in a reader's words."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            warnings.simplefilter("ignore", DeprecationWarning)  # the library's own use of pyparsing
            yield
    except ParseBaseException as error:
        # A wildcard's line may be what is wrong, and then the error has that line.
        where = shown(str(error.pstr)[error.loc :])[:30]
        raise BadRequest(f"The prompt {shown(template)!r} cannot be understood from {where!r} on: is a brace not closed? {HOW}") from None
    except KeyError as error:
        raise BadRequest(f"{error.args[0]}: give it a value first, as in '${{x={{red|blue}}}} a ${{x}} fox'.") from None
    except RecursionError:
        raise BadRequest(f"The prompt {shown(template)!r} refers to itself without end, by a variable or a wildcard.") from None
    except UserWarning:
        raise BadRequest("{!a|b} stands for each in turn, which only --all does: write {a|b} for one that is drawn.") from None
    except (ValueError, RuntimeError) as error:
        raise BadRequest(f"The prompt {shown(template)!r} cannot be drawn: {shown(str(error))}.") from None
