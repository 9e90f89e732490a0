"""In which target each item is planned: where its issue is or may be, else where its document or a route says.

    linked                       the link's target, or where another machine moved its issue from there
    an issue has its marker      that issue's target
    a create without an answer   where that was sent: its issue may show up there
    goes with another item       the target of that one's issue
    its document names an issue  that issue's target; of several that are called so, the one where it would be opened
    else                         as the routes say

So changed routes never open a second issue, and while a target can't be read nothing is opened elsewhere for the items
whose issues it may hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass

from connectors import ConnectorError, Issue, IssueNotFound, IssueRef, IssueTracker
from tracker.app.desk import Desk
from tracker.app.gone import many_at_once
from tracker.app.reading import Reading
from tracker.app.rebuilding import claims_item, homes_of
from tracker.app.targets import TargetsRead
from tracker.decisions import unmarked
from tracker.identity import Doubt
from tracker.model import Item, ItemState, JournalEntry, KnownDocument, Link, parted_name, tickets_of
from tracker.moves import is_under_way
from tracker.routing import route
from tracker.same_work import ahead_of
from tracker.store import Known


@dataclass(frozen=True, slots=True)
class Names:
    """The issues that documents name. `fresh` are the texts that stand in documents read now.

    `references` are, by text and target, the issues that a text can mean: `#12` is one in each of several targets. The
    target for new items comes first. `linked` are the ids of the items that these issues are linked to, by text.
    """

    references: Mapping[str, Mapping[str, IssueRef]]
    fresh: AbstractSet[str]
    linked: Mapping[str, str]

    def meant(self, text: str, target: str) -> IssueRef | None:
        """The issue that `text` means for an item of `target`."""
        found = self.references.get(text, {})
        return found.get(target) or next(iter(found.values()), None)

    def seen_from(self, target: str) -> dict[str, IssueRef]:
        """What the texts mean for the items of `target`."""
        return {text: ref for text in self.references if (ref := self.meant(text, target)) is not None}


@dataclass(frozen=True, slots=True)
class Homes:
    """Where items are planned, by which links, and the creates that nobody knows the outcome of, by target.

    `arrivals` are, by item, issues that another machine moved them to; `twins` open issues with the marker of an item
    whose issue is in another target.
    """

    targets: Mapping[str, str]
    links: Mapping[str, Link]
    in_doubt: Mapping[str, Sequence[JournalEntry]]
    arrivals: Mapping[str, Issue]
    twins: Sequence[Issue]

    def of_doubt(self, doubt: Doubt, read: Iterable[str]) -> str:
        """The target that tells of a doubt: that of the first item it could be, if it was read."""
        at = self.targets.get(doubt.candidates[0].id, "") if doubt.candidates else ""
        there = list(read)
        return at if at in there else there[0]


@dataclass(frozen=True, slots=True)
class Fetched:
    """Issues, by target and key, that documents name and no listing told of; `unread` could not be had now."""

    issues: Mapping[str, Mapping[str, Issue]]
    unread: AbstractSet[IssueRef]
    notes: Sequence[str]


def names_of(reading: Reading, known: Known, trackers: Mapping[str, IssueTracker]) -> Names:
    """What the documents' references mean; no network is asked."""
    fresh = {text for document in reading.parsed.values() for item in document.items for text in item.links}
    # Which of an item's tickets a person said are not its own has to be known though its document did not change.
    parted = {text for item in known.items.values() if item.parted or item.goes_with for text in item.links}
    references = {
        text: {name: ref for name, tracker in trackers.items() if (ref := tracker.reference(text)) is not None}
        for text in fresh | parted
    }
    by_key = {(link.ref.target, link.ref.key): item for item, link in known.links.items()}
    linked = {}
    for text, refs in references.items():
        items = {item for ref in refs.values() if (item := by_key.get((ref.target, ref.key))) is not None}
        if len(items) == 1:
            linked[text] = next(iter(items))
    return Names({text: refs for text, refs in references.items() if refs}, fresh, linked)


