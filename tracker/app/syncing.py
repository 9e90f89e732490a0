"""Plan and sync: read both sides, decide what to do, and do it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

from connectors import (
    ConnectorError,
    Issue,
    IssueNotFound,
    IssueRef,
    IssueState,
    IssueTracker,
    Listing,
    TargetUnreachable,
)
from tracker import brake
from tracker.actions import Adopt, CloseTwin, Create, Follow, Mark, Plan, Record
from tracker.app import gone
from tracker.app.reading import Reading, read
from tracker.app.rebuilding import homes_of, items_from_markers, tell_rebuilt
from tracker.apply import LONG, Applied, Progress, apply, in_words, paced
from tracker.draft import Draft, TargetFacts, make_draft
from tracker.errors import StalePlan, UsageError
from tracker.identity import Identified, identify
from tracker.model import Item, ItemState, KnownDocument
from tracker.people import PeopleBook
from tracker.plan import World, make_plan
from tracker.settings import Settings
from tracker.similar import Proposal, propose
from tracker.store import Known, Store


@dataclass(frozen=True, slots=True)
class Prepared:
    """Both sides read and compared; nothing recorded or sent yet. `known` is what the store said before."""

    known: Known
    plans: tuple[Plan, ...]
    reading: Reading
    identified: Identified
    listings: Mapping[str, Listing]
    issues: Mapping[str, Mapping[str, Issue]]
    places: Mapping[str, str]
    notes: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync found and did, per target in the order of `prepared.plans`."""

    prepared: Prepared
    applied: Mapping[str, Applied] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """True when everything that could be done was done."""
        return all(applied.clean for applied in self.applied.values()) and not self.prepared.reading.unreadable

    @property
    def unreached(self) -> bool:
        """True when some target took none of its writes because it could not be reached."""
        return any(
            applied.failures
            and not any(done.issue for done in applied.done)
            and all(isinstance(failure.error, TargetUnreachable) for failure in applied.failures)
            for applied in self.applied.values()
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """What the use cases work with: settings, the store, the trackers by name, clock, patience and progress."""

    settings: Settings
    root: Path
    store: Store
    open_tracker: Callable[[str], IssueTracker]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    progress: Progress


Agree: TypeAlias = Callable[[Sequence[Proposal]], Sequence[Proposal]]
"""Asks a person which of the proposed issues are the items' own; gives those that are."""


def plan(desk: Desk, paths: Sequence[str], agree: Agree | None = None) -> Prepared:
    """What a sync would do. Reads documents, store and targets; writes nothing anywhere.

    With `agree`, open issues that read like items without one are proposed for adoption.

    Raises:
        UsageError, Unavailable, ConnectorError (a target can't be read).
    """
    known = desk.store.known()
    with ExitStack() as stack, gone.minding_lost_targets(desk.store, desk.clock, record=False):
        return _prepare(desk, paths, known, _open(desk, known, stack), agree)


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
        RefusedByBrake, StalePlan: nothing was done.
        UsageError, Unavailable, ConnectorError (a target can't be read): nothing was done.
    """
    with ExitStack() as stack, gone.minding_lost_targets(desk.store, desk.clock, record=True):
        trackers = _open(desk, desk.store.known(), stack)
        hold_off_others(desk, trackers, stack)
        prepared = _prepare(desk, paths, desk.store.known(), trackers, agree)
        sides = brake.Sides(prepared.reading.present_before, prepared.reading.found, _emptied(prepared))
        for made in prepared.plans:
            brake.check(made, sides, desk.settings.brake, consent)
        if not still_fits(prepared):
            raise StalePlan(
                "documents or issues changed since the plan was made",
                advice="Make a new one with `closeout plan --out FILE`, look at it, and sync that.",
            )
        _record_reading(desk, prepared)
        applied = {}
        for made in prepared.plans:
            applied[made.target] = apply(
                made, trackers[made.target], desk.store, clock=desk.clock, sleep=desk.sleep, progress=desk.progress
            )
            _finish(desk, prepared, made.target, applied[made.target])
    return Synced(prepared, applied)


def refresh(desk: Desk, *, check_links: bool = False) -> None:
    """Learn what changed on the issues, and nothing else: no document is read, no issue is written.

    With `check_links` each target is listed from the beginning, and what it lacks of the linked issues is looked for.

    Raises:
        Unavailable, ConnectorError (a target can't be read).
    """
    with ExitStack() as stack, gone.minding_lost_targets(desk.store, desk.clock, record=True):
        trackers = _open(desk, desk.store.known(), stack)
        hold_off_others(desk, trackers, stack)
        known = desk.store.known()
        for name, tracker in trackers.items():
            listing = _listing(desk, tracker, complete=check_links)
            found = _look(desk, tracker, known, listing, again=check_links)
            issues = {issue.ref.key: issue for issue in listing.issues} | dict(found.back)
            world = World(_facts(desk, tracker), list(known.items.values()), known.documents, known.links, issues)
            world = replace(world, gone=found.gone, followed=found.followed)
            made = make_plan(world, _book(desk), desk.settings.policy, desk.clock())
            told = (action for action in made.actions if isinstance(action, Record | Mark | Follow))
            records = tuple(action for action in told if action.link)
            apply(Plan(name, records), tracker, desk.store, clock=desk.clock, sleep=desk.sleep, progress=desk.progress)


def hold_off_others(desk: Desk, trackers: Mapping[str, IssueTracker], stack: ExitStack) -> None:
    """One process at a time reads, plans and writes; in one order, so that two never wait for each other."""
    for key in sorted({tracker.capabilities.budget_key for tracker in trackers.values()}):
        stack.enter_context(
            desk.store.exclusive(key, lambda: desk.progress.phase("another sync is running; waiting for it"))
        )


def _prepare(
    desk: Desk, paths: Sequence[str], known: Known, trackers: Mapping[str, IssueTracker], agree: Agree | None
) -> Prepared:
    now = desk.clock()
    listings = {name: _listing(desk, tracker) for name, tracker in trackers.items()}
    issues = {
        name: {**desk.store.strays(name), **{issue.ref.key: issue for issue in listing.issues}}
        for name, listing in listings.items()
    }
    told = (issue for group in issues.values() for issue in group.values())
    marked = items_from_markers(told, known, desk.settings.documents.namespace)
    found = {name: _look(desk, tracker, known, listings[name]) for name, tracker in trackers.items()}
    issues = {name: {**group, **found[name].back} for name, group in issues.items()}
    desk.progress.phase("reading documents")
    reading = read(paths, desk.settings, desk.root, known, marked)
    linked = {link.ref: item for item, link in known.links.items()}
    links = {text for document in reading.parsed.values() for item in document.items for text in item.links}
    # Which of an item's tickets a person said are not its own has to be known though its document did not change.
    parted = {text for item in known.items.values() if item.parted for text in item.links}
    references = _references(links | parted, trackers)
    by_key = {(ref.target, ref.key): item for ref, item in linked.items()}
    named = {text: by_key[ref.target, ref.key] for text, ref in references.items() if (ref.target, ref.key) in by_key}
    rebuilt = [item for item in marked if item.document in reading.parsed]
    with_issue = frozenset({*known.links, *(item.id for item in rebuilt)})
    items = [*known.items.values(), *rebuilt]
    verdicts = desk.store.verdicts() if reading.parsed else ()
    identified = identify(reading.parsed, items, named, reading.gone, now, with_issue, verdicts)
    identified = tell_rebuilt(identified, rebuilt, now)
    missing = sorted({link.ref.target for link in known.links.values()} - set(desk.settings.targets))
    notes = [note for each in found.values() for note in each.notes]
    notes += [f"target {name!r} is not in the settings any more: its items are left alone" for name in missing]
    unread: set[IssueRef] = set()
    for name, tracker in trackers.items():
        notes += _fetch_named(
            tracker, (references[text] for text in links & set(references)), by_key, issues[name], unread
        )
    again = {doubt.document for doubt in identified.doubts}
    again |= {
        key
        for key, document in reading.parsed.items()
        if any(references.get(link) in unread for item in document.items for link in item.links)
    }
    reading = replace(reading, documents=_read_again(reading.documents, again))
    homes = homes_of(desk.settings.target, known, issues)
    worlds = {
        name: _world(desk, tracker, known, reading, identified, issues[name], references, homes)
        for name, tracker in trackers.items()
    }
    worlds = {
        name: replace(world, gone=found[name].gone, followed=found[name].followed) for name, world in worlds.items()
    }
    plans, proposals = _make_plans(desk, trackers, worlds, agree, now)
    notes += _patience(desk, plans, trackers, now)
    places = {name: tracker.capabilities.place for name, tracker in trackers.items()}
    return Prepared(known, plans, reading, identified, listings, issues, places, tuple(notes), proposals)


def _patience(desk: Desk, plans: Iterable[Plan], trackers: Mapping[str, IssueTracker], now: datetime) -> list[str]:
    """What a person should know before a backfill: how long it takes, and that it can be interrupted."""
    needed = {made.target: paced(made, trackers[made.target], desk.store, now) for made in plans}
    return [
        f"{name}: at its limits this takes about {in_words(time)}; stop it at any time, it goes on from there"
        for name, time in needed.items()
        if time >= LONG
    ]


def _make_plans(
    desk: Desk,
    trackers: Mapping[str, IssueTracker],
    worlds: Mapping[str, World],
    agree: Agree | None,
    now: datetime,
) -> tuple[tuple[Plan, ...], tuple[Proposal, ...]]:
    """A plan for each target, and the issues that were proposed for adoption; those agreed to are planned with."""
    plans: list[Plan] = []
    proposals: list[Proposal] = []
    for name, tracker in trackers.items():
        made = _plan_for(desk, tracker, worlds[name], now)
        found = _similar(desk, tracker, worlds[name], made) if agree is not None and made.creates else ()
        if agree is not None and found:
            proposals += found
            chosen = {each.item.id: each.issue for each in agree(found)}
            made = _plan_for(desk, tracker, replace(worlds[name], chosen=chosen), now)
        plans.append(made)
    return tuple(plans), tuple(proposals)


def _similar(desk: Desk, tracker: IssueTracker, world: World, made: Plan) -> tuple[Proposal, ...]:
    """Open issues of a target that read like items which would get a new one; for this all issues are read."""
    desk.progress.phase(f"looking for similar issues in {tracker.name}")
    taken = {link.ref.key for link in world.links.values() if link.ref.target == tracker.name}
    taken |= {action.link.ref.key for action in made.actions if isinstance(action, Adopt)}
    everything = tracker.changed_since(None, lambda _: desk.progress.advance()).issues
    creates = [action for action in made.actions if isinstance(action, Create)]
    return propose(creates, (issue for issue in everything if issue.ref.key not in taken))


def _open(desk: Desk, known: Known, stack: ExitStack) -> dict[str, IssueTracker]:
    """The target for new items, and every other that items are linked to; all of them while the store is empty."""
    others = {link.ref.target for link in known.links.values()} or set(desk.settings.targets)
    others |= {name.split(" ")[0] for item in known.items.values() for name in item.parted}
    names = [desk.settings.target, *sorted(others - {desk.settings.target})]
    trackers = {}
    for name in names:
        if name in desk.settings.targets:
            trackers[name] = desk.open_tracker(name)
            stack.callback(trackers[name].close)
    return trackers


def _listing(desk: Desk, tracker: IssueTracker, *, complete: bool = False) -> Listing:
    refuse_another_place(desk, tracker)
    desk.progress.phase(f"reading {tracker.name}")
    cursor = None if complete else desk.store.cursor(tracker.name)
    with gone.naming_target(tracker.name):
        return tracker.changed_since(cursor[0] if cursor else None, lambda _: desk.progress.advance())


def _look(
    desk: Desk, tracker: IssueTracker, known: Known, listing: Listing, *, again: bool = False
) -> gone.Whereabouts:
    """Where linked issues are that the listing raises doubts about; one without a cursor before it is complete."""
    cursor = desk.store.cursor(tracker.name)
    openers = {name: partial(desk.open_tracker, name) for name in desk.settings.targets if name != tracker.name}
    complete = again or not (cursor and cursor[0])
    return gone.look(tracker, known, listing.issues, desk.clock(), complete=complete, again=again, openers=openers)


def refuse_another_place(desk: Desk, tracker: IssueTracker) -> None:
    """The numbers of one repository mean other people's issues in another."""
    before, now = desk.store.place(tracker.name), tracker.capabilities.place
    if before is not None and before != now:
        raise UsageError(
            f"target {tracker.name!r} was {before} and is now {now}: its links would mean other issues",
            where="closeout.toml",
            advice="Give the new place a target name of its own. If the same repository was only renamed, move the "
            "store (closeout.db) away: the next sync rebuilds its links from the issues' markers.",
        )


def _book(desk: Desk) -> PeopleBook:
    return PeopleBook.from_settings(desk.settings)


def _facts(desk: Desk, tracker: IssueTracker) -> TargetFacts:
    settings = desk.settings.targets[tracker.name]
    return TargetFacts(tracker.name, settings.kind, tracker.capabilities, settings.labels)


def draft_of(desk: Desk, tracker: IssueTracker, item: Item, document: KnownDocument) -> Draft:
    """What `item` asks for at this target."""
    return make_draft(item, document, _book(desk), _facts(desk, tracker))


def _plan_for(desk: Desk, tracker: IssueTracker, world: World, now: datetime) -> Plan:
    """The plan; a target is asked whether it is public only when something private would be written to it."""
    made = make_plan(world, _book(desk), desk.settings.policy, now)
    if any(world.documents[action.item.document].private for action in made.writes) and tracker.is_public():
        world = replace(world, target=replace(world.target, public=True))
        made = make_plan(world, _book(desk), desk.settings.policy, now)
    return made


def _world(
    desk: Desk,
    tracker: IssueTracker,
    known: Known,
    reading: Reading,
    identified: Identified,
    issues: Mapping[str, Issue],
    references: Mapping[str, IssueRef],
    homes: Mapping[str, str],
) -> World:
    default = desk.settings.target
    return World(
        _facts(desk, tracker),
        [item for item in identified.items if homes.get(item.id, default) == tracker.name],
        reading.documents,
        known.links,
        issues,
        desk.store.in_doubt(tracker.name, "create"),
        identified.doubts if tracker.name == default else (),
        references,
    )


def _references(texts: Iterable[str], trackers: Mapping[str, IssueTracker]) -> dict[str, IssueRef]:
    """The issues that texts of documents name."""
    return {text: ref for text in texts for tracker in trackers.values() if (ref := tracker.reference(text))}


def _fetch_named(
    tracker: IssueTracker,
    references: Iterable[IssueRef],
    linked: Mapping[tuple[str, str], str],
    issues: dict[str, Issue],
    unread: set[IssueRef],
) -> list[str]:
    """Read the issues that changed documents name and no listing told of; those that can't be had are reported."""
    notes = []
    for ref in sorted(set(references)):
        if ref.target != tracker.name or ref.key in issues or (ref.target, ref.key) in linked:
            continue
        try:
            issues[ref.key] = tracker.get(ref)
        except IssueNotFound as error:
            notes.append(f"{error}. {error.advice}".strip())
        except ConnectorError as error:
            unread.add(ref)
            notes.append(f"{error}: left alone for now. {error.advice}".strip())
    return notes


def _read_again(documents: Mapping[str, KnownDocument], keys: AbstractSet[str]) -> dict[str, KnownDocument]:
    """What could not be decided or looked up is looked at again at the next sync, changed or not."""
    return {key: replace(known, rules="") if key in keys else known for key, known in documents.items()}


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
        desk.store.record_reading(documents, items, prepared.identified.events)


def _finish(desk: Desk, prepared: Prepared, target: str, applied: Applied) -> None:
    """Everything that the listing told is recorded: move the cursor, and keep the marked issues nobody claimed."""
    settled = desk.store.linked_keys(target)
    settled |= {done.issue.ref.key for done in applied.done if isinstance(done.action, CloseTwin) and done.issue}
    strays = {
        key: issue
        for key, issue in prepared.issues[target].items()
        if issue.marker is not None and key not in settled and issue.state is not IssueState.DUPLICATE
    }
    place = prepared.places[target]
    desk.store.finish_reading(target, place, prepared.listings[target].cursor, strays, desk.clock())
