"""The pull request that puts links into documents: its title and body, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tracker.render import escape
from tracker.writeback import DocumentWritten, Wish

TITLE = "Link postmortems to their issues"
LONGEST = 60_000
"""Characters of a body; GitHub takes 65,536."""

_TICKS = re.compile(r"`+")


def body(documents: Sequence[DocumentWritten], branch: str) -> str:
    """What was put into which document, line by line.

    Everything that people wrote stands in code spans: there GitHub mentions nobody, links nothing and closes nothing.
    Of private documents only the lines are told.
    """
    links, marks = sum(each.links for each in documents), sum(each.marks for each in documents)
    what = [f"{links} link{'s' * (links != 1)}"] if links else []
    what += [f"{marks} check mark{'s' * (marks != 1)}"] if marks else []
    postmortems = f"{len(documents)} postmortem{'s' * (len(documents) != 1)}"
    head = f"{' and '.join(what)} for {postmortems}, each at its item's place; nothing else changes."
    foot = (
        "_Closeout keeps this pull request up to date and closes it when nothing is left. "
        f"It never overwrites what you push to `{branch}`._"
    )
    return "\n".join([head, "", *_fitting(documents, LONGEST), foot]) + "\n"


def _fitting(documents: Iterable[DocumentWritten], room: int) -> list[str]:
    """The lines of the documents, as many as there is room for."""
    lines: list[str] = []
    left_out = 0
    for told in documents:
        section = [f"**{code(told.document.path)}**", "", *(_line(told, wish) for wish in told.granted), ""]
        room -= sum(len(line) + 1 for line in section)
        if room > 0:
            lines += section
        else:
            left_out += 1
    return [*lines, *([f"… and {left_out} more", ""] if left_out else [])]


def _line(told: DocumentWritten, wish: Wish) -> str:
    link = [code(wish.link.label)] if wish.link else []
    mark = ["ticked" if wish.done else "unticked"] if wish.done is not None else []
    words = "" if told.document.private else f": {code(wish.item.text)}"
    return f"- line {wish.item.line}, {' and '.join([*link, *mark])}{words}"


def code(text: str) -> str:
    """`text` as a code span, whatever it holds."""
    plain = escape.plain(text)
    fence = "`" * (max(map(len, _TICKS.findall(plain)), default=0) + 1)
    space = " " if plain[:1] == "`" or plain[-1:] == "`" else ""
    return f"{fence}{space}{plain}{space}{fence}"
