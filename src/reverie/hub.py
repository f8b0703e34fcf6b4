"""Folders of Hugging Face's ``transformers``, local or what its hub has left in the cache.

Nothing is fetched unless asked, and no code that a folder brings is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reverie.errors import BadRequest, in_a_line
from reverie.held import hub_cache
from reverie.library import path_of

FILES = ("*.json", "*.txt", "*.model", "*.safetensors")  # of a hub's folder; never pickles


def folder_of(model: str, download: bool, fetch: str, files: Sequence[str] = FILES) -> Path:
    """Where a model lies, by its path or its name; raises ``BadRequest`` when that is nowhere. ``fetch``: the flag that fetches it."""
    folder = path_of(model)
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model, cache_dir=hub_cache(), local_files_only=not download, allow_patterns=list(files)))
    except Exception as error:  # whatever a network and a cache can do
        mend = "" if download else f" Fetch it by {fetch}."
        raise BadRequest(f"There is no folder {model!r}, nor is it in Hugging Face's cache ({in_a_line(error)}).{mend}") from error


def network(kind: Any, folder: Path, **how: Any) -> Any:
    """The network, whole: what a file leaves out would have been filled with noise, without an error."""
    with quiet():
        try:
            found, info = kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False, output_loading_info=True, **how)
        except Exception as error:  # whatever a stranger's files break
            raise BadRequest(f"{folder} cannot be read as a {kind.__name__} ({in_a_line(error)}).") from error
    missing = sorted({*info.get("missing_keys", ()), *(str(one[0]) for one in info.get("mismatched_keys", ()))})
    if missing:
        raise BadRequest(f"{folder} is not whole: {', '.join(missing[:3])} ({len(missing)} in all) are not in it, or misshapen.")
    return found


def tokenizer(folder: Path) -> Any:
    """The tokenizer of a folder; raises ``BadRequest`` where there is none."""
    from transformers import AutoTokenizer

    with quiet():
        try:
            return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        except Exception as error:
            raise BadRequest(f"{folder} has no tokenizer that can be read ({in_a_line(error)}).") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Without progress bars and reports; both are as they were afterwards."""
    from transformers.utils import logging

    bars, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
