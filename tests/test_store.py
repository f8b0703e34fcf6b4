"""The gallery: what is recorded is found again, by several processes at once, and nothing is lost with the file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reverie.dream import Dream
from reverie.errors import BadRequest, Failed
from reverie.files import save_picture
from reverie.recipe import Recipe
from reverie.store import MIGRATIONS, Entry, Store, Wanted

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def entry(name: str, text: str = "a red fox", when: datetime = NOON, loss: float | None = 0.5, **fields: object) -> Entry:
    return Entry.of(Path("/pictures", name), Recipe(dream=Dream.model_validate({"prompts": text, **fields})), when, loss)


def names(store: Store, **wanted: object) -> list[str]:
    return [Path(found.path).name for found in store.find(Wanted(**wanted))]  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home" / "gallery.db")


def test_nothing_is_made_before_it_is_needed(own_home: Path) -> None:
    assert not Store().path.exists() and own_home in Store().path.parents


def test_what_is_recorded_is_found_newest_first(store: Store) -> None:
    store.record([entry("old.png", when=NOON - timedelta(days=3)), entry("new.png", loss=None, seed=2**62)])
    new, old = store.find()
    assert (Path(new.path).name, new.loss, new.seed, new.size, new.steps) == ("new.png", None, 2**62, "256x256", 30)
    assert (Path(old.path).name, old.loss) == ("old.png", 0.5)
    assert Recipe.from_json(old.recipe).dream.prompts[0].text == "a red fox"


def test_the_same_path_is_replaced(store: Store) -> None:
    store.record([entry("a.png")])
    store.record([entry("a.png", "an owl")])
    assert [found.prompts for found in store.find()] == ["an owl"]


def test_a_picture_that_was_stopped_early_tells_its_steps(store: Store) -> None:
    recipe = Recipe(dream=Dream("a fox", steps=50), edits=((7, {"steps": 7}),))
    store.record([Entry.of(Path("a.png"), recipe, NOON)])
    assert store.find()[0].steps == 7


def test_search(store: Store) -> None:
    store.record(
        [
            entry("fox.png", "A Red FOX | snow", seed=3),
            entry("owl.png", "an owl", generator="vqgan", when=NOON - timedelta(days=2)),
            entry("sale.png", "100% off_line"),
        ]
    )
    assert names(store, words=("red", "SNOW")) == ["fox.png"]
    assert names(store, words=("%",)) == names(store, words=("f_l",)) == ["sale.png"]
    assert names(store, words=("f__",)) == []
    assert names(store, generator="vqgan") == names(store, until=NOON - timedelta(days=1)) == ["owl.png"]
    assert names(store, seed=3) == ["fox.png"] and names(store, seed=0, since=NOON) == ["sale.png"]
    assert names(store, score=0.1) == [] and len(names(store, limit=2)) == 2


@given(st.text(min_size=1).filter(str.strip))
def test_any_text_is_found_by_itself(text: str) -> None:
    import tempfile

    from reverie.prompts import Prompt

    try:
        dream = Dream([Prompt(text=text)])
    except ValueError:
        return
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder, "gallery.db"))
        store.record([Entry.of(Path("a.png"), Recipe(dream=dream), NOON)])
        (found,) = store.find()
        assert store.find(Wanted(words=(found.prompts,))) == [found]
        assert store.find(Wanted(words=(found.prompts + "x",))) == []


WRITES = """
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from reverie.dream import Dream
from reverie.recipe import Recipe
from reverie.store import Entry, Store
for i in range(40):
    Store(Path(sys.argv[1])).record([Entry.of(Path(f"{sys.argv[2]}-{i}.png"), Recipe(dream=Dream("a fox")), datetime.now(UTC))])
