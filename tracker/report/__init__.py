"""What a report says: decided here, once. `tracker.audience` says to whom, `tracker.render` words it.

    Report                 everything, for whoever looks after all of it
    ├── Section            one owner, team or postmortem; then the owners nobody knows; then what has no owner
    │   └── Group          overdue, due soon, ...: an item stands in the first that fits
    ├── Theme              the same work, promised after several incidents
    ├── Standing           one service: how much of what it was promised is open
    └── Progress           one document: how much of what it promised is closed

A report for management has sections without items, and the worst of them apart. An item that belongs to several
sections stands in each, and counts once in the report's totals. Pure: the day and the time are arguments.
"""

from tracker.report.building import build, period_key, selected
from tracker.report.values import (
    Counts,
    Group,
    GroupName,
    Letter,
    Period,
    Progress,
    Promise,
    Report,
    ReportItem,
    ReportKind,
    Section,
    SectionKind,
    Standing,
    Theme,
    Wording,
)

__all__ = [
    "Counts",
    "Group",
    "GroupName",
    "Letter",
    "Period",
    "Progress",
    "Promise",
    "Report",
    "ReportItem",
    "ReportKind",
    "Section",
    "SectionKind",
    "Standing",
    "Theme",
    "Wording",
    "build",
    "period_key",
    "selected",
]
