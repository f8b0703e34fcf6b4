"""Downloads, from a real server on this machine that fails in the ways in which hosts fail."""

from __future__ import annotations

import errno
import hashlib
import random
import shutil
import socket
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hosting import Host, hosting

from reverie.download import Patience, fetch
from reverie.errors import Failed
from reverie.partial import Wanted

QUICK = Patience(timeout=2, stall=0.2, least=1, pause=0.001, tries=3)


def archive(size: int = 200_000) -> bytes:
    """A checkpoint as PyTorch writes one: a zip archive, of bytes that do not repeat; the same whatever the clock says."""
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr(zipfile.ZipInfo("archive/data/0"), random.Random(size).randbytes(size))
    return held.getvalue()


DATA = archive()
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def host() -> Iterator[Host]:
    with hosting() as one:
        one.files["/model.ckpt"] = DATA
        yield one


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "model.ckpt"


def whole(target: Path) -> bool:
    """The file is there, and nothing of its way there is left."""
    return target.read_bytes() == DATA and [path.name for path in target.parent.iterdir()] == [target.name]


def test_all_at_once(host: Host, target: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    got = fetch(Wanted([f"{host.url}/model.ckpt"], target, SHA, len(DATA)), lambda *at: seen.append(at), QUICK)
    assert (got.url, got.bytes, got.sha256) == (f"{host.url}/model.ckpt", len(DATA), SHA)
    assert whole(target) and seen[0] == (0, len(DATA)) and seen[-1] == (len(DATA), len(DATA)) and seen == sorted(seen)


@pytest.mark.parametrize("marked", [True, False], ids=["an etag", "no etag"])
@pytest.mark.parametrize("seed", range(5))
def test_cut_connections_are_gone_on_with(host: Host, target: Path, seed: int, marked: bool) -> None:
    host.tags = {"/model.ckpt": '"v1"'} if marked else {}
    host.cuts = random.Random(seed).choices(range(1, 50_000), k=6)
    fetch(Wanted([f"{host.url}/model.ckpt"], target, SHA), patience=QUICK)
    assert whole(target)
    ranges = [int(part.split("=")[1][:-1]) for _, part, _ in host.asked if part]
    assert len(host.asked) >= 5 and ranges == sorted(ranges) and 0 < ranges[0] < ranges[-1]
    assert {mark for _, part, mark in host.asked if part} == {'"v1"' if marked else None}


def test_what_a_killed_pull_left_is_gone_on_with(host: Host, target: Path) -> None:
    host.tags["/model.ckpt"] = '"v1"'
    host.cuts = [70_000, 0, 0, 0]
    with pytest.raises(Failed, match="cut after 70,000 of"):
        fetch(Wanted([f"{host.url}/model.ckpt"], target), patience=QUICK)
    assert not target.exists() and target.with_name("model.ckpt.partial").stat().st_size == 70_000
    host.asked.clear()
    fetch(Wanted([f"{host.url}/model.ckpt"], target), patience=QUICK)
    assert whole(target) and host.asked == [("/model.ckpt", "bytes=70000-", '"v1"')]


@pytest.mark.parametrize("sha", [SHA, ""], ids=["hash", "no hash"])
def test_a_file_that_changed_meanwhile_is_begun_again(host: Host, target: Path, sha: str) -> None:
    host.files["/model.ckpt"], host.tags["/model.ckpt"] = archive(300_000), '"old"'
    host.cuts = [70_000, 0, 0, 0]
    with pytest.raises(Failed):
        fetch(Wanted([f"{host.url}/model.ckpt"], target, sha), patience=QUICK)
    host.files["/model.ckpt"], host.tags["/model.ckpt"] = DATA, '"new"'
    fetch(Wanted([f"{host.url}/model.ckpt"], target, sha), patience=QUICK)
    assert whole(target)


def test_without_a_mark_or_a_hash_nothing_is_pieced_together(host: Host, target: Path) -> None:
    host.cuts = [70_000]
    fetch(Wanted([f"{host.url}/model.ckpt"], target), patience=QUICK)
    assert whole(target) and [part for _, part, _ in host.asked] == [None, None]


def test_a_server_without_ranges_sends_all_again(host: Host, target: Path) -> None:
    host.ranges, host.cuts = False, [70_000]
    fetch(Wanted([f"{host.url}/model.ckpt"], target, SHA), patience=QUICK)
    assert whole(target) and len(host.asked) == 2


def test_mirrors_go_on_for_each_other_where_a_hash_will_tell(host: Host, target: Path) -> None:
    host.files["/other.ckpt"] = DATA
    host.cuts = [70_000, 0, 0, 0]
    got = fetch(Wanted([f"{host.url}/model.ckpt", f"{host.url}/other.ckpt"], target, SHA), patience=QUICK)
    assert whole(target) and got.url.endswith("/other.ckpt") and host.asked[-1][1] == "bytes=70000-"


def test_pieces_that_do_not_fit_are_thrown_away(host: Host, target: Path) -> None:
    host.files["/other.ckpt"] = archive(210_000)
    host.cuts = [70_000, 0, 0, 0]
    fetch(Wanted([f"{host.url}/other.ckpt", f"{host.url}/model.ckpt"], target, SHA), patience=QUICK)
    assert whole(target) and [part for _, part, _ in host.asked[-2:]] == ["bytes=70000-", None]


def test_a_wrong_hash_is_told_and_the_next_mirror_asked(host: Host, target: Path) -> None:
    host.files["/wrong.ckpt"] = archive(1000)
    with pytest.raises(Failed, match=rf"wrong.ckpt sent a file whose SHA-256 is [0-9a-f]{{64}}, and not {SHA}"):
        fetch(Wanted([f"{host.url}/wrong.ckpt"], target, SHA), patience=QUICK)
    assert list(target.parent.iterdir()) == [] and len(host.asked) == 1
    fetch(Wanted([f"{host.url}/wrong.ckpt", f"{host.url}/model.ckpt"], target, SHA[:8]), patience=QUICK)
    assert whole(target)


PAGE = b"<!DOCTYPE html><html><title>Quota exceeded</title></html>"


@pytest.mark.parametrize(
    ("name", "content", "kind", "said"),
    [
        ("model.ckpt", PAGE, "text/html", "sends a web page"),
        ("model.ckpt", b"\n  " + PAGE.lower(), "application/octet-stream", "sends a web page"),
        ("model.yaml", b"<div>Sign in</div>", "text/html; charset=utf-8", "sends a web page"),
        ("model.ckpt", b"Not found, sorry.", "text/plain", "does not begin as a .ckpt file does"),
        ("model.json", b"sorry", "text/plain", "does not begin as a .json file does"),
        ("model.yaml", b"\0\1\2", "text/plain", "does not begin as a .yaml file does"),
        ("model.safetensors", b"12345678 no", "text/plain", "does not begin as a .safetensors file does"),
        ("model.safetensors", b"\2\0\0\0\0\0\0\0{}more", "text/plain", "has 14 bytes, where its header tells of 10"),
        ("model.safetensors", b"\xff\0\0\0\0\0\0\0{", "text/plain", "has no readable header"),
        ("model.ckpt", DATA[:-100], "text/plain", "is cut off: its archive has no end"),
        ("model.ckpt", b"", "text/plain", "is empty"),
    ],
)
def test_what_is_no_such_file_is_not_taken_for_one(host: Host, tmp_path: Path, name: str, content: bytes, kind: str, said: str) -> None:
    host.files[f"/{name}"], host.types[f"/{name}"] = content, kind
    with pytest.raises(Failed, match=said):
        fetch(Wanted([f"{host.url}/{name}"], tmp_path / name), patience=QUICK)
    assert list(tmp_path.iterdir()) == []


def test_mirrors_are_asked_in_turn_and_each_is_told_of(host: Host, target: Path) -> None:
    host.files["/busy.ckpt"], host.codes["/busy.ckpt"] = DATA, 503
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}/x"
    urls = [f"{host.url}/gone.ckpt", dead, f"{host.url}/busy.ckpt", "nonsense", f"{host.url}/a b"]
    with pytest.raises(Failed) as caught:
        fetch(Wanted(urls, target), patience=QUICK)
    told = str(caught.value).splitlines()
    for line, said in zip(told[1:], ("answers 404", "cannot be reached", "answers 503", "is no address", "cannot be reached"), strict=True):
        assert said in line
    assert sum(path == "/busy.ckpt" for path, _, _ in host.asked) == QUICK.tries
    fetch(Wanted([*urls, f"{host.url}/model.ckpt"], target, SHA), patience=QUICK)
    assert whole(target)


