"""A report's rolling issue: one at each target, which lists what is open there now. What has to become of it. Pure.

    there, something is open    rewritten, if what it lists is something else than before
    there, nothing is open      closed as completed
    closed by Closeout          opened again once something is open
    closed by a person          left closed, until a person opens it again
    opened by a person          left open, also while nothing is open
    not there                   opened once something is open

Like the issue of a postmortem (`tracker.parents`) it has a marker with an id of its own, the same on every machine. The
marker's base says what the issue was told last, as people may have changed title and labels since, and whether it was
Closeout that closed it. That a document has another revision is no reason to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from connectors import Issue, IssueDraft, IssuePatch, IssueState, Marker
from tracker.draft import TargetFacts, digest, shorten
from tracker.identity import item_id
from tracker.report import GroupName, Report, ReportItem

_BASE = "rolling"

_SHARE = 0.75
"""As much of a body the list may fill: the rest is for the marker, and for what people write around it.

What that takes now is not measured, or each of their words would move the place where a long list is cut.
"""

Listed = Mapping[GroupName, Sequence[ReportItem]]
"""What stands in a rolling issue: most pressing group first, each item once."""


class What(StrEnum):
    """What has to become of a rolling issue."""

    OPEN = "open"
    REWRITE = "rewrite"
    REOPEN = "reopen"
    CLOSE = "close"
    LEAVE_CLOSED = "leave-closed"
    NOTHING = "nothing"

    @property
    def writes(self) -> bool:
        """Whether something is sent."""
        return self not in (What.LEAVE_CLOSED, What.NOTHING)


@dataclass(frozen=True, slots=True)
class RollingName:
    """Whose rolling issue it is: that of a report. `id` stands in its marker and in the journal.

    `namespace` is that of the documents: what keeps repositories apart that share a target.
    """

    report: str
    namespace: str = ""

    @property
    def id(self) -> str:
        """The same on every machine."""
        return item_id(self.key, f"\0{_BASE}", 0)

    @property
    def key(self) -> str:
        """What stands in the marker in the place of a document's key."""
        return f"{self.namespace}:{_BASE} {self.report}" if self.namespace else f"{_BASE} {self.report}"

    @property
    def document(self) -> None:
        """It is about no document."""
        return


@dataclass(frozen=True, slots=True)
class Face:
    """What the issue is to show. `essence` is the list without what changes when no fact does; empty of nothing."""

    title: str
    managed: str
    essence: str
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done: `draft` is sent to open it, `patch` to change it."""

    what: What
    draft: IssueDraft | None = None
    patch: IssuePatch | None = None


def is_rolling(marker: Marker) -> bool:
    """Whether an issue with this marker is a report's rolling one, and no item's."""
    return isinstance(marker.base.get(_BASE), Mapping)


def listed(items: Mapping[str, tuple[GroupName, ReportItem]]) -> Listed:
    """These items, by id, in their groups; in each by the day that counts, then as they stand in the documents."""

    def order(item: ReportItem) -> tuple[bool, str, str, int, str]:
        return item.due is None, str(item.due), item.document_path, item.line, item.id

    groups = {name: sorted((it for at, it in items.values() if at is name), key=order) for name in GroupName}
    return {name: there for name, there in groups.items() if there}


def room(target: TargetFacts) -> int:
    """How many characters the list may have."""
    return int(target.capabilities.max_body * _SHARE)


def face(report: Report, target: TargetFacts, managed: str, essence: str) -> Face:
    """What the issue of this report is to show at this target."""
    title = shorten(" ".join(report.title.split()), target.capabilities.max_title)
    return Face(title, managed, essence, frozenset(target.labels))


def decide(name: RollingName, wanted: Face, issue: Issue | None, *, interrupted: bool) -> Step:
    """What has to become of the issue.

    Args:
        name: whose issue it is.
        wanted: what it is to show.
        issue: as it is now; None when it is not there.
        interrupted: whether an earlier change of it may have been carried out in part: a close that was told to the
            marker, and not to the issue's state, is nobody's decision.
    """
    marker = _marker(name, wanted)
    if issue is None and not wanted.essence:
        return Step(What.NOTHING)
    if issue is None:
        return Step(What.OPEN, draft=IssueDraft(wanted.title, wanted.managed, marker, wanted.labels))
    told = _told(issue)
    if not wanted.essence:
        is_theirs = bool(told.get("closed")) and not interrupted
        closing = replace(_patch(wanted, issue, told, marker), state=IssueState.DONE)
        return Step(What.NOTHING) if issue.state.closed or is_theirs else Step(What.CLOSE, patch=closing)
    if issue.state.closed:
        is_ours = told.get("closed") and issue.state is IssueState.DONE
        reopening = replace(_patch(wanted, issue, told, marker), state=IssueState.OPEN)
        return Step(What.REOPEN, patch=reopening) if is_ours else Step(What.LEAVE_CLOSED)
    is_same = told == marker.base[_BASE] and issue.managed is not None
    return Step(What.NOTHING) if is_same else Step(What.REWRITE, patch=_patch(wanted, issue, told, marker))


def _patch(wanted: Face, issue: Issue, told: Mapping[str, Any], marker: Marker) -> IssuePatch:
    """What makes the issue show it. A title that people changed stays theirs, and so do labels that they took away."""
    renamed = wanted.title != told.get("title") and issue.title == told.get("title")
    before = frozenset(told.get("labels", ()))
    return IssuePatch(
        title=wanted.title if renamed else None,
        managed=wanted.managed,
        marker=marker,
        add_labels=wanted.labels - before - issue.labels,
        remove_labels=(before - wanted.labels) & issue.labels,
    )


def farewell(twin: Issue, of: Issue) -> IssuePatch:
    """What closes the younger of two issues that two runs opened at once: it is no report's any more.

    So one that a person closes as a duplicate is known for what it is: closed by a person.
    """
    text = f"Closed as a duplicate: this list is kept in {of.ref.url or of.ref.key}."
    marker = replace(twin.marker, item="") if twin.marker else None
    return IssuePatch(state=IssueState.DUPLICATE, managed=text, marker=marker, duplicate_of=of.ref)


def _told(issue: Issue) -> Mapping[str, Any]:
    told = issue.marker.base.get(_BASE) if issue.marker else None
    return told if isinstance(told, Mapping) else {}


def _marker(name: RollingName, wanted: Face) -> Marker:
    told = {
        "report": name.report,
        "title": wanted.title,
        "labels": sorted(wanted.labels),
        "content": digest(wanted.essence),
        "closed": not wanted.essence,
    }
    return Marker(name.id, name.key, wanted.title, {_BASE: told})
