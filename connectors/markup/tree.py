"""Markdown as a small tree of blocks, and a block's words as runs of equal looks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import pyromark

_OPTIONS = pyromark.Options
_MARKDOWN = pyromark.Markdown(
    options=_OPTIONS.ENABLE_TABLES | _OPTIONS.ENABLE_TASKLISTS | _OPTIONS.ENABLE_STRIKETHROUGH
)
_DEEPEST = 24
"""Lists, quotes and marks further inside lose their looks, not their words; people write four or five."""

_NESTING = frozenset({"List", "BlockQuote", "Emphasis", "Strong", "Strikethrough", "Link", "Image"})
_MARKS = {"Emphasis": "em", "Strong": "strong", "Strikethrough": "strike"}
INLINE = frozenset({"Text", "Code", "InlineHtml", "SoftBreak", "HardBreak", "TaskListMarker", "Link", "Image", *_MARKS})

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?|ftps?)://[^\s<>]+|mailto:[^\s<>]+@[^\s<>]+", re.IGNORECASE)
_BARE = re.compile(r"(?<![0-9A-Za-z])https?://[^\s<>\"`{}|\\^\[\]]+", re.IGNORECASE)
_TRAILING = ".,;:!?'*_~"
# Jira refuses control characters or drops them; line ends and tabs are dealt with where they stand.
_UNFIT = dict.fromkeys({*range(32), *range(127, 160), 0xFFFE, 0xFFFF} - {0x09, 0x0A}, "\N{REPLACEMENT CHARACTER}")


@dataclass(slots=True)
class Node:
    """A block or an inline element: pyromark's name for it, what that holds besides, and what stands inside."""

    kind: str
    data: Any = None
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look. `text` is one line, or just a newline where the line is broken. `href` is empty or safe."""

    text: str
    marks: frozenset[str] = frozenset()
    href: str = ""
    code: bool = False

    @property
    def breaks(self) -> bool:
        """True for a line break."""
        return self.text == "\n"


def parse(markdown: str) -> list[Node]:
    """The blocks of `markdown`, whatever it is; halves of surrogate pairs become question marks."""
    text = markdown.replace("\r\n", "\n").replace("\r", "\n").encode(errors="replace").decode()
    root = Node("Document")
    path, kept = [root], [True]  # `kept` tells of each open element whether it is the last of `path`
    depth = 0
    for event in _MARKDOWN.events(text):
        name, data = _named(event)
        if name == "Start":
            kind, detail = _named(data)
            depth += kind in _NESTING
            kept.append(not (kind in _NESTING and depth > _DEEPEST) and (kind != "Item" or kept[-1]))
            if kept[-1]:
                node = Node(kind, detail)
                path[-1].children.append(node)
                path.append(node)
        elif name == "End":
            depth -= _named(data)[0] in _NESTING
            if kept.pop():
                path.pop()
        else:
            path[-1].children.append(Node(name, data))
    return root.children


def _named(event: Any) -> tuple[str, Any]:
    return (event, None) if isinstance(event, str) else next(iter(event.items()))


def flow(children: Iterable[Node]) -> Iterator[Node]:
    """Blocks only: words that stand beside blocks, as those of a tight list's items do, become paragraphs."""
    for inline, group in groupby(children, lambda node: node.kind in INLINE):
        if inline:
            yield Node("Paragraph", None, list(group))
        else:
            yield from group


def html_as_words(node: Node) -> list[Run]:
    """A block of HTML as it was written, line by line, without its comments."""
    text = _COMMENT.sub("", "".join(child.data for child in node.children))
    lines = [line for line in text.splitlines() if line.strip()]
    return trimmed(run for line in lines for run in (Run(fit(line)), Run("\n")))


def code_of(node: Node) -> tuple[str, str]:
    """A code block's language, empty where none is named, and its text without the last newline."""
    info = (node.data or {}).get("Fenced", "") if isinstance(node.data, dict) else ""
    text = "".join(child.data for child in node.children).removesuffix("\n")
    return fit(info.split(maxsplit=1)[0] if info.split() else ""), fit(text)


