"""Listing what changed, page by page: nothing missed, and nothing asked twice that did not change.

A cursor says where the next listing begins and, if that listing would ask for the very page that was answered last,
this answer's entity tag: then nothing new costs one request that GitHub answers with 304, which it does not even count.

Where the next listing begins: a change may show up late by `READ_LAG`, so what a listing sees is certain only up to
that long before it. Clocks are not trusted for it: a server's `Date` may be a proxy's. What is known of the time at
which a listing was made, by GitHub's own time stamps, is
    - that it was not before the newest change seen;
    - that it was not before that change was first seen, and so certainly later by what `Date` says has passed since;
    - and, where something was written just before, how far `Date` can be ahead of time stamps at most.
A page of few issues is asked for again as it is, so that its tag serves at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from connectors import answers
from connectors.errors import IssueMoved
from connectors.github import failures, whereabouts
from connectors.github.failures import Request
from connectors.github.values import time_of, time_text
from connectors.github.wire import PER_PAGE
from connectors.interface import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connectors.github.values import Repository
    from connectors.github.wire import Answer, Wire
    from connectors.interface import Issue, PageSeen

    T = TypeVar("T")

READ_LAG = timedelta(minutes=2)
"""How long a listing may still miss a write. GitHub promises no number; reads come from replicas that are usually
seconds behind. Listings overlap by as much, so that nothing falls between two of them."""

_ROUNDING = timedelta(seconds=2)
"""Both `Date` and time stamps are whole seconds."""
_FEW = PER_PAGE // 2
"""So many issues may be told again at each change, for the sake of the tag."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the listing before came.

    `newest` is the newest change seen and `seen_at` the `Date` at which it was first seen; the next listing begins at
    `since`, or with everything, and `etag` is the tag of its page.
    """

    newest: datetime | None = None
    seen_at: datetime | None = None
    since: datetime | None = None
    etag: str = ""

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """The cursor that `text` tells; one that cannot be read means everything."""
        parts = (text or "").split(" ", 3)
        try:
            times = [None if part == "-" else time_of(part) for part in parts[:3] if part]
        except ValueError:
            return cls()
        if len(parts) == 1:  # as Closeout 0.1 wrote it
            return cls(newest=times[0], since=times[0] and times[0] - READ_LAG) if times else cls()
        if len(times) != 3:  # noqa: PLR2004  (newest, seen_at, since)
            return cls()
        return cls(times[0], times[1], times[2], parts[3] if parts[3:] else "")

    def __str__(self) -> str:
        if self.since is None and not self.etag:
            return ""
        times = (time_text(time) if time else "-" for time in (self.newest, self.seen_at, self.since))
        return f"{' '.join(times)} {self.etag}"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a listing came to: its pages, how many stand on the last, newest change, tag, `Date` of both ends."""

    pages: int
    on_last: int
    newest: datetime | None
    etag: str
    began: datetime | None
    ended: datetime | None


