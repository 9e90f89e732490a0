"""Issues with the marker of one item: which is the item's, and which are twins to be closed. Pure.

Two runs that raced make twins: within moments, by the same account. What else carries a copied marker is somebody's own
issue, and is only told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors import Issue, IssueState
from tracker.actions import CloseTwin, Held
from tracker.model import Item, Link
from tracker.once import raced


def by_marker(issues: Iterable[Issue]) -> dict[str, list[Issue]]:
    """Issues by the item that their marker names, oldest first."""
    found: defaultdict[str, list[Issue]] = defaultdict(list)
    for issue in sorted(issues, key=lambda issue: issue.ref.number):
        if issue.marker is not None and issue.state is not IssueState.DUPLICATE:
            found[issue.marker.item].append(issue)
    return found


@dataclass(frozen=True, slots=True)
class Twins:
    """What is known of the issues of one target.

    `issues` are those read now, by key; `marked` those that can be an item's, by item, oldest first. `held` is where
    copies are told.
    """

    issues: Mapping[str, Issue]
    marked: Mapping[str, Sequence[Issue]]
    held: list[Held]

    def heal(self, item: Item, link: Link | None) -> tuple[Issue | None, list[CloseTwin]]:
        """Of several issues with one marker the oldest stays, whichever store asks; open others are closed.

        Returns the oldest when `link` names another one, and what closes the others.
        """
        twins = {issue.ref.key: issue for issue in self.marked.get(item.id, ())}
        if link is not None:
            linked = self.issues.get(link.ref.key, link.issue)
            if linked.marker is None or linked.marker.item != item.id:
                return None, []  # somebody's own issue, adopted by name
            if linked.state is not IssueState.DUPLICATE:
                twins[linked.ref.key] = linked
                twins = {key: issue for key, issue in twins.items() if self.raced(issue, linked, item)}
        if not twins:
            return None, []
        ordered = sorted(twins.values(), key=lambda issue: issue.ref.number)
        oldest = ordered[0]
        closing = [
            CloseTwin(item, issue, oldest.ref)
            for issue in ordered[1:]
            if not issue.state.closed and self.raced(issue, oldest, item)
        ]
        return (oldest if link is not None and oldest.ref.key != link.ref.key else None), closing

    def raced(self, issue: Issue, other: Issue, item: Item) -> bool:
        """Whether two issues with one marker were made by two of our runs that raced."""
        if issue.ref.number == other.ref.number:
            return issue.ref.key == other.ref.key
        close = raced(issue, other)
        if not close and not issue.state.closed:
            self.held.append(Held(item, f"{issue.ref.key} carries a copy of this item's marker; left alone"))
        return close
