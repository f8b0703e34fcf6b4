"""A real HTTP server on this machine that serves files well, or in one of the ways in which hosts fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class Host:
    """What is served, how, and what was asked: ``asked`` are (path, Range, If-Range)."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)  # after so many bytes of a file the connection ends, once each
    lengths: dict[str, int] = field(default_factory=dict)  # what Content-Length says instead
    codes: dict[str, int] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0  # seconds between two pieces
    piece: int = 1  # bytes of each
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    over: Event = field(default_factory=Event)


@contextmanager
def hosting() -> Iterator[Host]:
    """A server that ends with the block."""
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with suppress(ConnectionError):
                answer(host, self)

        def log_message(self, *_: Any) -> None:
            return None

    with serving(Handler, host.over) as host.url:
        yield host


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], over: Event) -> Iterator[str]:
    """The address of a server on this machine, which ends with the block; ``over`` is set then, for answers that wait."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answer(host: Host, to: BaseHTTPRequestHandler) -> None:
    path, part = to.path.partition("?")[0], to.headers.get("Range")
    host.asked.append((path, part, to.headers.get("If-Range")))
    if path in host.leads:
        to.send_response(302)
        to.send_header("Location", host.leads[path])
        to.send_header("Content-Length", "0")
        to.end_headers()
        return
    code = host.codes.get(path, 200 if path in host.files else 404)
    data = host.files.get(path, b"nothing here")
    tag = host.tags.get(path)
    start = int(found[1]) if host.ranges and (found := re.match(r"bytes=(\d+)-", part or "")) else 0
    if to.headers.get("If-Range") not in (None, tag):
        start = 0
    total = host.lengths.get(path, len(data))
    headers = {"Content-Type": host.types.get(path, "application/octet-stream")} | ({"ETag": tag} if tag else {})
    if code == 200 and start >= len(data) > 0:
        code, body = 416, b""
        headers["Content-Range"] = f"bytes */{len(data)}"
    elif code == 200 and start:
        code, body = 206, data[start:]
        headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
    else:
        body = data
    to.send_response(code)
    for name, value in (headers | {"Content-Length": str(total - start if code in (200, 206) else len(body))}).items():
        to.send_header(name, value)
    to.end_headers()
    # an error's body is never cut: nobody waits for its end, so that the next request's answer would race for the cut
    send(host, to, body[: host.cuts.pop(0)] if host.cuts and code in (200, 206) else body)


def send(host: Host, to: BaseHTTPRequestHandler, body: bytes) -> None:
    """At once or in drips; the connection ends with it."""
    to.close_connection = True
    if not host.drip:
        to.wfile.write(body)
    for place in range(0, len(body) if host.drip else 0, host.piece):
        to.wfile.write(body[place : place + host.piece])
        if host.over.wait(host.drip):
            return
