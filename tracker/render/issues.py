"""What `closeout issues` prints: issues of the embedded tracker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal

from rich import box
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from connectors import Comment, Issue, IssueState
from tracker.render import escape
from tracker.render.wire import Wire
from tracker.render.wording import stamp
from tracker.rolling import is_rolling

_STATES = {
    IssueState.OPEN: ("open", "yellow"),
    IssueState.DONE: ("done", "green"),
    IssueState.WONT_DO: ("won't do", "blue"),
    IssueState.DUPLICATE: ("duplicate", "blue"),
}


class IssueWire(Wire):
    """One issue."""

    key: str
    title: str
    state: IssueState
    assignees: tuple[str, ...]
    labels: tuple[str, ...]
    due: date | None
    priority: str | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    item: str | None
    body: str


class IssuesOutput(Wire):
    """`closeout issues list --format json`."""

    version: Literal[1] = 1
    issues: tuple[IssueWire, ...]


def to_json(issues: Iterable[Issue]) -> str:
    """The issues as JSON, ending in a line break."""
    return IssuesOutput(issues=tuple(_wire(issue) for issue in issues)).model_dump_json(indent=2) + "\n"


def print_table(issues: Sequence[Issue], console: Console) -> None:
    """The issues for people."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    for name in ("Issue", "State", "Due"):
        table.add_column(name, no_wrap=True)
    table.add_column("Assignees", max_width=18)
    table.add_column("Title", ratio=1)
    for issue in issues:
        word, style = _STATES[issue.state]
        due = issue.due.isoformat() if issue.due else ""
        people = ", ".join(sorted(issue.assignees))
        table.add_row(issue.ref.key, Text(word, style), due, *(Text(escape.plain(t)) for t in (people, issue.title)))
    console.print(table)


def print_issue(issue: Issue, comments: Sequence[Comment], console: Console) -> None:
    """One issue for people."""
    word, style = _STATES[issue.state]
    console.print(
        Text.assemble((f"{issue.ref.key} ", "bold"), (escape.plain(issue.title), "bold"), ("  " + word, style))
    )
    facts = {
        "Assignees": ", ".join(sorted(issue.assignees)),
        "Labels": ", ".join(sorted(issue.labels)),
        "Due": issue.due.isoformat() if issue.due else "",
        "Priority": issue.priority or "",
        "Opened": stamp(issue.created_at),
        "Closed": stamp(issue.closed_at) if issue.closed_at else "",
    }
    for name, value in facts.items():
        if value:
            console.print(Text.assemble((f"{name}: ", "dim"), escape.plain(value)))
    console.print()
    console.print(Markdown(issue.managed if issue.managed is not None else issue.body))
    for comment in comments:
        console.print(Text(f"\n{comment.author}, {stamp(comment.created_at)}", style="dim"))
        console.print(Markdown(comment.body))


def _wire(issue: Issue) -> IssueWire:
    return IssueWire(
        key=issue.ref.key,
        title=issue.title,
        state=issue.state,
        assignees=tuple(sorted(issue.assignees)),
        labels=tuple(sorted(issue.labels)),
        due=issue.due,
        priority=issue.priority,
        created_at=issue.created_at,
        updated_at=issue.updated_at,
        closed_at=issue.closed_at,
        item=issue.marker.item if issue.marker and not is_rolling(issue.marker) else None,
        body=issue.body,
    )
