"""12. Bad input: a clear error before time is spent, and nothing already made is lost."""

from __future__ import annotations

import json
from pathlib import Path

from page import ROOT, Page
from PIL import Image, PngImagePlugin

WRONG = (
    ("reverie paint ''", ()),
    ("reverie paint ' | '", ()),
    ("reverie 'a cat' --generator gan", ("vqgan",)),
    ("reverie 'a cat' --perceptor clip", ("mini",)),
    ("reverie 'a cat' --perceptor mini:much", ()),
    ("reverie 'a cat' --optimiser adm", ("adam",)),
    ("reverie 'a cat' --stpes 5", ("steps",)),
    ("reverie 'a cat' --size 0", ()),
    ("reverie 'a cat' --size 1000000", ()),
    ("reverie 'a cat' --size big", ("big",)),
    ("reverie 'a cat' --steps many", ("many",)),
    ("reverie 'a cat' --tv nan", ()),
    ("reverie 'a cat' --rate=-1", ()),
    ("reverie 'a cat' --generator pixels --init nowhere.png", ("nowhere.png",)),
    ("reverie 'a cat' --generator pixels --init broken.png", ("broken.png",)),
    ("reverie 'a cat' --out /proc/nothing/cat.png", ("/proc",)),
    ("reverie 'a cat' --out cat.gif", ("gif",)),
    ("reverie 'a cat' --device tpu", ("cpu",)),
    ("reverie 'a cat' -o vqgan.colour=1", ()),
    ("reverie 'a cat' -o vqgan", ()),
    ("reverie 'a cat' --generator vqgan -o vqgan.weights=nowhere.safetensors", ("nowhere.safetensors",)),
    ("reverie 'a cat' --generator vqgan -o vqgan.weights=broken.safetensors", ("broken.safetensors",)),
    ("reverie 'a cat' --generator pixels -o mini.weights=tampered.safetensors", ("tampered.safetensors",)),
    ("reverie show plain.png", ("plain.png",)),
    ("reverie show broken.png", ("broken.png",)),
    ("reverie show missing.png", ("missing.png",)),
    ("reverie replay newer.png", ("newer",)),
    ("reverie replay stranger.png", ("brush",)),
    ("reverie replay mistyped.png", ("steps",)),
    ("reverie replay good.png --set stpes=5", ("steps",)),
)
GOOD = {"schema": 1, "dream": {"prompts": [{"text": "a cat"}], "generator": "pixels", "size": "64x64", "steps": 2}}


def show(page: Page) -> None:
    page.run("reverie 'a cat' --size 64 --steps 2 --generator pixels --out good.png --quiet")
    pictures(page)
    for command, says in WRONG:
        result = page.run(command, code=2, says=says, lacks=["Traceback", "defect"])
        lines = len(result.err.strip().splitlines())
        if not 1 <= lines <= 2:
            page.check(f"`{command}` complains in one or two lines, not {lines}", False)
    page.check("good.png is still as it was", (page.folder / "good.png").is_file())
    full_disk(page)
    page.tests("tests/test_weights.py", "tests/test_studio.py")


def pictures(page: Page) -> None:
    """Pictures that are none, have no recipe, or one that nobody should use."""
    (page.folder / "broken.png").write_bytes((page.folder / "good.png").read_bytes()[:80])
    mini = (ROOT / "src" / "reverie" / "weights" / "mini-clip.safetensors").read_bytes()
    (page.folder / "broken.safetensors").write_bytes(mini[:10_000])
    (page.folder / "tampered.safetensors").write_bytes(mini.replace(b'"config\\": {', b'"konfig\\": {', 1))
    plain = Image.new("RGB", (8, 8))
    plain.save(page.folder / "plain.png")
    with Image.open(page.folder / "good.png") as good:
        key = next(str(name) for name, value in good.info.items() if isinstance(value, str) and value.startswith("{"))
    with_recipe(page, plain, key, "newer", {**GOOD, "schema": 99})
    with_recipe(page, plain, key, "stranger", {**GOOD, "dream": {"prompts": [{"text": "a cat"}], "brush": "wide"}})
    with_recipe(page, plain, key, "mistyped", {**GOOD, "dream": {"prompts": [{"text": "a cat"}], "steps": "many"}})


def with_recipe(page: Page, picture: Image.Image, key: str, name: str, recipe: object) -> None:
    chunk = PngImagePlugin.PngInfo()
    chunk.add_itxt(key, json.dumps(recipe))
    picture.save(page.folder / f"{name}.png", pnginfo=chunk)


def full_disk(page: Page) -> None:
    """A small disk that is full: mounting one takes rights that not everybody has."""
    if page.quietly("unshare -m true").code:
        page.say("A full disk is not shown here: it takes the right to mount one. `tests/test_studio.py` covers it.")
        return
    page.say("A full disk: the picture is saved elsewhere and its place is told.")
    result = page.run(
        "mkdir full && unshare -m bash -c 'mount -t tmpfs -o size=12k none full && head -c 8k /dev/zero >full/some && "
        'reverie "a cat" --size 64 --steps 2 --generator pixels --out full/cat.png --quiet\'',
        code=1,
        says=["cat.png"],
    )
    kept = result.out.strip()
    page.check("the picture is where it is said to be", bool(kept) and Path(kept).stat().st_size > 1000)
