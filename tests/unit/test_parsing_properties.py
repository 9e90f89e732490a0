# ruff: noqa: E501 - fragments and bodies are best seen on one line
"""What holds for every text: no exception, exact spans and lines, the same answer every time."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.model import ParsedDocument
from tracker.parsing import parse

# Fragments that people put together in any order, so that the rules meet each other
_FRAGMENTS = st.sampled_from(
    [
        "## Action items\n", "# Title\n", "**Tasks:**\n", "- ", "  - ", "1. ", "[ ] ", "[x] ", "\n", "\n\n", "Add an alert", "Owner: Jo",
        " (@jo, due 2026-05-01)", "| Action | Owner |\n|--|--|\n| Añadir | Jo |\n", "~~", "**", "`x`", "[Issue](https://github.com/a/b/issues/1)", "#12",
        "OPS-3", "by end of Q3", ".", " We will fix it.", "&amp;", "\\*", "<!-- closeout: ignore -->", "---\n", "+++\n", "> ", "\t", "改进措施\n", "修复", ":", "：",
        "## Lessons learned\n", "- **Improvements/Fixes:** ", "TODO", "***\n\n", "### Add a test\n", "**Add it**\n\n", "✅", "\ufeff", "\x00", "<b>", "é", "👩‍💻", "(", ")", "[", "]", "Due: ", "2 weeks",
        "<h2>Action items</h2>\n\n", "<table>\n", "<tr><th>Action</th><th>Owner</th></tr>\n", "<tr><td>Add an alert</td><td>Jo</td></tr>\n", "</table>\n\n", "<ul>\n<li>Fix it</li>\n", "</ul>\n\n", "<li>",
        "<del>", "</del>", "<!-- closeout: item owner=Jo due=2026-05-01 -->", "• ", "- Ops: add it\n", "- [Ops] add it\n", "## Completed ✅\n", "- Ops to check it\n",
    ]
)  # fmt: skip
_DOCUMENTS = st.one_of(st.text(), st.lists(_FRAGMENTS, max_size=40).map("".join))


def check_spans(text: str, document: ParsedDocument) -> None:
    data = text.encode("utf-8", "surrogatepass")
    for item in document.items:
        assert 0 <= item.span.start < item.span.end <= len(data)
        source = data[item.span.start : item.span.end].decode("utf-8", "surrogatepass")
        before = data[: item.span.start].decode("utf-8", "surrogatepass")
        assert item.line == len(re.split(r"\r\n|\r|\n", before))
        assert item.text
        word = re.search(r"[A-Za-z]{2,}", item.text)
        if word and "&" not in source:  # an entity's characters are not its source's
            assert word.group() in re.sub(r"\]\([^)]*\)|[\\*_~`\[\]()]|<[^>]*>", "", source)


@given(_DOCUMENTS)
@example("\ufeff## TODO\r\n- Add it\r\n")
@example("## TODO\n\n**Add it**\n\n***\n\n### Add more\n\n---\n\nOwner: Jo\n")
@example("## TODO\r- Add it\r")
@example("## TODO\n- \ud800 Add it\n")
def test_any_text(text: str) -> None:
    document = parse("p.md", text)
    check_spans(text, document)
    assert parse("p.md", text) == document
    last = len(re.split(r"\r\n|\r|\n", text))
    assert all(1 <= diagnostic.line <= last and diagnostic.message for diagnostic in document.diagnostics)


@given(st.lists(_FRAGMENTS.filter(lambda f: "\r" not in f), max_size=40).map("".join))
def test_line_ends_do_not_matter(text: str) -> None:
    unix, dos = parse("p.md", text), parse("p.md", text.replace("\n", "\r\n"))
    assert [(i.text, i.line, i.owner, i.due, i.done, i.links) for i in unix.items] == [
        (i.text, i.line, i.owner, i.due, i.done, i.links) for i in dos.items
    ]


@given(st.lists(_FRAGMENTS, max_size=20).map("".join).filter(lambda t: not t.startswith("\ufeff")))
def test_byte_order_mark_shifts_spans_only(text: str) -> None:
    plain, marked = parse("p.md", text), parse("p.md", "\ufeff" + text)
    assert [(i.text, i.line, i.span.start + 3) for i in plain.items] == [
        (i.text, i.line, i.span.start) for i in marked.items
    ]


def test_spans_are_the_items_own_source() -> None:
    text = "# Ü\r\n\r\n## Nächste Schritte\r\n\r\n- **Größe** prüfen (Lukas)\r\n  - Detail\r\n\r\nWir werden `x` &amp; y ändern. Später.\r\n"
    data = text.encode()
    assert [data[i.span.start : i.span.end].decode() for i in parse("p.md", text).items] == [
        "- **Größe** prüfen (Lukas)",
        "Wir werden `x` &amp; y ändern.",
    ]


@pytest.mark.parametrize(
    "body",
    ["- " * 3000 + "Add it", ">" * 3000 + " Add it", "".join("  " * n + "- Add it\n" for n in range(60)), "- Add " + "(" * 5000,
     "- Add " + "[a](" * 3000, "- " + "*" * 5000, "- Add " + "Owner: " * 3000, "|a" * 2000 + "\n" + "|-" * 2000 + "\n" + "|x" * 2000],
)  # fmt: skip
def test_pathological_nesting(body: str) -> None:
    text = f"## Action items\n\n{body}\n"
    check_spans(text, parse("p.md", text))
