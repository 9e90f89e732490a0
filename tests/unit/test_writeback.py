"""Links and check marks in documents: where they go, what stays, and what is refused."""

import pytest
from entries import patient
from hypothesis import example, given
from hypothesis import strategies as st
from writing import ADDRESS, known, link, linked, marked, proven, reading, restored

from connectors import IssueRef
from tracker.parsing import teach, vocabulary
from tracker.sources import decode, encode
from tracker.writeback import Reference, Wish, reference_to, write_back

HEAD = "# Outage\n\n## Action items\n\n"


def shown(text):
    """The edited text, with short addresses."""
    return text.replace(ADDRESS, "U").removeprefix(HEAD)


def placed(body):
    text = HEAD + body
    edited = linked(text, first=1)
    assert proven(text, edited) == len(reading(text).items) > 0
    assert edited.refusals == ()
    assert linked(edited.text, first=1).edits == ()
    return shown(edited.text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- Add an alert\n", "- Add an alert ([#1](U1))\n"),
        ("- Add an alert", "- Add an alert ([#1](U1))"),
        ("* Add an alert.  \n", "* Add an alert. ([#1](U1))  \n"),
        ("1) Add an alert\r\n2) Fix it\r\n", "1) Add an alert ([#1](U1))\r\n2) Fix it ([#2](U2))\r\n"),
        ("- [ ] Add an alert\n- [x] Fix it\n", "- [ ] Add an alert ([#1](U1))\n- [x] Fix it ([#2](U2))\n"),
        ("-\tAdd an alert\t\n", "-\tAdd an alert ([#1](U1))\t\n"),
        ("- Add an alert  \n  Owner: Jo Smith\n", "- Add an alert ([#1](U1))  \n  Owner: Jo Smith\n"),
        ("- Add an alert\\\n  Owner: Jo Smith\n", "- Add an alert ([#1](U1))\\\n  Owner: Jo Smith\n"),
        ("- Add an alert<br>Owner: Jo Smith\n", "- Add an alert ([#1](U1))<br>Owner: Jo Smith\n"),
        ("- Add an alert\n  for the pool\n", "- Add an alert\n  for the pool ([#1](U1))\n"),
        (
            "- Add an alert\n    - Owner: Jo Smith\n    - Due: 2026-12-01\n",
            "- Add an alert ([#1](U1))\n    - Owner: Jo Smith\n    - Due: 2026-12-01\n",
        ),
        ("- Add an alert\n\n  It is about time.\n", "- Add an alert ([#1](U1))\n\n  It is about time.\n"),
        ("- ~~Add an alert~~\n- Fix it\n", "- ~~Add an alert ([#1](U1))~~\n- Fix it ([#2](U2))\n"),
        ("- <del>Add an alert</del>\n- Fix it\n", "- <del>Add an alert ([#1](U1))</del>\n- Fix it ([#2](U2))\n"),
        ("- Add an alert (due: 2026-12-01)\n", "- Add an alert (due: 2026-12-01) ([#1](U1))\n"),
        ("- Fix it <!-- closeout: item owner=Jo -->\n", "- Fix it ([#1](U1)) <!-- closeout: item owner=Jo -->\n"),
        ("- Call `pool.close()`\n", "- Call `pool.close()` ([#1](U1))\n"),
        ("- Read [the guide](https://a.example/x)\n", "- Read [the guide](https://a.example/x) ([#1](U1))\n"),
        ("- As in [OPS-4](https://j.a/browse/OPS-4)\n", "- As in [OPS-4](https://j.a/browse/OPS-4) ([#1](U1))\n"),
        ("### Add an alert\n\nOwner: Jo Smith\n", "### Add an alert ([#1](U1))\n\nOwner: Jo Smith\n"),
        ("### Add an alert ###\n\nOwner: Jo Smith\n", "### Add an alert ([#1](U1)) ###\n\nOwner: Jo Smith\n"),
        ("### Add an alert {#alert}\n\nOwner: Jo Smith\n", "### Add an alert ([#1](U1)) {#alert}\n\nOwner: Jo Smith\n"),
        ("We will add an alert. It was late.\n", "We will add an alert. ([#1](U1)) It was late.\n"),
        ("> - Add an alert\n", "> - Add an alert ([#1](U1))\n"),
        ("* 监控数据库连接池\n* Prüfe es\n", "* 监控数据库连接池 ([#1](U1))\n* Prüfe es ([#2](U2))\n"),
    ],
)
def test_running_words(before, after):
    assert placed(before) == after


@pytest.mark.parametrize(
    ("row", "after"),
    [
        ("| Fix it | Jo |  |", "| Fix it | Jo | [#1](U1) |"),
        ("| Fix it | Jo | |", "| Fix it | Jo | [#1](U1) |"),
        ("| Fix it | Jo ||", "| Fix it | Jo | [#1](U1) |"),
        ("| Fix it | Jo |", "| Fix it | Jo | [#1](U1) |"),
        ("| Fix it | Jo |      |", "| Fix it | Jo | [#1](U1)     |"),
        ("| Fix it | Jo | TBD |", "| Fix it | Jo | TBD [#1](U1) |"),
        ("| Fix it | Jo | OPS-44 |", "| Fix it | Jo | OPS-44 [#1](U1) |"),
        ("| Fix `a \\| b` \\| c | Jo | |", "| Fix `a \\| b` \\| c | Jo | [#1](U1) |"),
        ("Fix it | Jo |  ", "Fix it | Jo | [#1](U1) |  "),
        ("| Fix it |", "| Fix it ([#1](U1)) |"),
    ],
)
def test_a_ticket_column_takes_the_link(row, after):
    head = "| Action | Owner | Ticket |\n| --- | --- | --- |\n"
    assert placed(f"{head}{row}\n") == f"{head}{after}\n"


def test_a_ticket_column_goes_by_any_name_and_place():
    words = teach({}, {"ticket": ("Seguimiento",)}, {})
    text = f"{HEAD}| Seguimiento | Action | Owner |\r\n|---|---|---|\r\n||Fix it|Jo|\r\n"

    def read(text):
        from tracker.parsing import parse  # noqa: PLC0415

        return parse("a.md", text, words=words)

    wanted = [Wish(item, link(7)) for item in known(read(text))]
    assert shown(write_back(text, wanted, read, words).text).endswith("| [#7](U7) |Fix it|Jo|\r\n")


def test_without_a_ticket_column_the_link_follows_the_words():
    head = "| # | Owner | Action |\n|---|---|---|\n"
    assert placed(f"{head}| 1 | Jo | ~~Fix \\| it~~ done |\n") == f"{head}| 1 | Jo | ~~Fix \\| it~~ done ([#1](U1)) |\n"


def test_a_table_of_names_and_values_is_one_item():
    pairs = "| Action | Add an alert |\n| --- | --- |\n| Owner | Jo |\n"
    assert placed(pairs) == "| Action | Add an alert ([#1](U1)) |\n| --- | --- |\n| Owner | Jo |\n"
    assert placed(f"{pairs}| Ticket | |\n").endswith("| Owner | Jo |\n| Ticket | [#1](U1) |\n")


def test_html_lists_and_tables_get_anchors():
    after = placed("<ul>\n<li>Add an alert</li>\n<li>Fix it\n<ul><li>soon</li></ul></li>\n</ul>\n")
    assert '<li>Add an alert (<a href="U1">#1</a>)</li>' in after
    assert '<li>Fix it (<a href="U2">#2</a>)\n<ul>' in after
    head = "<table><tr><th>Action</th><th>Owner</th><th>Ticket</th></tr>"
    rows = f"{head}\n<tr><td>Fix it</td><td>Jo</td><td></td></tr></table>\n"
    assert '<td>Fix it</td><td>Jo</td><td><a href="U1">#1</a></td>' in placed(rows)
    rows = "<table><tr><th>Action</th><th>Owner</th></tr>\n<tr><td>Fix it </td><td>Jo</td></tr></table>\n"
    assert '<td>Fix it (<a href="U1">#1</a>) </td><td>Jo</td>' in placed(rows)


def test_html_without_closing_tags_is_refused():
    text = f"{HEAD}<table><tr><th>Action<th>Owner\n<tr><td>Fix it<td>Jo\n</table>\n"
    edited = linked(text)
    assert edited.text == text
    assert [refusal.why for refusal in edited.refusals] == [
        "the link was left out: the HTML table is not one whose cells all are there and closed"
    ]


def test_an_issue_without_an_address_is_named_by_its_key():
    assert linked(f"{HEAD}- Fix it\n", first=12, url=False).text == f"{HEAD}- Fix it (#12)\n"


def test_an_issue_that_is_named_already_is_not_named_again():
    text = f"{HEAD}- Fix it ([#1]({ADDRESS}1))\n- Add an alert ({ADDRESS}2)\n"
    assert linked(text, first=1).edits == ()


def test_a_link_that_would_be_read_otherwise_is_left_out_and_the_others_go_on():
    text = f"{HEAD}* https://github.com/acme/ops/issues/95\n* Add an alert\n"
    edited = linked(text, first=1)
    assert shown(edited.text).endswith("* Add an alert ([#2](U2))\n")
    [refusal] = edited.refusals
    assert refusal.line == 5
    assert refusal.why.startswith("the link was left out: its text would be read as")


def test_an_item_that_left_meanwhile_is_told():
    [item] = known(reading(f"{HEAD}- Fix it\n"))
    edited = write_back(f"{HEAD}- Another\n", [Wish(item, link(1))], reading, vocabulary.load())
    assert edited.edits == ()
    assert [refusal.why for refusal in edited.refusals] == ["left out: the item does not stand there any more"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- [ ] Fix it\n", "- [x] Fix it\n"),
        ("1. [ ] Fix it\r\n\r\n   Soon.\r\n", "1. [x] Fix it\r\n\r\n   Soon.\r\n"),
        ("  * [ ] Fix [the ] thing](https://a.example)\n", "  * [x] Fix [the ] thing](https://a.example)\n"),
        ("- Fix it [ ]\n", "- Fix it [x]\n"),
        ("| Action | Owner | Status |\n|-|-|-|\n| Fix [ ] it | Jo | [ ] |\n",) * 1
        + ("| Action | Owner | Status |\n|-|-|-|\n| Fix [ ] it | Jo | [x] |\n",),
        ("| Action | Owner | Status |\n|-|-|-|\n| Fix it | Jo | open |\n",) * 2,
        ("- Fix it\n",) * 2,
        ("<ul><li>[ ] Fix it</li></ul>\n",) * 2,
    ],
)
def test_check_marks_go_into_boxes_only(before, after):
    edited = marked(HEAD + before, done=True)
    proven(HEAD + before, edited)
    assert edited.text == HEAD + after
    assert edited.refusals == ()
    back = marked(edited.text, done=False)
    assert back.text == (HEAD + before if before != after else edited.text)


