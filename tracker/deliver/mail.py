"""A report part as one mail with text and HTML, and the mail server that takes it."""

from __future__ import annotations

import base64
import hashlib
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader, UniqueUnstructuredHeader
from email.message import EmailMessage, Message
from email.policy import SMTP as SMTP_POLICY
from email.policy import Policy
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from tracker.deliver.ways import Refused
from tracker.errors import Unavailable, UsageError
from tracker.people import Owner
from tracker.report import Letter, Report
from tracker.settings import MailSettings

_LOSSES = 2  # connections lost in a row before the server counts as down: one mail alone can upset a server
_REPLY = 300

_OK = 250
_SERVICE_CLOSING = 421


class _Subject(UniqueUnstructuredHeader):
    """A subject whose spaces survive: the library's own folding of encoded words drops one where a line begins."""

    def fold(self, *, policy: Policy[Message]) -> str:
        text = str(self)
        words = Header(text, None if text.isascii() and "=?" not in text else "utf-8", header_name="Subject")
        return f"Subject: {words.encode(linesep=policy.linesep)}{policy.linesep}"


_HEADERS = HeaderRegistry()
# Else a long one is folded into encoded words, which no filter knows. typeshed: the registry itself adds BaseHeader.
_HEADERS.map_to_type("list-id", MessageIDHeader)  # type: ignore[arg-type]
_HEADERS.map_to_type("subject", _Subject)  # type: ignore[arg-type]


def compose(report: Report, letter: Letter, owner: Owner, to: str, *, sender: str, now: datetime) -> EmailMessage:
    """The mail. Its Message-ID is made of report, recipient and period, so that a repeated sending can be recognised.

    Raises:
        Refused: an address is none.
    """
    key = f"{report.name}\x1f{owner.key}\x1f{report.period_key}"
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
    label = re.sub(r"[^A-Za-z0-9]+", "-", report.name).strip("-")[:40] or "report"
    domain = ascii_domain(sender).rpartition("@")[2]
    message = EmailMessage(policy=SMTP_POLICY.clone(header_factory=_HEADERS))
    try:
        message["From"] = Address("Closeout", addr_spec=ascii_domain(sender))
        message["To"] = Address(_line(owner.name), addr_spec=to)
    except (ValueError, IndexError, MessageError) as error:  # the parser of addresses trips over some that aren't any
        raise Refused(f"{_line(to)} (or the sender, {sender}) is no address that can be mailed to") from error
    message["Subject"] = _line(letter.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<closeout.{digest}@{domain}>"
    message["List-Id"] = f"<{label}.closeout.{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    # Quoted-printable goes through every server; eight bits and long lines don't.
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return message


def ascii_domain(address: str) -> str:
    """`address` with its domain as the DNS has it (`jo@bücher.example` -> `jo@xn--bcher-kva.example`).

    Raises:
        Refused: it is no domain.
    """
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise Refused(f"{_line(address)} is no mail address") from error


def _line(text: str) -> str:
    """`text` as a header can hold it: one line, nothing invisible."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


class SmtpMailer:
    """Mails by SMTP: one connection for all of them, made when the first one is sent and again after it was lost."""

    def __init__(self, settings: MailSettings, password: str | None, render: Callable[[Report], Letter]) -> None:
        """Connects to nothing yet. `render` words the mails.

        Raises:
            UsageError: there is a user name but no password.
        """
        if settings.username and not password:
            raise UsageError(
                "there is a user name for the mail server, but no password",
                where="mail.username",
                advice=f"Set {settings.password_env}, or name a file in mail.password_file.",
            )
        self._settings = settings
        self._render = render
        self._password = password or ""
        self._where = f"mail server {settings.host}:{settings.port}"
        self._smtp: smtplib.SMTP | None = None
        self._losses = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self._drop()

    def send(self, part: Report, owner: Owner, now: datetime) -> str:
        """Word the part and mail it; the address that it went to. Errors as `Way.send` promises."""
        address = owner.email or ""
        to = ascii_domain(address)
        self._hand_over(compose(part, self._render(part), owner, to, sender=self._settings.sender, now=now), to)
        return address

    def _hand_over(self, message: EmailMessage, to: str) -> None:
        smtp = self._connected()
        try:
            smtp.send_message(message, from_addr=ascii_domain(self._settings.sender), to_addrs=[to])
        except smtplib.SMTPRecipientsRefused as error:
            self._refused(*next(iter(error.recipients.values())))
        except smtplib.SMTPResponseException as error:
            self._refused(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self._lost(self._clean(str(error)))
        self._losses = 0

    def _refused(self, code: int, reply: bytes | str) -> None:
        said = f"{code} {self._clean(reply)}"
        if code == _SERVICE_CLOSING:
            self._lost(said)
        self._losses = 0
        raise Refused(f"the mail server refused it: {said}")

    def _lost(self, why: str) -> None:
        self._drop()
        self._losses += 1
        down = Unavailable(
            f"the connection was lost {self._losses} times in a row ({why})",
            where=self._where,
            advice="Run the report again later: who was served is not served twice.",
        )
        lost = f"the connection was lost, the mail may have arrived ({why})"
        raise Refused(lost, down if self._losses >= _LOSSES else None)

    def _drop(self) -> None:
        if self._smtp:
            self._smtp.close()
        self._smtp = None

    def _connected(self) -> smtplib.SMTP:
        """A connection that answers; servers hang up on those who wait long between two mails."""
        if self._smtp:
            with suppress(OSError, smtplib.SMTPException):
                if self._smtp.noop()[0] == _OK:
                    return self._smtp
            self._drop()
        try:
            self._smtp = self._connect()
        except ssl.SSLCertVerificationError as error:
            what, advice = f"its certificate can't be trusted ({error.verify_message})", "Check mail.host."
        except smtplib.SMTPAuthenticationError as error:
            what = f"it does not accept the login ({error.smtp_code} {self._clean(error.smtp_error)})"
            advice = f"Check mail.username and the password in {self._settings.password_env} or mail.password_file."
        except smtplib.SMTPNotSupportedError as error:
            what, advice = self._clean(str(error)), "Check mail.security, mail.port and mail.username."
        except (OSError, smtplib.SMTPException) as error:
            what = f"it can't be used ({self._clean(str(error))})"
            advice = "Check mail.host, mail.port and mail.security, and run the report again."
        else:
            return self._smtp
        raise Unavailable(what, where=self._where, advice=advice)

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        # Only where it is needed: to read what a system trusts takes longer than to send a mail.
        context = None if settings.security == "none" else ssl.create_default_context()
        if settings.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout, context=context
            )
        else:
            smtp = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
        try:
            if settings.security == "starttls":
                smtp.starttls(context=context)
            if settings.username:
                smtp.login(settings.username, self._password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _clean(self, reply: bytes | str) -> str:
        """What a server said, on one line, without the password in any form in which it may repeat it."""
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
        if self._password:
            secret = self._password.encode()
            login = f"\0{self._settings.username}\0".encode() + secret
            for form in (self._password, *(base64.b64encode(each).decode() for each in (login, secret))):
                text = text.replace(form, "***")
        return _line(text)[:_REPLY]
