"""A language model behind an address: asked as OpenAI's API is, by a real server on this machine."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from chatting import Body, Server, chatting

from reverie.craft.writer.endpoint import KEY, LARGEST
from reverie.craft.writer.settings import Sampling, Writing
from reverie.craft.writer.write import write
from reverie.errors import BadRequest, Failed


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (KEY, "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with chatting() as one:
        yield one


def asked(server: Server, path: str = "", **how: Any) -> Writing:
    return Writing(**{"count": 3, "engine": server.url + path, "timeout": 10, **how})


def numbered(body: Body) -> str:
    """As chat models answer, whatever they are told: thoughts, a greeting, numbers, quotes, one again, and a farewell."""
    lines = [f'{n}. "A castle of {what}, oil painting."' for n, what in enumerate(("ice", "sand", "ice", "glass", "moss"), 1)]
    return "\n".join(["<think>a castle\nof thoughts</think>", "Sure! Here are some about a castle:", "", *lines, "", "Enjoy!"])


def test_chat(server: Server) -> None:
    server.chat = numbered
    found = list(write("a castle", asked(server, seed=4), Sampling(temperature=1.2, top_p=0.7)))
    assert found == [f"A castle of {what}, oil painting" for what in ("ice", "sand", "glass")]
    assert [path for path, _, _ in server.asked] == ["/v1/models", "/v1/chat/completions"]
    (body,) = server.bodies
    assert (body["model"], body["temperature"], body["top_p"], body["stream"]) == ("first", 1.2, 0.7, False)
    assert "top_k" not in body and "repetition_penalty" not in body
    said = body["messages"][-1]["content"]
    assert "Write 3 new ones" in said and "'a castle'" in said and "two foxes playing chess" in said


def test_it_is_asked_again_with_another_seed_until_there_is_enough(server: Server) -> None:
    server.chat = lambda body: f"a castle number {len(server.asked)}"
    assert len(list(write("a castle", asked(server, count=3, model="mine", seed=4)))) == 3
    first = [body["seed"] for body in server.bodies]
    assert len(set(first)) == 3 and [body["model"] for body in server.bodies] == ["mine"] * 3
    server.asked.clear()
    list(write("a castle", asked(server, count=3, model="mine", seed=4)))
    assert [body["seed"] for body in server.bodies] == first
    server.chat = lambda body: "a castle again"
    with pytest.raises(Failed, match="1 of 2 prompts .* 31 were repeats"):
        list(write("a castle", asked(server, count=2, model="mine")))


def test_completions(server: Server) -> None:
    server.plain = lambda body, choice: [' at night"\n"a fox', ", fresco\nmore"][choice]
    found = list(write("a castle", asked(server, "/completions", count=2), Sampling(top_k=9, repetition_penalty=1.5, length=33)))
    assert found == ["a castle at night", "a castle, fresco"]
    body = server.bodies[0]
    assert body["prompt"].endswith('"\n"a castle') and body["stop"] == ['"', "\n"] and body["max_tokens"] == 33
    assert (body["top_k"], body["repetition_penalty"], body["n"]) == (9, 1.5, 2)


def test_an_address_may_be_written_in_full(server: Server) -> None:
    assert list(write("a castle", asked(server, "/chat/completions/", count=1))) == ["a castle of chat"]
    assert list(write("a castle", asked(server, "/", count=1))) == ["a castle of chat"]


def test_the_key_comes_from_the_environment_and_goes_nowhere_else(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    list(write("a castle", asked(server, count=1)))
    assert {key for _, key, _ in server.asked} == {None}
    monkeypatch.setenv(KEY, "secret")
    server.asked.clear()
    list(write("a castle", asked(server, count=1)))
    assert {key for _, key, _ in server.asked} == {"Bearer secret"}
    with chatting() as other:
        server.leads = other.url + "/models"
        with pytest.raises(Failed, match="answers 302"):
            list(write("a castle", asked(server, count=1)))
        assert not other.asked


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (401, rf"401 Unauthorized \('so it is'\)\. Its key .* {KEY}"),
        (404, r"404 Not Found .* /chat/completions, as in http"),
        (429, "429 Too Many Requests"),
        (500, r"500 Internal Server Error \('so it is'\)\.$"),
    ],
)
def test_http_errors_are_told_in_a_line(server: Server, code: int, told: str) -> None:
    server.code = code
    with pytest.raises(Failed, match=told) as caught:
        list(write("a castle", asked(server, model="x")))
    assert "\n" not in str(caught.value) and server.url in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"<html>hello</html>", "no JSON: '<html>hello</html>'"),
        (b"\xff\xfe", "no JSON"),
        (b"", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[1]", "no JSON object"),
        (b'{"choices": []}', "without a text"),
        (b'{"choices": 7}', "without a text"),
        (b'{"choices": [{"message": {"content": null}}]}', "without a text"),
        (b'{"error": "overloaded"}', "without a text: .*overloaded"),
        (b'{"choices": ' + b" " * LARGEST + b"[]}", "more than"),
    ],
)
def test_answers_that_are_none_are_told_in_a_line(server: Server, raw: bytes, told: str) -> None:
    server.raw = raw
    with pytest.raises(Failed, match=told) as caught:
        list(write("a castle", asked(server, model="x")))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_a_server_that_names_no_model_is_told(server: Server) -> None:
    server.models = ()
    with pytest.raises(Failed, match="say which by --model"):
        list(write("a castle", asked(server)))


def test_silence_ends(server: Server) -> None:
    server.silent = True
    with pytest.raises(Failed, match=r"within 0\.2 s.*--timeout"):
        list(write("a castle", asked(server, timeout=0.2)))


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(Failed, match=f"{re.escape(url)}/models cannot be reached .*is the server running"):
        list(write("a castle", Writing(engine=url)))


@pytest.mark.parametrize("engine", ["ftp://x/v1", "http://", "http:///v1", "http://a b/v1", "file:///etc/passwd", "http://x:y/v1"])
def test_what_is_no_address_is_told(engine: str) -> None:
    with pytest.raises(BadRequest, match="no address of an API"):
        list(write("a castle", Writing(engine=engine)))
