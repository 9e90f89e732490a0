"""Whether an item's words lack a verb: "Monitoring", "Database backups". Said only where that is as good as certain."""

from __future__ import annotations

import re

from tracker.parsing.grammar import opens_with_verb, promises, says_done, subject
from tracker.parsing.vocabulary import Vocabulary, fold

_SAMPLE = 6_000  # characters that show a text's language
_FEWEST, _ONE_IN = 3, 7  # of the commonest words in a short text: that many, and one in so many words
_MOST_WORDS = 12  # of an item that may be judged: in more, a verb can hide
_CLAUSE = re.compile(r"[:;,.!?()\[\]—–/]|\s-\s|\b(?:to|and|or|then)\b")
_WORD = re.compile(r"[^\W\d_]{2,}")
_HANDLE = re.compile(r"(?<!\w)@\S+")
_DETERMINERS = frozenset({"the", "a", "an", "our", "all", "this", "these", "its", "their", "each", "every", "any"})
_PREFIXES = frozenset({"re", "un", "de", "pre", "auto", "co", "double", "cross"})
_VERB_ENDINGS = ("ize", "ise", "ify")


def language_of(text: str, words: Vocabulary) -> str | None:
    """The language of a document, where it holds so many of that one's commonest words as no related language does."""
    sample = text[:_SAMPLE]
    language, split = words.language(sample), _WORD.findall(sample.lower())
    common = {word for word, languages in words.spoken.items() if language in languages}
    needed = min(len(common) / 2, max(_FEWEST, len(split) / _ONE_IN))
    return language if len(common.intersection(split)) >= needed else None


def lacks_verb(text: str, words: Vocabulary, language: str) -> bool:
    """True for an item that names a thing and says nothing of what is to be done with it.

    In English that is any phrase in which no verb is found. In other languages, whose imperatives look like nouns, only
    one word alone is such an item.
    """
    text = _HANDLE.sub("", text)
    split = fold(text).split()
    if not split or len(split) > _MOST_WORDS or not _WORD.search(text) or not text.isascii() or "://" in text:
        return False
    if language != "en":
        return len(split) == 1 and not opens_with_verb(text, words, language)
    if not words.helping.isdisjoint(split) or promises(text, words) or says_done(text, words) or subject(text):
        return False
    return not any(_opens(clause, words) for clause in _CLAUSE.split(text))


def _opens(clause: str, words: Vocabulary) -> bool:
    """True where a clause opens with a verb, or with a word that can be one and has an object."""
    split = fold(clause).split()
    while split and (split[0].endswith("ly") or split[0] in _PREFIXES):
        split.pop(0)
    if not split:
        return False
    first, rest = split[0], split[1:]
    if first.endswith("ing"):
        return bool(rest) and rest[0] != "of" and opens_with_verb(clause, words)
    has_object = bool(rest) and rest[0] in _DETERMINERS
    return has_object or first.endswith(_VERB_ENDINGS) or opens_with_verb(" ".join(split), words)