class Lister:
    """Lists the issues of one repository. `learn` is shown the JSON of each."""

    def __init__(
        self,
        wire: Wire,
        repository: Repository,
        learn: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._wire, self._repository, self._learn = wire, repository, learn
        self._ahead: timedelta | None = None

    def witness(self, date: datetime | None, changed: datetime) -> None:
        """A write's answer: it was made at `changed` by GitHub's time stamps, and after that it was `date`."""
        if date is not None:
            ahead = max(date - changed, timedelta(0)) + _ROUNDING
            self._ahead = ahead if self._ahead is None else min(self._ahead, ahead)

    def changed_since(self, cursor: str | None, on_page: PageSeen | None) -> Listing:
        """See the port.

        Raises:
            TargetUnreachable, RateLimited, NotAllowed, IssueNotFound, TargetMoved, TargetClosed.
        """
        before = Cursor.parse(cursor)
        found: dict[int, Issue] = {}
        newest, began, ended, etag, pages, size = before.newest, None, None, "", 0, 0
        for answer, page in self._pages(before):
            if answer.unchanged:
                return Listing((), cursor or "")
            began, ended = began if pages else answer.date, answer.date
            pages, size, etag = pages + 1, len(page), answer.etag
            for changed, issue in page:
                newest = max(newest, changed) if newest else changed
                if issue is not None:
                    found[issue.ref.number] = issue
            if page and on_page is not None:
                on_page(len(found))
        ordered = sorted(found.values(), key=lambda issue: (issue.updated_at, issue.ref.number))
        return Listing(tuple(ordered), str(self._next(before, _Seen(pages, size, newest, etag, began, ended))))

    def _next(self, before: Cursor, seen: _Seen) -> Cursor:
        """Where the next listing begins. The tag is worth keeping only if that page holds all there is."""
        known = before.seen_at is not None and seen.newest == before.newest
        seen_at = before.seen_at if known else seen.ended
        if seen.pages == 1 and seen.on_last <= _FEW and (before.since is not None or not seen.on_last):
            return Cursor(seen.newest, seen_at, before.since, seen.etag)
        certain = [before.since] if before.since else []
        if seen.newest is not None:
            passed = seen.began - before.seen_at if known and seen.began and before.seen_at else timedelta(0)
            certain.append(seen.newest + max(passed, timedelta(0)) - READ_LAG)
        if seen.began is not None and self._ahead is not None:
            certain.append(seen.began - self._ahead - READ_LAG)
        return Cursor(seen.newest, seen_at, max(certain)) if certain else Cursor()

    def _pages(self, before: Cursor) -> Iterator[tuple[Answer, list[tuple[datetime, Issue | None]]]]:
        """Pages of times and issues, oldest change first; None stands for a pull request.

        An issue that changes meanwhile moves to the end, and all behind it move up by one: the next page *number*
        would skip one for good. So each page starts anew at the last change of the page before (`since` includes it);
        page numbers serve only within more than a page of changes of one second.
        """
        since, etag = before.since, before.etag
        page, has_next = 1, True
        while has_next:
            answer = self._page(since, page, etag)
            found = [] if answer.unchanged else read(self._request, answers.each(self._listed), answer.data)
            yield answer, found
            if not found:
                return
            has_next, last, etag = answer.has_next, found[-1][0], ""
            if since is None or last > since:
                since, page = last, 1
            else:
                page += 1

    @property
    def _request(self) -> Request:
        return Request("GET", self._repository.where())

    def _page(self, since: datetime | None, page: int, etag: str) -> Answer:
        parameters = {"state": "all", "sort": "updated", "direction": "asc", "per_page": PER_PAGE, "page": page}
        if since is not None:
            parameters["since"] = time_text(since)
        try:
            return self._wire.read(f"{self._repository.path}/issues", self._request.where, parameters, etag=etag)
        except IssueMoved as error:
            raise whereabouts.of_repository(self._wire, self._repository, error) from error

    def _listed(self, raw: Mapping[str, Any]) -> tuple[datetime, Issue | None]:
        changed, issue = self._repository.listed(raw)
        if issue is not None:
            self._learn(raw)
        return changed, issue


def all_pages(
    wire: Wire, path: str, where: str, parse: Callable[[Any], T], *, of_issue: bool = False, **more: Any
) -> Iterator[T]:
    """Everything of a list that is read whole, page by page; `more` are parameters."""
    request = Request("GET", where, of_issue)
    page, has_next = 1, True
    while has_next:
        answer = wire.read(path, where, {**more, "per_page": PER_PAGE, "page": page}, of_issue=of_issue)
        yield from read(request, answers.each(parse), answer.data)
        page, has_next = page + 1, answer.has_next and bool(answer.data)


def read(request: Request, parse: Callable[[Any], T], data: Any) -> T:
    """`data` by `parse`.

    Raises:
        OutcomeUnknown (a write), TargetUnreachable (a read): it is not what was asked for.
    """
    return answers.parsed(parse, data, partial(failures.no_answer, request))
