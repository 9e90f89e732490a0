"""A report part as a mail: subject, plain text and HTML of the same content."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tracker.render import escape, html, metrics_text, templating, words
from tracker.report import GroupName, Letter, Report, ReportItem, Section

_WIDTH = 72


def letter(report: Report) -> Letter:
    """What one recipient is sent."""
    worded = templating.own(report, "text")
    plain = templating.render(report, "text") if worded else text(report)
    return Letter(escape.plain(words.subject(report)), plain, html.for_mail(report))


def text(report: Report) -> str:
    """The plain text part: short lines, no tables, every address in full."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield from _wrapped(report.title)
    recipient = f"for {report.recipient.name}, " if report.recipient else ""
    yield from _wrapped(f"{recipient}{report.today.isoformat()}")
    yield ""
    yield from _wrapped(words.overview(report.totals))
    if report.metrics:
        yield from _wrapped(words.measured(report.metrics))
    yield from _standings(report)
    if report.worst:
        yield from _heading("Overdue longest")
        for item in report.worst:
            yield ""
            yield from _item(item, None, GroupName.OVERDUE)
    for section in report.sections:
        if section.groups:
            yield from _section(section)
    yield from _themes(report)
    if report.metrics:
        yield from _heading("How promises are kept")
        yield ""
        yield from map(escape.plain, metrics_text.lines(report.metrics))
    for note in words.notes(report):
        yield ""
        yield from _wrapped(note)
    if report.documents:
        yield from _documents(report)
    yield ""
    yield "-- "  # the line that mail readers take for the start of a signature
    yield from _wrapped(report.why)
    yield from _wrapped(f"{words.freshness(report)}.")


def _section(section: Section) -> Iterator[str]:
    yield from _heading(f"{words.section(section)}: {words.standing(section)}")
    for group in section.groups:
        yield ""
        yield f"{words.GROUPS[group.name]} ({len(group.items)})"
        for item in group.items:
            yield ""
            yield from _item(item, section, group.name)


def _item(item: ReportItem, section: Section | None, group: GroupName) -> Iterator[str]:
    yield from _wrapped(item.text, first="* ", rest="  ")
    facts = [f"{words.when(item)} ({day})" if (day := words.day(item)) else words.when(item)]
    if item.priority:
        facts.append(item.priority)
    if item.issue:
        facts.append(f"issue {item.issue}")
    elif group is not GroupName.UNLINKED:
        facts.append("no issue")
    if words.shares(item, section):
        facts.append(words.owners(item))
    if marks := words.marks(item, group):
        facts.append(marks)
    yield from _wrapped(", ".join(facts), first="  ", rest="  ")
    yield from _address(item.issue_url)
    yield from _address(item.work)
    yield from _wrapped(words.gone(item), first="  ", rest="  ")
    if section is None or section.document is None:
        yield from _wrapped(f"in {item.document_title}, line {item.line}", first="  ", rest="  ")
        yield from _address(item.document_url)


def _documents(report: Report) -> Iterator[str]:
    yield from _heading("Postmortems")
    for each in report.documents:
        overdue = f", {each.counts.overdue} overdue" if each.counts.overdue else ""
        yield from _wrapped(f"{each.title}: {words.progress(each)}{overdue}", first="* ", rest="  ")


def _standings(report: Report) -> Iterator[str]:
    """Figures of those whose items are not listed."""
    rows = [(words.section(section), section.counts) for section in report.sections if not section.groups]
    for title, standings in (("Who has what", rows), ("Services", [(e.name, e.counts) for e in report.services])):
        if standings:
            yield from _heading(title)
            for name, counts in standings:
                yield from _wrapped(f"{name}: {words.summary(counts)}", first="* ", rest="  ")


def _themes(report: Report) -> Iterator[str]:
    if not report.themes:
        return
    yield from _heading("Promised before")
    for theme in report.themes:
        yield ""
        yield from _wrapped(theme.text, first="* ", rest="  ")
        for each in theme.promises:
            issue = f", {each.issue}" if each.issue else ""
            other = f": {said}" if (said := theme.other_words(each)) else ""
            line = f"{each.document_title} ({words.promise(each)}{issue}){other}"
            yield from _wrapped(line, first="  - ", rest="    ")


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield ""
    lines = _wrapped(title)
    yield from lines
    yield "=" * max(map(len, lines), default=0)


def _address(address: str | None) -> Iterator[str]:
    target = escape.url(address)
    if target:
        yield f"  {target}"  # never wrapped: a broken address is no link


def _wrapped(words_: str, *, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        escape.plain(words_),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
