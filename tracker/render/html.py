"""A report as an HTML page that is also a mail: tables and inline styles, no scripts, nothing loaded from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from tracker.render import escape, words
from tracker.report import Counts, Report


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart: `segments` are (look, width in percent); they and `rest` make 100."""

    label: str
    url: str | None
    segments: tuple[tuple[str, int], ...]
    rest: int
    figures: str
    overdue: int


def render(report: Report) -> str:
    """The page."""
    tiles = (
        ("Open", report.totals.open, "text"),
        ("Overdue", report.totals.overdue, "overdue"),
        ("Due soon", report.totals.due_soon, "due-soon"),
        ("No issue", report.totals.unlinked, "unlinked"),
        ("No owner", report.totals.unowned + report.totals.owner_unknown, "unlinked"),
        ("Closed", report.totals.closed, "done"),
    )
    page = _template().render(
        report=report, tiles=tiles, owners=_owners(report), documents=_documents(report), words=words
    )
    return page.rstrip("\n") + "\n"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("tracker.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Every text that a template puts out passes here, so none can forget it; Markup is the template's own.
        finalize=lambda value: escape.plain(value) if type(value) is str else value,
    )
    environment.filters["web"] = escape.url
    return environment.get_template("report.html.j2")


def _owners(report: Report) -> tuple[Bar, ...]:
    """Open items of each owner, on one scale; a chart of one bar says nothing."""
    most = max((section.counts.open for section in report.sections), default=0)
    if len(report.sections) < 2:  # noqa: PLR2004 - one bar
        return ()
    return tuple(
        _bar(words.section(section), None, _open(section.counts), most, f"{section.counts.open} open", section.counts)
        for section in report.sections
    )


def _documents(report: Report) -> tuple[Bar, ...]:
    """How much of what each document promised is closed, and what is late."""
    bars = []
    for each in report.documents:
        counts = each.counts
        closed = (("done", counts.done), ("wont-do", counts.wont_do + counts.duplicate))
        bars.append(
            _bar(each.title, each.url, (*closed, *_open(counts)[:1]), counts.total, words.progress(each), counts)
        )
    return tuple(bars)


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
        ends.append(round(100 * sofar / whole))
    segments = tuple(
        (look, end - start) for (look, _), start, end in zip(parts, ends, ends[1:], strict=False) if end > start
    )
    return Bar(label, url, segments, 100 - ends[-1], figures, counts.overdue)
