"""A report as CSV for spreadsheets: one row for each item of each section (for management, of the worst)."""

from __future__ import annotations

import csv
import io

from tracker.render import escape
from tracker.report import GroupName, Report, ReportItem, Theme

_COLUMNS = (
    "section",
    "owner",
    "group",
    "item",
    "text",
    "kind",
    "state",
    "priority",
    "due",
    "due_in_document",
    "days_overdue",
    "days_left",
    "flags",
    "issue",
    "issue_url",
    "issue_gone",
    "work",
    "promised_before",
    "document",
    "document_path",
    "line",
    "document_url",
    "owner_in_document",
)


def render(report: Report) -> str:
    """The rows, with a header line. No cell starts as a formula does; overdue days have a column without a minus."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    before = {each.id: theme for theme in report.themes for each in theme.promises}
    for item in report.worst:
        writer.writerow(["worst", "", GroupName.OVERDUE.value, *_cells(item, before.get(item.id))])
    for section in report.sections:
        owner = section.owner.name if section.owner else ""
        for group in section.groups:
            for item in group.items:
                cells = _cells(item, before.get(item.id))
                writer.writerow([section.kind.value, escape.cell(owner), group.name.value, *cells])
    return out.getvalue()


def _cells(item: ReportItem, theme: Theme | None) -> list[str]:
    late = item.days_left is not None and item.days_left < 0
    values = (
        item.id,
        item.text,
        item.kind.value,
        item.state.value,
        item.priority,
        item.due.isoformat() if item.due else item.due_words,
        item.document_due.isoformat() if item.document_due else item.due_words,
        None if item.days_left is None or not late else str(-item.days_left),
        None if item.days_left is None or late else str(item.days_left),
        " ".join(sorted(item.flags)),
        item.issue,
        escape.url(item.issue_url),
        item.gone.kind.value if item.gone else None,
        escape.url(item.work),
        "; ".join(dict.fromkeys(each.document_title for each in theme.promises if each.document != item.document))
        if theme
        else None,
        item.document_title,
        item.document_path,
        str(item.line),
        escape.url(item.document_url),
        item.owner,
    )
    return [escape.cell(value or "") for value in values]
