"""4. Resume: killed at any instant and gone on with, byte for byte; and what it costs."""

from __future__ import annotations

import random
import time
from pathlib import Path

from page import Page, execute

LONG = "reverie 'a castle' --steps 200 --seed 3 --quiet --out"
KILLS = 6


def show(page: Page) -> None:
    took = page.run(f"{LONG} whole.png").seconds  # kills follow it, or a busy machine would be killed before its first step
    whole, dice = (page.folder / "whole.png").read_bytes(), random.Random(0)
    page.say(f"The same, killed with `kill -9` after a while that chance decides and resumed, {KILLS} times, half of them killed twice:")
    same, kept = 0, []
    for number in range(KILLS):
        name = f"killed-{number}.png"
        execute(f"timeout -s KILL {dice.uniform(0.3, 0.9) * took:.1f} {LONG} {name}", page.folder, 120)
        if number % 2:
            execute(f"timeout -s KILL {dice.uniform(0.3, 0.6) * took:.1f} reverie resume -q", page.folder, 120)
        kept.append(execute("reverie resume --list", page.folder, 60).out.partition("step ")[2].partition(" ")[0] or "done")
        execute("reverie resume -q", page.folder, 300)
        same += (page.folder / name).read_bytes() == whole if (page.folder / name).exists() else 0
    page.check(f"{same} of {KILLS} are byte for byte the undisturbed picture; they were left at {', '.join(kept)}", same == KILLS)
    page.check("most of them on their way", sum(not left.startswith("0/") for left in kept) > KILLS // 2)
    page.say("Ctrl-C keeps the picture so far and says how to go on; `--list` shows it, and a name picks it:")
    page.run(f"timeout -s INT {0.6 * took:.0f} {LONG} stopped.png", code=124, says=["reverie resume a-castle"])
    page.run("reverie resume --list | cut -c1-60", says=["a-castle"])
    page.run("reverie resume --quiet")
    page.run("reverie resume", code=2, says=["no interrupted run"])
    page.say("A finished picture goes on as it was left, or branches to other words; its recipe holds the whole way:")
    page.run("reverie 'a castle' --steps 20 --out finished.png --quiet && reverie extend finished.png --steps 15 --out longer.png --quiet")
    page.run(
        "reverie extend longer.png --steps 15 --branch 'a castle at night' --out night.png --quiet && reverie show night.png | tail -2"
    )
    page.run("reverie replay night.png --out again.png --quiet && cmp night.png again.png && echo same", says=["same"])
    cost(page)
    page.tests("tests/test_course.py", "tests/test_runs.py", "tests/test_cli_resume.py", "tests/test_cli_extend.py")


def cost(page: Page) -> None:
    """How much of a run's time goes into keeping it."""
    script = """
from time import perf_counter
from reverie import Dream, runs
from reverie.build import Kept, frames
from reverie.request import Request
from reverie.runs import Run, now
dream, spent = Dream("a castle", steps=120), 0.0
run = Run.begin(Request(dreams=(dream,), paths=("x.png",), began=now()))
inner = run.kept([0])
def keep(plan, course, leaving):
    global spent
    began = perf_counter()
    inner.keep(plan, course, leaving)
    spent += perf_counter() - began
began = perf_counter()
list(frames([dream], wants=lambda step, steps: False, kept=Kept(keep=keep)))
print(f"{100 * spent / (perf_counter() - began):.2f}")
run.abandon()
"""
    Path(page.folder, "cost.py").write_text(script, encoding="utf-8")
    began = time.monotonic()
    share = float(execute("python cost.py", page.folder, 300).out or "nan")
    page.check(f"keeping the run took {share} % of {time.monotonic() - began:.0f} s, of at most 3 %", share < 3)
