"""The face of rendering: a report to each of its formats. No rules here; `tracker.report` made them."""
# ruff: noqa: PLC0415 - a format is imported when it is asked for: `closeout status` need not wait for a template engine

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.report import Letter, Report

__all__ = ["ReportFormat", "render_letter", "render_report"]


class ReportFormat(StrEnum):
    """What a report can be written as."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    CSV = "csv"
    ICS = "ics"


def render_report(report: Report, fmt: ReportFormat) -> str:
    """`report` as one text, ending in a line break; without colours (`text.print_report` colours a terminal).

    Raises:
        UsageError: the user's own template for this format is broken.
    """
    match fmt:
        case ReportFormat.TEXT:
            from tracker.render import text

            return text.render(report)
        case ReportFormat.MARKDOWN:
            from tracker.render import markdown

            return markdown.render(report)
        case ReportFormat.HTML:
            from tracker.render import html

            return html.render(report)
        case ReportFormat.JSON:
            from tracker.render import json

            return json.render(report)
        case ReportFormat.CSV:
            from tracker.render import csv

            return csv.render(report)
        case ReportFormat.ICS:
            from tracker.render import calendar

            return calendar.render(report)


def render_letter(report: Report) -> Letter:
    """`report`, one recipient's part, as a mail: subject, plain text and HTML.

    Raises:
        UsageError: a template of the user's own is broken.
    """
    from tracker.render import mail

    return mail.letter(report)
