"""A real HTTP server on this machine that speaks OpenAI's API, or fails in the ways in which such servers do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

from hosting import serving

Body = dict[str, Any]


@dataclass
class Server:
    """What it answers, and what it was asked: (path, key, body)."""

    url: str = ""
    chat: Callable[[Body], str] = lambda body: "a castle of chat"
    plain: Callable[[Body, int], str] = lambda body, choice: f" of text {choice}"
    models: tuple[str, ...] = ("first", "second")
    code: int = 200
    raw: bytes | None = None  # instead of any answer
    leads: str = ""
    silent: bool = False
    asked: list[tuple[str, str | None, Body]] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    @property
    def bodies(self) -> list[Body]:
        return [body for _, _, body in self.asked if body]

    def answer(self, path: str, body: Body) -> tuple[int, bytes]:
        if self.code != 200:
            return self.code, json.dumps({"error": {"message": "so it is"}}).encode()
        if path == "/v1/models":
            found: Any = {"data": [{"id": name} for name in self.models]}
        elif path == "/v1/chat/completions":
            found = {"choices": [{"message": {"role": "assistant", "content": self.chat(body)}}]}
        elif path == "/v1/completions":
            found = {"choices": [{"text": self.plain(body, choice)} for choice in range(body["n"])]}
        else:
            return 404, b"not here"
        return 200, json.dumps(found).encode()


@contextmanager
def chatting() -> Iterator[Server]:
    """A server that ends with the block."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            server.asked.append((self.path, self.headers.get("Authorization"), body))
            if server.silent:
                server.over.wait(10)
                return
            code, data = server.answer(self.path, body)
            self.send_response(302 if server.leads else code)
            if server.leads:
                self.send_header("Location", server.leads)
            data = data if server.raw is None else server.raw
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            return None

    with serving(Handler, server.over) as address:
        server.url = f"{address}/v1"
        yield server
