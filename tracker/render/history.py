"""What `closeout history` prints: the audit log as a story, one line for each event, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from rich.console import Console
from rich.text import Text

from connectors import IssueState
from tracker.draft import shorten
from tracker.model import Event
from tracker.moves import CLOSED
from tracker.past import STANDS
from tracker.policy import Entry
from tracker.render import escape
from tracker.render.status import StatusItem, wire
from tracker.render.wire import Wire
from tracker.render.wording import person, stamp

_SHORT = 60


class EventWire(Wire):
    """One event of the audit log. What `detail` holds depends on `what`."""

    at: datetime
    who: str
    what: str
    item: str | None
    document: str | None
    detail: dict[str, Any]


class HistoryOutput(Wire):
    """`closeout history [ITEM] --format json`: oldest first; `item` is null where no item was asked for."""

    version: Literal[1] = 1
    item: StatusItem | None
    events: tuple[EventWire, ...]


def to_json(item: Entry | None, events: Sequence[Event]) -> str:
    """The story as JSON, ending in a line break."""
    output = HistoryOutput(
        item=wire(item) if item else None,
        events=tuple(map(event_wire, events)),
    )
    return output.model_dump_json(indent=2) + "\n"


def event_wire(event: Event) -> EventWire:
    """The event as it goes out."""
    return EventWire(
        at=event.at,
        who=event.who,
        what=event.what,
        item=event.item,
        document=event.document,
        detail=dict(event.detail),
    )


def print_story(item: Entry | None, events: Sequence[Event], texts: Mapping[str, str], console: Console) -> None:
    """The story, oldest first. Events of several items name theirs."""
    if item is not None:
        console.print(Text.assemble((escape.plain(item.item.text), "bold"), (f"  {item.item.id}", "dim")))
    elif not events:
        console.print("nothing has happened yet")
    print_events(events, console, texts if item is None else None)


def print_events(events: Sequence[Event], console: Console, texts: Mapping[str, str] | None = None) -> None:
    """The events; with `texts` those of items name theirs."""
    for event in events:
        line = Text.assemble((f"{stamp(event.at)}  ", "dim"), escape.plain(sentence(event)))
        if texts is not None and event.item is not None:
            words = shorten(" ".join(escape.plain(texts.get(event.item, "")).split()), _SHORT)
            line.append(f"  ({event.item} {words})", style="dim")
        console.print(line, soft_wrap=True)


def sentence(event: Event) -> str:
    """Who did what, and why."""
    tell = TOLD.get(event.what)
    if tell is not None:
        said = tell(_Told(event.detail), event)
    else:
        action, _, outcome = event.what.rpartition(" ")
        said = f"tried to {action}: {_OUTCOMES[outcome]}" if outcome in _OUTCOMES else event.what
    why = event.detail.get("why") or event.detail.get("error")
    return f"{_who(event)} {said}{f': {why}' if why else ''}"


class _Told(dict[str, Any]):
    """A detail that tells `?` for what it lacks: an old log must stay readable."""

    def __missing__(self, key: str) -> str:
        return "?"


def _who(event: Event) -> str:
    """A person without the address, Closeout, or the target on which somebody did it."""
    if event.who == "closeout":
        return "Closeout"
    if event.what == "issue changed":
        return f"Somebody on {event.who}"
    return person(event.who)


def _changes(detail: Mapping[str, Any]) -> str:
    parts = [_change(name, *pair) for name, pair in (detail.get("changes") or {}).items()]
    parts += [f"the target left out {name}" for name in detail.get("lacking") or ()]
    return f": {'; '.join(parts)}" if parts else ""


def _change(name: object, before: Any, after: Any) -> str:
    return f"{name} changed from {_shown(before)} to {_shown(after)}"


def _shown(value: Any) -> str:
    if value is None or value == []:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else f"“{str(value).replace('_', ' ')}”"


def _found_again(detail: Mapping[str, Any], event: Event) -> str:
    kept = [f"extended to {detail['extended_to']}"] if detail.get("extended_to") else []
    kept += [f"not {name}" for name in detail.get("parted") or ()]
    more = f" ({', '.join(kept)})" if kept else ""
    return f"found it again through its issue, in {event.document}{more}"


def _recorded(detail: Mapping[str, Any], _event: Event) -> str:
    facts = detail.get(STANDS) or {}
    told = [f"its {name.replace('_', ' ')} is {_shown(facts[name])}" for name in _TOLD_ALONE if name in facts]
    return f"noted that {' and '.join(told) or 'its state is the same as before'}"


def _linked(detail: Mapping[str, Any], _event: Event) -> str:
    apart = ", ".join(detail.get("parted") or ())
    return f"linked it to issue {detail['issue']}{f', and it is not {apart}' if apart else ''}"


def _extended(detail: Mapping[str, Any], _event: Event) -> str:
    was = detail.get("before") or detail.get("document")
    return f"extended its due date{f' from {was}' if was else ''} to {detail['to']}"


def _closing(detail: Mapping[str, Any], _event: Event) -> str:
    work = detail.get("work")
    if detail.get("state") == IssueState.WONT_DO.value:
        why = f": “{detail['reason']}”" if detail.get("reason") else ", and that nobody said why"
        return f"found that issue {detail['issue']} will not be done{why}"
    if not work:
        return f"found no work that closed issue {detail['issue']}"
    merged = "merged" if detail.get("merged") else "not merged"
    back = f", and reverted by {detail['reverted_by']}" if detail.get("reverted_by") else ""
    return f"found what closed issue {detail['issue']}: {work} ({merged}{back})"


def _moved(detail: Mapping[str, Any], _event: Event) -> str:
    issue = f"issue {detail['issue']} of {detail['target']}" if detail.get("issue") else detail["target"]
    return f"moved it from issue {detail['of']} of {detail['from']} to {issue}"


def _move_finished(detail: Mapping[str, Any], _event: Event) -> str:
    former = f"issue {detail['issue']} of {detail['target']}"
    if detail["how"] == CLOSED:
        return f"closed {former}, which says now where the work goes on"
    return f"left {former} as it is: {detail['how']}"


def _doubt(detail: Mapping[str, Any], _event: Event) -> str:
    verdict = "is this item, reworded" if detail.get("same") else "is a new item"
    return f"said that “{detail['words']}” {verdict}"


def _same_work(detail: Mapping[str, Any], _event: Event) -> str:
    apart = ", ".join(detail.get("parted") or ())
    return f"said that it is the same work as issue {detail['issue']}{f', and not {apart}' if apart else ''}"


def _left(detail: Mapping[str, Any]) -> str:
    return f"issue {detail['issue']}" if detail.get("issue") else "another item"


def _conflict(detail: Mapping[str, Any], _event: Event) -> str:
    both = f"the document said {_shown(detail.get('document'))}, the issue {_shown(detail.get('issue'))}"
    return f"found {detail['field']} changed on both sides: {both}; the {detail['winner']} won"


def _written(detail: Mapping[str, Any], event: Event) -> str:
    link, done = detail.get("link"), detail.get("done")
    what = [f"the link to {link}"] if link else []
    what += ["its check mark" if done else "an empty check box"] if done is not None else []
    return f"put {' and '.join(what)} into {event.document}"


_OUTCOMES = {"failed": "it did not work", "uncertain": "no answer came, so nobody knows yet whether it happened"}

_TOLD_ALONE = ("state", "due_date", "owner", "priority")

TOLD: Mapping[str, Callable[[Mapping[str, Any], Event], str]] = {
    "item found": lambda detail, event: f"found it in {event.document}, line {detail['line']}",
    "item found again": _found_again,
    "item recorded": _recorded,
    "item reworded": lambda detail, _: f"saw it reworded from “{detail['before']}”",
    "item moved": lambda detail, _: f"saw it move from {detail['before']} to {detail['after']}",
    "item removed": lambda _, event: f"saw it leave {event.document}",
    "item returned": lambda _, event: f"saw it back in {event.document}",
    "item changed": lambda detail, _: f"read {_change(detail['field'], detail.get('before'), detail.get('after'))}",
    "conflict settled": _conflict,
    "issue opened": lambda detail, _: f"opened issue {detail['issue']}{_changes(detail)}",
    "issue adopted": lambda detail, _: f"adopted issue {detail['issue']}",
    "issue updated": lambda detail, _: f"updated issue {detail['issue']}{_changes(detail)}",
    "issue changed": lambda detail, _: f"changed issue {detail['issue']}{_changes(detail)}",
    "parent opened": lambda detail, event: f"opened issue {detail['issue']} for the postmortem {event.document}",
    "rolling issue written": lambda detail, _: (
        f"{detail['how']} issue {detail['issue']}, the list of {detail['report']}"
    ),
    "issue related": lambda detail, _: (
        f"linked issue {detail['issue']} to {detail['to']}, which promised the same before"
    ),
    "issue made a part": lambda detail, _: f"put issue {detail['issue']} below {detail['of']}",
    "issue told": lambda detail, _: f"told issue {detail['issue']}",
    "document written": _written,
    "twin closed": lambda detail, _: f"closed issue {detail['issue']} as a duplicate of {detail['of']}",
    "issue gone": lambda detail, _: f"found issue {detail['issue']} gone ({detail['kind']})",
    "issue back": lambda detail, _: f"found issue {detail['issue']} there again",
    "issue followed": lambda detail, _: f"followed issue {detail['of']}, which was transferred, to {detail['issue']}",
    "issue linked": _linked,
    "issue unlinked": lambda detail, _: f"unlinked it from issue {detail['issue']}",
    "same work decided": _same_work,
    "same work found": lambda detail, _: f"found in issue {detail['issue']} that it is the same work",
    "same work undone": lambda detail, _: f"said that it is not the same work as {_left(detail)}",
    "own issue decided": lambda *_: "had it get an issue of its own, whatever is promised elsewhere",
    "item ignored": lambda *_: "had it ignored",
    "item heeded": lambda *_: "had it count again after it was ignored",
    "item snoozed": lambda detail, _: f"snoozed it until {detail['until']}",
    "item woken": lambda *_: "ended its snoozing",
    "item verified": lambda *_: "saw that it is really done",
    "verification undone": lambda *_: "took that back: it has to be verified again",
    "closing explained": _closing,
    "work opened": lambda detail, _: f"found issue {detail['issue']} in review: {detail['work']}",
    "work ended": lambda detail, _: f"found issue {detail['issue']} not in review any more: {detail['work']}",
    "due date extended": _extended,
    "extension undone": lambda detail, _: f"took its extension to {detail['before']} back",
    "extension overtaken": lambda detail, _: (
        f"dropped its extension to {detail['before']}, as the document now says {detail['document']}"
    ),
    "move decided": lambda detail, _: (
        f"had it moved from issue {detail['issue']} of {detail['target']} to {detail['to']}"
    ),
    "move given up": lambda detail, _: f"gave its move to {detail['to']} up: issue {detail['issue']} stays",
    "issue moved": _moved,
    "move found": lambda detail, _: f"found its issue {detail['now']}, where somebody had moved it on another machine",
    "move finished": _move_finished,
    "doubt decided": _doubt,
    "delivery given up": lambda detail, _: (
        f"gave up sending the report {detail['report']} of {detail['period']} to {detail['recipient']}"
        f" by {detail['channel']}"
    ),
}
"""How each kind of event is told, after who did it and before why."""
