"""What `closeout move` asks and prints."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from tracker.model import Move, MoveStage
from tracker.policy import Entry
from tracker.render import escape


def question(entry: Entry, target: str) -> str:
    """Whether this is meant."""
    ref = entry.link.ref if entry.link else None
    former = f"{ref.url or ref.key} ({ref.target})" if ref else "its issue"
    return f"Move “{escape.plain(entry.item.text)}” from {former} to {target}?"


def print_move(entry: Entry, move: Move, console: Console) -> None:
    """Where the item's issue is now, and what became of the former one."""
    ref, text = (entry.link.ref if entry.link else None), escape.plain(entry.item.text)
    opened = move.stage is not MoveStage.DECIDED and ref is not None
    head = f"moved to {ref.key} ({ref.target})" if opened and ref else f"not moved to {move.to} yet"
    console.print(Text.assemble((head, "bold"), f": {text}", (f"  {entry.item.id}", "dim")), soft_wrap=True)
    if opened and ref and ref.url:
        console.print(Text(f"  {escape.plain(ref.url)}"), soft_wrap=True)
    console.print(Text(f"  {escape.plain(_former(move))}"), soft_wrap=True)


def _former(move: Move) -> str:
    if move.stage is MoveStage.DECIDED:
        return f"{move.former} is its issue for now."
    if not move.own:
        return f"{move.former} is not closed: Closeout did not open it, or can't write to it."
    if move.stage is MoveStage.OPENED:
        return f"{move.former} is still open."
    return f"{move.former} is closed, and says where the work goes on."
