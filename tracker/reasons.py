"""Why somebody gets a report: the line that stands in each mail. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tracker.ladder import Rung
from tracker.model import ItemState
from tracker.people import Owner
from tracker.report import Report, ReportKind, Section, SectionKind

_MOST = 3
"""For how many owners the reason is given one by one."""
_OFTEN = {"daily": "a day", "weekly": "a week", "monthly": "a month", "cron": "per schedule"}


def why(part: Report, rungs: Mapping[str, Rung], *, unlisted: int = 0) -> str:
    """Why this part's recipient gets it, and how often that can be.

    Args:
        part: with its recipient.
        rungs: what the recipient is to those for whom they are told of something, by these owners' keys.
        unlisted: how many items were escalated to the recipient beyond those that the part lists.
    """
    if part.recipient is None:
        return ""
    said = [f"You get this because {' and because '.join(_reasons(part, part.recipient, rungs))}."]
    if unlisted:
        said.append(f"{unlisted} more escalated item{' is' if unlisted == 1 else 's are'} not listed.")
    said.append(f"{_often(part)}, and only with something to say.")
    return " ".join(said)


def all_clear(part: Report, owner: Owner) -> str:
    """The same for somebody who has nothing to be reminded of."""
    whose = f"{owner.name} has" if owner.is_team else "you have"
    return f"You get this because {whose} nothing to be reminded of, which this report is set to tell. {_often(part)}."


def whole(report: Report) -> str:
    """The same for somebody who gets all of it."""
    return (
        f"You get this because it was set up to go to you (`to` of [reports.{report.name}]). "
        f"{_often(report)}, and only with something to say."
    )


def _often(report: Report) -> str:
    return f"It comes at most once {_OFTEN[report.period]}"


def _reasons(part: Report, recipient: Owner, rungs: Mapping[str, Rung]) -> Iterator[str]:
    mine = [section for section in part.sections if section.owner and section.owner.key == recipient.key]
    own = sum(section.counts.open for section in mine)
    if own:
        holder = f"{recipient.name} owns" if recipient.is_team else "you own"
        holder = f"people of {recipient.name} own" if part.kind is ReportKind.TEAMS else holder
        yield f"{holder} {own} open action item{'' if own == 1 else 's'}"
    elif mine:
        yield "of an item that was yours something is still to be said or done"
    owners = [(section, section.owner) for section in part.sections if section.owner]
    others = [(section, owner) for section, owner in owners if owner.key != recipient.key]
    for section, owner in others[:_MOST]:
        yield f"{_relation(recipient, rungs[owner.key], owner)} {owner.name}, {_trouble(section, owner)}"
    if others[_MOST:]:
        yield f"it is the same with {len(others[_MOST:])} more, told of above"
    if part.unreachable or any(section.owner is None for section in part.sections):
        yield f"{_you_are(recipient)} the contact for items without a known or reachable owner"


def _relation(recipient: Owner, rung: Rung, owner: Owner) -> str:
    match rung:
        case Rung.TEAM:
            return f"{recipient.name} is the team of"
        case Rung.FALLBACK:
            return f"{_you_are(recipient)} the contact for"
        case Rung.MANAGER:
            return "you manage" if owner.manager == recipient.key else "you manage the team of"


def _trouble(section: Section, owner: Owner) -> str:
    """`whose item is 23 days overdue`, `who is away until 2026-12-01, with 2 items up to 9 days overdue`."""
    items = section.items
    late = max(-(item.days_left or 0) for item in items)
    days = f"{late} day{'' if late == 1 else 's'} overdue"
    one = len(items) == 1
    match section.kind:
        case SectionKind.LEFT_BEHIND:
            what = "item" if any(item.state is not ItemState.OPEN for item in items) else "open item"
            return f"who is gone and left {len(items)} {what}{'' if one else 's'}"
        case SectionKind.STANDING_IN:
            return (
                f"who is away until {owner.away_until}, with {'an item' if one else f'{len(items)} items up to'} {days}"
            )
        case _:
            return f"whose item is {days}" if one else f"{len(items)} of whose items are up to {days}"


def _you_are(recipient: Owner) -> str:
    return f"{recipient.name} is" if recipient.is_team else "you are"
