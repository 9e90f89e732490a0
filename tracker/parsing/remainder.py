"""What is left of an item's words where its fields were taken out: a sentence again."""

from __future__ import annotations

import re

from tracker.parsing.brackets import BLANK, OPENING
from tracker.parsing.inline import plain
from tracker.parsing.vocabulary import Vocabulary, fold

_LAST_WORDS = re.compile(r"(?:(?<=\s)(\w+) )?(?<=[\s,;:])(\w+)$")
_BLANKS = re.compile(r"\x00+ ?")
# Those of a call, "check()", are words; those of a field that was taken out hold its blank
_EMPTY_BRACKETS = re.compile(r"(?<!\w)[(\[（【][\s,;.:\x00]*[)\]）】]|[(\[（【][\s,;.:]*\x00[\s,;.:\x00]*[)\]）】]")
_DOUBLE_STOP = re.compile(r"\x00(?<=[.!?]\x00)[.,;](?:\x00[.,;])*")
_SPACE_BEFORE = re.compile(r" (?=[.,;:!?)](?:[\s)]|$))")
_UNTIDY = re.compile(rf"[{BLANK}{re.escape(''.join(OPENING))}]")
_TAIL = " \x00,;:：|·•–—-"
_HEAD = " \x00,;:：|·•–—.-"


def remainder(text: str, words: Vocabulary) -> str:
    """The words of a text in which `BLANK` stands where fields were, tidied."""
    text = plain(text)
    if _UNTIDY.search(text) is not None:
        text = _without_blanks(text, words)
    return _SPACE_BEFORE.sub("", text).rstrip(_TAIL).lstrip(_HEAD).strip()


def _without_blanks(text: str, words: Vocabulary) -> str:
    """A text on one line without its blanks, without brackets that hold nothing else, and what led to them."""
    text = _joined(_EMPTY_BRACKETS.sub(BLANK, _joined(text)))
    if BLANK not in text:
        return text
    text = _DOUBLE_STOP.sub("", text)
    stopped = text.rstrip(" \x00").endswith((".", "!", "?"))
    if text.endswith(BLANK + ".") or (text.endswith(BLANK) and not stopped):
        text = _without_connectives(text.rstrip(" .\x00"), words)
    return plain(text.replace(BLANK, " "))


def _joined(text: str) -> str:
    """A text with each run of blanks, and the spaces around it, made one blank."""
    return _BLANKS.sub(BLANK, text.replace(f" {BLANK}", BLANK)) if BLANK in text else text


def _without_connectives(text: str, words: Vocabulary) -> str:
    """The words without what only led to a reference at their end: "tracked in", "see", "and"."""
    text = text.replace(BLANK, " ").rstrip(" ,;:")
    for _ in range(4):
        match = _LAST_WORDS.search(text, max(0, len(text) - 40))
        if match is None:
            break
        tails = [match.start(n) for n in (1, 2) if match[n] and fold(text[match.start(n) :]) in words.connectives]
        if not tails:
            break
        text = text[: tails[0]].rstrip(" ,;:")
    return text
