"""What goes wrong with the mail of a company, drawn beforehand, and the post office at which it does.

A recipient is refused for minutes (greylisted, a full mailbox), for days (no such mailbox, taken for spam); for an hour
now and then nothing listens, and for a day now and then the password is another one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import AuthResult
from mailroom import Post

FOR_NOW = ("450 4.2.0 greylisted", "451 4.3.2 busy", "452 4.2.2 mailbox full")
FOR_GOOD = ("550 5.1.1 no such mailbox", "554 5.7.1 looks like spam")
AFTER_ALL = "554"
"""The code with which a server turns down what it has read to its end."""


@dataclass(frozen=True)
class Span:
    begin: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.begin <= moment < self.end


class Troubles:
    """Whose mail is refused when, and when nobody's gets through: one truth for every moment."""

    def __init__(self, chance: random.Random, people: Sequence[str], begin: datetime, days: int) -> None:
        end = begin + timedelta(days=days)
        self.refusals: dict[str, list[tuple[Span, str]]] = {person: [] for person in people}
        for person in people:
            for at in _now_and_then(chance, begin, end, timedelta(days=12)):
                span = Span(at, at + timedelta(minutes=chance.choice((10, 20, 50, 200, 500))))
                self.refusals[person].append((span, chance.choice(FOR_NOW)))
        for at in _now_and_then(chance, begin, end, timedelta(days=14)):
            span = Span(at, at + timedelta(days=chance.randint(1, 8)))
            self.refusals[chance.choice(people)].append((span, chance.choice(FOR_GOOD)))
        self.down = [Span(at, at + timedelta(hours=1)) for at in _now_and_then(chance, begin, end, timedelta(days=7))]
        self.locked = [Span(at, at + timedelta(days=1)) for at in _now_and_then(chance, begin, end, timedelta(days=35))]

    def answer(self, person: str, now: datetime) -> str:
        """With what this recipient is refused; empty when they are not."""
        return next((answer for span, answer in self.refusals[person] if now in span), "")

    def closed(self, now: datetime) -> bool:
        """Whether nobody's mail gets through."""
        return any(now in span for span in (*self.down, *self.locked))


def _now_and_then(chance: random.Random, begin: datetime, end: datetime, every: timedelta) -> Iterator[datetime]:
    """Once in each such time, in the hours in which mails are sent."""
    every, number = min(every, end - begin), 0
    while (day := begin + (number + chance.random()) * every) < end:
        minutes = chance.choice((chance.randint(-60, 30), chance.randint(0, 600)))
        yield day.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(minutes=minutes)
        number += 1


@dataclass(frozen=True)
class Tried:
    """A mail that somebody tried to send, for which firing of a report; `refused` says with what, if it was."""

    at: datetime
    report: str
    due: datetime
    person: str
    refused: str
    mail: EmailMessage | None


class TroubledPost(Post):
    """A post office with troubles. The clock is in the file `moment`, with the report that is being sent."""

    def __init__(self, troubles: Troubles, moment: Path) -> None:
        super().__init__()
        self.troubles, self.moment = troubles, moment
        self.tried: list[Tried] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> Any:  # noqa: N802 - aiosmtpd's name
        answer = self._note(address, None)
        return answer or await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> Any:  # noqa: N802 - aiosmtpd's name
        return self._note(envelope.rcpt_tos[0], envelope.content) or await super().handle_DATA(
            server, session, envelope
        )

    def check(self, *arguments: Any) -> AuthResult:
        now, _, _ = self._now()
        found: AuthResult = super().check(*arguments)
        found.success = found.success and not any(now in span for span in self.troubles.locked)
        return found

    def _note(self, address: str, content: bytes | None) -> str:
        """With what it is refused, as far as it has been heard."""
        now, report, due = self._now()
        person = address.partition("@")[0]
        answer = self.troubles.answer(person, now)
        if content is None and answer.startswith(AFTER_ALL):
            return ""
        mail = message_from_bytes(content, policy=policy.default) if content else None
        if answer or mail:
            self.tried.append(Tried(now, report, due, person, answer, mail))
        return answer

    def _now(self) -> tuple[datetime, str, datetime]:
        told = json.loads(self.moment.read_text("utf-8"))
        return datetime.fromisoformat(told["now"]), told["report"], datetime.fromisoformat(told["due"])
