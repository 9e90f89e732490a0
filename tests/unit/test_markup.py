"""Markdown for Jira: both formats say what was written, and nothing that is written becomes a command."""

from __future__ import annotations

import html
import json
import re
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.markup import adf_text, to_adf, to_wiki

SCHEMA = json.loads((Path(__file__).parents[1] / "contract" / "adf-schema.json").read_text())
VALID = jsonschema.Draft4Validator(SCHEMA)

# Markdown and wiki text as people and attackers write them, in pieces.
PIECES = (
    *(
        "**",
        "*",
        "_",
        "~~",
        "`",
        "``",
        "```\n",
        "# ",
        "> ",
        "- ",
        "1. ",
        "7. ",
        "- [ ] ",
        "- [x] ",
        "---",
        "\n",
        "\n\n",
    ),
    *("  \n", "    ", "| a | b |\n|---|---|\n| ", " | ", "\\|", "\\", "<br>", "<b>", "<!-- c -->", "<!--", "<div>\n"),
    *(
        "&amp;",
        "&lt;",
        "&#0;",
        "&#58;",
        "[t](https://e.org/a_b)",
        "[t](docs/x.md)",
        "![i](https://e.org/i.png)",
        "[",
        "](",
    ),
    *(
        "https://e.org/(x)",
        "{code}",
        "{quote}",
        "{{",
        "}}",
        "{*}",
        "[~ana]",
        "[@ana]",
        "@ana",
        "(x)",
        ":)",
        "--",
        "\\\\",
    ),
    *(
        "h1. ",
        "bq. ",
        "||",
        "!a.png!",
        "word",
        "two words",
        "日本語",
        "é",
        "½",
        "👩‍🚒",
        "\u200b",
        "\0",
        "\x01",
        "\t",
        "\r\n",
    ),
)
markdowns = st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4))).map("".join))
plain = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6))).map("".join)


def check(nodes: list[dict[str, Any]]) -> None:
    VALID.validate({"version": 1, "type": "doc", "content": nodes})


