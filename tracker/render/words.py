"""How a report puts things: one wording for the terminal, the mail, Markdown and HTML. No rules, only words."""

from __future__ import annotations

import re
from datetime import datetime

from tracker.people import Owner
from tracker.policy import Flag
from tracker.render.gone import sentence
from tracker.report import Counts, GroupName, Progress, Report, ReportItem, Section, SectionKind

GROUPS = {
    GroupName.OVERDUE: "Overdue",
    GroupName.DUE_SOON: "Due soon",
    GroupName.GHOST: "Issue gone",
    GroupName.UNLINKED: "No issue yet",
    GroupName.OPEN: "Open",
}
_NOBODY = {
    SectionKind.UNKNOWN: "Owners nobody knows",
    SectionKind.NOBODY: "No owner",
}


def section(part: Section) -> str:
    """The heading of a section."""
    match part.owner, part.kind:
        case Owner(name=name), SectionKind.ESCALATED:
            return f"Escalated to you: {name}'s"
        case Owner(name=name, away_until=day), SectionKind.STANDING_IN:
            return f"{name}'s, while away until {day}"
        case Owner(name=name), SectionKind.LEFT_BEHIND:
            return f"{name}'s, owner gone"
        case Owner(name=name), _:
            return name
        case _:
            return _NOBODY[part.kind]


def summary(counts: Counts) -> str:
    """The figures that matter, without those that are nothing: `5 open, 2 overdue, 1 without an issue`."""
    figures = (
        (counts.overdue, "overdue"),
        (counts.due_soon, "due soon"),
        (counts.unlinked, "without an issue"),
        (counts.ghost, "with a gone issue"),
        (counts.snoozed, "snoozed"),
    )
    return ", ".join([f"{counts.open} open", *(f"{number} {what}" for number, what in figures if number)])


def overview(counts: Counts) -> str:
    """The summary of several owners, with what belongs to none of them (a section's heading says that already)."""
    figures = ((counts.unowned, "without an owner"), (counts.owner_unknown, "with an unknown owner"))
    return ", ".join([summary(counts), *(f"{number} {what}" for number, what in figures if number)])


def settled(counts: Counts) -> str:
    """What became of the rest: `4 done, 1 won't do`; won't do is never called done."""
    figures = ((counts.done, "done"), (counts.wont_do, "won't do"), (counts.duplicate, "duplicate"))
    return ", ".join(f"{number} {what}" for number, what in figures if number)


def progress(document: Progress) -> str:
    """`3 of 7 closed`."""
    return f"{document.counts.closed} of {document.counts.total} closed"


def when(item: ReportItem) -> str:
    """How pressing an item is: `12 days overdue`, `due tomorrow, reopened`, the document's own words, `no due date`."""
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


def gone(item: ReportItem) -> str:
    """What became of the item's issue and what to do; empty when it is where it should be."""
    return sentence(item.gone) if item.gone else ""


def day(item: ReportItem) -> str:
    """The due date, beside the document's own where a person extended it; empty without one."""
    if item.due is None:
        return ""
    written = item.document_due.isoformat() if item.document_due else item.due_words
    own = f"extended from {written}" if written else "not in the postmortem"
    return f"{item.due}, {own}" if item.extended else item.due.isoformat()


def owners(item: ReportItem) -> str:
    """Who an item belongs to, as far as it is known: `Jo Smith, DBA crew (unknown)`."""
    return ", ".join([*item.owners, *(f"{name} (unknown)" for name in item.unknown)]) or "nobody"


def stamp(moment: datetime) -> str:
    """A time with its zone."""
    return f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".rstrip()


def person(who: str) -> str:
    """Who did something, without the address."""
    return re.sub(r"\s*<[^<>]*>$", "", who) or who


def freshness(report: Report) -> str:
    """How old the state is that the report tells."""
    return (
        f"As of {stamp(report.as_of)}" if report.as_of else "No issue has been read yet: states are the documents' own"
    )


def subject(report: Report) -> str:
    """The mail's subject: what matters comes first, as a phone shows only that."""
    counts = report.totals
    pressing = [
        f"{number} {what}" for number, what in ((counts.overdue, "overdue"), (counts.due_soon, "due soon")) if number
    ]
    calm = f"{counts.open} open" if counts.open else "all clear"
    return f"{report.title}: {', '.join(pressing) or calm} ({report.period_key})"


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
        said.append(f"No e-mail address in the people book: {names}. They are not told of their open items.")
    return said


def shares(item: ReportItem, section: Section) -> bool:
    """True when the heading of `section` alone does not tell whose `item` is."""
    return section.kind is not SectionKind.NOBODY and len(item.owners) + len(item.unknown) > (1 if section.owner else 0)
