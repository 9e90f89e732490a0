"""Where labels such as `Owner:` stand among an item's words, and where what they say ends."""

from __future__ import annotations

import re

from tracker.parsing.dates import find
from tracker.parsing.inline import Rich
from tracker.parsing.vocabulary import Vocabulary, fold

_COLON = re.compile(r"[:：](?:(?<=：)|(?=[\s*@\[\x00]|$))")
_EDGE = ".;,|()[]–—-•·。；，、،\x00\n"
_VALUE_END = re.compile(r"[;；)\]）】\n\x00]|\s\|\s?|\s[–—·•-]\s|[.。](?=\s|$)")
_LONGEST = 40  # characters
_MOST_MARKS = 100  # bold words of one item that are compared one by one
_FIELDS = ("owner", "due", "priority", "ticket", "status")


def positions(text: str, rich: Rich, words: Vocabulary) -> list[tuple[int, int, str]]:
    """Where labels stand: (start, colon, field)."""
    out: list[tuple[int, int, str]] = []
    for match in _COLON.finditer(text):
        colon = match.start()
        near = max(0, colon - _LONGEST)
        start = max(near, *(text.rfind(edge, near, colon) + 1 for edge in _EDGE))
        bold = next((s for s, e in rich.strong[:_MOST_MARKS] if start <= s <= colon and abs(colon - e) <= 1), start)
        name = words.fields.get(fold(text[bold:colon]))
        if name is None:  # "Add an alert Owner: Jo"
            tail = text[bold:colon].rsplit(" ", 1)[-1]
            bold = colon - len(tail)
            name = words.fields.get(fold(tail)) if tail[:1].isupper() and len(tail) >= len("DRI") else None
            name = name if name in ("owner", "due", "priority") else None
        if name in _FIELDS:
            out.append((bold, colon, name))
    return out


def value_end(text: str, start: int, limit: int, name: str, words: Vocabulary) -> int:
    """Where a label's value ends: at a separator; a status or priority at a comma; not inside a date."""
    text = text[start:limit]
    match = _VALUE_END.search(text)
    end = match.start() if match and text[: match.start()].strip() else len(text)
    full = next(iter(find(text, words)), None) if name == "due" else None
    if full is not None and not text[: full.start].strip():
        end = max(end, full.end)
    elif name in ("priority", "status", "due") and "," in text[:end]:
        end = text.index(",")
    return start + end
