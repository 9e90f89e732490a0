"""Due dates as a calendar (RFC 5545) that can be subscribed to or imported: an all-day event for each open item.

Events, not to-dos: Google and Outlook leave a VTODO out. An event's UID is made of the item's id, so that a later
calendar moves or drops it; what is closed is simply no longer there. Two that are made within a minute of each other
have the same SEQUENCE. No event reminds anybody, nor makes them busy.
"""

from __future__ import annotations

from datetime import UTC, timedelta

from icalendar import Calendar, Event, vDuration

from tracker.render import escape, words
from tracker.report import Report, ReportItem

_REFRESH = timedelta(hours=12)
_BEGINNING = 1_577_836_800  # 2020-01-01: SEQUENCE has to fit into 31 bits for long


def render(report: Report) -> str:
    """The calendar; its lines end in CRLF, as the format demands."""
    name = escape.plain(words.heading(report))
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Closeout//Corrective actions//EN")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")  # without it Outlook asks whom to answer
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", _REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", vDuration(_REFRESH))
    for item in report.due_items:
        calendar.add_component(_event(item, report))
    text: bytes = calendar.to_ical()
    return text.decode()


def _event(item: ReportItem, report: Report) -> Event:
    event = Event()
    event.add("uid", f"{item.id}@closeout")
    event.add("dtstamp", report.now.astimezone(UTC))
    event.add("last-modified", (report.as_of or report.now).astimezone(UTC))
    event.add("sequence", int(report.now.timestamp() - _BEGINNING) // 60)
    if item.due:
        event.add("dtstart", item.due)
        event.add("dtend", item.due + timedelta(days=1))
    event.add("summary", escape.plain(item.text))
    event.add("description", "\n".join(map(escape.plain, _facts(item))))
    if address := escape.url(item.issue_url) or escape.url(item.document_url):
        event.add("url", address)
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("x-microsoft-cdo-busystatus", "FREE")
    event.add("categories", ["Corrective action", *sorted(flag.value for flag in item.flags)])
    return event


def _facts(item: ReportItem) -> list[str]:
    """What there is to know of an item, a line for each."""
    facts = {
        "Owner": words.owners(item),
        "Due": words.day(item),
        "Priority": item.priority,
        "Issue": f"{item.issue} {escape.url(item.issue_url) or ''}" if item.issue else "none yet",
        "Promised in": f"{item.document_title}, line {item.line} {escape.url(item.document_url) or ''}",
        "Note": words.marks(item),
    }
    return [f"{name}: {value}" for name, value in facts.items() if value]
