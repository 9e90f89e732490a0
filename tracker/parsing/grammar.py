"""What little grammar the parser needs: does a sentence open with a bare verb, does it promise, does it report."""

from __future__ import annotations

import re

from tracker.parsing.phrases import SPACELESS
from tracker.parsing.vocabulary import Vocabulary, fold

_SENTENCE_END = re.compile(r"(?<=[.!?。！？।؟])(?:[\"')\]]{0,2})(?:\s+|(?<=[。！？]))(?=[^\s])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|incl|resp|cf|no|ca|z\.B|bzw|Dr|Mr|Ms|p\.ej|ej|ex)|\b[A-Z]|^\s*\d{1,3})\.$",
    re.IGNORECASE,
)
_OWN_REFERENCE = re.compile(r"(\((?:[\w./-]{0,140}#\d{1,9}|[A-Z][A-Z0-9_]{1,11}-\d{1,9})\))\s*")  # "(#12)", "(OPS-12)"
_SUBJECT = re.compile(
    r"((?:[Tt]he )?[^\W\d_]\w*(?:[ /-]\w+){0,3}?) "
    r"((?:will|has|have|plans|is going|are going|intends|to)\b.*|\w+ed\b.*|made\b.*|set\b.*)",
    re.DOTALL,
)
_LINKING = frozenset(("will", "has", "have", "plans", "is", "are", "intends", "to", "made", "set"))
_SUBJECT_WORDS = 8  # in which the verb stands, after the article and up to four parts of the name
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
# Before a verb these make a rule: "Ne jamais créer", "No usar", "Niemals löschen"
_NEGATIONS = frozenset(
    (
        *("ne", "jamais", "pas", "plus", "toujours", "no", "nunca", "siempre", "jamas", "nao", "sempre", "non", "mai"),
        *("nie", "niemals", "nicht", "immer", "nooit", "altijd", "niet", "aldrig", "alltid", "inte", "ikke"),
    )
)
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
_DEPENDENT = frozenset(("because", "since", "where", "while", "before", "as", "why", "how", "what"))
_IRREGULAR = frozenset(
    ("put", "set", "made", "built", "rebuilt", "written", "rewritten", "taken", "done", "begun", "sent", "given")
)
_CLAUSE = 12  # words
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
        "more",
        "most",
        "new",
        "another",
        "additional",
        "two",
        "three",
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
_REPORTED = re.compile(r"(?:済み?|(?<!てい)ました|(?<![でま])した|完了)[)）。.\s]*$")
_REPORTS = re.compile(r"\s*(?:已经?(?![知有存])|完成了)")
_FILLERS = frozenset(
    ("also", "now", "soon", "be", "no", "longer", "automatically", "therefore", "start", "begin", "then", "first")
)
_PLEDGE = 6  # words after "we will" in which the verb stands
_OBSERVES = re.compile(r"(?:there (?:is|are|was|were|may|might)|this (?:is|was)|it (?:is|was))\b", re.IGNORECASE)
_ADVICE = re.compile(
    r"(?:all |any |end |affected |if )?(?:(?:package|application|app|api|node|plugin|library|site|end|project) )?"
    r"(?:maintainers|users|customers|developers|consumers|clients|operators|validators|readers|administrators|admins|you)"
    r"(?: and \w+)? (?:should|must|need to|can|may|are advised|are encouraged|have to)\b",
    re.IGNORECASE,
)
_DECLINES = re.compile(
    r"[:：]\s*(?:no|none|not (?:needed|required|necessary|applicable)|n/?a|nein|keine|entfällt|nicht nötig"
    r"|no (?:aplica|hace falta)|ninguno|não(?: se aplica)?|nenhum|non|aucune?|sans objet|нет|не требуется"
    r"|不要|无|なし|없음)"
    r"\s*(?:[.,;(–—-]|$)|^\W*(?:no update (?:is )?needed|not (?:needed|required|applicable)|无需|不需要|無需|対応不要)",
    re.IGNORECASE,
)
_OPPOSITES = frozenset(
    ("no", "not", "non", "nao", "ne", "nie", "nicht", "kein", "keine", "niet", "geen", "не", "нет", "ні")
)
_PARTICLES = re.compile(
    r"[をがはもに]|(?:ない|する|した|いる|ある|れる|こと|ため|のみ|か)$|경우|(?:필요|포함|이상|이하|권장|가능|선택)$"
)
_SHORT_CLAUSE = 5  # characters; names of that length and less may hold the same syllables
_FEW_WORDS = 5
_FEWEST_WORDS = 3  # that state work
_OPENING = 160  # characters in which a sentence shows what it is
_SHORT = 4  # letters of a word whose ending tells nothing
_PRESENT = 40  # characters in which a script without spaces says "now"
_SYLLABLES = "\u3040"  # from which on a sign is a syllable or a word
_TITLE = 16  # characters
_SENTENCE_SIGNS = re.compile("[をはがにへ、。，：:]")
_NAME = 8  # characters in which a script without spaces only names something


