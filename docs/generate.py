"""Writes what the documentation takes from the program itself: settings, schemas, stories, pictures.

    python docs/generate.py            write all of it
    python docs/generate.py --check    exit 1 if anything differs from what stands there

A test runs the check. Times and folders are fixed, so the same program always writes the same.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from json import dumps
from pathlib import Path

from pydantic import BaseModel
from rich.console import Console
from rich.text import Text

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

import a_rolling_issue  # noqa: E402 - beside this file
import an_issue  # noqa: E402 - beside this file

from tracker.render import (  # noqa: E402 - the checkout's own
    decisions,
    deliveries,
    doctor,
    explain,
    history,
    issues,
    item,
    json,
    lint,
    metrics,
    parse,
    people,
    plan,
    review,
    schedule,
    settings,
    status,
)

OUTPUTS = {
    "parse": parse.ParseOutput,
    "explain": explain.ExplainOutput,
    "lint": lint.LintOutput,
    "plan": plan.PlanOutput,
    "sync": plan.SyncOutput,
    "status": status.StatusOutput,
    "status-item": item.ItemOutput,
    "history": history.HistoryOutput,
    "decision": decisions.DecisionOutput,
    "review": review.ReviewOutput,
    "report": json.ReportDocument,
    "metrics": metrics.MetricsOutput,
    "delivery": deliveries.DeliveriesOutput,
    "issues": issues.IssuesOutput,
    "people": people.PeopleOutput,
    "people-import": people.ImportedOutput,
    "doctor": doctor.DoctorOutput,
    "schedule": schedule.ScheduleOutput,
}

PICTURED_AT = "2026-11-23T09:00:00+00:00"


def main() -> int:
    """Write or check."""
    made = {
        "docs/settings.md": settings.reference(),
        "config/closeout.schema.json": settings.schema(),
        "config/closeout.example.toml": settings.example(),
        **{f"docs/schemas/{name}.json": schema(model) for name, model in OUTPUTS.items()},
        "docs/life.md": Life().told(),
        "docs/plan-comment.md": PlanComment().told(),
        "docs/issue.md": an_issue.told(Life.FIRST),
        "docs/reports.md": a_rolling_issue.put_into((TOP / "docs/reports.md").read_text("utf-8"), Life, closeout),
        "docs/images/demo.svg": picture(),
    }
    stale = [name for name, text in made.items() if not _stands(TOP / name, text)]
    if "--check" in sys.argv:
        for name in stale:
            sys.stderr.write(f"{name} is not what the program makes; run: make docs\n")
        return 1 if stale else 0
    for name in stale:
        (TOP / name).parent.mkdir(parents=True, exist_ok=True)
        (TOP / name).write_text(made[name], "utf-8")
        sys.stdout.write(f"wrote {name}\n")
    return 0


def schema(model: type[BaseModel]) -> str:
    """The JSON Schema of what a command prints with `--format json`."""
    made = model.model_json_schema(mode="serialization")
    return dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **made}, indent=2) + "\n"


def _stands(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text("utf-8") == text


def closeout(folder: Path, line: str, now: str, *, colour: bool = False, columns: int = 110) -> str:
    """What `closeout LINE` prints in `folder` at that time, standard error included."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CLOSEOUT_", "GITHUB_"))}
    environment |= {"CLOSEOUT_NOW": now, "COLUMNS": str(columns), "PYTHONPATH": str(TOP), "TERM": "xterm-256color"}
    environment |= {"FORCE_COLOR": "1", "COLORTERM": "truecolor"} if colour else {"NO_COLOR": "1"}
    command = [sys.executable, "-m", "tracker", *re.findall(r'"[^"]*"|\S+', line)]
    done = subprocess.run(  # noqa: S603 - our own program
        [word.strip('"') for word in command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return "\n".join(row.rstrip() for row in done.stdout.splitlines()) + "\n"


def picture() -> str:
    """The terminal after `make demo`, as SVG: one sync and its report on the examples."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _copy_examples(folder)
        console = Console(record=True, width=110, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
        for line, keep in (("sync", 34), ("status --is overdue,due-soon,unowned", 30)):
            console.print(Text.assemble(("$ ", "bold green"), (f"closeout {line}", "bold")))
            rows = closeout(folder, line, PICTURED_AT, colour=True, columns=108).splitlines()
            shown = rows if len(rows) <= keep else [*rows[: keep - 1], "    …"]
            console.print(Text.from_ansi("\n".join(shown)))
        svg = console.export_svg(title="closeout", unique_id="closeout-demo")
        # The fonts of Rich's template would come from the web; any monospaced one does.
        return re.sub(r"@font-face\s*\{.*?\}\s*", "", svg, flags=re.DOTALL)


def _copy_examples(folder: Path) -> None:
    (folder / "postmortems").mkdir()
    for file in sorted((TOP / "examples/postmortems").iterdir()):
        (folder / "postmortems" / file.name).write_bytes(file.read_bytes())
    (folder / "closeout.toml").write_bytes((TOP / "examples/closeout.toml").read_bytes())


class PlanComment:
    """What a plan looks like on a pull request."""

    HEAD = """\
# The plan on a pull request

`closeout plan --comment NUMBER` keeps one comment on the pull request that changes a postmortem. It says what merging
would do; each further push rewords it, and what people say there stays. Where the plan has nothing to do no comment is
made. The repository is that of `[write_back]` in the settings, else git's `origin`; the token needs *Pull requests:
read and write*. `closeout init --ci github` writes a workflow with it.

Made by `make docs`. After this postmortem was synced

```markdown
@before@
```

somebody opens a pull request with

```diff
@change@
```

and this comment stands there:

---

"""

    def told(self) -> str:
        """The page, with the real comment."""
        before = Life.FIRST.split("## Action items")[1].strip()
        old = "| Load-test the checkout before every campaign | Priya Natarajan | 2026-12-11 | P2 |"
        new = old.replace("every campaign", "every campaign and every sale").replace("2026-12-11", "2026-12-04")
        more = "| Cap the connections of batch jobs | Jo Smith | 2026-12-04 | P1 |"
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "postmortems").mkdir()
            (folder / "closeout.toml").write_text(Life.SETTINGS, "utf-8")
            file = folder / "postmortems/2026-11-02-checkout.md"
            file.write_text(Life.FIRST, "utf-8")
            closeout(folder, "sync", "2026-11-09T10:00:00+00:00")
            file.write_text(f"{Life.FIRST.replace(old, new)}{more}\n", "utf-8")
            comment = closeout(folder, "plan --format markdown", "2026-11-12T10:00:00+00:00")
        change = f"-{old}\n+{new}\n+{more}"
        return self.HEAD.replace("@before@", before).replace("@change@", change) + comment


class Life:
    """Three revisions of one postmortem, an issue closed by hand, a person renamed: what one sees."""

    FIRST = """\
# Checkout was down for 40 minutes

- **Date:** 2026-11-02
- **Severity:** SEV1

## What happened

The database ran out of connections after a campaign mail.

## Action items

| Action | Owner | Due | Priority |
| --- | --- | --- | --- |
| Alert when the connection pool is 80 % used | Jo Smith | 2026-11-20 | P1 |
| Load-test the checkout before every campaign | Priya Natarajan | 2026-12-11 | P2 |
| Write a runbook for failing over the database | | | P2 |
"""
    SETTINGS = """\
target = "local"

[targets.local]
kind = "local"

[people.jo]
name = "Jo Smith"
email = "jo@example.com"

[people.priya]
name = "Priya Natarajan"
email = "priya@example.com"
"""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def told(self) -> str:
        """The story with every command's real output."""
        with tempfile.TemporaryDirectory() as name:
            self.folder = Path(name)
            (self.folder / "postmortems").mkdir()
            (self.folder / "closeout.toml").write_text(self.SETTINGS, "utf-8")
            self._live()
        return "\n".join(self.lines).rstrip() + "\n"

    def _live(self) -> None:
        self._say("# The life of a postmortem", "")
        self._say("Made by `make docs`: every output below is the program's own.", "")
        self._say("## Monday: the postmortem is merged", "", "```markdown", *self.FIRST.splitlines(), "```", "")
        self._write(self.FIRST)
        self._run("sync", "2026-11-09T10:00:00+00:00")
        self._say("Three issues, two assigned. A second run has nothing to do:", "")
        self._run("sync", "2026-11-09T10:05:00+00:00")

        self._say("## Thursday: the second revision rewords one item and adds another", "")
        second = self.FIRST.replace("connection pool is 80 % used", "connection pool is more than 70 % used")
        second = second.rstrip("\n") + "\n| Cap the connections of batch jobs | Jo Smith | 2026-12-04 | P1 |\n"
        self._write(second)
        self._say("`plan` shows it first, and writes nothing:", "")
        self._run("plan", "2026-11-12T10:00:00+00:00")
        self._run("sync", "2026-11-12T10:01:00+00:00")

        self._say("## The week after: somebody closes an issue, and the runbook is given up", "")
        self._run("issues close 2", "2026-11-16T15:00:00+00:00")
        self._run("issues close 3 --as wont-do", "2026-11-16T15:01:00+00:00")
        self._run("sync", "2026-11-16T16:00:00+00:00")
        self._say("Won't do is not done: it stays a state of its own, here and in every report.", "")

        self._say("## The third revision drops the batch jobs; and Jo Smith is now Jo Miller", "")
        self._write("\n".join(line for line in second.splitlines() if "batch jobs" not in line) + "\n")
        settings_text = self.SETTINGS.replace('name = "Jo Smith"', 'name = "Jo Miller"\naliases = ["Jo Smith"]')
        (self.folder / "closeout.toml").write_text(settings_text, "utf-8")
        self._say(
            "The document still says Jo Smith; the people book keeps the old name as an alias. The issue of the",
            "dropped item is not closed behind anybody's back: it is told, once.",
            "",
        )
        self._run("sync", "2026-11-23T09:00:00+00:00")
        self._run("issues show 4", "2026-11-23T09:01:00+00:00")
        self._say("## Somebody needs more time", "", "The document keeps its date; the later one counts:", "")
        self._run('extend #1 2026-12-18 --by "Jo Miller" --reason "waits for the vendor"', "2026-11-23T09:01:10+00:00")
        self._run("sync", "2026-11-23T09:01:30+00:00")
        self._say("## Where things stand", "")
        self._run("status", "2026-11-23T09:02:00+00:00")
        self._run("history #1", "2026-11-23T09:03:00+00:00")
        self._say("## The store is lost", "")
        self._say("Say a fresh machine runs the next sync. The issues' own markers give everything back:", "")
        for file in self.folder.glob("closeout.db*"):
            file.unlink()
        self._run("sync", "2026-11-23T10:00:00+00:00")
        self._run("sync", "2026-11-23T10:01:00+00:00")

    def _say(self, *lines: str) -> None:
        self.lines += lines

    def _write(self, text: str) -> None:
        (self.folder / "postmortems/2026-11-02-checkout.md").write_text(text, "utf-8")

    def _run(self, line: str, now: str) -> None:
        output = closeout(self.folder, line, now).rstrip().splitlines()
        self._say("```console", f"$ closeout {line}", *output, "```", "")


if __name__ == "__main__":
    sys.exit(main())
