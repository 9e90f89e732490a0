"""What issues tell and documents don't say yet: the wishes of items, by document. Pure.

| the item                                         | its document                  | wished                            |
| ------------------------------------------------ | ----------------------------- | --------------------------------- |
| has an issue                                     | does not name it              | its link                          |
| its issue is done                                | has an open check box         | `[x]`                             |
| its issue was reopened, and has the say in that  | has a ticked check box        | `[ ]`                             |
| left its document, was set aside by a person     |                               | nothing                           |
| its issue is gone                                |                               | nothing, until somebody decides   |
| the document's side is not on the issue yet      |                               | no mark: the document has the say |
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from connectors import IssueRef, IssueState
from tracker.model import Item, ItemState, KnownDocument, Link
from tracker.settings import PolicySettings

_LABEL = re.compile(r"[\w#/.!-]+", re.ASCII)
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&+,;=%-]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """How a document names an issue: `label` is what people read, `url` where it leads (empty: the label alone)."""

    label: str
    url: str = ""

    @property
    def told(self) -> str:
        """What the parser gives back for it."""
        return self.url or self.label


NEW_ISSUE = Reference("#1", "https://issue.invalid/issues/1")
"""Stands in a plan for the issue that is yet to be opened."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the document shall say of one item: the link of its issue, its check mark, or both."""

    item: Item
    link: Reference | None = None
    done: bool | None = None


def reference_to(ref: IssueRef) -> Reference | None:
    """How documents name this issue; None where its key or address would not survive in Markdown."""
    label = f"#{ref.number}" if ref.url and ref.key.endswith(f"#{ref.number}") else ref.key
    if not _LABEL.fullmatch(label) or (ref.url and not _ADDRESS.fullmatch(ref.url)):
        return None
    return Reference(label, ref.url)


def wishes(
    items: Iterable[Item],
    links: Mapping[str, Link],
    documents: Mapping[str, KnownDocument],
    policy: PolicySettings,
    names: Callable[[Item, IssueRef], bool],
    ticked: Callable[[Item], bool],
) -> dict[str, list[Wish]]:
    """What the documents lack, by their keys; items in the order of their lines.

    Args:
        items: the known items.
        links: their issues.
        documents: the known documents; those that left want nothing.
        policy: who has the say over an item's state.
        names: whether the item's document names this issue in any of the ways in which its target is named.
        ticked: whether it was Closeout that ticked the item (asked about people's own issues only).
    """
    wanted: defaultdict[str, list[Wish]] = defaultdict(list)
    for item in sorted(items, key=lambda item: (item.document, item.line, item.ordinal, item.id)):
        link = links.get(item.id)
        if link is None or not documents[item.document].present or not _is_live(item, link):
            continue
        reference = None if names(item, link.ref) else reference_to(link.ref)
        done = _mark(item, link, policy, ticked)
        if reference is not None or done is not None:
            wanted[item.document].append(Wish(item, reference, done))
    return dict(wanted)


def _is_live(item: Item, link: Link) -> bool:
    """False for an item that nobody works on here any more, and for one whose issue can't be reached."""
    left = item.ignored or item.state in (ItemState.REMOVED, ItemState.IGNORED)
    return not left and not item.parted_from(link.ref) and not (link.gone and link.gone.kind.out_of_reach)


def _mark(item: Item, link: Link, policy: PolicySettings, ticked: Callable[[Item], bool]) -> bool | None:
    """The check mark that the issue asks for; None when the document's is right, or is not the issue's to change."""
    if item.done is None:
        return None  # no box: a box is always ticked or not
    agreed_on = link.base.get("document", {})
    if agreed_on.get("state") != ("done" if item.done else "open"):
        return None  # what the document says has not reached the issue yet
    if not item.done and link.issue.state is IssueState.DONE and item.state is ItemState.DONE:
        return True
    reopened = item.done and link.issue.state is IssueState.OPEN and item.state is ItemState.OPEN
    if reopened and policy.state_authority == "target" and ("content" in agreed_on or ticked(item)):
        # An issue of people's own that was open when the document named it was not reopened.
        return False
    return None
