"""A tracker on the small GitHub, and what tests of its extras say again and again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from contract.faults import Answer, Seen

from connectors.github import GitHubTracker
from connectors.interface import Issue, IssueDraft
from connectors.marker import Marker
from connectors.settings import GitHubSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from machine.little_github import LittleGitHub

TIE = Marker("item-1", "2026/outage.md", "Do it", {"title": "Do it"})
LABELS = frozenset({"postmortem", "priority: P0"})


@contextmanager
def tracker_at(hub: LittleGitHub, **settings: Any) -> Iterator[GitHubTracker]:
    known = {"repository": "acme/ops", "base_url": hub.url, "timeout": 5}
    tracker = GitHubTracker("ops", GitHubSettings.model_validate(known | settings), "t0ken", read_pauses=())
    try:
        yield tracker
    finally:
        tracker.close()


def draft(**fields: Any) -> IssueDraft:
    return IssueDraft(**{"title": "Do it", "managed": "Why", "marker": TIE} | fields)


def opened(hub: LittleGitHub, wanted: IssueDraft | None = None, **settings: Any) -> Issue:
    with tracker_at(hub, **settings) as tracker:
        return tracker.create(wanted or draft())


def left_out(issue: Issue) -> list[str]:
    return [each.what for each in issue.left_out]


def answering(path: str, answer: Answer, verb: str = "POST") -> Callable[[Seen], Answer | None]:
    return lambda seen: answer if seen.verb == verb and seen.path.endswith(path) else None


FORBIDDEN = Answer(403, {"message": "Resource not accessible by personal access token"})
HIDDEN = Answer(404, {"message": "Not Found"})
TWICE = Answer(422, {"message": "x", "errors": [{"resource": "Label", "code": "already_exists", "field": "name"}]})