"""


def test_two_processes_write_at_once_without_loss(store: Store) -> None:
    both = [subprocess.Popen([sys.executable, "-c", WRITES, str(store.path), name], stderr=subprocess.PIPE) for name in "ab"]
    for process in both:
        trouble = process.communicate()[1]
        assert process.returncode == 0, trouble
    assert len(names(store, limit=1000)) == 80


def test_an_older_file_is_brought_up(store: Store) -> None:
    store.path.parent.mkdir()
    with sqlite3.connect(store.path) as old:
        for statement in MIGRATIONS[0]:
            old.execute(statement)
        old.execute("INSERT INTO pictures VALUES ('/a.png', '2026-01-01T00:00:00+00:00', 'Fox', 'fox', 'stack', '8x8', 1, 2, 0.1, '{}')")
        old.execute("PRAGMA user_version = 1")
    old.close()
    assert [(found.prompts, found.score) for found in store.find()] == [("Fox", None)]


def test_a_newer_file_is_left_alone(store: Store) -> None:
    store.record([])
    with sqlite3.connect(store.path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    before = store.path.read_bytes()
    with pytest.raises(BadRequest, match="newer Reverie .version 99"):
        store.record([entry("a.png")])
    assert store.path.read_bytes() == before


def test_a_damaged_file_says_how_to_mend_it(store: Store, tmp_path: Path) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(b"no database at all " * 100)
    with pytest.raises(BadRequest, match="reverie log --rebuild"):
        store.find()
    assert store.rebuild([tmp_path], print) == 0 and store.find() == []
    assert store.path.with_name("gallery.db.old").read_bytes().startswith(b"no database")


def test_a_locked_file_is_a_failure(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reverie.store.PATIENCE", 0.1)
    store.record([entry("a.png")])
    holder = sqlite3.connect(store.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Failed, match="another process"):
        store.record([entry("b.png")])
    assert names(store) == ["a.png"]  # reading goes on
    holder.close()


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failed, match="cannot be used"):
        Store(tmp_path / "file" / "gallery.db").record([entry("a.png")])


def test_rebuilding_finds_what_the_pictures_say(store: Store, tmp_path: Path) -> None:
    folder, told = tmp_path / "dreams", list[str]()
    picture = Image.new("RGB", (8, 8), "red")
    for name, text in (("a.png", "a fox"), ("b.jpg", "an owl"), ("deep/c.webp", "a cat")):
        save_picture(picture, folder / name, Recipe(dream=Dream(text)))
    picture.save(folder / "bare.png")
    (folder / "broken.png").write_bytes((folder / "a.png").read_bytes()[:60])
    store.record([entry("gone.png")])
    assert store.rebuild([folder], told.append) == 3
    assert sorted(names(store)) == ["a.png", "b.jpg", "c.webp"] and len(told) == 2
    assert Store(store.path.with_name("gallery.db.old")).find()[0].path == "/pictures/gone.png"
    assert store.rebuild([folder], told.append) == 3 and store.path.with_name("gallery.db.old2").exists()


OPENS = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from reverie.dream import Dream
from reverie.recipe import Recipe
from reverie.store import Entry, Store
import sqlalchemy
one = Entry.of(Path(f"{sys.argv[2]}.png"), Recipe(dream=Dream("a fox")), datetime.now(UTC))
print("ready", flush=True)
begin = float(sys.stdin.readline())
for i in range(25):
    while time.time() < begin + 0.06 * i:
        pass
    Store(Path(sys.argv[1], f"{i}.db")).record([one])
"""


def test_processes_that_open_a_new_gallery_at_once_lose_nothing(tmp_path: Path) -> None:
    pipe, command = subprocess.PIPE, [sys.executable, "-c", OPENS, str(tmp_path)]
    several = [subprocess.Popen([*command, name], stdin=pipe, stdout=pipe, stderr=pipe, text=True) for name in "abcd"]
    for process in several:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    begin = time.time() + 0.2
    for process in several:
        assert process.stdin is not None
        process.stdin.write(f"{begin}\n")
        process.stdin.flush()
    troubles = [process.communicate()[1] for process in several]
    assert [process.returncode for process in several] == [0] * 4, troubles
    assert all(len(names(Store(tmp_path / f"{i}.db"))) == 4 for i in range(25))


@pytest.mark.parametrize("folder", ["who?", "100%20", "a#b"])
def test_a_home_of_any_name(tmp_path: Path, folder: str) -> None:
    store = Store(tmp_path / folder / "gallery.db")
    store.record([entry("a.png")])
    assert store.path.is_file() and names(store) == ["a.png"]


def test_a_newer_file_is_not_made_anew(store: Store, tmp_path: Path) -> None:
    store.record([])
    with sqlite3.connect(store.path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(BadRequest, match="newer Reverie"):
        store.rebuild([tmp_path], lambda line: None)
    assert store.path.exists() and not list(store.path.parent.glob("*.old*"))


def test_a_newer_file_without_wal_keeps_its_bytes(store: Store) -> None:
    store.path.parent.mkdir()
    with sqlite3.connect(store.path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    before = store.path.read_bytes()
    with pytest.raises(BadRequest, match="newer Reverie"):
        store.find()
    assert store.path.read_bytes() == before