def opens_with_verb(text: str, words: Vocabulary, language: str = "en") -> bool:
    """True when the words open with a bare verb: "Add an alert", "Also add", "Implementar", "Mettre en place"."""
    split = fold(text[:_OPENING]).split()[:4]
    while split and (split[0] in _ADVERBS or (language != "en" and split[0] in _NEGATIONS)):
        split.pop(0)
    if not split:
        return False
    first = split[0]
    if first in words.verbs:
        return True
    if first.endswith("ing") and len(first) > 5 and (language == "en" or len(split) > 1):  # noqa: PLR2004 - not "ring"
        stem = first[:-3]
        return stem in words.verbs or f"{stem}e" in words.verbs or stem[:-1] in words.verbs
    if not first.isascii() and SPACELESS.search(first):
        return _states(text, first, words)
    return language != "en" and (_opens(split, words, language) or _closes(text, words, language))


def _states(text: str, first: str, words: Vocabulary) -> bool:
    """Whether words of a script without spaces state work; of a name or a sentence they have to show it."""
    if first < _SYLLABLES:  # Thai and its like spell words out, so that length tells nothing
        return first.startswith(words.openers)
    if len(text) > _NAME and not text.endswith("。"):
        return True
    end = fold(text[-_OPENING:])
    return len(end) >= _SHORT and (
        first.startswith(words.openers) or end.endswith(words.last["ja"]) or words.future.among(end)
    )


def is_title(text: str, words: Vocabulary) -> bool:
    """True for a few signs of a script without spaces that name something: "アップグレード運用", "监控体系"."""
    if len(text) > _TITLE or not SPACELESS.search(text) or _SENTENCE_SIGNS.search(text):
        return False
    folded = fold(text)
    return not (folded.startswith(words.openers) or folded.endswith(words.last["ja"]) or words.future.among(folded))


def _opens(split: list[str], words: Vocabulary, language: str) -> bool:
    """True where the first word is a verb of that language, or a noun that stands for one: "Ajouter", "Ajout de"."""
    first = split[0]
    if len(first) > _SHORT and first.endswith(words.first.get(language, ())):
        return True  # "Ajouter", not "ver"
    return len(split) > 1 and (
        first in words.deeds.get(language, ())
        or (len(first) > _SHORT and first.endswith(words.nouns.get(language, ())))
    )


def _closes(text: str, words: Vocabulary, language: str) -> bool:
    """True where the verb comes last: "Alarm für volle Platten einrichten", "디스크 알람 추가"."""
    if language not in words.last:
        return False
    last = fold(text[-_OPENING:]).rsplit(" ", 1)[-1]
    return len(last) >= _SHORT and last.endswith(words.last[language])


def is_too_short(text: str) -> bool:
    """True for one or two words, in a script that parts them: they state no work."""
    return len(text.split()) < _FEWEST_WORDS and not SPACELESS.search(text)


def promises(text: str, words: Vocabulary) -> bool:
    """True when the sentence says that something will, should or must be done."""
    folded = fold(text)
    return words.future.among(folded) or _progresses(folded.split(), words)


def _progresses(split: list[str], words: Vocabulary) -> bool:
    """True for "we are improving": work under way."""
    for place in range(min(len(split) - 2, _CLAUSE)):
        if split[place] in ("we", "team") and split[place + 1] in ("are", "re", "is"):
            verb = next((word for word in split[place + 2 : place + 4] if word.endswith("ing")), "")
            return verb != "" and opens_with_verb(verb, words)
    return False


def pledges(text: str, words: Vocabulary) -> bool:
    """True where the authors bind themselves to a piece of work: "We'll shard the folder", "We plan to add alerts"."""
    folded = fold(text)
    for place, phrase in words.commit.find(folded):
        rest = folded[place + len(phrase) :].split()[:_PLEDGE]
        while rest and rest[0] in _FILLERS:
            rest.pop(0)
        if rest and rest[0] not in words.idle and not rest[0].endswith("ly"):
            return not words.talk.among(folded)
    return False


def ends_done(text: str, words: Vocabulary) -> bool:
    """True for a few words that end in what was done: "Alerts configured"."""
    split = fold(text).split()
    last = split[-1] if split else ""
    return (
        1 < len(split) <= _FEW_WORDS
        and split[0] not in words.verbs
        and (last in words.past or last in words.adjectival)
    )


def observes(text: str) -> bool:
    """True for a sentence that only states how things are: "There are TODOs that need to be tracked"."""
    return _OBSERVES.match(text) is not None


