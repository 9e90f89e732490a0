"""Comments: told as they were sent, those of people as plain text (Cloud) or wiki text (Data Center)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.interface import Comment
from connectors.jira import texts, values
from connectors.jira.failures import Request
from connectors.jira.reading import each_in, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.interface import IssueRef
    from connectors.jira.site import Site

_PER_PAGE = 100
_MOST_LISTED = 1_000
"""https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/#api-rest-api-3-comment-list-post"""


@dataclass(frozen=True, slots=True)
class Comments:
    """The comments of issues at one site."""

    site: Site

    def add(self, ref: IssueRef, body: str) -> Comment:
        """Send one, once. See the port."""
        request = self._request("POST", ref)
        sent = texts.to_comment(body, cloud=self.site.cloud)
        answer = self.site.wire.write("POST", self._path(ref), request.where, sent, of_issue=True)
        return read(request, lambda raw: _comment(raw, body), answer.data)

    def all(self, ref: IssueRef) -> tuple[Comment, ...]:
        """All of them, oldest first. See the port."""
        request = self._request("GET", ref)
        raws = self._raws(ref)
        sources = self._sources(ref, list(raws)) if self.site.cloud and raws else {}
        said = [read(request, lambda raw: _comment(raw, sources.get(str(raw["id"]))), raw) for raw in raws.values()]
        return tuple(sorted(said, key=lambda one: (one.created_at, int(one.id))))

    def _raws(self, ref: IssueRef) -> dict[str, Mapping[str, Any]]:
        """Jira's JSON of each, by id."""
        request = self._request("GET", ref)
        found: dict[str, Mapping[str, Any]] = {}
        start, total = 0, 1
        while start < total:
            parameters = {"startAt": start, "maxResults": _PER_PAGE, "orderBy": "created"}
            data = self.site.wire.read(self._path(ref), request.where, parameters, of_issue=True).data
            page = read(request, each_in("comments", lambda raw: (str(raw["id"]), raw)), data)
            found |= dict(page)
            start, total = start + len(page), int(data.get("total") or 0) if page else 0
        return found

    def _sources(self, ref: IssueRef, ids: Sequence[str]) -> dict[str, str]:
        """By id, how ours were sent. Only this request of Cloud's tells the properties of comments."""
        request = self._request("GET", ref)
        found: dict[str, str] = {}
        for first in range(0, len(ids), _MOST_LISTED):
            body = {"ids": [int(each) for each in ids[first : first + _MOST_LISTED]]}
            answer = self.site.wire.ask("comment/list?expand=properties", request.where, body, of_issue=True)
            told = read(request, each_in("values", lambda raw: (str(raw["id"]), texts.source_of(raw))), answer.data)
            found |= {id_: source for id_, source in told if source is not None}
        return found

    def _path(self, ref: IssueRef) -> str:
        return f"issue/{ref.key}/comment"

    def _request(self, verb: str, ref: IssueRef) -> Request:
        return Request(verb, self.site.project.where(ref.key), of_issue=True)


def _comment(raw: Mapping[str, Any], source: str | None) -> Comment:
    author = raw.get("author") or {}
    name = values.account_of(author) or str(author.get("displayName") or "anonymous")
    return texts.comment(raw, name, values.time_of(raw["created"]), source)
