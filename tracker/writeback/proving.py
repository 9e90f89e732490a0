"""Which edits leave everything else as it was: each is proven by reading the new text. Pure.

All edits are made at once, and the new text is parsed. It must hold the same items, in the same order, with the same
words, owners, dates and the rest; only the links and check marks that were wished for may differ. An item that is read
otherwise tries its next place. What no place does for is refused, and the others are made without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from tracker.model import ParsedDocument, ParsedItem, Span, tickets_of
from tracker.parsing import Vocabulary
from tracker.spelling import normalise
from tracker.writeback.places import Edit, Page, Refused
from tracker.writeback.wishes import Reference, Wish

Parse = Callable[[str], ParsedDocument]

_ROUNDS = 20
"""How often all items together are tried, those that are to blame at their next places, before each is tried alone."""
_ALONE = 40
"""How often a document is parsed for those; what is proven by then is written, and the next sync goes on."""
_FIELDS = ("text", "section", "kind", "owner", "due", "due_date", "priority", "line", "parent_line", "done")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A wish that was left out: which, on which line, and why."""

    wish: Wish
    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A text with the edits that were proven, in their order; `granted` are the wishes that they fulfil."""

    text: str
    edits: tuple[Edit, ...] = ()
    granted: tuple[Wish, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(slots=True, eq=False)
class _Task:
    """One link or check mark to put somewhere: into the item with this number, at the chosen one of `places`."""

    wish: Wish
    number: int
    line: int
    places: Sequence[Edit]
    link: Reference | None = None
    done: bool | None = None
    chosen: int = 0
    why: str = ""

    @property
    def edit(self) -> Edit:
        return self.places[self.chosen]

    @property
    def exhausted(self) -> bool:
        return self.chosen >= len(self.places)


def write_back(text: str, wishes: Iterable[Wish], parse: Parse, words: Vocabulary) -> Edited:
    """Put links and check marks into a document.

    Args:
        text: the document, as it was read.
        wishes: what it shall say; items are found in it by their text and ordinal.
        parse: reads a text as the documents are read.
        words: the vocabulary that `parse` goes by.
    """
    before = parse(text)
    tasks, refusals = _tasks(text, before, wishes, words)
    proven = _prove(text, before, tasks, parse) if tasks else []
    edits = sorted((task.edit for task in proven), key=lambda edit: (edit.start, edit.end))
    done = {id(task) for task in proven}
    refusals += [Refusal(task.wish, task.line, _told(task)) for task in tasks if id(task) not in done]
    granted = defaultdict[int, list[_Task]](list)
    for task in proven:
        granted[id(task.wish)].append(task)
    return Edited(
        apply_edits(text, edits),
        tuple(edits),
        tuple(reduce(_with, group, replace(group[0].wish, link=None, done=None)) for group in granted.values()),
        tuple(sorted(refusals, key=lambda refusal: refusal.line)),
    )


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with edits made; they count bytes of its UTF-8 and stand in order."""
    data, parts, position = text.encode("utf-8", "surrogatepass"), [], 0
    for edit in edits:
        parts += [data[position : edit.start], edit.text.encode()]
        position = edit.end
    return b"".join([*parts, data[position:]]).decode("utf-8", "surrogatepass")


def _with(wish: Wish, task: _Task) -> Wish:
    return replace(wish, link=task.link or wish.link, done=wish.done if task.done is None else task.done)


def _told(task: _Task) -> str:
    what = "the check mark" if task.link is None else "the link"
    return f"{what} was left out: {task.why}"


def _tasks(
    text: str, before: ParsedDocument, wishes: Iterable[Wish], words: Vocabulary
) -> tuple[list[_Task], list[Refusal]]:
    numbers: dict[tuple[str, int], int] = {}
    ordinals: defaultdict[str, int] = defaultdict(int)
    for number, parsed in enumerate(before.items):
        name = normalise(parsed.text)
        numbers[name, ordinals[name]] = number
        ordinals[name] += 1
    tasks: list[_Task] = []
    refusals: list[Refusal] = []
    page: Page | None = None
    for wish in wishes:
        found = numbers.get((normalise(wish.item.text), wish.item.ordinal))
        if found is None:
            refusals.append(Refusal(wish, wish.item.line, "left out: the item does not stand there any more"))
            continue
        page = page or Page(text, words)
        item = before.items[found]
        if wish.done is not None and (box := page.mark(item, done=wish.done)) is not None:
            tasks.append(_Task(wish, found, item.line, [box], done=wish.done))
        if wish.link is not None and wish.link.told not in item.links:
            try:
                tasks.append(_Task(wish, found, item.line, page.links(item, wish.link), link=wish.link))
            except Refused as error:
                refusals.append(Refusal(wish, item.line, f"the link was left out: {error}"))
    return tasks, refusals


