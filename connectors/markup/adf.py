"""Markdown as nodes of the Atlassian Document Format, valid by `@atlaskit/adf-schema`. Pure.

What the format can't nest is flattened, its words kept: a quote in a quote and a table in a list become paragraphs.
Task lists become bullets with a drawn box: Jira's own would let people tick them here, and the block is not theirs.
The same Markdown always gives the same nodes: none has a random `localId`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.markup.tree import Node, Run, code_of, flow, html_as_words, is_task, parse, runs

Adf = dict[str, Any]
_ORDER: Final = ("link", "em", "strong", "strike")  # as Atlassian's editor writes the marks of a text
BOXES: Final[Mapping[bool | None, str]] = {True: "☑ ", False: "☐ ", None: ""}
RULE: Final = "———"


def to_adf(markdown: str) -> list[Adf]:
    """The top-level nodes of `markdown`; none for a text that shows nothing."""
    return list(_blocks(parse(markdown), nested=False))


def _blocks(nodes: Iterable[Node], *, nested: bool, prefix: str = "") -> Iterator[Adf]:
    """Nodes of blocks; `nested` in a quote or list, where only paragraphs, lists and code may stand."""
    for node in flow(nodes):
        match node.kind:
            case "List":
                yield _list(node)
            case "CodeBlock":
                yield _code(node)
            case "BlockQuote":
                yield from _quote(node, nested=nested, prefix=prefix)
            case "Table":
                yield from _flat_table(node, prefix) if nested else [_table(node)]
            case "Rule":
                yield _paragraph([Run(RULE)], prefix) if nested else {"type": "rule"}
            case "Heading":
                yield from _heading(node, nested=nested, prefix=prefix)
            case "HtmlBlock":
                yield from _paragraphs(html_as_words(node), prefix)
            case _:
                yield from _paragraphs(runs(node.children), prefix)


def _paragraphs(words: Sequence[Run], prefix: str = "") -> list[Adf]:
    return [_paragraph(words, prefix)] if words else []


def _paragraph(words: Sequence[Run], prefix: str = "") -> Adf:
    return {"type": "paragraph", "content": _inline([Run(prefix), *words] if prefix else words)}


def _inline(words: Iterable[Run]) -> list[Adf]:
    return [{"type": "hardBreak"} if run.breaks else _text(run) for run in words]


def _text(run: Run) -> Adf:
    marks: list[Adf] = [{"type": "link", "attrs": {"href": run.href}}] if run.href else []
    if run.code:  # goes with no other mark but a link
        marks.append({"type": "code"})
    else:
        marks += [{"type": mark} for mark in _ORDER if mark in run.marks]
    return {"type": "text", "text": run.text} | ({"marks": marks} if marks else {})


def _heading(node: Node, *, nested: bool, prefix: str) -> list[Adf]:
    words = runs(node.children)
    if nested or not words:
        return _paragraphs([Run(run.text, run.marks | {"strong"}, run.href, run.code) for run in words], prefix)
    return [{"type": "heading", "attrs": {"level": int(node.data["level"][1:])}, "content": _inline(words)}]


def _quote(node: Node, *, nested: bool, prefix: str) -> Iterator[Adf]:
    if nested:
        yield from _blocks(node.children, nested=True, prefix=f"{prefix}> ")
    elif inside := list(_blocks(node.children, nested=True)):
        yield {"type": "blockquote", "content": inside}


def _code(node: Node) -> Adf:
    language, text = code_of(node)
    attrs: Adf = {"attrs": {"language": language}} if language else {}
    return {"type": "codeBlock", **attrs, "content": [{"type": "text", "text": text}] if text else []}


def _list(node: Node) -> Adf:
    items = [_item(item) for item in node.children]
    if node.data is None:
        return {"type": "bulletList", "content": items}
    start: Adf = {"attrs": {"order": node.data}} if node.data != 1 else {}
    return {"type": "orderedList", **start, "content": items}


def _item(node: Node) -> Adf:
    content = list(_blocks(node.children, nested=True))
    if box := BOXES[is_task(node)]:
        if content and content[0]["type"] == "paragraph":
            content[0] = {"type": "paragraph", "content": [_text(Run(box)), *content[0]["content"]]}
        else:
            content.insert(0, _paragraph([Run(box.strip())]))
    return {"type": "listItem", "content": content or [{"type": "paragraph", "content": []}]}


def _table(node: Node) -> Adf:
    return {"type": "table", "content": [_row(line) for line in node.children]}


def _row(node: Node) -> Adf:
    kind = "tableHeader" if node.kind == "TableHead" else "tableCell"
    return {"type": "tableRow", "content": [_cell(cell, kind) for cell in node.children]}


def _cell(node: Node, kind: str) -> Adf:
    return {"type": kind, "content": [{"type": "paragraph", "content": _inline(runs(node.children))}]}


def _flat_table(node: Node, prefix: str) -> Iterator[Adf]:
    for line in node.children:
        words: list[Run] = []
        for cell in line.children:
            words += [*([Run(" | ")] if words else []), *runs(cell.children)]
        yield from _paragraphs(words, prefix)
