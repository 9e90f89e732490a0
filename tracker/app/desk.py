"""What the use cases work with, and the targets that they open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from connectors import Issue, IssueTracker
from tracker.applied import Progress, Stop, never
from tracker.draft import Draft, TargetFacts, make_draft
from tracker.due import DuePolicy
from tracker.errors import Stopped, UsageError
from tracker.model import Item, KnownDocument
from tracker.people import PeopleBook
from tracker.settings import Settings
from tracker.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """What the use cases work with: settings, the store, the trackers by name, clock, patience and progress.

    `stop` says when to begin nothing more.
    """

    settings: Settings
    root: Path
    store: Store
    open_tracker: Callable[[str], IssueTracker]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    progress: Progress
    stop: Stop = never

    @property
    def book(self) -> PeopleBook:
        """The people book of the settings."""
        return PeopleBook.from_settings(self.settings)

    def go_on(self) -> None:
        """Called where nothing is under way.

        Raises:
            Stopped: it is time to stop.
        """
        if self.stop():
            raise Stopped("stopped before anything was written; the next run begins anew")

    def facts(self, tracker: IssueTracker) -> TargetFacts:
        """What drafts have to know of a target."""
        settings = self.settings.targets[tracker.name]
        deadlines = DuePolicy(self.settings.policy.due, self.settings.timezone)
        return TargetFacts(tracker.name, settings.kind, tracker.capabilities, settings.labels, deadlines=deadlines)

    def facts_for(self, tracker: IssueTracker, documents: Iterable[KnownDocument]) -> TargetFacts:
        """The same; if one of these documents is private, the target is asked whether it is public."""
        facts = self.facts(tracker)
        return replace(facts, public=tracker.is_public()) if any(each.private for each in documents) else facts

    def draft(self, tracker: IssueTracker, item: Item, document: KnownDocument, issue: Issue) -> Draft:
        """What `item` asks for at this target, of this issue."""
        return make_draft(item, document, self.book, self.facts(tracker), issue.labels)


def open_targets(desk: Desk, stack: ExitStack) -> dict[str, IssueTracker]:
    """The targets for new items, and every other that items are tied to; all of them while nothing is linked.

    Raises:
        UsageError: a target is another place than before: its numbers mean other people's issues there.
    """
    settings, store = desk.settings, desk.store
    others = store.targets_in_use() or set(settings.targets)
    others |= {route.target for route in settings.routes}
    others |= {name for name in settings.targets if store.in_doubt(name, "create")}
    names = [settings.target, *sorted(others - {settings.target})]
    trackers = {}
    for name in names:
        if name in settings.targets:
            trackers[name] = desk.open_tracker(name)
            stack.callback(trackers[name].close)
            refuse_another_place(desk, trackers[name])
    return trackers


def refuse_another_place(desk: Desk, tracker: IssueTracker) -> None:
    """The numbers of one repository mean other people's issues in another.

    Raises:
        UsageError
    """
    before, now = desk.store.place(tracker.name), tracker.capabilities.place
    if before is not None and before != now:
        raise UsageError(
            f"target {tracker.name!r} was {before} and is now {now}: its links would mean other issues",
            where="closeout.toml",
            advice="Give the new place a target name of its own. If the same repository was only renamed, move the "
            "store (closeout.db) away: the next sync rebuilds its links from the issues' markers.",
        )


def hold_off_others(desk: Desk, trackers: Mapping[str, IssueTracker], stack: ExitStack) -> None:
    """One process at a time reads, plans and writes; in one order, so that two never wait for each other."""
    for key in sorted({tracker.capabilities.budget_key for tracker in trackers.values()}):
        stack.enter_context(
            desk.store.exclusive(key, lambda: desk.progress.phase("another sync is running; waiting for it"), desk.stop)
        )
