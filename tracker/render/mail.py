"""A report part as a mail: subject, plain text and HTML of the same content."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tracker.render import escape, html, words
from tracker.report import GroupName, Letter, Report, ReportItem, Section

_WIDTH = 72


def letter(report: Report) -> Letter:
    """What one recipient is sent."""
    return Letter(escape.plain(words.subject(report)), text(report), html.render(report))


def text(report: Report) -> str:
    """The plain text part: short lines, no tables, every address in full."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield from _wrapped(report.title)
    recipient = f"for {report.recipient.name}, " if report.recipient else ""
    yield from _wrapped(f"{recipient}{report.today.isoformat()}")
    yield ""
    yield from _wrapped(words.overview(report.totals))
    for section in report.sections:
        yield from _section(section)
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
    yield ""
    yield ""
    heading = f"{words.section(section)}: {words.summary(section.counts)}"
    yield from _wrapped(heading)
    yield "=" * min(len(escape.plain(heading)), _WIDTH)
    for group in section.groups:
        yield ""
        yield f"{words.GROUPS[group.name]} ({len(group.items)})"
        for item in group.items:
            yield ""
            yield from _item(item, section, group.name)


def _item(item: ReportItem, section: Section, group: GroupName) -> Iterator[str]:
    yield from _wrapped(item.text, first="* ", rest="  ")
    facts = [f"{words.when(item)} ({words.day(item)})" if item.due else words.when(item)]
    if item.priority:
        facts.append(item.priority)
    if item.issue:
        facts.append(f"issue {item.issue}")
    elif group is not GroupName.UNLINKED:
        facts.append("no issue")
    if words.shares(item, section):
        facts.append(words.owners(item))
    yield from _wrapped(", ".join(facts), first="  ", rest="  ")
    yield from _address(item.issue_url)
    yield from _wrapped(words.gone(item), first="  ", rest="  ")
    yield from _wrapped(f"in {item.document_title}, line {item.line}", first="  ", rest="  ")
    yield from _address(item.document_url)


def _documents(report: Report) -> Iterator[str]:
    yield ""
    yield ""
    yield "Postmortems"
    yield "==========="
    for each in report.documents:
        overdue = f", {each.counts.overdue} overdue" if each.counts.overdue else ""
        yield from _wrapped(f"{each.title}: {words.progress(each)}{overdue}", first="* ", rest="  ")


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
