"""The managed block and the marker: what Closeout writes into an issue's body, and how it is found again.

A body looks like this; only what stands between the two comments is ever rewritten:

    Words of people, kept to the byte.

    <!-- closeout:begin -->
    What, why, source, owner, due …
    <!-- closeout:end {"v":1,"item":"…","document":"…","text":"…","base":{…}} -->

    More words of people.

The marker is JSON with `<`, `>` and `-` pairs escaped, so that no text can close the comment. It holds what an empty store needs
to rebuild a link: the item's id, its document's key, its text when last synced (to recognise it after rewording) and the
base of the three-way merge, field by field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

BEGIN = "<!-- closeout:begin -->"
_END_OPEN = "<!-- closeout:end "
_BLOCK = re.compile(r"<!-- closeout:begin -->\r?\n?(.*?)\r?\n?<!-- closeout:end (\{.*?\}) -->", re.DOTALL)
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Marker:
    """The tie between an issue and an item. `base` maps field names to JSON values, as last agreed."""

    item: str
    document: str
    text: str
    base: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def write(body: str, managed: str, marker: Marker) -> str:
    """`body` with its managed block replaced by `managed` and `marker`, or with the block added at its top.

    Everything outside the block stays as it is, to the byte.
    """
    block = f"{BEGIN}\n{managed}\n{_END_OPEN}{_dump(marker)} -->"
    found = _BLOCK.search(body)
    if found:
        return body[: found.start()] + block + body[found.end() :]
    return f"{block}\n\n{body}" if body.strip() else block


def read(body: str) -> tuple[str | None, Marker | None]:
    """The managed text and the marker in `body`: (None, None) without a block, (text, None) with a damaged marker."""
    found = _BLOCK.search(body)
    if not found:
        return None, None
    return found.group(1).replace("\r\n", "\n"), _load(found.group(2))


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
        return Marker(data["item"], data["document"], str(data.get("text", "")), MappingProxyType(base))
    except (ValueError, KeyError, AttributeError):
        return None
