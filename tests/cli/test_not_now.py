"""`closeout report --send`: who would get what, why, and why not now."""

import json

from workplace import SETTINGS, postmortem

LADDER = """
[escalation]
team_after = 7
manager_after = 21
[working_hours]
hours = "10:00-16:00"
"""


def test_a_dry_run_says_who_would_get_what_why_and_why_not_now(closeout, folder):
    jo = '[people.jo]\nname = "Jo Smith"\nteam = "dba"\nmanager = "maria"\n'
    maria = '[people.maria]\nname = "Maria Gomez"\ntimezone = "Europe/Madrid"\nemail = "maria@example.com"\n'
    text = SETTINGS.replace('[people.jo]\nname = "Jo Smith"\n', jo)
    text = text.replace('[people.maria]\nname = "Maria Gomez"\n', maria)
    (folder / "closeout.toml").write_text(text + LADDER, "utf-8")
    lines = ("Write a runbook (owner: Jo Smith, due: 2026-11-01)", "Test restores (owner: Jo Smith, due: 2026-11-13)")
    (folder / "postmortems" / "a.md").write_text(postmortem(*lines), "utf-8")
    closeout("sync")
    code, out, err = closeout("report", "--send", "--dry-run", "--format", "json")
    assert code == 0
    told = {each["recipient"]: each for each in json.loads(out)["deliveries"]}
    assert {key: each["outcome"] for key, each in told.items()} == {
        "jo": "held-back",
        "maria": "would-send",
        "dba": "held-back",
    }
    assert (told["jo"]["detail"], told["jo"]["again_at"]) == (
        "outside working hours (10:00-16:00)",
        "2026-11-23T10:00:00Z",
    )
    assert "because you manage Jo Smith, whose item is 22 days overdue." in told["maria"]["why"], "it is ten in Madrid"
    assert "`closeout serve` does it" in err
    _, table, _ = closeout("report", "--send", "--dry-run")
    assert "not before Mon 2026-11-23 10:00 UTC" in " ".join(table.split())


def test_steps_in_the_wrong_order_are_refused(closeout, folder):
    (folder / "closeout.toml").write_text(f"{SETTINGS}[escalation]\nteam_after = 7\nmanager_after = 3\n", "utf-8")
    code, _, err = closeout("report")
    assert code == 2
    assert "manager_after (3) must be more than team_after (7)" in err
