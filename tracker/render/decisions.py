"""What `closeout link`, `unlink`, `ignore`, `snooze`, `extend` and `verify` print."""

from __future__ import annotations

from typing import Literal

from rich.console import Console
from rich.text import Text

from tracker.model import Event, ItemState, tickets_of
from tracker.policy import Entry, Flag
from tracker.render import escape, flags
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
    match event.what:
        case "issue linked":
            lines = _linked(entry, before)
        case "issue unlinked":
            lines = _unlinked(entry, before, policy)
        case "item ignored":
            issue = f"Issue {entry.link.ref.key} is left alone." if entry.link else "No issue is opened for it."
            lines = ["ignored", f"{issue} Reports leave it out; `closeout status --is ignored` lists it."]
        case "item heeded":
            lines = ["not ignored any more"]
        case "item snoozed":
            lines = [f"snoozed until {entry.item.snoozed_until}", "Reports leave it out until then."]
        case "item woken":
            lines = ["not snoozed any more"]
        case "item verified":
            lines = ["verified", "It counts as verified until it is reopened."]
        case "verification undone":
            still = " All the same, the work that closed its issue verifies it." if Flag.VERIFIED in entry.flags else ""
            lines = ["not verified by anybody any more", f"It is done as its issue or document says.{still}"]
        case "due date extended":
            lines = _extended(entry)
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
    item = entry.item
    key = before.link.ref.key if before.link else ""
    lines = [f"unlinked from {key}", f"{key} stays as it is, and is never tied to this item again by itself."]
    if item.state is not ItemState.OPEN or item.kind not in policy.kinds:
        why = f"is {item.state.value.replace('_', ' ')}" if item.state is not ItemState.OPEN else f"is an {item.kind}"
        return [*lines, f"No other issue is opened: the item {why}."]
    unless = ", or its document gives it another ticket" if tickets_of(item) else ""
    ignore = f"`closeout ignore {item.id}`"
    return [*lines, f"The next sync opens an issue of the item's own, unless it is ignored ({ignore}){unless}."]


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
