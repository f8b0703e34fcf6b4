"""3. Writer: from a short description, new prompts."""

from __future__ import annotations

from page import Page


def show(page: Page) -> None:
    written = page.run("reverie craft write 'a castle' --count 6", says=["a castle"])
    lines = written.out.splitlines()
    page.check(
        f"six lines, no two alike, each with a castle: {len(set(lines))}", len(set(lines)) == 6 and all("castle" in one for one in lines)
    )
    again = page.run("reverie craft write 'a castle' --count 6 | sort | head -2")
    page.check("the same seed writes the same", again.out.splitlines() == sorted(lines)[:2])
    page.run("reverie craft write --count 6 --grammar whole --seed 3")
    page.say("A pipe of prompts is painted as one batch:")
    page.run("reverie craft write 'a castle' --count 3 --seed 2 | reverie paint - --size 128 --quiet --out written", says=["written/"])
    page.say("What is not there is told:")
    page.run("reverie craft write 'a castle' --engine gpt-j", code=2, says=["EleutherAI/gpt-j-6B", "--download"])
    page.run("reverie craft write 'a castle' --engine http://localhost:9/v1", code=1, says=["cannot be reached"])
    page.say("A GPT-J of chance weights, made by the tests, and a real server on this machine that speaks OpenAI's API, are asked here:")
    page.tests("tests/test_craft_writer_language_model.py", "tests/test_craft_writer_endpoint.py", "tests/test_craft_writer_grammar.py")
    page.tests("tests/test_craft_writer_sieve.py", "tests/test_cli_craft_writer.py")
