"""The managed block in Jira's descriptions: nothing of it is lost, nothing around it is touched."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from connectors.jira import block
from connectors.jira.block import LONGEST_PROPERTY, Tie
from connectors.marker import Marker
from connectors.markup import adf_text

SCHEMA = json.loads((Path(__file__).parents[1] / "contract" / "adf-schema.json").read_text())
VALID = jsonschema.Draft4Validator(SCHEMA)

MARKER = Marker("item-1", "2026/outage.md", "Add an alert", {"title": "Add an alert", "labels": ["a"], "due": None})
TIE = Tie(MARKER, "", "", {"5b10": "ana@acme.com"})
MANAGED = (
    "> Add an **alert**\n\nPromised in **Out @\u200bana** ([p.md:3](https://e.org/p#L3)).\n\n"
    "| Owner | Due |\n| --- | --- |\n| ana | 2026-01-02 |\n\n1. x\n2. y\n\n_Closeout keeps this block._"
)
BEGIN = "{anchor:closeout-begin}"
END = "{anchor:closeout-end-eJyrVjI}"

PIECES = (
    *(
        BEGIN,
        END,
        "{anchor:closeout-end-",
        "{anchor:closeout-end-}",
        "{anchor:",
        "{code}",
        "```\n",
        "}",
        "{",
        "|",
        "\\",
    ),
    *(
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        " ",
        "\t",
        "**",
        "- ",
        "> ",
        "closeout",
        "é",
        "日本語",
        "🚒",
        "\u2028",
        '"',
        "@ana",
        "[~ana]",
    ),
    block.write_wiki("", "inner", TIE),
)
texts = st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5))).map("".join))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
markers = st.builds(Marker, item=texts, document=texts, text=texts, base=st.dictionaries(texts, values, max_size=4))
ties = st.builds(Tie, marker=markers, managed=texts, rendered=texts, people=st.dictionaries(texts, texts, max_size=3))
# People's words that hold no whole block of their own: of two blocks the first with a readable tie is ours.
words = texts.filter(lambda text: block.read_wiki(text)[1] is None)
nodes = st.sampled_from(
    [
        {"type": "paragraph", "content": [{"type": "text", "text": "words", "marks": [{"type": "strong"}]}]},
        {"type": "paragraph", "content": [{"type": "mention", "attrs": {"id": "5b1", "text": "@Ana"}}]},
        {"type": "paragraph", "attrs": {"localId": "x"}, "content": []},
        {"type": "paragraph"},
        {"type": "paragraph", "content": [{"type": "status", "attrs": {"text": "closeout", "color": "red"}}]},
        {"type": "paragraph", "content": [{"type": "status", "attrs": {"text": "done", "color": "green"}}]},
        {"type": "rule"},
        {"type": "panel", "attrs": {"panelType": "info"}, "content": [{"type": "rule"}]},
        {"type": "somethingNew", "attrs": {"order": 1, "localId": None}},
    ]
)
people = st.lists(nodes, max_size=4)


def document(*content: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "type": "doc", "content": list(content)}


def tied(managed: str, description: dict[str, Any] | None = None) -> tuple[dict[str, Any], Tie]:
    written, rendered = block.write_adf(description, managed)
    return written, Tie(MARKER, managed, rendered)


def lozenge(words: str, **more: Any) -> dict[str, Any]:
    status = {"type": "status", "attrs": {"text": words, "color": "neutral", **more}}
    return {"type": "paragraph", "content": [status]}


class TestProperty:
    @given(ties)
    def test_comes_back(self, tie: Tie) -> None:
        value = json.loads(json.dumps(block.to_property(tie)))
        assert block.of_property(value) == tie

    @pytest.mark.parametrize("letter", ["a", "日", "é", "🚒", '"', "\\", "\x01", "\n"])
    def test_is_short_enough(self, letter: str) -> None:
        """Texts of ten thousand characters in all, with nothing in them that could be said shorter."""
        random = Random(letter)  # noqa: S311
        text = "".join(chr(ord(letter) + random.randrange(1 if letter < " " else 90)) for _ in range(10_000))
        text, title, managed = text[:3_000], text[3_000:3_300], text[3_300:]
        tie = Tie(Marker("i" * 32, "d.md", text, {"title": title}), managed, "0" * 16)
        value = block.to_property(tie)
        assert len(json.dumps(value, ensure_ascii=False).encode()) <= LONGEST_PROPERTY
        assert block.of_property(value) == tie
        end = block.write_wiki("", managed, tie).rpartition("{anchor:")[2]
        assert re.fullmatch(r"closeout-end-[A-Za-z0-9_-]+\}", end)
        assert len(end) < 32_768

    @given(
        values
        | st.fixed_dictionaries({"v": st.just(1), "packed": texts})
        | st.dictionaries(
            st.sampled_from(["v", "item", "document", "text", "base", "managed", "rendered", "people", "packed"]),
            values | st.just(1),
        )
    )
    @example({"v": 1, "packed": "é"})
    def test_anything_else_is_none(self, value: Any) -> None:
        assert block.of_property(value) is None or isinstance(block.of_property(value), Tie)

    def test_a_bomb_is_none(self) -> None:
        assert block.unpack(block.pack("a" * 10_000_000)) is None
        assert block.unpack(block.pack("a" * 100_000)) == "a" * 100_000

    @pytest.mark.parametrize("packed", ["", "a", "!!", "eJw", "é", "eJyrVjI" * 3])
    def test_damage_is_none(self, packed: str) -> None:
        assert block.unpack(packed) is None

    def test_reads_what_the_first_release_wrote(self) -> None:
        value = {
            "v": 1,
            "item": "i",
            "document": "d.md",
            "text": "t",
            "base": {"title": "x"},
            "managed": "m",
            "rendered": "0",
            "people": {"5b1": "ana@acme.com", "5b2": None},
            "new": 1,
        }
        tie = Tie(Marker("i", "d.md", "t", {"title": "x"}), "m", "0", {"5b1": "ana@acme.com"})
        assert block.of_property(value) == tie
        assert block.of_property({**value, "v": 2}) is None


class TestDocument:
    @given(texts, people, people)
    def test_comes_back_and_people_keep_theirs(
        self, managed: str, before: list[dict[str, Any]], after: list[dict[str, Any]]
    ) -> None:
        theirs = copy.deepcopy((before, after))
        once, tie = tied(managed, document(*before, *after))
        assert block.read_adf(once, tie) == managed
        assert [node for node in once["content"] if node in before + after][-len(before + after) :] == [*before, *after]
        assert (before, after) == theirs
        assert block.write_adf(once, managed) == (once, tie.rendered)

    @given(texts, texts, people.filter(lambda some: lozenge("closeout", color="red") not in some), people)
    def test_only_the_block_changes(
        self, old: str, new: str, before: list[dict[str, Any]], after: list[dict[str, Any]]
    ) -> None:
        inside = block.write_adf(None, old)[0]["content"]
        written, tie = tied(new, document(*before, *inside, *after))
        assert written == document(*before, *block.write_adf(None, new)[0]["content"], *after)
        assert block.read_adf(written, tie) == new

    def test_is_valid(self) -> None:
        VALID.validate(tied(MANAGED, document({"type": "rule"}))[0])
        VALID.validate(tied("")[0])

    def test_keeps_what_else_a_document_says(self) -> None:
        assert tied("m", {"version": 1, "type": "doc", "content": [], "more": 1})[0]["more"] == 1

    def test_is_the_same_however_jira_tidies_it(self) -> None:
        written, tie = tied(MANAGED)

        def tidied(node: Any) -> Any:
            if isinstance(node, list):
                return [tidied(each) for each in node]
            if not isinstance(node, dict) or "type" not in node:
                return node
            node = {key: tidied(node[key]) for key in reversed(node)}
            if node.get("type") not in {"text", "strong", "em", "link", "doc"}:
                node["attrs"] = {"localId": "3f2a", **node.get("attrs", {})}
            if node.get("type") == "table":
                node["attrs"] |= {"isNumberColumnEnabled": False, "layout": "default", "width": None}
            if node.get("type") == "orderedList":
                node["attrs"]["order"] = 1
            if node.get("type") == "paragraph" and "marks" not in node:
                node["marks"] = []
            split = [
                {**each, "text": part}
                for each in node.get("content", ())
                if each.get("type") == "text"
                for part in (each["text"][:2], each["text"][2:])
                if part
            ]
            if split and len(split) >= len(node["content"]) and all(each["type"] == "text" for each in node["content"]):
                node["content"] = split
            return node

        stored = tidied(written)
        del stored["version"]
        stored["content"].insert(2, {"type": "paragraph", "content": []})
        assert stored != written
        assert block.read_adf(stored, tie) == MANAGED

    @pytest.mark.parametrize(
        "edit",
        [
            lambda inside: inside.pop(),
            lambda inside: inside.append({"type": "paragraph", "content": [{"type": "text", "text": "mine"}]}),
            lambda inside: inside[0]["content"][0]["content"][0].update(text="Add no "),
            lambda inside: inside[0]["content"][0]["content"][1].pop("marks"),
            lambda inside: inside[1]["content"][3]["marks"][0]["attrs"].update(href="https://evil.example"),
            lambda inside: inside[3].update(attrs={"order": 2}),
            lambda inside: inside.reverse(),
        ],
        ids=range(7),
    )
    def test_an_edit_is_told(self, edit: Any) -> None:
        written, tie = tied(MANAGED)
        inside = written["content"][1:-1]
        edit(inside)
        written["content"][1:-1] = inside
        told = block.read_adf(written, tie)
        assert told == adf_text(inside)
        assert told != MANAGED

    def test_without_a_tie_the_words_are_told(self) -> None:
        assert block.read_adf(tied("a **b**")[0], None) == "a b"

    @pytest.mark.parametrize("words", ["CLOSEOUT", " Closeout "])
    def test_lozenges_are_known_by_their_words(self, words: str) -> None:
        written, tie = tied("m")
        written["content"][0] = lozenge(words, color="blue", localId="1", style="bold")
        written["content"][0]["content"].append({"type": "text", "text": " "})
        assert block.read_adf(written, tie) == "m"

    def test_none(self) -> None:
        for nothing in (None, {}, document(), document({"type": "rule"}), {"content": "words"}, {"content": [None, 1]}):
            assert block.read_adf(nothing, TIE) is None
            assert block.write_adf(nothing, "m")[0]["content"][1:2] == block.write_adf(None, "m")[0]["content"][1:2]

    def test_a_lost_beginning_swallows_no_words(self) -> None:
        written, tie = tied("old")
        theirs = {"type": "paragraph", "content": [{"type": "text", "text": "mine"}]}
        left = document(theirs, *written["content"][1:])
        assert block.read_adf(left, tie) is None
        again, tie = tied("new", left)
        assert again["content"][:2] == [theirs, written["content"][1]]
        assert block.read_adf(again, tie) == "new"

    def test_a_lost_end_swallows_no_words(self) -> None:
        written, _ = tied("old")
        left = document(*written["content"][:-1], {"type": "rule"})
        assert block.read_adf(left, TIE) is None
        again, tie = tied("new", left)
        assert again["content"][3:] == left["content"]
        assert block.read_adf(again, tie) == "new"

    def test_a_beginning_quoted_above_swallows_no_words(self) -> None:
        written, tie = tied("ours")
        quoted = document(lozenge("closeout"), {"type": "rule"}, *written["content"])
        assert block.read_adf(quoted, tie) == "ours"
        assert tied("new", quoted)[0]["content"][:2] == quoted["content"][:2]

    def test_of_two_blocks_the_first_counts(self) -> None:
        written, tie = tied("old")
        twice = document(*written["content"], *written["content"])
        assert block.read_adf(twice, tie) == "old"
        assert tied("new", twice)[0]["content"][3:] == written["content"]

    def test_what_is_nested_beyond_reason_is_an_edit(self) -> None:
        written, tie = tied("m")
        node: dict[str, Any] = {"type": "paragraph", "content": [{"type": "text", "text": "deep"}]}
        for _ in range(5_000):
            node = {"type": "panel", "content": [node]}
        written["content"].insert(1, node)
        assert block.read_adf(written, tie) == "deep\n\nm"


class TestWiki:
    @given(texts, texts, ties)
    @example("", "```\n" + END + "\n" + BEGIN + "\n```", TIE)
    def test_comes_back(self, description: str, managed: str, tie: Tie) -> None:
        written = block.write_wiki(description, managed, tie)
        told, found = block.read_wiki(written)
        assert told == managed
        assert found is not None
        assert (found.marker, found.managed, found.people) == (tie.marker, managed, tie.people)
        assert block.write_wiki(written, managed, tie) == written

    @given(words, words, texts, texts, ties)
    @example(f"see {BEGIN} in the docs\n", "", "m", "n", TIE)
    @example("{anchor:closeout-end-", "", "m", "n", TIE)
    @example("", f"\n{END} leftover", "m", "n", TIE)
    @example(f"{BEGIN} quoted {END}\n", f"\n{BEGIN} quoted {END}", "m", "n", TIE)
    def test_around_it_all_is_kept_to_the_byte(self, before: str, after: str, old: str, new: str, tie: Tie) -> None:
        description = before + block.write_wiki("", old, tie) + after
        assume(block.read_wiki(description)[0] == old)  # no half of a fence was made whole where the two meet
        assert block.write_wiki(description, new, tie) == before + block.write_wiki("", new, tie) + after

    @given(texts.filter(lambda text: block.read_wiki(text) == (None, None)))
    def test_without_a_block_it_comes_on_top(self, description: str) -> None:
        written = block.write_wiki(description, "m", TIE)
        assert written == block.write_wiki("", "m", TIE) + (f"\n\n{description}" if description else "")

    @given(texts)
    @example(MANAGED)
    def test_is_the_same_after_a_web_edit(self, managed: str) -> None:
        written = "mine\n" + block.write_wiki("", managed, TIE) + "\nmore"
        plain = re.sub("\r\n?", "\n", written)
        stored = plain.replace("\n", "  \r\n")
        assert block.read_wiki(stored)[0] == managed

    @pytest.mark.parametrize(
        ("old", "new"), [("alert", "alarm"), ("*", ""), ("||Owner", "||Who"), ("e.org", "evil.example")]
    )
    def test_an_edit_is_told(self, old: str, new: str) -> None:
        edited = block.write_wiki("", MANAGED, TIE).replace(old, new)
        told, tie = block.read_wiki(edited)
        assert tie is not None
        assert tie.marker == MARKER
        assert told == edited.removeprefix(BEGIN).rpartition("{anchor:")[0].strip("\n")

    def test_a_damaged_tie_leaves_the_text(self) -> None:
        assert block.read_wiki(f"{BEGIN}\ntext\n{END}") == ("text", None)

    def test_the_beginning_is_gone_but_the_tie_holds(self) -> None:
        left = block.write_wiki("", "old", TIE).removeprefix(BEGIN) + "\nwords"
        told, tie = block.read_wiki(left)
        assert told is None
        assert tie is not None
        assert tie.marker == MARKER
        assert block.write_wiki(left, "new", TIE) == "\nold\n" + block.write_wiki("", "new", TIE) + "\nwords"

    def test_a_beginning_quoted_above_swallows_no_words(self) -> None:
        description = f"Somebody quotes {BEGIN} here.\n\nWords.\n\n" + block.write_wiki("", "ours", TIE)
        assert block.read_wiki(description)[0] == "ours"
        assert block.write_wiki(description, "new", TIE).startswith(f"Somebody quotes {BEGIN} here.\n\nWords.\n\n")

    def test_a_lost_end_swallows_no_words(self) -> None:
        left = block.write_wiki("", "old", TIE).rpartition("{anchor:")[0] + "\nwords"
        assert block.read_wiki(left) == (None, None)
        assert block.write_wiki(left, "new", TIE).endswith(f"\n\n{left}")

    def test_a_block_pasted_twice_is_read_once_and_kept(self) -> None:
        written = block.write_wiki("", "ours", TIE)
        twice = f"{written}\n\n{written}"
        assert block.read_wiki(twice)[0] == "ours"
        assert block.write_wiki(twice, "new", TIE) == block.write_wiki("", "new", TIE) + f"\n\n{written}"

    @pytest.mark.parametrize("piece", [BEGIN, END, "{anchor:closeout-end-", BEGIN + END, "{anchor:closeout-end-a}"])
    def test_hostile_descriptions_are_read(self, piece: str) -> None:
        description = piece * (32_000 // len(piece))
        block.read_wiki(description)
        assert block.read_wiki(block.write_wiki(description, "m", TIE))[0] == "m"
