"""What a document says of itself."""

from __future__ import annotations

from datetime import date

import pytest

from tracker.parsing import parse


def test_yaml_front_matter() -> None:
    text = "---\nid: PM-1\ntitle: Down\ndate: 2026-03-04\nseverity: SEV-1\nprivate: true\n---\n\n## Summary\n"
    document = parse("p.md", text)
    assert (document.id, document.title, document.incident_date) == ("PM-1", "Down", date(2026, 3, 4))
    assert (document.severity, document.private) == ("SEV-1", True)


def test_toml_front_matter_and_visibility() -> None:
    document = parse(
        "p.md", '+++\r\nid = "PM-2"\r\ndate = 2026-03-04\r\nvisibility = "private"\r\n+++\r\n\r\n# Down\r\n'
    )
    assert (document.id, document.title, document.incident_date, document.private) == (
        "PM-2",
        "Down",
        date(2026, 3, 4),
        True,
    )


@pytest.mark.parametrize(
    "front", ["---\na: [\n---\n", "---\ndate: 2026-13-45\n---\n", "+++\na = \n+++\n", "---\n? !!x\n---\n"]
)
def test_broken_front_matter_is_told(front: str) -> None:
    document = parse("p.md", f"{front}\n## TODO\n- Add it\n")
    assert [i.text for i in document.items] == ["Add it"]
    assert document.diagnostics == () or "front matter" in document.diagnostics[0].message


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Down\n\ntext\n", "Down"),
        ("Down again\n===\n", "Down again"),
        ("# Issue summary\n\n- a\n", None),
        ("**Issue Summary:**\n\ntext\n", None),
        ("## Postmortem of May\n\ntext\n", "Postmortem of May"),
        ("", None),
    ],
)
def test_title(text: str, title: str | None) -> None:
    assert parse("p.md", text).title == title


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("# Down on 2026-03-04\n", date(2026, 3, 4)),
        ("# Down\n\n**Date:** March 4th, 2026 | **Severity:** SEV1\n", date(2026, 3, 4)),
        ("# Caída\n\n**Fecha:** 4 de marzo de 2026\n", date(2026, 3, 4)),
        ("# 障害\n\n- 発生日時：2026年3月4日 10:00\n", date(2026, 3, 4)),
        ("# Down\n\n- Duration: from 19:00 to 21:00 (UTC) on August 10, 2026\n", date(2026, 8, 10)),
        ("# Down\n\n| Field | Value |\n|--|--|\n| Date | 2026-03-04 |\n", date(2026, 3, 4)),
        ("# Down\n\nin March\n", None),
    ],
)
def test_incident_date(text: str, day: date | None) -> None:
    assert parse("p.md", text).incident_date == day


def test_severity() -> None:
    assert parse("p.md", "# Down\n\n**Date:** 2026-03-04 | **Severity:** SEV1\n").severity == "SEV1"
    assert parse("p.md", "# Down\n\nNothing\n").severity is None
