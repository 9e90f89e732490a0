"""One test for each way of writing action items. The documents are ours; shared corpora are tested in tests/corpus."""

from __future__ import annotations

from datetime import date
from textwrap import dedent

import pytest

from tracker.model import Kind, ParsedItem
from tracker.parsing import parse


def items(text: str, **kwargs: date) -> tuple[ParsedItem, ...]:
    return parse("p.md", dedent(text), **kwargs).items


def one(bullet: str) -> ParsedItem:
    (item,) = items(f"# Outage\n\nDate: 2026-03-04\n\n## Action items\n\n- {bullet}\n")
    return item


def texts(text: str) -> list[str]:
    return [item.text for item in items(text)]


@pytest.mark.parametrize(
    ("bullet", "text", "owner"),
    [
        ("Add an alert (Owner: Jo Smith)", "Add an alert", "Jo Smith"),
        ("Add an alert (@jo)", "Add an alert", "jo"),
        ("Add an alert @jo", "Add an alert", "jo"),
        ("@jo: add an alert", "add an alert", "jo"),
        ("Add an alert [SRE team]", "Add an alert", "SRE team"),
        ("[DBA] Add an alert", "Add an alert", "DBA"),
        ("Add an alert. **DRI:** Jo", "Add an alert.", "Jo"),
        ("Add an alert — Jo Smith, 2026-05-01", "Add an alert", "Jo Smith"),
        ("The DBA team will add an alert", "The DBA team will add an alert", "DBA team"),
        ("Jo Smith will add an alert", "Jo Smith will add an alert", "Jo Smith"),
        ("Add an alert (Owner: Jo and Priya)", "Add an alert", "Jo, Priya"),
        ("Add an alert (Owner: TBD)", "Add an alert", None),
        ("Ajouter une alerte (Responsable : Équipe SRE)", "Ajouter une alerte", "Équipe SRE"),
        ("Add an alert (Kubernetes)", "Add an alert (Kubernetes)", None),
        ("Mail jo@example.org about it", "Mail jo@example.org about it", None),
    ],
)
def test_owner(bullet: str, text: str, owner: str | None) -> None:
    item = one(bullet)
    assert (item.text, item.owner) == (text, owner)


@pytest.mark.parametrize(
    ("bullet", "due", "day"),
    [
        ("Add it (due 2026-05-01)", "2026-05-01", date(2026, 5, 1)),
        ("Add it by May 1, 2026", "2026-05-01", date(2026, 5, 1)),
        ("Add it by 1 May 2026", "2026-05-01", date(2026, 5, 1)),
        ("Add it (Due: 1st of May 2026)", "2026-05-01", date(2026, 5, 1)),
        ("Add it. Due: 31/05/2026", "2026-05-31", date(2026, 5, 31)),
        ("Einrichten bis 15. April 2026", "2026-04-15", date(2026, 4, 15)),
        ("Hacerlo antes del 1 de mayo de 2026", "2026-05-01", date(2026, 5, 1)),
        ("Add it within the next two weeks to be safe", "within the next two weeks", date(2026, 3, 18)),
        ("Add it by end of Q3", "end of Q3", date(2026, 9, 30)),
        ("Add it (Q2)", "Q2", date(2026, 6, 30)),
        ("Add it by end of March", "end of March", date(2026, 3, 31)),
        ("Add it (ETA: 3 weeks)", "3 weeks", date(2026, 3, 25)),
        ("Add it by Friday", "Friday", None),
        ("Add it by next sprint", "next sprint", None),
        ("Add it (due 30 Feb 2026)", "due 30 Feb 2026", None),
    ],
)
def test_due(bullet: str, due: str, day: date | None) -> None:
    item = one(bullet)
    if due == "due 30 Feb 2026":  # no such day: anything but a date
        assert item.due_date is None
        return
    assert (item.due, item.due_date) == (due, day)


