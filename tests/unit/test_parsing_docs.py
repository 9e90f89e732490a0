"""Every row of the tables in docs/parser.md: the example is parsed, and what comes out is what the row says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracker.model import Kind, ParsedDocument, ParsedItem
from tracker.parsing import parse
from tracker.settings import Settings

GUIDE = (Path(__file__).parents[2] / "docs" / "parser.md").read_text("utf-8")
SIGNS = str.maketrans({"⏎": "\n", "⇥": "\t", "␍": "\r"})
WHOLE = ("# ", "## ", "---", "+++")
AROUND = {
    "items": "# Outage\n\nDate: 2026-03-04\n\n## Action items\n\n{}\n",
    "facts": "# Outage\n\n{}\n",
}


def rows() -> Iterator[tuple[str, str, str, str, str]]:
    """Section, kind, form, example and what it is read as, of each row of a table of examples."""
    section = kind = ""
    for line in GUIDE.splitlines():
        if line.startswith("### "):
            section = line[4:]
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells[:2] == ["form", "example"]:
            kind = cells[2]
        elif len(cells) != 3:
            kind = ""
        elif kind and set(cells[0]) != {"-"}:
            yield section, kind, cells[0], cells[1].strip("`"), cells[2]


def shown(document: ParsedDocument, kind: str) -> str:
    """What was understood, in the notation of the tables."""
    parts = "<br>".join(map(item, document.items)) if kind == "items" else ", ".join(facts(document))
    return parts or "nothing"


def item(parsed: ParsedItem) -> str:
    parts = [f"`{parsed.text}`"]
    parts += ["improvement"] if parsed.kind is Kind.IMPROVEMENT else []
    parts += [f"owner `{parsed.owner}`"] if parsed.owner else []
    if parsed.due:
        day = parsed.due_date.isoformat() if parsed.due_date else parsed.due
        parts.append(f"due `{parsed.due}`" + (f" = `{day}`" if day != parsed.due else ""))
    parts += [f"priority `{parsed.priority}`"] if parsed.priority else []
    parts += [f"link `{link}`" for link in parsed.links]
    parts += [] if parsed.done is None else ["done" if parsed.done else "open"]
    parts += ["nested"] if parsed.parent_line else []
    return ", ".join(parts)


def facts(document: ParsedDocument) -> Iterator[str]:
    values = {
        "title": document.title if document.title != "Outage" else None,
        "incident_date": document.incident_date,
        "severity": document.severity,
        "started": document.started and document.started.isoformat(),
        "ended": document.ended and document.ended.isoformat(),
        "services": ", ".join(document.services),
        "authors": ", ".join(document.authors),
        "id": document.id,
    }
    yield from (f"{name} `{value}`" for name, value in values.items() if value)
    if document.private:
        yield "private"


@pytest.mark.parametrize(("section", "kind", "form", "example", "expected"), list(rows()))
def test_an_example_is_read_as_the_guide_says(section: str, kind: str, form: str, example: str, expected: str) -> None:
    text = example.translate(SIGNS)
    document = parse("p.md", text if text.startswith(WHOLE) else AROUND[kind].format(text))
    understood, _, told = expected.partition("; told ")
    assert shown(document, kind) == understood, f"{section}: {form}"
    assert [told.strip("`") in diagnostic.message for diagnostic in document.diagnostics] == [True] * bool(told)


def test_what_is_taught_there_are_settings() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    assert Settings(**tomllib.loads(block)).parser.sections.lessons == ("Next steps",)


def test_the_tables_are_found() -> None:
    found = list(rows())
    assert len(found) > 100
    assert {kind for _, kind, _, _, _ in found} == {"items", "facts"}
    assert len({section for section, _, _, _, _ in found}) == 11
