"""What people decided: each decision is an event, and what stands of an item is the fold of its events. Pure.

    issue linked, issue unlinked           which issue is the item's, and which are not (`Item.parted`)
    item ignored, item heeded              no issue, no report; and back
    item snoozed, item woken               nothing is asked of anybody until a day; and back
    due date extended, extension undone    the day that counts instead of the document's; and back
    extension overtaken                    the document asks for a later day than that: it wins (Closeout's own step)
    item found again                       a lost store: what an issue's marker still told of it
    item verified, verification undone     a person saw that it is really done; and back
    move decided, move given up            the item is to have its issue in another target; and that came to nothing
    issue moved, move found                it has one there; on another machine somebody had it moved
    move finished                          its former issue is closed, or was let be
    doubt decided                          which known item a reworded one is; see `tracker.identity`
    same work decided, same work undone    another item's issue stands for this one, too; and back
    same work found                        a lost store: the other item's issue still told of it
    own issue decided                      it gets an issue of its own, though another item's is alike

The store writes what stands of an item in no other way than by `step`, so that no sync can undo a decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from connectors import Issue, IssueRef
from tracker.errors import UsageError
from tracker.model import Event, Item, ItemState, Link, Move, MoveStage, parted_name

LINKED, UNLINKED = "issue linked", "issue unlinked"
IGNORED, HEEDED = "item ignored", "item heeded"
SNOOZED, WOKEN = "item snoozed", "item woken"
EXTENDED, UNEXTENDED, OVERTAKEN = "due date extended", "extension undone", "extension overtaken"
FOUND_AGAIN = "item found again"
VERIFIED, UNVERIFIED = "item verified", "verification undone"
MOVE_DECIDED, MOVE_GIVEN_UP = "move decided", "move given up"
MOVED, MOVE_FOUND, MOVE_FINISHED = "issue moved", "move found", "move finished"
DOUBT_DECIDED = "doubt decided"
SAME, SAME_FOUND, SAME_UNDONE = "same work decided", "same work found", "same work undone"
OWN_ISSUE = "own issue decided"
_MOVE = ("to", "target", "issue", "url")


@dataclass(frozen=True, slots=True)
class Standing:
    """What people's decisions come to for one item; the fields are those of `Item`."""

    ignored: bool = False
    snoozed_until: date | None = None
    extended_to: date | None = None
    parted: tuple[str, ...] = ()
    verified_at: datetime | None = None
    move: Move | None = None
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class Saying:
    """Who decides, when, and why."""

    who: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person said of a text in a document: it is this known item, or (None) a new one. `text` is normalised."""

    document: str
    text: str
    item: str | None


def fold(events: Iterable[Event]) -> Standing:
    """What stands after `events` of one item, oldest first."""
    standing = Standing()
    for event in events:
        standing = step(standing, event)
    return standing


def step(standing: Standing, event: Event) -> Standing:
    """What stands after one more event; most events change nothing."""
    detail = event.detail
    changed: dict[str, Any] = {}
    match event.what:
        case "issue linked":
            own = f"{detail.get('target')} {detail.get('issue')}"
            apart = [name for name in (*standing.parted, *detail.get("parted", ())) if name != own]
            changed = {"parted": tuple(dict.fromkeys(apart)), "move": _stays_after(standing.move, own)}
            changed |= {"same_as": None}
        case "issue unlinked":
            gone = tuple(detail.get("parted", ()))
            changed = {"parted": tuple(dict.fromkeys((*standing.parted, *gone)))}
            changed |= {"move": _stays_after(standing.move, *gone)}
        case "same work decided" | "same work found" | "same work undone" | "own issue decided":
            changed = _sharing(standing, event)
        case "move decided" | "move given up" | "issue moved" | "move found" | "move finished":
            changed = _moving(standing, event)
        case "item ignored" | "item heeded":
            changed = {"ignored": event.what == IGNORED}
        case "item snoozed" | "item woken":
            changed = {"snoozed_until": _day(detail.get("until"))}
        case "due date extended" | "extension undone" | "extension overtaken":
            changed = {"extended_to": _day(detail.get("to"))}
        case "item verified" | "verification undone":
            changed = {"verified_at": event.at if event.what == VERIFIED else None}
        case "item found again":
            changed = {"extended_to": _day(detail.get("extended_to")), "parted": tuple(detail.get("parted", ()))}
            changed |= {"move": _marked_move(detail.get("moved"))}
    return replace(standing, **changed)


def _sharing(standing: Standing, event: Event) -> dict[str, Any]:
    detail, ours = event.detail, event.what in (SAME, SAME_FOUND)
    shared = f"{detail.get('target')} {detail.get('issue')}"
    parted = dict.fromkeys((*standing.parted, *detail.get("parted", ())))
    if not ours:
        return {"parted": tuple(parted), "same_as": event.item if event.what == OWN_ISSUE else None}
    apart = tuple(name for name in parted if name != shared)
    return {"parted": apart, "same_as": detail.get("of"), "move": _stays_after(standing.move, shared)}


def _moving(standing: Standing, event: Event) -> dict[str, Any]:
    detail, move = event.detail, standing.move
    if event.what == MOVE_DECIDED:
        to, target, issue, url = (str(detail[name]) for name in _MOVE)
        return {"move": Move(to, target, issue, url, bool(detail["own"]))}
    if event.what == MOVE_FOUND:
        move = _marked_move(detail.get("moved"))
    if event.what == MOVE_GIVEN_UP or move is None:
        return {"move": None}
    if event.what == MOVE_FINISHED:
        return {"move": replace(move, stage=MoveStage.FINISHED)}
    # What somebody else opened is not closed: nothing is left to do.
    stage = MoveStage.OPENED if move.own else MoveStage.FINISHED
    parted = tuple(dict.fromkeys((*standing.parted, move.left)))
    return {"move": replace(move, stage=stage), "parted": parted}


def _stays_after(move: Move | None, *issues: str) -> Move | None:
    """The move after a person linked the item to, or parted it from, these issues: their word is the later one."""
    over = move is not None and (move.stage is MoveStage.DECIDED or move.left in issues)
    return None if over else move


DECIDING = frozenset(
    {LINKED, UNLINKED, IGNORED, HEEDED, SNOOZED, WOKEN, EXTENDED, UNEXTENDED, OVERTAKEN, VERIFIED, UNVERIFIED}
    | {MOVE_DECIDED, MOVE_GIVEN_UP, MOVED, MOVE_FOUND, MOVE_FINISHED, FOUND_AGAIN}
    | {SAME, SAME_FOUND, SAME_UNDONE, OWN_ISSUE}
)
"""The events that `step` knows."""


def decides(event: Event) -> bool:
    """Whether `event` can change what stands; of the many items of a lost store that are found again few do."""
    if event.what == FOUND_AGAIN:
        return not event.detail.keys().isdisjoint({"parted", "extended_to", "moved"})
    return event.what in DECIDING


def standing_of(item: Item) -> Standing:
    """What stands of `item` as it is stored."""
    return Standing(**{each.name: getattr(item, each.name) for each in fields(Standing)})


def after(item: Item, event: Event) -> Item:
    """`item` as it stands after `event`."""
    now = step(standing_of(item), event)
    return replace(item, **{each.name: getattr(now, each.name) for each in fields(Standing)})


def marked(item: Item) -> dict[str, Any]:
    """What an issue's marker keeps of the decisions, so that a lost store does not undo them on the issue."""
    kept: dict[str, Any] = {"parted": list(item.parted)} if item.parted else {}
    kept |= {"extended_to": item.extended_to.isoformat()} if item.extended_to else {}
    if (move := item.move) is not None and move.stage is not MoveStage.DECIDED:
        kept["moved"] = {"to": move.to, "target": move.target, "issue": move.issue, "url": move.url}
    return kept


