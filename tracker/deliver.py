"""Send each recipient their part of a report by mail, once a period. `tracker.report` decided what and to whom.

In the ledger a sending is claimed, then sent or failed. A failed one can be claimed again, and one whose holder died,
after an hour; so two processes never both send, and a second run of the same period is silent. Where a mail server's
answer is lost the sending is made again: better twice with the same Message-ID than never.
"""

from __future__ import annotations

import base64
import hashlib
import re
import smtplib
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from tracker.audience import Recipient
from tracker.errors import Unavailable, UsageError
from tracker.people import Owner
from tracker.report import Letter, Report
from tracker.settings import MailSettings

_LOSSES = 2  # connections lost in a row before the server counts as down: one mail alone can upset a server
_REPLY = 300
_HEADERS = HeaderRegistry()
# Else a long one is folded into encoded words, which no filter knows. typeshed: the registry itself adds BaseHeader.
_HEADERS.map_to_type("list-id", MessageIDHeader)  # type: ignore[arg-type]
_OK = 250
_SERVICE_CLOSING = 421


class DeliveryOutcome(StrEnum):
    """What became of one recipient's part."""

    SENT = "sent"
    WOULD_SEND = "would-send"
    ALREADY_SENT = "already-sent"
    FAILED = "failed"
    NO_ADDRESS = "no-address"
    NOTHING_TO_SAY = "nothing-to-say"
    HELD_BACK = "held-back"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient's part in one period, what became of it, why they get it, and when to come again if that helps."""

    report: str
    period: str
    recipient: Owner
    outcome: DeliveryOutcome
    detail: str = ""
    why: str = ""
    again_at: datetime | None = None


class Ledger(Protocol):
    """The durable record of sendings. `recipient` is an owner's key; the three strings together are the unique key."""

    def claim(self, report: str, recipient: str, period: str, now: datetime) -> bool:
        """True exactly once for a key, whoever asks, until it is marked failed; then once again."""
        ...

    def sent(self, report: str, recipient: str, period: str, now: datetime) -> None:
        """The claimed sending was accepted by the mail server."""
        ...

    def failed(self, report: str, recipient: str, period: str, now: datetime, detail: str) -> None:
        """The claimed sending was not accepted, or nobody knows; it can be claimed again."""
        ...


class MailRefused(Exception):
    """This one mail was not accepted; the next one may be. The message holds no secrets."""


class Mailer(Protocol):
    """A way out for mails."""

    @property
    def sender(self) -> str:
        """The From address."""
        ...

    def send(self, message: EmailMessage, to: str) -> None:
        """Hand over one mail.

        Raises:
            MailRefused: the server does not take this mail, or the answer was lost.
            Unavailable: there is no use in trying another one.
        """
        ...


def send_report(
    report: Report,
    recipients: Iterable[Recipient],
    *,
    mailer: Mailer,
    ledger: Ledger,
    now: datetime,
    render: Callable[[Report], Letter],
    progress: Callable[[Delivery], None] | None = None,
) -> tuple[Delivery, ...]:
    """Send each of `recipients` their part, worded by `render`, unless the ledger has them served in this period.

    Raises:
        Unavailable: the mail server was down or refused the login, and nobody could be served.
    """
    sending = _Sending(report, mailer, ledger, now, render)
    deliveries = []
    for recipient in recipients:
        delivery = sending.to(recipient)
        deliveries.append(delivery)
        if progress:
            progress(delivery)
    if sending.down and not any(delivery.outcome is DeliveryOutcome.SENT for delivery in deliveries):
        raise sending.down
    return tuple(deliveries)


def would_send(
    report: Report,
    recipients: Iterable[Recipient],
    *,
    was_sent: Callable[[str, str, str], bool] = lambda _report, _recipient, _period: False,
) -> tuple[Delivery, ...]:
    """Who would get what and why, if `send_report` ran now. `was_sent` looks a key up without claiming it."""
    deliveries = []
    for recipient in recipients:
        outcome = _unsendable(recipient)
        if outcome is None:
            served = was_sent(report.name, recipient.owner.key, report.period_key)
            outcome = DeliveryOutcome.ALREADY_SENT if served else DeliveryOutcome.WOULD_SEND
        deliveries.append(_delivery(report, recipient, outcome))
    return tuple(deliveries)


