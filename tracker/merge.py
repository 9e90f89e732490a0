"""Three-way merge of one item and its issue, field by field. Pure.

    | document vs. base | issue vs. base | outcome                                                          |
    | ----------------- | -------------- | ---------------------------------------------------------------- |
    | same              | same           | nothing                                                          |
    | changed           | same           | the document wins: the issue is patched                          |
    | same              | changed        | state, assignee: the issue wins; other fields: told as drift     |
    | changed           | changed alike  | agreed                                                           |
    | changed           | changed apart  | the field's authority wins; a conflict is told with both values  |

A check box says open or done. An issue that was closed as won't do or as a duplicate is more than it can say, so a box
that is ticked or unticked later counts as changed apart from it.

A due date that only the policy gives is a default: it never takes the place of one that a person gave the issue, and
a closed one is told no other.

Labels merge as sets: what the document added is added, what it dropped is dropped, others are people's. A base keeps
both sides' values: they may agree to differ (an issue closed as won't do under an item without a ticked box).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from connectors import Issue, IssuePatch, IssueState, Marker
from tracker.agreement import ACCEPTED_FROM_ISSUE, SCALARS, Change, decide, is_managed, scalars_of, sides_of
from tracker.decisions import marked
from tracker.draft import Draft, digest, shorten
from tracker.model import Item, ItemState
from tracker.settings import PolicySettings

__all__ = [
    "Change",
    "Conflict",
    "Merged",
    "agreed",
    "as_they_are",
    "differences",
    "gone_patch",
    "issue_fields",
    "make_marker",
    "merge",
    "settle",
    "state_of",
    "told_base",
]

_LONGEST_MARKED = 2000


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed a field apart. `winner` is `document` or `issue`."""

    field: str
    document: Any
    issue: Any
    winner: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome: a patch for the issue (perhaps empty), the new base and item state, and what people should know."""

    patch: IssuePatch
    changes: tuple[Change, ...]
    base: Mapping[str, Any]
    state: ItemState
    conflicts: tuple[Conflict, ...]
    drift: tuple[Change, ...]


def issue_fields(issue: Issue) -> dict[str, Any]:
    """The issue's side as JSON, as `Link.base` keeps it. `content` is the digest of the block as it stands there."""
    content = digest(issue.managed) if issue.managed is not None else None
    return {**scalars_of(issue), "content": content, "labels": sorted(issue.labels)}


def differences(former: Issue, issue: Issue) -> tuple[Change, ...]:
    """What people changed on an issue, the block aside."""
    before, after = issue_fields(former), issue_fields(issue)
    return tuple(
        Change(name, before[name], after[name]) for name in before if name != "content" and before[name] != after[name]
    )


def agreed(document: Mapping[str, Any], issue: Mapping[str, Any]) -> dict[str, Any]:
    """A base on which both sides stand as they are; of the issue's side only what differs is kept."""
    apart = {name: issue[name] for name in (*SCALARS, "content") if issue.get(name) != document.get(name)}
    return {"document": dict(document), "issue": apart}


def as_they_are(item: Item, draft: Draft, issue: Issue) -> dict[str, Any]:
    """The base of an issue that somebody else opened and that is tied to `item` now.

    What the two say counts as agreed, and without `content` nothing is ever written there.
    """
    fields = {name: value for name, value in draft.fields(item).items() if name != "content"}
    return agreed(fields, {**issue_fields(issue), "content": None})


def merge(item: Item, draft: Draft, issue: Issue, base: Mapping[str, Any], policy: PolicySettings) -> Merged:
    """Bring `item` (whose document's side is `draft`) and `issue` in step, given what they last agreed on."""
    base_ours, base_theirs = sides_of(base)
    ours, theirs = _asked(item, draft, issue, base_ours), issue_fields(issue)
    managed = is_managed(base)
    conflicts: list[Conflict] = []
    drift: list[Change] = []
    changes: list[Change] = []
    for name in SCALARS:
        if not managed and name not in ACCEPTED_FROM_ISSUE:
            continue
        side = decide(name, ours, theirs, base_ours, base_theirs, policy)
        if not managed and side.startswith("document"):
            side = "issue!"  # people's own issue, adopted by name: nothing is ever written to it
        if side in ("document", "document!"):
            changes.append(Change(name, theirs[name], ours[name]))
        elif side == "drift":
            drift.append(Change(name, base_theirs.get(name), theirs[name]))
        if side in ("document!", "issue!"):
            conflicts.append(Conflict(name, ours[name], theirs[name], side.removesuffix("!")))
    labels = _labels(ours, theirs, base_ours) if managed else IssuePatch()
    if labels.add_labels or labels.remove_labels:
        after = sorted((issue.labels | labels.add_labels) - labels.remove_labels)
        changes.append(Change("labels", theirs["labels"], after))
    if managed and (_words_changed(ours, base_ours) or _marker_is_behind(issue, ours, base_ours)):
        changes.append(Change("content", theirs["content"], ours["content"]))
    patch = _patch(item, draft, ours, issue, changes, labels)
    settled = replace(issue, state=patch.state) if patch.state else issue
    unresolved = {change.field for change in drift}
    kept = {name: value for name, value in theirs.items() if name not in unresolved}
    new_theirs = {**base_theirs, **kept, **{change.field: change.after for change in changes}}
    ours_kept = ours if managed else {name: value for name, value in ours.items() if name != "content"}
    new_base = agreed(ours_kept, new_theirs if managed else {**new_theirs, "content": None})
    new_base |= {name: base[name] for name in ("parent", "related") if name in base}
    if "left_out" in base and ours["assignees"] == base_ours.get("assignees"):
        new_base["left_out"] = base["left_out"]
    return Merged(patch, tuple(changes), new_base, state_of(item, settled), tuple(conflicts), tuple(drift))


