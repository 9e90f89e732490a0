"""What a document says of itself: front matter, title, the day the incident began, severity."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tracker.model import Diagnostic
from tracker.parsing import dates
from tracker.parsing.blocks import Block, Kind, Source
from tracker.parsing.inline import plain, render
from tracker.parsing.sections import Section, clean, read_lead
from tracker.parsing.vocabulary import Vocabulary, fold

_LARGEST_FRONT_MATTER = 64_000  # bytes; more is no front matter
_PRIVATE_WORDS = frozenset({"private", "internal", "confidential", "restricted"})
_SCANNED = 400  # blocks from the top in which facts are looked for
_BLOCK_WORDS = 600  # bytes of a block in which a date or label is looked for
_STRAY = "*_#`: \t"


@dataclass(slots=True)
class Facts:
    """What was stated; None where nothing was."""

    title: str | None = None
    incident_date: date | None = None
    severity: str | None = None
    id: str | None = None
    private: bool | None = None
    day_first: bool | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)


def read(source: Source, sections: list[Section], words: Vocabulary, *, day_first: bool | None = None) -> Facts:
    """Gather a document's facts. Front matter wins over headings and labels, except for the title.

    `day_first` is how its language writes dates, where the document itself shows none that can be read in one way only.
    """
    facts = Facts()
    head = source.text(0, min(len(source.data), 200_000))
    facts.day_first = dates.reads_day_first(head)
    if facts.day_first is None:
        facts.day_first = day_first
    stated = _front_matter(source, facts)
    facts.title = _title(source, sections, words)
    _apply(stated, facts, words)
    if facts.severity is None or facts.incident_date is None:
        _labels(source, sections, words, facts)
    if facts.incident_date is None:
        facts.incident_date = _first_date(source, words, facts)
    return facts


def _front_matter(source: Source, facts: Facts) -> Mapping[str, Any]:
    block = source.blocks[0] if source.blocks else None
    if block is None or block.kind is not Kind.FRONT_MATTER:
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


def _apply(stated: Mapping[str, Any], facts: Facts, words: Vocabulary) -> None:
    known = {fold(str(key)): value for key, value in stated.items()}
    if isinstance(identity := known.get("id"), str | int) and str(identity).strip():
        facts.id = str(identity).strip()
    if facts.title is None and isinstance(known.get("title"), str):
        facts.title = plain(known["title"]) or None
    for key in ("incident date", "date", "incident start", "start", "started", "fecha", "data", "datum"):
        if facts.incident_date is None and (value := known.get(key)) is not None:
            facts.incident_date = _as_date(value, words, facts)
    if (
        isinstance(severity := known.get("severity", known.get("sev", known.get("severidad"))), str | int)
        and str(severity).strip()
    ):
        facts.severity = str(severity).strip()
    if isinstance(private := known.get("private"), bool):
        facts.private = private
    elif private is not None:
        facts.private = True
        facts.diagnostics.append(
            Diagnostic(1, f"`private: {str(private)[:40]}` is neither true nor false; taken for true, so write it so")
        )
    elif isinstance(visibility := known.get("visibility"), str):
        facts.private = fold(visibility) in _PRIVATE_WORDS


def _as_date(value: Any, words: Vocabulary, facts: Facts) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return next((f.day for f in dates.find(str(value)[:200], words, day_first=facts.day_first) if f.day), None)


def _title(source: Source, sections: list[Section], words: Vocabulary) -> str | None:
    """The opening level-1 heading; else a heading or first line that is plainly the title."""
    for block in source.blocks[:40]:
        if block.kind is Kind.HEADING:
            name = plain(render(source, block).text)
            opens = block.detail == 1 and sections[block.index].kind is None and words.coverage(name) < 0.8  # noqa: PLR2004 - a section's name is no title
            return name.strip(_STRAY) or None if opens or words.title_words.search(fold(name)) else None
        if block.kind is Kind.PARAGRAPH and block.parent < 0 and block.end - block.start < 200:  # noqa: PLR2004 - bytes of a line
            return _first_line(source, block, words)
        if block.kind in (Kind.LIST, Kind.TABLE, Kind.PARAGRAPH):
            return _later_title(source, block, words)
    return None


def _first_line(source: Source, block: Block, words: Vocabulary) -> str | None:
    text = plain(render(source, block).text).strip(_STRAY)
    following = source.blocks[block.after] if block.after < len(source.blocks) else None
    if following is not None and following.kind is Kind.HEADING and following.detail == 1:
        return _later_title(source, block, words)
    lead = read_lead(source, block)
    labelled = lead is not None and lead.colon and not lead.alone
    if not text or labelled or text.endswith(".") or len(text.split()) > 16 or words.coverage(text) >= 0.8:  # noqa: PLR2004 - a sentence, or a section's name
        return None if words.coverage(text) >= 0.8 else _later_title(source, block, words)  # noqa: PLR2004
    return text


def _later_title(source: Source, after: Block, words: Vocabulary) -> str | None:
    for block in source.blocks[after.index : 60]:
        if block.kind is Kind.HEADING:
            name = plain(render(source, block).text)
            return name.strip(_STRAY) or None if block.detail == 1 and words.coverage(name) < 0.8 else None  # noqa: PLR2004
    return None


def _labels(source: Source, sections: list[Section], words: Vocabulary, facts: Facts) -> None:
    """Labelled facts near the top: "**Date:** 2026-04-10", "Severity: SEV-2", "- Duration: May 7, 2024, ..."."""
    for block in source.blocks[:_SCANNED]:
        if block.kind is Kind.PARAGRAPH:
            if facts.severity is not None and facts.incident_date is not None:
                return
            text = source.text(block.start, min(block.end, block.start + _BLOCK_WORDS))
            if ":" not in text and "：" not in text:
                continue
            for line in text.splitlines()[:20]:
                for part in line.split(" | "):
                    _labelled_line(part, words, facts)
        elif block.kind is Kind.ROW:
            cells = [
                c.strip()
                for c in source.text(block.start, min(block.end, block.start + _BLOCK_WORDS)).strip(" |\n").split("|")
            ]
            if len(cells) == 2 and not sections[block.index].is_action:  # noqa: PLR2004 - a table of names and values
                _labelled_line(f"{cells[0]}: {cells[1]}", words, facts)


def _labelled_line(line: str, words: Vocabulary, facts: Facts) -> None:
    label, colon, value = line.replace("：", ":", 1).partition(":")
    if not colon or len(label) > 60:  # noqa: PLR2004 - a label is short
        return
    folded, value = fold(label), value.strip(_STRAY)
    if folded in words.severity_labels and facts.severity is None and 0 < len(value) < 40:  # noqa: PLR2004
        facts.severity = value if not words.is_nobody(value) else None
    if facts.incident_date is None and (
        folded in words.date_labels or any(folded.startswith(f"{name} ") for name in ("duration", "date", "incident"))
    ):
        facts.incident_date = _as_date(value, words, facts)


def _first_date(source: Source, words: Vocabulary, facts: Facts) -> date | None:
    """The first full date of the document, outside code: the title's, else the summary's or the timeline's."""
    for block in source.blocks[:_SCANNED]:
        if block.kind in (Kind.HEADING, Kind.PARAGRAPH, Kind.ROW):
            text = source.text(block.start, min(block.end, block.start + _BLOCK_WORDS))
            for found in dates.find(text, words, day_first=facts.day_first):
                if found.day is not None:
                    return found.day
    return None


def section_name(section: Section) -> str:
    """A section's name as its items carry it."""
    return clean(section.shown)
