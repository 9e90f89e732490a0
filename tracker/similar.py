"""Open issues that people made by hand for what an item promises: proposed for adoption, never taken without a say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from connectors import Issue
from tracker.actions import Create
from tracker.matching import TOO_CLOSE
from tracker.model import Item
from tracker.spelling import normalise

ALIKE = 75.0
"""Least similarity (0 to 100) of an issue's title and an item's words at which they are proposed to be one."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An item without an issue, and the open issue that may be its own. `likeness` is from `ALIKE` to 100."""

    item: Item
    issue: Issue
    likeness: float


def propose(creates: Sequence[Create], issues: Iterable[Issue]) -> tuple[Proposal, ...]:
    """For each item that would get a new issue the one open issue that reads like it, one to one, best first.

    Issues with a marker belong to an item already. Where two issues read alike, none is proposed.
    """
    free = [issue for issue in issues if issue.marker is None and not issue.state.closed]
    titles = [normalise(issue.title) for issue in free]
    ranked = sorted(
        (-score, row, column)
        for row, create in enumerate(creates)
        for column, title in enumerate(titles)
        if (score := _likeness(create, title)) >= ALIKE - TOO_CLOSE and not create.item.parted_from(free[column].ref)
    )
    out: dict[int, Proposal] = {}
    taken: set[int] = set()
    for negative, row, column in ranked:
        if row in out or column in taken or -negative < ALIKE:
            continue
        rivals = [r for r in ranked if (r[1] == row) != (r[2] == column) and r[0] - negative < TOO_CLOSE]
        if not rivals:
            out[row] = Proposal(creates[row].item, free[column], -negative)
        taken.add(column)
    return tuple(out[row] for row in sorted(out))


def _likeness(create: Create, title: str) -> float:
    """How alike an issue's title and an item are: its words, or the title that its own issue would get."""
    return max(
        fuzz.token_sort_ratio(normalise(words), title, score_cutoff=ALIKE - TOO_CLOSE)
        for words in (create.item.text, create.draft.title)
    )