def says_done(text: str, words: Vocabulary, language: str = "en") -> bool:
    """True when the sentence reports work as done: "Added an alert", "We've advised the teams", "has been fixed"."""
    folded = fold(text[:_OPENING])
    split = folded.split()
    if not split:
        return False
    if (
        _is_past(split, words)
        or (not text.isascii() and (_REPORTED.search(text[-_OPENING:]) or _REPORTS.match(text)))
        or (language in words.opened and words.opened[language].match(text))
    ):
        return True
    first = split[0]
    if first in ("we", "i") and any(word in words.past and word not in words.verbs for word in split[1:4]):
        return True
    if first in words.verbs or words.future.among(folded) or (language != "en" and _opens(split, words, language)):
        return False
    if language in words.closed and words.closed[language].search(text[-_OPENING:]):
        return words.undone.isdisjoint(split)
    place = words.perfect.first(folded)
    return (0 <= place <= _OPENING // 2 and _CONDITIONAL.isdisjoint(folded[:place].split())) or (
        first in words.purpose and says_done(text[:_OPENING].partition(", ")[2], words, language)
    )  # "To prevent this, we have added an alert"


def holds_now(text: str, words: Vocabulary, language: str = "en") -> bool:
    """True for a sentence that tells how things are from now on: "The check now omits the file"."""
    split = fold(text[:_OPENING]).split()
    if words.now.get(language, frozenset()).isdisjoint(split[1:_CLAUSE]) and (
        text.isascii() or not words.now_signs.search(text[:_PRESENT])
    ):
        return False
    folded = " ".join(split)
    return _CONDITIONAL.isdisjoint(split[:_CLAUSE]) and not words.future.among(folded) and split[0] not in words.verbs


def was_done(text: str, words: Vocabulary) -> bool:
    """True for "Audits were carried out": the first clause says what was done, and not when or why.

    In prose such a sentence may only tell the story; in a list of work it reports.
    """
    folded = fold(text[:_OPENING])
    split = folded.split()
    if not split or split[0] in words.verbs or words.future.among(folded):
        return False
    for place, word in enumerate(split[:_CLAUSE]):
        if word in _CONDITIONAL or word in _DEPENDENT:
            return False
        if word in ("was", "were") and place > 0:
            rest = [next_ for next_ in split[place + 1 : place + 4] if not next_.endswith("ly")]
            return bool(rest) and (rest[0].endswith("ed") or rest[0] in _IRREGULAR)
    return False


def _is_past(split: list[str], words: Vocabulary) -> bool:
    """True for "Added an alert"; false for "Automated tests", where the same form only describes the noun."""
    if split[0] == "already" and len(split) > 1:
        split = split[1:]
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


def addresses_others(text: str) -> bool:
    """True for advice to people outside: "Package maintainers should enable two-factor authentication"."""
    return _ADVICE.match(text) is not None


def may_be_name(text: str) -> bool:
    """False for what has the particles or endings of a clause: "何度でも壊れない", "가능한 경우"."""
    return len(text) < _SHORT_CLAUSE or _PARTICLES.search(text) is None


def negates(word: str) -> bool:
    """True for a word that makes the next one its opposite, which no status may take out of the words."""
    return fold(word) in _OPPOSITES


def declines(text: str) -> bool:
    """True for what a form asks for and nobody needs: "Alert tightened: no", "Decision logged: not needed"."""
    return _DECLINES.search(text[:_OPENING]) is not None


def subject(text: str) -> tuple[str, str] | None:
    """The sentence's opening name and the rest from its verb on; None when it opens otherwise."""
    opening = text[:_OPENING]
    head = opening.split(" ", _SUBJECT_WORDS)[1:_SUBJECT_WORDS]
    if _LINKING.isdisjoint(head) and not ("ed" in opening and any(word.endswith("ed") for word in head)):
        return None
    match = _SUBJECT.match(text[:2000])
    if match is None or fold(match[1]) in _NOBODY or fold(match[1]).split()[0] in _NOBODY:
        return None
    return match[1], match[2] + text[2000:]


def has_own_reference(sentence: str) -> bool:
    """True for a sentence that ends with a reference in brackets: "Rotate the keys. (#12)"."""
    text = sentence.rstrip(" .!?。")
    return text.endswith(")") and _OWN_REFERENCE.fullmatch(text, max(text.rfind("("), 0)) is not None


def sentences(text: str) -> list[tuple[int, int]]:
    """The character ranges of a paragraph's sentences; a reference in brackets belongs to the one before it."""
    out, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if match.start() < start or _ABBREVIATION.search(text, max(start, match.start() - 12), match.start()):
            continue
        end, after = match.span()
        if text[after] == "(" and (own := _OWN_REFERENCE.match(text, after)) is not None:
            end, after = own.end(1), own.end()
        out.append((start, end))
        start = after
    if text[start:].strip():
        out.append((start, len(text.rstrip())))
    return out
