"""Plan and sync: read both sides, decide what to do, and do it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from connectors import Issue, IssueRef, IssueTracker, ListsOwn, TargetUnreachable
from tracker import brake
from tracker.actions import Adopt, CloseTwin, Create, CreateParent, Follow, Mark, Plan, Record
from tracker.app import evidence, moving
from tracker.app.desk import Desk, hold_off_others, open_targets
from tracker.app.homes import Homes, Names, fetch_named, homes, names_of, told_apart, told_twins
from tracker.app.reading import Reading, read
from tracker.app.rebuilding import find_shared, items_from_markers, tell_rebuilt
from tracker.app.targets import TargetRead, TargetsRead, catch_up, is_stray, read_targets
from tracker.applied import Applied, Done
from tracker.apply import LONG, apply, paced, patience_for
from tracker.errors import StalePlan
from tracker.identity import Doubt, Identified, identify
from tracker.model import ItemState, KnownDocument
from tracker.plan import make_plan
from tracker.similar import Proposal, propose
from tracker.store import Known
from tracker.world import World


@dataclass(frozen=True, slots=True)
class Prepared:
    """Both sides read and compared; nothing recorded or sent yet. `known` is what the store said before.

    `arrivals` are, by item, issues that another machine moved them to.
    """

    known: Known
    plans: tuple[Plan, ...]
    reading: Reading
    identified: Identified
    seen: TargetsRead
    issues: Mapping[str, Mapping[str, Issue]]
    notes: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    arrivals: Mapping[str, Issue] = field(default_factory=dict)

    @property
    def unreached(self) -> bool:
        """True when some target could not be reached."""
        return any(isinstance(error, TargetUnreachable) for error in self.seen.unread.values())


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync found and did, per target in the order of `prepared.plans`; `stopped` before all was done."""

    prepared: Prepared
    applied: Mapping[str, Applied] = field(default_factory=dict)
    moves_finished: bool = True
    stopped: bool = False

    @property
    def clean(self) -> bool:
        """True when everything was done."""
        prepared = self.prepared
        unread = prepared.seen.unread or prepared.reading.unreadable
        return (
            not (unread or self.stopped)
            and self.moves_finished
            and all(applied.clean for applied in self.applied.values())
        )

    @property
    def unreached(self) -> bool:
        """True when some target could not be read, or took none of its writes, because it could not be reached."""
        return self.prepared.unreached or any(
            applied.failures
            and not any(done.issue for done in applied.done)
            and all(isinstance(failure.error, TargetUnreachable) for failure in applied.failures)
            for applied in self.applied.values()
        )


Agree: TypeAlias = Callable[[Sequence[Proposal]], Sequence[Proposal]]
"""Asks a person which of the proposed issues are the items' own; gives those that are."""


def plan(desk: Desk, paths: Sequence[str], agree: Agree | None = None) -> Prepared:
    """What a sync would do. Reads documents, store and targets; writes nothing anywhere.

    With `agree`, open issues that read like items without one are proposed for adoption.

    Raises:
        UsageError, Unavailable, ConnectorError (a target can't be read).
    """
    with ExitStack() as stack:
        trackers = open_targets(desk, stack)
        known = desk.store.known()
        prepared = _prepare(desk, paths, known, trackers, read_targets(desk, trackers, known, record=False), agree)
        needed = {made.target: paced(made, trackers[made.target], desk.store, desk.clock()) for made in prepared.plans}
        patience = (patience_for(name, time) for name, time in needed.items() if time >= LONG)
        apart = told_apart(desk, known, prepared.reading.documents)
        begun = moving.told_begun(known.items.values())
        return replace(prepared, notes=(*prepared.notes, *patience, *apart, *begun))


