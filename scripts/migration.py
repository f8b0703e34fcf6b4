"""Write docs/migration.md from the tables of the originals' flags: python scripts/migration.py"""

from pathlib import Path

from reverie.compat.originals import page

Path(__file__).parents[1].joinpath("docs", "migration.md").write_text(page(), encoding="utf-8")
