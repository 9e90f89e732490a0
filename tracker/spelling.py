"""When two ways to write a name, or a sentence, are one: case, encoding, spaces; less surely, accents. Pure."""

from __future__ import annotations

import re
import unicodedata

_ROLE = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")
_MARKS = re.compile("[\u0300-\u036f]")
"""Accents of Latin, Greek and Cyrillic. The marks of other scripts are letters of their own: か is not が."""

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'"})
"""What people type instead on a keyboard that lacks these; Unicode does not take them apart."""


def normalise(text: str) -> str:
    """`text` without what people change and mean nothing by: case, width, accents' encoding, spaces, final stop."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".;:,!。；：")


def fold(text: str) -> str:
    """One spelling for all that people take for the same: case, accents' encoding, spaces, a leading @."""
    # Folding the case can undo the normalisation, so it is made again.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.strip().lstrip("@").split())


def plain(text: str) -> str:
    """`text`, folded and without accents: `jose` for `José`."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", fold(text))).translate(_LETTERS)
    return fold(bare)


def without_role(text: str) -> str:
    """`text` without what stands in brackets at its end: `Jo Smith` for `Jo Smith (SRE)`."""
    return _ROLE.sub("", text)
