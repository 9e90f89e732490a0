"""One issue for each postmortem, above those of its items: which to open, and what to put below it. Pure.

A parent has a marker as every issue that Closeout opens, with an id of its own; so it is found again by any machine,
and after any crash. What people take out from below it, or put below another issue, stays where they put it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors import Issue, IssueDraft, Marker
from tracker.actions import Action, AddPart, CloseTwin, Create, CreateParent
from tracker.draft import TargetFacts, harmless, shorten
from tracker.identity import item_id
from tracker.model import Item, ItemState, JournalEntry, KnownDocument, Link

_BASE = "postmortem"


def parent_id(document: str, number: int) -> str:
    """The id of a document's n-th parent, counted from 1: the same on every machine."""
    return item_id(document, f"\0{_BASE} {number}", 0)


def is_parent(marker: Marker) -> bool:
    """Whether an issue with this marker is a postmortem's own, and no item's."""
    return _BASE in marker.base


@dataclass(frozen=True, slots=True)
class Family:
    """What is known of one target's issues.

    `marked` are those with a marker, by the id in it, oldest first and no duplicates; `parts` counts the parts of each
    by its key. `unsure` tells of a journalled create, by its id, the entries that wait for an answer, and whether the
    time for that is over. `carriers` are, by document, an item each for what is told of the whole document. `is_twin`
    tells whether two issues with one marker come from two runs that raced; else one is somebody's copy.
    """

    target: TargetFacts
    documents: Mapping[str, KnownDocument]
    marked: Mapping[str, Sequence[Issue]]
    parts: Mapping[str, int]
    unsure: Callable[[str], tuple[Sequence[JournalEntry], bool]]
    carriers: Mapping[str, Item]
    is_twin: Callable[[Issue, Issue, Item], bool]


@dataclass(slots=True)
class _Parents:
    """A document's parents by their number, and how many parts each has, those of this plan included."""

    there: dict[int, Issue] = field(default_factory=dict)
    parts: Counter[int] = field(default_factory=Counter)
    made: set[int] = field(default_factory=set)


def parts_of(links: Iterable[Link]) -> Counter[str]:
    """How many of these links' issues are parts of each issue, by its key."""
    return Counter(link.issue.parent or str(link.base.get("parent", "")) for link in links)


def plan_parents(family: Family, opened: Sequence[Create], linked: Sequence[tuple[Item, Link]]) -> list[Action]:
    """What to open and to put below it.

    Args:
        family: what is known.
        opened: the issues that this plan opens.
        linked: items whose issues Closeout opened, with these issues as they are now.
    """
    wanted: defaultdict[str, list[tuple[Item, Link | None]]] = defaultdict(list)
    for item, own in linked:
        alone = not own.issue.parent and "parent" not in own.base
        if alone and not own.issue.state.closed and item.state is not ItemState.REMOVED:
            wanted[item.document].append((item, own))
    for create in opened:
        wanted[create.item.document].append((create.item, None))
    actions = _twins(family)
    for document, items in wanted.items():
        parents = _of(family, document)
        for item, link in items:
            actions += _below(family, parents, item, link)
    return actions


def _twins(family: Family) -> list[Action]:
    """Two runs that raced opened a parent each: the younger one is closed."""
    actions: list[Action] = []
    for oldest, *twins in family.marked.values():
        marker = oldest.marker
        carrier = family.carriers.get(marker.document) if marker is not None and is_parent(marker) else None
        if carrier is not None:
            raced = (twin for twin in twins if not twin.state.closed and family.is_twin(twin, oldest, carrier))
            actions += [CloseTwin(carrier, twin, oldest.ref) for twin in raced]
    return actions


def _of(family: Family, document: str) -> _Parents:
    found = _Parents()
    number = 1
    while ours := family.marked.get(parent_id(document, number)):
        found.there[number] = ours[0]
        found.parts[number] = family.parts.get(ours[0].ref.key, 0)
        number += 1
    return found


def _below(family: Family, parents: _Parents, item: Item, link: Link | None) -> list[Action]:
    number = 1
    while parents.parts[number] >= family.target.capabilities.parts:
        number += 1
    parent = parent_id(item.document, number)
    actions: list[Action] = []
    if number not in parents.there and number not in parents.made:
        waiting, is_over = family.unsure(parent)
        if waiting and not is_over:
            return []  # it may be there already: the next sync knows
        after = max((entry.id for entry in waiting), default=None)
        actions.append(CreateParent(item, parent, _draft(family, item.document, number), after))
        parents.made.add(number)
    parents.parts[number] += 1
    return [*actions, AddPart(item, parent, parents.there.get(number), link)]


def _draft(family: Family, key: str, number: int) -> IssueDraft:
    document, target = family.documents[key], family.target
    name = document.title or document.path
    title = f"Postmortem: {name}" if "postmortem" not in name.casefold() else name
    more = f" ({number})" if number > 1 else ""
    place = f"[{document.path}]({document.web_url})" if document.web_url else f"`{document.path}`"
    incident = document.incident_date.isoformat() if document.incident_date else None
    facts = {"Incident": incident, "Severity": document.severity}
    told = "".join(f"\n- {word}: {harmless(value)}" for word, value in facts.items() if value)
    told = f"\n{told}" if told else ""
    managed = (
        f"What the postmortem **{harmless(name)}** ({place}) promised stands below, an issue for each item.{told}\n\n"
        "_Closeout opened this issue and puts those of the items below it; close it when you like._"
    )
    marker = Marker(parent_id(key, number), key, name, {_BASE: number})
    title = shorten(title, target.capabilities.max_title - len(more)) + more
    return IssueDraft(title, managed, marker, frozenset(target.labels), whole=True)
