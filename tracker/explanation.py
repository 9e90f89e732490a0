"""Why a document was read as it was: values that the parser makes and `closeout parse --explain` shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tracker.model import ParsedDocument


class Role(StrEnum):
    """What a stretch of a document was understood to be."""

    SECTION = "section"
    ITEM = "item"
    OWNER = "owner"
    DUE = "due"
    PRIORITY = "priority"
    STATUS = "status"
    TICKET = "ticket"
    SKIPPED = "skipped"


FIELDS = (Role.OWNER, Role.DUE, Role.PRIORITY, Role.STATUS, Role.TICKET)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the source, in bytes of its UTF-8, what it was understood to be, and why.

    `item` is the number of the item that it is or tells of, counted from 0; None for sections and what was passed over.
    """

    start: int
    end: int
    role: Role
    why: str = ""
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A document with its source, as UTF-8, and all that was understood of it, by place."""

    document: ParsedDocument
    data: bytes
    marks: tuple[Mark, ...]