def sync(
    desk: Desk,
    paths: Sequence[str],
    consent: brake.Consent,
    still_fits: Callable[[Prepared], bool] = lambda _: True,
    agree: Agree | None = None,
) -> Synced:
    """Bring documents and issues in step.

    Args:
        desk: what to work with.
        paths: documents to look at; all that the settings name when empty.
        consent: what a person agreed to beforehand.
        still_fits: whether this is what somebody approved.
        agree: who is asked about open issues that read like items; nobody, and none are looked for, without it.

    Raises:
        RefusedByBrake, StalePlan, Stopped: nothing was done.
        UsageError, Unavailable, ConnectorError (a target can't be read): nothing was done.
    """
    with ExitStack() as stack:
        trackers = open_targets(desk, stack)
        hold_off_others(desk, trackers, stack)
        known = desk.store.known()
        seen = read_targets(desk, trackers, known, record=True)
        desk.go_on()
        prepared = _prepare(desk, paths, known, trackers, seen, agree)
        desk.go_on()
        sides = brake.Sides(prepared.reading.present_before, prepared.reading.found, _emptied(prepared))
        for made in prepared.plans:
            brake.check(made, sides, desk.settings.brake, consent)
        if not still_fits(prepared):
            raise StalePlan(
                "documents or issues changed since the plan was made",
                advice="Make a new one with `closeout plan --out FILE`, look at it, and sync that.",
            )
        _record_reading(desk, prepared)
        _keep_strays(desk, prepared)
        applied = {}
        notes = list(prepared.notes)
        for made in prepared.plans:
            tracker = trackers[made.target]
            applied[made.target] = apply(
                made,
                tracker,
                desk.store,
                clock=desk.clock,
                sleep=desk.sleep,
                progress=desk.progress,
                stop=desk.stop,
            )
            _finish(desk, prepared, tracker, applied[made.target])
            moving.welcome(desk, prepared.arrivals, applied[made.target])
            if not desk.stop():
                notes += evidence.gather(desk, tracker, applied[made.target])
        if desk.stop():
            return Synced(replace(prepared, notes=tuple(notes)), applied, stopped=True)
        more, finished = moving.go_on(desk, trackers, seen.read, prepared.identified.items)
    return Synced(replace(prepared, notes=(*notes, *more)), applied, moves_finished=finished)


def _is_parent(done: Done) -> bool:
    return isinstance(done.action, CreateParent)


def refresh(desk: Desk, *, check_links: bool = False) -> None:
    """Learn what changed on the issues, and nothing else: no document is read, no issue is written.

    With `check_links` each target is listed from the beginning, and what it lacks of the linked issues is looked for.

    Raises:
        Unavailable, ConnectorError (a target can't be read).
    """
    with ExitStack() as stack:
        trackers = open_targets(desk, stack)
        hold_off_others(desk, trackers, stack)
        known = desk.store.known()
        seen = read_targets(desk, trackers, known, record=True, everything=check_links)
        for name, told in seen.read.items():
            tracker = trackers[name]
            world = World(desk.facts(tracker), list(known.items.values()), known.documents, known.links, told.issues)
            world = replace(world, gone=told.whereabouts.gone, followed=told.whereabouts.followed)
            made = make_plan(world, desk.book, desk.settings.policy, desk.clock())
            news = (action for action in made.actions if isinstance(action, Record | Mark | Follow))
            records = tuple(action for action in news if action.link or action.item.goes_with)
            applied = apply(
                Plan(name, records), tracker, desk.store, clock=desk.clock, sleep=desk.sleep, progress=desk.progress
            )
            notes = evidence.gather(desk, tracker, None if check_links else applied)
            notes += evidence.look_for_work(desk, tracker, evidence.doubtful(known, applied))
            for note in notes:
                desk.progress.tell(note)
    for error in seen.unread.values():
        raise error