def test_a_box_that_does_not_decide_alone_is_left():
    edited = marked(f"{HEAD}- [x] ~~Fix it~~\n- [ ] Add an alert\n", done=False)
    assert edited.edits == ()
    assert [refusal.why for refusal in edited.refusals] == [
        "the check mark was left out: its done would be read as True instead of False"
    ]


def test_references():
    assert reference_to(IssueRef("t", 12, "acme/ops#12", f"{ADDRESS}12")) == Reference("#12", f"{ADDRESS}12")
    assert reference_to(IssueRef("t", 12, "OPS-12", "https://j.example/browse/OPS-12")).label == "OPS-12"
    assert reference_to(IssueRef("t", 12, "#12")) == Reference("#12")
    assert reference_to(IssueRef("t", 12, "#12", "https://j.example/a b")) is None
    assert reference_to(IssueRef("t", 12, "a](b", "https://j.example/a")) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encoding_and_line_ends_stay(encoding, end):
    text = f"{HEAD}- Prüfe die Größe\n- Fix it\n".replace("\n", end)
    data = text.encode(encoding)
    edited = linked(decode(data))
    assert len(edited.granted) == 2
    after = encode(edited.text, data)
    assert after.decode(encoding) == edited.text.removeprefix("\ufeff")
    assert restored(edited, decode(data)) == decode(data).encode()


