"""How a report puts things: one wording for the terminal, the mail, Markdown and HTML. No rules, only words."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.metrics import Metrics
from tracker.model import ItemState
from tracker.policy import Flag
from tracker.render.flags import sentence as sentence_of
from tracker.render.gone import sentence
from tracker.render.wording import STATES, stamp
from tracker.report import Counts, GroupName, Progress, Promise, Report, ReportItem, Section, SectionKind, Theme

GROUPS = {
    GroupName.OVERDUE: "Overdue",
    GroupName.DUE_SOON: "Due soon",
    GroupName.DRIFT: "At odds with its issue",
    GroupName.GHOST: "Issue gone",
    GroupName.UNLINKED: "No issue yet",
    GroupName.STALE: "Nothing heard of it for long",
    GroupName.UNEXPLAINED: "Won't do, and nobody said why",
    GroupName.REMOVED: "Left its postmortem, issue still open",
    GroupName.IN_REVIEW: "In review",
    GroupName.OPEN: "Open",
    GroupName.CLOSED: "Closed",
}
SECTIONS = {
    SectionKind.TEAMLESS: "People without a team",
    SectionKind.UNKNOWN: "Owners nobody knows",
    SectionKind.NOBODY: "No owner",
}
_COUNTED = {
    "unlinked": "without an issue",
    "unowned": "without an owner",
    "owner-unknown": "with an unknown owner",
    "owner-gone": "whose owner has left",
    "ghost": "with a gone issue",
    "drift": "at odds with their issue",
    "stale": "long without activity",
    "recurring": "promised before",
    "unexplained": "won't do without a reason",
    "removed": "gone from their postmortem",
}
"""How many items carry a flag, where its name alone would not say it."""
_TOLD_ELSEWHERE = frozenset(
    {"overdue", "due-soon", "unlinked", "ghost", "unowned", "owner-unknown", "snoozed", "verified", "reopened"}
)
"""Flags that a group, the due date, the issue or the owners of an item tell already."""
_OF_NOBODY = (Flag.UNOWNED, Flag.OWNER_UNKNOWN)


def heading(report: Report) -> str:
    """What the report is called, and whose part it is."""
    return f"{report.title} for {report.recipient.name}" if report.recipient else report.title


def section(part: Section) -> str:
    """The heading of a section."""
    if part.document:
        return part.document.title
    if part.owner is None:
        return SECTIONS[part.kind]
    name = part.owner.name
    match part.kind:
        case SectionKind.ESCALATED:
            return f"Escalated to you: {name}'s"
        case SectionKind.STANDING_IN:
            return f"{name}'s, while away until {part.owner.away_until}"
        case SectionKind.LEFT_BEHIND:
            return f"{name}'s, owner gone"
        case _:
            return f"{name} (has left)" if part.owner.left else name


def standing(part: Section) -> str:
    """The line below a section's heading."""
    if part.document is None:
        return summary(part.counts)
    when_ = f"{part.document.incident_date}, " if part.document.incident_date else ""
    return f"{when_}{progress(part.document)}, {summary(part.counts)}"


def counted(flag: Flag) -> str:
    """What `3` items are that carry `flag`: `overdue`, `without an issue`."""
    return _COUNTED.get(flag.value, flag.value.replace("-", " "))


def summary(counts: Counts) -> str:
    """The figures that matter, without those that are nothing: `5 open, 2 overdue, 1 without an issue`."""
    telling = [flag for flag in Flag if flag not in (*_OF_NOBODY, Flag.VERIFIED)]
    return ", ".join([f"{counts.open} open", *_figures(counts, telling)])


def overview(counts: Counts) -> str:
    """The summary of several owners, with what belongs to none of them (a section's heading says that already)."""
    return ", ".join([summary(counts), *_figures(counts, _OF_NOBODY)])


def _figures(counts: Counts, flags: Iterable[Flag]) -> list[str]:
    return [f"{number} {counted(flag)}" for flag in flags if (number := counts.of(flag))]


def settled(counts: Counts) -> str:
    """What became of the rest: `4 done, 1 won't do`; won't do is never called done."""
    figures = ((counts.done, "done"), (counts.wont_do, "won't do"), (counts.duplicate, "duplicate"))
    return ", ".join(f"{number} {what}" for number, what in figures if number)


def progress(document: Progress) -> str:
    """`3 of 7 closed`."""
    return f"{document.counts.closed} of {document.counts.total} closed"


def when(item: ReportItem) -> str:
    """How pressing an item is: `12 days overdue`, `due tomorrow, reopened`, the document's own words, `no due date`."""
    if item.state is not ItemState.OPEN:
        return STATES[item.state]
    return f"{_due(item)}, reopened" if Flag.REOPENED in item.flags else _due(item)


