"""A server on loopback that answers as its script says: refusals, redirects, nonsense, silence, cut connections."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


_BODILESS = (204, 304)


@dataclass(frozen=True)
class Seen:
    """A request that arrived whole."""

    verb: str
    path: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What to do with a request.

    `cut`: "unread" and "read" hang up before and after reading it, "midway" within the answer.
    """

    status: int = 200
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: str = ""
    silent: bool = False

    @property
    def payload(self) -> bytes:
        return json.dumps(self.data).encode() if self.raw is None else self.raw


def lost_once(path: str, cut: str = "read") -> Callable[[Seen], Answer | None]:
    """Of the first POST to a path that ends so the answer is lost, by `cut`; nothing else is touched."""
    lost = [Answer(cut=cut)]
    return lambda seen: lost.pop() if lost and seen.verb == "POST" and seen.path.endswith(path) else None


class FaultServer:
    """Gives its answers in order, the last one again and again; an answer may be a function of the request."""

    def __init__(self, *answers: Answer | Callable[[Seen], Answer]) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self._answers = list(answers)
        self._open: list[socket.socket] = []
        self._release = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.005})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def verbs(self) -> list[str]:
        return [request.verb for request in self.seen]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._release.set()
        self._server.shutdown()
        for connection in self._open:
            hang_up(connection)
        self._server.server_close()
        self._thread.join()

    def accepted(self, connection: socket.socket) -> bool:
        """Note a connection; False when the script hangs up on it at once."""
        self.connections += 1
        self._open.append(connection)
        upcoming = self._answers[0]
        return not (isinstance(upcoming, Answer) and upcoming.cut == "unread")

    def answer(self, seen: Seen) -> Answer:
        self.seen.append(seen)
        upcoming = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        answer = upcoming if isinstance(upcoming, Answer) else upcoming(seen)
        if answer.silent:
            self._release.wait()
        return answer


def hang_up(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle(self) -> None:
        if self.server.script.accepted(self.connection):
            super().handle()

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        url = urlsplit(self.path)
        answer = self.server.script.answer(
            Seen(
                verb=self.command,
                path=url.path,
                query=dict(parse_qsl(url.query)),
                body=json.loads(body) if body else None,
                headers={name.lower(): value for name, value in self.headers.items()},
            )
        )
        if answer.cut == "read" or answer.silent:
            self.close_connection = True
            return
        payload = b"" if answer.status in _BODILESS else answer.payload
        self.send_response_only(answer.status)
        plain = {"Content-Type": "application/json; charset=utf-8", "Date": self.date_time_string()}
        for name, value in (plain | dict(answer.headers)).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if answer.cut == "midway":
            payload = payload[: len(payload) // 2]
            self.close_connection = True
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  (names of http.server)

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for every handler
    block_on_close = True

    def __init__(self, address: tuple[str, int], script: FaultServer) -> None:
        super().__init__(address, _Handler)
        self.script = script

    def handle_error(self, *_: object) -> None:
        """A client that left is what many scripts are about."""
