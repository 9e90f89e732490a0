"""What closed issues, or is about to: one GraphQL query for a hundred of them. Pure: their text, and answers read.

GitHub tells with each closing what caused it: a merged pull request, a commit on the default branch, or nothing but
the person. Whether a pull request was reverted it tells nowhere; but the pull request that its "Revert" button makes
says `Reverts owner/name#12` and so refers to the first one, which lists it. Why an issue is not planned it tells
nowhere, either; but the person who closed it often says so in a comment.

Of the open pull requests that would close an issue GitHub tells those that say so (`Fixes #12`) and those that people
linked to it. A draft counts: somebody is at it. One that is ready for review comes first.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.github.values import time_of
from connectors.interface import Comment, Evidence
from connectors.reasons import reason_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PER_QUERY = 100
"""Issues that one query asks for; with what each lists this stays far below GitHub's limit of 500,000 nodes."""

_FRAGMENT = """
fragment closing on Issue {
  number
  closedAt
  stateReason
  comments(last: 20) { nodes { body createdAt author { __typename login } } }
  timelineItems(itemTypes: [CLOSED_EVENT], last: 1) {
    nodes {
      ... on ClosedEvent {
        actor { login }
        closer {
          __typename
          ... on Commit { url }
          ... on PullRequest {
            number
            url
            merged
            repository { nameWithOwner }
            timelineItems(itemTypes: [CROSS_REFERENCED_EVENT], last: 20) {
              nodes {
                ... on CrossReferencedEvent {
                  source {
                    __typename
                    ... on PullRequest { url body merged repository { nameWithOwner } }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
"""
_WORK_FRAGMENT = """
fragment work on Issue {
  number
  closedAt
  closedByPullRequestsReferences(first: 10, includeClosedPrs: false) { nodes { url isDraft } }
}
"""
_BOT = "Bot"
_NOT_PLANNED = "NOT_PLANNED"
_REVERTS = re.compile(r"^\s*reverts\s+(?P<repository>[\w.-]+/[\w.-]+)?#(?P<number>\d+)\b", re.IGNORECASE | re.MULTILINE)


def batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """So many at a time as one query asks for."""
    for first in range(0, len(numbers), PER_QUERY):
        yield numbers[first : first + PER_QUERY]


def query(numbers: Sequence[int]) -> str:
    """The text of a query for what closed these issues, with the repository's owner and name as its variables."""
    return _query(numbers, "closing", _FRAGMENT)


def work_query(numbers: Sequence[int]) -> str:
    """The text of a query for what is about to close these issues."""
    return _query(numbers, "work", _WORK_FRAGMENT)


def _query(numbers: Sequence[int], fragment: str, text: str) -> str:
    issues = "\n".join(f"    i{number}: issue(number: {number}) {{ ...{fragment} }}" for number in numbers)
    return (
        "query ($owner: String!, $name: String!) {\n  repository(owner: $owner, name: $name) {\n"
        f"{issues}\n  }}\n}}{text}"
    )


def read(data: Mapping[str, Any]) -> dict[int, Evidence]:
    """What the answer's `data` tells, by number. Issues that are open, or that nobody may read, are left out.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is no answer to `query`.
    """
    issues = (issue for issue in data["repository"].values() if issue is not None)
    return {issue["number"]: _evidence(issue) for issue in issues if issue["closedAt"]}


def read_work(data: Mapping[str, Any]) -> dict[int, str | None]:
    """By number, the open pull request that would close an open issue: empty for none, None where GitHub won't tell.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is no answer to `work_query`.
    """
    issues = (issue for issue in data["repository"].values() if issue is not None)
    return {
        issue["number"]: _work(issue["closedByPullRequestsReferences"]) for issue in issues if not issue["closedAt"]
    }


def _work(told: Mapping[str, Any] | None) -> str | None:
    if told is None:
        return None
    requests = [node for node in told["nodes"] if node]
    return min(((each["isDraft"], each["url"]) for each in requests), default=(False, ""))[1]


def _evidence(issue: Mapping[str, Any]) -> Evidence:
    closings = [node for node in issue["timelineItems"]["nodes"] if node]
    closing = closings[-1] if closings else {}
    work = closing.get("closer") or {}
    evidence = Evidence(time_of(issue["closedAt"]), by=(closing.get("actor") or {}).get("login") or "")
    if issue["stateReason"] == _NOT_PLANNED:
        evidence = replace(evidence, reason=reason_in(_said(issue), evidence.closed_at, evidence.by))
    match work.get("__typename"):
        case "PullRequest":
            return evidence.by_work(work["url"], merged=work["merged"], reverted_by=_reverting(work))
        case "Commit":  # only one that reaches the default branch closes an issue
            return evidence.by_work(work["url"], merged=True)
    return evidence


def _said(issue: Mapping[str, Any]) -> Iterator[Comment]:
    """The newest comments of people: what closes issues for want of activity gives no reason."""
    for number, node in enumerate(issue["comments"]["nodes"]):
        author = (node or {}).get("author") or {}
        if author and author["__typename"] != _BOT:
            yield Comment(str(number), node["body"], author["login"], time_of(node["createdAt"]))


def _reverting(work: Mapping[str, Any]) -> str:
    """The merged pull request that takes this one back; empty when there is none."""
    name = work["repository"]["nameWithOwner"].lower()
    return next((other["url"] for other in _sources(work) if _reverts(other, name, work["number"])), "")


def _sources(work: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    nodes: Iterable[Mapping[str, Any]] = work["timelineItems"]["nodes"]
    for node in nodes:
        source = (node or {}).get("source") or {}
        if source.get("__typename") == "PullRequest" and source["merged"]:
            yield source


def _reverts(other: Mapping[str, Any], name: str, number: int) -> bool:
    here = other["repository"]["nameWithOwner"].lower()
    return any(
        (found["repository"] or here).lower() == name and int(found["number"]) == number
        for found in _REVERTS.finditer(other["body"] or "")
    )