def homes(
    desk: Desk,
    trackers: Mapping[str, IssueTracker],
    known: Known,
    documents: Mapping[str, KnownDocument],
    items: Sequence[Item],
    seen: TargetsRead,
    names: Names,
) -> Homes:
    """Where each of `items` is planned; see above."""
    told = {name: read.issues for name, read in seen.read.items()}
    told |= {name: desk.store.strays(name) for name in seen.unread}
    by_id = {item.id: item for item in items}
    marked = [issue for there in told.values() for issue in there.values() if claims_item(issue)]
    arrivals = {found: issue for issue in marked if (found := _moved_to(issue, by_id, known.links))}
    links = {key: link for key, link in known.links.items() if key not in arrivals} if arrivals else known.links
    places = homes_of(by_id, links, marked) | {item: issue.ref.target for item, issue in arrivals.items()}
    in_doubt = {name: desk.store.in_doubt(name, "create") for name in trackers}
    doubted = {entry.item: name for name, entries in in_doubt.items() for entry in entries}
    book = desk.book
    targets = {}
    for item in items:
        at = places.get(item.id) or doubted.get(item.id)
        if at is None and item.goes_with is not None:
            at = next((places[other.id] for other in ahead_of(item, by_id) if other.id in places), None)
        if at is None:
            at = route(item, documents[item.document], book, desk.settings)
            named = (names.meant(text, at) for text in (tickets_of(item) if item.links else ()))
            at = next((ref.target for ref in named if ref is not None and not item.parted_from(ref)), at)
        targets[item.id] = at
    twins = [issue for issue in marked if _is_twin(issue, targets, by_id)]
    return Homes(targets, links, in_doubt, arrivals, twins)


def _moved_to(issue: Issue, items: Mapping[str, Item], links: Mapping[str, Link]) -> str | None:
    """The item of this issue, if its marker tells that it was moved here from where this store still has it."""
    tie = issue.marker
    item, link = (items.get(tie.item), links.get(tie.item)) if tie else (None, None)
    if tie is None or item is None or link is None or is_under_way(item.move) or item.parted_from(issue.ref):
        return None
    move = unmarked(tie.base).move
    return item.id if move is not None and move.left == parted_name(link.ref) else None


def _is_twin(issue: Issue, targets: Mapping[str, str], items: Mapping[str, Item]) -> bool:
    item = items.get(issue.marker.item) if issue.marker else None
    if item is None or issue.state.closed or item.parted_from(issue.ref) or targets[item.id] == issue.ref.target:
        return False
    return not is_under_way(item.move)  # else that is one of its two issues


def fetch_named(
    names: Names,
    at: Homes,
    items: Iterable[Item],
    trackers: Mapping[str, IssueTracker],
    seen: TargetsRead,
) -> Fetched:
    """Read the issues that changed documents name; those that can't be had are reported."""
    issues: dict[str, dict[str, Issue]] = {name: dict(told.issues) for name, told in seen.read.items()}
    unread: set[IssueRef] = set()
    notes = []
    wanted = sorted(_to_fetch(names, at, items))
    for name, there in issues.items():
        lacking = [ref for ref in wanted if ref.target == name and ref.key not in there]
        with suppress(ConnectorError):  # which is then told of each by itself
            there.update(many_at_once(trackers[name], lacking))
    for ref in wanted:
        if ref.target in seen.unread:
            unread.add(ref)
        elif ref.key not in issues[ref.target]:
            try:
                issues[ref.target][ref.key] = trackers[ref.target].get(ref)
            except IssueNotFound as error:
                notes.append(f"{error}. {error.advice}".strip())
            except ConnectorError as error:
                unread.add(ref)
                notes.append(f"{error}: left alone for now. {error.advice}".strip())
    return Fetched(issues, unread, notes)


def _to_fetch(names: Names, at: Homes, items: Iterable[Item]) -> set[IssueRef]:
    texts = names.fresh - names.linked.keys()
    meant = (
        names.meant(text, at.targets[item.id])
        for item in items
        if item.state is not ItemState.REMOVED
        for text in item.links
        if text in texts
    )
    return {ref for ref in meant if ref is not None}


def told_twins(at: Homes) -> list[str]:
    """What a person should know of items that have open issues in two targets."""
    return [
        f"{issue.ref.url or issue.ref.key} in {issue.ref.target} is open and has the marker of {issue.marker.item}, "
        f"whose issue is in {at.targets[issue.marker.item]}: close it if it is not needed"
        for issue in sorted(at.twins, key=lambda issue: issue.ref)
        if issue.marker is not None
    ]


def told_apart(desk: Desk, known: Known, documents: Mapping[str, KnownDocument]) -> list[str]:
    """Open items whose issues are elsewhere than the routes say now, where nobody had them moved: one line a way."""
    if not desk.settings.routes:
        return []
    book, ways = desk.book, defaultdict[tuple[str, str], list[str]](list)
    for link in known.links.values():
        item = known.items[link.item]
        own = "content" in link.base.get("document", {})
        if item.state.settled or item.move is not None or not own or item.document not in documents:
            continue
        wanted = route(item, documents[item.document], book, desk.settings)
        if wanted != link.ref.target:
            ways[link.ref.target, wanted].append(item.id)
    return [
        f"{len(ids)} open items have their issues in {here}, and the routes now say {there}: they stay. "
        f"`closeout move ITEM {there}` takes one there ({', '.join(sorted(ids)[:_SHOWN])}{', …' * (len(ids) > _SHOWN)})"
        for (here, there), ids in sorted(ways.items())
    ]


_SHOWN = 5
