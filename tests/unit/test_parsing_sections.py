# ruff: noqa: E501 - a document is best seen on one line
"""Which sections hold work: by their names, in several languages, and by how they stand in the document. Texts are ours."""

from __future__ import annotations

import pytest

from tracker.model import Kind, ParsedItem
from tracker.parsing import parse, vocabulary
from tracker.parsing.vocabulary import SectionKind


def items(text: str) -> tuple[ParsedItem, ...]:
    return parse("p.md", text).items


def found(text: str) -> list[str]:
    return [item.text for item in items(text)]


@pytest.mark.parametrize(
    "name",
    [
        "Action items",
        "Follow-up Actions (Owner / ETA)",
        "Lessons and next steps",
        "List of actions",
        "How do we prevent this from happening again?",
        "Preventing a repeat",
        "Causes and corrective actions",
        "Acciones de seguimiento",
        "¿Qué vamos a mejorar?",
        "Medidas para evitar que vuelva a ocurrir",
        "Ações preventivas recomendadas",
        "Como evitar recorrência",
        "Actions correctives et préventives",
        "Liste des actions",
        "Wie verhindern wir das in Zukunft?",
        "Abgeleitete Maßnahmen",
        "六、改进措施",
        "如何避免再次发生",
        "后续行动",
        "再発防止策",
        "今後の対応",
    ],
)
def test_names_of_sections_with_work(name: str) -> None:
    assert vocabulary.load().section_kind(name) is SectionKind.ACTION


@pytest.mark.parametrize(
    "name",
    [
        "Why did the limiter not prevent the outage?",
        "Timeline of the remediation",
        "Mitigation actions",
        "What to do when an alert fires",
        "What could be improved",
        "Recommendations for customers",
        "Acciones de mitigación",
        "Acciones inmediatas realizadas",
        "Fluxo de ação",
        "Ações tomadas",
        "Actions d'atténuation",
        "Indicateurs de suivi",
        "Étapes de résolution",
        "Wie wurde das Problem behoben?",
        "应急措施",
        "哪里做得不好",
        "対応内容",
    ],
)
def test_names_that_only_mention_work(name: str) -> None:
    assert vocabulary.load().section_kind(name) is not SectionKind.ACTION


def test_steps_of_the_response_are_no_items() -> None:
    text = "# Panne\n\n## Étapes de diagnostic\n\n- Vérifier les journaux\n\n## Actions d'atténuation\n\n- Couper le cache\n"
    assert found(text) == []


def test_a_heading_that_says_done() -> None:
    text = "## Remediation\n\n### Immediate actions (completed)\n\n- Timeouts raised\n\n### Long term\n\n- Split the pools\n"
    assert [(i.text, i.done) for i in items(text)] == [("Timeouts raised", True), ("Split the pools", None)]


def test_a_heading_that_says_done_with_a_sign() -> None:
    text = "## Acciones de seguimiento\n\n### Completadas ✅\n\n1. Ampliar el pool\n\n### Pendientes\n\n1. Crear un panel\n"
    assert [(i.text, i.done) for i in items(text)] == [("Ampliar el pool", True), ("Crear un panel", None)]


@pytest.mark.parametrize(
    ("heading", "bullet", "done"),
    [
        ("Action items", "Paused the import and added a lock", True),
        ("Action items", "Paused the import", True),
        ("Action items", "Automated tests for the import", None),
        ("Action items", "Improved monitoring of the queue", None),
        ("Action items", "Improved the monitoring of the queue", True),
        ("再発防止策", "上限を引き上げ済み", True),
        ("再発防止策", "上限を引き上げる", None),
        ("改进措施", "已增加告警", True),
        ("改进措施", "增加告警", None),
    ],
)
def test_what_is_said_to_be_done(heading: str, bullet: str, done: bool | None) -> None:  # noqa: FBT001 - a value
    (item,) = items(f"## {heading}\n\n- {bullet}\n")
    assert item.done is done


