"""The managed block in a Jira description, and the tie that says whose it is. Pure.

Same rules as `connectors.marker`: only what stands between the fences is ever rewritten, people's words around it stay
as they are; of several blocks the first one counts; a beginning that somebody quoted further up swallows nothing; a
block that was taken away comes back on top. Cloud keeps the tie as a property of the issue, beside the description:

    [CLOSEOUT]                            two paragraphs of one lozenge each, known by their words
    What, why, source, owner, due …
    [END OF CLOSEOUT]

Data Center's search tells no properties, so there the tie stands in the description, in an anchor that nobody sees:

    {anchor:closeout-begin}
    What, why, source, owner, due …
    {anchor:closeout-end-PACKED}

An anchor's name ends at the first brace, a pipe or an equals sign makes parameters of it, and the search for mentioned
people reads it like all text: base64's alphabet for addresses has none of these signs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from connectors.marker import Marker
from connectors.markup import adf_text, to_adf, to_wiki

PROPERTY: Final = "closeout"
LONGEST_PROPERTY: Final = 32_767
"""Bytes of a property's JSON. Atlassian's descriptions say 32,768: characters at one request, bytes at another."""

_VERSION: Final = 1
_LONGEST_UNPACKED: Final = 1_000_000  # a few bytes could unpack to gigabytes
_BEGIN_WORDS: Final = "closeout"
_END_WORDS: Final = "end of closeout"
_BEGIN: Final = "{anchor:closeout-begin}"
_END = re.compile(r"\{anchor:closeout-end-([A-Za-z0-9_-]*)\}")
_USUAL: Final[Mapping[str, Any]] = {
    "layout": "default",
    "displayMode": "default",
    "isNumberColumnEnabled": False,
    "colspan": 1,
    "rowspan": 1,
    "order": 1,
}
"""Attributes that say the same as none, and that Jira adds."""


@dataclass(frozen=True, slots=True)
class Tie:
    """Whose issue it is, and what its block said when Closeout last wrote it.

    `managed` is the Markdown of the block, `rendered` a digest of what it was rendered to; `people` tells of accounts
    (id or user name) what they were asked for as, so that reading gives back what was asked.
    """

    marker: Marker
    managed: str
    rendered: str
    people: Mapping[str, str] = field(default_factory=dict)


def to_property(tie: Tie) -> dict[str, Any]:
    """The tie as a property's value: plain JSON, packed where that would be too long."""
    plain = _to_json(tie)
    if len(_dump(plain).encode(errors="surrogatepass")) <= LONGEST_PROPERTY:
        return plain
    return {"v": _VERSION, "packed": base64.b85encode(_deflated(_dump(plain))).decode()}


def of_property(value: Any) -> Tie | None:
    """The tie in a property's value; None for anything else. Raises nothing."""
    if isinstance(value, Mapping) and isinstance(value.get("packed"), str):
        try:
            return _load(_inflated(base64.b85decode(value["packed"])))
        except ValueError:
            return None
    return _of_json(value)


def pack(text: str) -> str:
    """`text`, shortened, in letters, digits, `-` and `_`: fit for the name of an anchor."""
    return base64.urlsafe_b64encode(_deflated(text)).decode().rstrip("=")


def unpack(packed: str) -> str | None:
    """What `pack` was given; None for anything else."""
    try:
        return _inflated(base64.b64decode(packed + "=" * (-len(packed) % 4), b"-_", validate=True))
    except ValueError:
        return None


def write_adf(description: Mapping[str, Any] | None, managed: str) -> tuple[dict[str, Any], str]:
    """The description with its block made of `managed`, and the digest for the tie. People's nodes are kept as is."""
    whole = dict(description) if isinstance(description, Mapping) else {"version": 1, "type": "doc"}
    nodes = _content(whole)
    inside = to_adf(managed)
    block = [_lozenge(_BEGIN_WORDS), *inside, _lozenge(_END_WORDS)]
    start, end, _ = _find_nodes(nodes) or (0, 0, None)
    return {**whole, "content": [*nodes[:start], *block, *nodes[end:]]}, _digest(_canonical(inside))


def read_adf(description: Mapping[str, Any] | None, tie: Tie | None) -> str | None:
    """The managed text: as it was written, or, when people changed the block, its plain words; None when it is gone."""
    found = _find_nodes(_content(description)) if isinstance(description, Mapping) else None
    if found is None or found[2] is None:
        return None
    if tie is not None and _digest(_canonical(found[2])) == tie.rendered:
        return tie.managed
    return adf_text(found[2])


def write_wiki(description: str, managed: str, tie: Tie) -> str:
    """The description with its block made of `managed`; all else is kept to the byte. The end holds the tie.

    Of `tie`, only `marker` and `people` count: the rest is what is written here.
    """
    inside = to_wiki(managed).replace("{anchor:closeout", "{\u200banchor:closeout")  # code may quote a fence
    tie = replace(tie, managed=managed, rendered=_digest(_plain_lines(inside)))
    block = f"{_BEGIN}\n{inside}\n{{anchor:closeout-end-{pack(_dump(_to_json(tie)))}}}"
    found = _find_text(description)
    if found is not None:
        return description[: found.start] + block + description[found.end :]
    return f"{block}\n\n{description}" if description else block


def read_wiki(description: str) -> tuple[str | None, Tie | None]:
    """The managed text, and the tie.

    The text is as it was written, or, when people changed the block, the wiki text in it. (None, None) without a
    block, (text, None) with a damaged tie, (None, tie) when the block's beginning is gone.
    """
    found = _find_text(description)
    if found is None:
        return None, None
    if found.inside is None or found.tie is None or _digest(found.inside) != found.tie.rendered:
        return found.inside, found.tie
    return found.tie.managed, found.tie