def _prepare(
    desk: Desk,
    paths: Sequence[str],
    known: Known,
    trackers: Mapping[str, IssueTracker],
    seen: TargetsRead,
    agree: Agree | None,
) -> Prepared:
    now = desk.clock()
    told = [issue for each in seen.read.values() for issue in each.issues.values()]
    marked = items_from_markers(told, known, desk.settings.documents.namespace)
    desk.progress.phase("reading documents")
    reading = read(paths, desk.settings, desk.root, known, marked)
    names = names_of(reading, known, trackers)
    rebuilt = [item for item in marked if item.document in reading.parsed]
    with_issue = frozenset({*known.links, *(item.id for item in rebuilt)})
    items = [*known.items.values(), *rebuilt]
    verdicts = desk.store.verdicts() if reading.parsed else ()
    identified = identify(reading.parsed, items, names.linked, reading.gone, now, with_issue, verdicts)
    identified = find_shared(tell_rebuilt(identified, rebuilt, now), told, known.links, now)
    at = homes(desk, trackers, known, reading.documents, identified.items, seen, names)
    fetched = fetch_named(names, at, identified.items, trackers, seen)
    reading = replace(reading, documents=_read_again(reading, identified.doubts, names, fetched.unread))
    worlds = _worlds(desk, trackers, reading, identified, seen, fetched.issues, names, at)
    plans, proposals = _make_plans(desk, trackers, seen, worlds, agree, now)
    notes = (*_notes(desk, known, seen), *told_twins(at), *fetched.notes)
    return Prepared(known, plans, reading, identified, seen, fetched.issues, notes, proposals, at.arrivals)


def _notes(desk: Desk, known: Known, seen: TargetsRead) -> list[str]:
    """What a person should know of the targets."""
    missing = sorted({link.ref.target for link in known.links.values()} - set(desk.settings.targets))
    notes = [f"{error}: its items are left alone for now. {error.advice}".strip() for error in seen.unread.values()]
    notes += [note for each in seen.read.values() for note in each.whereabouts.notes]
    return notes + [f"target {name!r} is not in the settings any more: its items are left alone" for name in missing]


def _make_plans(
    desk: Desk,
    trackers: Mapping[str, IssueTracker],
    seen: TargetsRead,
    worlds: Mapping[str, World],
    agree: Agree | None,
    now: datetime,
) -> tuple[tuple[Plan, ...], tuple[Proposal, ...]]:
    """A plan for each target, and the issues that were proposed for adoption; those agreed to are planned with."""
    plans: list[Plan] = []
    proposals: list[Proposal] = []
    for name, world in worlds.items():
        made = _plan_for(desk, trackers[name], world, now)
        found = _similar(desk, trackers[name], seen.read[name], world, made) if agree and made.creates else ()
        if agree and found:
            proposals += found
            chosen = {each.item.id: each.issue for each in agree(found)}
            made = _plan_for(desk, trackers[name], replace(world, chosen=chosen), now)
        plans.append(made)
    return tuple(plans), tuple(proposals)


def _similar(desk: Desk, tracker: IssueTracker, told: TargetRead, world: World, made: Plan) -> tuple[Proposal, ...]:
    """Open issues of a target that read like items which would get a new one; for this all issues are read."""
    taken = {link.ref.key for link in world.links.values() if link.ref.target == tracker.name}
    taken |= {action.link.ref.key for action in made.actions if isinstance(action, Adopt)}
    creates = [action for action in made.actions if isinstance(action, Create)]
    everything = _all_issues(desk, tracker, told)
    return propose(creates, (issue for issue in everything if issue.ref.key not in taken))


def _all_issues(desk: Desk, tracker: IssueTracker, told: TargetRead) -> Sequence[Issue]:
    if told.complete and not isinstance(tracker, ListsOwn):
        return told.listing.issues
    desk.progress.phase(f"looking for similar issues in {tracker.name}")
    if isinstance(tracker, ListsOwn):
        return tracker.all_open(lambda _: desk.progress.advance())
    return tracker.changed_since(None, lambda _: desk.progress.advance()).issues


