"""Engine three: a language model behind an address, by the API of OpenAI's that llama.cpp, Ollama, vLLM and LM Studio speak too.

An address that ends in ``/completions`` is asked to go on with a text, ``/chat/completions`` and all others to answer.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from itertools import count
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from reverie.craft.writer.few_shot import ABOUT, STOPS, begun, ended
from reverie.craft.writer.settings import Sampling, Writing
from reverie.errors import BadRequest, Failed, in_a_line
from reverie.rng import Rng

KEY = "REVERIE_API_KEY"
CHAT, PLAIN = "/chat/completions", "/completions"
AT_ONCE = 8  # prompts that are asked for at once
LARGEST = 4 << 20  # bytes of an answer
_THOUGHT = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)


class _Stay(HTTPRedirectHandler):
    """Goes nowhere else: the key is for this address."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True)
class Api:
    """An address, and how long to wait for it."""

    base: str
    timeout: float

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer, which is an object; raises ``Failed`` that says in a line why there is none."""
        url = self.base + path
        headers = {"Content-Type": "application/json", "User-Agent": "reverie"}
        if key := os.environ.get(KEY):
            headers["Authorization"] = f"Bearer {key}"
        try:
            asked = Request(url, None if body is None else json.dumps(body).encode(), headers)
            with build_opener(_Stay).open(asked, timeout=self.timeout) as answer:
                held = answer.read(LARGEST + 1)
            found = json.loads(held[:LARGEST])
        except HTTPError as error:
            with error:
                raise Failed(f"{url} answers {error.code} {error.reason}{_told(error)}.{_mend(error.code, path)}") from None
        except TimeoutError:
            raise Failed(f"{url} did not answer within {self.timeout:g} s: is its model still loading? Wait longer by --timeout.") from None
        except (OSError, HTTPException) as error:
            if isinstance(getattr(error, "reason", None), TimeoutError):
                raise Failed(f"{url} could not be reached within {self.timeout:g} s.") from None
            why = in_a_line(getattr(error, "reason", None) or error)
            raise Failed(f"{url} cannot be reached ({why}): is the server running?") from None
        except (ValueError, RecursionError):
            what = f"more than {LARGEST:,} bytes" if len(held) > LARGEST else f"something that is no JSON: {_short(held)}"
            raise Failed(f"{url} answers with {what}. Is it the address of an OpenAI-like API?") from None
        if not isinstance(found, dict):
            raise Failed(f"{url} answers with what is no JSON object: {_short(held)}.")
        return found


def drafts(given: str, examples: Sequence[str], asked: Writing, sampling: Sampling) -> Iterator[str]:
    """Prompts without end, as the address gives them; raises ``BadRequest`` for what is no address, ``Failed`` where it fails."""
    base, path = _address(asked.engine)
    api = Api(base, asked.timeout)
    model = asked.model or _first_model(api)
    number = min(asked.count, AT_ONCE)
    for turn in count():
        body = {"model": model, "temperature": sampling.temperature, "top_p": sampling.top_p, "stream": False}
        body["seed"] = Rng(asked.seed).key("write", turn) % 2**31
        # Not all servers know these, so they are sent when they are asked for.
        body |= {"top_k": sampling.top_k} if sampling.top_k else {}
        body |= {"repetition_penalty": sampling.repetition_penalty} if sampling.repetition_penalty != 1 else {}
        if path == PLAIN:
            body |= {"prompt": begun(examples, given), "max_tokens": sampling.length, "n": number, "stop": list(STOPS)}
            yield from (ended(given, text) for text in _texts(api, path, body))
        else:
            body |= {"messages": _messages(examples, given, number), "max_tokens": sampling.length * number}
            for text in _texts(api, path, body):
                lines = map(str.strip, _THOUGHT.sub("", text).splitlines())
                yield from (line for line in lines if line and not line.endswith(":"))  # "Here are eight:" is no prompt


def _address(engine: str) -> tuple[str, str]:
    """Where the API begins, and which of its two ways to ask."""
    address = engine.rstrip("/")
    if not re.fullmatch(r"https?://[^\s/:]+(:\d+)?(/\S*)?", address):
        raise BadRequest(f"{engine!r} is no address of an API: it is like http://localhost:8080/v1.")
    for path in (CHAT, PLAIN):
        if address.endswith(path):
            return address.removesuffix(path), path
    return address, CHAT


def _first_model(api: Api) -> str:
    found = api.ask("/models").get("data")
    if isinstance(found, list) and found and isinstance(found[0], dict) and isinstance(found[0].get("id"), str):
        return str(found[0]["id"])
    raise Failed(f"{api.base}/models names no model: say which by --model.")


def _messages(examples: Sequence[str], given: str, number: int) -> list[dict[str, str]]:
    about = f" Each is about {given!r}, and begins with these words." if given else ""
    wanted = f"Write {number} new ones, one a line, without numbers, quotes or anything else.{about}"
    return [{"role": "system", "content": ABOUT}, {"role": "user", "content": "\n".join([*examples, "", wanted])}]


def _texts(api: Api, path: str, body: dict[str, Any]) -> list[str]:
    """What was written: a text for each of the answer's choices."""
    found = api.ask(path, body)
    try:
        texts = [choice["text"] if path == PLAIN else choice["message"]["content"] for choice in found["choices"]]
    except (KeyError, TypeError):
        texts = []
    if not texts or not all(isinstance(text, str) for text in texts):
        raise Failed(f"{api.base}{path} answers without a text: {_short(json.dumps(found).encode())}.")
    return texts


def _told(error: HTTPError) -> str:
    """What the server says about an error, in brackets."""
    try:
        told = json.loads(error.read(LARGEST))
        told = told.get("error", told) if isinstance(told, dict) else told
        words = told.get("message") if isinstance(told, dict) else told
    except (ValueError, OSError, HTTPException):
        words = None
    return f" ({_short(str(words).encode())})" if words else ""


def _mend(code: int, path: str) -> str:
    if code in (401, 403):
        return f" Its key is read from the environment variable {KEY}."
    if code == 404:
        return " The address is the part before " + path + ", as in http://localhost:8080/v1; --model names another model."
    return ""


def _short(held: bytes) -> str:
    text = " ".join(held[:400].decode(errors="replace").split())
    return repr(text if len(text) <= 100 else text[:97] + "...")
