"""What stands against moving an item to another target."""

from __future__ import annotations

from tracker.app.desk import Desk
from tracker.app.reviewing import review
from tracker.errors import UsageError
from tracker.model import ItemState
from tracker.moves import is_under_way
from tracker.policy import Entry


def refuse_unless_movable(desk: Desk, entry: Entry, to: str) -> None:
    """Raise UsageError with the reason, if there is one; a move that was cut off may go on."""
    item, link, under_way = entry.item, entry.link, entry.item.move
    if is_begun(entry, to):
        return
    if link is None:
        raise no_issue(entry, to)
    if under_way is not None and is_under_way(under_way):
        said = f"its move from {under_way.former} to {under_way.to} is not finished"
        raise pointless(entry, said, f"`closeout move {item.id} {under_way.to}` or a sync goes on with it.")
    if link.ref.target == to:
        raise pointless(entry, f"its issue is in {to} already: {link.ref.url or link.ref.key}")
    if item.state.settled or item.done:
        said = "its document says that it is done" if item.state is ItemState.OPEN else f"it is {words(item.state)}"
        raise pointless(entry, f"there is nothing to move: {said}", "`closeout history ITEM` tells how that came.")
    if item.kind not in desk.settings.policy.kinds:
        raise pointless(entry, f"policy.kinds gives no issues to items of the kind {item.kind.value}")
    doubts = review(desk.store, desk.settings, desk.root, desk.clock()).doubts()
    if any(candidate.id == item.id for doubt in doubts for candidate in doubt.candidates):
        raise pointless(entry, "it may be a reworded one", "`closeout review` decides that first.")


def is_begun(entry: Entry, to: str) -> bool:
    """Whether this very move was cut off."""
    wanted = entry.item.move
    return wanted is not None and wanted.to == to and is_under_way(wanted)


def no_issue(entry: Entry, to: str) -> UsageError:
    """The error for an item that has nothing to move."""
    said = f"it has no issue yet; `[[routes]]` or `target` in closeout.toml say where it gets one, as {to}"
    return UsageError(said, where=entry.item.id, advice="Then `closeout sync` opens it there.")


def pointless(entry: Entry, message: str, advice: str = "") -> UsageError:
    """An error that names the item."""
    return UsageError(message, where=entry.item.id, advice=advice)


def words(state: ItemState) -> str:
    """The state in words."""
    return state.value.replace("_", " ")