def runs(children: Sequence[Node]) -> list[Run]:
    """The words of inline elements; neighbours differ in their looks, and no white space stands at either end."""
    return trimmed(piece for run in _joined(_collect(children, Run(""))) for piece in _linked(run))


def trimmed(pieces: Iterable[Run]) -> list[Run]:
    """The runs without white space and line breaks at both ends."""
    found = [run for run in pieces if run.text]
    while found and not found[0].text.strip():
        found.pop(0)
    while found and not found[-1].text.strip():
        found.pop()
    if found:
        found[0] = replace(found[0], text=found[0].text.lstrip())
        found[-1] = replace(found[-1], text=found[-1].text.rstrip())
    return found


def fit(text: str) -> str:
    """`text` without characters that no text field holds."""
    return text.translate(_UNFIT)


def is_task(item: Node) -> bool | None:
    """Whether a list item is a ticked task; None for one that is no task."""
    inner = item.children[0].children if item.children and item.children[0].kind == "Paragraph" else item.children
    return bool(inner[0].data) if inner and inner[0].kind == "TaskListMarker" else None


def _collect(children: Iterable[Node], look: Run) -> Iterator[Run]:
    for node in children:
        match node.kind:
            case "Text":
                yield replace(look, text=_one_line(node.data))
            case "Code":
                yield replace(look, text=_one_line(node.data), code=True)
            case "SoftBreak":
                yield replace(look, text=" ")
            case "HardBreak":
                yield Run("\n")
            case "InlineHtml":
                yield from _html(node.data, look)
            case "Link" | "Image":
                yield from _link(node, look)
            case kind:
                mark = {_MARKS[kind]} if kind in _MARKS else set()
                yield from _collect(node.children, replace(look, marks=look.marks | mark))


def _one_line(text: str) -> str:
    return fit(text).replace("\n", " ")


def _html(tag: str, look: Run) -> Iterator[Run]:
    if _LINE_BREAK.fullmatch(tag):
        yield Run("\n")
    elif not _COMMENT.fullmatch(tag):
        yield replace(look, text=_one_line(tag))


def _link(node: Node, look: Run) -> Iterator[Run]:
    """A link's words; a target that no browser should follow from Jira, or could, stands in brackets behind them."""
    target = "%20".join(_one_line(node.data["dest_url"]).split())
    if node.data["link_type"] == "Email":
        target = f"mailto:{target}"
    safe = target if _ADDRESS.fullmatch(target) else ""
    words = list(_collect(node.children, replace(look, href=look.href or safe)))
    if not any(run.text.strip() for run in words):
        words = [replace(look, text=target, href=look.href or safe)]
        target = ""
    yield from words
    if not (safe or look.href) and target and not target.startswith("#"):
        yield replace(look, text=f" ({target})")


def _joined(pieces: Iterable[Run]) -> Iterator[Run]:
    for first, group in groupby((run for run in pieces if run.text), lambda run: replace(run, text=run.text[:0])):
        texts = [run.text for run in group]
        if "\n" not in texts:
            yield replace(first, text="".join(texts))
            continue
        for breaks, between in groupby(texts, lambda text: text == "\n"):
            words = list(between)
            yield from [Run("\n")] * len(words) if breaks else [replace(first, text="".join(words))]


def _linked(run: Run) -> Iterator[Run]:
    """A run whose bare web addresses are links."""
    if run.href or run.code or "://" not in run.text:
        yield run
        return
    at = 0
    for found in _BARE.finditer(run.text):
        address = _without_trailing(found[0])
        if address.endswith("//"):
            continue
        yield replace(run, text=run.text[at : found.start()])
        yield replace(run, text=address, href=address)
        at = found.start() + len(address)
    yield replace(run, text=run.text[at:])


def _without_trailing(address: str) -> str:
    """An address without the punctuation of the sentence around it; brackets belong to it when they are paired."""
    while address:
        if address[-1] not in _TRAILING and not (address[-1] == ")" and address.count(")") > address.count("(")):
            break
        address = address[:-1]
    return address
