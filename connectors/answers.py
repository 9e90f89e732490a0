"""What HTTP and `requests` tell every adapter alike: was anything sent at all, what went wrong, when to come back.

Nothing here knows a service. What an answer's status and words mean is each adapter's own table.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, TypeVar

import requests
import urllib3.exceptions

from connectors.errors import OutcomeUnknown, TargetUnreachable
from connectors.interface import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    T = TypeVar("T")

CLOCK_MAY_DIFFER = timedelta(minutes=1)

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOTHING_SENT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,  # urllib3 says so only before the proxy was reached
    requests.exceptions.URLRequired,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    urllib3.exceptions.NewConnectionError,  # with its child NameResolutionError
    urllib3.exceptions.ConnectTimeoutError,
    ssl.SSLCertVerificationError,
)
_TIME_OUTS = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)
_DOUBLED_AT_MOST = 5
_SOONEST = timedelta(seconds=1)


def user_agent() -> str:
    """How requests introduce themselves; browsers' names would bring up guards that are meant for browsers."""
    try:
        return f"closeout/{version('closeout')}"
    except PackageNotFoundError:
        return "closeout/0"


def no_answer(verb: str, where: str, reason: str, check: str, *, writes: bool) -> OutcomeUnknown | TargetUnreachable:
    """Nothing came back that could be trusted. `check`: what to look at, should it stay so."""
    if writes:
        return OutcomeUnknown(
            f"the {verb} was sent and no usable answer came ({reason}): it may have happened",
            where=where,
            advice="Run again: Closeout looks the issue up by its marker before it sends anything a second time.",
        )
    return TargetUnreachable(
        f"no usable answer came ({reason})",
        where=where,
        advice=f"Run again later; nothing was changed. If it stays so, check {check}.",
    )


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that it wraps: by `raise from`, as urllib3's `reason`, or as an argument.

    Not by `__context__`: that may be what a caller was handling, and would tell of another request.
    """
    pending: list[BaseException] = [error]
    seen: set[int] = set()
    while pending:
        link = pending.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        inner = (link.__cause__, getattr(link, "reason", None), *link.args)
        pending.extend(each for each in inner if isinstance(each, BaseException))


def nothing_sent(error: BaseException) -> bool:
    """True when the request certainly never left: no connection, no such host, a certificate that is not trusted."""
    return any(isinstance(link, _NOTHING_SENT) for link in causes(error))


def not_trusted(error: BaseException) -> bool:
    """True when the server's certificate is the reason."""
    return any(isinstance(link, ssl.SSLCertVerificationError) for link in causes(error))


def timed_out(error: BaseException) -> bool:
    """True when waiting was the trouble: for a connection, or for an answer."""
    return any(isinstance(link, _TIME_OUTS) for link in causes(error))


def unreached(error: BaseException, service: str, address: str, where: str) -> TargetUnreachable | None:
    """The port's error when nothing was sent; None when something may have been. `address` is the setting's name."""
    if not_trusted(error):
        return TargetUnreachable(
            "the server's certificate is not trusted",
            where=where,
            advice="Set `ca_bundle` to the file of your own certificate authority, or mend the server's certificate.",
        )
    if nothing_sent(error):
        return TargetUnreachable(
            f"{service} could not be reached ({reason(error)}); nothing was sent",
            where=where,
            advice=f"Check the network, the proxy and `{address}`, then run again.",
        )
    return None


def parsed(parse: Callable[[Any], T], data: Any, unusable: Callable[[str], Exception]) -> T:
    """`data` by `parse`.

    Raises:
        what `unusable` makes of the reason: it is not what was asked for.
    """
    try:
        return parse(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise unusable("the answer is not what was asked for") from error


def each(parse: Callable[[Any], T]) -> Callable[[Any], list[T]]:
    """Reads a list, each of it by `parse`."""

    def parse_list(data: Any) -> list[T]:
        if not isinstance(data, list):
            raise TypeError("not a list")
        return [parse(one) for one in data]

    return parse_list


def clock_apart(date: datetime | None, now: datetime, service: str, harm: str) -> Iterator[Finding]:
    """What to say of a machine's clock when the service's answer has this date; `harm` is what a wrong one does."""
    if date is not None and abs(apart := now - date) > CLOCK_MAY_DIFFER:
        way = "ahead of" if apart > timedelta(0) else "behind"
        yield Finding(
            f"this machine's clock is {round(abs(apart) / timedelta(minutes=1))} minutes {way} {service}'s",
            trouble=True,
            advice=f"Set it by NTP: {harm}.",
        )


def reason(error: BaseException) -> str:
    """In a word what went wrong: never the library's text, which may quote headers."""
    chain = tuple(causes(error))
    if any(isinstance(link, urllib3.exceptions.NameResolutionError) for link in chain):
        return "no such host"
    if any(isinstance(link, ConnectionRefusedError) for link in chain):
        return "connection refused"
    return "time-out" if timed_out(error) else type(error).__name__


def after(text: str, now: datetime) -> datetime | None:
    """The time that a `Retry-After` names, in seconds from `now` or as an HTTP date; None when it makes no sense."""
    try:
        return now + timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        return http_date(text)


def http_date(text: str) -> datetime | None:
    """An HTTP date, in UTC; None when it is none."""
    try:
        return _in_utc(parsedate_to_datetime(text))
    except (ValueError, OverflowError):
        return None


def iso_date(text: str) -> datetime | None:
    """An ISO 8601 date with a time, in UTC, which it also means when it names no offset; None when it is none."""
    try:
        return _in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def retry_at(named: datetime | None, now: datetime, unnamed: timedelta, limited_before: int) -> datetime:
    """When to come back after a limit's refusal: as `named`, but never at once.

    Where no time is named after `unnamed`, doubled for each time that a limit has refused just before.
    """
    if named is None:
        return now + unnamed * (1 << min(limited_before, _DOUBLED_AT_MOST))
    return max(named, now + _SOONEST)


def _in_utc(date: datetime) -> datetime:
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
