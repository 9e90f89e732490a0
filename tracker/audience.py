"""To whom a report goes, when, and which part of it: decided here, once. `tracker.deliver` only sends it. Pure.

Those in `to` get all of the report, whoever owns it. Anybody else's part holds the recipient's own items; then, in
sections of their own, those that `tracker.ladder` brings to them; and for the report's fallback what belongs to nobody.
No item stands in a part twice. Nobody is reminded of what is in review, and what is snoozed stands in no section of a
report: both only count. Of a report by teams nothing is brought to anybody, as a team hears of its people's items.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tracker import reasons
from tracker.ladder import Cause, Ladder, Telling
from tracker.model import ItemState
from tracker.people import Owner
from tracker.policy import Flag
from tracker.report import Counts, Group, GroupName, Report, ReportItem, ReportKind, Section, SectionKind

_KINDS = {
    Cause.LATE: SectionKind.ESCALATED,
    Cause.AWAY: SectionKind.STANDING_IN,
    Cause.GONE: SectionKind.LEFT_BEHIND,
}
_BY_OWNER = (ReportKind.OWNERS, ReportKind.TEAMS)
"""Reports of which everybody gets a part; the others go to those in `to` only."""


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


@dataclass(frozen=True, slots=True)
class Brought:
    """An item that the ladder brings to somebody, and the group in which its owner sees it."""

    telling: Telling
    group: GroupName
    item: ReportItem


def recipients(report: Report, ladder: Ladder | None = None, *, all_clear: bool = False) -> Audience:
    """Everybody whom `report` concerns, in its order, and what would reach nobody.

    Without a `ladder` everybody is told of their own items only, whenever it is. With `all_clear` those who have
    nothing to be reminded of are told just that.
    """
    brought = _brought(report, ladder) if ladder and report.kind is ReportKind.OWNERS else {}
    at_most = ladder.escalation.at_most if ladder else 0
    everybody = []
    for owner in _owners(report, brought, all_clear=all_clear):
        part = for_recipient(report, owner, brought.get(owner.key, ()), at_most=at_most)
        if part is None and all_clear and owner.ways:
            part = _all_clear(report, owner)
        everybody.append(_recipient(owner, part, ladder, report.now))
    told = {
        item.id
        for recipient in everybody
        if recipient.owner.ways and recipient.part
        for section in recipient.part.sections
        for item in section.items
        # Who is away is told of what can wait when they are back; what is overdue can't.
        if not (ladder and ladder.away(recipient.owner, report.now) and Flag.OVERDUE in item.flags)
    }
    untold = {
        item.id: item for section in report.sections for item in section.items if item.id not in told and _reminds(item)
    }
    return Audience(
        recipients=tuple(everybody),
        unreachable=tuple(each.owner for each in everybody if each.part and not each.owner.ways),
        untold=tuple(untold.values()),
    )


def for_recipient(report: Report, owner: Owner, brought: Sequence[Brought] = (), *, at_most: int = 0) -> Report | None:
    """The part of `report` that concerns `owner`, or None when there is nothing to say.

    The fallback recipient also gets what belongs to nobody we know, and is told who can't be reached. Of what is
    escalated at most `at_most` items are listed.
    """
    if any(each.key == owner.key for each in report.to):
        whole = replace(report, at_rest=(), recipient=owner, why=reasons.whole(report))
        return whole if report.totals.open or report.items else None
    is_fallback = report.fallback is not None and report.fallback.key == owner.key and report.kind in _BY_OWNER
    escalated = sorted((each for each in brought if each.telling.cause is Cause.LATE), key=_pressing)
    others = [each for each in brought if each.telling.cause is not Cause.LATE]
    own = [each for section in _of(report, owner) if (each := _reminding(section))]
    without_owner = [section for section in report.sections if is_fallback and not section.owner]
    nobodys = [each for section in without_owner if (each := _reminding(section))]
    sections = (*own, *_sections([*escalated[:at_most], *others]), *nobodys)
    unreachable = tuple(each for each in report.unreachable if is_fallback and any(map(_reminding, _of(report, each))))
    if not (sections or unreachable):
        return None
    # The sections of one recipient never share an item: nobody is told of their own for somebody else, and what is
    # brought comes once; the last two hold only items without a known owner.
    totals = sum((section.counts for section in sections), Counts())
    documents = {item.document for section in sections for item in section.items}
    items = {item.id for section in sections for item in section.items}
    part = replace(
        report,
        totals=totals,
        sections=sections,
        documents=tuple(each for each in report.documents if each.document in documents),
        unknown_names=report.unknown_names if is_fallback else (),
        unreachable=unreachable,
        departed=report.departed if is_fallback else (),
        themes=tuple(theme for theme in report.themes if any(each.id in items for each in theme.promises)),
        metrics=None,
        at_rest=(),
        recipient=owner,
    )
    rungs = {each.telling.of.key: each.telling.rung for each in brought}
    return replace(part, why=reasons.why(part, rungs, unlisted=len(escalated[at_most:])))


def empty_part(report: Report, owner: Owner) -> Report:
    """The part of somebody whom nothing in `report` concerns."""
    return replace(
        report,
        totals=Counts(),
        sections=(),
        documents=(),
        unknown_names=(),
        unreachable=(),
        departed=(),
        themes=(),
        worst=(),
        services=(),
        metrics=None,
        at_rest=(),
        recipient=owner,
    )


def _all_clear(report: Report, owner: Owner) -> Report:
    """What is said to somebody who has nothing to be reminded of. What is in review still counts."""
    totals = sum((section.counts for section in _of(report, owner)), Counts())
    part = replace(empty_part(report, owner), totals=totals)
    return replace(part, why=reasons.all_clear(part, owner))


def _of(report: Report, owner: Owner) -> list[Section]:
    return [section for section in report.sections if section.owner and section.owner.key == owner.key]


def _owners(report: Report, brought: Mapping[str, Sequence[Brought]], *, all_clear: bool) -> Iterator[Owner]:
    """Everybody who may be told something, each once."""
    owners = [*report.to]
    if report.kind in _BY_OWNER:
        owners += [section.owner for section in report.sections if section.owner]
        owners += [report.fallback] if report.fallback else []
        owners += [each[0].telling.to for each in brought.values()]
        owners += report.at_rest if all_clear else ()
    yield from {owner.key: owner for owner in owners if not owner.left}.values()


def _recipient(owner: Owner, part: Report | None, ladder: Ladder | None, now: datetime) -> Recipient:
    held_back = ladder.holding_back(owner, now) if ladder else None
    if ladder is None or held_back is None:
        return Recipient(owner, part)
    return Recipient(owner, part, held_back, ladder.next_time(owner, now))


def _brought(report: Report, ladder: Ladder) -> dict[str, list[Brought]]:
    """What the ladder brings to whom, by their key."""
    owners: dict[str, list[Owner]] = defaultdict(list)
    items: dict[str, tuple[GroupName, ReportItem]] = {}
    for section in report.sections:
        for group in section.groups if section.owner else ():
            for item in filter(_reminds, group.items):
                if section.owner:
                    owners[item.id].append(section.owner)
                items[item.id] = group.name, item
    found: dict[str, list[Brought]] = defaultdict(list)
    for key, (name, item) in items.items():
        telling = ladder.beyond(owners[key], _late(item), report.now, report.fallback)
        if telling:
            found[telling.to.key].append(Brought(telling, name, item))
    return found


def _sections(brought: Sequence[Brought]) -> Iterator[Section]:
    """A section for each owner for whom somebody is told of something, and why; the longest overdue first."""
    places: dict[tuple[SectionKind, str], list[Brought]] = defaultdict(list)
    for each in sorted(brought, key=_pressing):
        places[_KINDS[each.telling.cause], each.telling.of.key].append(each)
    order = list(SectionKind)
    for (kind, _), there in sorted(places.items(), key=lambda place: order.index(place[0][0])):
        groups = {name: tuple(each.item for each in there if each.group is name) for name in GroupName}
        filled = tuple(Group(name, items) for name, items in groups.items() if items)
        yield Section(kind, there[0].telling.of, filled, _counts(each.item for each in there))


def _counts(items: Iterable[ReportItem]) -> Counts:
    states: Counter[ItemState] = Counter()
    flags: Counter[Flag] = Counter()
    for item in items:
        states[item.state] += 1
        flags.update(item.flags)
    return Counts(
        open=states[ItemState.OPEN],
        done=states[ItemState.DONE],
        wont_do=states[ItemState.WONT_DO],
        duplicate=states[ItemState.DUPLICATE],
        flags=flags,
    )


def _reminding(section: Section) -> Section | None:
    """`section` without what nobody is reminded of; the counts keep it. An overview lists nothing anyway."""
    groups = tuple(Group(group.name, tuple(filter(_reminds, group.items))) for group in section.groups)
    filled = tuple(group for group in groups if group.items)
    return replace(section, groups=filled) if filled or not section.groups else None


def _reminds(item: ReportItem) -> bool:
    return Flag.IN_REVIEW not in item.flags


def _late(item: ReportItem) -> int:
    """Days overdue; 0 for what is not."""
    return -item.days_left if item.days_left is not None and Flag.OVERDUE in item.flags else 0


def _pressing(brought: Brought) -> tuple[int, str, str]:
    return -_late(brought.item), brought.telling.of.name.casefold(), brought.item.id