def state_of(item: Item, issue: Issue) -> ItemState:
    """Where a linked item stands: people's decisions and removal first, then what the issue says."""
    if item.state in (ItemState.REMOVED, ItemState.IGNORED):
        return item.state
    return ItemState(issue.state.value)


def _asked(item: Item, draft: Draft, issue: Issue, base_ours: Mapping[str, Any]) -> dict[str, Any]:
    """The document's side. Of a closed issue, a policy that came or changed since asks nothing more."""
    ours = draft.fields(item)
    if item.falls_due is not None or not issue.state.closed or "policy" not in {*ours, *base_ours}:
        return ours
    asked = {name: value for name, value in ours.items() if name != "policy"} | {"due": base_ours.get("due")}
    return asked | ({"policy": base_ours["policy"]} if "policy" in base_ours else {})


def _words_changed(ours: Mapping[str, Any], base_ours: Mapping[str, Any]) -> bool:
    return any(ours.get(name) != base_ours.get(name) for name in ("content", "policy"))


def _marker_is_behind(issue: Issue, ours: Mapping[str, Any], base_ours: Mapping[str, Any]) -> bool:
    """True when a lost store would be rebuilt wrongly: the tie is gone, or tells what the document said before.

    Only whoever saw the document change says so: of two machines with checkouts of different age neither can tell which
    is the older one, and each would write at every sync.
    """
    if issue.marker is None:
        return True
    told = issue.marker.base.get("document", {})
    changed = (name for name in ("state", "removed") if ours[name] != base_ours.get(name, ours[name]))
    return any(told.get(name, ours[name]) != ours[name] for name in changed)


def _labels(ours: Mapping[str, Any], theirs: Mapping[str, Any], base_ours: Mapping[str, Any]) -> IssuePatch:
    now, before, there = set(ours["labels"]), set(base_ours.get("labels", ())), set(theirs["labels"])
    return IssuePatch(add_labels=frozenset(now - before - there), remove_labels=frozenset((before - now) & there))


def _patch(
    item: Item, draft: Draft, ours: Mapping[str, Any], issue: Issue, changes: list[Change], labels: IssuePatch
) -> IssuePatch:
    """The patch that carries out `changes`. A managed issue that is written to at all gets a fresh block and marker."""
    if not changes:
        return IssuePatch()
    after = {change.field: change.after for change in changes}
    patch = replace(
        labels,
        title=after.get("title"),
        state=IssueState(after["state"]) if "state" in after else None,
        assignees=frozenset(after["assignees"]) if "assignees" in after else None,
        due=date.fromisoformat(after["due"]) if after.get("due") else None,
        clear_due="due" in after and after["due"] is None,
        priority=after.get("priority"),
        clear_priority="priority" in after and after["priority"] is None,
    )
    if issue.managed is None and "content" not in after:
        return patch
    return replace(patch, managed=draft.managed, marker=make_marker(item, ours))


def make_marker(item: Item, fields: Mapping[str, Any]) -> Marker:
    """The marker for an issue that is being written with these document-side values."""
    decided = {"decisions": kept} if (kept := marked(item)) else {}
    return Marker(item.id, item.document, shorten(item.text, _LONGEST_MARKED), {"document": dict(fields), **decided})


def gone_patch(issue: Issue, base: Mapping[str, Any]) -> IssuePatch:
    """Write into the issue's marker that its item left the document; the block's words stay."""
    if issue.marker is None or issue.managed is None:
        return IssuePatch()
    told = {**issue.marker.base, "document": dict(base["document"])}
    return IssuePatch(managed=issue.managed, marker=replace(issue.marker, base=told))


def settle(item: Item, state: ItemState, issue: Issue, now: datetime) -> Item:
    """`item` in `state`, with the time at which it was settled."""
    if not state.settled:
        return replace(item, state=state, settled_at=None)
    settled_at = item.settled_at if item.state.settled else None
    return replace(item, state=state, settled_at=settled_at or issue.closed_at or now)


def told_base(issue: Issue) -> dict[str, Any]:
    """The base that the issue's own marker tells.

    It can't tell what the target added: where the document leaves the priority open, the one that stands there counts
    as agreed, as Jira gives one to every issue.
    """
    if issue.marker is None:
        return {}
    base = {name: value for name, value in issue.marker.base.items() if name != "decisions"}
    if issue.priority and base.get("document", {}).get("priority", issue.priority) is None:
        base["issue"] = {**base.get("issue", {}), "priority": issue.priority}
    return base
