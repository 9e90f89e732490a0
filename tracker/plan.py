"""The plan: every action that would bring items and issues in step. Pure; printed by `plan`, carried out by `apply`.

no link, marker found            Adopt     (a lost answer, a lost store)
no link, text names an issue     Adopt     without touching the issue's words
no link, a person chose an issue Adopt     the same
no link, create in doubt         Hold      until the marker shows or the grace period is over
no link, goes with another item  Record    how that one's issue stands, which is this one's, too
no link, promised before         an Offer  instead of a second issue; see `tracker.offers`
no link                          Create
ignored by a person              Record    how its issue stands, if it has one
a text in doubt could be it      Record    the same, until somebody decides; a found marker is still adopted
link, merge asks for writing     Update
link, merge asks for nothing     Record    what changed on the issue, in the store only
link, item left its document     Tell, Update (close) or nothing, as policy says
second issue with one marker     CloseTwin
issue gone, or back again        Mark      nothing is written, and no other issue opened, until somebody decides
issue transferred to a target    Follow    without touching it
promised before, elsewhere       Relate    to the oldest issue of that work
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors import Issue, IssuePatch, IssueState
from tracker.actions import Action, Adopt, Create, Follow, Held, Mark, Offer, Plan, Record, Relate, Tell, Update
from tracker.draft import Draft, make_draft
from tracker.merge import (
    Change,
    Conflict,
    agreed,
    as_they_are,
    differences,
    gone_patch,
    issue_fields,
    make_marker,
    merge,
    settle,
    state_of,
    told_base,
)
from tracker.model import Gone, GoneKind, Item, ItemState, JournalEntry, Link, tickets_of
from tracker.offers import plan_offers, waiting
from tracker.once import is_over, looked_for_until
from tracker.parents import Family, parts_of, plan_parents
from tracker.people import PeopleBook
from tracker.recurrence import plan_relations, promised_too
from tracker.rolling import is_rolling
from tracker.same_work import Shared, promised_again, shared
from tracker.settings import PolicySettings
from tracker.twins import Twins, by_marker
from tracker.whereabouts import same
from tracker.world import World


def make_plan(world: World, book: PeopleBook, policy: PolicySettings, now: datetime) -> Plan:
    """What would bring `world` in step.

    Args:
        world: items, links, and the issues that changed since they were last read.
        book: who owners are.
        policy: what becomes an issue, and who wins.
        now: the present time, for grace periods.
    """
    return _Planner(world, book, policy, now).plan()


class _Planner:
    def __init__(self, world: World, book: PeopleBook, policy: PolicySettings, now: datetime) -> None:
        self.world, self.book, self.policy, self.now = world, book, policy, now
        self.actions: list[Action] = []
        self.own: list[tuple[Item, Link]] = []
        """Items whose issues Closeout opened, as these are now."""
        self.held: list[Held] = []
        self.conflicts: list[tuple[Item, Conflict]] = []
        self.drift: list[tuple[Item, Change]] = []
        self.in_doubt: defaultdict[str, list[JournalEntry]] = defaultdict(list)
        for entry in world.in_doubt:
            self.in_doubt[entry.item].append(entry)
        self.claimed = {
            link.ref.key: item for item, link in world.links.items() if link.ref.target == world.target.name
        }
        self.by_marker = marked = by_marker(world.issues.values())
        self.marked = {
            item.id: [issue for issue in marked[item.id] if self._is_free(item, issue)]
            for item in world.items
            if item.id in marked
        }
        self.twins = Twins(world.issues, self.marked, self.held)
        self.items = {item.id: item for item in world.items}
        self.shared: dict[str, Shared] = {}
        self.again = promised_again(self.items, world.documents, {*world.links, *self.marked})

    def plan(self) -> Plan:
        paths = {key: document.path for key, document in self.world.documents.items()}
        ordered = sorted(self.world.items, key=lambda item: (paths[item.document], item.line, item.id))
        for item in ordered:
            if item.goes_with is None:
                self._plan_for(item)
        if going := [item for item in ordered if item.goes_with is not None]:
            self.shared = shared(self.items, {**self.world.links, **self._adopted()})
            for item in going:
                self._plan_for(item)
        offers = self._take_out_duplicates()
        self.actions += self._parents()
        self.actions += self._relations()
        return Plan(
            self.world.target.name,
            tuple(self.actions),
            tuple(self.held),
            tuple(self.conflicts),
            tuple(self.drift),
            tuple(self.world.doubts),
            self.world.open_issues(),
            tuple(offers),
        )

    def _plan_for(self, item: Item) -> None:
        link = self.world.links.get(item.id)
        if link is not None and link.ref.target != self.world.target.name:
            return
        if item.ignored:
            if link is not None:
                self._only_record(item, link)
            return
        if link is not None and (link := self._reachable(item, link)) is None:
            return
        oldest, closing = self.twins.heal(item, link)
        self.actions += closing
        if oldest is not None:
            self._adopt(item, oldest, told_base(oldest), "it is the older of two with this marker")
        elif link is None:
            self._unlinked(item)
        elif (named := self._corrected(item, link)) is not None:
            self._adopt_named(item, named)
        else:
            self._linked(item, link)

    def _take_out_duplicates(self) -> list[Offer]:
        """Open nothing for work that an issue is, or will be, open for already."""
        opening = {action.item.id: action.item for action in self.actions if isinstance(action, Create)}
        if not opening:
            return []
        unsure = {item for item in self.in_doubt if item not in self.world.links}
        wait = waiting(opening, self.items, unsure)
        why = "the same work as {}, whose issue has to be opened first"
        self.held += [Held(self.items[item], why.format(of.id)) for item, of in wait.items()]
        asked = {key: item for key, item in opening.items() if key not in wait and self.policy.recurring == "offer"}
        now = self.items | {action.item.id: action.item for action in self.actions}
        tie = self.world.open_tie(self._adopted())
        offers = plan_offers(asked, now.values(), self.world.documents, tie, unsure)
        out = {*wait, *(offer.item.id for offer in offers)}
        self.actions = [each for each in self.actions if not (isinstance(each, Create) and each.item.id in out)]
        return offers

    def _parents(self) -> list[Action]:
        """What the postmortems' own issues need."""
        if not self.world.target.capabilities.parts:
            return []
        links = dict(self.world.links) | {item.id: link for item, link in self.own}
        family = Family(
            self.world.target,
            self.world.documents,
            self.by_marker,
            parts_of(link for link in links.values() if link.ref.target == self.world.target.name),
            lambda parent: (self.in_doubt.get(parent, ()), self._grace_over(self.in_doubt.get(parent, ()))),
            {item.document: item for item in self.world.items},
            self.twins.raced,
        )
        opened = [action for action in self.actions if isinstance(action, Create)]
        return plan_parents(family, opened, self.own)

    def _relations(self) -> list[Relate]:
        """The links between issues of work that was promised before."""
        world = self.world
        if not world.target.capabilities.relations:
            return []
        opened = [action for action in self.actions if isinstance(action, Create)]
        settled = {action.item.id: action.item for action in self.actions}
        clear = (item for item in world.items if item.id not in world.undecided)
        found = promised_too([settled.get(item.id, item) for item in clear], world.documents)
        return plan_relations(found, world.documents, world.there(self._adopted()), opened, self.own)

    def _adopted(self) -> dict[str, Link]:
        """The links that this plan makes."""
        return {action.item.id: action.link for action in self.actions if isinstance(action, Adopt)}

    def _reachable(self, item: Item, link: Link) -> Link | None:
        """`link` with what is known of its issue's whereabouts; None when nothing can be done with that issue."""
        found = self.world.gone.get(link.ref.key)
        if found is None and (link.gone is None or self._is_back(link, link.gone)):
            if link.gone is not None:
                link = replace(link, gone=None)
                self.actions.append(Mark(item, link))
            return link
        gone = link.gone if found is None or same(found, link.gone) else found
        if gone is None or not gone.kind.out_of_reach:
            return replace(link, gone=gone)
        named = self._named(item)
        if (issue := self.world.followed.get(item.id)) is not None:
            self.actions.append(Follow(item, Link(item.id, issue, link.base, self.now), link))
        elif named is not None and named.ref.key != link.ref.key:
            self._adopt_named(item, named)
        else:
            if gone != link.gone:
                self.actions.append(Mark(item, replace(link, gone=gone)))
            if not item.state.settled:
                self.held.append(Held(item, f"{link.ref.key}: {gone.message}", gone=gone))
        return None

    def _is_back(self, link: Link, gone: Gone) -> bool:
        """Whether what was read now ends this state. What was out of reach and is listed again was looked at first."""
        issue = self.world.issues.get(link.ref.key)
        match gone.kind:
            case GoneKind.LOCKED:
                return issue is not None and (not issue.locked or issue.updated_at != link.issue.updated_at)
            case GoneKind.READ_ONLY | GoneKind.CONVERTED:
                return False
        return gone.kind.of_target or issue is not None

    def _only_record(self, item: Item, link: Link) -> None:
        """Keep how the issue stands, for the day on which the item counts again; what was agreed on stays."""
        issue = self.world.issues.get(link.ref.key, link.issue)
        settled = item if item.ignored else settle(item, state_of(item, issue), issue, self.now)
        if issue != link.issue or settled != item:
            self.actions.append(Record(settled, replace(link, issue=issue)))

    def _is_free(self, item: Item, issue: Issue) -> bool:
        """Whether the issue can be this item's: no other has it, it is no report's, and nobody said that it is not."""
        if issue.marker is not None and is_rolling(issue.marker):
            return False
        return self.claimed.get(issue.ref.key, item.id) == item.id and not item.parted_from(issue.ref)

    def _draft(self, item: Item, issue: Issue | None = None) -> Draft:
        labels, again = issue.labels if issue else None, self.again.get(item.id, ())
        return make_draft(item, self.world.documents[item.document], self.book, self.world.target, labels, again)

    def _unlinked(self, item: Item) -> None:
        doubtful = self.in_doubt.get(item.id, [])
        marked = self.marked.get(item.id)
        if marked:
            why = "its create had gone through" if doubtful else "its marker names this item"
            self._adopt(item, marked[0], told_base(marked[0]), why, tuple(entry.id for entry in doubtful))
        elif (named := self._named(item)) is not None:
            self._adopt_named(item, named)
        elif (chosen := self.world.chosen.get(item.id)) is not None:
            self._adopt_named(item, chosen, "somebody agreed that they are the same")
        elif (tie := self.shared.get(item.id)) is not None:
            self._goes_with(item, tie)
        elif doubtful and not self._grace_over(doubtful):
            until = looked_for_until(doubtful, self.policy.uncertain_grace_minutes, self.world.target.capabilities)
            self.held.append(Held(item, "an earlier create got no answer; looking for its issue first", until))
        else:
            self._perhaps_create(item, max((entry.id for entry in doubtful), default=None))

    def _goes_with(self, item: Item, tie: Shared) -> None:
        """The item stands as the issue does that stands for it."""
        if tie.link.ref.target != self.world.target.name:
            return
        issue = self.world.issues.get(tie.link.ref.key, tie.link.issue)
        settled = settle(item, state_of(item, issue), issue, self.now)
        if settled != item:
            self.actions.append(Record(settled, None))

    def _adopt_named(self, item: Item, issue: Issue, why: str = "the document names it") -> None:
        self._adopt(item, issue, as_they_are(item, self._draft(item, issue), issue), why)

    def _corrected(self, item: Item, link: Link) -> Issue | None:
        """Another issue that the document names now, where the link only came from the document naming one."""
        if "content" in link.base.get("document", {}) or item.state is ItemState.REMOVED:
            return None
        if item.id in self.world.undecided:
            return None
        named = self._named(item)
        return named if named is not None and named.ref.key != link.ref.key else None

    def _perhaps_create(self, item: Item, after: int | None) -> None:
        state = ItemState.DONE if item.done else ItemState.OPEN
        left = item.same_as is not None and item.state in (ItemState.WONT_DO, ItemState.DUPLICATE)
        if (left or item.state in (ItemState.OPEN, ItemState.DONE)) and item.state is not state:
            item = replace(item, state=state, settled_at=self.now if state.settled else None)
            self.actions.append(Record(item, None))
        tickets = [text for text in tickets_of(item) if not self._is_parted(item, text)]
        undecided = item.id in self.world.undecided
        if undecided or item.state.settled or item.kind not in self.policy.kinds or tickets:
            # A ticket elsewhere is a ticket: a second one here would be its duplicate.
            return
        if self.world.is_secret(item, self.policy.allow_public):
            self._hold_secret(item)
            return
        draft = self._draft(item)
        fields = draft.fields(item)
        marker = make_marker(item, fields)
        self.actions.append(Create(item, draft.to_open(marker), fields, after))

    def _hold_secret(self, item: Item) -> None:
        why = f"a private document, and {self.world.target.name} is public (see policy.allow_public)"
        self.held.append(Held(item, why))

    def _adopt(
        self, item: Item, issue: Issue, base: Mapping[str, Any], why: str, settles: tuple[int, ...] = ()
    ) -> None:
        link = Link(item.id, issue, base, self.now)
        self.claimed[issue.ref.key] = item.id
        item = settle(item, state_of(item, issue), issue, self.now)
        self.actions.append(Adopt(item, link, why, settles))
        self._linked(item, link)

    def _linked(self, item: Item, link: Link) -> None:
        issue = self.world.issues.get(link.ref.key, link.issue)
        if item.id in self.world.undecided:
            self._only_record(item, link)
            return
        if item.state is ItemState.REMOVED:
            self._left(item, link, issue)
            return
        if self.world.is_secret(item, self.policy.allow_public):
            self._only_record(item, link)
            self._hold_secret(item)
            return
        if link.base.get("document", {}).get("closed") and issue.state is IssueState.WONT_DO:
            self._reopen(item, link, issue)
            return
        if "content" in link.base.get("document", {}):
            self.own.append((item, replace(link, issue=issue)))
        merged = merge(item, self._draft(item, issue), issue, link.base, self.policy)
        self.conflicts += [(item, conflict) for conflict in merged.conflicts]
        self.drift += [(item, change) for change in merged.drift]
        settled = settle(item, merged.state, issue, self.now)
        if not merged.patch.empty:
            now = replace(link, issue=issue)
            self.actions.append(Update(settled, now, merged.patch, merged.changes, merged.base, merged.conflicts))
        elif merged.base != link.base or issue != link.issue or settled != item:
            changes = differences(link.issue, issue)
            self.actions.append(
                Record(settled, replace(link, issue=issue, base=merged.base), changes, merged.conflicts)
            )

    def _reopen(self, item: Item, link: Link, issue: Issue) -> None:
        """The item is back, and it was Closeout that closed its issue: nobody decided against it."""
        draft = self._draft(item, issue)
        fields = draft.fields(item)
        patch = IssuePatch(state=IssueState.OPEN, managed=draft.managed, marker=make_marker(item, fields))
        change = Change("state", issue.state.value, IssueState.OPEN.value)
        base = {**link.base, **agreed(fields, {**issue_fields(issue), "state": IssueState.OPEN.value})}
        settled = settle(item, ItemState.OPEN, issue, self.now)
        self.actions.append(Update(settled, replace(link, issue=issue), patch, (change,), base))

    def _left(self, item: Item, link: Link, issue: Issue) -> None:
        document_side = link.base.get("document", {})
        told = bool(document_side.get("removed", False))
        base: dict[str, Any] = {**link.base, "document": {**document_side, "removed": True}}
        hands_off = "content" not in document_side or self.world.is_secret(item, self.policy.allow_public)
        if told or hands_off or issue.state.closed or self.policy.removed == "keep":
            if issue != link.issue or base != link.base:
                self.actions.append(Record(item, replace(link, issue=issue, base=base)))
        elif self.policy.removed == "close":
            change = Change("state", issue.state.value, IssueState.WONT_DO.value)
            base["document"]["closed"] = True
            base["issue"] = {**base.get("issue", {}), "state": IssueState.WONT_DO.value}
            patch = replace(gone_patch(issue, base), state=IssueState.WONT_DO)
            self.actions.append(Update(item, replace(link, issue=issue), patch, (change,), base))
        else:
            if link.gone is not None and link.gone.kind is GoneKind.LOCKED:
                self.held.append(Held(item, f"{link.ref.key}: {link.gone.message}", gone=link.gone))
                return
            document = self.world.documents[item.document]
            once = f"<!-- closeout:said removed {item.id} -->"
            body = (
                f"This action item is no longer in `{document.path}`. "
                "The issue stays open: close it if the work is not needed any more.\n\n" + once
            )
            self.actions.append(Tell(item, replace(link, issue=issue), body, once, base))

    def _named(self, item: Item) -> Issue | None:
        """The issue that the item's own text names, if it was read and belongs to no other item."""
        for text in tickets_of(item):
            ref = self.world.named.get(text)
            issue = self.world.issues.get(ref.key) if ref and ref.target == self.world.target.name else None
            if issue is not None and self._is_free(item, issue):
                return issue
        return None

    def _is_parted(self, item: Item, text: str) -> bool:
        """Whether `text` names an issue that is not the item's by a person's word, or is the item's it goes with."""
        ref = self.world.named.get(text)
        of = self.world.links.get(item.goes_with or "")
        return ref is not None and (item.parted_from(ref) or (of is not None and of.ref.key == ref.key))

    def _grace_over(self, entries: Iterable[JournalEntry]) -> bool:
        return is_over(entries, self.policy.uncertain_grace_minutes, self.world.target.capabilities, self.now)
