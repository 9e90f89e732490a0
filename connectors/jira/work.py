"""What Jira knows of work: which issues are being reviewed, and why some will not be done.

Of open pull requests Jira tells in one documented way: to searches on Cloud, where a development tool is connected
(https://support.atlassian.com/jira-software-cloud/docs/jql-developer-status/). That names issues, not pull requests,
which their pages show. Everywhere else, and besides, an issue is being reviewed whose status says so.

Who closed an issue stands in its history, and why, if anywhere, in the comments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.errors import IssueMoved, IssueNotFound, RequestRejected
from connectors.interface import Evidence, IssueState
from connectors.jira import states, values
from connectors.jira.reading import each_in, read
from connectors.reasons import reason_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from connectors.interface import IssueRef
    from connectors.jira.comments import Comments
    from connectors.jira.site import Site

MOST_FETCHED = 100
"""https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-bulkfetch-post"""
PULL_REQUESTS = "development[pullrequests].open > 0"

_OF_STATE = ("status", "resolution", "resolutiondate", "statuscategorychangedate", "updated")
_TELLING = frozenset({"status", "resolution"})
_HISTORY = "changelog"
_MACHINE = "app"


class Work:
    """Asks about the issues of one project.

    Requests: under way one per 100 issues, none where no status means a review, and on Cloud a search, of one per 100
    issues with open pull requests; why not one per 100 issues, and for each that will not be done its comments.
    """

    def __init__(self, site: Site, comments: Comments, review_statuses: Sequence[str]) -> None:
        self._site, self._comments = site, comments
        self._reviews = frozenset(map(states.folded, review_statuses))
        self._searchable = True

    def under_way(self, refs: Sequence[IssueRef]) -> dict[IssueRef, str]:
        """See `TellsOfWork`."""
        by_key = {ref.key: ref for ref in refs if self._site.project.owns(ref)}
        asked = self._fetched(list(by_key), ("status",)) if self._reviews else ()
        found = {str(raw["key"]) for raw in asked if self._in_review(raw["fields"]["status"])}
        found |= self._with_pull_requests() if by_key and self._site.cloud and self._searchable else set()
        return {ref: self._site.project.ref(key).url for key, ref in by_key.items() if key in found}

    def why_not(self, refs: Sequence[IssueRef]) -> dict[IssueRef, Evidence]:
        """Of those that will not be done: who closed them, when, and what they said about it.

        Raises:
            TargetUnreachable, RateLimited, NotAllowed.
        """
        by_key = {ref.key: ref for ref in refs if self._site.project.owns(ref)}
        raws = self._fetched(list(by_key), _OF_STATE, with_history=True)
        closed = [(by_key[raw["key"]], raw) for raw in raws if raw["key"] in by_key and self._will_not_be_done(raw)]
        return {ref: self._evidence(ref, raw) for ref, raw in closed}

    def _in_review(self, status: Mapping[str, Any]) -> bool:
        return not states.is_done(status) and states.folded(str(status["name"])) in self._reviews

    def _will_not_be_done(self, raw: Mapping[str, Any]) -> bool:
        return states.state_of(raw["fields"], self._site.reader.meanings) is IssueState.WONT_DO

    def _evidence(self, ref: IssueRef, raw: Mapping[str, Any]) -> Evidence:
        closed_at = values.closed_at(raw["fields"])
        closer = _closer(raw, closed_at)
        by = values.account_of(closer)
        if closer.get("accountType") == _MACHINE:
            return Evidence(closed_at, by)
        try:
            return Evidence(closed_at, by, reason=reason_in(self._comments.all(ref), closed_at, by))
        except (IssueNotFound, IssueMoved):  # it was here a moment ago
            return Evidence(closed_at, by)

    def _fetched(
        self, keys: Sequence[str], fields: Sequence[str], *, with_history: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        """Jira's JSON of those of these issues that are there, with these fields."""
        for first in range(0, len(keys), MOST_FETCHED):
            some = keys[first : first + MOST_FETCHED]
            if self._site.cloud:
                body: dict[str, Any] = {"issueIdsOrKeys": some, "fields": list(fields)}
                body |= {"expand": [_HISTORY]} if with_history else {}
                answer = self._site.wire.ask("issue/bulkfetch", self._site.where, body)
            else:
                # Unless it is told not to check them, Data Center refuses all keys for one that is not there.
                query = {"jql": f"key in ({', '.join(map(values.quoted, some))})", "validateQuery": "false"}
                query |= {"maxResults": str(len(some)), "fields": ",".join(fields)}
                query |= {"expand": _HISTORY} if with_history else {}
                answer = self._site.wire.read("search", self._site.where, query)
            yield from read(self._site.asking, each_in("issues", _checked), answer.data)

    def _with_pull_requests(self) -> set[str]:
        """The keys of open issues with open pull requests; none where this Jira knows of none."""
        found: set[str] = set()
        body: dict[str, Any] = {
            "jql": values.jql(self._site.project.key, is_open=True, more=PULL_REQUESTS),
            "maxResults": MOST_FETCHED,
            "fields": ["status"],
        }
        while True:
            try:
                answer = self._site.wire.ask("search/jql", self._site.where, body)
            except RequestRejected:
                self._searchable = False
                return found
            found |= {str(raw["key"]) for raw in read(self._site.asking, each_in("issues", _checked), answer.data)}
            if not answer.data.get("nextPageToken"):
                return found
            body["nextPageToken"] = answer.data["nextPageToken"]


def _checked(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """An issue that tells at least what is asked for.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is none.
    """
    fields = raw["fields"]
    states.category_of(fields["status"])
    if "updated" in fields:
        values.closed_at(fields)
        _closer(raw, values.closed_at(fields))
    return {**raw, "key": str(raw["key"]).upper()}


def _closer(raw: Mapping[str, Any], closed_at: datetime) -> Mapping[str, Any]:
    """Who made the change of the status, or of the resolution, that was nearest to the closing; empty when untold."""
    told = (raw.get("changelog") or {}).get("histories") or ()
    changes = [each for each in told if _TELLING & {str(item["field"]).casefold() for item in each["items"]}]
    nearest = min(changes, key=lambda each: abs(values.time_of(each["created"]) - closed_at), default=None)
    return (nearest or {}).get("author") or {}