def literally(text: str) -> tuple[str, str]:
    """Markdown that says just this text, on one line, and the text as it then is."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", line), line


def text(words: str, *marks: str, href: str = "") -> dict[str, Any]:
    link = [{"type": "link", "attrs": {"href": href}}] if href else []
    named = [*link, *({"type": mark} for mark in marks)]
    return {"type": "text", "text": words} | ({"marks": named} if named else {})


def paragraph(*inside: dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(inside)}


class TestAnything:
    @given(markdowns)
    @example("> " * 3_000 + "deep")
    @example("- " * 300 + "deep")
    @example("*a _b " * 2_000)
    @example("\udc80")
    def test_becomes_a_valid_document(self, markdown: str) -> None:
        nodes = to_adf(markdown)
        check(nodes)
        assert nodes == to_adf(markdown)
        adf_text(nodes)

    @given(markdowns)
    @example("\udc80")
    def test_becomes_wiki_text(self, markdown: str) -> None:
        wiki = to_wiki(markdown)
        assert wiki == to_wiki(markdown)
        assert not re.search(r"\[[~@][^\\,]+?\]", wiki)  # what Jira notifies people by, in code, too

    @given(plain)
    def test_keeps_plain_words_in_a_document(self, written: str) -> None:
        markdown, line = literally(written)
        told = adf_text(to_adf(markdown))
        assert re.sub(r" \(https?://\S+\)|\s", "", told) == re.sub(r" \(https?://\S+\)|\s", "", line)

    @given(
        st.lists(st.sampled_from(["alpha", "beta", "Größe", "don't", "42"]), min_size=1),
        st.sampled_from([sign for sign in PIECES if sign not in {"<!--", "<div>\n"}]),
    )
    def test_keeps_words_between_marks(self, words: list[str], sign: str) -> None:
        markdown = f" {sign} ".join(words)
        for told in (adf_text(to_adf(markdown)), html.unescape(to_wiki(markdown))):
            assert [word for word in re.findall(r"[\w']+", told) if word in words] == words

    @given(plain)
    @example("{*}a{*} and {{b}} *c* -d- +e+ ^f^ ~g~ ??h?? _i_")
    @example("!a.png|thumb! (/) (!) ;) ]) C:P :D x")
    @example("a -- b --- c {color:red}d{color} \\\\ e")
    @example("file:///x mailto:a@b.c ftp://x &amp;amp; &#65;")
    @example("* a")
    @example("# a")
    @example("h3. a")
    @example("----")
    @example("|a|b|")
    def test_keeps_plain_words_in_wiki_text(self, written: str) -> None:
        """What Jira's expressions look for is not there, and what a browser shows is the text."""
        markdown, line = literally(written)
        wiki = to_wiki(markdown)
        links = re.compile(r"\[(?:[^\[\]|]*\|)?(https?://[^\[\]|]*)\]")
        shown = html.unescape(links.sub(lambda found: re.sub("%([0-9A-F]{2})", "", found[1]), wiki))
        bare = links.sub("", wiki)
        if "http" not in line:
            assert shown == line
        for hidden in COMMANDS:
            assert not re.search(hidden, bare), hidden

    def test_long_texts_cost_little(self) -> None:
        start = time.process_time()
        for piece in ("*a* ", "_a_b", "[x](http://a/b) ", "`a`b", "(" * 10, "http://a/" + ")" * 50 + " ", "> ", "- "):
            long = piece * (10_000 // len(piece))
            to_wiki(long)
            adf_text(to_adf(long))
        assert time.process_time() - start < 10


COMMANDS = (
    r"[{}\[\]|\\]",
    r"(?<![^\W_])([*_+^~-])(?=\S)(?:(?!\1).)*?(?<=\S)\1(?![^\W_])",  # a mark that opens and closes
    r"\?\?\S",
    r"(?<![^\W_])!\S{5,}?!",
    r"(?:^|\s)-{2,3}(?:\s|$)",
    r"(?:[:;]\)|:\(|:[DP](?![^\W_]))",
    r"\((?:[/x!+?iyn*-]|on|off|\*[rgby]|flag|flagoff)\)",
    r"^\s*[*#-]+\s",
    r"^\s*(?:h[1-6]|bq)\.",
    r"^-{4}",
    r"(?i)(?:ftp|irc|file|news)s?://|mailto:|file:",
)


class TestDocument:
    @pytest.mark.parametrize(
        ("markdown", "inside"),
        [
            ("a &amp; b &lt;c&gt;", [text("a & b <c>")]),
            ("x <b>y</b> <!-- z --> w", [text("x <b>y</b>  w")]),
            ("a<br>b  \nc\nd", [text("a"), {"type": "hardBreak"}, text("b"), {"type": "hardBreak"}, text("c d")]),
            (
                "**a `b` *c***",
                [text("a ", "strong"), text("b", "code"), text(" ", "strong"), text("c", "em", "strong")],
            ),
            ("~~a~~ [`b`](https://e.org)", [text("a", "strike"), text(" "), text("b", "code", href="https://e.org")]),
            ("[a](javascript:b) [c](d.md)", [text("a (javascript:b) c (d.md)")]),
            ("![a](https://e.org/b.png)", [text("a", href="https://e.org/b.png")]),
            ("<a@b.c>", [text("a@b.c", href="mailto:a@b.c")]),
            (
                "(see https://e.org/w_(x)).",
                [text("(see "), text("https://e.org/w_(x)", href="https://e.org/w_(x)"), text(").")],
            ),
            (
                "[](https://e.org) [](d.md) http://.",
                [text("https://e.org", href="https://e.org"), text(" d.md http://.")],
            ),
            ("[~accountid:12] @ana", [text("[~accountid:12] @ana")]),
            ("👩‍🚒 日本語 \u05e9\u05dc\u05d5\u05dd", [text("👩‍🚒 日本語 \u05e9\u05dc\u05d5\u05dd")]),
        ],
    )
    def test_words(self, markdown: str, inside: list[dict[str, Any]]) -> None:
        assert to_adf(markdown) == [paragraph(*inside)]
        check(to_adf(markdown))

    def test_invisible_text_gives_nothing(self) -> None:
        assert to_adf("<!-- closeout:said removed i-1 -->\n\n<!-- more\n\nlines -->") == []
        assert to_wiki("<!-- closeout:said removed i-1 -->\n\n<!-- more\n\nlines -->") == ""

    def test_blocks_of_html_are_shown(self) -> None:
        (shown,) = to_adf("<div>\n<!-- not this -->\nwords\n</div>")
        assert adf_text(shown) == "<div>\nwords\n</div>"

    def test_lists(self) -> None:
        nodes = to_adf("3. a\n4. b\n   - c\n\n     d\n\n- [ ] e\n- [x] f")
        check(nodes)
        assert nodes[0]["attrs"] == {"order": 3}
        assert adf_text(nodes) == "3. a\n4. b\n   - c\n     d\n\n- ☐ e\n- ☑ f"

        (tasks,) = to_adf("- [x] `a`\n- [ ] <!-- b -->\n\n  ```\n  c\n  ```")
        check([tasks])
        assert adf_text(tasks) == "- ☑ a\n- ☐\n  c"

    def test_headings_and_rules(self) -> None:
        heading = {"type": "heading", "attrs": {"level": 2}, "content": [text("a "), text("b", "em")]}
        assert to_adf("## a *b*\n\n***\n\n#") == [heading, {"type": "rule"}]

    def test_code(self) -> None:
        code = {"type": "codeBlock", "attrs": {"language": "py"}, "content": [{"type": "text", "text": "a\n  *b*"}]}
        assert to_adf("```py x=1\na\n  *b*\n```") == [code]
        assert to_adf("```\n```") == [{"type": "codeBlock", "content": []}]

    def test_table(self) -> None:
        (table,) = to_adf("| a | b |\n|---|--:|\n| `c` \\| d | |")
        check([table])
        kinds = [[cell["type"] for cell in row["content"]] for row in table["content"]]
        assert kinds == [["tableHeader", "tableHeader"], ["tableCell", "tableCell"]]
        assert adf_text(table) == "a | b\nc | d | "

    def test_what_cannot_be_nested_is_flattened(self) -> None:
        nodes = to_adf("> # a\n> > b\n>\n> ---\n>\n> | c | d |\n> |---|---|\n> | e | f |\n\n- # g\n  > h")
        check(nodes)
        assert adf_text(nodes) == "> a\n>\n> > b\n>\n> ———\n>\n> c | d\n>\n> e | f\n\n- g\n  > h"


class TestWiki:
    @pytest.mark.parametrize(
        ("markdown", "wiki"),
        [
            ("**a** _b_ ~~c-d~~ `e`", "*a* _b_ -c&#45;d- {{e}}"),
            ("a**b**c *d*e", "a{*}b{*}c {_}d{_}e"),
            ("***a** b*", "_*a* b_"),
            ("**a<br>b**", "{*}a{*}\\\\ *b*"),
            ("`a`s x`b`", "{{a}}&#8203;s x&#8203;{{b}}"),
            ("`a_b {c} [~d]`", "{{a&#95;b &#123;c&#125; &#91;&#126;d&#93;}}"),
            ("**@\u200bana ½**", "*@&#8203;ana &#189;*"),
            ("foo_bar a-b C++ 5 - 3", "foo_bar a-b C++ 5 - 3"),
            ("[~admin] [@admin]", "&#91;&#126;admin&#93; &#91;@admin&#93;"),
            ("[~a](https://e.org)", "[&#126;a|https://e.org]"),
            ("[a|b](<https://e.org/[x]{y} z|w>)", "[a&#124;b|https://e.org/%5Bx%5D%7By%7D%20z%7Cw]"),
            ("[a|b](https://e.org/[x]|{y})", "[a&#124;b|https://e.org/%5Bx%5D%7C%7By%7D]"),
            ("see https://e.org/a_b.", "see [https://e.org/a_b]."),
            ("**see [a](https://e.org)**", "*see [a|https://e.org]*"),
            ("![a](https://e.org/b.png)", "[a|https://e.org/b.png]"),
            ("f(x) and (y)", "f&#40;x) and &#40;y)"),
            ("C:\\dir \\\\\\\\ host", "C:&#92;dir &#92;&#92; host"),
            ("\\# a\n\n\\- b\n\nh1. c\n\n**# d**", "&#35; a\n\n&#45; b\n\n&#104;1. c\n\n*&#35; d*"),
            ("a &amp;amp; b & c", "a &#38;amp; b & c"),
            ("# a *b*\n\n---", "h1. a _b_\n\n----"),
            ("> a\n>\n> > b", "{quote}\na\n\n> b\n{quote}"),
            ("1. a\n   - b\n2. c", "# a\n#* b\n# c"),
            ("3. a\n4. b", "* 3. a\n* 4. b"),
            ("- - a\n- b\n\n  ***\n- <!-- c -->", "* &#8203;\n** a\n* b\n———\n* &#8203;"),
            ("[](https://e.org)", "[https://e.org]"),
            ("- [ ] a\n- [x] b\n-", "* ☐ a\n* ☑ b\n* &#8203;"),
            ("- a\n\n  b\n\n  ```\n  c\n\n  d\n  ```", "* a\nb\n{code}\nc\n\nd\n{code}"),
            ("- # a\n  > b\n  >\n  > c", "* *a*\n{quote}\nb\nc\n{quote}"),
            ("| a | b |\n|---|---|\n| c \\| `d` | |", "||a||b||\n|c &#124; {{d}}| |"),
            ("```py\n*a*\n```", "{code:py}\n*a*\n{code}"),
            ("```\n{code}\n```", "{noformat}\n{code}\n{noformat}"),
            ("```\n{code}{noformat}\n```", "{code}\n{\u200bcode}{noformat}\n{code}"),
            ("```\nnew[~ana] x[@b]\n```", "{code}\nnew[\u200b~ana] x[\u200b@b]\n{code}"),
            ("```a|b}\nc\n```", "{code}\nc\n{code}"),
        ],
    )
    def test_text(self, markdown: str, wiki: str) -> None:
        assert to_wiki(markdown) == wiki


class TestPlainText:
    def test_of_what_people_write_in_jira(self) -> None:
        day = {"type": "date", "attrs": {"timestamp": "1782864000000"}}
        nodes: list[Any] = [
            paragraph(
                {"type": "mention", "attrs": {"id": "5b1", "text": "@Ana"}},
                text(" "),
                {"type": "mention", "attrs": {"id": "5b1"}},
                text(" "),
                {"type": "emoji", "attrs": {"shortName": ":fire:", "text": "🔥"}},
                {"type": "emoji", "attrs": {"shortName": ":own:"}},
                text(" "),
                {"type": "status", "attrs": {"text": "BLOCKED", "color": "red"}},
                text(" "),
                day,
                {"type": "hardBreak"},
                {"type": "placeholder", "attrs": {"text": "type here"}},
                {"type": "inlineCard", "attrs": {"url": "https://e.org/1"}},
                text(" "),
                {"type": "inlineCard", "attrs": {"data": {"@type": "Document", "url": "https://e.org/2"}}},
            ),
            paragraph(text("a ", href="https://e.org"), text("b", "strong", href="https://e.org"), text("c")),
            {"type": "panel", "attrs": {"panelType": "info"}, "content": [paragraph(text("panel"))]},
            {"type": "expand", "attrs": {"title": "Title"}, "content": [paragraph(text("folded"))]},
            {
                "type": "taskList",
                "attrs": {"localId": "1"},
                "content": [
                    {"type": "taskItem", "attrs": {"localId": "2", "state": "DONE"}, "content": [text("ticked")]},
                    {
                        "type": "taskList",
                        "content": [{"type": "taskItem", "attrs": {"state": "TODO"}, "content": [text("open")]}],
                    },
                ],
            },
            {"type": "blockCard", "attrs": {"url": "https://e.org/3"}},
            {
                "type": "mediaSingle",
                "content": [{"type": "media", "attrs": {"type": "file", "id": "9", "alt": "chart"}}],
            },
            {"type": "rule"},
            {"type": "somethingNew", "content": [paragraph(text("new words"))]},
        ]
        assert adf_text({"type": "doc", "version": 1, "content": nodes}) == (
            "@Ana @5b1 🔥:own: BLOCKED 2026-07-01\nhttps://e.org/1 https://e.org/2\n\na b (https://e.org)c\n\npanel\n\n"
            "Title\n\nfolded\n\n[x] ticked\n  [ ] open\n\nhttps://e.org/3\n\nchart\n\n---\n\nnew words"
        )

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        ["type", "content", "text", "attrs", "marks", "order", "timestamp", "data", "href"]
                    ),
                    inner | st.sampled_from(["doc", "table", "taskList", "orderedList", "date", "blockquote", "text"]),
                    max_size=4,
                )
            ),
            max_leaves=30,
        )
    )
    def test_of_anything(self, value: Any) -> None:
        assert isinstance(adf_text(value), str)

    @pytest.mark.parametrize("kind", ["panel", "bulletList", "taskList", "blockquote", "table", "unknown"])
    def test_of_what_is_nested_beyond_reason(self, kind: str) -> None:
        node: dict[str, Any] = paragraph(text("words"))
        for _ in range(5_000):
            node = {"type": kind, "content": [node]}
        assert "words" in adf_text(node)