def test_what_an_encoding_lacks_is_refused():
    data = f"{HEAD}- Prüfe die Größe\n".encode("latin-1")
    with pytest.raises(ValueError, match="latin-1, which has no '✓'"):
        encode(decode(data) + "✓", data)


# Whatever people write

PLAIN = [
    "Fix",
    "add",
    "alert",
    "the",
    "pool",
    "Jo",
    "Smith:",
    "Prüfung",
    "базы",
    "監控",
    "資料庫",
    "ل🚒",
    "etc.",
    "e.g.",
]
MARKED = ["a|b", "x_y", "*not*", "`code`", "<b>", "&amp;", "(soon)", "[x]", "~~no~~", "**bold**", "\\|", "—", "-"]
FIELDS = ["#4", "OPS-12", "@jo", "2026-12-01", "https://a.example/x", "owner:", "due:"]
WORDS = st.sampled_from(PLAIN + MARKED + FIELDS)
PHRASES = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
ITEMS = PHRASES.map(lambda words: f"Add {words}")
MARKS = st.sampled_from(
    ["- ", "* ", "+ ", "1. ", "2) ", "- [ ] ", "- [x] ", "  - ", "    * [ ] ", "\t- ", "> - ", "• "]
)
LISTED = st.builds("".join, st.tuples(MARKS, ITEMS, st.sampled_from(["", " ", "  ", "\\", ".", " <!-- c -->"])))
PROSE = st.lists(ITEMS.map(lambda words: f"We will {words}."), min_size=1, max_size=3).map(" ".join)
HEADINGS = st.one_of(
    ITEMS.map(lambda words: f"\n### {words}\n\nOwner: Jo\n"),
    ITEMS.map(lambda words: f"\n### {words} ##\n\nOwner: Jo\n"),
    ITEMS.map(lambda words: f"\n{words}\n------\n\nOwner: Jo\n"),
    ITEMS.map(lambda words: f"\n**{words}**\n\nOwner: Jo\n"),
)
CELLS = ITEMS.map(lambda words: words.replace("a|b", "a\\|b"))
HEADS = st.sampled_from(["| Action | Owner | Ticket |", "| Ticket | Action | Owner |", "| Owner | Action | Status |"])


