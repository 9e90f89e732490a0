"""To whom a report goes, and which part of it: decided here, once. `tracker.deliver` only sends it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tracker.people import Owner
from tracker.report import Counts, Report, ReportItem, ReportKind, Section


@dataclass(frozen=True, slots=True)
class Recipient:
    """One owner and what there is to say to them; `part` is None when that is nothing.

    `held_back` says why it does not go out now, and `held_until` when it would (None: nobody can say).
    """

    owner: Owner
    part: Report | None
    held_back: str | None = None
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a report concerns. `untold` are the items that no message will reach anybody about."""

    recipients: tuple[Recipient, ...]
    unreachable: tuple[Owner, ...]
    untold: tuple[ReportItem, ...]


def for_recipient(report: Report, owner: Owner) -> Report | None:
    """The part of `report` that concerns `owner`, or None when there is nothing to say.

    Those in `to` get all of it. The fallback recipient also gets what belongs to nobody we know, and is told who can't
    be reached.
    """
    if any(each.key == owner.key for each in report.to):
        return replace(report, recipient=owner, why=_why_whole(report)) if report.totals.open or report.items else None
    is_fallback = report.fallback is not None and report.fallback.key == owner.key
    is_fallback = is_fallback and report.kind in (ReportKind.OWNERS, ReportKind.TEAMS)
    sections = tuple(
        section for section in report.sections if (section.owner.key == owner.key if section.owner else is_fallback)
    )
    unreachable = report.unreachable if is_fallback else ()
    if not sections and not unreachable:
        return None
    # The sections of one recipient never share an item: the extra two hold only items without a known owner.
    totals = sum((section.counts for section in sections), Counts())
    documents = {item.document for section in sections for item in section.items}
    items = {item.id for section in sections for item in section.items}
    return replace(
        report,
        totals=totals,
        sections=sections,
        documents=tuple(each for each in report.documents if each.document in documents),
        unknown_names=report.unknown_names if is_fallback else (),
        unreachable=unreachable,
        departed=report.departed if is_fallback else (),
        themes=tuple(theme for theme in report.themes if any(each.id in items for each in theme.promises)),
        metrics=None,
        recipient=owner,
        why=_why(report, owner, sections, unreachable),
    )


def recipients(report: Report) -> Audience:
    """Everybody whom `report` concerns, in its order, and what would reach nobody."""
    owners = {owner.key: owner for owner in report.to}
    if report.kind in (ReportKind.OWNERS, ReportKind.TEAMS):
        owners |= {section.owner.key: section.owner for section in report.sections if section.owner}
        if report.fallback:
            owners.setdefault(report.fallback.key, report.fallback)
    everybody = tuple(Recipient(owner, for_recipient(report, owner)) for owner in owners.values())
    told = {
        item.id
        for recipient in everybody
        if recipient.owner.email and recipient.part
        for section in recipient.part.sections
        for item in section.items
    }
    untold = {item.id: item for section in report.sections for item in section.items if item.id not in told}
    return Audience(
        recipients=everybody,
        unreachable=tuple(each.owner for each in everybody if each.part and not each.owner.email),
        untold=tuple(untold.values()),
    )


def _why(report: Report, owner: Owner, sections: Sequence[Section], unreachable: Sequence[Owner]) -> str:
    """The line that tells a recipient how a report came to them, and how often it can."""
    own = sum(section.counts.open for section in sections if section.owner)
    reasons = []
    if own:
        holder = f"{owner.name} owns" if owner.is_team else "you own"
        holder = f"people of {owner.name} own" if report.kind is ReportKind.TEAMS else holder
        reasons.append(f"{holder} {own} open action item{'' if own == 1 else 's'}")
    elif any(section.owner for section in sections):
        reasons.append("of an item that was yours something is still to be said or done")
    if unreachable or any(section.owner is None for section in sections):
        contact = f"{owner.name} is" if owner.is_team else "you are"
        reasons.append(f"{contact} the contact for items without a known or reachable owner")
    return f"You get this because {' and '.join(reasons)}. {_often(report)}, and only with something to say."


def _why_whole(report: Report) -> str:
    return (
        f"You get this because it was set up to go to you (`to` of [reports.{report.name}]). "
        f"{_often(report)}, and only with something to say."
    )


def _often(report: Report) -> str:
    often = {"daily": "once a day", "weekly": "once a week", "monthly": "once a month", "cron": "once per schedule"}
    return f"It comes at most {often[report.period]}"
