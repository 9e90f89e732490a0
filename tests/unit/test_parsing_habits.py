# ruff: noqa: E501 - documents are best seen on one line
"""Ways of writing that real postmortems have, each with the smallest document that shows it."""

from __future__ import annotations

import pytest

from tracker.model import ParsedItem
from tracker.parsing import parse


def items(text: str) -> tuple[ParsedItem, ...]:
    return parse("p.md", f"# The shop was down\n\n{text}\n").items


def texts(text: str) -> list[str]:
    return [item.text for item in items(text)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            "## Action items\n\n### 1) Cron clean-up scheduled `@jo`\n\nIt runs at night.\n\n### 2) Better alerts on load\n\nSoon.",
            ["Cron clean-up scheduled", "Better alerts on load"],
            id="numbered headings, whatever their words",
        ),
        pytest.param(
            "## Prevention\n\n### ① A branch for each release\n\n- Merge by pull request only\n\n### ② Migrations in the pipeline\n\n- Run them first",
            ["A branch for each release", "Migrations in the pipeline"],
            id="numbered headings that say much, with their details as lists",
        ),
        pytest.param(
            "## Action items\n\n### 1. Monitoring\n\n- Add an alert\n\n### 2. Process\n\n- Write a runbook",
            ["Add an alert", "Write a runbook"],
            id="numbered headings that are only categories",
        ),
        pytest.param(
            "### On reviews\n\nThey were rushed.\n\n**Action planned:** We will widen the reviews.\n\n**Action taken:** The process is written down.",
            ["We will widen the reviews.", "The process is written down."],
            id="actions taken beside actions planned",
        ),
        pytest.param(
            "# ======\n# Action items\n# ======\n\n- Add an alert",
            ["Add an alert"],
            id="headings of signs that frame another",
        ),
        pytest.param(
            "## Next steps\n\n  [1] Add an alert — at once\n      Owner: Jo | Due: 3 days\n\n  [2] Write a runbook\n      Owner: Kim | Due: 1 week",
            ["Add an alert — at once", "Write a runbook"],
            id="paragraphs numbered in brackets, with their fields below",
        ),
        pytest.param(
            "## Next steps\n\nMeasured as in [2] before.",
            [],
            id="a source in brackets numbers nothing",
        ),
        pytest.param(
            "## Response and fixes\n\n### Fault found (7:30 - 10:30 UTC)\n\nIt was the disk.\n\n### Fix rolled out (10:30 - 14:00 UTC)\n\nAll nodes.",
            [],
            id="headings that end in their time are a timeline",
        ),
        pytest.param(
            "## Lessons and prevention\n\n### 1. Test as in production\n\n**Problem**: it was not.\n\n**Measures**:\n- [ ] Build staging\n\n### 2. Keep the logs\n\nThey help.",
            ["Build staging"],
            id="numbered headings that name what the boxes below are about",
        ),
        pytest.param(
            "## Рекомендации\n\n### Восстановление\n\n- Сменить ключи\n\n## Восстановление\n\n- Перезапущен узел",
            ["Сменить ключи"],
            id="recovery as a category of work, and by itself",
        ),
        pytest.param(
            "## Vorbeugende Maßnahme (Preventive Action)\n\n- Platte in den Prüfplan aufnehmen",
            ["Platte in den Prüfplan aufnehmen"],
            id="a name that is translated in brackets",
        ),
        pytest.param(
            "## Next steps\n\n- Add an alert\n\n---\n\n*Write-up made from the logs of May.*",
            ["Add an alert"],
            id="a remark in italics at the end",
        ),
        pytest.param(
            "## Suggested changes\n\n### Change #1: Check the size\n\n**Why this matters:**\n- Saves calls\n\n### Change #2: Check the answer\n\nBefore it is stored.",
            ["Change #1: Check the size", "Change #2: Check the answer"],
            id="headings with a number sign, and reasons in a list",
        ),
        pytest.param(
            "## 修复\n\n未修复。\n\n待办（按优先级）：\n\n1. 增加磁盘告警\n2. 编写手册",
            ["增加磁盘告警", "编写手册"],
            id="a lone line with a remark in brackets",
        ),
        pytest.param(
            "## Chronology\n\n1. First action: restart the node.\n2. Follow-up action: add a pause.",
            [],
            id="labels within a timeline",
        ),
        pytest.param(
            "## Azioni preventive\n\n**Problema:** nessuno deve guardare i log.\n\nDobbiamo aggiungere un allarme.",
            ["Dobbiamo aggiungere un allarme."],
            id="what was wrong, under a label",
        ),
        pytest.param(
            "## 改进措施\n\n- **自动化测试**：\n  补充极端场景用例：\n  - 用例：增加空库启动\n  - 用例：增加满库启动\n- 增加磁盘告警",
            ["自动化测试： 补充极端场景用例", "增加磁盘告警"],
            id="test cases in a script without spaces",
        ),
        pytest.param(
            "## Resolution\n\n1. **At once:** rolled back.\n2. **Index by region (pending):** one query for each.",
            ["Index by region (pending): one query for each."],
            id="a label that says itself that its work is open",
        ),
        pytest.param(
            "## Timeline\n\n**Actions taken:**\n\n- Restarted the node",
            [],
            id="actions taken alone are the response",
        ),
        pytest.param(
            "## Details\n\nWe have created tickets to track the work:\n\n- https://github.com/a/b/issues/3\n- https://github.com/a/b/issues/4",
            ["https://github.com/a/b/issues/3", "https://github.com/a/b/issues/4"],
            id="a sentence that announces tickets",
        ),
        pytest.param(
            "**Date**: today\n**Status**: Resolved with outstanding action items.\n**Impact**:\n1. Ten orders were lost.",
            [],
            id="a sentence above the last label announces nothing",
        ),
        pytest.param(
            "**Status:** closed\n**Next steps:**\n- Add an alert\n- Write a runbook",
            ["Add an alert", "Write a runbook"],
            id="the last of several labels opens a list",
        ),
        pytest.param(
            "## Summary\n\nThe pool was full. We'll shard the table by customer. We will keep you posted.",
            ["We'll shard the table by customer."],
            id="promises in a document without a section for work",
        ),
        pytest.param(
            "## Recommendations\n\n- Users should rotate their keys\n- Package maintainers should use two factors",
            [],
            id="advice to others",
        ),
        pytest.param(
            "## Actions\n\n- [x] Incident has been dealt with\n- [x] Sections above are filled out",
            [],
            id="chores of the document itself",
        ),
        pytest.param(
            "## Action items\n\n_Each should be a ticket. Include what would prevent this._",
            [],
            id="an instruction in italics",
        ),
        pytest.param(
            "## Action items\n\n- Jo to change the library\n  - Kim to try it on the test net\n  - There may be a patch that conflicts\n- Jo to add a check",
            ["Jo to change the library", "Kim to try it on the test net", "Jo to add a check"],
            id="only children that have somebody are work beside their parent",
        ),
        pytest.param(
            "## Action items\n\n- **Clean up**\n  - Old images go after a week",
            ["Old images go after a week"],
            id="a group keeps its only child",
        ),
        pytest.param(
            "## Action items\n\n- **Add an alert**\n  - Nobody saw it",
            ["Add an alert"],
            id="a title that says what to do, with its reason",
        ),
        pytest.param(
            "## Immediate response\n\n- [x] Token revoked\n- [ ] Repository made private",
            ["Repository made private"],
            id="an open box in a list that was begun",
        ),
        pytest.param(
            "## Response\n\n- [ ] Page the lead\n- [ ] Open a channel",
            [],
            id="a checklist that nobody began",
        ),
        pytest.param(
            "## Action items\n\n| Action | Owner |\n|--|--|\n| **Database** | |\n| Add an alert | Jo |",
            ["Add an alert"],
            id="a row that heads those below it",
        ),
        pytest.param(
            "## Prevention\n\n| Symptom | Cause |\n|--|--|\n| Slow pages | A full pool |",
            [],
            id="a table that names neither work nor people",
        ),
        pytest.param(
            "## Action register\n\n| ID | Action | Owner |\n|--|--|--|\n| AI-1 | Add an alert | Jo |",
            ["Add an alert"],
            id="a register of actions",
        ),
        pytest.param("## Hardening (console, 2 min)\n\n- Turn on the check", ["Turn on the check"], id="a remark in the name"),
        pytest.param("## Resulting action\n\n- Turn on the check", ["Turn on the check"], id="an adjective in the name"),
        pytest.param(
            "## Präventionsmaßnahmen\n\n- Alarm einrichten", ["Alarm einrichten"], id="a compound that ends in the word"
        ),
        pytest.param("## TODO\n\n(1) Add an alert\n(2) Write a runbook", ["Add an alert", "Write a runbook"], id="typed numbers"),
        pytest.param("## 改进措施\n\n1、增加监控\n2、编写手册", ["增加监控", "编写手册"], id="typed numbers in Chinese"),
        pytest.param("## TODO\n\n- ~~Add an alert~~ Write a runbook", ["Write a runbook"], id="what was crossed out"),
        pytest.param(
            "## Recommendations\n\n### Short term\n\n#### Harden the port\n\n**Current state**: open to all\n\n**Actions**:\n- Add the ranges\n- Drop the rule\n\n**Owner**: Jo\n\n#### Close the form\n\n**Why**:\n- It is seen\n\n**Cost:** none",
            ["Harden the port", "Close the form"],
            id="headings that labels describe",
        ),
        pytest.param("## Action items\n**Add it**\n\n## Action items", ["Add it"], id="a line as a heading, before a heading"),
        pytest.param(
            "## Recommendations\n\n### Monitoring\n\n**Why:** nobody saw it\n\n- Alert on full disks\n- Alert on lost leases",
            ["Alert on full disks", "Alert on lost leases"],
            id="a short heading that a label explains, with a list of its own",
        ),
        pytest.param(
            "## Recommendations\n\n### 1. Watch the disks\n\n**Why:** nobody saw it\n\n- [ ] Alert on full disks\n- [ ] Alert on lost leases",
            ["Alert on full disks", "Alert on lost leases"],
            id="a heading that a label explains, with boxes",
        ),
        pytest.param(
            "## Action items\n\nTypes:\n\n* Prevent - So that it does not happen again\n* Detect - See it sooner\n\nPriorities:\n\n* P0 - Critical for the release\n* P1 - Important for long\n\n| Action item | Type | Priority |\n|--|--|--|\n| Add an alert | Detect | P0 |",
            ["Add an alert"],
            id="what the table's words mean",
        ),
        pytest.param("## Action items\n\n* P0 - Add an alert\n* P1 - Write a runbook", ["Add an alert", "Write a runbook"], id="priorities as keys"),
        pytest.param(
            "## Lessons and actions\n\n1. **Lesson: the build has to check what it makes.** It didn't.\n   - **Action:** Check the folders after the build",
            ["Check the folders after the build"],
            id="a lesson with its action",
        ),
        pytest.param(
            "## Actions taken\n\n1. ✅ Excluded the slow tests\n2. ⬜ Run the slow tests at night\n3. ☐ Write down which ones are slow",
            ["Run the slow tests at night", "Write down which ones are slow"],
            id="signs as boxes, of which some are open",
        ),
        pytest.param(
            "## Actions taken\n\n1. ⬜ the first node\n2. ⬜ the second node", [], id="signs as boxes, of which none was ticked"
        ),
        pytest.param(
            "## Prevention\n\n### Short term\n\nAdd a check of the files to the deployment:\n\n```sh\ntest -f index.html\n```",
            ["Add a check of the files to the deployment"],
            id="work that code shows",
        ),
        pytest.param(
            "## What changed\n\nThe server was replaced.\n\nOur next priorities are:\n\n- image scanning\n- rotation of secrets",
            ["image scanning", "rotation of secrets"],
            id="a sentence that names work announces its list",
        ),
        pytest.param(
            "## Timeline\n\nThe mitigation actions were:\n\n- restart of the nodes\n- failover of the primary", [], id="but not in the response"
        ),
        pytest.param(
            "## Prevention\n\n- **Linting:** Add a rule against cached actions\n- **Code review:** Check the use of caches\n- **Root cause:** a cached action",
            ["Linting: Add a rule against cached actions", "Code review: Check the use of caches"],
            id="areas of work as labels, and a label that names none",
        ),
        pytest.param("## TODO\n\n### 8:16 PM\n\nSomebody looked.\n\n### 8:20 PM\n\nNobody did.", [], id="times are no work"),
    ],
)  # fmt: skip
def test_what_counts_as_an_item(document: str, expected: list[str]) -> None:
    assert texts(document) == expected


