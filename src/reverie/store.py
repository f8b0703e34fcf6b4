"""The gallery: an index of what was painted, in SQL. Only an index: the pictures carry their recipes, and it can be made anew.

SQLite in WAL mode through SQLAlchemy Core, so that several processes read and write at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from reverie import paths
from reverie.errors import BadRequest, Failed, ReverieError
from reverie.files import FORMATS, read_recipe
from reverie.prompts import show
from reverie.recipe import Recipe

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

PATIENCE = 20.0  # seconds to wait for another process to finish writing

# A file's version is the number of these that it has been through. Never change one: add another.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE pictures (path TEXT PRIMARY KEY, painted TEXT NOT NULL, prompts TEXT NOT NULL, folded TEXT NOT NULL, "
        "generator TEXT NOT NULL, size TEXT NOT NULL, seed INTEGER NOT NULL, steps INTEGER NOT NULL, loss REAL, recipe TEXT NOT NULL)",
        "CREATE INDEX pictures_by_time ON pictures (painted)",
    ),
    ("ALTER TABLE pictures ADD COLUMN score REAL",),
)


@dataclass(frozen=True)
class Entry:
    """One picture. ``painted`` is a time in UTC by ISO 8601; ``loss`` and ``score`` (the judge's) are None where not known."""

    path: str
    painted: str
    prompts: str
    generator: str
    size: str
    seed: int
    steps: int
    loss: float | None
    score: float | None
    recipe: str

    @classmethod
    def of(cls, path: Path, recipe: Recipe, painted: datetime, loss: float | None = None, score: float | None = None) -> Entry:
        dream = recipe.dream
        steps = recipe.edits[-1][0] if recipe.edits else dream.steps  # one that was stopped early says where
        size = f"{dream.width}x{dream.height}"
        when = painted.astimezone(UTC).isoformat(timespec="milliseconds")
        text = recipe.portable().to_json()
        return cls(str(path.absolute()), when, show(dream.prompts), dream.generator, size, dream.seed, steps, loss, score, text)


@dataclass(frozen=True)
class Wanted:
    """What to look for; all of it must hold. ``words`` are parts of the prompts, in any case."""

    words: tuple[str, ...] = ()
    generator: str | None = None
    seed: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    score: float | None = None
    limit: int = 20


class Newer(BadRequest):
    """The gallery is of a Reverie that this one does not know."""


class Store:
    """The gallery in one file, made when something is first recorded or looked for.

    Every method raises ``BadRequest`` when the file is no gallery or a newer Reverie's, and ``Failed`` when it cannot be
    opened, is locked for too long, or the disk refuses; the file is left as it is.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or paths.data_dir() / "gallery.db"

    def record(self, entries: Iterable[Entry]) -> None:
        """Add pictures; one that was recorded under the same path before is replaced."""
        from sqlalchemy import text

        names = [field.name for field in fields(Entry)] + ["folded"]
        values = [{**asdict(entry), "folded": entry.prompts.casefold()} for entry in entries]
        with self._open("BEGIN IMMEDIATE") as connection:
            if values:
                marks = ", ".join(f":{name}" for name in names)
                connection.execute(text(f"INSERT OR REPLACE INTO pictures ({', '.join(names)}) VALUES ({marks})"), values)

    def find(self, wanted: Wanted = Wanted()) -> list[Entry]:  # noqa: B008 - frozen
        """The newest pictures that are wanted, newest first."""
        from sqlalchemy import column, select, table

        names = [field.name for field in fields(Entry)]
        pictures = table("pictures", *map(column, names), column("folded"))
        tests: list[Any] = [pictures.c.folded.contains(word.casefold(), autoescape=True) for word in wanted.words]
        for name, value in (("generator", wanted.generator), ("seed", wanted.seed)):
            if value is not None:
                tests.append(pictures.c[name] == value)
        if wanted.since:
            tests.append(pictures.c.painted >= wanted.since.astimezone(UTC).isoformat(timespec="milliseconds"))
        if wanted.until:
            tests.append(pictures.c.painted < wanted.until.astimezone(UTC).isoformat(timespec="milliseconds"))
        if wanted.score is not None:
            tests.append(pictures.c.score >= wanted.score)
        newest = select(*(pictures.c[name] for name in names)).where(*tests)
        newest = newest.order_by(pictures.c.painted.desc(), pictures.c.path).limit(wanted.limit)
        with self._open("BEGIN") as connection:
            return [Entry(*row) for row in connection.execute(newest)]

    def rebuild(self, folders: Iterable[Path], tell: Callable[[str], None]) -> int:
        """A new gallery from the recipes inside the pictures below ``folders``; gives how many were found.

        The old file is kept beside it, as ``gallery.db.old`` and so on, and says when, how well and at which loss, where it can
        be read; else times are the files'. A newer Reverie's file is refused. Pictures saved without a recipe cannot come back;
        ``tell`` hears of each that is passed over.
        """
        found = list(_painted(folders, tell))
        if self.path.exists():
            known = {(entry.path, entry.recipe): entry for entry in self._readable()}
            found = [known.get((entry.path, entry.recipe), entry) for entry in found]
            self._set_aside()
        self.record(found)
        return len(found)

    def _readable(self) -> list[Entry]:
        """What the old file says, which no picture does: times, losses, scores. Nothing where it is damaged."""
        try:
            return self.find(Wanted(limit=-1))
        except Newer:
            raise
        except ReverieError:
            return []

    def _set_aside(self) -> None:
        number = 1
        while (old := self.path.with_name(f"{self.path.name}.old{number if number > 1 else ''}")).exists():
            number += 1
        try:
            for end in ("-wal", "-shm", ""):  # what SQLite keeps beside a file belongs to that file
                part = self.path.with_name(self.path.name + end)
                if part.exists():
                    part.rename(old.with_name(old.name + end))
        except OSError as error:
            raise Failed(f"The gallery {str(self.path)!r} cannot be moved aside: {error.strerror or error}.") from error

    @contextmanager
    def _open(self, begin: str) -> Iterator[Connection]:
        from sqlalchemy.exc import DatabaseError, OperationalError

        engine = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            engine = _engine(self.path, begin)
            _migrate(engine, self.path)
            with engine.begin() as connection:
                yield connection
        except OperationalError as error:
            reason = "another process is writing to it" if "locked" in str(error.orig) else str(error.orig)
            raise Failed(f"The gallery {str(self.path)!r} cannot be used: {reason}.") from error
        except DatabaseError as error:
            hint = "`reverie log --rebuild` makes it anew from the pictures and keeps this file beside it"
            raise BadRequest(f"{str(self.path)!r} is no gallery, or a damaged one ({error.orig}): {hint}.") from error
        except OSError as error:
            raise Failed(f"The gallery {str(self.path)!r} cannot be used: {error.strerror or error}.") from error
        finally:
            if engine is not None:
                engine.dispose()


def _engine(path: Path, begin: str) -> Engine:
    """Transactions that begin as told: Python's driver would begin late, and two writers could deadlock."""
    from sqlalchemy import URL, create_engine, event
    from sqlalchemy.pool import NullPool

    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": PATIENCE}, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _migrate(engine: Engine, path: Path) -> None:
    """Bring the file to the newest version, in one transaction; raises ``BadRequest`` for a newer one."""
    with engine.connect() as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version > len(MIGRATIONS):
        known = len(MIGRATIONS)
        raise Newer(f"The gallery {str(path)!r} is of a newer Reverie (version {version}, this one reads {known}): update Reverie.")
    if version == len(MIGRATIONS):
        return
    _use_wal(path)
    upgrade = _engine(path, "BEGIN IMMEDIATE")
    with upgrade.begin() as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()  # another process may have been first
        for statement in (one for migration in MIGRATIONS[version:] for one in migration):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _use_wal(path: Path) -> None:
    """The file keeps it. SQLite does not wait for another process that changes this at the same moment, so we do."""
    import sqlite3
    from contextlib import closing

    end = monotonic() + PATIENCE
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or monotonic() > end:
                    raise Failed(f"The gallery {str(path)!r} cannot be used: {error}.") from error
            sleep(0.01)


def _painted(folders: Iterable[Path], tell: Callable[[str], None]) -> Iterator[Entry]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in FORMATS and path.is_file() and not _on_the_way(path):
                try:
                    recipe, painted = read_recipe(path), datetime.fromtimestamp(path.stat().st_mtime, UTC)
                    yield Entry.of(path, recipe, painted)
                except (ReverieError, OSError) as error:
                    tell(f"passed over: {error}")


def _on_the_way(path: Path) -> bool:
    """Whether a file is a still (``name.000050.png`` beside ``name.png``) or a frame of a journey (in ``name.frames``)."""
    name, dot, step = path.stem.rpartition(".")
    still = dot and step.isdecimal() and len(step) == 6 and path.with_name(name + path.suffix).exists()
    return bool(still) or path.parent.suffix == ".frames"
