"""A report as an HTML page that is also a mail: tables and inline styles, no scripts, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.render import metrics_html, templating, words
from tracker.report import Counts, Progress, Report

_ALL = 2**31
_BARS = 15  # in a mail that would be too long: each takes as much room as an item
_MAIL = 100_000
"""Bytes of a page that mail services show whole: Gmail cuts off what follows 102 kB, and with it why one got it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart: `segments` are (look, width in percent); they and `rest` make 100."""

    label: str
    url: str | None
    segments: tuple[tuple[str, int], ...]
    rest: int
    figures: str
    overdue: int


def render(report: Report, most: int = _ALL, bars: int = _ALL) -> str:
    """The page; lists show at most `most` rows, charts `bars`, of sections there are four times `most` at most.

    Whatever is left out is counted in its place.
    """
    page = templating.render(report, "html", most=most, bars=bars, **_values(report))
    return page.rstrip("\n") + "\n"


def for_mail(report: Report) -> str:
    """The page, its charts and lists shortened as far as it takes to be shown whole by mail services."""
    page = shorter = render(report)
    if _size(page) <= _MAIL:
        return page
    most = max(map(len, _lists(report)), default=0)  # to begin with all items, and shorter charts: it often does
    fits, too_many = 0, most + 1
    while too_many - fits > 1:
        shorter = render(report, most, min(most, _BARS))
        if _size(shorter) <= _MAIL:
            fits, page = most, shorter
        else:
            too_many = most
        most = (fits + too_many) // 2
    return page if fits else shorter


def _size(page: str) -> int:
    return len(page.encode("utf-8", "replace"))


def _lists(report: Report) -> list[Sequence[object]]:
    groups = [group.items for section in report.sections for group in section.groups]
    promises = [theme.promises for theme in report.themes]
    return [*groups, *promises, report.sections, report.documents, report.services, report.themes]


def _values(report: Report) -> dict[str, object]:
    """What a template is given beside the report and its words."""
    totals = report.totals
    return {
        "charts": metrics_html.render(report.metrics) if report.metrics else "",
        "tiles": (
            ("Open", totals.open, "text"),
            ("Overdue", totals.overdue, "overdue"),
            ("Due soon", totals.due_soon, "due-soon"),
            ("No issue", totals.unlinked, "warning"),
            ("No owner", totals.unowned + totals.owner_unknown, "warning"),
            ("Closed", totals.closed, "done"),
        ),
        "sections": tuple(section for section in report.sections if section.groups),
        "owners": _owners(report),
        "services": _on_one_scale([(each.name, each.counts) for each in report.services]),
        "documents": tuple(map(_document, report.documents)),
    }


def _owners(report: Report) -> tuple[Bar, ...]:
    """Open items of each owner or team; a chart of one bar says nothing, and postmortems have their own."""
    rows = [(words.section(section), section.counts) for section in report.sections if section.document is None]
    return _on_one_scale(rows) if len(rows) > 1 else ()


def _on_one_scale(rows: Sequence[tuple[str, Counts]]) -> tuple[Bar, ...]:
    most = max((counts.open for _, counts in rows), default=0)
    return tuple(_bar(label, None, _open(counts), most, f"{counts.open} open", counts) for label, counts in rows)


def _document(each: Progress) -> Bar:
    """How much of what a document promised is closed, and what is late."""
    counts = each.counts
    closed = (("done", counts.done), ("wont-do", counts.wont_do + counts.duplicate))
    return _bar(each.title, each.url, (*closed, *_open(counts)[:1]), counts.total, words.progress(each), counts)


def _open(counts: Counts) -> tuple[tuple[str, int], ...]:
    return (
        ("overdue", counts.overdue),
        ("due-soon", counts.due_soon),
        ("open", counts.open - counts.overdue - counts.due_soon),
    )


def _bar(
    label: str, url: str | None, parts: tuple[tuple[str, int], ...], whole: int, figures: str, counts: Counts
) -> Bar:
    # The ends are rounded, not the widths: however small the parts, they never add up to more than the whole.
    ends, sofar = [0], 0
    for _, number in parts:
        sofar += number
        ends.append(round(100 * sofar / whole) if whole else 0)
    segments = tuple(
        (look, end - start) for (look, _), start, end in zip(parts, ends, ends[1:], strict=False) if end > start
    )
    return Bar(label, url, segments, 100 - ends[-1], figures, counts.overdue)
