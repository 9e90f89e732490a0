"""Plans and what became of them, for people: on a terminal, document by document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.text import Text

from tracker.actions import Action, Adopt, Plan, Record
from tracker.applied import Applied, Done
from tracker.model import KnownDocument
from tracker.render import escape, offers
from tracker.render.plan import ActionWire, action_wire, name_of
from tracker.render.wording import stamp

_SIGNS = {
    "create": ("+", "green"),
    "create-parent": ("+", "green"),
    "update": ("~", "yellow"),
    "close": ("x", "blue"),
    "reopen": ("o", "yellow"),
}
_QUIET = ("=", "dim")
_PAST = {
    "create": "opened",
    "update": "updated",
    "close": "closed",
    "reopen": "reopened",
    "tell": "told",
    "adopt": "linked",
    "close-twin": "twin closed",
    "record": "noted",
    "gone": "gone",
    "back": "back",
    "follow": "followed",
    "create-parent": "opened",
    "add-part": "put below",
    "relate": "related",
}


def failures(applied: Applied, documents: Mapping[str, KnownDocument]) -> list[str]:
    """What went wrong, for standard error: what, where, and what to do next."""
    lines = []
    for failure in applied.failures:
        item = failure.action.item
        place = f"{documents[item.document].path}:{item.line}"
        doubt = "; the next sync finds out whether it happened" if failure.uncertain else ""
        lines.append(f"closeout: {place}: {name_of(failure.action)} failed: {failure.error}{doubt}")
        lines += [f"  {failure.error.advice}"] if failure.error.advice else []
    if applied.postponed:
        lines.append(f"closeout: {len(applied.postponed)} more were not tried; run `closeout sync` again later")
    for done in applied.done:
        if done.lacking:
            lines.append(f"closeout: {done.issue.ref.key if done.issue else ''}: left out: {', '.join(done.lacking)}")
            lines += [f"  {advice}" for advice in done.advice]
    return lines


def print_plan(plans: Sequence[Plan], documents: Mapping[str, KnownDocument], console: Console) -> None:
    """The plans for people: what would be written, document by document."""
    for plan in plans:
        console.print(Text.assemble((plan.target, "bold"), f"  {counts(plan)}"))
        _print_actions([(action, "") for action in plan.actions if not isinstance(action, Record)], documents, console)
        print_remarks(plan, documents, console)


def print_applied(plan: Plan, applied: Applied, documents: Mapping[str, KnownDocument], console: Console) -> None:
    """What a sync did, document by document."""
    told = ", ".join([done_counts(applied), *_undecided(plan)])
    console.print(Text.assemble((plan.target, "bold"), f"  {told}"))
    shown = [(done.action, done.issue.ref.key if done.issue else "") for done in applied.done if not _silent(done)]
    _print_actions(shown, documents, console, words=_PAST)
    print_remarks(plan, documents, console)


def print_remarks(plan: Plan, documents: Mapping[str, KnownDocument], console: Console) -> None:
    """What people should know besides: conflicts, drift, items held back or in doubt."""
    for item, conflict in plan.conflicts:
        both = f"{conflict.field}: the document says {conflict.document!r}, the issue {conflict.issue!r}"
        _remark(console, f"conflict in {item.id}", f"{both}; the {conflict.winner} wins")
    for item, change in plan.drift:
        _remark(
            console,
            f"drift in {item.id}",
            f"{change.field} was changed on the issue to {change.after!r}; left as it is",
        )
    for held in plan.held:
        until = f", until {stamp(held.until)}" if held.until else ""
        advice = f". {held.gone.advice}" if held.gone and held.gone.advice else ""
        _remark(console, f"held back {held.item.id}", f"{held.item.text}: {held.why}{until}{advice}")
    for doubt in plan.doubts:
        ids = " or ".join(candidate.id for candidate in doubt.candidates)
        place = f"{documents[doubt.document].path}:{doubt.parsed.line}"
        _remark(console, f"in doubt {place}", f"“{doubt.parsed.text}” could be {ids}; `closeout review` decides")
    for offer in plan.offers:
        said = offers.already(offer.item, offer.of, offer.link, documents[offer.of.document])
        next_ = f". {offers.answers(offer.item.id, offer.of.id)}" if offer.link else ""
        _remark(console, f"not opened {offer.item.id}", f"“{offer.item.text}” is {said}{next_}")


def counts(plan: Plan) -> str:
    """`12 to create, 1 to close`, or `nothing to do`."""
    names = [name_of(action) for action in plan.writes]
    parts = [f"{names.count(name)} to {name}" for name in dict.fromkeys(names)]
    adopts = sum(isinstance(action, Adopt) for action in plan.actions)
    parts += [f"{adopts} to adopt"] if adopts else []
    return ", ".join([*parts, *_undecided(plan)]) or "nothing to do"


def _undecided(plan: Plan) -> list[str]:
    lost = sum(held.gone is not None for held in plan.held)
    told = [f"{lost} to decide (issue gone)"] if lost else []
    return [*told, f"{len(plan.offers)} to decide (promised already)"] if plan.offers else told


def done_counts(applied: Applied) -> str:
    """`12 created, 1 closed; 2 failed`, or `nothing to do`."""
    names = [name_of(done.action) for done in applied.done if not _silent(done)]
    parts = [f"{names.count(name)} {_PAST[name]}" for name in dict.fromkeys(names)]
    parts += [f"{len(applied.failures)} failed"] if applied.failures else []
    parts += [f"{len(applied.postponed)} postponed"] if applied.postponed else []
    return ", ".join(parts) or "nothing to do"


def _silent(done: Done) -> bool:
    return done.was_done or (isinstance(done.action, Record) and not done.action.changes)


def _print_actions(
    shown: Sequence[tuple[Action, str]],
    documents: Mapping[str, KnownDocument],
    console: Console,
    words: Mapping[str, str] = MappingProxyType({}),
) -> None:
    last = None
    for action, key in shown:
        if action.item.document != last:
            last = action.item.document
            document = documents[last]
            title = f"{escape.plain(document.title)}  " if document.title else ""
            console.print(Text.assemble("\n  ", (title, "bold"), (document.path, "dim")), soft_wrap=True)
        told = action_wire(action, documents)
        console.print(_line(told, key or told.issue or "", words.get(told.action, told.action)), soft_wrap=True)
    if shown:
        console.print()


def _line(wire: ActionWire, key: str, word: str) -> Text:
    sign, style = _SIGNS.get(wire.action, _QUIET)
    line = Text.assemble("    ", (f"{sign} {word:<9} ", style), (f"{key:<5} " if key else "", "bold"))
    line.append(escape.plain(wire.title or wire.text))
    facts = [f"@{name}" for name in wire.assignees] + ([f"due {wire.due}"] if wire.due else [])
    facts += [wire.priority] if wire.priority else []
    line.append(f"  {' '.join(facts)}" if facts else "", style="cyan")
    for change in wire.changes:
        said = (
            "the facts in its block"
            if change.field == "content"
            else f"{shown(change.before)} -> {shown(change.after)}"
        )
        name = "changed" if change.field == "content" else change.field
        line.append(f"\n                {name}: ", style="dim")
        line.append(escape.plain(said), style="dim")
    if wire.why:
        line.append(f"  ({escape.plain(wire.why)})", style="dim")
    return line


def shown(value: Any) -> str:
    """A field's value in words."""
    if value is None or value == []:
        return "nothing"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _remark(console: Console, head: str, body: str) -> None:
    console.print(Text.assemble("  ", (f"{head}: ", "yellow"), escape.plain(body)), soft_wrap=True)
