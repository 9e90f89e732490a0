"""`closeout review`: what only a person can tell. Needs no target.

Which known item a reworded one is, of several; and whether what is promised again is the work of an open issue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tracker.actions import Offer
from tracker.app.reading import Reading, read
from tracker.decisions import Saying, Verdict, decided
from tracker.errors import UsageError
from tracker.identity import Doubt, Identified, identify
from tracker.model import Item, KnownDocument, Link
from tracker.offers import awaits, open_in, plan_offers
from tracker.people import PeopleBook
from tracker.routing import route
from tracker.settings import Settings
from tracker.spelling import normalise
from tracker.standing import issue_names
from tracker.store import Known, Store


@dataclass(frozen=True, slots=True)
class Review:
    """Documents and store as they were read, for one sitting; `verdicts` are those of before."""

    settings: Settings
    known: Known
    reading: Reading
    verdicts: tuple[Verdict, ...]
    now: datetime

    @property
    def documents(self) -> Mapping[str, KnownDocument]:
        """All known documents, by key."""
        return self.reading.documents

    @property
    def links(self) -> Mapping[str, Link]:
        """The links of items."""
        return self.known.links

    def doubts(self, said: Sequence[Verdict] = ()) -> tuple[Doubt, ...]:
        """What is in doubt, given also what was `said` since; one word can settle several."""
        return self.identified(said).doubts

    def offers(self, said: Sequence[Verdict] = ()) -> tuple[Offer, ...]:
        """What is promised again while an issue is open for it, of the items that a sync has seen already."""
        policy = self.settings.policy
        if policy.recurring == "open":
            return ()
        found, links, book = self.identified(said), self.known.links, PeopleBook.from_settings(self.settings)
        opening: defaultdict[str, dict[str, Item]] = defaultdict(dict)
        for item in found.items:
            known = item.id in self.known.items and item.id not in found.undecided
            if known and item.id not in links and awaits(item, policy.kinds):
                opening[route(item, self.documents[item.document], book, self.settings)][item.id] = item
        offers: list[Offer] = []
        for target, items in opening.items():

            def tie(item: str, target: str = target) -> Link | None:
                link = links.get(item)
                return link if open_in(target, link) else None

            offers += plan_offers(items, found.items, self.documents, tie)
        return tuple(offer for offer in offers if offer.link is not None)

    def identified(self, said: Sequence[Verdict] = ()) -> Identified:
        """The items as the documents tell of them now: what the next sync will go by."""
        return identify(
            self.reading.parsed,
            self.known.items.values(),
            self._named(),
            self.reading.gone,
            self.now,
            frozenset(self.known.links),
            (*self.verdicts, *said),
        )

    def _named(self) -> dict[str, str]:
        """References in documents to the items linked to what they name; what could be two issues names none."""
        items: dict[str, set[str]] = {}
        for item, link in self.known.links.items():
            for name in issue_names(link.ref.key, link.ref.url):
                items.setdefault(name, set()).add(item)
        texts = {text for document in self.reading.parsed.values() for item in document.items for text in item.links}
        found = {text: items.get(text.casefold(), set()) for text in texts}
        return {text: next(iter(ids)) for text, ids in found.items() if len(ids) == 1}


def review(store: Store, settings: Settings, root: Path, now: datetime) -> Review:
    """Read documents and store.

    Raises:
        UsageError, Unavailable.
    """
    known = store.known()
    return Review(settings, known, read((), settings, root, known, ()), store.verdicts(), now)


def verdict_for(
    doubts: Sequence[Doubt], ref: str, same: str | None, links: Mapping[str, Link]
) -> tuple[Doubt, Verdict]:
    """What is meant by "REF is the same as SAME" (an id or its start, or an issue), or with None that it is new.

    Raises:
        UsageError: nothing in doubt, or none of its candidates, is called so.
    """
    found = [doubt for doubt in doubts if doubt.ref.startswith(ref.casefold())] if ref else []
    if not found:
        raise UsageError("nothing is in doubt by this name", where=ref, advice="`closeout review` lists what is.")
    if len({doubt.ref for doubt in found}) > 1:
        raise UsageError("several doubts fit", where=ref, advice="Give all of its letters.")
    doubt = found[0]
    item = None if same is None else _candidate(doubt, same, links)
    return doubt, Verdict(doubt.document, normalise(doubt.parsed.text), item.id if item else None)


def offer_for(offers: Sequence[Offer], ref: str, same: str | None) -> Offer | None:
    """The offer that is meant by "the item REF is the same work as SAME" (an id's start, or an issue); None: of none.

    Raises:
        UsageError: several items begin so, or SAME is not what it is offered with.
    """
    found = [offer for offer in offers if ref and offer.item.id.startswith(ref.casefold())]
    if not found:
        return None
    if len(found) > 1:
        raise UsageError("several items fit", where=ref, advice="Give all of its letters.")
    [offer] = found
    key = offer.link.ref if offer.link else None
    wanted = same.casefold() if same is not None else None
    fits = not wanted or offer.of.id.startswith(wanted) or (key and wanted in issue_names(key.key, key.url))
    if same == "" or not fits:
        raise UsageError(
            "this is not what it promises again",
            where=f"{ref}={same}",
            advice=f"That is {offer.of.id}. `closeout link {offer.item.id} ISSUE --same-work` takes any.",
        )
    return offer


def record(store: Store, doubt: Doubt, verdict: Verdict, saying: Saying) -> None:
    """Remember what was said; the next sync acts on it."""
    store.record_events([decided(verdict, doubt.parsed.text, saying)])


def _candidate(doubt: Doubt, text: str, links: Mapping[str, Link]) -> Item:
    wanted = text.casefold()
    found = [
        item
        for item in doubt.candidates
        if (wanted and item.id.startswith(wanted))
        or (item.id in links and wanted in issue_names(links[item.id].ref.key, links[item.id].ref.url))
    ]
    if len(found) != 1:
        names = ", ".join(item.id for item in doubt.candidates)
        said = "several candidates fit" if found else "this is none of its candidates"
        raise UsageError(said, where=f"{doubt.ref}={text}", advice=f"They are: {names}.")
    return found[0]