def test_redirects_are_followed_with_the_range(host: Host, target: Path) -> None:
    host.leads = {"/start": "/next", "/next": f"{host.url}/model.ckpt", "/round": "/round", "/ftp": "ftp://127.0.0.1/x"}
    host.cuts = [70_000]
    fetch(Wanted([f"{host.url}/start"], target, SHA), patience=QUICK)
    assert whole(target) and host.asked[-1] == ("/model.ckpt", "bytes=70000-", None)
    target.unlink()
    for path in ("/round", "/ftp"):
        with pytest.raises(Failed, match=path):
            fetch(Wanted([f"{host.url}{path}"], target), patience=QUICK)


def test_a_length_that_is_too_long_ends(host: Host, target: Path) -> None:
    host.lengths["/model.ckpt"] = len(DATA) + 1000
    fetch(Wanted([f"{host.url}/model.ckpt"], target, SHA), patience=QUICK)  # the server says by 416 that there is no more
    assert whole(target)
    target.unlink()
    with pytest.raises(Failed, match=rf"cut after {len(DATA):,} of"):
        host.ranges = False
        fetch(Wanted([f"{host.url}/model.ckpt"], target), patience=QUICK)


def test_a_length_that_is_too_short_is_noticed(host: Host, target: Path) -> None:
    host.lengths["/model.ckpt"] = len(DATA) - 1000
    for sha, size, said in (("", None, "cut off"), (SHA, None, "SHA-256"), ("", len(DATA), "offers")):
        with pytest.raises(Failed, match=said):
            fetch(Wanted([f"{host.url}/model.ckpt"], target, sha, size), patience=QUICK)
    assert not target.exists()


