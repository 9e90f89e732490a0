"""A post office for tests: an SMTP server and a webhook that do as they are told, and a ledger in memory."""
# ruff: noqa: ARG002 - the server and the ledger are called with more than these doubles need

import json
import threading
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from tracker.ledger import Entry, Standing

PASSWORD = "correct horse battery"


class Post:
    """What the server does with mails: keeps them, turns some recipients away, hangs up on others."""

    def __init__(self):
        self.mails, self.logins, self.connections = [], [], 0
        self.impatient, self.asked = False, 0
        self.turned_away, self.hung_up_on, self.greylisted, self.refused = set(), set(), set(), set()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802 - aiosmtpd's name
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        self.asked += 1
        if address in self.turned_away:
            return f"550 5.1.1 no such mailbox {PASSWORD}"
        if address in self.greylisted:
            return "421 4.7.0 try again later"
        if address in self.hung_up_on:
            server.transport.abort()
            return None
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_NOOP(self, server, session, envelope, arg):  # noqa: N802 - aiosmtpd's name
        if self.impatient:
            server.transport.abort()
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.refused.intersection(envelope.rcpt_tos):
            return "554 5.7.1 looks like spam"
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 accepted"

    def check(self, server, session, envelope, mechanism, login):
        self.logins.append(login.login.decode())
        return AuthResult(success=login.password.decode() == PASSWORD, handled=False)

    @property
    def to(self):
        return [address for _, addresses, _ in self.mails for address in addresses]

    def mail(self, address):
        (content,) = [content for _, addresses, content in self.mails if address in addresses]
        return message_from_bytes(content, policy=policy.default)


class Server(Controller):
    """A server on a port that the system chooses."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.open, self.changed = set(), threading.Condition()

    def factory(self):
        return Session(self, self.handler, **self.SMTP_kwargs)

    def note(self, change, session):
        with self.changed:
            change(session)
            self.changed.notify_all()

    def settled(self):
        """Wait until whatever came from clients that are gone, or were killed, was taken or dropped."""
        with self.changed:
            assert self.changed.wait_for(lambda: not self.open, timeout=20)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Session(SMTP):
    """One connection, of which its server keeps track."""

    def __init__(self, owner, *args, **options):
        super().__init__(*args, **options)
        self.owner = owner

    def connection_made(self, transport):
        self.owner.note(self.owner.open.add, self)
        super().connection_made(transport)

    def connection_lost(self, error):
        super().connection_lost(error)
        self.owner.note(self.owner.open.discard, self)


class Hook:
    """A webhook on loopback: answers `status` to paths with `only` in them, once `wait` is set."""

    def __init__(self):
        self.posts, self.status, self.wait, self.only = [], 200, threading.Event(), ""
        self.wait.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.wait.wait(20)
                status = outer.status if outer.only in self.path else 200
                if status < 300:
                    outer.posts.append((self.path, json.loads(body)))
                with suppress(OSError):  # who asked may have hung up
                    self.send_response(status)
                    self.send_header("Location", "/elsewhere")
                    self.end_headers()
                    self.wfile.write(f"no {self.path} today".encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True, kwargs={"poll_interval": 0.01}).start()

    def address(self, path="T0PS3CRET/hook"):
        return f"json://127.0.0.1:{self.port}/{path}"

    def stop(self):
        self.wait.set()
        self.server.shutdown()
        self.server.server_close()


class Notebook:
    """A ledger in memory, with the promises of the real one."""

    def __init__(self):
        self.entries = {}

    @property
    def rows(self):
        return {key.recipient: entry.standing.value for key, entry in self.entries.items()}

    @property
    def details(self):
        return {key.recipient: entry.detail for key, entry in self.entries.items()}

    def claim(self, key, now):
        entry = self.entries.get(key)
        if entry and not entry.is_free(now):
            return 0
        attempts = entry.attempts + 1 if entry else 1
        self.entries[key] = Entry(key, Standing.CLAIMED, attempts, now)
        return attempts

    def sent(self, key, now):
        self._settle(key, Standing.SENT)

    def failed(self, key, now, detail, again_at):
        self._settle(key, Standing.FAILED, detail=detail, again_at=again_at)

    def let_go(self, key, now, detail):
        attempts = self.entries[key].attempts - 1
        self._settle(key, Standing.FAILED, detail=detail, attempts=attempts)

    def give_up(self, key, now, detail):
        self._settle(key, Standing.GIVEN_UP, detail=detail)

    def delivery(self, key):
        return self.entries.get(key)

    def _settle(self, key, standing, **values):
        assert self.entries[key].standing is Standing.CLAIMED
        self.entries[key] = replace(self.entries[key], standing=standing, **values)
