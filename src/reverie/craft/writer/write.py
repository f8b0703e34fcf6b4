"""``write``: new prompts from a short description or from nothing.

for prompt in write("a castle", Writing(count=4)): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from reverie.craft.templates import draw
from reverie.craft.writer import endpoint, few_shot, grammar
from reverie.craft.writer.settings import GRAMMAR, KNOWN, Sampling, Writing
from reverie.craft.writer.sieve import sift
from reverie.errors import BadRequest
from reverie.held import HUB_NAME, hub_folder
from reverie.library import find
from reverie.prompts import Prompt, parse


def write(given: str = "", asked: Writing = Writing(), sampling: Sampling = Sampling()) -> Iterator[str]:  # noqa: B008 - frozen
    """Prompts in the language of ``parse``, each as soon as it is there, and no two alike.

    ``given`` is what they are about. Raises ``BadRequest`` for what cannot be asked and ``Failed`` when fewer could be written.
    """
    given = described(given)
    if asked.engine == GRAMMAR:
        rules = asked.grammar or (grammar.TAUGHT if asked.perceptor == "mini" else grammar.WHOLE)
        return sift(grammar.drafts(given, asked.seed, rules), asked.count, asked.perceptor, given)
    examples = few_shot.read_examples(asked.examples)
    if "://" in asked.engine:
        drafts = endpoint.drafts(given, examples, asked, sampling)
    else:
        model = language_model(asked)
        from reverie.craft.writer import language_model as engine  # imports torch

        drafts = engine.drafts(given, examples, model, asked, sampling)
    return sift(drafts, asked.count, asked.perceptor, given, examples)


def described(given: str) -> str:
    """What prompts are to be about, which is one text; raises ``BadRequest`` for more or less than that."""
    text = " ".join(given.split())
    if text and (draw(text, 0) != text or parse(text) != (Prompt(text=text),)):
        raise BadRequest(f"What to write about is one text such as 'a castle', without weights, places, bars or braces, not {given!r}.")
    return text


def language_model(asked: Writing) -> str:
    """The model that an engine's name means; raises ``BadRequest`` for a name that can be nobody's."""
    name = KNOWN.get(asked.engine.lower(), asked.engine)
    if Path(name).is_dir() or HUB_NAME.fullmatch(name) or find(name) or asked.download or hub_folder(name):
        return name
    close = get_close_matches(name, [GRAMMAR, *KNOWN], n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise BadRequest(
        f"There is no engine {name!r}.{hint} There are: {GRAMMAR}, {', '.join(KNOWN)}, the folder of a causal language model, the name "
        "of one at Hugging Face's hub (owner/name), and the address of an OpenAI-like API (http://localhost:8080/v1)."
    )
