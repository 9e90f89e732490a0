"""What tests of write-back share: wishes for the items of a text, and the byte-exact proof of what came of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from functools import partial

from tracker.model import Item
from tracker.parsing import parse, vocabulary
from tracker.spelling import normalise
from tracker.writeback import Reference, Wish, write_back

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADDRESS = "https://github.com/acme/ops/issues/"
reading = partial(parse, "a.md")


def link(number, *, url=True):
    return Reference(f"#{number}", f"{ADDRESS}{number}" if url else "")


def known(document):
    """The items of a parsed document as the store would know them."""
    ordinals = defaultdict(int)
    items = []
    for number, parsed in enumerate(document.items):
        name = normalise(parsed.text)
        place = (ordinals[name], parsed.kind, parsed.section, parsed.line, NOW)
        items.append(Item(f"item-{number}", "a.md", parsed.text, *place, links=parsed.links, done=parsed.done))
        ordinals[name] += 1
    return items


def linked(text, *, first=9001, url=True, done=None):
    """`text` with a link for each of its items, counted up from `first`; `done` wishes for check marks, too."""
    items = known(reading(text))
    wanted = [Wish(item, link(number, url=url), done) for number, item in enumerate(items, first)]
    return write_back(text, wanted, reading, vocabulary.load())


def marked(text, *, done):
    """`text` with the check mark of each item as `done` says."""
    wanted = [Wish(item, None, done) for item in known(reading(text))]
    return write_back(text, wanted, reading, vocabulary.load())


def proven(text, edited):
    """Hold a result to all that is promised of it; returns how many links it has."""
    before, after = reading(text), reading(edited.text)
    assert restored(edited, text) == text.encode("utf-8", "surrogatepass")
    assert len(before.items) == len(after.items)
    wanted = {(wish.item.text, wish.item.ordinal): wish for wish in edited.granted}
    items = known(before)
    for item, old, new in zip(items, before.items, after.items, strict=True):
        wish = wanted.get((item.text, item.ordinal))
        told = [wish.link.told] if wish and wish.link else []
        assert sorted(new.links) == sorted([*old.links, *told])
        assert new.done == (wish.done if wish and wish.done is not None else old.done)
        same = ("text", "owner", "due", "due_date", "priority", "kind", "section", "line", "parent_line")
        assert [getattr(old, name) for name in same] == [getattr(new, name) for name in same]
    assert all(refusal.why for refusal in edited.refusals)
    return sum(wish.link is not None for wish in edited.granted)


def restored(edited, text):
    """The result's bytes with each edit taken back where it was made; an edit inserts, or changes one byte of a box."""
    data, old = edited.text.encode("utf-8", "surrogatepass"), text.encode("utf-8", "surrogatepass")
    shifts, shift = [], 0
    for edit in edited.edits:
        shifts.append(shift)
        shift += len(edit.text.encode()) - (edit.end - edit.start)
    for edit, moved in reversed(list(zip(edited.edits, shifts, strict=True))):
        start, end = edit.start + moved, edit.start + moved + len(edit.text.encode())
        assert data[start:end] == edit.text.encode()
        assert edit.start == edit.end or (old[edit.start : edit.end] in (b" ", b"x", b"X") and edit.text in (" ", "x"))
        data = data[:start] + old[edit.start : edit.end] + data[end:]
    return data
