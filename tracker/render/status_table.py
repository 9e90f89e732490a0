"""What `closeout status` shows to people: a table on a terminal, a line for each item elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tracker.due import DueSource
from tracker.model import ItemState, ticket_name
from tracker.policy import Entry, Flag
from tracker.render import escape
from tracker.render.wording import STATES, stamp

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {
    ItemState.DONE: "green",
    ItemState.WONT_DO: "blue",
    ItemState.DUPLICATE: "blue",
    ItemState.REMOVED: "dim",
    ItemState.IGNORED: "dim",
}
_OF_ISSUE = {Flag.DRIFT: "disagrees", Flag.IN_REVIEW: "in review", Flag.REMOVED: "still open"}
_FLAGS = {Flag.OVERDUE: "bold red", Flag.DUE_SOON: "yellow", Flag.UNLINKED: "magenta"}
_LINE = ("Item", "State", "Due", "Owner", "Issue", "What was promised")
_GAP = "  "
_Named = TypeVar("_Named", ItemState, Flag)


class _Cell(NamedTuple):
    """A cell's first line with its style, and what is said below it."""

    text: str
    style: str = ""
    below: tuple[str, ...] = ()


class _Row(NamedTuple):
    item: _Cell
    state: _Cell
    due: _Cell
    owner: _Cell
    issue: _Cell
    what: _Cell


def print_table(entries: Sequence[Entry], as_of: datetime | None, console: Console) -> None:
    """The entries for people at a terminal, most urgent first."""
    from rich import box  # noqa: PLC0415 - only a terminal waits for it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column("Item", no_wrap=True)
    table.add_column("State", no_wrap=True)
    table.add_column("Due", no_wrap=True)
    table.add_column("Owner", max_width=18)
    table.add_column("What was promised", ratio=1, overflow="fold")
    table.add_column("Issue", max_width=20, overflow="fold")
    for row in map(_row, entries):
        shown = (row.item, row.state, row.due, row.owner, row.what, row.issue)
        below = ("".join(f"\n{line}" for line in cell.below) for cell in shown)
        styled = (Text(cell.text, style=cell.style) for cell in shown)
        table.add_row(*(text.append(more, style="dim not bold") for text, more in zip(styled, below, strict=True)))
    if entries:
        console.print(table)
    console.print(Text.assemble((_summary(entries), "bold"), (f"  ({_told(as_of)})", "dim")))


def to_lines(entries: Sequence[Entry], as_of: datetime | None) -> str:
    """The entries for files and other programs' pipes: each on one line, never wrapped, what was promised last."""
    rows = [_LINE, *(tuple(map(_words, _row(entry))) for entry in entries)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)][:-1]
    lines = [
        _GAP.join([*(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in (rows if entries else ())
    ]
    return "\n".join([*lines, *([""] if lines else []), f"{_summary(entries)}  ({_told(as_of)})\n"])


def _words(cell: _Cell) -> str:
    return f"{cell.text} ({', '.join(cell.below)})" if cell.below else cell.text


def _width(text: str) -> int:
    """How many columns a terminal gives to `text`."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - most tables do without

    return cell_len(text)


def _row(entry: Entry) -> _Row:
    item, document = entry.item, entry.document
    nobodys = entry.flags & {Flag.UNOWNED, Flag.OWNER_UNKNOWN, Flag.OWNER_GONE}
    source = f"{escape.plain(document.path.rsplit('/', 1)[-1])}:{item.line}"
    return _Row(
        _Cell(item.id, "dim"),
        _standing(entry),
        _due(entry),
        _Cell(escape.plain(_owner(entry)), "magenta" if nobodys else ""),
        _issue(entry),
        _Cell(escape.plain(item.text), "dim" if item.state.settled else "", (source,)),
    )


def _due(entry: Entry) -> _Cell:
    counts = entry.due
    day = counts.day.isoformat() if counts else escape.plain(entry.item.due or "")[:10]
    style = next((_FLAGS[flag] for flag in (Flag.OVERDUE, Flag.DUE_SOON) if flag in entry.flags), "")
    if counts and counts.source is DueSource.EXTENDED:
        return _Cell(day, style, (f"was {counts.original or 'open'}",))
    return _Cell(day, style, ("by policy",) if counts and counts.source is DueSource.POLICY else ())


def _issue(entry: Entry) -> _Cell:
    item, link = entry.item, entry.link or (entry.goes_with.link if entry.goes_with else None)
    tickets = " ".join(map(ticket_name, item.links))
    name = link.ref.key if link else escape.plain(tickets) or ("" if item.state.settled else "none")
    if entry.link and entry.link.gone:
        name += f" ({entry.link.gone.kind.value})"
    style = "magenta" if entry.flags & {Flag.UNLINKED, Flag.GHOST, Flag.REMOVED} else ""
    below = [words for flag, words in _OF_ISSUE.items() if flag in entry.flags]
    if entry.goes_with is not None:
        below.append("same work")
    if entry.offered is not None and entry.offered.link is not None:
        below.append(f"or {entry.offered.link.ref.key}?")
    return _Cell(name, style, tuple(below))


def _standing(entry: Entry) -> _Cell:
    """Where the item stands, in a few words."""
    state = entry.item.state
    word, style, below = STATES[state], _STYLES.get(state, ""), []
    if Flag.OVERDUE in entry.flags:
        word, style = f"{-(entry.days_left or 0)}d late", _FLAGS[Flag.OVERDUE]
    elif Flag.DUE_SOON in entry.flags:
        word, style = "due soon", _FLAGS[Flag.DUE_SOON]
    elif Flag.SNOOZED in entry.flags:
        word, style = "snoozed", "dim"
        below.append(f"until {entry.item.snoozed_until}")
    elif Flag.VERIFIED in entry.flags:
        word = "verified"
    elif Flag.UNEXPLAINED in entry.flags:
        below.append("unexplained")
    for flag in (Flag.REOPENED, Flag.STALE):
        if flag in entry.flags and word == "open":
            word = flag.value
        elif flag in entry.flags:
            below.append(flag.value)
    return _Cell(word, style, tuple(below))


def _owner(entry: Entry) -> str:
    if Flag.UNOWNED in entry.flags:
        return "nobody"
    unknown = [f"{name}?" for name in entry.ownership.unknown]
    known = [f"{owner.name} (left)" if owner.left else owner.name for owner in entry.ownership.known]
    return ", ".join([*known, *unknown]) or entry.item.owner or ""


def _summary(entries: Sequence[Entry]) -> str:
    """How many there are in each state, and with each flag: `3 open, 1 done, 2 overdue`."""
    states = _counted((entry.item.state for entry in entries), STATES)
    flags = _counted((flag for entry in entries for flag in entry.flags), {flag: flag.value for flag in Flag})
    return ", ".join([*states, *flags]) or "nothing to show"


def _counted(found: Iterable[_Named], words: Mapping[_Named, str]) -> list[str]:
    counts = Counter(found)
    return [f"{counts[each]} {word}" for each, word in words.items() if counts[each]]


def _told(as_of: datetime | None) -> str:
    return f"as of {stamp(as_of)}" if as_of else "issues were never read; run `closeout sync`"
