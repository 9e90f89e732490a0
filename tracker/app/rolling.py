"""A report's rolling issue at each target, kept as `tracker.rolling` says: looked for by its marker, written at once.

At each sending the issue is read once, and written only when what it lists changed. Every write is journalled before it
leaves; a create without an answer is looked for first and repeated only after the grace period. Two stores that raced
end with one issue: the next sync tells each of the other's, and the next sending closes the younger one.

Looked at are the targets that were read before: with an empty store nothing seems to be open anywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from connectors import ConnectorError, Issue, IssueMoved, IssueNotFound, IssueRef, IssueTracker, TargetMoved
from tracker.app.desk import Desk, hold_off_others, refuse_another_place
from tracker.deliver import Delivery, DeliveryOutcome
from tracker.draft import TargetFacts, is_secret
from tracker.errors import CloseoutError
from tracker.ledger import ROLLING
from tracker.model import Event, ItemState, JournalEntry, Outcome
from tracker.once import is_over, looked_for_until, raced
from tracker.people import Owner
from tracker.render import rolling as words
from tracker.report import GroupName, Report, ReportItem
from tracker.rolling import RollingName, Step, What, decide, face, farewell, listed, room
from tracker.sending import Sender
from tracker.store import Known

Items = Mapping[str, tuple[GroupName, ReportItem]]


def keep(desk: Desk, report: Report, *, dry_run: bool = False) -> tuple[Delivery, ...]:
    """Bring the report's rolling issues up to date; with `dry_run` only tell what would be written.

    What goes wrong at one target is told of that one.
    """
    name = RollingName(report.name, desk.settings.documents.namespace or "")
    known = desk.store.known()
    at_targets = _open_items(report, known)
    deliveries = []
    for target in desk.settings.targets:
        if desk.store.cursor(target) is None:
            continue
        keeping = _Keeping(desk, report, name, target, known)
        if at_targets[target] or keeping.refs or keeping.in_doubt:
            deliveries.append(keeping.with_items(at_targets[target], dry_run=dry_run))
    return tuple(deliveries)


def _open_items(report: Report, known: Known) -> defaultdict[str, dict[str, tuple[GroupName, ReportItem]]]:
    """The open items that the report lists and their groups, by the target that has their issue and by id."""
    found: defaultdict[str, dict[str, tuple[GroupName, ReportItem]]] = defaultdict(dict)
    for section in report.sections:
        for group in section.groups:
            for item in group.items:
                link = known.links.get(item.id)
                if link is not None and item.state is ItemState.OPEN:
                    found[link.ref.target][item.id] = group.name, item
    return found


class _Keeping:
    """One target's rolling issue: what the store knows of it, and what becomes of it."""

    def __init__(self, desk: Desk, report: Report, name: RollingName, target: str, known: Known) -> None:
        self.desk, self.report, self.name, self.target, self.known = desk, report, name, target, known
        self.remember()

    def remember(self) -> None:
        """Take from the store which issues are its own, and which of its writes got no answer."""
        store = self.desk.store
        self.refs = [issue.ref for issue in store.strays(self.target).values() if self._is_ours(issue)]
        self.in_doubt = [entry for entry in store.in_doubt_of(self.name.id) if entry.target == self.target]

    def with_items(self, items: Items, *, dry_run: bool) -> Delivery:
        """What became of it, given what is open; nothing is raised but what is wrong with the store."""
        with ExitStack() as stack:
            try:
                tracker = self.desk.open_tracker(self.target)
                stack.callback(tracker.close)
                refuse_another_place(self.desk, tracker)
                if not dry_run:
                    hold_off_others(self.desk, {self.target: tracker}, stack)
                    self.remember()  # whoever was at it until now may have opened it
            except (CloseoutError, ConnectorError) as error:
                return self._failed(len(items), error)
            try:
                return self._kept(tracker, items, dry_run=dry_run)
            except ConnectorError as error:
                return self._failed(len(items), error)

    def _kept(self, tracker: IssueTracker, items: Items, *, dry_run: bool) -> Delivery:
        self.desk.progress.phase(f"the rolling issue of {self.report.name} in {self.target}")
        there = self._find(tracker)
        creates = [entry for entry in self.in_doubt if entry.action == "create"]
        minutes, capabilities = self.desk.settings.policy.uncertain_grace_minutes, tracker.capabilities
        if not there and not is_over(creates, minutes, capabilities, self.desk.clock()):
            waits = "an earlier create got no answer; looking for its issue first"
            told = self._delivery(DeliveryOutcome.WAITING, None, len(items), detail=waits)
            return replace(told, again_at=looked_for_until(creates, minutes, capabilities))
        issue = there[0] if there else None
        facts, shown = self._shown(tracker, items)
        text, essence = words.told(self.report, listed(shown), room(facts))
        wanted = face(self.report, facts, text, essence)
        step = decide(self.name, wanted, issue, interrupted=len(creates) < len(self.in_doubt))
        twins = [each for each in there[1:] if not each.state.closed and raced(each, there[0])]
        if dry_run:
            return self._would(step, issue, twins, len(shown), text)
        writing = _Writing(self.desk, self.report, self.name, tracker)
        issue = writing.write(step, issue, self.in_doubt)
        for twin in twins:
            writing.close_twin(twin, there[0])
        return self._told(step, issue, twins, len(shown))

    def _find(self, tracker: IssueTracker) -> list[Issue]:
        """The issues with its marker as they are now, oldest first. They are listed only while none is known."""
        there = self._now(tracker, self.refs)
        if not there or any(entry.action == "create" for entry in self.in_doubt):
            cursor = self.desk.store.cursor(self.target)
            told = tracker.changed_since(cursor[0] if cursor else None).issues
            seen = {issue.ref.key for issue in there}
            there += self._now(tracker, [each.ref for each in told if self._is_ours(each) and each.ref.key not in seen])
        return sorted(there, key=lambda issue: issue.ref.number)

    def _now(self, tracker: IssueTracker, refs: Iterable[IssueRef]) -> list[Issue]:
        """Those of these issues that are still there and still its own."""
        there = []
        for ref in refs:
            try:
                issue = tracker.get(ref)
            except (IssueNotFound, IssueMoved) as error:
                if isinstance(error, TargetMoved):
                    raise
                continue
            if self._is_ours(issue):
                there.append(issue)
        return there

    def _is_ours(self, issue: Issue) -> bool:
        return issue.marker is not None and issue.marker.item == self.name.id

    def _shown(self, tracker: IssueTracker, items: Items) -> tuple[TargetFacts, Items]:
        """The target, and what of the items may stand there."""
        documents = self.known.documents
        facts = self.desk.facts_for(tracker, (documents[item.document] for _, item in items.values()))
        allowed = self.desk.settings.policy.allow_public
        shown = {
            id_: (group, item)
            for id_, (group, item) in items.items()
            if not is_secret(documents[item.document], facts, allowed)
        }
        return facts, shown

    def _would(self, step: Step, issue: Issue | None, twins: Sequence[Issue], count: int, text: str) -> Delivery:
        if not (step.what.writes or twins):
            return self._told(step, issue, twins, count)
        told = self._delivery(DeliveryOutcome.WOULD_SEND, issue, count, why=words.done(step.what, len(twins)))
        return replace(told, text=text if step.what.writes else "")

    def _told(self, step: Step, issue: Issue | None, twins: Sequence[Issue], count: int) -> Delivery:
        if step.what.writes or twins:
            return self._delivery(DeliveryOutcome.SENT, issue, count, why=words.done(step.what, len(twins)))
        if step.what is What.LEAVE_CLOSED:
            return self._delivery(DeliveryOutcome.LEFT_CLOSED, issue, count)
        outcome = DeliveryOutcome.UNCHANGED if issue else DeliveryOutcome.NOTHING_TO_SAY
        return self._delivery(outcome, issue, count)

    def _failed(self, count: int, error: CloseoutError | ConnectorError) -> Delivery:
        detail = f"{error}. {error.advice}".rstrip()
        return self._delivery(DeliveryOutcome.FAILED, None, count, detail=detail)

    def _delivery(
        self, outcome: DeliveryOutcome, issue: Issue | None, count: int, *, why: str = "", detail: str = ""
    ) -> Delivery:
        ref = issue.ref if issue else next(iter(self.refs), None)
        who = Owner(f"{self.target}:{self.name.id}", f"issue {ref.key}" if ref else f"an issue in {self.target}")
        place = (ref.url or ref.key) if ref else ""
        return Delivery(self.report.name, self.report.period_key, who, outcome, ROLLING, count, detail or place, why)


