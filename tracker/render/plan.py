"""What `closeout plan` and `closeout sync` print, and the plan file that `sync --plan` takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from pydantic import ValidationError

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
    Relate,
    Tell,
    Update,
)
from tracker.applied import Applied
from tracker.errors import UsageError
from tracker.model import KnownDocument
from tracker.render import gone, offers
from tracker.render.gone import GoneWire
from tracker.render.offers import OfferWire
from tracker.render.wire import Wire
from tracker.render.write_back import WriteBackWire
from tracker.similar import Proposal


class ChangeWire(Wire):
    """One field of an issue, before and after."""

    field: str
    before: Any
    after: Any


class ActionWire(Wire):
    """One action: create, create-parent, add-part, relate, update, close, reopen, tell and close-twin write to it.

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
    offers: tuple[OfferWire, ...]


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
    offers: tuple[OfferWire, ...]


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
    Relate: "relate",
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
        action_wire(action, documents).model_dump(mode="json", exclude={"line"})
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


def wire(plan: Plan, documents: Mapping[str, KnownDocument]) -> TargetPlan:
    """The plan for one target as it goes out."""
    return TargetPlan(
        target=plan.target,
        actions=tuple(action_wire(action, documents) for action in plan.actions),
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
        offers=tuple(offers.wire(offer, documents) for offer in plan.offers),
    )


def _synced(plan: Plan, applied: Applied, documents: Mapping[str, KnownDocument]) -> TargetSynced:
    planned = wire(plan, documents)
    return TargetSynced(
        target=plan.target,
        done=tuple(
            action_wire(done.action, documents).model_copy(
                update={"lacking": done.lacking, **({"issue": done.issue.ref.key} if done.issue else {})}
            )
            for done in applied.done
        ),
        failures=tuple(
            FailureWire(
                action=action_wire(failure.action, documents),
                uncertain=failure.uncertain,
                message=str(failure.error),
                advice=failure.error.advice,
            )
            for failure in applied.failures
        ),
        postponed=tuple(action_wire(action, documents) for action in applied.postponed),
        held=planned.held,
        conflicts=planned.conflicts,
        doubts=planned.doubts,
        offers=planned.offers,
    )


def action_wire(action: Action, documents: Mapping[str, KnownDocument]) -> ActionWire:
    """One action as it goes out."""
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
        case (
            Adopt(link=link)
            | Mark(link=link)
            | Follow(link=link)
            | Tell(link=link)
            | AddPart(link=link)
            | Relate(link=link)
        ):
            return {"issue": link.ref.key if link else None, "why": _why(action)}


def _why(action: Adopt | Mark | Follow | Tell | AddPart | Relate) -> str:
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
        case Relate(of=of, to=to):
            return f"promised before: {to.key if to else of.id}"


def _changes(changes: Sequence[Any]) -> tuple[ChangeWire, ...]:
    return tuple(ChangeWire(field=change.field, before=change.before, after=change.after) for change in changes)
