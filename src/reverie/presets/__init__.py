"""The originals as settings: each preset is a file that says which fields of a dream differ from the defaults. No torch here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reverie.dream import Dream
from reverie.errors import BadRequest, unknown

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Presets that come with Reverie."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def about(name: str) -> str:
    """One line about a preset."""
    return str(_read(name)["about"])


def fields(name: str) -> dict[str, Any]:
    """What a preset, one of ours by name or a JSON file of one's own, sets of a dream; raises ``BadRequest`` for anything else."""
    found = _read(name).get("dream")
    if not isinstance(found, dict):
        raise BadRequest(f'The preset {name!r} sets nothing: it is a JSON object such as {{"about": "…", "dream": {{"steps": 300}}}}.')
    for field in found:
        if field not in Dream.model_fields or field == "prompts":
            raise unknown(f"setting in the preset {name!r}", field, set(Dream.model_fields) - {"prompts"})
    return found


def over(preset: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A preset's fields with those that were given instead; options of components are merged one by one.

    Where another generator or way of cutting is given, the preset's options of the one it replaces are left out.
    """
    others = {field for field in ("generator", "cutouts") if field in given and given[field] != preset.get(field)}
    replaced = {preset.get("generator") if field == "generator" else field for field in others}
    options = {name: dict(values) for name, values in preset.get("options", {}).items() if name not in replaced}
    for name, values in given.get("options", {}).items():
        options[name] = {**options.get(name, {}), **values}
    return {**preset, **given, "options": options}


def _read(name: str) -> dict[str, Any]:
    path = FOLDER / f"{name}.json"
    if name not in names():
        path = Path(name)
        if path.suffix != ".json":
            raise unknown("preset", name, names())
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadRequest(f"The preset {name!r} cannot be read ({error}): it is a JSON file with 'about' and 'dream'.") from error
    if not isinstance(found, dict):
        raise BadRequest(f"The preset {name!r} is no JSON object with 'about' and 'dream'.")
    return found
