"""What little grammar the parser needs: does a sentence open with a bare verb, does it promise, does it report."""

from __future__ import annotations

import re

from tracker.parsing.vocabulary import Vocabulary, fold

_SENTENCE_END = re.compile(r"(?<=[.!?。！？])(?:[\"')\]]{0,2})(?:\s+|(?<=[。！？]))(?=[^\s])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|incl|resp|cf|no|ca|z\.B|bzw|Dr|Mr|Ms|p\.ej|ej|ex)|\b[A-Z]|^\s*\d{1,3})\.$",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"((?:[Tt]he )?[^\W\d_]\w*(?:[ /-]\w+){0,3}?) "
    r"((?:will|has|have|plans|is going|are going|intends|to)\b.*|\w+ed\b.*|made\b.*|set\b.*)",
    re.DOTALL,
)
_NOBODY = frozenset(
    {
        "we",
        "i",
        "it",
        "this",
        "that",
        "they",
        "there",
        "you",
        "he",
        "she",
        "all",
        "everyone",
        "these",
        "those",
        "someone",
        "which",
        "what",
        "in order",
        "need",
        "try",
        "continue",
        "want",
        "work",
        "plan",
        "how",
        "need s",
    }
)
_ADVERBS = frozenset(
    {
        "also",
        "please",
        "then",
        "always",
        "never",
        "don",
        "do",
        "immediately",
        "first",
        "finally",
        "further",
        "possibly",
        "maybe",
        "perhaps",
        "properly",
        "periodically",
        "regularly",
        "proactively",
        "automatically",
        "better",
        "to",
    }
)
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_CONDITIONAL = frozenset(
    (
        "could",
        "should",
        "would",
        "might",
        "may",
        "must",
        "not",
        "never",
        "if",
        "when",
        "until",
        "once",
        "after",
        "that",
        "which",
        "who",
        "to",
    )
)
_DETERMINERS = frozenset(
    (
        "the",
        "a",
        "an",
        "our",
        "all",
        "this",
        "these",
        "its",
        "their",
        "both",
        "each",
        "every",
        "several",
        "some",
        "to",
        "from",
        "by",
        "with",
        "into",
        "for",
        "on",
        "out",
        "up",
    )
)
# What is done, where the end of a sentence or its first sign tells
_REPORTED = re.compile(r"(?:済み?|しました|ました|した|完了)[)）。.\s]*$")
_REPORTS = re.compile(r"\s*(?:已经?(?![知有存])|完成了)")
# Participles that open a sentence
_ENDING = r"(?:ado|ada|ados|adas|ido|ida|idos|idas)"
_PARTICIPLES = {
    "es": re.compile(
        rf"Se (?:ha |han )?\w+(?:ó|aron|ieron|{_ENDING})\b|\w+{_ENDING} (?:el|la|los|las|un|una|de|en|a)\b"
    ),
    "pt": re.compile(rf"(?:Foi|Foram) |\w+{_ENDING} (?:o|a|os|as|um|uma|de|do|da|em|no|na)\b"),
    "fr": re.compile(r"\w+(?:é|ée|és|ées) (?:le|la|les|l'|un|une|des|du|de|d'|à|en)\b"),
}
_FEWEST_WORDS = 3  # that state work
_OPENING = 160  # characters in which a sentence shows what it is


def opens_with_verb(text: str, words: Vocabulary, language: str = "en") -> bool:
    """True when the words open with a bare verb: "Add an alert", "Also add", "Implementar", "Mettre en place"."""
    split = fold(text[:_OPENING]).split()[:4]
    while split and split[0] in _ADVERBS:
        split.pop(0)
    if not split:
        return False
    first = split[0]
    if first in words.verbs or first in words.deeds.get(language, ()):
        return True
    if first.endswith("ing") and len(first) > 5:  # noqa: PLR2004 - "Improving the audit", not "ring"
        stem = first[:-3]
        return stem in words.verbs or f"{stem}e" in words.verbs or stem[:-1] in words.verbs
    if _SPACELESS.search(first):
        return True  # without spaces a first word tells nothing
    if language == "de":  # the verb comes last: "Alarm fuer volle Platten einrichten"
        last = fold(text[-_OPENING:]).rsplit(" ", 1)[-1]
        return len(last) > 4 and last.endswith(("en", "ern", "eln"))  # noqa: PLR2004
    return language != "en" and len(first) > 4 and first.endswith(words.infinitives)  # noqa: PLR2004 - "Ajouter", not "ver"


def is_too_short(text: str) -> bool:
    """True for one or two words, in a script that parts them: they state no work."""
    return len(text.split()) < _FEWEST_WORDS and not _SPACELESS.search(text)


def promises(text: str, words: Vocabulary) -> bool:
    """True when the sentence says that something will, should or must be done."""
    return words.future.search(fold(text)) is not None


def says_done(text: str, words: Vocabulary, language: str = "en") -> bool:
    """True when the sentence reports work as done: "Added an alert", "We've advised the teams", "has been fixed"."""
    folded = fold(text[:_OPENING])
    split = folded.split()
    if not split:
        return False
    participle = _PARTICIPLES.get(language)
    if (
        _is_past(split, words)
        or _REPORTED.search(text[-_OPENING:])
        or _REPORTS.match(text)
        or (participle is not None and participle.match(text))
    ):
        return True
    first = split[0]
    if first in ("we", "i") and any(word in words.past and word not in words.verbs for word in split[1:4]):
        return True
    if first in words.verbs or words.future.search(folded):
        return False
    match = words.perfect.search(folded)
    if match is None or match.start() > _OPENING // 2:
        return False
    return not _CONDITIONAL.intersection(folded[: match.start()].split())


def _is_past(split: list[str], words: Vocabulary) -> bool:
    """True for "Added an alert"; false for "Automated tests", where the same form only describes the noun."""
    if split[0] == "re" and len(split) > 1:  # "Re-worked the alerts"
        split = [f"re{split[1]}", "the"] if split[1] in words.past or split[1].endswith("ed") else split[1:]
        return split[-1] == "the"
    first = split[0]
    if first in words.verbs:
        return False
    if first in words.adjectival:
        return len(split) > 1 and split[1] in _DETERMINERS
    if first in words.past:
        return True
    stem = first[:-2]
    return (
        first.endswith("ed")
        and len(split) > 1
        and split[1] in _DETERMINERS
        and (stem in words.verbs or stem + "e" in words.verbs or stem[:-1] in words.verbs)
    )


def subject(text: str) -> tuple[str, str] | None:
    """The sentence's opening name and the rest from its verb on; None when it opens otherwise."""
    match = _SUBJECT.match(text[:2000])
    if match is None or fold(match[1]) in _NOBODY or fold(match[1]).split()[0] in _NOBODY:
        return None
    return match[1], match[2] + text[2000:]


def sentences(text: str) -> list[tuple[int, int]]:
    """The character ranges of a paragraph's sentences."""
    out, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if _ABBREVIATION.search(text, max(start, match.start() - 12), match.start()):
            continue
        out.append((start, match.start()))
        start = match.end()
    if text[start:].strip():
        out.append((start, len(text.rstrip())))
    return out