@dataclass(frozen=True, slots=True)
class _Writing:
    """What is sent to one target, and what is recorded of it."""

    desk: Desk
    report: Report
    name: RollingName
    tracker: IssueTracker

    def write(self, step: Step, issue: Issue | None, in_doubt: Sequence[JournalEntry]) -> Issue | None:
        """Carry out `step`; the issue as it is then. Writes `in_doubt` are settled by what was found and done."""
        creates = [entry.id for entry in in_doubt if entry.action == "create"]
        others = [entry.id for entry in in_doubt if entry.action != "create"]
        if issue is None:
            self._settle(creates, Outcome.FAILED, "no issue with its marker appeared within the grace period")
        else:
            self._settle(creates, Outcome.CONFIRMED, issue.ref.key)
        if (draft := step.draft) is not None:
            issue = self._send("create", step.what, lambda: self.tracker.create(draft))
        elif (patch := step.patch) is not None and (before := issue) is not None:
            issue = self._send("update", step.what, lambda: self.tracker.update(before, patch))
        done = Outcome.FAILED if step.what.writes else Outcome.CONFIRMED
        self._settle(others, done, "the issue was read again, and what it lacked was sent again")
        return issue

    def close_twin(self, twin: Issue, of: Issue) -> None:
        """Close the younger of two issues as a duplicate."""
        patch = farewell(twin, of)
        entry, issue = self._sender.send("close twin", self.name, lambda: self.tracker.update(twin, patch))
        now, told = self.desk.clock(), {"issue": issue.ref.key, "of": of.ref.key}
        event = Event(now, "closeout", "twin closed", None, None, told)
        self.desk.store.settle([entry], Outcome.CONFIRMED, now, f"duplicate of {of.ref.key}", [event])

    def _send(self, kind: str, what: What, call: Callable[[], Issue]) -> Issue:
        entry, issue = self._sender.send(kind, self.name, call)
        now = self.desk.clock()
        told = {"issue": issue.ref.key, "url": issue.ref.url, "report": self.report.name, "how": words.DONE[what]}
        event = Event(now, "closeout", "rolling issue written", None, None, told)
        self.desk.store.confirm_stray(entry, now, issue, [event])
        return issue

    def _settle(self, entries: Sequence[int], outcome: Outcome, detail: str) -> None:
        if entries:
            self.desk.store.settle(entries, outcome, self.desk.clock(), detail)

    @property
    def _sender(self) -> Sender:
        desk = self.desk
        return Sender(self.tracker, desk.store, desk.clock, desk.sleep, desk.progress, desk.stop)
