"""10. Bad input, and disks that fail: a clear message, nothing lost, nothing half-written"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from page import Page
from PIL import Image

WRONG = (
    ("nowhere.png", "There is no picture"),
    ("short.png", "cannot be read"),
    ("words.png", "not a picture that can be read"),
    ("bomb.png", "too large: at most 64,000,000 pixels"),
    ("wide.png", "too large"),
)
FINE = ("deep.png", "cmyk.jpg", "moving.gif", "low.png")
TINY = "--size 32 --steps 2 --quiet --generator pixels --judge none"


def show(page: Page) -> None:
    pictures(page.folder)
    page.say("Pictures that cannot be: missing, cut short, no picture, 60,000 pixels both ways, 100,000 pixels wide and 1,000 high:")
    for name, says in WRONG:
        page.run(f"reverie 'a cat' {TINY} --init {name} --out no.png", code=2, says=[says, name], lacks=["Traceback", "defect"])
    page.check("nothing was written", not (page.folder / "no.png").exists())
    page.say("Odd ones that can: 16 bits deep, CMYK, an animation, 100,000 pixels wide and 2 high; and a mask of another size:")
    for name in FINE:
        page.run(f"reverie 'a cat' {TINY} --init {name} --out from-{Path(name).stem}.png")
    page.run(f"reverie 'a cat' {TINY} --init deep.png --mask mask.png --out masked.png")
    page.say("A JPEG cannot be transparent, and a mask keeps what transparency leaves out:")
    page.run("reverie 'a cat' --transparent --out cat.jpg", code=2, says=["a JPEG has no opacity. Save as png or webp"])
    page.run("reverie 'a cat' --transparent --init deep.png --mask mask.png", code=2, says=["have one of them"])
    page.say("A picture painted from another, which is gone:")
    page.run("rm low.png; reverie replay from-low.png --out no.png", code=2, says=["'low.png'", "--set init=PATH"])
    page.say("A gallery that is no database, and a place that cannot be written to:")
    page.run(
        f'rm -f "$REVERIE_HOME"/data/gallery.db*; echo nonsense > "$REVERIE_HOME/data/gallery.db"; reverie "a cat" {TINY} --out kept.png',
        says=["not recorded", "kept.png"],
    )
    page.run(f"reverie 'a cat' {TINY} --out /proc/none/cat.png", code=2, says=["cannot be written to"])
    page.say(
        "Permanent tests: random and mutated files of every format; a whole painting with stills, frames, video, checkpoints and "
        "gallery on a disk of which every seventh operation in turn (every one in `make nightly`) fails, once or for good, half of a "
        "write done; real file systems that are full or read-only; two runs into one file; states cut at every tenth, newer, or of "
        "another dream; databases that are damaged, locked or newer:"
    )
    page.tests("tests/test_images.py", "tests/test_files.py", "tests/test_faults.py", "tests/test_runs.py", "tests/test_store.py")


def pictures(folder: Path) -> None:
    Image.effect_noise((64, 64), 50).save(folder / "whole.png")
    whole = (folder / "whole.png").read_bytes()
    (folder / "short.png").write_bytes(whole[: len(whole) // 2])
    (folder / "words.png").write_text("not a picture")
    for name, width, height in (("bomb.png", 60_000, 60_000), ("wide.png", 100_000, 1_000)):
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        parts = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
        chunks = [struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts]
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    Image.new("I;16", (48, 32), 40_000).save(folder / "deep.png")
    Image.new("CMYK", (48, 32), (0, 200, 200, 10)).save(folder / "cmyk.jpg")
    frames = [Image.new("RGB", (48, 32), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    Image.new("RGB", (100_000, 2), "teal").save(folder / "low.png")
    mask = Image.new("L", (7, 90), 0)
    mask.paste(255, (2, 20, 6, 70))
    mask.save(folder / "mask.png")
