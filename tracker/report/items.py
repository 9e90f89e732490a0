"""How an entry stands in a report: its facts, its group, what it counts as, where else it was promised. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from tracker.model import ItemState, KnownDocument, ticket_name
from tracker.policy import Entry, Flag
from tracker.report.values import Counts, Group, GroupName, Promise, ReportItem, Theme

_OF_SETTLED = frozenset({Flag.UNEXPLAINED, Flag.REMOVED})
"""Flags of settled items of which somebody still has to say or do something."""


def is_open(entry: Entry) -> bool:
    """Whether something is expected of somebody today."""
    return entry.item.state is ItemState.OPEN and Flag.SNOOZED not in entry.flags


def is_listed(entry: Entry) -> bool:
    """Whether an owner has to hear of it."""
    return is_open(entry) or bool(entry.flags & _OF_SETTLED)


def told_once(ordered: Iterable[Entry]) -> list[Entry]:
    """The entries without those that tell nobody anything new: others, more urgent ones, share their issue and owners.

    Each that is left names the postmortems of those that share its issue.
    """
    lines: defaultdict[str, list[set[str]]] = defaultdict(list)
    left = []
    for entry in ordered:
        if (entry.goes_with or entry.goes_along) and is_listed(entry):
            issue = entry.goes_with.item.id if entry.goes_with else entry.item.id
            owners = {*(owner.key for owner in entry.ownership.known), *entry.ownership.unknown}
            if any(owners <= told_already for told_already in lines[issue]):
                continue
            lines[issue].append(owners)
        left.append(entry)
    return left


def grouped(entries: Iterable[Entry]) -> tuple[Group, ...]:
    """The entries in their groups; each keeps the order in which they came."""
    groups: dict[GroupName, list[ReportItem]] = {name: [] for name in GroupName}
    for entry in entries:
        groups[_group(entry)].append(told(entry))
    return tuple(Group(name, tuple(items)) for name, items in groups.items() if items)


def _group(entry: Entry) -> GroupName:
    """The most pressing thing about an item: what else there is to say shows on the item itself.

    What is in review comes last of all, even when it is overdue: its owner has done what they could.
    """
    flags = {flag.value for flag in entry.flags}
    if GroupName.IN_REVIEW.value in flags:
        return GroupName.IN_REVIEW
    default = GroupName.OPEN if entry.item.state is ItemState.OPEN else GroupName.CLOSED
    return next((name for name in GroupName if name.value in flags), default)


def told(entry: Entry) -> ReportItem:
    """The entry as a report tells it."""
    item, document, link = entry.item, entry.document, entry.link
    issue, issue_url = _issue(entry)
    return ReportItem(
        id=item.id,
        text=item.text,
        kind=item.kind,
        document=document.key,
        document_title=_name(document),
        document_path=document.path,
        document_url=document.web_url,
        line=item.line,
        owner=item.owner,
        owners=tuple(owner.name for owner in entry.ownership.known),
        unknown=entry.ownership.unknown,
        due=entry.due.day if entry.due else None,
        due_words=item.due if item.due_date is None else None,
        days_left=entry.days_left,
        priority=item.priority,
        issue=issue,
        issue_url=issue_url,
        flags=entry.flags,
        extended=item.extended_to is not None,
        document_due=item.due_date,
        policy_due=entry.due.policy_day if entry.due else None,
        due_rule=entry.due.rule if entry.due else "",
        gone=link.gone if link and Flag.GHOST in entry.flags else None,
        state=item.state,
        work=link.work if link else "",
        same_work=tuple(_name(each.document) for each in (entry.goes_with, *entry.goes_along) if each),
    )


def _name(document: KnownDocument) -> str:
    return document.title or document.path


def _issue(entry: Entry) -> tuple[str | None, str | None]:
    """What people call its issue, and where that is: the linked one, else the ticket that the document names."""
    link = entry.link or (entry.goes_with.link if entry.goes_with else None)
    if link:
        return link.ref.key, link.ref.url or None
    links = entry.item.links
    return ticket_name(links[0]) if links else None, next((link for link in links if "://" in link), None)


def count(entries: Iterable[Entry]) -> Counts:
    """How many entries stand how."""
    states: Counter[ItemState] = Counter()
    flags: Counter[Flag] = Counter()
    for entry in entries:
        states[entry.item.state] += 1
        flags.update(entry.flags)
    return Counts(
        open=states[ItemState.OPEN] - flags[Flag.SNOOZED],
        done=states[ItemState.DONE],
        wont_do=states[ItemState.WONT_DO],
        duplicate=states[ItemState.DUPLICATE],
        flags=flags,
    )


def themes(ordered: Iterable[Entry]) -> tuple[Theme, ...]:
    """What was promised before and is open still, of these entries: what most postmortems promise first.

    To promise the same as a third is not always to promise the same, so that a theme is what one promise has like it:
    first of that which most postmortems have. Whatever is left joins a theme of one that it is like.
    """
    recurring = [entry for entry in ordered if entry.promised_too]
    theme_of: dict[str, dict[str, Entry]] = {}
    for entry in sorted(recurring, key=lambda each: (-_postmortems(each), _age(each))):
        if entry.item.id in theme_of:
            continue
        near = {each.item.id: each for each in (entry, *entry.promised_too) if each.item.id not in theme_of}
        theme = near if len(near) > 1 else theme_of[entry.promised_too[0].item.id]
        theme |= near
        theme_of |= dict.fromkeys(near, theme)
    told = [theme_of[entry.item.id] for entry in recurring if Flag.RECURRING in entry.flags]
    found = (
        Theme(tuple(map(_promise, sorted(theme.values(), key=_age))))
        for theme in {id(theme): theme for theme in told}.values()
    )
    return tuple(sorted(found, key=lambda theme: (-theme.postmortems, theme.promises[0].id)))


def _postmortems(entry: Entry) -> int:
    """How many other documents promise the same."""
    return len({each.document.key for each in entry.promised_too})


def _age(entry: Entry) -> tuple[str, str, int, str]:
    day = entry.document.incident_date or entry.item.first_seen.date()
    return day.isoformat(), entry.document.key, entry.item.line, entry.item.id


def _promise(entry: Entry) -> Promise:
    item, document = entry.item, entry.document
    issue, issue_url = _issue(entry)
    return Promise(
        id=item.id,
        text=item.text,
        state=item.state,
        document=document.key,
        document_title=_name(document),
        document_url=document.web_url,
        incident_date=document.incident_date,
        issue=issue,
        issue_url=issue_url,
    )
