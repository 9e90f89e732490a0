"""A report as GitHub-flavoured Markdown: for a wiki, a comment or a chat. Words from documents stay words."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.render import escape, words
from tracker.report import Progress, Report, ReportItem, Section


def render(report: Report) -> str:
    """The report, ending in one line break."""
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
    for note in words.notes(report):
        yield f"> {escape.markdown(note)}"
        yield ""
    for section in report.sections:
        yield from _section(section)
    yield from _documents(report)
    if report.why:
        yield escape.markdown(report.why)


def _section(section: Section) -> Iterator[str]:
    yield f"## {escape.markdown(words.section(section))}"
    yield ""
    yield words.summary(section.counts)
    yield ""
    yield "| | Item | Due | Issue | Document |"
    yield "| --- | --- | --- | --- | --- |"
    for group in section.groups:
        for item in group.items:
            yield f"| {words.GROUPS[group.name]} | {_row(item, section)} |"
    yield ""


def _row(item: ReportItem, section: Section) -> str:
    text = escape.markdown(item.text)
    if words.shares(item, section):
        text += f" · {escape.markdown(words.owners(item))}"
    if item.gone:
        text += f" · {escape.markdown(words.gone(item))}"
    due = f"{escape.markdown(words.day(item))} ({words.when(item)})" if item.due else escape.markdown(words.when(item))
    issue = _link(item.issue, item.issue_url) if item.issue else "none"
    place = f"{_link(item.document_title, item.document_url)}, line {item.line}"
    return f"{text} | {due} | {issue} | {place}"


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
    cells = (_link(progress.title, progress.url), words.progress(progress), str(counts.overdue), words.settled(counts))
    return " | ".join(cells)


def _link(text: str, address: str | None) -> str:
    target = escape.url(address)
    if not target:
        return escape.markdown(text)
    # In a table a pipe ends the cell wherever it stands, and a bracket may end the link.
    for character in "|()[]":
        target = target.replace(character, f"%{ord(character):02X}")
    return f"[{escape.markdown(text)}]({target})"
