"""What `closeout lint` tells authors of items without a verb, and where it holds its tongue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.lint import Rule, lint
from tracker.parsing import lacks_verb, language_of, parse, vocabulary

WORDS = vocabulary.load()
ENGLISH = "The service was down for an hour, and that was noticed by the customers. This is what is known of it.\n"


@pytest.mark.parametrize(
    "text",
    [
        "Monitoring",
        "Monitoring of the connection pool",
        "Database backups",
        "Runbook",
        "Connection pool alert",
        "Unit tests for retries",
        "New dashboard (Grafana)",
        "Documentation update",
        "More tests.",
    ],
)
def test_things_are_no_work(text: str) -> None:
    assert lacks_verb(text, WORDS, "en")


@pytest.mark.parametrize(
    "text",
    [
        "Add an alert",
        "Adding alerts",
        "Also add alerts",
        "Manually check the logs",
        "Re-add the alert",
        "Sunset the old API",
        "Dockerize services",
        "Fix",
        "Platform team will add an alert",
        "The platform team needs new alerts",
        "SRE to add alerts",
        "@jo add alerts",
        "Monitoring: add an alert",
        "If possible, add a probe",
        "Alerts should be louder",
        "We need better alerts",
        "Added an alert",
        "Alert was added",
        "Docs are outdated",
        "https://github.com/acme/ops/issues/1",
        "#12",
        "",
        "监控告警",
        "監視の強化",
        "Überwachung",
        "A long item in which the words go on and on so that a verb hides",
    ],
)
def test_work_is_left_alone(text: str) -> None:
    assert not lacks_verb(text, WORDS, "en")


@pytest.mark.parametrize(
    ("text", "language", "flagged"),
    [
        ("Monitoreo", "es", True),
        ("Agrega alertas", "es", False),
        ("Configurar alertas", "es", False),
        ("Monitoramento", "pt", True),
        ("Ajoutez une alerte", "fr", False),
        ("Backups", "de", True),
        ("Alarm einrichten", "de", False),
    ],
)
def test_of_other_languages_only_single_words_are_judged(text: str, language: str, *, flagged: bool) -> None:
    assert lacks_verb(text, WORDS, language) is flagged


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        ("El servicio se cayó por una hora y los clientes lo notaron, que es para el equipo una lección.", "es"),
        ("Storitev ni bila dosegljiva dve uri, ker je bila baza podatkov polna.", None),
        ("サービスが二時間停止した", None),
        ("", None),
    ],
)
def test_the_language_is_told_only_where_it_is_certain(text: str, language: str | None) -> None:
    assert language_of(text, WORDS) == language


@given(st.text(max_size=60), st.sampled_from(["en", "es", "pt", "fr", "de"]))
def test_any_text_is_judged(text: str, language: str) -> None:
    assert isinstance(lacks_verb(text, WORDS, language), bool)


def test_the_finding_names_the_item_and_its_line() -> None:
    document = parse("p.md", "# X\n\n## Action items\n\n- Add a probe\n- Backups\n- [x] Dashboards\n")
    found = [f for f in lint([document], None, lambda _, item: item.text != "Add a probe") if f.rule is Rule.NO_VERB]
    assert [(finding.line, finding.message) for finding in found] == [(6, "no verb: Backups")]


def test_general_statements_need_no_verb() -> None:
    text = "# X\n\n## Action items\n\n**Improvements/Fixes:**\n\n- Monitoring\n\n**Tasks:**\n\n- Backups\n"
    found = lint([parse("p.md", text)], None, lambda _document, _item: True)
    assert [finding.message for finding in found if finding.rule is Rule.NO_VERB] == ["no verb: Backups"]