def unmarked(base: Mapping[str, Any]) -> Standing:
    """What a marker's base tells of the decisions. People can edit markers: what makes no sense tells nothing."""
    told = base.get("decisions")
    told = told if isinstance(told, Mapping) else {}
    parted, day, move = told.get("parted"), told.get("extended_to"), _marked_move(told.get("moved"))
    names = tuple(name for name in parted if isinstance(name, str)) if isinstance(parted, list) else ()
    try:
        return Standing(extended_to=_day(day) if isinstance(day, str) else None, parted=names, move=move)
    except ValueError:
        return Standing(parted=names, move=move)


def _marked_move(told: Any) -> Move | None:
    """The move of which a marker tells. Whether the former issue was closed after it was written, that issue tells."""
    if not isinstance(told, Mapping) or not all(isinstance(told.get(name), str) for name in _MOVE):
        return None
    to, target, issue, url = (told[name] for name in _MOVE)
    return Move(to, target, issue, url, stage=MoveStage.OPENED)


def verdict_of(event: Event) -> Verdict:
    """The verdict that a `doubt decided` tells."""
    same = event.detail.get("same")
    return Verdict(event.document or "", str(event.detail.get("text", "")), str(same) if same else None)


def latest(events: Iterable[Event], what: str) -> Event | None:
    """The last event of this kind."""
    return next((event for event in reversed(list(events)) if event.what == what), None)