def test_relative_due_counts_from_the_day_of_writing_without_an_incident_date() -> None:
    text = "## Action items\n- Add it (within two weeks)\n"
    assert items(text)[0].due_date is None
    assert items(text, written=date(2026, 1, 1))[0].due_date == date(2026, 1, 15)


def test_ambiguous_due_date_is_told() -> None:
    document = parse("p.md", "## Action items\n- Add it (due 04/05/2026)\n")
    assert document.items[0].due_date is None
    assert [(d.line, "YYYY-MM-DD" in d.message) for d in document.diagnostics] == [(2, True)]


def test_another_date_of_the_document_settles_day_or_month_first() -> None:
    assert items("Date: 25/04/2026\n\n## Action items\n- Add it (due 04/05/2026)\n")[0].due == "2026-05-04"


@pytest.mark.parametrize(
    ("bullet", "text", "done"),
    [
        ("[x] Add it", "Add it", True),
        ("[ ] Add it", "Add it", False),
        ("~~Add it~~", "Add it", True),
        ("Add it (DONE)", "Add it", True),
        ("Add it - done", "Add it", True),
        ("✅ Add it", "Add it", True),
        ("Add it ✅", "Add it", True),
        ("DONE: Add it", "Add it", True),
        ("Add it (in progress)", "Add it", False),
        ("TODO: Add it", "Add it", False),
        ("We have added an alert", "We have added an alert", True),
        ("Added an alert", "Added an alert", True),
        ("Add what could have been added", "Add what could have been added", None),
    ],
)
def test_done(bullet: str, text: str, done: bool | None) -> None:  # noqa: FBT001 - a parametrised value
    item = one(bullet)
    assert (item.text, item.done) == (text, done)


@pytest.mark.parametrize(
    ("bullet", "text", "priority"),
    [
        ("[P1] Add it", "Add it", "P1"),
        ("P0: Add it", "Add it", "P0"),
        ("Add it [Priority: High]", "Add it", "High"),
        ("Add it (high priority)", "Add it", "high"),
        ("Add it. Priority: Medium", "Add it.", "Medium"),
    ],
)
def test_priority(bullet: str, text: str, priority: str) -> None:
    item = one(bullet)
    assert (item.text, item.priority) == (text, priority)


@pytest.mark.parametrize(
    ("bullet", "text", "links"),
    [
        ("Add it (#12)", "Add it", ("#12",)),
        ("Add it, tracked in fern/shop#12", "Add it", ("fern/shop#12",)),
        ("OPS-12: Add it", "Add it", ("OPS-12",)),
        ("Add it [Issue](https://github.com/f/s/issues/1)", "Add it", ("https://github.com/f/s/issues/1",)),
        ("[Add it](https://github.com/f/s/pull/1)", "Add it", ("https://github.com/f/s/pull/1",)),
        ("Add it https://git.fern.io/f/s/-/issues/4", "Add it", ("https://git.fern.io/f/s/-/issues/4",)),
        ("Add it ([OPS-3](https://x.atlassian.net/browse/OPS-3))", "Add it", ("https://x.atlassian.net/browse/OPS-3",)),
        ("https://github.com/f/s/issues/9", "https://github.com/f/s/issues/9", ("https://github.com/f/s/issues/9",)),
        ("Read [the docs](https://docs.fern.io)", "Read the docs", ()),
        ("Move to UTF-8 and SHA-256, fix CVE-2024-1234", "Move to UTF-8 and SHA-256, fix CVE-2024-1234", ()),
        ("Ask why pipeline #7 failed", "Ask why pipeline #7 failed", ()),
    ],
)
def test_links(bullet: str, text: str, links: tuple[str, ...]) -> None:
    item = one(bullet)
    assert (item.text, item.links) == (text, links)


def test_links_stand_in_document_order() -> None:
    assert one("Add it (OPS-1, https://github.com/f/s/issues/2)").links == ("OPS-1", "https://github.com/f/s/issues/2")


