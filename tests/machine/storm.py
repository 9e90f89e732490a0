"""A tracker in bad weather: every way in which a request to a target can go wrong, as the port tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from connectors import (
    Capabilities,
    Comment,
    ConnectorError,
    Evidence,
    Issue,
    IssueDraft,
    IssuePatch,
    IssueRef,
    IssueTracker,
    Listing,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    TargetUnreachable,
)

T = TypeVar("T")

LAG = timedelta(minutes=2)
FAULTS = (
    "timeout",  # before it reached the target
    "timeout after commit",
    "server error",
    "connection lost",  # nothing was sent
    "truncated answer",
    "403",
    "429",
    "429 for hours",
    "died before",  # the process, just before the request
    "died after",
    "cut midway",  # some of a request is done, and nothing is told
    "answer cut midway",  # all of it is done, and some is told
    "died midway",
    "one refused",
)

DOUBTS = ("timeout after commit", "died after", "cut midway", "answer cut midway", "died midway", "one refused")
"""Those after which a target holds what nobody was told of, or not all of what was asked for."""


class Died(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class Weather:
    """What comes next, and what a replica still shows. Shared by all trackers of one target."""

    faults: list[str | None] = field(default_factory=list)
    versions: dict[int, list[Issue]] = field(default_factory=dict)
    behind: timedelta = timedelta(0)
    met: Counter[str] = field(default_factory=Counter)
    writes: int = 0

    def next(self) -> str | None:
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            self.met[fault] += 1
        return fault

    def remember(self, issue: Issue) -> None:
        self.versions.setdefault(issue.ref.number, []).append(issue)

    def shown(self, now: datetime) -> list[Issue]:
        """The issues as a replica tells them that is `behind`."""
        seen = now - self.behind
        latest = (
            [version for version in versions if version.updated_at <= seen] for versions in self.versions.values()
        )
        return [versions[-1] for versions in latest if versions]


class Stormy(IssueTracker):
    """A tracker behind `weather`, whose listings lag. `opened` counts the issues that it opens, by their items."""

    def __init__(
        self, inner: IssueTracker, weather: Weather, clock: Callable[[], datetime], opened: Counter[str]
    ) -> None:
        self.inner, self.weather, self.clock, self.opened = inner, weather, clock, opened

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        return replace(self.inner.capabilities, read_lag=LAG)

    def changed_since(self, cursor: str | None, on_page: Any = None) -> Listing:  # noqa: ARG002 - all at once
        self._read()
        since = datetime.fromisoformat(cursor) - LAG if cursor else None
        shown = self.weather.shown(self.clock())
        issues = sorted(
            (issue for issue in shown if since is None or issue.updated_at >= since),
            key=lambda issue: (issue.updated_at, issue.ref.number),
        )
        newest = max((issue.updated_at for issue in issues), default=None)
        known = datetime.fromisoformat(cursor) if cursor else None
        upto = max(filter(None, (newest, known)), default=None)
        return Listing(tuple(issues), upto.isoformat() if upto else "")

    def get(self, ref: IssueRef) -> Issue:
        self._read()
        return self.inner.get(ref)

    def comments(self, ref: IssueRef) -> tuple[Comment, ...]:
        self._read()
        return self.inner.comments(ref)

    def create(self, draft: IssueDraft) -> Issue:
        return self._write(lambda: self._open(draft))

    def update(self, issue: Issue, patch: IssuePatch) -> Issue:
        return self._write(lambda: self.inner.update(issue, patch))

    def comment(self, ref: IssueRef, body: str) -> Comment:
        made = self._write(lambda: self.inner.comment(ref, body))
        self.weather.remember(self.inner.get(ref))
        return made

    def evidence(self, refs: Sequence[IssueRef]) -> dict[IssueRef, Evidence]:
        """Everybody closes issues by hand here."""
        self._read()
        issues = map(self.inner.get, refs)
        return {issue.ref: Evidence(issue.closed_at, "ana") for issue in issues if issue.closed_at}

    def is_public(self) -> bool:
        return self.inner.is_public()

    def reference(self, text: str) -> IssueRef | None:
        return self.inner.reference(text)

    def close(self) -> None:
        self.inner.close()

    def _open(self, draft: IssueDraft) -> Issue:
        issue = self.inner.create(draft)
        self.opened[draft.marker.item] += 1
        return issue

    def _read(self) -> None:
        fault = self.weather.next()
        if fault is None:
            return
        if fault.startswith("died"):
            raise Died
        self._refuse(fault)
        raise TargetUnreachable(f"no usable answer came ({fault})", where=self.name)

    def _refuse(self, fault: str) -> None:
        """What certainly did not happen."""
        if fault == "403":
            raise NotAllowed("the token does not allow this", where=self.name)
        if fault.startswith("429"):
            wait = timedelta(hours=3) if fault.endswith("hours") else timedelta(minutes=1)
            raise RateLimited("slow down", where=self.name, retry_at=self.clock() + wait)

    def _write(self, call: Callable[[], T]) -> T:
        return self._through(self.weather.next(), call)

    def _through(self, fault: str | None, call: Callable[[], T]) -> T:
        if fault == "died before":
            raise Died
        if fault is not None:
            self._refuse(fault)
        if fault == "one refused":
            raise RequestRejected("no such value", where=self.name)
        if fault == "connection lost":
            raise TargetUnreachable("nothing was sent", where=self.name)
        if fault in ("timeout", "server error"):
            raise OutcomeUnknown(fault, where=self.name)
        done = call()
        self.weather.writes += 1
        for issue in done if isinstance(done, list) else [done]:
            if isinstance(issue, Issue):
                self.weather.remember(issue)
        if fault is not None and fault.startswith("died"):
            raise Died
        if fault is not None:
            raise OutcomeUnknown(fault, where=self.name)
        return done


class StormyAtOnce(Stormy):
    """One that opens up to three issues with one request, which may be half done when it breaks."""

    most_at_once = 3

    def create_many(self, drafts: Sequence[IssueDraft]) -> list[Issue | ConnectorError]:
        fault = self.weather.next()
        self.weather.met[f"several at once, {fault}" if fault else "several at once"] += 1
        match fault:
            case "one refused":
                refused = RequestRejected("no such value", where=self.name)
                return [*self._through(None, lambda: self._open_all(drafts[:-1])), refused]
            case "answer cut midway":
                told, *_ = self._through(None, lambda: self._open_all(drafts))
                return [told, *[OutcomeUnknown(fault, where=self.name)] * (len(drafts) - 1)]
        done = drafts[: len(drafts) // 2] if fault in ("cut midway", "died midway") else drafts
        try:
            return [*self._through(fault, lambda: self._open_all(done))]
        except ConnectorError as error:
            return [error] * len(drafts)

    def _open_all(self, drafts: Sequence[IssueDraft]) -> list[Issue]:
        return [self._open(draft) for draft in drafts]
