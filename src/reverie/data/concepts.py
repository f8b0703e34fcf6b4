"""Paintable concepts: which emoji are things one can paint, and what people call them.

The rules live in ``rules.json`` beside this file; this module only applies them to emojibase's list.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Concept:
    """One thing that can be painted: its everyday name, other words for it, and the emoji that draw it."""

    name: str
    keywords: tuple[str, ...] = ()
    labels: tuple[str, ...] = field(default=(), compare=False)


def rules() -> dict[str, Any]:
    """The committed selection rules."""
    text = files("reverie.data").joinpath("rules.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def plain(label: str) -> str:
    """An emojibase label as lower-case words without punctuation: ``Mrs. Claus`` becomes ``mrs claus``."""
    return re.sub(r"[^a-z0-9 -]", "", label.lower().replace("’", "")).strip()


def choose(emoji: Sequence[dict[str, Any]], subgroups: dict[str, str]) -> list[Concept]:
    """Apply the rules to emojibase's ``data.json``.

    ``emoji`` are emojibase entries (label, tags, group, subgroup); ``subgroups`` maps their numbers to names.
    Merged concepts come first, then single ones in emojibase's order. Merging absorbs the single concepts,
    except under the names listed as "kinds": a red apple is an "apple" and still a "red apple".
    """
    rule = rules()
    by_label = {entry["label"]: entry for entry in emoji}
    chosen: dict[str, Concept] = {}
    for name, labels in rule["merge"].items():
        known = tuple(label for label in labels if label in by_label)
        chosen[name] = Concept(name, _keywords(name, [by_label[label] for label in known]), known)
    wanted = set(rule["include"])
    absorbed = {label for name, labels in rule["merge"].items() if name not in rule["kinds"] for label in labels}
    unwanted = set(rule["exclude"]) | absorbed
    for entry in emoji:
        label = entry["label"]
        listed = entry.get("group") in rule["groups"] and subgroups.get(str(entry.get("subgroup"))) not in rule["exclude_subgroups"]
        if label in unwanted or not (listed or label in wanted):
            continue
        name = rule["rename"].get(label, label if label[:1].isupper() else plain(label))
        if name not in chosen:
            chosen[name] = Concept(name, _keywords(name, [entry]), (label,))
    return list(chosen.values())


def kept_apart(concepts: Sequence[Concept], share: float) -> set[str]:
    """The names of a share of the concepts, to be left out of training altogether: the first by the hash of their names.

    Always the same ones, and more where the share is larger; none of which a drawing shows something else as well, as a red
    apple shows an apple.
    """
    drawn = Counter(label for concept in concepts for label in concept.labels)
    alone = [concept.name for concept in concepts if all(drawn[label] == 1 for label in concept.labels)]
    order = sorted(alone, key=lambda name: hashlib.blake2b(f"held out {name}".encode()).digest())
    return set(order[: round(share * len(concepts))])


def _keywords(name: str, entries: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Words that every drawing of the concept is tagged with, so that no drawing's own colour or mood comes in."""
    tags = [set(entry.get("tags", ())) for entry in entries]
    shared = set.intersection(*tags) if tags else set()
    return tuple(sorted(word for word in shared if word != name and len(word) > 2))
