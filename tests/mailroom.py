"""A post office for tests: an SMTP server on loopback that does as it is told, and a ledger in memory."""
# ruff: noqa: ARG002 - the server and the ledger are called with more than these doubles need

from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

PASSWORD = "correct horse battery"


class Post:
    """What the server does with mails: keeps them, turns some recipients away, hangs up on others."""

    def __init__(self):
        self.mails, self.logins, self.connections = [], [], 0
        self.impatient = False
        self.turned_away, self.hung_up_on, self.greylisted, self.refused = set(), set(), set(), set()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802 - aiosmtpd's name
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
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

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Notebook:
    """A ledger in memory, with the promises of the real one."""

    def __init__(self):
        self.rows, self.details = {}, {}

    def claim(self, report, recipient, period, now):
        key = (report, recipient, period)
        if self.rows.get(key, "failed") != "failed":
            return False
        self.rows[key] = "claimed"
        return True

    def sent(self, report, recipient, period, now):
        assert self.rows[report, recipient, period] == "claimed"
        self.rows[report, recipient, period] = "sent"

    def failed(self, report, recipient, period, now, detail):
        assert self.rows[report, recipient, period] == "claimed"
        self.rows[report, recipient, period] = "failed"
        self.details[recipient] = detail

    def was_sent(self, report, recipient, period):
        return self.rows.get((report, recipient, period)) in {"claimed", "sent"}
