"""4. The originals' own commands and classes paint, and every flag of theirs has a place"""

from __future__ import annotations

from page import ROOT, Page, sheet

SNIPPET = """from reverie.compat.big_sleep import Imagine

dream = Imagine(
    text = "fire in the sky",
    lr = 5e-2,
    save_every = 25,
    save_progress = True,
    image_size = 128, epochs = 1, iterations = 25, num_cutouts = 8,  # smaller than there, for this page
)
dream()
"""


def show(page: Page) -> None:
    page.run(
        "reverie generate -p 'A painting of an apple in a fruit bowl' -s 128 128 -i 40 -cuts 16 -o bowl.png 2>&1 | tail -4",
        says=["bowl.png"],
    )
    page.run("reverie dream 'a pyramid made of ice' --image_size=128 --epochs=1 --iterations=40 --num_cutouts=16 2>&1 | tail -3")
    page.run("reverie imagine 'a house in the forest' --num_layers=4 --image_width=128 --epochs=1 --iterations=20 2>&1 | tail -3")
    asked = "python generate.py -p 'a castle | fog:0.5' -cuts 64 -opt AdamP -aug Af Pe"
    page.run(f'reverie from-flags "{asked}" | tail -1', says=["reverie paint"])
    page.run("reverie generate -p 'a castle' -zvid", code=2)
    page.say("A snippet of big-sleep's README with only the import changed (and made small):")
    (page.folder / "snippet.py").write_text(SNIPPET, encoding="utf-8")
    page.run("cat snippet.py; python snippet.py 2>&1 | tail -3; ls *.png", lines=30)
    found = [path.name for path in sorted(page.folder.glob("*.*")) if path.suffix in (".png", ".jpg")]
    page.check(f"pictures: {', '.join(found)}", len(found) >= 4)
    sheet(page, "commands", found[:8], columns=4)
    page.tests(*sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").glob("test_compat*.py")), "tests/test_cli_compat.py")
