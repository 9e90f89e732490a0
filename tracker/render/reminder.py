"""The comment by which an issue's own readers are reminded that it is overdue."""

from __future__ import annotations

import re

from tracker.render import escape, words
from tracker.report import Report, ReportItem

OURS = "<!-- closeout:said "
"""How the mark of each of them begins."""


def mark(report: Report, item: str) -> str:
    """What no reader sees, and by which the comment of this period is recognised."""
    name = re.sub(r"[^\w.]+", "-", report.name)
    return f"{OURS}overdue {item} {name} {report.period_key} -->"


def comment(report: Report, item: ReportItem) -> str:
    """The comment, in Markdown. It calls nobody by name: who is assigned or watches is told by the tracker."""
    place = escape.url(item.document_url)
    title = escape.markdown(item.document_title)
    period = _PERIODS.get(report.period, "period")
    document = f"[{title}]({place})" if place else f"“{title}”"
    return (
        f"This action item is {escape.markdown(words.when(item))} (due {escape.markdown(words.day(item))}). "
        f"It was promised in {document}. Close the issue when it is done; if it needs more time, say so with "
        "`closeout extend` or in the postmortem.\n\n"
        f"_Closeout says this at most once in each {period} while the item is overdue._\n\n"
        f"{mark(report, item.id)}"
    )


_PERIODS = {"daily": "day", "weekly": "week", "monthly": "month"}
