"""What `closeout plan` and `closeout sync` print, and the plan file that `sync --plan` takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal

from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from tracker.actions import (
    Action,
    AddPart,
    Adopt,
    CloseTwin,
    Create,
    CreateParent,
    Follow,
    Mark,
    Plan,
    Record,
    Tell,
    Update,
)
from tracker.applied import Applied, Done
from tracker.errors import UsageError
from tracker.model import KnownDocument
from tracker.render import escape, gone
from tracker.render.gone import GoneWire
from tracker.render.wire import Wire
from tracker.render.words import stamp
from tracker.render.write_back import WriteBackWire
from tracker.similar import Proposal

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
}


class ChangeWire(Wire):
    """One field of an issue, before and after."""

    field: str
    before: Any
    after: Any


class ActionWire(Wire):
    """One action: create, create-parent, add-part, update, close, reopen, tell and close-twin write to it.

    Adopt, follow, record, gone and back do not.
    """

    action: str
    item: str
    text: str
    document: str
    path: str
    line: int
    issue: str | None = None
    title: str | None = None
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    due: date | None = None
    priority: str | None = None
    changes: tuple[ChangeWire, ...] = ()
    why: str | None = None
    lacking: tuple[str, ...] = ()


class HeldWire(Wire):
    """An item left alone for now; with `gone`, until somebody decides."""

    item: str
    text: str
    why: str
    until: datetime | None = None
    gone: GoneWire | None = None


class ConflictWire(Wire):
    """Both sides changed a field apart; `winner` is `document` or `issue`."""

    item: str
    field: str
    document: Any
    issue: Any
    winner: str


class DoubtWire(Wire):
    """An item of a document that could be more than one known item; `closeout review` decides it, by its `ref`."""

    ref: str
    document: str
    line: int
    text: str
    candidates: tuple[str, ...]


class TargetPlan(Wire):
    """The plan for one target."""

    target: str
    actions: tuple[ActionWire, ...]
    held: tuple[HeldWire, ...]
    conflicts: tuple[ConflictWire, ...]
    doubts: tuple[DoubtWire, ...]


class ProposalWire(Wire):
    """An open issue that reads like an item without one (`plan --adopt similar`); `likeness` is at most 100."""

    item: str
    text: str
    target: str
    issue: str
    url: str
    title: str
    likeness: float


class PlanOutput(Wire):
    """`closeout plan --format json`, and the file that `--out` writes. `fingerprint` tells whether the world moved.

    `write_back` is what would be put into documents; null where nothing is to be.
    """

    version: Literal[1] = 1
    fingerprint: str
    plans: tuple[TargetPlan, ...]
    proposals: tuple[ProposalWire, ...] = ()
    write_back: WriteBackWire | None = None


class FailureWire(Wire):
    """An action that was not carried out (or may have been: `uncertain`), and why."""

    action: ActionWire
    uncertain: bool
    message: str
    advice: str


class TargetSynced(Wire):
    """What became of one target's plan. `done` holds `lacking`: what the target silently left out."""

    target: str
    done: tuple[ActionWire, ...]
    failures: tuple[FailureWire, ...]
    postponed: tuple[ActionWire, ...]
    held: tuple[HeldWire, ...]
    conflicts: tuple[ConflictWire, ...]
    doubts: tuple[DoubtWire, ...]


class SyncOutput(Wire):
    """`closeout sync --format json`."""

    version: Literal[1] = 1
    targets: tuple[TargetSynced, ...]
    write_back: WriteBackWire | None = None


_NAMES = {
    Create: "create",
    Tell: "tell",
    Adopt: "adopt",
    Follow: "follow",
    CloseTwin: "close-twin",
    Record: "record",
    CreateParent: "create-parent",
    AddPart: "add-part",
}


def name_of(action: Action) -> str:
    """What an action is called in output."""
    if isinstance(action, Mark):
        return "gone" if action.link.gone else "back"
    if not isinstance(action, Update):
        return _NAMES[type(action)]
    if action.closes:
        return "close"
    return "reopen" if action.patch.state is not None and not action.patch.state.closed else "update"


def output(
    plans: Sequence[Plan], documents: Mapping[str, KnownDocument], proposals: Sequence[Proposal] = ()
) -> PlanOutput:
    """The plans as data."""
    wires = tuple(wire(plan, documents) for plan in plans)
    return PlanOutput(
        fingerprint=fingerprint(plans, documents), plans=wires, proposals=tuple(map(_proposal, proposals))
    )


def _proposal(proposal: Proposal) -> ProposalWire:
    ref = proposal.issue.ref
    return ProposalWire(
        item=proposal.item.id,
        text=proposal.item.text,
        target=ref.target,
        issue=ref.key,
        url=ref.url,
        title=proposal.issue.title,
        likeness=round(proposal.likeness, 1),
    )


def fingerprint(plans: Sequence[Plan], documents: Mapping[str, KnownDocument]) -> str:
    """A digest of all that the plans would write, the blocks' meaning included. Lines may shift: they are left out."""
    writes = [
        _action(action, documents).model_dump(mode="json", exclude={"line"})
        | {"target": plan.target, "fields": _fields(action)}
        for plan in plans
        for action in plan.writes
    ]
    return hashlib.sha256(json.dumps(writes, sort_keys=True).encode()).hexdigest()


def _fields(action: Action) -> Any:
    """The document's side of what is written; `content` is the digest of the block's meaning."""
    match action:
        case Create(fields=fields):
            return dict(fields)
        case Update(base=base):
            return base.get("document")
    return None


