"""A report's overdue items, each reminded of on its issue: one comment a period, whoever runs and whatever breaks.

The delivery ledger says whether an item was reminded of, the journal keeps the write, and a hidden mark in the comment
tells a later run that an earlier one, of which nobody saw the answer, went through.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime

from connectors import ConnectorError, IssueTracker
from tracker.app.desk import Desk, hold_off_others, refuse_another_place
from tracker.deliver import Delivery, DeliveryOutcome
from tracker.deliver.sending import standing
from tracker.draft import is_secret
from tracker.errors import CloseoutError
from tracker.ledger import COMMENT, Entry, Key, next_try
from tracker.model import ISSUE_TOLD, Event, Item, Link, Outcome
from tracker.people import Owner
from tracker.policy import moved_by_others
from tracker.render.reminder import OURS, comment, mark
from tracker.report import GroupName, Report, ReportItem
from tracker.sending import Sender
from tracker.store import Known


def remind(desk: Desk, report: Report, *, dry_run: bool = False) -> tuple[Delivery, ...]:
    """Comment on the issue of each overdue item of `report`, unless that was done in this period."""
    known = desk.store.known()
    overdue: defaultdict[str, dict[str, ReportItem]] = defaultdict(dict)
    for section in report.sections:
        for item in (item for group in section.groups if group.name is GroupName.OVERDUE for item in group.items):
            link = known.links.get(item.id)
            if link and link.gone is None and link.ref.target in desk.settings.targets:
                overdue[link.ref.target][item.id] = item
    told = desk.store.deliveries(report.name, report.period_key)
    if dry_run:
        every = (item for items in overdue.values() for item in items.values())
        secret = {each for name, items in overdue.items() for each in _secret_at(desk, name, items.values(), known)}
        return tuple(
            _kept_back(report, item) if item.id in secret else _would(desk, report, item, told.get(_key(report, item)))
            for item in every
        )
    return tuple(
        delivery for name, items in overdue.items() for delivery in _at(desk, report, name, list(items.values()), known)
    )


def _would(desk: Desk, report: Report, item: ReportItem, entry: Entry | None) -> Delivery:
    if entry is None or entry.is_free(desk.clock()):
        return _delivery(report, item, DeliveryOutcome.WOULD_SEND)
    return _waiting(report, item, entry)


def _at(desk: Desk, report: Report, target: str, items: Sequence[ReportItem], known: Known) -> Iterator[Delivery]:
    """Remind of the items of one target, while nobody else syncs it."""
    told = desk.store.deliveries(report.name, report.period_key)
    free = [item for item in items if (entry := told.get(_key(report, item))) is None or entry.is_free(desk.clock())]
    taken = {item.id for item in items} - {item.id for item in free}
    yield from (_waiting(report, item, told[_key(report, item)]) for item in items if item.id in taken)
    if not free:
        return
    with ExitStack() as stack:
        try:
            tracker = desk.open_tracker(target)
            stack.callback(tracker.close)
            refuse_another_place(desk, tracker)
            hold_off_others(desk, {target: tracker}, stack)
            secret = _secret(desk, tracker, free, known)
        except (CloseoutError, ConnectorError) as error:
            said = f"{error}. {error.advice}".rstrip()
            yield from (_delivery(report, item, DeliveryOutcome.FAILED, said) for item in free)
            return
        reminding = _Reminding(desk, report, tracker)
        for item in free:
            if item.id in secret:
                yield _kept_back(report, item)
            else:
                yield reminding.of(item, known.items[item.id], known.links[item.id])


def _secret(desk: Desk, tracker: IssueTracker, items: Collection[ReportItem], known: Known) -> AbstractSet[str]:
    """The ids of those of which nothing may be said at this target: it is public, and their postmortems are private."""
    facts = desk.facts_for(tracker, (known.documents[item.document] for item in items))
    allowed = desk.settings.policy.allow_public
    return {item.id for item in items if is_secret(known.documents[item.document], facts, allowed)}


def _secret_at(desk: Desk, target: str, items: Collection[ReportItem], known: Known) -> AbstractSet[str]:
    """The same of a target that is asked only where it matters; what can't be asked is found out when it is sent."""
    if not any(known.documents[item.document].private for item in items):
        return frozenset()
    try:
        with closing(desk.open_tracker(target)) as tracker:
            return _secret(desk, tracker, items, known)
    except (CloseoutError, ConnectorError):
        return frozenset()


@dataclass(slots=True)
class _Reminding:
    desk: Desk
    report: Report
    tracker: IssueTracker

    def of(self, told: ReportItem, item: Item, link: Link) -> Delivery:
        key, store, clock = _key(self.report, told), self.desk.store, self.desk.clock
        attempt = store.claim(key, clock())
        if not attempt:
            return _delivery(self.report, told, DeliveryOutcome.UNDER_WAY)
        try:
            self._comment(told, item, link)
        except ConnectorError as error:
            again_at = next_try(attempt, clock())
            if again_at is None:
                store.give_up(key, clock(), str(error))
                return _delivery(self.report, told, DeliveryOutcome.GIVEN_UP, str(error))
            store.failed(key, clock(), str(error), again_at)
            return _delivery(self.report, told, DeliveryOutcome.FAILED, str(error), again_at)
        store.sent(key, clock())
        return _delivery(self.report, told, DeliveryOutcome.SENT)

    def _comment(self, told: ReportItem, item: Item, link: Link) -> None:
        desk, once = self.desk, mark(self.report, item.id)
        comments = self.tracker.comments(link.ref)
        if any(once in said.body for said in comments):
            return
        before = next((each for each in reversed(desk.store.events(item.id)) if each.what == ISSUE_TOLD), None)
        others = [said.created_at for said in comments if OURS not in said.body]
        moved = max([moved_by_others(link, before), *others])
        sender = Sender(self.tracker, desk.store, desk.clock, desk.sleep, desk.progress)
        body = comment(self.report, told)
        entry, _ = sender.send("comment", item, lambda: self.tracker.comment(link.ref, body))
        why = f"overdue, report {self.report.name} of {self.report.period_key}"
        detail = {"issue": link.ref.key, "why": why, "moved": moved.isoformat()}
        event = Event(desk.clock(), "closeout", ISSUE_TOLD, item.id, item.document, detail)
        desk.store.settle([entry], Outcome.CONFIRMED, desk.clock(), "", [event])


def _key(report: Report, item: ReportItem) -> Key:
    return Key(report.name, item.id, report.period_key, COMMENT)


def _kept_back(report: Report, item: ReportItem) -> Delivery:
    return _delivery(report, item, DeliveryOutcome.HELD_BACK, "its postmortem is private, and this target is public")


def _waiting(report: Report, item: ReportItem, entry: Entry) -> Delivery:
    """What is told of one that can't be claimed now."""
    return _delivery(report, item, standing(entry), entry.detail, entry.frees_at())


def _delivery(
    report: Report, item: ReportItem, outcome: DeliveryOutcome, detail: str = "", again_at: datetime | None = None
) -> Delivery:
    issue = Owner(item.id, f"issue {item.issue}")
    why = f"it is {-(item.days_left or 0)} days overdue" if outcome is DeliveryOutcome.WOULD_SEND else ""
    return Delivery(report.name, report.period_key, issue, outcome, COMMENT, 1, detail, why, again_at)
