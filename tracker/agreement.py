"""What an item and its issue last agreed on, and who changed what since: decided once, for merge and status. Pure.

A base (`Link.base`) holds the document's side, and of the issue's only what differs from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors import Issue, IssueState
from tracker.settings import PolicySettings

SCALARS = ("title", "state", "assignees", "due", "priority")
ACCEPTED_FROM_ISSUE = frozenset({"state", "assignees"})


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an issue and what becomes of it."""

    field: str
    before: Any
    after: Any


def scalars_of(issue: Issue) -> dict[str, Any]:
    """The issue's side of `SCALARS`, as JSON."""
    return {
        "title": issue.title,
        "assignees": sorted(issue.assignees),
        "due": issue.due.isoformat() if issue.due else None,
        "priority": issue.priority,
        "state": issue.state.value,
    }


def sides_of(base: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the document and the issue said when they last agreed."""
    ours = dict(base.get("document", {}))
    return ours, {**ours, **base.get("issue", {})}


def is_managed(base: Mapping[str, Any]) -> bool:
    """Whether Closeout opened the issue: of another one nothing but its state and assignees is looked at."""
    return "content" in base.get("document", {})


def drift_of(base: Mapping[str, Any], issue: Issue, policy: PolicySettings) -> tuple[Change, ...]:
    """The fields in which `issue` was changed where the document's word counts, and that still stand so."""
    if not is_managed(base):
        return ()
    ours, before = sides_of(base)
    theirs = scalars_of(issue)
    return tuple(
        Change(name, before.get(name), theirs[name])
        for name in SCALARS
        if name in ours and decide(name, ours, theirs, ours, before, policy) == "drift"
    )


def decide(
    name: str,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    base_ours: Mapping[str, Any],
    base_theirs: Mapping[str, Any],
    policy: PolicySettings,
) -> str:
    """`same`, `document`, `issue` or `drift`; with `!` when both changed apart."""
    we_changed = ours[name] != base_ours.get(name)
    # A check box can't say either of these, so it takes neither back: whoever closed the issue so has to be outvoted.
    beyond = name == "state" and theirs[name] in (IssueState.WONT_DO, IssueState.DUPLICATE)
    they_changed = theirs[name] != base_theirs.get(name) or (beyond and we_changed)
    if ours[name] == theirs[name] or not (we_changed or they_changed):
        return "same"
    if name == "due" and ours.get("policy"):
        return _decide_policy_day(base_ours, base_theirs, they_changed=they_changed)
    if we_changed and not they_changed:
        return "document"
    if they_changed and not we_changed:
        return "issue" if name in ACCEPTED_FROM_ISSUE else "drift"
    wins = getattr(policy, f"{name.removesuffix('s')}_authority")
    return "document!" if wins == "document" else "issue!"


def _decide_policy_day(base_ours: Mapping[str, Any], base_theirs: Mapping[str, Any], *, they_changed: bool) -> str:
    """A day that only the policy gives takes the place of nothing, or of what Closeout wrote before."""
    if they_changed:
        return "drift"
    return "document" if base_theirs.get("due") in (None, base_ours.get("due")) else "same"
