"""A plan as Markdown, for people who look at a pull request: what merging it would do to the issues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tracker.actions import Plan
from tracker.model import KnownDocument
from tracker.render import escape, offers
from tracker.render.plan import ActionWire, TargetPlan, name_of, wire
from tracker.render.plan_text import counts, shown

MARK = "<!-- closeout: plan -->"
"""What the one comment begins with that Closeout keeps on a pull request."""

LONGEST = 60_000
"""Characters; GitHub takes 65,536 in a comment."""

_QUIET = frozenset({"record", "gone", "back", "follow"})
_HEADER = ("| what | promised | how | where |", "| --- | --- | --- | --- |")


def to_markdown(plans: Sequence[Plan], documents: Mapping[str, KnownDocument]) -> str:
    """The plans: a table of what would be written for each target, and what is left to people."""
    parts = ["### Closeout plan"]
    for plan in plans:
        told = wire(plan, documents)
        rows = [_row(action) for action in told.actions if action.action not in _QUIET]
        parts.append(f"**{escape.markdown(plan.target)}**: {counts(plan)}")
        parts += ["\n".join((*_HEADER, *rows))] if rows else []
        remarks = [*_remarks(told), *_offers(plan, documents)]
        parts += ["\n".join(remarks)] if remarks else []
    return "\n\n".join(parts) + "\n"


def comment(plans: Sequence[Plan], documents: Mapping[str, KnownDocument]) -> str:
    """The comment that is kept on a pull request; a long plan is cut at a line, and says so."""
    text = to_markdown(plans, documents)
    if len(text) > LONGEST:
        kept = text[:LONGEST].rsplit("\n", 1)[0]
        left = text.count("\n") - kept.count("\n")
        text = f"{kept}\n\n… and {left} lines more: `closeout plan` shows all of it.\n"
    return f"{MARK}\n{text}\n_As of the last push; merging it and the next sync do this._\n"


def says_something(plans: Sequence[Plan]) -> bool:
    """Whether anything would be written, or is left to people."""
    return any(plan.held or plan.doubts or plan.offers or plan.conflicts or _writes(plan) for plan in plans)


def _writes(plan: Plan) -> bool:
    return any(name_of(action) not in _QUIET for action in plan.actions)


def _row(action: ActionWire) -> str:
    issue = f" {escape.markdown(action.issue)}" if action.issue else ""
    where = f"{action.path}:{action.line}".replace("`", "").replace("|", "\\|")
    text = escape.markdown(action.title or action.text)
    return f"| **{action.action}**{issue} | {text} | {escape.markdown(_how(action))} | `{where}` |"


def _how(action: ActionWire) -> str:
    facts = [f"owner {', '.join(action.assignees)}"] if action.assignees else []
    facts += [f"due {action.due}"] if action.due else []
    facts += [action.priority] if action.priority else []
    facts += [
        "its facts" if change.field == "content" else f"{change.field}: {shown(change.before)} → {shown(change.after)}"
        for change in action.changes
    ]
    return "; ".join([*facts, *([action.why] if action.why else [])])


def _offers(plan: Plan, documents: Mapping[str, KnownDocument]) -> Iterator[str]:
    for offer in plan.offers:
        said = offers.already(offer.item, offer.of, offer.link, documents[offer.of.document])
        next_ = f" {offers.answers(offer.item.id, offer.of.id)}." if offer.link else ""
        yield f"- not opened: “{escape.markdown(offer.item.text)}” is {escape.markdown(said)}.{next_}"


def _remarks(told: TargetPlan) -> Iterator[str]:
    for held in told.held:
        yield f"- left alone: {escape.markdown(held.text)} ({escape.markdown(held.why)})"
    for conflict in told.conflicts:
        both = f"the document says {shown(conflict.document)}, the issue {shown(conflict.issue)}"
        yield f"- conflict in {conflict.item}: {conflict.field}, {escape.markdown(both)}; the {conflict.winner} wins"
    for doubt in told.doubts:
        yield f"- in doubt: {escape.markdown(doubt.text)} (`closeout review`)"
