"""Listing what changed, page by page: nothing missed, and next to nothing asked twice.

JQL finds by the minute, in the time zone of the account that asks, which can change: so it is asked for at each listing
(which also tells credentials that Jira does not accept from a project without issues). Cloud's search lags behind
writes, mostly by seconds, at times by minutes (https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile);
for what this process wrote just now it can be told to look closely, and for the rest listings overlap by `READ_LAG`.

Where the next listing begins: what a listing saw is certain only up to `READ_LAG` before it. When that was is not asked
of clocks: it was not before the newest change seen and, where that was seen before already, later by what the server's
`Date` says has passed since. A page of few issues is asked for again as it is.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.errors import RequestRejected
from connectors.interface import Listing
from connectors.jira import block, values
from connectors.jira.reading import each_in, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from connectors.interface import Issue, PageSeen
    from connectors.jira.site import Site
    from connectors.jira.values import Seen
    from connectors.jira.wire import Answer

READ_LAG = timedelta(minutes=5)
PER_PAGE = 100
_FEW = PER_PAGE // 2
"""So many issues may be told again at each listing."""
_MOST_RECONCILED = 50
_TRIES = 3
"""How often a minute is read again because it changed while it was read."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the listing before came, and what it found out that never changes.

    `newest` is the newest change seen and `seen_at` the server's `Date` at which it was first seen; the next listing
    begins at `since`, or with everything. `site` is what is known of the site.
    """

    newest: datetime | None = None
    seen_at: datetime | None = None
    since: datetime | None = None
    site: str = ""

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """The cursor that `text` tells; one that cannot be read means everything."""
        try:
            told = json.loads(text or "{}")
            times = (told.get(name) for name in ("newest", "seen_at", "since"))
            newest, seen_at, since = (datetime.fromisoformat(time).astimezone(UTC) if time else None for time in times)
            return cls(newest, seen_at, since, str(told.get("site") or ""))
        except (ValueError, TypeError, AttributeError):
            return cls()

    def __str__(self) -> str:
        if self.since is None:
            return ""
        told = {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }
        return json.dumps({name: value for name, value in told.items() if value}, separators=(",", ":"))


@dataclass(slots=True)
class _Found:
    """What a listing came to so far: the issues by key, and its pages' number, last size and first and last `Date`."""

    issues: dict[str, Seen] = field(default_factory=dict)
    pages: int = 0
    on_last: int = 0
    began: datetime | None = None
    ended: datetime | None = None

    @property
    def newest(self) -> datetime | None:
        return max((seen.issue.updated_at for seen in self.issues.values()), default=None)


