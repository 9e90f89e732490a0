"""Words that strangers wrote, made harmless for the format they go into: every renderer passes them through here."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

# CSI, OSC (links, titles, clipboard) and the other escape sequences of ECMA-48, seven-bit and eight-bit.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>&|~#$])")
_CHAT = re.compile(r"([\\`*~\[\]<>]|(?<!\w)_|_(?!\w))")
_MENTION = re.compile(r"(?<!\w)@(?=\w)")
_FORMULA = "=+-@＝＋－＠"


def plain(text: str) -> str:
    """`text` on one line: no escape sequences, control characters, hidden reordering (bidi) or half characters."""
    if text.isprintable():  # nearly all are, and a large report has very many
        return " ".join(text.split())
    visible = _SEQUENCE.sub("", text)
    return " ".join("".join(" " if each.isspace() else each for each in visible if _keeps(each)).split())


def visible(text: str) -> str:
    """`text` with a space for each character that is not seen, so that places in it stay where they are."""
    return "".join(each if each.isprintable() else " " for each in text)


def markdown(text: str) -> str:
    """`text` as words in a line or a table cell of Markdown. A zero-width space keeps `@name` from calling anybody."""
    return _MENTION.sub("@\u200b", _MARKDOWN.sub(r"\\\1", plain(text)))


def chat(text: str) -> str:
    """`text` as words of a message: what is no markup there stays bare, as several services show the backslash."""
    return _MENTION.sub("@\u200b", _CHAT.sub(r"\\\1", plain(text)))


def cell(text: str) -> str:
    """`text` as a CSV cell that no spreadsheet takes for a formula (the quoting is the `csv` module's)."""
    words = plain(text)
    return f"'{words}" if words[:1] and words[0] in _FORMULA else words


def url(address: str | None) -> str | None:
    """`address` if it is a web address that a reader can safely be led to, with nothing in it that ends a link."""
    if not address:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    return quote(address, safe="%/:=&?~#+!$,;'@()*[]", errors="replace")


def _keeps(character: str) -> bool:
    """White space stays (as spaces), and so do the joiners, which several scripts and emoji need."""
    if character.isspace() or character in "\u200c\u200d":
        return True
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
