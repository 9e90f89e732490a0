"""What a document says of itself: front matter, title, when it happened, how severely, what it hit, who wrote it."""

from __future__ import annotations

import bisect
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tracker.model import Diagnostic
from tracker.parsing import dates, moments, statements
from tracker.parsing.blocks import FRONT_MATTER, HEADING, LIST, PARAGRAPH, ROW, TABLE, Block, Source
from tracker.parsing.inline import plain, render
from tracker.parsing.sections import Section, clean, read_lead
from tracker.parsing.vocabulary import Vocabulary, fold

_LARGEST_FRONT_MATTER = 64_000  # bytes; more is no front matter
_PRIVATE_WORDS = frozenset({"private", "internal", "confidential", "restricted"})
_SCANNED = 400  # blocks from the top in which a date is looked for
_BLOCK_WORDS = 600  # bytes of a block in which one is
_LONGEST_SEVERITY = 40  # characters
_LONGEST_VALUE, _MOST_NAMES = 2_000, 50  # of front matter
_MOMENTS = {"start": (1, 2), "end": (1,), "period": (2,), "date": (2,)}  # how many a label states
_TELL_DAY = frozenset({"date", "start", "period", statements.DATED})
_DATED = frozenset({HEADING, PARAGRAPH, ROW})
_MARKUP = re.compile(r"import |export |\{%|\{\{|\(")  # of site generators, and asides
_STRAY = "*_#`: \t"


@dataclass(slots=True)
class Facts:
    """What was stated; None where nothing was."""

    title: str | None = None
    incident_date: date | None = None
    severity: str | None = None
    started: date | None = None
    ended: date | None = None
    services: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    id: str | None = None
    private: bool | None = None
    day_first: dates.DayFirst = None
    diagnostics: list[Diagnostic] = field(default_factory=list)


def read(
    source: Source,
    sections: list[Section],
    words: Vocabulary,
    *,
    day_first: dates.DayFirst = None,
) -> Facts:
    """Gather a document's facts. Front matter wins over headings and labels, except for the title."""
    facts = Facts(day_first=day_first)
    front = _front_matter(source, facts)
    facts.title = _title(source, sections, words, named=isinstance(front.get("title"), str))
    stated = statements.gather(source, sections, words)
    if front:
        _apply(front, facts)
        stated = [*_stated_in_front(front, words), *stated]
    facts.severity = next(
        (
            value
            for fact, value in stated
            if fact == "severity" and len(value) < _LONGEST_SEVERITY and not words.is_nobody(value)
        ),
        None,
    )
    days = (_as_date(value, words, facts) for fact, value in stated if fact in _TELL_DAY)
    facts.incident_date = next(filter(None, days), None) or _first_date(source, words, facts)
    facts.started, facts.ended = _bounds(stated, words, facts)
    facts.services = statements.names(stated, "services", words)
    facts.authors = statements.names(stated, "authors", words)
    return facts


def _front_matter(source: Source, facts: Facts) -> Mapping[str, Any]:
    block = source.blocks[0] if source.blocks else None
    if block is None or block.kind is not FRONT_MATTER:
        return {}
    if block.end - block.start > _LARGEST_FRONT_MATTER:
        facts.diagnostics.append(Diagnostic(1, "the front matter is too large to be one; keep it below 64 kB"))
        return {}
    text = "".join(event.get("Text", "") for event, _ in source.events[block.first : block.last] if type(event) is dict)
    try:
        data = tomllib.loads(text.replace("\r\n", "\n")) if block.detail == "PlusesStyle" else _yaml(text)
    except (ValueError, RecursionError, TypeError, AttributeError) as problem:
        advice = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        facts.diagnostics.append(
            Diagnostic(1, f"the front matter cannot be read ({advice[:120]}); mend it or take it out")
        )
        if "private" in text.casefold() or any(word in text.casefold() for word in _PRIVATE_WORDS):
            facts.private = True  # what was to be kept in must not get out through a misplaced colon
        return {}
    return data if isinstance(data, dict) else {}


def _yaml(text: str) -> Any:
    import yaml  # noqa: PLC0415 - most documents have no front matter, and it is slow to import

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as problem:
        raise ValueError(str(problem)) from problem


def _apply(front: Mapping[str, Any], facts: Facts) -> None:
    """Take what only front matter can tell, and the title where no heading does."""
    known = {fold(str(key)): value for key, value in front.items()}
    if isinstance(identity := known.get("id"), str | int) and str(identity).strip():
        facts.id = str(identity).strip()
    if facts.title is None and isinstance(known.get("title"), str):
        facts.title = plain(known["title"]) or None
    if isinstance(private := known.get("private"), bool):
        facts.private = private
    elif private is not None:
        facts.private = True
        facts.diagnostics.append(
            Diagnostic(1, f"`private: {str(private)[:40]}` is neither true nor false; taken for true, so write it so")
        )
    elif isinstance(visibility := known.get("visibility"), str):
        facts.private = fold(visibility) in _PRIVATE_WORDS