def _plan_for(desk: Desk, tracker: IssueTracker, world: World, now: datetime) -> Plan:
    """The plan; a target is asked whether it is public only when something private would be written to it."""
    made = make_plan(world, desk.book, desk.settings.policy, now)
    if any(world.documents[action.item.document].private for action in made.writes) and tracker.is_public():
        world = replace(world, target=replace(world.target, public=True))
        made = make_plan(world, desk.book, desk.settings.policy, now)
    return made


def _worlds(
    desk: Desk,
    trackers: Mapping[str, IssueTracker],
    reading: Reading,
    identified: Identified,
    seen: TargetsRead,
    issues: Mapping[str, Mapping[str, Issue]],
    names: Names,
    at: Homes,
) -> dict[str, World]:
    """What is planned with, for each target that was read."""
    return {
        name: World(
            target=desk.facts(trackers[name]),
            items=[item for item in identified.items if at.targets[item.id] == name],
            documents=reading.documents,
            links=at.links,
            issues=issues[name],
            in_doubt=at.in_doubt[name],
            doubts=[doubt for doubt in identified.doubts if at.of_doubt(doubt, seen.read) == name],
            named=names.seen_from(name),
            gone=told.whereabouts.gone,
            followed=told.whereabouts.followed,
            undecided=identified.undecided,
        )
        for name, told in seen.read.items()
    }


def _read_again(
    reading: Reading, doubts: Iterable[Doubt], names: Names, unread: AbstractSet[IssueRef]
) -> dict[str, KnownDocument]:
    """What could not be decided or looked up is looked at again at the next sync, changed or not."""
    again = {doubt.document for doubt in doubts}
    again |= {
        key
        for key, document in reading.parsed.items()
        if any(
            ref in unread
            for item in document.items
            for link in item.links
            for ref in names.references.get(link, {}).values()
        )
    }
    return {key: replace(known, rules="") if key in again else known for key, known in reading.documents.items()}


def _emptied(prepared: Prepared) -> tuple[str, ...]:
    """Documents that held several items and are read as holding none."""
    before = Counter(i.document for i in prepared.known.items.values() if i.state is not ItemState.REMOVED)
    return tuple(
        prepared.reading.documents[key].path
        for key, document in prepared.reading.parsed.items()
        if not document.items and before[key] >= brake.SEVERAL
    )


def _record_reading(desk: Desk, prepared: Prepared) -> None:
    """Record what the documents say: only what differs from what was known."""
    known, reading = prepared.known, prepared.reading
    documents = [document for key, document in reading.documents.items() if known.documents.get(key) != document]
    items = [item for item in prepared.identified.items if known.items.get(item.id) != item]
    if documents or items:
        desk.store.record_reading(documents, items, desk.clock(), prepared.identified.events)


def _keep_strays(desk: Desk, prepared: Prepared) -> None:
    """While nothing is linked: whoever goes on after this run is cut off has to know which targets hold issues."""
    for name, issues in prepared.issues.items() if not prepared.known.links else ():
        if strays := {key: issue for key, issue in issues.items() if is_stray(issue)}:
            desk.store.keep_strays(name, strays)


def _finish(desk: Desk, prepared: Prepared, tracker: IssueTracker, applied: Applied) -> None:
    """Everything that the listing told is recorded: move the cursor.

    Kept for the next sync are the marked issues that nobody claimed, and the linked ones that changed meanwhile.
    """
    settled = desk.store.linked_keys(tracker.name)
    settled |= {done.issue.ref.key for done in applied.done if isinstance(done.action, CloseTwin) and done.issue}
    strays = {
        key: issue for key, issue in prepared.issues[tracker.name].items() if key not in settled and is_stray(issue)
    }
    strays |= {done.issue.ref.key: done.issue for done in applied.done if _is_parent(done) and done.issue}
    writes = sum(done.issue is not None for done in applied.done)
    cursor, changed = catch_up(desk, tracker, prepared.seen.read[tracker.name], writes)
    strays |= changed
    desk.store.finish_reading(tracker.name, tracker.capabilities.place, cursor, strays, desk.clock())