class Lister:
    """Lists the issues of one project: first those that carry the label, then all that change."""

    def __init__(self, site: Site, label: str, now: Callable[[], datetime]) -> None:
        self._site, self._label, self._now = site, label, now
        self._written: OrderedDict[int, datetime] = OrderedDict()

    def wrote(self, number: int) -> None:
        """This process wrote the issue with this id: the next listing looks closely."""
        self._written.pop(number, None)
        self._written[number] = self._now()
        while len(self._written) > _MOST_RECONCILED:
            self._written.popitem(last=False)

    def changed_since(self, cursor: str | None, on_page: PageSeen | None) -> Listing:
        """See the port.

        Raises:
            TargetUnreachable, RateLimited, NotAllowed, IssueNotFound, TargetMoved, TargetClosed.
        """
        before = Cursor.parse(cursor)
        self._site.recall(before.site)
        recent = self._now() - READ_LAG
        self._written = OrderedDict((each, at) for each, at in self._written.items() if at >= recent)
        found = _Found()
        try:
            self._read(before.since, self._site.zone(), found, on_page)
        except RequestRejected:
            self._site.confirm()  # a project that is not there is refused as a value
            raise
        if not found.issues and before.since is None:
            self._site.confirm()
        listed = sorted(self._site.own(found.issues.values()), key=lambda one: (one.issue.updated_at, one.issue.ref))
        return Listing(tuple(one.issue for one in listed), str(self._next(before, found)))

    def all_open(self, on_page: PageSeen | None) -> tuple[Issue, ...]:
        """Every issue of the project that is not closed, whoever opened it.

        Raises:
            as `changed_since`.
        """
        found = _Found()
        for page, _ in self._pages(values.jql(self._site.project.key, is_open=True), found):
            found.issues |= {one.issue.ref.key: one for one in page}
            if page and on_page is not None:
                on_page(len(found.issues))
        return tuple(one.issue for one in self._site.own(found.issues.values()))

    def _next(self, before: Cursor, found: _Found) -> Cursor:
        """Where the next listing begins."""
        newest = max((time for time in (before.newest, found.newest) if time), default=None)
        known = before.seen_at is not None and newest == before.newest
        since = before.since
        if newest is not None and (since is None or found.pages > 1 or found.on_last > _FEW):
            passed = found.began - before.seen_at if known and found.began and before.seen_at else timedelta(0)
            certain = newest + max(passed, timedelta(0)) - READ_LAG
            since = max(since, certain) if since else certain
        return Cursor(newest, before.seen_at if known else found.ended, since, self._site.known)

    def _read(self, since: datetime | None, zone: ZoneInfo | None, found: _Found, on_page: PageSeen | None) -> None:
        """Pages of issues, oldest change first.

        An issue that changes meanwhile moves to the end, and those behind it move up: the next page would skip one. So
        the pages start anew at the last change seen as soon as that was in another minute; and where an issue of one
        minute turned up twice, this minute is read again.
        """
        begin, tries = since, 0
        while True:
            text = values.minute_text(begin, zone) if begin else ""
            begin, disturbed = self._stretch(text, zone, found, on_page)
            if disturbed and tries < _TRIES:
                begin, tries = disturbed, tries + 1
            elif begin is None:
                return
            else:
                tries = 0

    def _stretch(
        self, text: str, zone: ZoneInfo | None, found: _Found, on_page: PageSeen | None
    ) -> tuple[datetime | None, datetime | None]:
        """The pages since one minute, until they come to another one.

        Returns when to go on, None at the end of all; and the first change of an issue that changed meanwhile, if any.
        """
        stretch: dict[str, datetime] = {}
        disturbed: datetime | None = None
        begun = ""
        for page, is_last in self._pages(self._query(text), found):
            for one in page:
                before = stretch.setdefault(one.issue.ref.key, one.issue.updated_at)
                if before != one.issue.updated_at:
                    disturbed = min(before, disturbed or before)
                found.issues[one.issue.ref.key] = one
            if page and on_page is not None:
                on_page(len(found.issues))
            if is_last or not page:
                return None, disturbed
            begun = begun or values.minute_text(page[0].issue.updated_at, zone)
            last = page[-1].issue.updated_at
            if values.minute_text(last, zone) > max(text, begun):
                return last, disturbed
        raise AssertionError("unreachable")  # pragma: no cover

    def _query(self, text: str) -> str:
        """What finds the issues that changed since that minute; since ever, those that carry the label.

        An issue that people opened and that was linked to an item may lack the label, and its changes matter, too.
        """
        return values.jql(self._site.project.key, label="" if text else self._label, since=text)

    def _pages(self, query: str, found: _Found) -> Iterator[tuple[list[Seen], bool]]:
        """Pages of one search, each with whether it is the last."""
        token, count, is_last = "", 0, False
        while not is_last:
            answer = self._by_token(query, token) if self._site.cloud else self._by_offset(query, count)
            page = read(self._site.asking, each_in("issues", self._site.reader.seen), answer.data)
            count += len(page)
            token = str(answer.data.get("nextPageToken") or "")
            is_last = not page or (not token if self._site.cloud else count >= int(answer.data.get("total") or 0))
            found.pages, found.on_last = found.pages + 1, len(page)
            found.began, found.ended = found.began or answer.date, answer.date
            yield page, is_last

    def _by_token(self, query: str, token: str) -> Answer:
        """A page of Cloud. The issues that it shall look at closely have to be the same for all pages."""
        body: dict[str, Any] = {
            "jql": query,
            "maxResults": PER_PAGE,
            "fields": list(self._site.reader.fields),
            "properties": [block.PROPERTY],
        }
        body |= {"reconcileIssues": list(self._written)} if self._written else {}
        body |= {"nextPageToken": token} if token else {}
        return self._site.wire.ask("search/jql", self._site.where, body)

    def _by_offset(self, query: str, count: int) -> Answer:
        fields = ",".join(self._site.reader.fields)
        parameters = {"jql": query, "startAt": count, "maxResults": PER_PAGE, "fields": fields}
        return self._site.wire.read("search", self._site.where, parameters)
