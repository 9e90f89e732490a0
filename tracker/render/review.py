"""What `closeout review` shows: texts in doubt beside the known items that they could be, and work promised again."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.actions import Offer
from tracker.identity import Doubt
from tracker.model import Item, ItemState, KnownDocument, Link, ParsedItem
from tracker.render import escape, offers
from tracker.render.offers import OfferWire
from tracker.render.wire import Wire


class CandidateWire(Wire):
    """A known item that the text in doubt could be."""

    item: str
    text: str
    line: int
    owner: str | None
    due: date | None
    due_words: str | None
    state: ItemState
    target: str | None
    issue: str | None
    issue_url: str | None


class DoubtWire(Wire):
    """A text in doubt. `ref` is what `--same` and `--new` call it; it stays while text and document do."""

    ref: str
    document: str
    path: str
    line: int
    section: str
    text: str
    owner: str | None
    due: date | None
    due_words: str | None
    candidates: tuple[CandidateWire, ...]


class ReviewOutput(Wire):
    """`closeout review --format json`: what is still in doubt, and what is promised again while its issue is open."""

    version: Literal[1] = 1
    doubts: tuple[DoubtWire, ...]
    offers: tuple[OfferWire, ...]


def to_json(
    doubts: Sequence[Doubt],
    documents: Mapping[str, KnownDocument],
    links: Mapping[str, Link],
    offered: Sequence[Offer] = (),
) -> str:
    """The doubts and offers as JSON, ending in a line break."""
    wires = tuple(_doubt(doubt, documents[doubt.document], links) for doubt in doubts)
    told = tuple(offers.wire(offer, documents) for offer in offered)
    return ReviewOutput(doubts=wires, offers=told).model_dump_json(indent=2) + "\n"


def print_doubt(doubt: Doubt, document: KnownDocument, links: Mapping[str, Link], console: Console) -> None:
    """The text beside its candidates; on a terminal the words that differ stand out."""
    place = f"{escape.plain(document.path)}:{doubt.parsed.line}"
    console.print(Text.assemble(("in doubt ", "yellow"), (doubt.ref, "bold"), f"  {place}"), soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column("", style="dim", no_wrap=True)
    table.add_column("now", ratio=1, overflow="fold")
    for number, item in enumerate(doubt.candidates, 1):
        table.add_column(f"{number}  {item.id}", ratio=1, overflow="fold")
    sides: list[ParsedItem | Item] = [doubt.parsed, *doubt.candidates]
    new = escape.plain(doubt.parsed.text)
    table.add_row("text", Text(new), *(_apart(escape.plain(item.text), new) for item in doubt.candidates))
    keys = [links[item.id].ref.key if item.id in links else "none" for item in doubt.candidates]
    table.add_row("issue", "", *map(Text, keys))
    table.add_row("line", *(Text(str(side.line)) for side in sides))
    table.add_row("owner", *(Text(escape.plain(side.owner or "nobody")) for side in sides))
    table.add_row("due", *(Text(escape.plain(_due(side) or "no date")) for side in sides))
    console.print(table)


def print_offer(offer: Offer, documents: Mapping[str, KnownDocument], console: Console) -> None:
    """An item beside the one that promises the same and has an issue; on a terminal other words stand out."""
    item, of = offer.item, offer.of
    place = f"{escape.plain(documents[item.document].path)}:{item.line}"
    console.print(Text.assemble(("promised again ", "yellow"), (item.id, "bold"), f"  {place}"), soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column("", style="dim", no_wrap=True)
    table.add_column("without an issue", ratio=1, overflow="fold")
    table.add_column(f"{offer.link.ref.key if offer.link else 'no issue yet'}  {of.id}", ratio=1, overflow="fold")
    table.add_row("text", Text(escape.plain(item.text)), _apart(escape.plain(of.text), escape.plain(item.text)))
    names = (documents[side.document].title or documents[side.document].path for side in (item, of))
    table.add_row("postmortem", *(Text(escape.plain(name)) for name in names))
    table.add_row("owner", *(Text(escape.plain(side.owner or "nobody")) for side in (item, of)))
    table.add_row("due", *(Text(escape.plain(_due(side) or "no date")) for side in (item, of)))
    if offer.link:
        table.add_row("open since", "", Text(f"{offer.link.issue.created_at:%Y-%m-%d}"))
    console.print(table)


def print_end(decided: int, left: Sequence[Doubt], offered: Sequence[Offer], console: Console) -> None:
    """How many were decided, how many are left, and how to go on."""
    told = [f"{decided} decided; the next sync acts on it"] if decided else []
    if left:
        first = left[0]
        told.append(
            f"{len(left)} in doubt. Say which: closeout review --same {first.ref}={first.candidates[0].id}, "
            f"or that it is new: closeout review --new {first.ref}"
        )
    if offered:
        told.append(f"{len(offered)} promised again. {offers.answers(offered[0].item.id, offered[0].of.id)}")
    console.print(Text("\n".join(told or ["nothing is in doubt"])), soft_wrap=True)


def _apart(old: str, new: str) -> Text:
    """`old`, with the words that `new` does not have in their place made to stand out."""
    before, after = old.split(), new.split()
    text = Text()
    for what, start, end, _, _ in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if start < end:
            text.append(" " if text else "")
            text.append(" ".join(before[start:end]), style="" if what == "equal" else "bold red")
    return text


def _due(side: ParsedItem | Item) -> str | None:
    if isinstance(side, Item) and side.extended_to:
        return f"{side.extended_to} (extended)"
    return side.due_date.isoformat() if side.due_date else side.due


def _doubt(doubt: Doubt, document: KnownDocument, links: Mapping[str, Link]) -> DoubtWire:
    parsed = doubt.parsed
    return DoubtWire(
        ref=doubt.ref,
        document=doubt.document,
        path=document.path,
        line=parsed.line,
        section=parsed.section,
        text=parsed.text,
        owner=parsed.owner,
        due=parsed.due_date,
        due_words=None if parsed.due_date else parsed.due,
        candidates=tuple(_candidate(item, links.get(item.id)) for item in doubt.candidates),
    )


def _candidate(item: Item, link: Link | None) -> CandidateWire:
    return CandidateWire(
        item=item.id,
        text=item.text,
        line=item.line,
        owner=item.owner,
        due=item.falls_due,
        due_words=None if item.due_date else item.due,
        state=item.state,
        target=link.ref.target if link else None,
        issue=link.ref.key if link else None,
        issue_url=link.ref.url or None if link else None,
    )