@pytest.mark.parametrize(
    ("document", "done"),
    [
        ("- Audits were carried out across all jobs", True),
        ("- Find out why alerts were delayed", None),
        ("- Alerts that were missed should be repeated", None),
        ("- Add an alert [x]", True),
        ("- :white_check_mark: Add an alert", True),
        ("- :construction: Add an alert", False),
        ("- Turn the job on again\n  - Done in https://github.com/a/b/pull/3", True),
        ("- Turn the job on again (done as of 2026-05-01)", True),
        ("| Action | Bug |\n|--|--|\n| Add an alert | **DONE** |", True),
        ("| Action | Bug |\n|--|--|\n| Add an alert | TODO |", False),
        ("- [ ] The cache is now unused", False),
        ("[ ] The cache is now unused", False),
        ("- [ ] ~~Remove the cache~~", True),
        ("- ⚠️ **Pending:** Watch the logs", False),
        ("- **Design:** We have applied the new theme", True),
        ("- **Design:** Apply the new theme", None),
        ("The lead was called late. We should page two people. (fixed by adding a second one)", True),
    ],
)
def test_what_is_done(document, done):
    [item] = items(f"## Action items\n\n{document}")
    assert item.done is done


@pytest.mark.parametrize(
    "name",
    [
        "Completed action items",
        "Actions completed",
        "Corrective measures already in place",
        "Medidas preventivas implementadas",
        "Mesures correctives mises en place",
        "Umgesetzte Präventivmaßnahmen",
        "Выполненные корректирующие действия",
        "Wdrożone działania zapobiegawcze",
        "已实施的改进措施",
        "実施済みの再発防止策",
        "적용된 재발 방지 대책",
    ],
)
def test_a_section_that_says_done(name: str) -> None:
    [item] = items(f"## {name}\n\n- Add an alert")
    assert item.done is True


