"""A report on a terminal, by Rich. Words from documents go in as `Text`, never as markup or escape sequences."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.style import Style
from rich.table import Table
from rich.text import Text

from tracker.render import escape, words
from tracker.report import GroupName, Progress, Report, ReportItem, Section

_STYLES = {
    GroupName.OVERDUE: "bold red",
    GroupName.DUE_SOON: "yellow",
    GroupName.GHOST: "magenta",
    GroupName.UNLINKED: "magenta",
    GroupName.OPEN: "cyan",
}
_PAGE = 100
_WIDEST_KEY = 24


def render(report: Report, width: int = _PAGE) -> str:
    """The report without colours, for a file or a pipe."""
    page = io.StringIO()
    print_report(report, Console(file=page, width=width, color_system=None, force_terminal=False, legacy_windows=False))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def print_report(report: Report, console: Console) -> None:
    """Print the report: coloured where `console` is a terminal, plain elsewhere."""
    for part in _parts(report):
        console.print(part)


def _parts(report: Report) -> Iterator[RenderableType]:
    yield _head(report)
    keys = [item.issue or "none" for section in report.sections for item in section.items]
    wide = min(max(map(len, keys), default=0), _WIDEST_KEY)  # one width for all tables, so that they line up
    for section in report.sections:
        yield Text.assemble(
            "\n", (escape.plain(words.section(section)), "bold"), "  ", _figures(words.summary(section.counts))
        )
        yield _items(section, max(wide, len("Issue")))
    if report.documents:
        yield Text("\nPostmortems", style="bold")
        yield _documents(report.documents)
    for note in words.notes(report):
        yield Text.assemble("\n", ("Note: ", "yellow"), escape.plain(note))
    if report.why:
        yield Text(f"\n{escape.plain(report.why)}", style="dim")


def _head(report: Report) -> Panel:
    lines = [_figures(words.overview(report.totals))]
    if settled := words.settled(report.totals):
        lines.append(Text(settled, style="green"))
    lines.append(Text(words.freshness(report), style="dim"))
    title = Text(escape.plain(report.title), style="bold")
    if report.recipient:
        title.append(f" for {escape.plain(report.recipient.name)}")
    day = Text(f"{report.today.isoformat()}, {report.period_key}")
    return Panel(Group(*lines), title=title, title_align="left", subtitle=day, subtitle_align="right", padding=(0, 1))


def _figures(sentence: str) -> Text:
    text = Text(sentence)
    text.highlight_regex(r"\d+ overdue", style="bold red")
    text.highlight_regex(r"\d+ due soon", style="yellow")
    text.highlight_regex(r"\d+ with(out)? an? .*?(?=,|$)", style="magenta")
    return text


def _items(section: Section, wide: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column("When", width=17)
    table.add_column("What was promised", ratio=1)
    table.add_column("Issue", width=wide, overflow="fold")
    for group in section.groups:
        style = _STYLES[group.name]
        table.add_section()
        table.add_row(Text(f"{words.GROUPS[group.name]} ({len(group.items)})", style=style), "", "")
        for item in group.items:
            table.add_row(_when(item, style), _what(item, section), _issue(item))
    return table


def _when(item: ReportItem, style: str) -> Text:
    text = Text(escape.plain(words.when(item)), style=style)
    if item.due:
        text.append(f"\n{escape.plain(words.day(item))}", style="dim not bold")
    return text


def _what(item: ReportItem, section: Section) -> Text:
    text = Text(escape.plain(item.text), overflow="fold")
    if item.priority:
        text.append(f"  {escape.plain(item.priority)}", style="bold")
    if words.shares(item, section):
        text.append(f"\n{escape.plain(words.owners(item))}", style="magenta")
    if item.gone:
        text.append(f"\n{escape.plain(words.gone(item))}", style="magenta")
    place = f"{escape.plain(item.document_path)}:{item.line}"
    return text.append("\n").append(place, style=_linked(item.document_url, dim=True))


def _issue(item: ReportItem) -> Text:
    if item.issue is None:
        return Text("none", style="magenta")
    return Text(escape.plain(item.issue), style=_linked(item.issue_url))


def _linked(address: str | None, *, dim: bool = False) -> Style:
    return Style(dim=dim, link=escape.url(address))


def _documents(documents: tuple[Progress, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column("Document", ratio=1)
    table.add_column("", width=16)
    table.add_column("Closed")
    table.add_column("Overdue", justify="right")
    for each in documents:
        overdue = Text(str(each.counts.overdue) if each.counts.overdue else "", style="bold red")
        bar = ProgressBar(total=each.counts.total, completed=each.counts.closed, width=16)
        title = Text(escape.plain(each.title), style=_linked(each.url), overflow="fold")
        table.add_row(title, bar, words.progress(each), overdue)
    return table
