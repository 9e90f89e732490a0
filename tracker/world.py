"""What a plan is made of: both sides of one target as they are known. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from connectors import Issue, IssueRef
from tracker.draft import TargetFacts, is_secret
from tracker.identity import Doubt
from tracker.model import Gone, Item, JournalEntry, KnownDocument, Link
from tracker.offers import open_in


@dataclass(frozen=True, slots=True)
class World:
    """What a plan is made of, for one target.

    `issues` are those read now, by key; `named` the issues that references in documents mean; `in_doubt` the journalled
    creates that nobody knows the outcome of; `chosen` the issues that a person took for items, by item. `gone` tells of
    issues, by key, that were looked for just now and are not there; `followed` holds, by item, those of them that are
    in another target. `undecided` are the items that a text in doubt could be, told by whichever target: they are as
    they were last known, not as their documents are now.
    """

    target: TargetFacts
    items: Sequence[Item]
    documents: Mapping[str, KnownDocument]
    links: Mapping[str, Link]
    issues: Mapping[str, Issue]
    in_doubt: Sequence[JournalEntry] = ()
    doubts: Sequence[Doubt] = ()
    named: Mapping[str, IssueRef] = field(default_factory=dict)
    chosen: Mapping[str, Issue] = field(default_factory=dict)
    gone: Mapping[str, Gone] = field(default_factory=dict)
    followed: Mapping[str, Issue] = field(default_factory=dict)
    undecided: AbstractSet[str] = frozenset()

    def open_issues(self) -> int:
        """How many of this target's issues that belong to items are open, links or not."""
        known = {link.ref.key: link.issue for link in self.links.values() if link.ref.target == self.target.name}
        known |= {key: issue for key, issue in self.issues.items() if issue.marker is not None or key in known}
        return sum(not issue.state.closed for issue in known.values())

    def is_secret(self, item: Item, allowed: Sequence[str]) -> bool:
        """Whether a private document's words must not reach this target, which is none of the public ones `allowed`.

        Whether it is public is asked before anything is written.
        """
        return is_secret(self.documents[item.document], self.target, allowed)

    def there(self, adopted: Mapping[str, Link]) -> dict[str, Link]:
        """The links into this target, these new ones included, whose issues can be reached."""
        return {
            item: link
            for item, link in {**self.links, **adopted}.items()
            if link.ref.target == self.target.name
            if not ((gone := self.gone.get(link.ref.key, link.gone)) and gone.kind.out_of_reach)
        }

    def open_tie(self, adopted: Mapping[str, Link]) -> Callable[[str], Link | None]:
        """What gives an item's link, these new ones included, if its issue is open here, as it was read now."""
        links = {**self.links, **adopted}

        def tie(item: str) -> Link | None:
            if (link := links.get(item)) is not None:
                issue = self.issues.get(link.ref.key, link.issue)
                link = replace(link, issue=issue, gone=self.gone.get(link.ref.key, link.gone))
            return link if open_in(self.target.name, link) else None

        return tie
