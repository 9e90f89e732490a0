"""A report in each of its formats: all of it is there, and strangers' words stay words."""

import csv
import io
import json
import re

import pytest
from entries import BOOK, TODAY, build, document, entry, patient, worlds
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from rich.console import Console
from strangers import CONTROLS, WORDS, Page

from tracker.audience import for_recipient
from tracker.model import ItemState
from tracker.render import ReportFormat, escape, render_letter, render_report, words
from tracker.render.json import schema
from tracker.render.text import print_report, render

VALIDATOR = Draft202012Validator(schema())


def full():
    """A report in which everything occurs."""
    here = document("a", web_url="https://git.example/a.md")
    return build(
        [
            entry("Alert on pool saturation", days=-3, issue=12, doc=here, priority="P1"),
            entry("Rehearse failover", owner="jo, DBA team, Nobody", days=1, doc=here),
            entry("Write a runbook", owner="max", due="next quarter"),
            entry("Stray", owner=None, days=40),
            entry("Odd", owner="Customer care", issue=13),
            entry("Done", state=ItemState.DONE),
            entry("Not wanted", state=ItemState.WONT_DO),
        ]
    )


@pytest.mark.parametrize("fmt", ReportFormat)
def test_every_format_tells_every_open_item_once_per_owner(fmt):
    out = render_report(full(), fmt)
    assert out.endswith("\n")
    once = out.replace(f"{words.preheader(full())}</div>", "")  # an inbox shows the first one beside the subject
    for text, times in {
        "Alert on pool saturation": 1,
        "Rehearse failover": 1 if fmt is ReportFormat.ICS else 2,
        "Write a runbook": 0 if fmt is ReportFormat.ICS else 1,
        "Stray": 1,
    }.items():
        assert once.count(text) == times, text
    assert "Not wanted" not in out
    assert "acme/ops" in out


@pytest.mark.parametrize("fmt", ReportFormat)
def test_every_format_can_say_that_there_is_nothing(fmt):
    assert render_report(build([], as_of=None), fmt)


@patient
@given(worlds(text=WORDS, size=4), WORDS)
def test_html_holds_strangers_words_as_words_only(entries, title):
    quiet = Page(render_report(build(full_of("x", entries), title="x"), ReportFormat.HTML))
    page = Page(render_report(build(entries, title=title), ReportFormat.HTML))
    assert page.open == []
    assert not CONTROLS.search("".join(page.words))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in quiet.tags]
    for each in entries:
        if each.item.state is ItemState.OPEN:
            assert escape.plain(each.item.text) in page.text


def full_of(words, entries):
    """The same items, each text replaced by harmless `words`."""
    return [
        entry(
            words,
            owner=each.item.owner,
            days=(each.item.due_date - TODAY).days if each.item.due_date else None,
            issue=each.link.ref.number if each.link else None,
            state=each.item.state,
            doc=document(each.document.key, title=words if each.document.title is not None else None),
            line=each.item.line,
            id_=each.item.id,
            due=words if each.item.due else each.item.due,
            priority=words if each.item.priority else each.item.priority,
        )
        for each in entries
    ]


def test_html_stands_alone_and_links_issues_and_documents():
    page = Page(render_report(full(), ReportFormat.HTML))
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "link", "iframe", "form", "object"})
    links = {attrs["href"] for tag, attrs in page.tags if tag == "a"}
    assert links == {
        "https://git.example/a.md",
        "https://github.com/acme/ops/issues/12",
        "https://github.com/acme/ops/issues/13",
    }


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example/x", "https:///x", "file:///etc/passwd", "https://[::1"],
)
@pytest.mark.parametrize("fmt", [fmt for fmt in ReportFormat if fmt is not ReportFormat.JSON])
def test_only_web_addresses_become_links(address, fmt):
    assert address not in render_report(build([entry(doc=document(web_url=address))]), fmt)


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://git.example/a b.md", "https://git.example/a%20b.md"),
        ('https://git.example/"><script>', "https://git.example/%22%3E%3Cscript%3E"),
        ("https://git.example/a.md?plain=1#L3", "https://git.example/a.md?plain=1#L3"),
        ("https://git.example/%C3%BC\x1b]8;;x", "https://git.example/%C3%BC%1B]8;;x"),
    ],
)
def test_an_address_holds_nothing_that_ends_a_link(address, safe):
    assert escape.url(address) == safe


@pytest.mark.parametrize("fmt", [ReportFormat.TEXT, ReportFormat.MARKDOWN, ReportFormat.HTML, ReportFormat.JSON])
def test_a_part_says_for_whom_and_why_and_what_has_to_be_mended(fmt):
    out = " ".join(render_report(for_recipient(full(), BOOK.get("ann")), fmt).split())
    assert "Ann Müller" in out
    assert "You get this because you are the contact" in out
    assert "Max Power" in out
    assert "Customer care" in out


def test_a_personal_page_says_for_whom_and_why():
    part = for_recipient(full(), BOOK.get("jo"))
    page = Page(render_report(part, ReportFormat.HTML))
    assert "for Jo Smith" in page.text
    assert part.why in page.text
    assert "Stray" not in page.text


@patient
@given(worlds(text=WORDS, size=5))
def test_html_bars_fill_their_row(entries):
    page = render_report(build(entries), ReportFormat.HTML)
    for row in re.findall(r'aria-hidden="true">(.*?)</table>', page, re.DOTALL):
        assert sum(int(width) for width in re.findall(r'<td width="(\d+)%"', row)) == 100


