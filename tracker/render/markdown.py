"""A report as GitHub-flavoured Markdown: for a wiki, a comment or a chat. Words from documents stay words."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.render import escape, metrics_text, words
from tracker.report import Counts, Group, GroupName, Progress, Report, ReportItem, ReportKind, Section, Theme


def render(report: Report) -> str:
    """The report, ending in one line break.

    Raises:
        UsageError: the user's own template is broken.
    """
    if any(wording.name.endswith(".md.j2") for wording in report.wordings):
        from tracker.render import templating  # noqa: PLC0415 - only who brings a template waits for the engine

        return templating.render(report, "markdown").rstrip("\n") + "\n"
    return "\n".join(_lines(report)).rstrip("\n") + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {escape.markdown(report.title)}"
    yield ""
    recipient = f" for {escape.markdown(report.recipient.name)}" if report.recipient else ""
    yield f"{report.today.isoformat()} ({report.period_key}){recipient}. {words.freshness(report)}."
    yield ""
    settled = words.settled(report.totals)
    yield f"**{words.overview(report.totals)}**{f'; {settled}' if settled else ''}"
    yield ""
    if report.metrics:
        yield f"{words.measured(report.metrics)}."
        yield ""
    for note in words.notes(report):
        yield f"> {escape.markdown(note)}"
        yield ""
    yield from _standings("Who has what", [(words.section(each), each.counts) for each in report.sections], report)
    yield from _standings("Services", [(each.name, each.counts) for each in report.services], report)
    if report.worst:
        yield "## Overdue longest"
        yield ""
        yield from _items((Group(GroupName.OVERDUE, report.worst),), None)
    for section in report.sections:
        if section.groups:
            yield from _section(section)
    yield from _themes(report.themes)
    if report.metrics:
        yield "## How promises are kept"
        yield ""
        yield from metrics_text.markdown(report.metrics)
        yield ""
    yield from _documents(report)
    if report.why:
        yield escape.markdown(report.why)


def _standings(title: str, rows: list[tuple[str, Counts]], report: Report) -> Iterator[str]:
    """A table of figures, for a report that lists no items."""
    if not rows or report.kind is not ReportKind.MANAGEMENT:
        return
    yield f"## {title}"
    yield ""
    yield "| | Open | Overdue | Due soon | Closed |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, counts in rows:
        yield f"| {escape.markdown(name)} | {counts.open} | {counts.overdue} | {counts.due_soon} | {counts.closed} |"
    yield ""


def _section(section: Section) -> Iterator[str]:
    title = words.section(section)
    yield f"## {link(title, section.document.url) if section.document else escape.markdown(title)}"
    yield ""
    yield words.standing(section)
    yield ""
    yield from _items(section.groups, section)


def _items(groups: tuple[Group, ...], section: Section | None) -> Iterator[str]:
    yield "| | Item | Due | Issue | Document |"
    yield "| --- | --- | --- | --- | --- |"
    for group in groups:
        for item in group.items:
            yield f"| {words.GROUPS[group.name]} | {_row(item, section, group.name)} |"
    yield ""


def _row(item: ReportItem, section: Section | None, group: GroupName) -> str:
    text = escape.markdown(item.text)
    if words.shares(item, section):
        text += f" · {escape.markdown(words.owners(item))}"
    if marks := words.marks(item, group):
        text += f" · {link(marks, item.work)}"
    if item.gone:
        text += f" · {escape.markdown(words.gone(item))}"
    day, when = escape.markdown(words.day(item)), escape.markdown(words.when(item))
    due = f"{day} ({when})" if day else when
    issue = link(item.issue, item.issue_url) if item.issue else "none"
    place = f"{link(item.document_title, item.document_url)}, line {item.line}"
    return f"{text} | {due} | {issue} | {place}"


def _themes(themes: tuple[Theme, ...]) -> Iterator[str]:
    if not themes:
        return
    yield "## Promised before"
    yield ""
    for theme in themes:
        yield f"- {escape.markdown(theme.text)}: {words.theme(theme)}"
        for each in theme.promises:
            issue = f", {link(each.issue, each.issue_url)}" if each.issue else ""
            other = f": {escape.markdown(said)}" if (said := theme.other_words(each)) else ""
            yield f"  - {link(each.document_title, each.document_url)} ({words.promise(each)}{issue}){other}"
    yield ""


def _documents(report: Report) -> Iterator[str]:
    if not report.documents:
        return
    yield "## Postmortems"
    yield ""
    yield "| Document | Closed | Overdue | Of those closed |"
    yield "| --- | --- | --- | --- |"
    for progress in report.documents:
        yield f"| {_progress(progress)} |"
    yield ""


def _progress(progress: Progress) -> str:
    counts = progress.counts
    cells = (link(progress.title, progress.url), words.progress(progress), str(counts.overdue), words.settled(counts))
    return " | ".join(cells)


def link(text: str, address: str | None) -> str:
    """`text` as a link that fits into a table's cell; as words where there is nothing to lead to."""
    target = escape.url(address)
    if not target:
        return escape.markdown(text)
    # In a table a pipe ends the cell wherever it stands, and a bracket may end the link.
    for character in "|()[]":
        target = target.replace(character, f"%{ord(character):02X}")
    return f"[{escape.markdown(text)}]({target})"
