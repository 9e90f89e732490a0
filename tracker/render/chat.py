"""A report part as a short message for Slack, Teams and the like: what is pressing, with links, and why it came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracker.render import escape, words
from tracker.report import GroupName, Report, ReportItem

_MOST = 10
"""Items that one message names; mail and the command line show all."""

_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Notice:
    """A title without markup, and Markdown."""

    title: str
    text: str


def notice(report: Report) -> Notice:
    """What one recipient is told."""
    return Notice(escape.plain(words.subject(report)), "\n".join(_lines(report)) + "\n")


def _lines(report: Report) -> Iterator[str]:
    yield escape.chat(f"{words.overview(report.totals)}.")
    named = list(_pressing_first(report))
    for heading, item in named[:_MOST]:
        if heading:
            yield ""
            yield heading
            yield ""
        yield _item(item)
    if len(named) > _MOST:
        yield ""
        yield f"… and {len(named) - _MOST} more."
    for note in words.notes(report):
        yield ""
        yield escape.chat(note)
    yield ""
    yield f"_{escape.chat(f'{report.why} {words.freshness(report)}.')}_"


def _pressing_first(report: Report) -> Iterator[tuple[str, ReportItem]]:
    """Each item once, the most pressing group first, with a heading before the first of each section there.

    That says whose the items are, unless they are the recipient's own.
    """
    seen: set[str] = set()
    for name in GroupName:
        for section in report.sections:
            is_own = report.recipient is not None and section.owner == report.recipient
            whose = "" if is_own else f" · {escape.chat(words.section(section))}"
            heading = f"**{words.GROUPS[name]}**{whose}"
            for item in (item for group in section.groups if group.name is name for item in group.items):
                if item.id not in seen:
                    seen.add(item.id)
                    yield heading, item
                    heading = ""


def _item(item: ReportItem) -> str:
    text = " ".join(item.text.split())
    text = escape.chat(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…")
    return f"- {text} ({', '.join([escape.chat(words.when(item)), *_tickets(item)])})"


def _tickets(item: ReportItem) -> Iterator[str]:
    target = escape.url(item.issue_url)
    name = escape.chat(item.issue or "")
    if name:
        yield f"[{name}]({target.replace('(', '%28').replace(')', '%29')})" if target else name
