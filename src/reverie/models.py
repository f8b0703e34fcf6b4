"""Models come onto this machine: fetched from their mirrors, or taken from files that somebody has.

A model is installed file by file, each whole and checked before it has its name, and recorded when all are there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from reverie.download import WEB, Patience, fetch
from reverie.errors import BadRequest, Failed
from reverie.library import Kept, Record, alone, by_hand, examined, folder_of, is_name, of_known, recorded, unheard, write_record
from reverie.manifest import Component, File, Model, Size, known
from reverie.partial import Wanted, disk, forget

WEIGHTS = (".safetensors", ".ckpt", ".pt", ".pth", ".th", ".bin")
Tell = Callable[[str, int, int | None], None]  # a file's name, bytes that are here, and of how many where that is known


@dataclass(frozen=True)
class Source:
    """A file and where it can be had: addresses in turn, or a path on this machine."""

    file: File
    urls: tuple[str, ...] = ()
    path: Path | None = None


def pull(name: str, given: Sequence[str] = (), tell: Tell = lambda *_: None, patience: Patience = Patience()) -> Record:  # noqa: B008
    """Install a model from its mirrors, or from what is ``given`` before them: addresses, files, or a folder that holds the
    files. What is here already is kept, and what was cut off is gone on with.

    Raises ``BadRequest`` for an unknown name without a source, ``Failed`` where no mirror has a file, with what to put where
    by hand.
    """
    model = known().get(name)
    if model is None and not given:
        raise unheard(name)
    sources = sources_of(model.files, given) if model else [_own(one) for one in given]
    with alone(name) as folder:
        try:
            files = {one.file.name: _bring(one, folder, tell, patience) for one in sources}
        except Failed as error:
            raise Failed(f"{error}\nBy hand: {by_hand(model)}; then it is installed." if model else str(error)) from error
        return _recorded(name, model, files)


def add(paths: Sequence[Path], name: str = "", kind: str = "", component: Component | None = None) -> Record:
    """Install a model from files, or a folder of them, that lie on this machine; they are copied.

    Without a name it is the known model that a file is by its SHA-256, else one's own, called after the first file.
    Raises ``BadRequest`` for files that are not there, cannot be what they are called, or are not the known model's.
    """
    files = [file for path in paths for file in _files_in(path)]
    name = name or _recognised(files) or files[0].stem
    model = known().get(name)
    given = [str(one) for one in (paths if model else files)]
    sources = sources_of(model.files, given) if model else [_own(one) for one in given]
    folder = folder_of(name)
    lacking = [one.file.name for one in sources if one.path is None and not (folder / one.file.name).is_file()]
    if lacking:
        raise BadRequest(f"{name!r} needs {' and '.join(lacking)} as well: give it too, or `reverie models pull {name} --from {given[0]}`.")
    with alone(name):
        brought = {one.file.name: _bring(one, folder, lambda *_: None, Patience()) for one in sources}
        return _recorded(name, model, brought, kind, component)


def _recorded(name: str, model: Model | None, files: dict[str, Kept], kind: str = "", component: Component | None = None) -> Record:
    weights = [] if "config.json" in files else [file for file in files if Path(file).suffix in WEIGHTS] or [*files]
    main = weights[0] if len(weights) == 1 else None
    record = of_known(model, files) if model else Record(name=name, kind=kind, component=component, main=main, files=files)
    write_record(record)
    return record


def sources_of(files: Sequence[File], given: Sequence[str]) -> list[Source]:
    """Each file of a known model with its sources: what was given for it, by name or else by suffix, before its mirrors."""
    found = {file.name: Source(file, tuple(mirror.url for mirror in file.urls)) for file in files}
    for one in given:
        for file, path in _matched(files, one):
            before = found[file.name]
            found[file.name] = Source(file, (one, *before.urls) if path is None else before.urls, path or before.path)
    return list(found.values())


def _matched(files: Sequence[File], given: str) -> list[tuple[File, Path | None]]:
    """Which files something given stands for, with its path where it is on this machine."""
    if _is_address(given):
        return [(_fitting(files, _last(given), given), None)]
    path = Path(given)
    if path.is_dir():
        matched = [(file, path / file.name) for file in files if (path / file.name).is_file()]
        if not matched:
            raise BadRequest(f"The folder {given!r} holds none of {', '.join(file.name for file in files)}.")
        return [*matched]
    if not path.is_file():
        raise BadRequest(f"There is no file {given!r}.")
    return [(_fitting(files, path.name, given), path)]


def _fitting(files: Sequence[File], name: str, given: str) -> File:
    """The file of this name, else the only one of its suffix, else the only one at all."""
    same = [file for file in files if file.name == name]
    alike = [file for file in files if Path(file.name).suffix == Path(name).suffix]
    for choice in (same, alike, list(files)):
        if len(choice) == 1:
            return choice[0]
    raise BadRequest(f"{given!r} could be any of {', '.join(file.name for file in files)}: give a file of that name.")


def _own(given: str) -> Source:
    """A file of a model that is nobody's but one's own."""
    name = _last(given) if _is_address(given) else Path(given).name
    if not is_name(name) or "/" in name:
        raise BadRequest(f"{given!r} has no name to keep a file by: letters, digits and . _ @ + - only.")
    if not _is_address(given) and not Path(given).is_file():
        raise BadRequest(f"There is no file {given!r}.")
    return Source(File(name=name), (given,)) if _is_address(given) else Source(File(name=name), path=Path(given))


def _is_address(given: str) -> bool:
    return given.startswith(WEB)


def _last(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]


def _files_in(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
        if found:
            return found
        raise BadRequest(f"The folder {str(path)!r} holds no files.")
    if not path.is_file():
        raise BadRequest(f"There is no file {str(path)!r}.")
    return [path]


def _recognised(paths: Sequence[Path]) -> str:
    """The known model that one of these files belongs to, by its SHA-256; empty where that is not known."""
    digests = [examined(File(name="any"), path, "").sha256 for path in paths]
    for model in known().values():
        hashes = [file.sha256.value for file in model.files if file.sha256 and file.name == (model.main or file.name)]
        if any(digest.startswith(begin) for begin in hashes for digest in digests):
            return model.name
    return ""


def _bring(source: Source, folder: Path, tell: Tell, patience: Patience) -> Kept:
    """One file, whole and checked, under its name in the folder: a copy, the one that is there already, or fetched."""
    file, target = source.file, folder / source.file.name
    digest, size = file.sha256.value if file.sha256 else "", file.bytes or Size(cited="")
    wanted = Wanted(source.urls, target, digest, size.value, size.about)
    if source.path:
        return _copy(source.path, file, wanted)
    if here := _here(file, target):
        return here
    got = fetch(wanted, lambda done, total: tell(file.name, done, total), patience)
    return Kept(sha256=got.sha256, bytes=got.bytes, source=got.url)


def _here(file: File, target: Path) -> Kept | None:
    """The file that is in its place already, if it is the right one, and as it was when it was installed."""
    before = recorded(target.parent)
    was = before.files.get(file.name) if before else None
    try:
        found = examined(file, target, was.source if was else "by hand")
    except BadRequest:
        return None
    return None if was and was.sha256 != found.sha256 else found


def _copy(path: Path, file: File, wanted: Wanted) -> Kept:
    if path.absolute() == wanted.target.absolute():
        return examined(file, path, "by hand")
    try:
        with disk(wanted):
            shutil.copyfile(path, wanted.partial)
            kept = examined(file, wanted.partial, str(path.absolute()))
            wanted.partial.replace(wanted.target)
        return kept
    finally:
        forget(wanted)