@dataclass(slots=True)
class _Sending:
    """One run of `send_report`. `down` is set once the server is out of reach: nobody else then waits for it."""

    report: Report
    mailer: Mailer
    ledger: Ledger
    now: datetime
    render: Callable[[Report], Letter]
    down: Unavailable | None = None

    def to(self, recipient: Recipient) -> Delivery:
        part, address = recipient.part, recipient.owner.email
        unsendable = _unsendable(recipient)
        if unsendable or part is None or not address:
            return _delivery(self.report, recipient, unsendable or DeliveryOutcome.FAILED)
        key = (self.report.name, recipient.owner.key, self.report.period_key)
        if not self.ledger.claim(*key, self.now):
            return _delivery(self.report, recipient, DeliveryOutcome.ALREADY_SENT)
        try:
            problem = self._attempt(part, recipient.owner, address)
        except BaseException:
            # A bug or Ctrl-C: let go of the claim, or this person would hear nothing for the whole period.
            self.ledger.failed(*key, self.now, "interrupted before the mail server answered")
            raise
        if problem is None:
            self.ledger.sent(*key, self.now)
            return _delivery(self.report, recipient, DeliveryOutcome.SENT, address)
        self.ledger.failed(*key, self.now, problem)
        return _delivery(self.report, recipient, DeliveryOutcome.FAILED, problem)

    def _attempt(self, part: Report, owner: Owner, address: str) -> str | None:
        """None when the mail was accepted, else what was wrong."""
        if self.down:
            return str(self.down)
        try:
            to = ascii_domain(address)
            self.mailer.send(compose(part, self.render(part), owner, to, sender=self.mailer.sender, now=self.now), to)
        except MailRefused as refused:
            return str(refused)
        except Unavailable as down:
            self.down = down
            return str(down)
        return None


def compose(report: Report, letter: Letter, owner: Owner, to: str, *, sender: str, now: datetime) -> EmailMessage:
    """The mail. Its Message-ID is made of report, recipient and period, so that a repeated sending can be recognised.

    Raises:
        MailRefused: an address is none.
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
        raise MailRefused(f"{_line(to)} (or the sender, {sender}) is no address that can be mailed to") from error
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
        MailRefused: it is no domain.
    """
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise MailRefused(f"{_line(address)} is no mail address") from error


def _unsendable(recipient: Recipient) -> DeliveryOutcome | None:
    if recipient.part is None:
        return DeliveryOutcome.NOTHING_TO_SAY
    if not recipient.owner.email:
        return DeliveryOutcome.NO_ADDRESS
    # Before the ledger is asked: who is held back is not claimed, so that a later run finds them unserved.
    return DeliveryOutcome.HELD_BACK if recipient.held_back else None


def _delivery(report: Report, recipient: Recipient, outcome: DeliveryOutcome, detail: str = "") -> Delivery:
    why = recipient.part.why if recipient.part else ""
    held = outcome is DeliveryOutcome.HELD_BACK
    return Delivery(
        report.name,
        report.period_key,
        recipient.owner,
        outcome,
        (recipient.held_back or "") if held else detail,
        why,
        recipient.held_until if held else None,
    )


def _line(text: str) -> str:
    """`text` as a header can hold it: one line, nothing invisible."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


class SmtpMailer:
    """Mails by SMTP: one connection for all of them, made when the first one is sent and again after it was lost."""

    def __init__(self, settings: MailSettings, password: str | None) -> None:
        """Connects to nothing yet.

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

    @property
    def sender(self) -> str:
        """The From address of the settings."""
        return self._settings.sender

    def send(self, message: EmailMessage, to: str) -> None:
        """Hand over one mail; errors as `Mailer.send` promises."""
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
        raise MailRefused(f"the mail server refused it: {said}")

    def _lost(self, why: str) -> None:
        self._drop()
        self._losses += 1
        if self._losses >= _LOSSES:
            raise Unavailable(
                f"the connection was lost {self._losses} times in a row ({why})",
                where=self._where,
                advice="Run the report again later: who was served is not served twice.",
            )
        raise MailRefused(f"the connection was lost, the mail may have arrived ({why})")

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
        # Made only where it is used: to read all the certificates of a system takes longer than to send a mail.
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