def test_general_statements_stand_apart_from_tasks() -> None:
    text = "## Corrective measures\n\nImprovements/Fixes:\n\n- Watch configs\n\nTasks to address the issue:\n\n- Add a linter\n"
    assert [(i.text, i.kind) for i in items(text)] == [("Watch configs", Kind.IMPROVEMENT), ("Add a linter", Kind.TASK)]


def test_names_that_open_the_items_of_a_list() -> None:
    text = "## Action items\n\n- Hypha: Test the rollback\n- Hypha + ICL: Write a post\n- ICL to build the patch\n- ICL: Fix it\n"
    assert [(i.text, i.owner) for i in items(text)] == [
        ("Test the rollback", "Hypha"),
        ("Write a post", "Hypha + ICL"),
        ("ICL to build the patch", "ICL"),
        ("Fix it", "ICL"),
    ]


def test_areas_that_open_the_items_of_a_list_are_nobody() -> None:
    text = "## Action items\n\n- Monitoring: Add an alert\n- Monitoring: Add a panel\n"
    assert [(i.text, i.owner) for i in items(text)] == [
        ("Monitoring: Add an alert", None),
        ("Monitoring: Add a panel", None),
    ]


def test_assigned_work_below_an_item_is_work_of_its_own() -> None:
    text = "## Action items\n\n- Ops to update the library\n  - Dev to tag a release\n  - Ops to verify the release\n"
    assert [(i.text, i.parent_line) for i in items(text)] == [
        ("Ops to update the library", None),
        ("Dev to tag a release", 3),
        ("Ops to verify the release", 3),
    ]


def test_a_name_before_a_due_date() -> None:
    (item,) = items("# Queda\n\n## Plano de ação\n\n- Criar um checklist da migração — João — até 03/04/2026\n")
    assert (item.text, item.owner, item.due) == ("Criar um checklist da migração", "João", "2026-04-03")


def test_dates_of_languages_that_write_the_day_first() -> None:
    text = "# Panne du service\n\n## Plan d'action\n\nLes tâches de la réunion :\n\n- Ajouter une alerte (Paul, avant le 03/04/2026)\n"
    (item,) = items(text)
    assert (item.text, item.owner, item.due) == ("Ajouter une alerte", "Paul", "2026-04-03")


def test_a_time_is_no_year() -> None:
    document = parse("p.md", "# Upgrade\n\n- Date: 2025-Feb-07\n\n## Timeline\n\n- Feb 8 1506 UTC: released\n")
    assert document.incident_date is not None
    assert document.incident_date.isoformat() == "2025-02-07"


def test_rows_of_numbers_are_no_items() -> None:
    assert found("## Action items\n\n| Block | Price |\n|--|--|\n| 24154245 | 0.005 |\n") == []


HTML = """\
# Outage

<h2>Action items</h2>

<table>
<tr><th>Action</th><th>Owner</th><th>Due</th><th>Status</th></tr>
<tr><td>Rotate the <b>API</b> keys</td><td>Kim</td><td>2026-05-01</td><td>Done</td></tr>
<tr><td><a href="https://gitlab.example.com/g/p/-/issues/12">Add an alert</a></td><td></td><td></td><td>Open</td></tr>
</table>

<ul>
<li>Write a runbook
<li><del>Enable the log</del></li>
</ul>

## Timeline

<ul><li>Restart it</li></ul>
"""


def test_html_tables_and_lists() -> None:
    document = parse("p.md", HTML)
    assert [(i.text, i.line, i.owner, i.due, i.done) for i in document.items] == [
        ("Rotate the API keys", 7, "Kim", "2026-05-01", True),
        ("Add an alert", 8, None, None, False),
        ("Write a runbook", 12, None, None, None),
        ("Enable the log", 13, None, None, True),
    ]
    assert document.items[1].links == ("https://gitlab.example.com/g/p/-/issues/12",)
    span = document.items[0].span
    assert HTML.encode()[span.start : span.end].startswith(b"<tr><td>Rotate")


