"""Folded text: in lower case, without accents and punctuation. So one phrase stands for all the ways to write it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from unicodedata import combining

_ASCII = bytes(ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else 32 for code in range(256))  # noqa: PLR2004
_TYPOGRAPHY = re.compile("[\u2010-\u2027\u00ab\u00bb\u00a0]")  # dashes, quotes, bullets, dots
# Characters that only mark the one before them, such as accents after decomposition; nearly all that Unicode has
_MARKING = "".join(filter(combining, map(chr, (*range(0x300, 0x1000), 0x3099, 0x309A))))
_MARKS = re.compile(f"[{_MARKING}]+")
# Of the marks that are no letters, those that spell vowels belong to a word
_SIGNS = "".join(c for c in map(chr, range(0x900, 0x1000)) if unicodedata.category(c)[0] == "M" and not combining(c))
_GAPS = re.compile(rf"[^\w{_SIGNS}]+")
# Letters that no decomposition makes plain, as people type them without their keyboard; and the one sign among letters
_PLAIN = (("ı", "i"), ("ł", "l"), ("đ", "d"), ("ø", "o"), ("æ", "ae"), ("œ", "oe"), ("_", " "))


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """The text in lower case, without accents and punctuation, words parted by one space."""
    if not text.isascii():
        text = _TYPOGRAPHY.sub(" ", text)
    if text.isascii():
        return b" ".join(text.encode().translate(_ASCII).split()).decode()  # bytes are translated faster than text
    bare = unicodedata.normalize("NFKD", text).casefold()
    for letter, plain in _PLAIN:  # faster than to translate every letter
        if letter in bare:
            bare = bare.replace(letter, plain)
    return _GAPS.sub(" ", _MARKS.sub("", bare)).strip()
