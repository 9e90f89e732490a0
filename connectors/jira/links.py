"""Links between issues: from a duplicate to its original, and between issues of the same work; each is made once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.errors import ConnectorError, IssueNotFound, RequestRejected
from connectors.interface import LeftOut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.interface import IssueRef
    from connectors.jira.site import Site
    from connectors.jira.values import Seen
    from connectors.settings import JiraSettings

LINKS = "issuelinks"
"""The field that holds an issue's links."""

_ENDS = ("outwardIssue", "inwardIssue")


class Links:
    """Makes links at one Jira. `count` is called for each request that writes."""

    def __init__(self, site: Site, settings: JiraSettings, count: Callable[[], None]) -> None:
        self._site, self._settings, self._count = site, settings, count

    def duplicate(self, before: Seen, original: IssueRef) -> tuple[LeftOut, ...]:
        """Link a duplicate, read with its `LINKS`, to its original, where that is an issue of this site."""
        kind, project = self._settings.duplicate_link, self._site.project
        told = f"the link to {original.key}, which it duplicates"
        if original.target != before.issue.ref.target and not project.here(original.url):
            return (LeftOut(told, "That is in another tracker."),)
        if any(_leads(each, kind, original.key, _ENDS[:1]) for each in _of(before)):
            return ()
        try:
            self._make(kind, before.issue.ref, original)
        except ConnectorError as error:
            return (LeftOut(told, f"{error.message} Check `duplicate_link`, and the permission Link Issues."),)
        return ()

    def relate(self, issue: IssueRef, to: IssueRef) -> tuple[Seen, ...]:
        """Link two issues as related; those that this changed, both or none.

        Raises:
            as `Relates.relate`.
        """
        kind = self._settings.related_link
        before = self._site.seen(issue, LINKS)
        if any(_leads(each, kind, to.key, _ENDS) for each in _of(before)):
            return ()
        other = self._site.seen(to)
        try:
            self._make(kind, issue, to)
        except IssueNotFound as error:  # both issues are there
            raise RequestRejected(
                f"it can't be linked to {to.key}: {error.message}",
                where=error.where,
                advice="Check `related_link`, and the permission Link Issues; `closeout doctor` does.",
            ) from error
        return before, other

    def _make(self, kind: str, start: IssueRef, end: IssueRef) -> None:
        # The issue that a link starts from is the "inward" one; it is shown with the outward words, "duplicates".
        ends = {"inwardIssue": {"key": start.key}, "outwardIssue": {"key": end.key}}
        self._count()
        where = self._site.project.where(start.key)
        self._site.wire.write("POST", "issueLink", where, {"type": {"name": kind}, **ends})


def _of(seen: Seen) -> list[Mapping[str, Any]]:
    return list(seen.raw["fields"].get(LINKS) or ())


def _leads(link: Mapping[str, Any], kind: str, key: str, ends: tuple[str, ...]) -> bool:
    """Whether a link of this kind leads to the issue with this key, at one of these ends."""
    same = str(link.get("type", {}).get("name", "")).casefold() == kind.casefold()
    return same and any((link.get(end) or {}).get("key") == key for end in ends)
