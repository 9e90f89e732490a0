"""Descriptions and comments as each Jira takes them: Atlassian's document format on Cloud, wiki text on Data Center.

A comment must come back as it was sent, which neither format can promise. So its Markdown travels along: on Cloud as a
property of the comment, on Data Center as an anchor at its end, which nobody sees.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from connectors import markup
from connectors.interface import Comment
from connectors.jira import block
from connectors.jira.block import Tie

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.marker import Marker

_SOURCE = "source"
_ANCHOR = re.compile(r"\n?\{anchor:closeout-source-(?P<packed>[A-Za-z0-9_-]+)\}\s*\Z")


def read(raw: Mapping[str, Any], *, cloud: bool) -> tuple[str, str | None, Tie | None]:
    """Of an issue's JSON: the description as text, the managed block in it, and the tie."""
    description = raw["fields"].get("description")
    if not cloud:
        text = str(description or "")
        return (text, *block.read_wiki(text))
    tie = block.of_property((raw.get("properties") or {}).get(block.PROPERTY))
    return canonical(description), block.read_adf(description, tie), tie


def write(
    description: Any, managed: str, marker: Marker, people: Mapping[str, str], *, cloud: bool
) -> tuple[Any, list[dict[str, Any]]]:
    """The description with its managed block as it shall be, and the properties that go with it."""
    if not cloud:
        return block.write_wiki(str(description or ""), managed, Tie(marker, managed, "", people)), []
    written, rendered = block.write_adf(description, managed)
    return written, properties(Tie(marker, managed, rendered, people))


def properties(tie: Tie) -> list[dict[str, Any]]:
    """A tie as Cloud keeps it beside an issue."""
    return [{"key": block.PROPERTY, "value": block.to_property(tie)}]


def canonical(description: Any) -> str:
    """A document of Cloud as text: the same one for the same document."""
    if not description:
        return ""
    return json.dumps(description, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def to_comment(source: str, *, cloud: bool) -> dict[str, Any]:
    """What to send so that `source`, which is Markdown, becomes a comment."""
    if cloud:
        document = {"type": "doc", "version": 1, "content": markup.to_adf(source)}
        return {"body": document, "properties": [{"key": block.PROPERTY, "value": {_SOURCE: source}}]}
    return {"body": f"{markup.to_wiki(source)}\n{{anchor:closeout-source-{block.pack(source)}}}"}


def comment(raw: Mapping[str, Any], author: str, created_at: Any, source: str | None = None) -> Comment:
    """The comment that Jira's JSON tells, as it was sent (`source`, or what its end holds) or as plain text.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is not a comment.
    """
    body = raw["body"]
    if source is None:
        source = _unpacked(body) if isinstance(body, str) else markup.adf_text(body or {})
    return Comment(str(int(raw["id"])), source, author, created_at)


def source_of(raw: Mapping[str, Any]) -> str | None:
    """What was sent as a comment of Cloud, told with its properties; None for those of others."""
    for each in raw.get("properties") or ():
        value = each.get("value") if each.get("key") == block.PROPERTY else None
        if isinstance(value, dict) and isinstance(value.get(_SOURCE), str):
            return str(value[_SOURCE])
    return None


def _unpacked(text: str) -> str:
    """What was sent as a comment of Data Center; `text` itself where that is not told, or was tampered with."""
    found = _ANCHOR.search(text)
    source = block.unpack(found["packed"]) if found else None
    return text if source is None else source