@pytest.mark.parametrize(
    "name",
    [
        "Corrective measures not yet implemented",
        "Preventive measures to be put in place",
        "Noch nicht umgesetzte Maßnahmen",
    ],
)
def test_a_section_that_does_not_say_done(name: str) -> None:
    [item] = items(f"## {name}\n\n- Alert on full disks")
    assert item.done is None


@pytest.mark.parametrize(
    ("document", "owner"),
    [
        ("**JP** Move the alert to the other channel", "JP"),
        ("- Platform team: review the design", "Platform team"),
        ("- Plattformsteamet: review the design", "Plattformsteamet"),
        ("- Chaos engineering: add memory pressure tests", None),
        ("- Add a bot `@jo`", "jo"),
        ("- Run `echo @jo` on each host", None),
        ("- Cache the result with `@lru_cache`", None),
        ("- Check every `@Scheduled` in the code", None),
        ("- Review why `@Test` fails on one host", None),
        ("- Add a bot (proposal from @jo)", None),
        ("- Security improvements were made in the pipeline", None),
    ],
)
def test_who_owns_it(document: str, owner: str | None) -> None:
    [item] = items(f"## Action items\n\n{document}")
    assert item.owner == owner


@pytest.mark.parametrize(
    ("document", "links"),
    [
        ("- Pin the version https://github.com/a/b/pull/17/files", ("https://github.com/a/b/pull/17",)),
        ("| ID | Action | Owner |\n|--|--|--|\n| OPS-226 | Pin it | Jo |", ("OPS-226",)),
        ("| ID | Action | Owner |\n|--|--|--|\n| ACT-3 | Pin it | Jo |", ()),
        ("| Action | Issue |\n|--|--|\n| Pin it | [fix](https://github.com/a/b/commit/801d2f) |", ()),
    ],
)
def test_what_tracks_it(document: str, links: tuple[str, ...]) -> None:
    [item] = items(f"## Action items\n\n{document}")
    assert item.links == links


