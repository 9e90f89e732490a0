"""A report on a terminal, by Rich. Words from documents go in as `Text`, never as markup or escape sequences."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.style import Style
from rich.table import Table
from rich.text import Text

from tracker.render import escape, words
from tracker.report import Counts, GroupName, Progress, Report, ReportItem, ReportKind, Section, Theme
from tracker.report import Group as ItemGroup

_STYLES = {
    GroupName.OVERDUE: "bold red",
    GroupName.DUE_SOON: "yellow",
    GroupName.IN_REVIEW: "green",
    GroupName.OPEN: "cyan",
    GroupName.CLOSED: "green",
}
_PAGE = 100
_WIDEST_KEY = 24
_BAR = 16


def render(report: Report, width: int = _PAGE) -> str:
    """The report without colours, for a file or a pipe.

    Raises:
        UsageError: the user's own template is broken.
    """
    if any(wording.name.endswith(".txt.j2") for wording in report.wordings):
        from tracker.render import templating  # noqa: PLC0415 - only who brings a template waits for the engine

        return templating.render(report, "text").rstrip("\n") + "\n"
    page = io.StringIO()
    print_report(report, Console(file=page, width=width, color_system=None, force_terminal=False, legacy_windows=False))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def print_report(report: Report, console: Console) -> None:
    """Print the report: coloured where `console` is a terminal, plain elsewhere."""
    for part in _parts(report):
        console.print(part)


def _parts(report: Report) -> Iterator[RenderableType]:
    yield _head(report)
    keys = [item.issue or "none" for item in report.items]
    wide = max(min(max(map(len, keys), default=0), _WIDEST_KEY), len("Issue"))  # one width, so that tables line up
    if report.kind is ReportKind.MANAGEMENT:
        yield from _standings("Who has what", [(words.section(each), each.counts) for each in report.sections])
        yield from _standings("Services", [(each.name, each.counts) for each in report.services])
    if report.worst:
        yield Text("\nOverdue longest", style="bold")
        yield _items((ItemGroup(GroupName.OVERDUE, report.worst),), None, wide)
    for section in report.sections:
        if section.groups:
            yield Text.assemble(
                "\n", (escape.plain(words.section(section)), "bold"), "  ", _figures(words.standing(section))
            )
            yield _items(section.groups, section, wide)
    yield from _themes(report.themes)
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
    if report.metrics:
        lines.append(Text(words.measured(report.metrics)))
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


def _standings(title: str, rows: Sequence[tuple[str, Counts]]) -> Iterator[RenderableType]:
    if not rows:
        return
    yield Text(f"\n{title}", style="bold")
    table = _table("", "", "Open", "Overdue")
    most = max(counts.open for _, counts in rows)
    for name, counts in rows:
        bar = ProgressBar(total=most or 1, completed=counts.open, width=_BAR)
        table.add_row(Text(escape.plain(name), overflow="fold"), bar, str(counts.open), _overdue(counts))
    yield table


def _table(*names: str) -> Table:
    """A table whose first column takes the room, whose second is a bar."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column(names[0], ratio=1)
    table.add_column(names[1], width=_BAR)
    for name in names[2:]:
        table.add_column(name, justify="right")
    return table


def _overdue(counts: Counts) -> Text:
    return Text(str(counts.overdue) if counts.overdue else "", style="bold red")


def _themes(themes: Iterable[Theme]) -> Iterator[RenderableType]:
    for number, theme in enumerate(themes):
        if not number:
            yield Text("\nPromised before", style="bold")
        text = Text(f"\n{escape.plain(theme.text)}", overflow="fold")
        text.append(f"\n  {words.theme(theme)}", style="magenta")
        for each in theme.promises:
            text.append("\n  - ").append(escape.plain(each.document_title), style=_linked(each.document_url))
            text.append(f" ({words.promise(each)}", style="dim")
            if each.issue:
                text.append(", ", style="dim").append(escape.plain(each.issue), style=_linked(each.issue_url))
            text.append(")", style="dim")
            if other := theme.other_words(each):
                text.append(f": {escape.plain(other)}", style="dim")
        yield text


def _items(groups: Iterable[ItemGroup], section: Section | None, wide: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column("When", width=17)
    table.add_column("What was promised", ratio=1)
    table.add_column("Issue", width=wide, overflow="fold")
    for group in groups:
        style = _STYLES.get(group.name, "magenta")
        table.add_section()
        table.add_row(Text(f"{words.GROUPS[group.name]} ({len(group.items)})", style=style), "", "")
        for item in group.items:
            table.add_row(_when(item, style), _what(item, section, group.name), _issue(item))
    return table


def _when(item: ReportItem, style: str) -> Text:
    text = Text(escape.plain(words.when(item)), style=style)
    if day := words.day(item):
        text.append(f"\n{escape.plain(day)}", style="dim not bold")
    return text


def _what(item: ReportItem, section: Section | None, group: GroupName) -> Text:
    text = Text(escape.plain(item.text), overflow="fold")
    if item.priority:
        text.append(f"  {escape.plain(item.priority)}", style="bold")
    if words.shares(item, section):
        text.append(f"\n{escape.plain(words.owners(item))}", style="magenta")
    if marks := words.marks(item, group):
        text.append(f"\n{marks}", style=Style.combine([Style(color="magenta"), _linked(item.work)]))
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
    table = _table("Document", "", "Closed", "Overdue")
    for each in documents:
        bar = ProgressBar(total=each.counts.total, completed=each.counts.closed, width=_BAR)
        title = Text(escape.plain(each.title), style=_linked(each.url), overflow="fold")
        table.add_row(title, bar, words.progress(each), _overdue(each.counts))
    return table
