"""Calendars, mails that are not cut off, templates of the user's own, and the formats of every kind of report."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import icalendar
import pytest
from entries import BOOK, NOW, TODAY, build, document, entry, patient, worlds
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from strangers import CONTROLS, NASTY, WORDS, Page

from tracker.audience import for_recipient
from tracker.errors import UsageError
from tracker.metrics import Day, Metrics, Spread
from tracker.model import ItemState
from tracker.people import PeopleBook
from tracker.policy import Flag
from tracker.recurrence import recurring
from tracker.render import ReportFormat, escape, render_letter, render_report, words
from tracker.render.json import schema
from tracker.report import GroupName, ReportKind, Wording
from tracker.settings import Settings

VALIDATOR = Draft202012Validator(schema())


def calendar(report):
    text = render_report(report, ReportFormat.ICS)
    return text, icalendar.Calendar.from_ical(text)


def repeated():
    """A report with a theme."""
    docs = [
        document(key, title=f"Outage {key}", incident_date=TODAY - timedelta(days=days))
        for key, days in (("a", 90), ("b", 9))
    ]
    text = "Alert on connection pool saturation"
    return recurring([entry(text, doc=docs[0], state=ItemState.DONE), entry(text, doc=docs[1], days=-3, issue=12)])


@pytest.mark.parametrize("form", ["text", "markdown", "html", "letter"])
def test_a_theme_tells_each_promise_that_is_worded_otherwise(form):
    first, last = repeated()
    third = entry("Monitor the saturation of connection pools", doc=document("c", incident_date=TODAY), owner="jo")
    report = build(recurring([first, last, third]))
    told = render_letter(for_recipient(report, BOOK.get("jo"))).text if form == "letter" else None
    said = " ".join((told or render_report(report, ReportFormat(form))).split()).rpartition("Promised before")[2]
    assert said.count("Monitor the saturation of connection pools") == 1, "above its theme"
    assert said.count(": Alert on connection pool saturation") == 2


@patient
@given(worlds(text=WORDS, size=8))
def test_a_calendar_reads_back_as_it_was_written(entries):
    found = build(entries)
    text, read = calendar(found)
    dated = {
        each.item.id: each for each in entries if each.item.state is ItemState.OPEN and each.item.due_date is not None
    }
    assert [str(event["uid"]) for event in read.events] == [f"{item.id}@closeout" for item in found.due_items]
    assert {str(event["uid"]).removesuffix("@closeout") for event in read.events} == set(dated)
    for event in read.events:
        item = dated[str(event["uid"]).removesuffix("@closeout")].item
        assert str(event["summary"]) == escape.plain(item.text)
        assert event["dtstart"].dt == item.due_date
        assert event["dtend"].dt == item.due_date + timedelta(days=1)
        assert event["dtstart"].params["VALUE"] == "DATE"
        assert event["dtstamp"].dt == NOW
        assert (event["status"], event["transp"]) == ("CONFIRMED", "TRANSPARENT")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")


@pytest.mark.parametrize(
    "text", ["a; b, c \\ d", "👩‍💻 " * 40, "naïve " * 30, 'say "x": y', "BEGIN:VEVENT", "日本語" * 30]
)
def test_a_calendar_keeps_what_it_has_to_escape_and_to_fold(text):
    _, read = calendar(build([entry(text, days=3)]))
    assert str(read.events[0]["summary"]) == escape.plain(text)


def test_a_calendar_tells_what_there_is_to_know_and_when_to_come_again():
    doc = document("a", web_url="https://git.example/a.md")
    text, read = calendar(build([entry("x", days=-3, issue=12, doc=doc, priority="P1"), entry("y", days=1, line=2)]))
    late, soon = read.events
    assert late["url"] == "https://github.com/acme/ops/issues/12"
    assert "overdue" in late["categories"].to_ical().decode()
    for fact in ("Owner: Jo Smith", "Priority: P1", "Promised in: Outage a, line 1 https://git.example/a.md"):
        assert fact in str(late["description"]).splitlines()
    assert "url" not in soon
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT12H\r\nX-PUBLISHED-TTL:PT12H\r\n" in text
    assert "METHOD:PUBLISH" in text


def test_a_later_calendar_supersedes_an_earlier_one():
    first, second = (calendar(build([entry(days=3)], now=NOW + timedelta(minutes=m)))[1].events[0] for m in (0, 1))
    assert first["uid"] == second["uid"]
    assert second["sequence"] > first["sequence"]
    far = calendar(build([entry(days=3)], now=NOW + timedelta(days=365 * 500)))[1].events[0]
    assert far["sequence"] < 2**31


def test_a_calendar_has_an_item_of_two_owners_once_and_one_owners_own_only():
    found = build([entry("both", owner="jo, ann", days=2), entry("hers", owner="ann", days=3)])
    assert len(calendar(found)[1].events) == 2
    _, mine = calendar(for_recipient(found, BOOK.get("jo")))
    assert [str(event["summary"]) for event in mine.events] == ["both"]
    assert str(mine["x-wr-calname"]) == "Open corrective actions for Jo Smith"


@pytest.mark.parametrize("kind", ReportKind)
@pytest.mark.parametrize("fmt", ReportFormat)
def test_every_format_tells_of_every_kind(fmt, kind):
    entries = [*repeated(), entry("Stray", owner=None, days=-1), entry("Odd", owner="X", days=2)]
    out = render_report(build(entries, kind=kind, to=("jo",)), fmt)
    assert "Alert on connection pool saturation" in out.replace("\r\n ", "")
    if fmt is ReportFormat.ICS:
        return
    flat = " ".join(out.split())
    assert "Outage a" in flat
    if fmt is ReportFormat.JSON:
        data = json.loads(out)
        VALIDATOR.validate(data)
        assert data["kind"] == kind
        assert [each["document_title"] for each in data["themes"][0]["promises"]] == ["Outage a", "Outage b"]
    elif fmt is not ReportFormat.CSV:
        assert "promised in 2 postmortems, open in 1" in flat
        assert "promised before" in flat


@patient
@given(worlds(text=WORDS, size=6), st.sampled_from(ReportKind))
def test_no_kind_of_report_lets_strangers_words_out(entries, kind):
    found = build(recurring(entries), kind=kind, to=("jo",))
    page = Page(render_report(found, ReportFormat.HTML))
    assert page.open == []
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "iframe", "form", "object", "link"})
    assert not CONTROLS.search("".join(page.words))
    assert not CONTROLS.search(render_report(found, ReportFormat.TEXT))
    VALIDATOR.validate(json.loads(render_report(found, ReportFormat.JSON)))


def test_management_reads_how_well_promises_were_kept():
    overall = Spread("", 34, 12.4, 40.0, 28, 31)
    measured = Metrics(TODAY - timedelta(days=90), TODAY, (Day(TODAY, 8, 3, 34),), overall, (), (), (), (), 9, 5)
    found = build([entry(days=-1)], kind=ReportKind.MANAGEMENT, to=("jo",), metrics=measured)
    sentence = (
        "34 closed from 2026-08-23 to 2026-11-21, half of them within 12 days, nine of ten within 40, 28 of 31 by "
        "their day, 5 of 9 postmortems fully closed"
    )
    for fmt in (ReportFormat.TEXT, ReportFormat.MARKDOWN, ReportFormat.HTML):
        plain = " ".join(render_report(found, fmt).replace("│", " ").split())
        assert sentence in plain
    assert sentence in " ".join(render_letter(for_recipient(found, BOOK.get("jo"))).text.split())


def long_part(number, words_="Alert on pool saturation"):
    doc = document("a", web_url="https://git.example.org/acme/postmortems/blob/main/2026-11-21-checkout.md")
    items = [entry(f"{words_} {n}", owner="jo", days=-n, issue=n + 1, doc=doc, line=n) for n in range(number)]
    return for_recipient(build(items), BOOK.get("jo"))


def test_a_mail_of_two_hundred_items_is_not_cut_off_and_says_what_it_leaves_out():
    letter = render_letter(long_part(201))
    assert len(letter.html.encode()) < 102_000
    (left_out,) = re.findall(r"and (\d+) more; all of them: closeout report weekly --owner jo", letter.html)
    assert letter.html.count("https://github.com/acme/ops/issues/") + int(left_out) == 201
    assert letter.text.count("https://github.com/acme/ops/issues/") == 201
    assert letter.html.endswith("</html>\n")


def test_a_mail_of_many_sections_or_of_long_words_is_not_cut_off_either():
    people = {f"k{n}": {"name": f"Person {n}"} for n in range(300)}
    book = PeopleBook.from_settings(Settings(people={**people, "boss": {"name": "Boss", "email": "boss@example.org"}}))
    entries = []
    for n in range(300):
        one = entry(f"Item {n} " + "long" * 100, days=-1, line=n, doc=document(f"d{n}", title="T" * 200))
        entries.append(replace(one, ownership=book.resolve(f"k{n}")))
    found = build(entries, book=book, to=("boss",), fallback=None)
    page = render_letter(for_recipient(found, book.get("boss"))).html
    assert len(page.encode()) < 102_000
    assert "more; all of them: closeout report weekly" in page
    assert "--owner" not in page


def test_a_short_mail_leaves_nothing_out_and_a_page_never_does():
    assert "more; all of them" not in render_letter(long_part(20)).html
    whole = build([entry(f"Item {n}", owner="jo", line=n) for n in range(500)])
    assert render_report(whole, ReportFormat.HTML).count("no issue") == 500


def test_an_inbox_shows_the_most_pressing_item_beside_the_subject():
    page = Page(render_letter(long_part(3, "Rotate <b>keys</b>")).html)
    body = page.text.split("}")[-1].strip()
    assert body.startswith("2 days overdue: Rotate <b>keys</b> 2")


@pytest.mark.parametrize("flag", Flag)
def test_every_flag_has_words(flag):
    found = build([replace(entry("x", issue=1), flags=frozenset({flag}))])
    assert words.counted(flag)
    if flag not in {Flag.VERIFIED, Flag.UNOWNED, Flag.OWNER_UNKNOWN}:
        assert words.counted(flag) in words.summary(found.totals)


def test_what_is_in_review_stands_apart_even_when_it_is_overdue():
    one = entry("x", days=-4, issue=1)
    link = replace(one.link, work="https://w.example/1")
    found = build([replace(one, link=link, flags=one.flags | {Flag.IN_REVIEW})])
    assert [group.name for group in found.sections[0].groups] == [GroupName.IN_REVIEW]


# Templates of the user's own.


def worded(text, name="own.html.j2", entries=None, **fields):
    values = [entry(each) for each in NASTY] if entries is None else entries
    return build(values, wordings=(Wording(name, text),), **fields)


def test_a_template_can_extend_the_built_in_one():
    text = '{% extends "report.html.j2" %}\n{% block title %}<h1>Acme &amp; {{ report.title }}</h1>{% endblock %}'
    page = Page(render_report(worded(text, title="<b>Weekly</b>", entries=[entry("x & y")]), ReportFormat.HTML))
    assert "Acme & <b>Weekly</b>" in page.text
    assert "x & y" in page.text
    assert "b" not in {tag for tag, _ in page.tags}


def test_a_template_can_use_the_pieces_and_the_words():
    text = (
        '{% import "parts.html.j2" as parts %}{% for section in report.sections %}'
        "{{ parts.heading(words.section(section)) }}{% for item in section.items %}{{ words.when(item) }}, "
        "{{ item.issue_url | web }};{% endfor %}{% endfor %}"
    )
    page = render_report(worded(text, entries=[entry("x", days=-2, issue=7)]), ReportFormat.HTML)
    assert "Jo Smith</h2>" in page
    assert "2 days overdue, https://github.com/acme/ops/issues/7;" in page


_ALL_TEXTS = (
    "{% for item in report.items %}{{ item.text }}|{{ [item.text] | join(' ') }}|{{ 'a' ~ item.text }}\n{% endfor %}"
)


def test_what_an_html_template_puts_out_is_escaped():
    page = render_report(worded(_ALL_TEXTS), ReportFormat.HTML)
    assert "<script>" not in page
    assert not CONTROLS.search(page)


def test_what_a_markdown_template_puts_out_is_escaped_and_its_own_marks_are_not():
    report = worded("# {{ report.title }}\n**{{ report.today }}**\n" + _ALL_TEXTS, "own.md.j2", title="*x* & y")
    out = render_report(report, ReportFormat.MARKDOWN)
    assert out.startswith("# \\*x\\* \\& y\n**2026-11-21**\n")
    assert "<script>" not in out.replace("\\<", "")
    assert "\\[link\\]" in out
    assert "&amp;" not in out


def test_what_a_text_template_puts_out_obeys_no_terminal():
    report = worded(_ALL_TEXTS, "own.txt.j2")
    out = render_report(report, ReportFormat.TEXT)
    assert not CONTROLS.search(out)
    assert "<script>" in out
    assert render_letter(for_recipient(report, BOOK.get("jo"))).text.startswith(out.split("\n")[0][:5])
    assert "<!DOCTYPE html>" in render_report(report, ReportFormat.HTML)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a\n{% if %}", "own.html.j2:2", "Expected an expression"),
        ("a\nb\n{{ report.nothing }}", "own.html.j2:3", "nothing"),
        ("{{ words.when(report.items[0]) + 1 }}", "own.html.j2:1", "TypeError"),
        ("\n{{ 1 // 0 }}", "own.html.j2:2", "ZeroDivisionError"),
        ('{% extends "nowhere.html" %}', "own.html.j2:1", "nowhere.html"),
        ("\n\n{{ ''.__class__.__mro__ }}", "own.html.j2:3", "unsafe"),
        ("{{ words.when.__globals__ }}", "own.html.j2:1", "unsafe"),
        ("{{ words.re.enum.sys }}", "own.html.j2:1", "re"),
        ("{{ report.sections[0].items[0].owners.append('x') }}", "own.html.j2:1", "append"),
        ("{% for n in range(10 ** 9) %}{% endfor %}", "own.html.j2:1", "range"),
        ('{% extends "own.html.j2" %}', "own.html.j2", "recursion"),
    ],
)
def test_a_broken_or_greedy_template_is_told_with_its_line(text, where, what):
    with pytest.raises(UsageError) as caught:
        render_report(worded(text, entries=[entry("x")]), ReportFormat.HTML)
    assert caught.value.where.startswith(where)
    assert what in caught.value.message
    assert "docs/reports.md" in caught.value.advice


def test_an_error_of_the_built_in_page_is_no_fault_of_a_template():
    with pytest.raises(AttributeError):
        render_report(None, ReportFormat.HTML)
