"""Finding known phrases in folded text. Most texts hold none, which one look at their set of words tells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")  # scripts that put no spaces between words


class Phrases:
    """A set of folded phrases; the longest at a place wins, as whole words where the script has words."""

    def __init__(self, phrases: Iterable[str]) -> None:
        """Take folded phrases; order does not matter."""
        longest_first = sorted(set(phrases) - {""}, key=lambda phrase: (-len(phrase), phrase))
        spaced = [phrase for phrase in longest_first if not SPACELESS.search(phrase)]
        self._spaceless = [phrase for phrase in longest_first if SPACELESS.search(phrase)]
        self._by_word: dict[str, list[str]] = {}
        for phrase in spaced:
            self._by_word.setdefault(phrase.split(" ", 1)[0], []).append(phrase)
        self._ends = sorted({phrase.rsplit(" ", 1)[-1] for phrase in spaced})

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self._spaceless)))

    def find(self, folded: str) -> list[tuple[int, str]]:
        """The phrases of a folded text with the character at which each starts, left to right, none inside another."""
        if folded.isascii() or not self._spaceless or not SPACELESS.search(folded):
            return self._spaced(folded)
        found = [(match.start(), match.group()) for match in self._pattern.finditer(folded)]
        inside = [range(start, start + len(phrase)) for start, phrase in found]
        words = [(at, phrase) for at, phrase in self._spaced(folded) if not any(at in places for places in inside)]
        return sorted(found + words)

    def _spaced(self, folded: str) -> list[tuple[int, str]]:
        words, out, at, free = folded.split(" "), [], 0, 0
        if self._by_word.keys().isdisjoint(words):
            return []
        for word in words:
            if at >= free and (phrase := self._at(folded, at, word)):
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
        return bool(self.find(folded))

    def hinted(self, lowered: str) -> bool:
        """False where a text in lower case, not folded, holds none of the phrases: none of the words that end them."""
        return not lowered.isascii() or any(word in lowered for word in self._ends)

    def _at(self, folded: str, at: int, word: str) -> str:
        for phrase in self._by_word.get(word, ()):
            end = at + len(phrase)
            if folded.startswith(phrase, at) and (end == len(folded) or folded[end] == " "):
                return phrase
        return ""