def test_struck_through_by_a_tag() -> None:
    assert [(i.text, i.done) for i in items("## TODO\n\n- <del>Add a probe</del>\n- Add <s>two</s> three tests\n")] == [
        ("Add a probe", True),
        ("Add three tests", None),
    ]


def test_bullets_typed_as_signs() -> None:
    text = '## To do\n\n• Check the backups\n• Test the restore <!-- closeout: item owner="Jo Smith" -->\n'
    assert [(i.text, i.line, i.owner) for i in items(text)] == [
        ("Check the backups", 3, None),
        ("Test the restore", 4, "Jo Smith"),
    ]


def test_a_comment_makes_an_item_anywhere() -> None:
    text = (
        "## Summary\n\nWe are sorry. Add a banner. <!-- closeout: item owner=jo due=2026-05-05 priority=P1 -->\n\n"
        "- Publish the report <!-- closeout: item owner=Kim -->\n"
    )
    assert [(i.text, i.owner, i.due, i.priority) for i in items(text)] == [
        ("Add a banner.", "jo", "2026-05-05", "P1"),
        ("Publish the report", "Kim", None, None),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://github.example.corp/org/repo/issues/7",
        "https://gitlab.example.com/g/p/-/merge_requests/7",
        "https://x.atlassian.net/browse/OPS-9",
    ],
)
def test_addresses_of_trackers(url: str) -> None:
    (item,) = items(f"## TODO\n\n- See [[Runbook cleanup]] and finish it {url}\n")
    assert item.links == (url,)


def test_a_table_of_names_and_values_is_one_item() -> None:
    text = "## Action items\n\n| Field | Value |\n|--|--|\n| Action | Add an alert |\n| Owner | Jo |\n| Due | 2026-05-01 |\n\n| Action | Add a test |\n|--|--|\n| Owner | Kim |\n"
    assert [(i.text, i.owner, i.due) for i in items(text)] == [
        ("Add an alert", "Jo", "2026-05-01"),
        ("Add a test", "Kim", None),
    ]


def test_a_table_of_actions_and_owners_is_none() -> None:
    text = "## Action items\n\n| Action | Owner |\n|--|--|\n| Add an alert | Jo |\n| Add a test | Kim |\n"
    assert [(i.text, i.owner) for i in items(text)] == [("Add an alert", "Jo"), ("Add a test", "Kim")]


def test_what_a_sentence_lists_explains_it() -> None:
    text = (
        "## Corrective measures\n\n- The import now writes every step of its work to the log:\n  - Rows\n  - Prices\n"
    )
    assert found(text) == ["The import now writes every step of its work to the log"]


def test_tasks_alone_are_an_assignment() -> None:
    assert found("# 0x19. Postmortem\n\n## Resources\n\n- A book\n\n## Tasks\n\n- Write a postmortem\n") == []
    assert found("## Corrective measures\n\n### Tasks\n\n- Add an alert\n") == ["Add an alert"]
    assert found("**Improvements/Fixes:**\n\n- Watch more\n\n**Tasks:**\n\n- Add an alert\n") == [
        "Watch more",
        "Add an alert",
    ]


PLAN = "## Action plan\n\n| Action | Owner | Status |\n|--|--|--|\n| Add an alert | Jo | Open |\n"
WEIGHED = "## Second hypothesis\n\n**Prevention:**\n\n- Cut the cache\n\n"


def test_a_plan_with_owners_wins_over_labels_in_the_discussion() -> None:
    assert found(WEIGHED) == ["Cut the cache"]
    assert found(WEIGHED + PLAN) == ["Add an alert"]


def test_a_plan_with_owners_leaves_other_sections_of_work() -> None:
    assert found("## Follow-ups\n\n- Write a runbook\n\n" + PLAN) == ["Write a runbook", "Add an alert"]