def _due(item: ReportItem) -> str:
    match item.days_left:
        case None:
            return item.due_words or "no due date"
        case 0:
            return "due today"
        case 1:
            return "due tomorrow"
        case days if days > 0:
            return f"due in {days} days"
        case days:
            return f"{-days} day{'' if days == -1 else 's'} overdue"


def marks(item: ReportItem, group: GroupName | None = None) -> str:
    """What else there is to say of an item, beside its group: `promised before, in review`."""
    said = sentence_of(flag for flag in item.flags if flag.value not in {*_TOLD_ELSEWHERE, group})
    too = f"also promised in {', '.join(item.same_work)}" if item.same_work else ""
    return ", ".join(filter(None, (said, too)))


def gone(item: ReportItem) -> str:
    """What became of the item's issue and what to do; empty when it is where it should be."""
    return sentence(item.gone) if item.gone else ""


def day(item: ReportItem) -> str:
    """The due date, beside the document's own where a person extended it; empty without one, and for what is closed."""
    if item.due is None or item.state is not ItemState.OPEN:
        return ""
    rule = f"by policy: {item.due_rule}" if item.due_rule else ""
    if not item.extended:
        return f"{item.due}, {rule}" if rule else item.due.isoformat()
    written = item.document_due or item.policy_due or item.due_words
    own = f"extended from {written}{f' ({rule})' if rule else ''}" if written else "not in the postmortem"
    return f"{item.due}, {own}"


def owners(item: ReportItem) -> str:
    """Who an item belongs to, as far as it is known: `Jo Smith, DBA crew (unknown)`."""
    return ", ".join([*item.owners, *(f"{name} (unknown)" for name in item.unknown)]) or "nobody"


def freshness(report: Report) -> str:
    """How old the state is that the report tells."""
    return (
        f"As of {stamp(report.as_of)}" if report.as_of else "No issue has been read yet: states are the documents' own"
    )


def subject(report: Report) -> str:
    """The mail's subject: what matters comes first, as a phone shows only that."""
    counts = report.totals
    pressing = _figures(counts, (Flag.OVERDUE, Flag.DUE_SOON))
    calm = f"{counts.open} open" if counts.open else "all clear"
    return f"{report.title}: {', '.join(pressing) or calm} ({report.period_key})"


def preheader(report: Report) -> str:
    """What an inbox shows beside the subject: the most pressing item in its own words."""
    first = next(iter(report.items), None)
    return f"{when(first)}: {first.text}" if first and first.state is ItemState.OPEN else overview(report.totals)


def notes(report: Report) -> list[str]:
    """What somebody has to mend so that the next report reaches everybody."""
    said = []
    if report.unknown_names:
        said.append(
            f"Not in the people book: {', '.join(report.unknown_names)}. "
            "Add them, or their spelling as an alias, under [people] or [teams]."
        )
    if report.unreachable:
        names = ", ".join(owner.name for owner in report.unreachable)
        said.append(f"No way to reach by the people book: {names}. They are not told of their open items.")
    if report.undelivered:
        said.append(f"Could not be delivered, and is not tried any more: {'; '.join(report.undelivered)}.")
    if report.departed:
        names = ", ".join(owner.name for owner in report.departed)
        said.append(f"Have left, and still own open items: {names}. Somebody else has to take these over.")
    return said


def shares(item: ReportItem, section: Section | None) -> bool:
    """True when the heading of `section` alone does not tell whose `item` is."""
    if section is None or section.owner is None:
        return section is None or section.kind is not SectionKind.NOBODY
    return bool(item.unknown) or item.owners != (section.owner.name,)


def theme(found: Theme) -> str:
    """`promised in 3 postmortems, open in 2`."""
    still = len({each.document for each in found.promises if each.state is ItemState.OPEN})
    return f"promised in {found.postmortems} postmortems, open in {still}"


def promise(one: Promise) -> str:
    """`2026-03-01, done`: when the incident was, and what became of the promise."""
    day_ = one.incident_date.isoformat() if one.incident_date else "no date"
    return f"{day_}, {STATES[one.state]}"


def more(number: int, report: Report) -> str:
    """What stands in the place of what a mail has no room for."""
    part = f" --owner {report.recipient.key}" if report.recipient and not report.for_all else ""
    return f"and {number} more; all of them: closeout report {report.name}{part}"


def measured(metrics: Metrics) -> str:
    """How well promises were kept, in a sentence or two."""
    overall = metrics.overall
    said = [f"{overall.closed} closed from {metrics.first} to {metrics.last}"]
    if overall.median is not None and overall.p90 is not None:
        said.append(f"half of them within {overall.median:.0f} days, nine of ten within {overall.p90:.0f}")
    if overall.with_due:
        said.append(f"{overall.in_time} of {overall.with_due} by their day")
    said.append(f"{metrics.fully_closed} of {metrics.documents} postmortems fully closed")
    return ", ".join(said)
