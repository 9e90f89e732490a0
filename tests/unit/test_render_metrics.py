"""Metrics in words, on a terminal, in a mail and as Markdown."""

import io
import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tracker.metrics import MOST_BURN_DOWNS, MOST_DAYS, BurnDown, Day, Metrics, Spread
from tracker.render import metrics as rendered
from tracker.render import metrics_html, metrics_text
from tracker.render import metrics_words as words

LAST = date(2026, 11, 30)
NASTY = "<script>alert(1)</script> | `x` @jo \x1b[31mred"


def made(steps=5, *, title="Outage", name="P1", burn_downs=1, length=7):
    days = [LAST - timedelta(days=length * n) for n in reversed(range(steps))]
    spread = Spread(name, 12, 8.4, 21.0, 7, 9, 2, 1)
    left = tuple((day, 7 - min(place, 5)) for place, day in enumerate(days))
    return Metrics(
        first=days[0],
        last=LAST,
        days=tuple(Day(day, 12 - place % 3, place % 4, place) for place, day in enumerate(days)),
        overall=replace(spread, name=""),
        by_priority=(spread, Spread("", 1, None, None, 0, 0, 1)),
        by_team=(replace(spread, name=""),),
        by_service=(),
        burn_downs=tuple(BurnDown(f"{n}", title, days[0], 9, left) for n in range(burn_downs)),
        documents=9,
        fully_closed=3,
    )


NOTHING = Metrics(LAST, LAST, (Day(LAST, 0, 0, 0),), Spread("", 0, None, None, 0, 0), (), (), (), (), 0, 0)


def terminal(metrics, by=None, width=100):
    page = io.StringIO()
    rendered.print_metrics(metrics, by, Console(file=page, width=width, color_system=None))
    return page.getvalue()


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (None, "–"),
        (0, "0 days"),
        (0.04, "0 days"),
        (0.5, "0.5 days"),
        (1, "1 day"),
        (9.96, "10 days"),
        (42.4, "42 days"),
    ],
)
def test_days_have_two_figures(days, said):
    assert words.days(days) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, "–"), (0, 7, "0 %"), (7, 7, "100 %"), (1, 1000, "1 %"), (999, 1000, "99 %"), (1, 3, "33 %")],
)
def test_nearly_all_is_not_all(part, whole, said):
    assert words.percent(part, whole) == said


@given(st.lists(st.integers(0, 500), min_size=1, max_size=70), st.none() | st.integers(0, 900))
def test_a_sparkline_shows_what_is_there_and_nothing_else(numbers, highest):
    line = words.sparkline(numbers, highest)
    assert len(line) == len(numbers)
    assert [mark == " " for mark in line] == [number == 0 for number in numbers]
    ranks = [" ▁▂▃▄▅▆▇█".index(mark) for mark in line]
    assert all(
        (a > b) <= (x >= y) for a, x in zip(numbers, ranks, strict=True) for b, y in zip(numbers, ranks, strict=True)
    )


@given(st.lists(st.integers(), min_size=1), st.integers(1, 40))
def test_fewer_numbers_end_with_the_last(numbers, most):
    found = words.fewer(numbers, most)
    assert 0 < len(found) <= most
    assert found[-1] == numbers[-1]


def test_words_for_people():
    told = made()
    assert words.span(told) == "2026-11-02 to 2026-11-30, by week"
    assert words.span(made(length=1)) == "2026-11-26 to 2026-11-30, by day"
    assert words.span(made(length=21)) == "2026-09-07 to 2026-11-30, every 3 weeks"
    assert words.closed(told.overall) == "12 closed: 9 done, 2 won't do, 1 duplicate"
    assert words.closed(Spread("", 4, 1, 1, 0, 0)) == "4 done"
    assert words.closed(NOTHING.overall) == "nothing closed"
    assert words.in_time(told.overall) == "7 of 9 (78 %)"
    assert words.share(told) == "3 of 9 postmortems fully closed (33 %)"
    assert words.trend([5, 9, 7]) == "7, up from 5"
    assert words.most([5, 9, 7]) == "at most 9"
    assert words.left(9, 2) == "2 of 9 open"
    assert words.left(9, 0) == "all 9 closed"


def test_the_terminal_shows_what_tells_something():
    page = terminal(made(title=NASTY))
    assert "open     █" in page
    assert "12 closed: 9 done, 2 won't do, 1 duplicate" in page
    assert "7 of 9 (78 %)" in page
    assert "no priority" in page
    assert "Team" not in page  # all of it is of no team
    assert "Team" in terminal(made(), "team")
    assert "Priority" not in terminal(made(), "team")
    assert "\x1b" not in page
    assert "3 of 9 open" in page
    assert all(len(line) <= 60 for line in terminal(made(), width=60).splitlines())


def test_where_nothing_is_known_that_is_said():
    for page in (terminal(NOTHING), "\n".join(metrics_text.lines(NOTHING)), metrics_html.render(NOTHING)):
        assert "nothing closed" in page
        assert "no postmortem promises anything" in page


class Reader(HTMLParser):
    """The tags, styles and words of a page; checks that tags close in their order."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.said, self.attributes = [], [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def test_the_html_is_for_mail_clients():
    page = metrics_html.render(made(MOST_DAYS, title=NASTY, name=NASTY, burn_downs=MOST_BURN_DOWNS))
    found = Reader(page)
    assert set(found.tags) <= {"table", "tr", "td", "th", "div", "span", "h3", "br"}
    assert not {name for name, _ in found.attributes} & {"id", "href", "src", "onclick"}
    assert "url(" not in page
    text = " ".join(" ".join(found.said).split())
    assert "<script>alert(1)</script> | `x` @jo red" in text
    assert "9 of 9" not in text
    for said in (
        "by week",
        "open: 11, down from 12",
        "7 of 9",
        "3 of 9 postmortems fully closed (33 %)",
        "2 of 9 open",
    ):
        assert said in text
    assert len(page.encode()) < 100_000  # more is cut off by big mail services, and this is only a piece


def test_the_columns_are_as_high_as_the_figures():
    heights = [int(height) for height in re.findall(r"height:(\d+)px;line-height:\1px;font-size:0;b", made_html())]
    assert heights == [
        95,
        1,
        1,
        10,
    ]  # the last is the bar's; 999 open in time, one overdue; a single one the next day, overdue too


def made_html():
    days = (Day(LAST - timedelta(days=1), 1000, 1, 0), Day(LAST, 1, 1, 0))
    return metrics_html.render(replace(made(), days=days, burn_downs=(), fully_closed=0))


def test_plain_text_and_markdown_say_the_same():
    told = made(title=NASTY, name=NASTY)
    plain, marked = "\n".join(metrics_text.lines(told)), "\n".join(metrics_text.markdown(told))
    for said in ("12 closed: 9 done, 2 won't do, 1 duplicate", "3 of 9 postmortems fully closed (33 %)", "3 of 9 open"):
        assert said in plain
        assert said in marked
    assert "\x1b" not in plain + marked
    assert "\\<script\\>" in marked
    assert "@\u200bjo" in marked
    tables = [line for line in marked.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} == {6, 5}


def test_more_rows_than_people_read_are_said_to_be_more():
    many = tuple(Spread(f"service {n:02}", 1, 1, 1, 0, 0) for n in range(14))
    told = replace(made(), by_service=many)
    for page in (terminal(told), "\n".join(metrics_text.lines(told)), metrics_html.render(told)):
        assert "service 09" in page
        assert "service 10" not in page
        assert "and 4 more" in page
    assert rendered.to_csv(told, "service").count("\n") == 15