# Each decision gives the item after it, and the event that tells of it.


def link(item: Item, issue: Issue, apart: Iterable[IssueRef], saying: Saying) -> tuple[Item, Event]:
    """`issue` is the item's; `apart` are those that its link or its document named and that are not."""
    ref = issue.ref
    names = sorted({parted_name(each) for each in apart} - {parted_name(ref)})
    event = _event(item, LINKED, saying, issue=ref.key, url=ref.url, target=ref.target, parted=names)
    return from_issue(after(item, event), issue, saying.at), event


def unlink(item: Item, held: Link, saying: Saying) -> tuple[Item, Event]:
    """The linked issue is not the item's: what it said of the item no longer counts."""
    ref = held.ref
    event = _event(item, UNLINKED, saying, issue=ref.key, url=ref.url, target=ref.target, parted=[parted_name(ref)])
    return from_document(after(item, event), saying.at), event


def ignore(item: Item, saying: Saying) -> tuple[Item, Event]:
    """Nothing is expected of the item, and nothing is done about it.

    Raises:
        UsageError: it is ignored already.
    """
    if item.ignored:
        raise pointless(item, "it is ignored already", "`closeout ignore ITEM --undo` takes that back.")
    event = _event(item, IGNORED, saying)
    state = item.state if item.state is ItemState.REMOVED else ItemState.IGNORED
    return replace(after(item, event), state=state), event


def heed(item: Item, held: Link | None, saying: Saying) -> tuple[Item, Event]:
    """The item counts again: as its issue says, else its document.

    Raises:
        UsageError: it is not ignored.
    """
    if not item.ignored:
        raise pointless(item, "it is not ignored", "")
    event = _event(item, HEEDED, saying)
    back = after(item, event)
    return (from_issue(back, held.issue, saying.at) if held else from_document(back, saying.at)), event


def snooze(item: Item, until: date, today: date, saying: Saying) -> tuple[Item, Event]:
    """Reports and reminders leave the item out before the day `until`.

    Raises:
        UsageError: nothing is expected of it anyway, or the day is not ahead.
    """
    _only_open(item, "snooze")
    if until <= today:
        raise pointless(item, f"{until} is not ahead", f"Today is {today}; name a later day.")
    event = _event(item, SNOOZED, saying, until=until.isoformat())
    return after(item, event), event


def wake(item: Item, saying: Saying) -> tuple[Item, Event]:
    """The item is not snoozed any more.

    Raises:
        UsageError: it is not snoozed.
    """
    if item.snoozed_until is None:
        raise pointless(item, "it is not snoozed", "")
    event = _event(item, WOKEN, saying)
    return after(item, event), event


