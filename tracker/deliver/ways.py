"""What every way out promises: the mail server, and each channel."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from tracker.errors import CloseoutError
from tracker.people import Owner
from tracker.report import Report


class Refused(Exception):
    """This one was not taken, or nobody knows; the next one may be. The message holds no secrets.

    `down` is set when there is no use in trying another one: what is wrong with the way out as a whole.
    """

    def __init__(self, message: str, down: CloseoutError | None = None) -> None:
        super().__init__(message)
        self.down = down


class Way(AbstractContextManager["Way"], Protocol):
    """A way out for reports. It connects to nothing before the first one is sent."""

    def send(self, part: Report, owner: Owner, now: datetime) -> str:
        """Word the part and hand it over; where it went, as people may read it.

        Raises:
            Refused: it was not taken, or nobody knows.
            Unavailable: nothing left, and nothing else would.
        """
        ...