@pytest.mark.parametrize(
    "document",
    [
        "# Postmortem: <short title>\n\n## Action items\n\n- Add an alert",
        "# Postmortem\n\n**Date:** YYYY-MM-DD\n\n## Action items\n\n- Add an alert",
        "# Postmortem\n\n**Fecha del incidente:** DD/MM/AAAA\n\n## Acciones\n\n- Añadir una alerta",
    ],
)
def test_a_template_gives_no_work_and_says_so(document: str) -> None:
    read = parse("p.md", document)
    assert read.items == ()
    assert any("placeholder" in diagnostic.message for diagnostic in read.diagnostics)


@pytest.mark.parametrize(
    "title", ["# Postmortem: <b>late</b> orders", "# [RESOLVED] Late orders", "# `vector<int>` overflow"]
)
def test_markup_in_a_title_makes_no_template(title: str) -> None:
    assert len(parse("p.md", f"{title}\n\n## Action items\n\n- Add an alert").items) == 1


@pytest.mark.parametrize(
    "opening", ["{% include row.html %}", "import Layout from './layout'", "(after a template by others)"]
)
def test_front_matter_names_what_opens_without_a_heading(opening: str) -> None:
    assert parse("p.md", f"---\ntitle: Late orders\n---\n\n{opening}\n\n### Summary\n").title == "Late orders"
