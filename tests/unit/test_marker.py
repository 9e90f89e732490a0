"""The managed block: nothing of it is lost, nothing around it is touched."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors import marker
from connectors.marker import BEGIN, Marker

END = '<!-- closeout:end {"v":1} -->'
TIE = Marker("item-1", "2026/outage.md", "Add an alert", {"title": "Add an alert", "labels": ["a"], "due": None})

# Text as people, editors and attackers write it: our own fence, in whole and in pieces, among everything else.
PIECES = (
    *(
        BEGIN,
        END,
        "<!-- closeout:end",
        "<!-- closeout:",
        "<!-- closeout~:",
        "<!-- closeout~~:end",
        "<!--",
        "-->",
        " -->",
    ),
    *(
        "--",
        "-",
        ">",
        "<",
        "@ana",
        "{",
        "}",
        '"',
        "\\",
        "\\u002d",
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        " ",
        "\t",
        "\0",
        "é",
        "🚒",
    ),
    *("\u2028", marker.write("", "inner", TIE)),
)
texts = st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5))).map("".join))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
ties = st.builds(Marker, item=texts, document=texts, text=texts, base=st.dictionaries(texts, values, max_size=4))
blocks = st.tuples(texts, ties)
# People's words that hold no whole block of their own: of two blocks the first with a readable marker is ours.
words = texts.filter(lambda text: marker.read(text)[1] is None)


def plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class TestRoundTrip:
    @given(blocks)
    def test_in_an_empty_body(self, block: tuple[str, Marker]) -> None:
        managed, tie = block
        assert marker.read(marker.write("", managed, tie)) == (plain(managed), tie)

    @given(texts, blocks)
    def test_in_any_body(self, body: str, block: tuple[str, Marker]) -> None:
        managed, tie = block
        assert marker.read(marker.write(body, managed, tie)) == (plain(managed), tie)

    @given(texts, blocks)
    def test_is_idempotent(self, body: str, block: tuple[str, Marker]) -> None:
        once = marker.write(body, *block)
        assert marker.write(once, *block) == once

    @given(texts, blocks, blocks)
    def test_the_last_word_counts(self, body: str, first: tuple[str, Marker], second: tuple[str, Marker]) -> None:
        assert marker.write(marker.write(body, *first), *second) == marker.write(marker.write(body, *second), *second)

    @given(words, words, blocks)
    @example(f"quoted {BEGIN} above\n", "", ("m", TIE))
    @example(f"{BEGIN}\nlost its end\n", f"\n{END}", ("m", TIE))
    def test_after_a_web_edit(self, before: str, after: str, block: tuple[str, Marker]) -> None:
        """GitHub turns every line end into CRLF when somebody edits in the browser."""
        managed, tie = block
        body = plain(before + "\n" + marker.write("", managed, tie) + "\n" + after).replace("\n", "\r\n")
        assert marker.read(body) == (plain(managed), tie)


class TestAround:
    @given(words, words, blocks, blocks)
    @example(f"see `{BEGIN}` in the docs\n", "", ("m", TIE), ("n", TIE))
    @example("<!-- closeout:end", "", ("m", TIE), ("n", TIE))
    @example("", f"\n{END} leftover", ("m", TIE), ("n", TIE))
    @example(f"{BEGIN} quoted {END}\n", f"\n{BEGIN} quoted {END}", ("m", TIE), ("n", TIE))
    def test_is_kept_to_the_byte(
        self, before: str, after: str, old: tuple[str, Marker], new: tuple[str, Marker]
    ) -> None:
        body = before + marker.write("", *old) + after
        assert marker.write(body, *new) == before + marker.write("", *new) + after

    @given(texts.filter(lambda text: marker.read(text) == (None, None)), blocks)
    def test_without_a_block_it_comes_on_top(self, body: str, block: tuple[str, Marker]) -> None:
        written = marker.write(body, *block)
        assert written == marker.write("", *block) + (f"\n\n{body}" if body else "")


class TestMarker:
    @given(blocks)
    def test_closes_no_comment_and_calls_nobody(self, block: tuple[str, Marker]) -> None:
        _, tie = block
        line = marker.write("", "", tie).splitlines()[-1] if tie.item.isascii() else marker.write("", "", tie)
        data = line.rpartition("<!-- closeout:end ")[2].removesuffix(" -->")
        assert not set(data) & {"<", ">", "@", "\n", "\r"}
        assert "--" not in data

    @pytest.mark.parametrize(
        "data",
        [
            "",
            " ",
            "{}",
            "{",
            "null",
            "[]",
            '{"v":2,"item":"i","document":"d","text":"t","base":{}}',
            '{"v":1,"item":1,"document":"d","text":"t","base":{}}',
            '{"v":1,"item":"i","text":"t","base":{}}',
            '{"v":1,"item":"i","document":"d","text":"t","base":[]}',
            '{"v":1,"item":"i","document":"d","text":"t"}',
            '{"v":1,"item":"i","document":"d","text":"t","base":{"n":' + "9" * 5_000 + "}}",
            '{"v":1,"item":"i","document":"d","base":' + '{"a":' * 50_000 + "1" + "}" * 50_001,
        ],
        ids=range(13),
    )
    def test_a_damaged_one_leaves_the_text(self, data: str) -> None:
        assert marker.read(f"{BEGIN}\ntext\n<!-- closeout:end {data} -->") == ("text", None)

    def test_unknown_keys_are_fine(self) -> None:
        data = '{"v":1,"item":"i","document":"d","text":"t","base":{},"new":1}'
        assert marker.read(f"{BEGIN}\nx\n<!-- closeout:end {data} -->") == ("x", Marker("i", "d", "t", {}))

    def test_an_older_one_without_text_is_read(self) -> None:
        data = '{"v":1,"item":"i","document":"d","base":{}}'
        assert marker.read(f"{BEGIN}\nx\n<!-- closeout:end {data} -->")[1] == Marker("i", "d", "", {})

    def test_spaces_do_not_matter(self) -> None:
        data = '{ "v": 1, "item": "i", "document": "d", "text": "t", "base": {} }'
        assert marker.read(f"{BEGIN}x<!-- closeout:end{data}-->") == ("x", Marker("i", "d", "t", {}))


class TestDamage:
    def test_none(self) -> None:
        assert marker.read("") == (None, None)
        assert marker.read("plain words") == (None, None)

    def test_only_a_beginning(self) -> None:
        body = f"words\n{BEGIN}\nmore words"
        assert marker.read(body) == (None, None)
        assert marker.write(body, "m", TIE).endswith(f"\n\n{body}")

    def test_the_beginning_is_gone_but_the_tie_holds(self) -> None:
        body = marker.write("", "old", TIE).removeprefix(BEGIN) + "\nwords"
        assert marker.read(body) == (None, TIE)
        after = marker.write(body, "new", TIE)
        assert after == "\nold\n" + marker.write("", "new", TIE) + "\nwords"

    def test_an_end_that_lost_its_close_swallows_no_words(self) -> None:
        whole = marker.write("", "old", TIE)
        body = whole.removesuffix("-->") + "\nwords of people <!-- and a comment -->"
        assert marker.read(body) == (None, None)
        assert body in marker.write(body, "new", TIE)

    def test_a_beginning_quoted_above_swallows_no_words(self) -> None:
        body = f"Somebody quotes {BEGIN} here.\n\nWords.\n\n" + marker.write("", "ours", TIE)
        assert marker.read(body) == ("ours", TIE)
        assert "Words." in marker.write(body, "new", TIE)

    def test_an_end_typed_into_the_block_leaves_the_tie(self) -> None:
        body = marker.write("", "ours", TIE).replace("ours", f"ours {END} theirs")
        assert marker.read(body)[1] == TIE
        after = marker.write(body, "new", TIE)
        assert " theirs\n" in after
        assert marker.read(after) == ("new", TIE)

    def test_a_block_pasted_twice_is_read_once_and_kept(self) -> None:
        block = marker.write("", "ours", TIE)
        body = f"{block}\n\n{block}"
        assert marker.read(body) == ("ours", TIE)
        assert marker.write(body, "new", TIE) == marker.write("", "new", TIE) + f"\n\n{block}"

    @pytest.mark.parametrize(
        "piece", [BEGIN, END, "<!-- closeout:end {", "<!-- closeout:end {}\n", "<!-- closeout:", "-->", BEGIN + END]
    )
    def test_hostile_bodies_cost_little(self, piece: str) -> None:
        body = piece * (65_536 // len(piece))
        start = time.process_time()
        marker.read(body)
        marker.write(body, body, TIE)
        assert time.process_time() - start < 1


@pytest.mark.parametrize(
    "managed",
    [
        "",
        "\n",
        "\n\n",
        " text ",
        "\ntext\n",
        BEGIN,
        END,
        f"{BEGIN}\nnested\n{END}",
        "<!-- closeout~:begin -->",
        "<!-- closeout~~:begin --> and <!-- closeout:begin -->",
        marker.write("", "nested", TIE),
        marker.write("", marker.write("", "nested twice", TIE), TIE),
    ],
    ids=range(12),
)
def test_text_that_quotes_the_fence_comes_back(managed: str) -> None:
    body = "above\n" + marker.write("", managed, TIE) + "\nbelow"
    assert marker.read(body) == (managed, TIE)
    assert marker.write(body, managed, TIE) == body


def test_reads_what_the_first_release_wrote() -> None:
    data: dict[str, Any] = {"title": "x"}
    body = (
        "Hello\n\n<!-- closeout:begin -->\n**Why** it is\n"
        '<!-- closeout:end {"v":1,"item":"i-1","document":"d.md","text":"a -\\u002d b","base":{"title":"x"}} -->\n\nBye'
    )
    assert marker.read(body) == ("**Why** it is", Marker("i-1", "d.md", "a -- b", data))