def _to_json(tie: Tie) -> dict[str, Any]:
    marker = tie.marker
    return {
        "v": _VERSION,
        "item": marker.item,
        "document": marker.document,
        "text": marker.text,
        "base": dict(marker.base),
        "managed": tie.managed,
        "rendered": tie.rendered,
        "people": dict(tie.people),
    }


def _of_json(value: Any) -> Tie | None:
    if not isinstance(value, Mapping) or value.get("v") != _VERSION:
        return None
    texts = [value.get(name) for name in ("item", "document", "text", "managed", "rendered")]
    base, people = value.get("base"), value.get("people")
    if not (all(isinstance(text, str) for text in texts) and isinstance(base, Mapping) and isinstance(people, Mapping)):
        return None
    item, document, text, managed, rendered = (str(text) for text in texts)
    known = {str(account): asked for account, asked in people.items() if isinstance(asked, str)}
    return Tie(Marker(item, document, text, dict(base)), managed, rendered, known)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _load(text: str) -> Tie | None:
    try:
        return _of_json(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _deflated(text: str) -> bytes:
    return zlib.compress(text.encode(errors="surrogatepass"), 9)


def _inflated(data: bytes) -> str:
    """Raises ValueError for what was not packed here, or is too long."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data, _LONGEST_UNPACKED)
    except zlib.error as error:
        raise ValueError("damaged") from error
    if not unpacking.eof:
        raise ValueError("cut off, or too long")
    return text.decode(errors="surrogatepass")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def _lozenge(words: str) -> dict[str, Any]:
    status = {"type": "status", "attrs": {"text": words, "color": "neutral"}}
    return {"type": "paragraph", "content": [status]}


def _content(node: Any) -> list[Any]:
    content = node.get("content") if isinstance(node, Mapping) else None
    return content if isinstance(content, list) else []


def _fence(node: Any) -> str | None:
    """The words of a paragraph that holds one lozenge and nothing else."""
    if not isinstance(node, Mapping) or node.get("type") != "paragraph":
        return None
    inside = [each for each in _content(node) if not _is_blank(each)]
    if len(inside) != 1 or not isinstance(inside[0], Mapping) or inside[0].get("type") != "status":
        return None
    attrs = inside[0].get("attrs")
    words = attrs.get("text") if isinstance(attrs, Mapping) else None
    return words.strip().casefold() if isinstance(words, str) else None


def _is_blank(node: Any) -> bool:
    return isinstance(node, Mapping) and isinstance(node.get("text"), str) and not node["text"].strip()


def _find_nodes(nodes: Sequence[Any]) -> tuple[int, int, list[Any] | None] | None:
    """Where the block begins and ends, and its nodes; these are None where only an end was left over."""
    begin = alone = None
    for index, node in enumerate(nodes):
        words = _fence(node)
        if words == _BEGIN_WORDS:
            begin = index
        elif words == _END_WORDS and begin is not None:
            return begin, index + 1, list(nodes[begin + 1 : index])
        elif words == _END_WORDS and alone is None:
            alone = index
    return None if alone is None else (alone, alone + 1, None)


def _canonical(nodes: Any) -> str:
    """Nodes as text that is the same however Jira tidies them up; empty for what is nested beyond all reason."""
    try:
        return json.dumps(_tidy_all(nodes), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except RecursionError:
        return ""


def _tidy_all(nodes: Sequence[Any]) -> list[Any]:
    """Tidy nodes: neighbouring texts of one look are one, paragraphs without words are none."""
    tidied: list[Any] = []
    for node in map(_tidy, nodes):
        last: Any = tidied[-1] if tidied else None
        if _is_text(node) and _is_text(last) and node.get("marks") == last.get("marks"):
            tidied[-1] = {**last, "text": last["text"] + node["text"]}
        elif node != {"type": "paragraph"}:
            tidied.append(node)
    return tidied


def _is_text(node: Any) -> bool:
    return isinstance(node, dict) and node.get("type") == "text" and isinstance(node.get("text"), str)


def _tidy(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    tidied = {key: each for key, each in value.items() if key not in {"attrs", "content", "marks", "version"}}
    attrs, marks = value.get("attrs"), value.get("marks")
    marks = [_tidy(mark) for mark in marks] if isinstance(marks, list) else []
    parts = {
        "attrs": _tidy_attrs(attrs) if isinstance(attrs, Mapping) else attrs,
        "content": _tidy_all(_content(value)),
        "marks": sorted(marks, key=lambda mark: json.dumps(mark, sort_keys=True)),
    }
    return tidied | {name: part for name, part in parts.items() if part}


def _tidy_attrs(attrs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in attrs.items()
        if name != "localId" and value is not None and not (name in _USUAL and _USUAL[name] == value)
    }


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    inside: str | None
    tie: Tie | None


def _find_text(description: str) -> _Found | None:
    """The first block whose tie can be read, else the first block; see `connectors.marker`."""
    first: _Found | None = None
    after = 0
    for end in _END.finditer(description):
        start, tie = description.rfind(_BEGIN, after, end.start()), _load(unpack(end[1]) or "")
        after = end.end()
        if start >= 0:
            inside = _plain_lines(description[start + len(_BEGIN) : end.start()])
            block = _Found(start, after, inside, tie)
        elif tie is not None:
            block = _Found(end.start(), after, None, tie)
        else:
            continue
        if tie is not None:
            return block
        first = first or block
    return first


def _plain_lines(text: str) -> str:
    """Text as it is compared: no carriage returns, no blanks at the ends of lines, no empty lines at its ends."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip("\n")