def test_reference_links() -> None:
    text = "## TODO\n1. Add it ([issue][a])\n\n[a]: https://github.com/f/s/issues/2\n"
    assert items(text)[0].links == ("https://github.com/f/s/issues/2",)


def test_run_in_labels_tell_improvements_from_tasks() -> None:
    found = items(
        """
        ## Corrective and preventative measures
        - **Improvements/Fixes:** Watch the pool.
        - **Tasks:**
          1. Task 1: Add an alert.
          2. Raise the limit.
        """
    )
    assert [(i.text, i.kind) for i in found] == [
        ("Watch the pool.", Kind.IMPROVEMENT),
        ("Add an alert.", Kind.TASK),
        ("Raise the limit.", Kind.TASK),
    ]
    assert {i.section for i in found} == {"Corrective and preventative measures"}


def test_improvements_alone_are_tasks() -> None:
    assert [i.kind for i in items("## Improvements\n- Add an alert\n")] == [Kind.TASK]


@pytest.mark.parametrize(
    "heading",
    [
        "## Action items",
        "Action items\n============",
        "**Action items**",
        "**Action items:**",
        "Action items:",
        "## 5. Next steps ✅",
        "ACTION ITEMS",
    ],
)
def test_headings_in_all_but_markup(heading: str) -> None:
    assert texts(f"# Outage\n\n## Impact\n\n- all of it\n\n{heading}\n\n- Add an alert\n") == ["Add an alert"]


@pytest.mark.parametrize(
    "heading",
    [
        "Acciones correctivas", "Próximos pasos", "Ações corretivas", "Plano de ação", "Actions correctives",
        "Plan d'action",
        "Maßnahmen", "Nächste Schritte", "行动项", "后续改进", "再発防止策", "アクションアイテム",
    ],
)  # fmt: skip
def test_section_names_of_other_languages(heading: str) -> None:
    assert texts(f"# X\n\n## {heading}\n\n- abc def\n\n## Resumen\n\n- no\n") == ["abc def"]


@pytest.mark.parametrize(
    "section",
    [
        "Timeline",
        "Resolution",
        "Actions taken",
        "Lessons learned",
        "What went well",
        "Root cause",
        "Summary",
        "Cronología",
        "Lecciones aprendidas",
        "经验教训",
    ],
)
def test_other_sections_hold_no_items(section: str) -> None:
    assert texts(f"# X\n\n## {section}\n\n- Restart the server\n- Add more servers\n") == []


def test_groups_introduce_and_details_explain() -> None:
    found = items(
        """
        ## Action items
        - Monitoring:
          - Add an alert
          - Write a dashboard
        - Improve the runbook
          - Describe the failover
          - Name the people to call
        - Add a test for each region
          - Frankfurt
          - Dublin
          - see OPS-4
        """
    )
    assert [(i.text, i.parent_line) for i in found] == [
        ("Add an alert", None),
        ("Write a dashboard", None),
        ("Improve the runbook", None),
        ("Describe the failover", 6),
        ("Name the people to call", 6),
        ("Add a test for each region", None),
    ]
    assert found[2].kind is Kind.IMPROVEMENT
    assert found[5].links == ("OPS-4",)


def test_fields_below_an_item() -> None:
    (item,) = items("## TODO\n- Add an alert\n  - Owner: Jo\n  - Due: 2026-05-01\n\n  See #7\n")
    assert (item.owner, item.due, item.links) == ("Jo", "2026-05-01", ("#7",))


def test_table_columns_in_any_order() -> None:
    (first, second) = items(
        """
        ## Follow-up
        | Status | Who | Due date | What | Bug # | Type | Priority |
        |---|---|---|---|---|---|---|
        | Done | Jo, Priya | 2026-05-01 | Add `x` \\| y | [#3](https://github.com/f/s/issues/3) | prevent | P1 |
        | | | | Write **it** up | | | |
        | | | | | | | |
        """
    )
    assert (first.text, first.owner, first.due, first.priority, first.links, first.done) == (
        "Add x | y", "Jo, Priya", "2026-05-01", "P1", ("https://github.com/f/s/issues/3",), True,
    )  # fmt: skip
    assert (second.text, second.owner, second.due, second.done, second.line) == ("Write it up", None, None, None, 6)