def _prove(text: str, before: ParsedDocument, tasks: Sequence[_Task], parse: Parse) -> list[_Task]:
    """The tasks whose edits together are proven."""

    def failing(chosen: Sequence[_Task]) -> list[_Task]:
        edits = sorted((task.edit for task in chosen), key=lambda edit: (edit.start, edit.end))
        return _failing(before, parse(apply_edits(text, edits)), chosen)

    together = list(tasks)
    for _ in range(_ROUNDS):
        wrong = failing(together) if together else []
        if not wrong:
            break
        for task in wrong:
            task.chosen += 1
        together = [task for task in together if not task.exhausted]
    else:
        together = []
    rest = [task for task in tasks if task not in together]
    for task in rest:
        task.chosen = 0
    left = iter(range(_ALONE))

    def failing_still(chosen: Sequence[_Task]) -> list[_Task]:
        if next(left, None) is not None:
            return failing(chosen)
        for task in chosen:
            task.why = task.why or "too much else there has no place; the next sync goes on"
        return list(chosen)

    return _one_by_one(together, rest, failing_still)


def _one_by_one(
    proven: list[_Task], rest: Sequence[_Task], failing: Callable[[Sequence[_Task]], list[_Task]]
) -> list[_Task]:
    """`proven` and as many of the rest as can join; halves are tried first, so that few bad ones cost little."""
    if not rest:
        return proven
    if len(rest) > 1:
        if not failing([*proven, *rest]):
            return [*proven, *rest]
        middle = len(rest) // 2
        return _one_by_one(_one_by_one(proven, rest[:middle], failing), rest[middle:], failing)
    [task] = rest
    while not task.exhausted:
        if not failing([*proven, task]):
            return [*proven, task]
        task.chosen += 1
    return proven


def _failing(before: ParsedDocument, after: ParsedDocument, tasks: Sequence[_Task]) -> list[_Task]:
    """The tasks to blame for what would be read otherwise; none where the new text is proven."""
    wanted: defaultdict[int, list[_Task]] = defaultdict(list)
    for task in tasks:
        wanted[task.number].append(task)
    told: dict[int, str] = {}
    for number, (old, new) in enumerate(zip(before.items, after.items, strict=False)):
        if why := _other_item(old, new, wanted[number]):
            told[number] = why
    whole = _other_document(before, after)
    if whole:  # from there on nothing can be compared
        told = {min(told, default=len(after.items)): whole}
    wrong: dict[int, _Task] = {}
    for number, why in told.items():
        for task in _blamed(before, number, wanted, parent_first=bool(whole)):
            task.why = task.why or why
            wrong[id(task)] = task
    return list(wrong.values())


def _blamed(
    before: ParsedDocument, number: int, wanted: Mapping[int, list[_Task]], *, parent_first: bool
) -> list[_Task]:
    """Whose edits an item is likely to be read otherwise for: its own, its parent's, else those nearest before it."""
    if number < len(before.items):
        line = before.items[number].parent_line
        parents = [n for n in range(number) if line is not None and before.items[n].line == line]
        for near in (*parents, number) if parent_first else (number, *parents):
            if tasks := wanted.get(near):
                return tasks
    some = [n for n, tasks in wanted.items() if tasks]
    return wanted[max((n for n in some if n < number), default=min(some))]


def _other_document(before: ParsedDocument, after: ParsedDocument) -> str:
    """What else than its items a document would be read with; empty when nothing."""
    if len(before.items) != len(after.items):
        return f"{len(after.items)} items would be read instead of {len(before.items)}"
    if replace(before, items=()) != replace(after, items=()):
        return "title, dates or diagnostics would be read otherwise"
    return ""


def _other_item(old: ParsedItem, new: ParsedItem, tasks: Sequence[_Task]) -> str:
    """How an item would be read otherwise than wished; empty when it is as it shall be."""
    done = next((task.done for task in tasks if task.done is not None), old.done)
    for name in _FIELDS:
        was, now = done if name == "done" else getattr(old, name), getattr(new, name)
        if was != now:
            return f"its {name.replace('_', ' ')} would be read as {now!r} instead of {was!r}"
    told = [task.link.told for task in tasks if task.link is not None]
    if sorted(new.links) != sorted([*old.links, *told]):
        return f"its links would be read as {', '.join(new.links) or 'none'}"
    if not set(told) <= set(tickets_of(new)):
        return "the link would be taken for one that its sentence speaks of"
    empty = Span(0, 0)
    if replace(old, span=empty, links=(), done=None) != replace(new, span=empty, links=(), done=None):
        return "it would be read otherwise"
    return ""
