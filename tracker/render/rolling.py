"""What a report's rolling issue says: the managed block, in Markdown, of what is open now at one target.

It calls nobody by name: one list that mentions everybody whose item is open would disturb all of them with each change
of any, and who is assigned to an item's own issue is told by the tracker. And it holds no count of days and no "as of":
a text that changes by itself would be written each day.
"""

from __future__ import annotations

from tracker.draft import shorten
from tracker.render import escape, words
from tracker.render.markdown import link
from tracker.report import GroupName, Report, ReportItem
from tracker.rolling import Listed, What

DONE = {
    What.OPEN: "opened",
    What.REWRITE: "rewritten",
    What.REOPEN: "opened again",
    What.CLOSE: "closed, as nothing is open",
}
"""What was done to it, for people."""

_LONGEST = 200
"""Characters of an item's text, or a document's title, in a row; the item's issue has all of it."""

_HEADER = ("| Item | Owner | Due | Issue | Document |", "| --- | --- | --- | --- | --- |")
_FOOTER = (
    "_Closeout rewrites this list when something in it changes, and mentions nobody here. Close this issue and it "
    "stays closed; what you write outside of the block stays yours._"
)
_NOTHING = "Nothing is open. Closeout closed this issue, and opens it again when something is."


def done(what: What, twins: int) -> str:
    """What was, or would be, done to it: `rewritten; 1 duplicate of it closed`."""
    closed = f"{twins} duplicate{'' if twins == 1 else 's'} of it closed" if twins else ""
    return "; ".join(filter(None, (DONE.get(what, ""), closed)))


def told(report: Report, there: Listed, room: int) -> tuple[str, str]:
    """The block, of at most `room` characters, and its essence: the same without the documents' addresses.

    These name a revision, which is another one with every commit. Of nothing the essence is empty.
    """
    if not there:
        return _NOTHING, ""
    everything = [(name, item) for name, items in there.items() for item in items]
    overdue = len(there.get(GroupName.OVERDUE, ()))
    late = f", {overdue} of them overdue" if overdue else ""
    number = len(everything)
    are = "action item of the postmortems is" if number == 1 else "action items of the postmortems are"
    head = f"{number} {are} open{late}. Each has an issue of its own: close that one when it is done."
    left = room - len(head) - len(_FOOTER) - len(f"\n\n{_more(report, number)}\n\n")
    block, essence = [head], [head]
    before = None
    for place, (name, item) in enumerate(everything):
        title = () if name is before else ("", f"### {words.GROUPS[name]} ({len(there[name])})", "", *_HEADER)
        lines = (*title, _row(item, name))
        left -= sum(len(line) + 1 for line in lines)
        if left < 0:
            block += ["", _more(report, number - place)]
            break
        block += lines
        essence += (*title, _row(item, name, linked=False))
        before = name
    return "\n".join((*block, "", _FOOTER)), "\n".join(essence)


def _more(report: Report, number: int) -> str:
    return f"_{escape.markdown(words.more(number, report))}_"


def _row(item: ReportItem, group: GroupName, *, linked: bool = True) -> str:
    text = escape.markdown(shorten(escape.plain(item.text), _LONGEST))
    if marks := words.marks(item, group):
        text += f" · {link(marks, item.work)}"
    if item.gone:
        text += f" · {escape.markdown(words.gone(item))}"
    due = escape.markdown(words.day(item) or words.when(item))
    document = link(shorten(escape.plain(item.document_title), _LONGEST), item.document_url if linked else None)
    return f"| {text} | {escape.markdown(words.owners(item))} | {due} | {_reference(item)} | {document} |"


def _reference(item: ReportItem) -> str:
    """The item's issue as its own target shows it as a link: `#12` where issues are numbered, else an address."""
    key = item.issue or ""
    number = key.rpartition("#")[2]
    return f"#{number}" if "#" in key and number.isdigit() else link(key, item.issue_url)
