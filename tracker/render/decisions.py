"""What `closeout link`, `unlink`, `ignore`, `snooze`, `extend` and `verify` print."""

from __future__ import annotations

from typing import Literal

from rich.console import Console
from rich.text import Text

from tracker.decisions import HEEDED, OWN_ISSUE, SAME, SAME_UNDONE
from tracker.model import Event, ItemState, tickets_of
from tracker.policy import Entry, Flag
from tracker.render import escape, flags
from tracker.render.offers import answers
from tracker.render.status import StatusItem, wire
from tracker.render.wire import Wire
from tracker.settings import PolicySettings


class DecisionOutput(Wire):
    """`closeout link`, `unlink`, `ignore`, `snooze`, `extend`, `verify`, `move` with `--format json`: the item then."""

    version: Literal[1] = 1
    item: StatusItem


def to_json(entry: Entry) -> str:
    """The item as JSON, ending in a line break."""
    return DecisionOutput(item=wire(entry)).model_dump_json(indent=2) + "\n"


def print_decision(entry: Entry, before: Entry, event: Event, policy: PolicySettings, console: Console) -> None:
    """What was decided, of which item, and what it means for the next sync and report."""
    head, *rest = _told(entry, before, event, policy)
    text = escape.plain(entry.item.text)
    console.print(Text.assemble((head, "bold"), f": {text}", (f"  {entry.item.id}", "dim")), soft_wrap=True)
    for line in rest:
        console.print(Text(f"  {escape.plain(line)}"), soft_wrap=True)


def _told(entry: Entry, before: Entry, event: Event, policy: PolicySettings) -> list[str]:
    if (tell := _SHARING.get(event.what)) is not None:
        return tell(entry, before, policy)
    match event.what:
        case "issue linked":
            lines = _linked(entry, before)
        case "issue unlinked":
            lines = _unlinked(entry, before, policy)
        case "item ignored":
            issue = f"Issue {entry.link.ref.key} is left alone." if entry.link else "No issue is opened for it."
            lines = ["ignored", f"{issue} Reports leave it out; `closeout status --is ignored` lists it."]
        case "item snoozed":
            lines = [f"snoozed until {entry.item.snoozed_until}", "Reports leave it out until then."]
        case "item verified":
            lines = ["verified", "It counts as verified until it is reopened."]
        case "verification undone":
            still = " All the same, the work that closed its issue verifies it." if Flag.VERIFIED in entry.flags else ""
            lines = ["not verified by anybody any more", f"It is done as its issue or document says.{still}"]
        case "due date extended":
            lines = _extended(entry)
        case "item heeded" | "item woken":
            lines = [f"not {'ignored' if event.what == HEEDED else 'snoozed'} any more"]
        case _:
            written = entry.due.day if entry.due else entry.item.due
            rule = f", {flags.source(entry.due)}" if flags.source(entry.due) else ""
            lines = [f"due {written} again{rule}" if written else "without a due date again", *_due_follows(entry)]
    return lines


def _linked(entry: Entry, before: Entry) -> list[str]:
    link = entry.link
    lines = [f"linked to {link.ref.key if link else ''}"]
    own = link is not None and "content" in link.base.get("document", {})
    lines.append(
        "Closeout opened it for this item: what changes in the document reaches it again."
        if own
        else "Nothing is ever written to it; its state tells the item's."
    )
    if before.link is not None:
        lines.append(f"{before.link.ref.key}, its issue until now, stays as it is.")
    return [*lines, *(["The item is still ignored."] if entry.item.ignored else [])]


def _unlinked(entry: Entry, before: Entry, policy: PolicySettings) -> list[str]:
    key = before.link.ref.key if before.link else ""
    lines = [f"unlinked from {key}", f"{key} stays as it is, and is never tied to this item again by itself."]
    return [*lines, *_own_issue(entry, policy)]


def _same(entry: Entry, before: Entry, _: PolicySettings) -> list[str]:
    of = entry.goes_with
    key = of.link.ref.key if of and of.link else ""
    lines = [f"the same work as {key}"]
    lines.append(f"{key} stands for both: no issue is opened for this item, and it is done when {key} is.")
    if before.link is not None:
        lines.append(f"{before.link.ref.key}, its issue until now, stays as it is.")
    return [*lines, f"`closeout unlink {entry.item.id}` takes that back."]


def _apart(entry: Entry, before: Entry, policy: PolicySettings) -> list[str]:
    of = before.goes_with
    key = of.link.ref.key if of and of.link else ""
    lines = [f"not the same work as {key}" if key else "no other item's work any more"]
    return [*lines, *_own_issue(entry, policy)]


def _alone(entry: Entry, _: Entry, policy: PolicySettings) -> list[str]:
    return ["gets an issue of its own", *_own_issue(entry, policy)]


_SHARING = {SAME: _same, SAME_UNDONE: _apart, OWN_ISSUE: _alone}


def _own_issue(entry: Entry, policy: PolicySettings) -> list[str]:
    """What the next sync does about an item that has no issue."""
    item = entry.item
    if item.state is not ItemState.OPEN or item.kind not in policy.kinds:
        why = f"is {item.state.value.replace('_', ' ')}" if item.state is not ItemState.OPEN else f"is an {item.kind}"
        return [f"No other issue is opened: the item {why}."]
    if entry.offered is not None and entry.offered.link is not None:
        other = entry.offered.link.ref.key
        return [
            f"It is promised in {other}, too: the next sync asks about that; {answers(item.id, entry.offered.item.id)}."
        ]
    unless = ", or its document gives it another ticket" if tickets_of(item) else ""
    ignore = f"`closeout ignore {item.id}`"
    return [f"The next sync opens an issue of the item's own, unless it is ignored ({ignore}){unless}."]


def _extended(entry: Entry) -> list[str]:
    item, to = entry.item, entry.item.extended_to
    written = flags.original(entry.due, item.due) if entry.due else ""
    lines = [f"due {written}, extended to {to}" if written else f"due {to}"]
    before = entry.due.original if entry.due else None
    if before and to and to < before:
        lines.append(f"That is earlier than the {'document' if item.due_date else 'policy'} says.")
    if (entry.days_left or 0) < 0:
        lines.append("That day is over: it is overdue.")
    return [*lines, *_due_follows(entry)]


def _due_follows(entry: Entry) -> list[str]:
    managed = entry.link is not None and "content" in entry.link.base.get("document", {})
    return [f"The next sync writes it to {entry.link.ref.key}."] if entry.link and managed else []