@st.composite
def tables(draw):
    head = draw(HEADS)
    place = [name.strip() for name in head.strip("|").split("|")].index("Action")
    rows = []
    for words in draw(st.lists(CELLS, min_size=1, max_size=3)):
        cells = [draw(st.sampled_from([" ", "", "  ", " Jo ", " TBD ", " [ ] ", " #9 "])) for _ in range(3)]
        cells[place] = f" {words} "
        short = draw(st.booleans()) and place < 2
        rows.append("|" + "|".join(cells[:2] if short else cells) + draw(st.sampled_from(["|", "|", ""])))
    return "\n".join(["", head, "| --- | --- | --- |", *rows, ""])


HTML = st.lists(ITEMS, min_size=1, max_size=3).map(
    lambda items: "\n<ul>\n" + "\n".join(f"<li>{words}</li>" for words in items) + "\n</ul>\n"
)
DOCUMENTS = st.builds(
    lambda bom, blocks, end: (bom + HEAD + "\n".join(blocks)).replace("\n", end),
    st.sampled_from(["", "\ufeff"]),
    st.lists(st.one_of(LISTED, LISTED, LISTED, PROSE, HEADINGS, tables(), HTML), min_size=1, max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
)


@patient
@given(DOCUMENTS, st.booleans())
@example(f"{HEAD}- Add [x]\n", True)  # noqa: FBT003
def test_whatever_people_write_stays_and_is_read_as_before(text, url):
    edited = linked(text, url=url, done=True)
    assert proven(text, edited) <= len(reading(text).items)
    again = linked(edited.text, url=url, done=True)
    assert [refusal.line for refusal in again.refusals] == [refusal.line for refusal in edited.refusals]
    assert again.edits == ()


@patient
@given(st.lists(LISTED, min_size=1, max_size=6))
def test_plain_lists_take_every_link(lines):
    text = HEAD + "\n".join(f"- Add an alert for {number}" for number, _ in enumerate(lines))
    assert proven(text, linked(text)) == len(lines)
