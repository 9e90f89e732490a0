"""Plain words of a document in the Atlassian Document Format, by whomever it was written. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

_DEEPEST: Final = 60
"""Nodes further inside are told as bare words; Jira's own limits lie far below."""

_TEXTS: Final = ("text", "shortName", "url", "alt", "title", "timestamp", "id")
"""Attributes that stand for a node without content of its own, most readable first."""

_INLINE: Final = frozenset(
    {
        *("text", "hardBreak", "mention", "emoji", "inlineCard", "status", "date", "placeholder"),
        *("mediaInline", "inlineExtension"),
    }
)
_LISTS: Final = frozenset({"bulletList", "orderedList", "taskList", "decisionList"})


def adf_text(node: Any) -> str:
    """The words of an ADF node, or of a list of them: paragraphs apart, lists with their signs, tables by rows.

    Nodes of unknown kinds give the words inside; what is no node at all gives nothing. Raises nothing.
    """
    return _blocks(_nodes(node), 0).strip("\n")


def _nodes(value: Any) -> list[dict[str, Any]]:
    found = value if isinstance(value, list) else [value]
    return [node for node in found if isinstance(node, dict)]


def _inside(node: dict[str, Any]) -> list[dict[str, Any]]:
    return _nodes(node.get("content"))


def _attrs(node: dict[str, Any]) -> dict[str, Any]:
    attrs = node.get("attrs")
    return attrs if isinstance(attrs, dict) else {}


def _kind(node: dict[str, Any]) -> str:
    kind = node.get("type")
    return kind if isinstance(kind, str) else ""


def _is_inline(node: dict[str, Any]) -> bool:
    return _kind(node) in _INLINE or isinstance(node.get("text"), str)


def _blocks(nodes: Iterable[dict[str, Any]], depth: int) -> str:
    """Blocks with an empty line between two; words that stand beside blocks are a block, too."""
    told: list[str] = []
    for inline, group in groupby(nodes, _is_inline):
        if inline:
            told.append(_words(group))
        else:
            told += (_block(node, depth) for node in group)
    return "\n\n".join(part for part in told if part.strip())


def _block(node: dict[str, Any], depth: int) -> str:
    kind, inside = _kind(node), _inside(node)
    if depth > _DEEPEST:
        return _bare(node)
    if kind in _LISTS:
        return _list(node, depth)
    if kind == "table":
        return "\n".join(filter(None, (_row(row, depth) for row in inside)))
    if kind == "rule":
        return "---"
    words = _blocks(inside, depth + 1) if inside else _inline(node)
    if kind == "blockquote":
        return "\n".join(f"> {line}".rstrip() for line in words.split("\n"))
    title = _attrs(node).get("title") if inside else None  # of a part that folds
    return f"{title}\n\n{words}" if isinstance(title, str) and title else words


def _list(node: dict[str, Any], depth: int) -> str:
    first = _attrs(node).get("order", 1)
    number = first if isinstance(first, int) else 1
    lines: list[str] = []
    for item in _inside(node):
        if _kind(item) in _LISTS:  # lists of tasks stand in lists of tasks without an item around them
            text, sign = _list(item, depth + 1) if depth < _DEEPEST else _bare(item), "  "
        else:
            text, sign = _blocks(_inside(item), depth + 1).replace("\n\n", "\n"), "- "
        if _kind(node) == "orderedList":
            sign = f"{number}. "
        elif _kind(node) == "taskList" and sign == "- ":
            sign = "[x] " if _attrs(item).get("state") == "DONE" else "[ ] "
        number += 1
        lines.append(sign + text.replace("\n", "\n" + " " * len(sign)))
    return "\n".join(lines)


def _row(row: dict[str, Any], depth: int) -> str:
    cells = [" ".join(_blocks(_inside(cell), depth + 2).split()) for cell in _inside(row)]
    return " | ".join(cells) if any(cells) else ""


def _inline(node: dict[str, Any]) -> str:
    attrs = _attrs(node)
    match _kind(node):
        case "hardBreak":
            return "\n"
        case "date":
            return _date(attrs.get("timestamp"))
        case "mention" if not attrs.get("text"):
            return f"@{attrs.get('id', '')}"
        case "placeholder":
            return ""
    if isinstance(text := node.get("text"), str):
        return text
    data = attrs.get("data")  # a card holds either its address or JSON-LD
    fields = {**(data if isinstance(data, dict) else {}), **attrs}
    return next((value for name in _TEXTS if isinstance(value := fields.get(name), str) and value), "")


def _words(nodes: Iterable[dict[str, Any]]) -> str:
    """Inline nodes; a link's address follows in brackets, unless its words say it already."""
    told = ""
    for href, group in groupby(nodes, _href):
        words = "".join(_inline(node) for node in group)
        told += words + (f" ({href})" if href and href.removeprefix("mailto:") != words else "")
    return told


def _href(node: dict[str, Any]) -> str:
    hrefs = (_attrs(mark).get("href") for mark in _nodes(node.get("marks")))
    return next((href for href in hrefs if isinstance(href, str)), "")


def _date(timestamp: Any) -> str:
    """A day as Jira keeps it: milliseconds since 1970 in UTC, as text."""
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(timestamp))).date().isoformat()
    except (ValueError, TypeError, OverflowError):
        return timestamp if isinstance(timestamp, str) else ""


def _bare(node: dict[str, Any]) -> str:
    """All words below a node, however deep."""
    words: list[str] = []
    waiting = [node]
    while waiting:
        here = waiting.pop()
        words.append(_inline(here) if not _inside(here) else "")
        waiting += reversed(_inside(here))
    return " ".join(filter(None, words))
