"""The managed block and the marker: what Closeout writes into an issue's body, and how it is found again.

A body looks like this; only what stands between the two comments is ever rewritten:

    Words of people, kept to the byte.

    <!-- closeout:begin -->
    What, why, source, owner, due …
    <!-- closeout:end {"v":1,"item":"…","document":"…","text":"…","base":{…}} -->

    More words of people.

The marker is JSON on one line with `<`, `>` and `-` pairs escaped, so that no text can close the comment. It holds what
an empty store needs to rebuild a link: the item's id, its document's key, its text when last synced (to recognise it
after rewording) and the base of the three-way merge, field by field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BEGIN = "<!-- closeout:begin -->"
_END_OPEN = "<!-- closeout:end"
_END_CLOSE = "-->"
_VERSION = 1

# The managed text may quote the fence. There `<!-- closeout:` gets a tilde before its colon, and one more for each it
# has already, so that no quoted fence is taken for a real one and every text comes back as it was.
_QUOTABLE = re.compile(r"<!-- closeout(~*):")
_QUOTED = re.compile(r"<!-- closeout~(~*):")


@dataclass(frozen=True, slots=True)
class Marker:
    """The tie between an issue and an item. `base` maps field names to JSON values, as last agreed."""

    item: str
    document: str
    text: str
    base: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    managed: str | None
    marker: Marker | None


def write(body: str, managed: str, marker: Marker) -> str:
    """`body` with its managed block replaced by `managed` and `marker`, or with the block added at its top.

    Everything outside the block stays as it is, to the byte. Line ends of `managed` become plain newlines, as `read`
    gives them back.
    """
    text = _QUOTABLE.sub(r"<!-- closeout~\1:", _plain_lines(managed))
    block = f"{BEGIN}\n{text}\n{_END_OPEN} {_dump(marker)} {_END_CLOSE}"
    found = _find(body)
    if found:
        return body[: found.start] + block + body[found.end :]
    return f"{block}\n\n{body}" if body else block


def read(body: str) -> tuple[str | None, Marker | None]:
    """The managed text and the marker in `body`.

    (None, None) without a block, (text, None) with a damaged marker, (None, marker) when the block's beginning is gone.
    """
    found = _find(body)
    return (found.managed, found.marker) if found else (None, None)


def _find(body: str) -> _Block | None:
    """The first block whose marker can be read, else the first block.

    A block is an end and the nearest beginning since the end before it. A beginning that somebody quoted further up
    must not swallow the words in between; where the beginning is gone, the end alone still holds the tie.
    """
    first: _Block | None = None
    after = 0
    while (end_open := body.find(_END_OPEN, after)) >= 0:
        end_close = body.find(_END_CLOSE, end_open)
        if end_close < 0:
            break
        data = body[end_open + len(_END_OPEN) : end_close]
        if "\n" in data or "\r" in data or "<!--" in data:  # it lost its close: that of a later comment is not ours
            after = end_open + len(_END_OPEN)
            continue
        start, end, tie = body.rfind(BEGIN, after, end_open), end_close + len(_END_CLOSE), _load(data)
        after = end
        if start >= 0:
            text = _plain_lines(body[start + len(BEGIN) : end_open]).removeprefix("\n").removesuffix("\n")
            block = _Block(start, end, _QUOTED.sub(r"<!-- closeout\1:", text), tie)
        elif tie is not None:
            block = _Block(end_open, end, None, tie)
        else:
            continue
        if tie is not None:
            return block
        first = first or block
    return first


def _plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _dump(marker: Marker) -> str:
    data = {
        "v": _VERSION,
        "item": marker.item,
        "document": marker.document,
        "text": marker.text,
        "base": dict(marker.base),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("--", "-\\u002d").replace("@", "\\u0040")


def _load(text: str) -> Marker | None:
    try:
        data = json.loads(text)
        if data.get("v") != _VERSION:
            return None
        base = data.get("base")
        if not (isinstance(data["item"], str) and isinstance(data["document"], str) and isinstance(base, dict)):
            return None
        return Marker(data["item"], data["document"], str(data.get("text", "")), base)
    except (ValueError, KeyError, AttributeError, RecursionError):
        return None
