"""The tickets that an item's words name, and which of these words only name them."""

from __future__ import annotations

import re

from tracker.parsing import references
from tracker.parsing.inline import Rich
from tracker.parsing.vocabulary import Vocabulary, fold

_AFTER_KEY = re.compile(r"\s*[:–—-]\s|\s*\x00")
_REACH = 2_500  # characters in which a blanked address and the words before it stand
_LEAD = 40  # characters before a reference in which the words that lead to it stand
_MOST_MARKS = 100  # links of one item that are compared one by one

Found = tuple[int, int, str]  # the characters at which a link starts and ends, and the link


def addresses(text: str, rich: Rich, words: Vocabulary) -> tuple[list[Found], list[tuple[int, int]]]:
    """Linked and bare addresses of tickets, and the ranges of the words that only name these links."""
    cuts: list[tuple[int, int]] = []
    found: list[Found] = []
    for start, end, url in rich.links:
        if references.is_ticket_url(url):
            found.append((start, end, url))
            if references.only_names(text[start:end], words):
                cuts.append((start, end))
    for start, end, url in references.urls(text):
        inside = any(s <= start < e for s, e, _ in rich.links[:_MOST_MARKS])
        if not inside and references.is_ticket_url(url):
            found.append((start, start + len(url), url))
            cuts.append((start, end))
    return sorted(found), cuts


def short(text: str, rich: Rich, words: Vocabulary) -> tuple[list[Found], list[tuple[int, int]]]:
    """`#12` and `KEY-123`: all that are in no link, and the ranges of those at the beginning or end."""
    found = references.short_references(text, words)
    if not found:
        return [], []
    cuts: list[tuple[int, int]] = []
    end = len(text)
    for start, stop, _ in reversed(found):
        gap = text[stop:end]
        if gap.strip(" .,;:&\x00()[]") and fold(gap) not in words.link_words and fold(gap) != "and":
            break
        if _points_at(text, start, words):
            break
        cuts.append((start, stop))
        end = start
    if not text[: found[0][0]].strip(" \x00") and _AFTER_KEY.match(text[found[0][1] : found[0][1] + 3]):
        cuts.append(found[0][:2])
    in_links = [(s, e) for s, e, url in rich.links if references.is_ticket_url(url)][:_MOST_MARKS]
    return [each for each in found if not any(s <= each[0] and each[1] <= e for s, e in in_links)], cuts


def _points_at(text: str, start: int, words: Vocabulary) -> bool:
    """Whether the sentence itself speaks of the reference at `start` ("as started in #2"): it is no field then."""
    before = text[max(0, start - _REACH) : start].rstrip(" \x00")[-_LEAD:]
    if not before or not (before[-1].isalnum() or before[-1] in "'’"):
        return False
    split = fold(before).split()
    return " ".join(split[-2:]) not in words.connectives and split[-1] in words.pointing