def _stated_in_front(front: Mapping[str, Any], words: Vocabulary) -> statements.Stated:
    """Front matter's facts, as labels would state them; what speaks of the incident by name comes first."""
    found: statements.Stated = []
    for key in sorted(map(str, front), key=lambda key: "incident" not in fold(key)):
        if (fact := words.facts.get(fold(key))) is not None:
            value = front.get(key)
            values = [_front_value(each) for each in (value if isinstance(value, list) else [value])[:_MOST_NAMES]]
            if text := "\n".join(filter(None, values)):
                found.append((fact, text))
    return found


def _front_value(value: Any) -> str:
    """One value as text; nothing for what is none, such as a table without a name."""
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()[:_LONGEST_VALUE] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _bounds(stated: statements.Stated, words: Vocabulary, facts: Facts) -> tuple[date | None, date | None]:
    """When the incident began and ended, as far as both are certain; a time alone is one of the incident's day."""
    found: dict[str, list[moments.Moment]] = {}
    for fact, value in stated:
        if fact in _MOMENTS and fact not in found and (fact != "date" or ":" in value):
            read = moments.read(value, words, day_first=facts.day_first)
            if len(read) in _MOMENTS[fact]:
                found[fact] = read
    whole = found.get("period") or found.get("date") or []
    start = next(iter(found.get("start") or whole), None)
    last = (found.get("end") or found.get("start", [])[1:] or whole[1:])[:1]
    return _in_order(start, last[0] if last else None, facts.incident_date)


def _in_order(
    start: moments.Moment | None, end: moments.Moment | None, day: date | None
) -> tuple[date | None, date | None]:
    """Both as days or times; an end before its start is the next morning's, or makes neither certain."""
    began = start.on(day) if start else None
    ended = end.on(began or day) if end else None
    try:
        if start is None or end is None or began is None or ended is None or ended >= began:
            return began, ended
    except TypeError:  # a day beside a time, or only one of them with a zone: nothing to compare
        return began, ended
    past_midnight = start.day is not None and end.day is None
    return (began, ended + timedelta(days=1)) if past_midnight else (None, None)


def _as_date(value: str, words: Vocabulary, facts: Facts) -> date | None:
    return next((f.day for f in dates.find(value[:200], words, day_first=facts.day_first) if f.day), None)


def _title(source: Source, sections: list[Section], words: Vocabulary, *, named: bool) -> str | None:
    """The opening level-1 heading; else, in a document that front matter names by none, what is plainly the title."""
    for block in source.blocks[:40]:
        if block.kind is HEADING:
            name = plain(render(source, block).text)
            opens = block.detail == 1 and sections[block.index].kind is None and words.coverage(name) < 0.8  # noqa: PLR2004 - a section's name is no title
            return name.strip(_STRAY) or None if opens or (words.title_words.among(fold(name)) and not named) else None
        if named and block.kind in (PARAGRAPH, LIST, TABLE):
            return None
        if block.kind is PARAGRAPH and block.parent < 0 and block.end - block.start < 200:  # noqa: PLR2004 - bytes of a line
            return _first_line(source, block, words)
        if block.kind in (LIST, TABLE, PARAGRAPH):
            return _later_title(source, block, words)
    return None


def _first_line(source: Source, block: Block, words: Vocabulary) -> str | None:
    text = plain(render(source, block).text).strip(_STRAY)
    following = source.blocks[block.after] if block.after < len(source.blocks) else None
    if following is not None and following.kind is HEADING and following.detail == 1:
        return _later_title(source, block, words)
    lead = read_lead(source, block)
    labelled = lead is not None and lead.colon and not lead.alone
    if _MARKUP.match(text):
        return _later_title(source, block, words)
    if not text or labelled or text.endswith(".") or len(text.split()) > 16 or words.coverage(text) >= 0.8:  # noqa: PLR2004 - a sentence, or a section's name
        return None if words.coverage(text) >= 0.8 else _later_title(source, block, words)  # noqa: PLR2004
    return text


def _later_title(source: Source, after: Block, words: Vocabulary) -> str | None:
    for block in source.blocks[after.index : 60]:
        if block.kind is HEADING:
            name = plain(render(source, block).text)
            return name.strip(_STRAY) or None if block.detail == 1 and words.coverage(name) < 0.8 else None  # noqa: PLR2004
    return None


def _first_date(source: Source, words: Vocabulary, facts: Facts) -> date | None:
    """The first full date of the document, outside code: the title's, else the summary's or the timeline's."""
    blocks, number, hint = source.blocks[:_SCANNED], -1, dates.hint(source.data, 0)
    while hint < len(source.data) and number + 1 < len(blocks):
        around = bisect.bisect_right(blocks, hint, key=_start) - 1  # the innermost block that opens before it
        number = max(around, number + 1)
        block = blocks[number]
        if hint < block.start:
            hint = dates.hint(source.data, block.start)
        end = min(block.end, block.start + _BLOCK_WORDS)
        if hint < end and block.kind in _DATED:
            text = source.text(block.start, end)
            for found in dates.find(text, words, day_first=facts.day_first):
                if found.day is not None:
                    return found.day
    return None


def _start(block: Block) -> int:
    return block.start


def section_name(section: Section) -> str:
    """A section's name as its items carry it."""
    return clean(section.shown)
