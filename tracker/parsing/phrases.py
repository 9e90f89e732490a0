"""Finding known phrases in folded text. Most texts hold none, which one look at their set of words tells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

# Scripts that put no spaces between words
SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


_FEWEST_WORDS, _FEWEST_SIGNS = 4, 8


def says_much(text: str) -> bool:
    """True for a name of more words than a mere category has; where none are parted, of more signs."""
    return len(text.split()) >= _FEWEST_WORDS or len(SPACELESS.findall(text)) >= _FEWEST_SIGNS


class Phrases:
    """A set of folded phrases; the longest at a place wins, as whole words where the script has words."""

    def __init__(self, phrases: Iterable[str]) -> None:
        """Take folded phrases; order does not matter."""
        longest_first = sorted(set(phrases) - {""}, key=lambda phrase: (-len(phrase), phrase))
        spaced = [phrase for phrase in longest_first if not SPACELESS.search(phrase)]
        self._spaceless = [phrase for phrase in longest_first if SPACELESS.search(phrase)]
        self._spaced = frozenset(spaced)
        self._most: dict[str, int] = {}  # words that phrases have, by the one that opens them
        for first, *rest in (phrase.split(" ") for phrase in spaced):
            self._most[first] = max(self._most.get(first, 0), 1 + len(rest))
        self._firsts = frozenset(self._most)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self._spaceless)))

    def find(self, folded: str) -> list[tuple[int, str]]:
        """The phrases of a folded text with the character at which each starts, left to right, none inside another."""
        if folded.isascii() or not self._spaceless or not SPACELESS.search(folded):
            return self._among_words(folded)
        found = [(match.start(), match.group()) for match in self._pattern.finditer(folded)]
        inside = [range(start, start + len(phrase)) for start, phrase in found]
        words = [(at, phrase) for at, phrase in self._among_words(folded) if not any(at in places for places in inside)]
        return sorted(found + words)

    def _among_words(self, folded: str) -> list[tuple[int, str]]:
        words, most = folded.split(" "), self._most
        if self._firsts.isdisjoint(words):
            return []
        out, at, free = [], 0, 0
        for number, word in enumerate(words):
            if word in most and at >= free and (phrase := self._longest(words[number : number + most[word]])):
                out.append((at, phrase))
                free = at + len(phrase)
            at += len(word) + 1
        return out

    def first(self, folded: str) -> int:
        """The character at which the first phrase starts; -1 where there is none."""
        found = self.find(folded)
        return found[0][0] if found else -1

    def among(self, folded: str) -> bool:
        """True where a folded text holds one of the phrases."""
        words = folded.split(" ")
        for first in self._firsts.intersection(words):
            if self._most[first] == 1 or self._follows(first, words):
                return True
        return bool(self._spaceless) and not folded.isascii() and self._pattern.search(folded) is not None

    def opens(self, word: str) -> bool:
        """Whether a phrase of words opens with this one."""
        return word in self._most

    def _follows(self, first: str, words: list[str]) -> bool:
        """Whether a phrase that opens with a word stands among words."""
        most, place = self._most[first], -1
        for _ in range(words.count(first)):
            place = words.index(first, place + 1)
            if self._longest(words[place : place + most]):
                return True
        return False

    def _longest(self, words: list[str]) -> str:
        """The longest phrase that opens these words."""
        for count in range(len(words), 0, -1):
            phrase = " ".join(words[:count])
            if phrase in self._spaced:
                return phrase
        return ""
