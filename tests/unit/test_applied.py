"""What a run tells of itself: the links as they are after it, so that nobody has to read the store for them."""

from __future__ import annotations

import pytest
from workplace import Workplace, postmortem

from connectors import IssueState, RequestRejected
from tracker.store import Store

POOL = "Add monitoring for the connection pool"
LOAD = "Run a load test before every release"
RUNBOOK = "Write a runbook for failing over the database"


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)


def links_of(place):
    """Those that a sync told of, each held against the store."""
    links = place.run().applied["local"].links
    known = place.known().links
    assert all(known[item] == link for item, link in links.items())
    return sorted(link.ref.key for link in links.values())


def test_what_was_opened_is_told(place):
    place.document("a.md", postmortem(POOL, LOAD))
    assert links_of(place) == ["#1", "#2"]
    assert links_of(place) == []


def test_what_was_adopted_written_told_or_seen_changed_is_told(place):
    place.document("a.md", postmortem(POOL, LOAD, RUNBOOK))
    place.faults[:] = [None, None, "lost"]
    assert links_of(place) == ["#1", "#2"]
    place.document("a.md", postmortem(f"{POOL} today", RUNBOOK))
    assert links_of(place) == ["#1", "#2", "#3"]
    place.by_hand(3, state=IssueState.DONE)
    assert links_of(place) == ["#3"]


def test_what_was_read_before_a_write_failed_is_told(place):
    place.document("a.md", postmortem(POOL))
    place.run()
    place.by_hand(1, state=IssueState.DONE)
    place.document("a.md", postmortem(f"{POOL} today"))
    place.faults[:] = [RequestRejected("no such title", where="local #1")]
    assert links_of(place) == ["#1"]


def test_a_sync_reads_all_that_is_known_once(place, monkeypatch):
    place.document("a.md", postmortem(POOL, LOAD))
    place.run()
    place.by_hand(1, state=IssueState.DONE)
    known, reads = Store.known, []

    def count(store):
        reads.append(1)
        return known(store)

    monkeypatch.setattr(Store, "known", count)
    place.run()
    assert len(reads) == 1