def extend(item: Item, to: date, saying: Saying, by_policy: date | None = None) -> tuple[Item, Event]:
    """`to` is the day that counts, whatever the document says now; `by_policy` is the policy's where that says none.

    Raises:
        UsageError: nothing is expected of it anyway.
    """
    _only_open(item, "extend")
    event = _event(
        item,
        EXTENDED,
        saying,
        to=to.isoformat(),
        before=item.extended_to.isoformat() if item.extended_to else None,
        document=item.due_date.isoformat() if item.due_date else item.due,
        **({"policy": by_policy.isoformat()} if by_policy else {}),
    )
    return after(item, event), event


def unextend(item: Item, saying: Saying) -> tuple[Item, Event]:
    """The document's own day counts again.

    Raises:
        UsageError: it is not extended.
    """
    if item.extended_to is None:
        raise pointless(item, "its due date is not extended", "")
    event = _event(item, UNEXTENDED, saying, before=item.extended_to.isoformat())
    return after(item, event), event


def verify(item: Item, saying: Saying) -> tuple[Item, Event]:
    """A person saw that what was promised is really done.

    Raises:
        UsageError: it is not done, or was verified already.
    """
    if item.state is not ItemState.DONE:
        said = f"there is nothing to verify: it is {item.state.value.replace('_', ' ')}"
        raise pointless(item, said, "Close its issue, or tick it in its document, first.")
    if item.said_verified:
        raise pointless(item, "it is verified already", "`closeout verify ITEM --undo` takes that back.")
    # The target told when the issue was closed, and its clock may be ahead of ours.
    at = max(saying.at, item.settled_at) if item.settled_at else saying.at
    event = _event(item, VERIFIED, replace(saying, at=at))
    return after(item, event), event


def unverify(item: Item, saying: Saying) -> tuple[Item, Event]:
    """What a person said of its being done no longer counts.

    Raises:
        UsageError: nobody said so.
    """
    if item.verified_at is None:
        raise pointless(item, "nobody verified it", "")
    event = _event(item, UNVERIFIED, saying)
    return after(item, event), event


def overtaken(former: Item, item: Item, now: datetime) -> Event | None:
    """The document changed its day to one after the extension: there is nothing left to extend."""
    to, day = former.extended_to, item.due_date
    if to is None or day is None or day == former.due_date or day <= to:
        return None
    return Event(now, "closeout", OVERTAKEN, item.id, item.document, {"before": str(to), "document": str(day)})


def found_again(item: Item, now: datetime) -> Event:
    """An item that a lost store knows again from its issue, with the decisions that the marker kept."""
    return Event(now, "closeout", FOUND_AGAIN, item.id, item.document, {"text": item.text, **marked(item)})


def decided(verdict: Verdict, words: str, saying: Saying) -> Event:
    """The event that remembers what was said of a doubt; `words` are the text as it stands in the document."""
    detail = {"text": verdict.text, "words": words, "same": verdict.item}
    return Event(saying.at, saying.who, DOUBT_DECIDED, verdict.item, verdict.document, detail)


def from_issue(item: Item, issue: Issue, now: datetime) -> Item:
    """The item as this issue says, unless it was set aside or left its document."""
    if item.ignored or item.state is ItemState.REMOVED:
        return item
    state = ItemState(issue.state.value)
    return replace(item, state=state, settled_at=(issue.closed_at or now) if state.settled else None)


def from_document(item: Item, now: datetime) -> Item:
    """The item as its document says, unless it was set aside or left it."""
    if item.ignored or item.state is ItemState.REMOVED:
        return item
    state = ItemState.DONE if item.done else ItemState.OPEN
    return replace(item, state=state, settled_at=(item.settled_at or now) if state.settled else None)


def _only_open(item: Item, word: str) -> None:
    if item.state.settled:
        said = f"there is nothing to {word}: it is {item.state.value.replace('_', ' ')}"
        raise pointless(item, said, "`closeout history ITEM` tells how that came.")


def pointless(item: Item, message: str, advice: str) -> UsageError:
    """Why a decision about the item would change nothing."""
    return UsageError(message, where=item.id, advice=advice)


def _event(item: Item, what: str, saying: Saying, **detail: Any) -> Event:
    told: Mapping[str, Any] = {**detail, "why": saying.why} if saying.why else detail
    return Event(saying.at, saying.who, what, item.id, item.document, dict(told))


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None
