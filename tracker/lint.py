"""What an author should mend before a postmortem is merged: items that nobody could be held to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tracker.model import Kind, ParsedDocument, ParsedItem
from tracker.people import PeopleBook


class Rule(StrEnum):
    """What can be wrong with an item or a document."""

    NO_OWNER = "no-owner"
    UNKNOWN_OWNER = "unknown-owner"
    NO_DUE = "no-due"
    UNCLEAR_DUE = "unclear-due"
    NO_VERB = "no-verb"
    NO_ITEMS = "no-items"
    UNCLEAR = "unclear"


EXPLAINED = {
    Rule.NO_OWNER: "An item that belongs to nobody is done by nobody.",
    Rule.UNKNOWN_OWNER: "The people book does not have this name, so nobody is assigned or reminded.",
    Rule.NO_DUE: "Without a due date nothing is ever overdue.",
    Rule.UNCLEAR_DUE: "The due date could not be read as a day, so nobody is reminded of it.",
    Rule.NO_VERB: "The item names a thing, and does not say what is to be done.",
    Rule.NO_ITEMS: "The document promises nothing, or in a way that is not understood.",
    Rule.UNCLEAR: "Something could not be read for certain.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `line` is 1-based."""

    rule: Rule
    path: str
    line: int
    message: str
    advice: str


def lint(
    documents: Iterable[ParsedDocument],
    book: PeopleBook | None,
    verbless: Callable[[ParsedDocument, ParsedItem], bool] = lambda _document, _item: False,
) -> list[Finding]:
    """What is to be mended in `documents`, in their order.

    Args:
        documents: as the parser read them.
        book: who is known; without one no name is unknown.
        verbless: whether an item's words certainly hold no verb.
    """
    return [finding for document in documents for finding in sorted(_document(document, book, verbless), key=_place)]


def _place(finding: Finding) -> tuple[int, str]:
    return finding.line, finding.rule


def _document(
    document: ParsedDocument, book: PeopleBook | None, verbless: Callable[[ParsedDocument, ParsedItem], bool]
) -> Iterator[Finding]:
    for diagnostic in document.diagnostics:
        yield Finding(
            Rule.UNCLEAR, document.path, diagnostic.line, diagnostic.message, "Write it so that it can be read."
        )
    if not document.items and not document.diagnostics:
        advice = "List the action items under a heading such as “Action items”."
        yield Finding(Rule.NO_ITEMS, document.path, 1, "no action items found", advice)
    for item in document.items:
        # What is done needs nobody; a general statement needs no date of its own.
        if not item.done:
            yield from _item(document.path, item, book)
            if item.kind is Kind.TASK and verbless(document, item):
                advice = "Say what is to be done: “Add …”, “Test …”."
                yield Finding(Rule.NO_VERB, document.path, item.line, f"no verb: {item.text}", advice)


def _item(path: str, item: ParsedItem, book: PeopleBook | None) -> Iterator[Finding]:
    if not (item.owner or "").strip():
        yield Finding(Rule.NO_OWNER, path, item.line, f"no owner: {item.text}", "Name who sees to it: (owner: NAME).")
    elif book is not None and (unknown := book.resolve(item.owner).unknown):
        advice = "Add the name, or this spelling as an alias, to [people] in closeout.toml."
        yield Finding(Rule.UNKNOWN_OWNER, path, item.line, f"unknown owner {', '.join(unknown)}: {item.text}", advice)
    if item.kind is Kind.IMPROVEMENT or item.due_date is not None:
        return
    if item.due:
        said = f"due “{item.due}” is no certain day: {item.text}"
        yield Finding(Rule.UNCLEAR_DUE, path, item.line, said, "Write a date: (due: 2026-12-01).")
    else:
        yield Finding(Rule.NO_DUE, path, item.line, f"no due date: {item.text}", "Say by when: (due: 2026-12-01).")
