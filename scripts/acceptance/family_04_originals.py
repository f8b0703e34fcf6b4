"""4. The originals' own commands and classes"""

from __future__ import annotations

import sys

from page import ROOT, Page, execute

SNIPPET = """from reverie.compat.big_sleep import Imagine

dream = Imagine(text='fire in the sky', lr=5e-2, save_every=25, iterations=25, image_size=64, num_cutouts=16, seed=1)
dream()
"""


def show(page: Page) -> None:
    page.say("The lines of their READMEs, with fewer steps so that the page can be made:")
    page.run("reverie generate -p 'A painting of an apple in a fruit bowl' -i 20 -s 128 128 -sd 1")
    page.run("reverie dream 'a pyramid made of ice' --iterations 20 --image_size=128 --num-cutouts 16")
    page.run("reverie imagine 'a house in the forest' --iterations 10 --image_width 128 --num-layers 4 --seed 1 --save_progress=False")
    page.say("A story is one painting whose words change; its recipe holds every part:")
    page.run("reverie generate -p 'a rose ^ a tulip' -cpe 10 -i 20 -s 128 128 -sd 1 -o story.png && reverie show story.png | head -5")
    page.run("reverie from-flags \"python generate.py -p 'an apple | fog: 3 | surreal:0.5' -cuts 64\" | tail -1", says=["--views 64"])
    page.say("A video that zooms: every four steps the picture is enlarged and painted on, as one painting that can be replayed:")
    page.run("reverie generate -p 'a red apple' -zvid -zse 4 -zsc 1.05 -i 24 -s 128 128 -sd 1 -vl 2 -o zoom.png", says=["zoom.mp4"])
    page.say("Their classes, with only the import changed:")
    page.say(f"```python\n{SNIPPET}```")
    made = execute(f'PYTHONPATH={ROOT / "src"} {sys.executable} -c "{SNIPPET}"', page.folder, 600)
    page.check("it painted fire-in-the-sky.png", made.code == 0 and (page.folder / "fire-in-the-sky.png").exists())
    page.say("What is no flag is refused in a line:")
    page.run("reverie dream of a castle", code=2, says=["reverie paint"])
    page.say("Where every flag went: [migration](../migration.md).")
    page.tests("tests/test_compat_flags.py", "tests/test_compat_originals.py", "tests/test_compat_imagine.py", "tests/test_cli_compat.py")