def read_fingerprint(text: str, where: str) -> str:
    """The fingerprint in a plan file.

    Raises:
        UsageError: this is no plan file.
    """
    try:
        return PlanOutput.model_validate_json(text).fingerprint
    except ValidationError as error:
        raise UsageError(
            f"this is no plan: {error.errors(include_url=False)[0]['msg']}",
            where=where,
            advice="`closeout plan --out FILE` writes one.",
        ) from error


def to_json(
    plans: Sequence[Plan],
    documents: Mapping[str, KnownDocument],
    proposals: Sequence[Proposal] = (),
    written: WriteBackWire | None = None,
) -> str:
    """The plans as JSON, ending in a line break."""
    made = output(plans, documents, proposals).model_copy(update={"write_back": written})
    return made.model_dump_json(indent=2) + "\n"


def synced_json(
    plans: Sequence[Plan],
    applied: Mapping[str, Applied],
    documents: Mapping[str, KnownDocument],
    written: WriteBackWire | None = None,
) -> str:
    """What a sync did as JSON, ending in a line break."""
    targets = tuple(_synced(plan, applied[plan.target], documents) for plan in plans)
    return SyncOutput(targets=targets, write_back=written).model_dump_json(indent=2) + "\n"


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
    console.print(Text.assemble((plan.target, "bold"), f"  {done_counts(applied)}"))
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


def counts(plan: Plan) -> str:
    """`12 to create, 1 to close`, or `nothing to do`."""
    names = [name_of(action) for action in plan.writes]
    parts = [f"{names.count(name)} to {name}" for name in dict.fromkeys(names)]
    adopts = sum(isinstance(action, Adopt) for action in plan.actions)
    parts += [f"{adopts} to adopt"] if adopts else []
    return ", ".join([*parts, *_undecided(plan)]) or "nothing to do"


def _undecided(plan: Plan) -> list[str]:
    lost = sum(held.gone is not None for held in plan.held)
    return [f"{lost} to decide (issue gone)"] if lost else []


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
        told = _action(action, documents)
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


def wire(plan: Plan, documents: Mapping[str, KnownDocument]) -> TargetPlan:
    """The plan for one target as it goes out."""
    return TargetPlan(
        target=plan.target,
        actions=tuple(_action(action, documents) for action in plan.actions),
        held=tuple(
            HeldWire(item=h.item.id, text=h.item.text, why=h.why, until=h.until, gone=gone.wire(h.gone))
            for h in plan.held
        ),
        conflicts=tuple(
            ConflictWire(item=item.id, field=c.field, document=c.document, issue=c.issue, winner=c.winner)
            for item, c in plan.conflicts
        ),
        doubts=tuple(
            DoubtWire(
                ref=doubt.ref,
                document=doubt.document,
                line=doubt.parsed.line,
                text=doubt.parsed.text,
                candidates=tuple(candidate.id for candidate in doubt.candidates),
            )
            for doubt in plan.doubts
        ),
    )


def _synced(plan: Plan, applied: Applied, documents: Mapping[str, KnownDocument]) -> TargetSynced:
    planned = wire(plan, documents)
    return TargetSynced(
        target=plan.target,
        done=tuple(
            _action(done.action, documents).model_copy(
                update={"lacking": done.lacking, **({"issue": done.issue.ref.key} if done.issue else {})}
            )
            for done in applied.done
        ),
        failures=tuple(
            FailureWire(
                action=_action(failure.action, documents),
                uncertain=failure.uncertain,
                message=str(failure.error),
                advice=failure.error.advice,
            )
            for failure in applied.failures
        ),
        postponed=tuple(_action(action, documents) for action in applied.postponed),
        held=planned.held,
        conflicts=planned.conflicts,
        doubts=planned.doubts,
    )


def _action(action: Action, documents: Mapping[str, KnownDocument]) -> ActionWire:
    item = action.item
    common = {
        "action": name_of(action),
        "item": item.id,
        "text": item.text,
        "document": item.document,
        "path": documents[item.document].path,
        "line": item.line,
    }
    return ActionWire(**{**common, **_told(action)})


def _told(action: Action) -> dict[str, Any]:
    """What there is to tell of this kind of action."""
    match action:
        case Create(draft=draft) | CreateParent(draft=draft):
            words = {"text": draft.title} if isinstance(action, CreateParent) else {}
            return words | {
                "title": draft.title,
                "labels": tuple(sorted(draft.labels)),
                "assignees": tuple(sorted(draft.assignees)),
                "due": draft.due,
                "priority": draft.priority,
            }
        case Update(link=link, changes=changes) | Record(link=link, changes=changes):
            return {"issue": link.ref.key if link else None, "changes": _changes(changes)}
        case CloseTwin(issue=issue, of=of):
            return {"issue": issue.ref.key, "why": f"duplicate of {of.key}"}
        case Adopt(link=link) | Mark(link=link) | Follow(link=link) | Tell(link=link) | AddPart(link=link):
            return {"issue": link.ref.key if link else None, "why": _why(action)}


def _why(action: Adopt | Mark | Follow | Tell | AddPart) -> str:
    match action:
        case Adopt(why=why):
            return why
        case Mark(link=link):
            return link.gone.message if link.gone else "its issue is there again"
        case Follow(before=before):
            return f"{before.ref.key} was transferred there"
        case Tell():
            return "the item left its document"
        case AddPart(whole=whole):
            return f"below {whole.ref.key if whole else 'the issue of its postmortem, which is opened, too'}"


def _changes(changes: Sequence[Any]) -> tuple[ChangeWire, ...]:
    return tuple(ChangeWire(field=change.field, before=change.before, after=change.after) for change in changes)