def test_table_of_work_outside_an_action_section() -> None:
    text = "## Tracking\n| Action item | Owner | Status |\n|--|--|--|\n| Add it | Jo | Open |\n"
    assert texts(text) == ["Add it"]
    assert texts("## Timeline\n| Time | Action | Owner |\n|--|--|--|\n| 10:00 | Restart it | Jo |\n") == []


def test_headings_as_items() -> None:
    found = items(
        """
        ## Action items
        ### AI-1: Add an alert
        **Owner:** Jo
        **Due:** 2026-05-01

        Because nobody saw it. See OPS-9.
        ### 2. Write the runbook
        | Owner | Priya |
        |---|---|
        | Status | Done |
        ### Database
        - Raise the limit
        """
    )
    assert [(i.text, i.owner, i.section) for i in found] == [
        ("Add an alert", "Jo", "Action items"),
        ("Write the runbook", "Priya", "Action items"),
        ("Raise the limit", None, "Database"),
    ]
    assert found[0].links == ("OPS-9",)
    assert found[1].done is True


def test_prose() -> None:
    found = items(
        """
        # X
        ## What we will change
        The pool was too small, and nobody knew. We will add an alert on saturation. This will tell us early.
        The DBA team should raise the limit. Our customers deserve better.
        """
    )
    assert [i.text for i in found] == ["We will add an alert on saturation.", "The DBA team should raise the limit."]
    assert [i.line for i in found] == [4, 5]


def test_prose_without_clear_work_is_told() -> None:
    document = parse("p.md", "## Action items\n\nEverything was discussed at length.\n")
    assert document.items == ()
    assert "list item" in document.diagnostics[0].message


def test_work_marked_outside_action_sections() -> None:
    found = items(
        "## Lessons learned\n\n**TODO**: add a probe. It helps.\n\n- TODO: add another probe\n- Probes help\n"
    )
    assert [(i.text, i.done) for i in found] == [("add a probe.", False), ("add another probe", False)]


def test_sentence_that_announces_a_list() -> None:
    assert texts(
        "## Conclusion\n\nGoing forward we will:\n\n- add probes\n\nThe following steps were taken:\n\n- ran\n"
    ) == ["add probes"]


def test_placeholders() -> None:
    assert texts("## Action items\n- TBD\n- <action>\n- N/A\n- [Action item]\n-\n- ...\n- None\n") == []


def test_ignore_comments() -> None:
    text = "## TODO\n<!-- closeout: ignore -->\n- Drop it\n- Keep it\n- Drop this <!-- closeout: ignore -->\n"
    assert texts(text) == ["Keep it"]


def test_names_in_brackets_where_the_neighbours_have_them() -> None:
    found = items("## TODO\n- Add a probe (Priya)\n- Add a test (Lukas)\n- Add a page (in Grafana)\n")
    assert [i.owner for i in found] == ["Priya", "Lukas", None]
    assert found[2].text == "Add a page (in Grafana)"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Roll the hotfix out to EU, as started in #2", "Roll the hotfix out to EU, as started in #2"),
        ("Undo what was changed since #2", "Undo what was changed since #2"),
        ("Mend the pager (#2)", "Mend the pager"),
        ("Mend the pager, tracked in #2", "Mend the pager"),
        ("Mend the pager #2", "Mend the pager"),
    ],
)
def test_a_reference_that_the_sentence_speaks_of_stays_in_it(line, text):
    (item,) = parse("a.md", f"# T\n\n## Action items\n\n- {line}\n").items
    assert (item.text, item.links) == (text, ("#2",))