@patient
@given(WORDS)
def test_markdown_words_render_as_themselves(text):
    table = f"| a | b |\n| --- | --- |\n| {escape.markdown(text)} | end |\n"
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(table)
    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 4
    assert all(child.type in {"text", "text_special"} for child in cells[2].children)
    shown = "".join(child.content for child in cells[2].children)
    assert shown.replace("\u200b", "") == escape.plain(text)


def test_markdown_calls_nobody_but_leaves_addresses_alone():
    assert "@everyone" not in escape.markdown("ping @everyone")
    assert escape.markdown("jo@example.org") == "jo@example.org"


@patient
@given(worlds(text=WORDS, size=4))
def test_markdown_tables_keep_their_columns(entries):
    found = build(entries)
    tokens = MarkdownIt("commonmark").enable("table").parse(render_report(found, ReportFormat.MARKDOWN))
    rows, width = 0, 0
    for token in tokens:
        if token.type == "tr_open":
            width = 0
        elif token.type in {"td_open", "th_open"}:
            width += 1
        elif token.type == "tr_close":
            rows += 1
            assert width in {4, 5}
    items = sum(len(section.items) for section in found.sections)
    heads = len(found.sections) + bool(found.documents)
    assert rows == items + len(found.documents) + heads


@patient
@given(worlds(text=WORDS, size=5))
def test_csv_has_a_row_for_each_item_and_no_formulas(entries):
    found = build(entries)
    rows = list(csv.DictReader(io.StringIO(render_report(found, ReportFormat.CSV))))
    items = [item for section in found.sections for item in section.items]
    assert [row["item"] for row in rows] == [item.id for item in items]
    assert [row["text"].removeprefix("'") for row in rows] == [
        escape.plain(item.text).removeprefix("'") for item in items
    ]
    assert not any(cell.startswith(tuple("=+-@\t\r")) for row in rows for cell in row.values())


@patient
@given(worlds(text=WORDS, size=4))
def test_json_keeps_words_as_they_are_and_fits_its_schema(entries):
    found = build(entries)
    out = render_report(found, ReportFormat.JSON)
    data = json.loads(out)
    VALIDATOR.validate(data)
    assert data["version"] == 1
    told = [item for section in data["sections"] for group in section["groups"] for item in group["items"]]
    assert [item["text"] for item in told] == [item.text for section in found.sections for item in section.items]
    assert not CONTROLS.search(out)
    assert "example.org" not in out


@patient
@given(worlds(text=WORDS, size=4), st.sampled_from([80, 120]))
def test_a_terminal_gets_no_orders_from_documents(entries, width):
    out = render(build(entries), width)
    assert not CONTROLS.search(out)
    assert "\x1b" not in out


def test_terminal_markup_is_not_obeyed():
    assert "[red]x[/red]" in render(build([entry("[red]x[/red]")]))


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_report_fits_its_width(width):
    lines = render(full(), width).splitlines()
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines)


def test_a_terminal_gets_colours_and_a_pipe_does_not():
    def printed(**console):
        out = io.StringIO()
        print_report(full(), Console(file=out, width=100, **console))
        return out.getvalue()

    assert "\x1b[1;31m" in printed(force_terminal=True, color_system="standard")
    assert "\x1b" not in printed(force_terminal=False)


@patient
@given(worlds(text=WORDS, size=4))
def test_a_letter_holds_the_same_items_in_text_and_html(entries):
    part = for_recipient(build(entries), BOOK.get("ann"))
    if part is None:
        return
    letter = render_letter(part)
    assert not CONTROLS.search(letter.text)
    assert "\n" not in letter.subject
    flat = " ".join(letter.text.split())
    for section in part.sections:
        for item in section.items:
            assert " ".join(escape.plain(item.text).split()) in flat
    assert " ".join(part.why.split()) in flat


def test_a_letter_says_the_pressing_things_first():
    letter = render_letter(for_recipient(full(), BOOK.get("jo")))
    assert letter.subject == "Open corrective actions: 1 overdue, 1 due soon (2026-W47)"
    assert "https://github.com/acme/ops/issues/12" in letter.text
    assert max(map(len, letter.text.splitlines())) <= 72


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-2, "2 days overdue"),
        (-1, "1 day overdue"),
        (0, "due today"),
        (1, "due tomorrow"),
        (2, "due in 2 days"),
        (None, "no due date"),
    ],
)
def test_how_pressing_an_item_is_in_words(days, words):
    assert words in render(build([entry(days=days)]))


@patient
@given(st.text())
def test_plain_words_are_one_line_and_stay_the_same_when_cleaned_again(text):
    once = escape.plain(text)
    assert once == escape.plain(once)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", once)


@pytest.mark.parametrize(
    "text",
    ["\x1b[1;31mred\x1b[0m", "\x9b31mred\x9b0m", "\x1b]8;;https://evil.example\x1b\\red\x1b]8;;\x07", "\x1bcred"],
)
def test_nothing_of_an_escape_sequence_is_left(text):
    assert escape.plain(text) == "red"


@pytest.mark.parametrize("text", ["naïve café", "日本語", "עברית", "می‌خواهم", "👩‍💻 ok", "🇩🇪", "Ω ≈ ç √ ∫"])
def test_ordinary_writing_of_any_script_is_left_alone(text):
    assert escape.plain(text) == text
