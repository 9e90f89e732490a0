"""`closeout people`: the people book beside what the documents say now."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.app.reviewing import Review
from tracker.gaps import Compared, Owned, compare
from tracker.people import PeopleBook
from tracker.policy import present_owners
from tracker.settings_file import Loaded


@dataclass(frozen=True, slots=True)
class People:
    """The book beside the documents, and those that could not be read: path and why."""

    compared: Compared
    unreadable: tuple[tuple[str, str], ...]


def people(sitting: Review, loaded: Loaded) -> People:
    """Compare the book with the documents, as they were read just now. Writes nothing."""
    book = PeopleBook.from_settings(loaded.settings)
    kinds = {name: target.kind for name, target in loaded.settings.targets.items()}
    owned = []
    for item in sitting.identified().items:
        link = sitting.links.get(item.id)
        if not item.state.settled:
            kind = kinds.get(link.ref.target, "") if link else ""
            owned.append(Owned(item, sitting.documents[item.document].path, present_owners(item, link, book, kind)))
    return People(compare(owned, book, loaded), sitting.reading.unreadable)
