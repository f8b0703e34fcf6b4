"""The YAML beside a checkpoint of taming's: data alone, whatever it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from reverie.errors import BadRequest, in_a_line

LARGEST_YAML = 1 << 20  # bytes; theirs have 2 kB


def yaml_of(checkpoint: Path, given: str = "") -> Path | None:
    """The YAML that was given, or the one of the same name, or that of the run whose folder taming made; None where there is none."""
    if given:
        return Path(given)
    places = [checkpoint.with_suffix(suffix) for suffix in (".yaml", ".yml")]
    places += sorted((checkpoint.parent.parent / "configs").glob("*project.yaml"))[-1:] if checkpoint.parent.name == "checkpoints" else []
    return next((place for place in places if place.is_file()), None)


def read_yaml(path: Path | None) -> Any:
    """What a YAML says, as plain values; an empty dict where there is no file. Raises ``BadRequest`` for what is none."""
    if path is None:
        return {}
    try:
        if path.stat().st_size > LARGEST_YAML:
            raise ValueError(f"more than {LARGEST_YAML} bytes")
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror or error}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadRequest(f"{path} is not readable YAML ({in_a_line(error)}).") from error