def test_more_than_was_said_is_refused(host: Host, target: Path) -> None:
    with pytest.raises(Failed, match="offers .* bytes, where at most 150,000 are expected"):
        fetch(Wanted([f"{host.url}/model.ckpt"], target, about=100_000), patience=QUICK)
    fetch(Wanted([f"{host.url}/model.ckpt"], target, about=150_000), patience=QUICK)
    assert whole(target)


@pytest.mark.parametrize("patience", [Patience(timeout=0.2, pause=0, tries=2), Patience(stall=0.2, least=1 << 16, pause=0, tries=2)])
def test_a_server_that_drips_is_left(host: Host, target: Path, patience: Patience) -> None:
    host.drip = 0.5 if patience.timeout < 1 else 0.01
    with pytest.raises(Failed, match="too slow|timed out"):
        fetch(Wanted([f"{host.url}/model.ckpt"], target), patience=patience)
    assert not target.exists()


def test_a_disk_without_room_is_told_before(host: Host, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1000))
    with pytest.raises(Failed, match="and there are 1,000 free in .*make room"):
        fetch(Wanted([f"{host.url}/model.ckpt"], target), patience=QUICK)


def test_a_disk_that_fills_up_is_told_and_what_came_stays(host: Host, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *given: Any, **more: Any) -> Any:
        if self.name.endswith(".partial"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(self, *given, **more)

    opened = Path.open
    target.with_name("model.ckpt.partial").write_bytes(DATA[:70_000])
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(Failed, match="the disk is full"):
        fetch(Wanted([f"{host.url}/model.ckpt", f"{host.url}/model.ckpt"], target, SHA), patience=QUICK)
    monkeypatch.undo()
    assert len(host.asked) == 1 and target.with_name("model.ckpt.partial").stat().st_size == 70_000
    fetch(Wanted([f"{host.url}/model.ckpt"], target, SHA), patience=QUICK)
    assert whole(target)


def test_a_damaged_note_costs_the_beginning_only(host: Host, target: Path) -> None:
    target.with_name("model.ckpt.partial").write_bytes(DATA[:70_000])
    target.with_name("model.ckpt.partial.json").write_bytes(b'{"url": [')
    fetch(Wanted([f"{host.url}/model.ckpt"], target), patience=QUICK)
    assert whole(target) and host.asked == [("/model.ckpt", None, None)]


def test_what_is_whole_already_asks_for_nothing(host: Host, target: Path) -> None:
    target.with_name("model.ckpt.partial").write_bytes(DATA)
    fetch(Wanted([f"{host.url}/model.ckpt"], target, SHA, len(DATA)), patience=QUICK)
    assert whole(target) and host.asked == []
