"""Slack, Teams, Discord, webhooks and the rest: a report part as a short message, by Apprise.

Its addresses are secrets: neither they nor any piece of them get into a message, an error or a log.
"""
# ruff: noqa: PLC0415 - Apprise takes half a second to import: who has no channel does not wait for it

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, unquote

from tracker.deliver.ways import Refused
from tracker.errors import Unavailable, UsageError
from tracker.people import Owner
from tracker.report import Report

if TYPE_CHECKING:
    from apprise import Apprise, AppriseResult

    from tracker.render.chat import Notice

_LOSSES = 3  # failures in a row before the channel counts as down
_OVERALL = 3  # time-outs that one message may take altogether: some services need several requests
_PIECE = re.compile(r"[^/:@?&=#,+%]{4,}")
_OWN = re.compile(r"\{(slack|email)\}")


class Channel:
    """One channel of the settings.

    Args:
        name: what the settings call it.
        address: its Apprise address, in which `{slack}` and `{email}` stand for the recipient's own.
        timeout: seconds to wait for each answer.
        render: words the messages.
    """

    def __init__(self, name: str, address: str, timeout: float, render: Callable[[Report], Notice]) -> None:
        self._where = f"channel {name}"
        self._address, self._timeout, self._render = address, timeout, render
        self._posts: dict[str, Apprise] = {}
        self._losses = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """There is nothing to close: each message is a request of its own."""

    def send(self, part: Report, owner: Owner, now: datetime) -> str:  # noqa: ARG002 - services date it themselves
        """Word the part and send it. Errors as `Way.send` promises.

        Raises:
            UsageError: Apprise can't read the address.
        """
        from apprise import NotifyFormat

        post = self._post(self._address_of(owner))
        notice = self._render(part)
        result = post.notify(notice.text, notice.title, body_format=NotifyFormat.MARKDOWN)
        if not result:
            self._failed(_reason(result))
        self._losses = 0
        return ""

    def _address_of(self, owner: Owner) -> str:
        own = {"slack": owner.slack, "email": owner.email}
        for name in _OWN.findall(self._address):
            if not own[name]:
                raise Refused(f"the channel's address asks for `{name}`, which their entry in the people book lacks")
        return _OWN.sub(lambda place: quote(own[place[1]] or "", safe="@"), self._address)

    def _post(self, address: str) -> Apprise:
        """What sends to this address, kept so that Apprise can hold to the pace that the service asks for."""
        if address not in self._posts:
            self._posts[address] = self._opened(address)
        return self._posts[address]

    def _opened(self, address: str) -> Apprise:
        from apprise import Apprise, AppriseAsset, OverflowMode

        logging.getLogger("apprise").setLevel(logging.WARNING)  # what it says below that quotes addresses
        # A redirected POST becomes a GET that is answered well, and nothing was delivered.
        asset = AppriseAsset(app_id="Closeout", http_redirects=False, service_timeout=_OVERALL * self._timeout)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # loading its services, Apprise asks for `imghdr`
            service = Apprise.instantiate(address, asset=asset)
        if service is None:
            raise UsageError(
                "Apprise can't read its address",
                where=self._where,
                advice="See https://appriseit.com/services/; the address is in its `url_env` or `url_file`.",
            )
        service.socket_connect_timeout = service.socket_read_timeout = self._timeout
        service.overflow_mode = OverflowMode.SPLIT
        return Apprise(service, asset=asset)

    def _failed(self, why: str) -> None:
        self._losses += 1
        reason = self._clean(why)
        if self._losses < _LOSSES:
            raise Refused(reason)
        down = Unavailable(
            f"it failed {self._losses} times in a row ({reason})",
            where=self._where,
            advice="Run the report again later: who was served is not served twice.",
        )
        raise Refused(reason, down)

    def _clean(self, text: str) -> str:
        """`text` on one line, without any piece of the address."""
        secrets = {*_PIECE.findall(self._address), *_PIECE.findall(unquote(self._address))}
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return " ".join(text.split())


def _reason(result: AppriseResult) -> str:
    """What Apprise logged of a failure; it tells no more than the service's answer."""
    said = dict.fromkeys(entry.message for entry in result.logs())
    return "; ".join(said) or "no answer in time" if result.timeout_count else "; ".join(said) or "it was not taken"
