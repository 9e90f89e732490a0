"""The quick look at the store finds what the store itself would: the same entries, whatever is asked for."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from older import take_back
from workplace import SETTINGS, Workplace, postmortem

from connectors import IssueState
from tracker.likeness import kept_of, stored, wording_of
from tracker.model import ItemState, Outcome
from tracker.people import PeopleBook
from tracker.policy import Flag
from tracker.standing import Wanted, about, status
from tracker.store.glance import Glance

FIRST = (
    "Set a limit on database connections (owner: Jo Smith, due: 2026-11-20)",
    "Alert on replication lag (owner: Maria, due: 2026-11-25)",
    "Write a runbook for failing over (owner: DBA team)",
    "Cap the memory of batch jobs (owner: Nobody Known, due: 2027-01-31)",
    "Rotate the certificates of the edge proxies",
    "[x] Practise restoring from backups (owner: Jo Smith)",
    "Page a second person (owner: Jo & Maria, due: 2026-11-24)",
)
SECOND = (
    "Set limits on database connections (owner: Maria, due: 2026-12-24)",
    "Drain the queue at night (owner: jo)",
    "Enhance the monitoring of replication for lag in the orders database (owner: Jo Smith)",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Items in every state, of two incidents; one was assigned to somebody else on its issue."""
    place = Workplace(tmp_path_factory.mktemp("place"), SETTINGS)
    place.document("a.md", postmortem(*FIRST, "Drop the old cluster"))
    place.document("b.md", postmortem(*SECOND, title="Búsqueda down", date="2026-11-10"))
    place.run()
    place.by_hand(2, assignees=frozenset({"jo"}))
    place.by_hand(3, state=IssueState.WONT_DO)
    place.snooze("#5", date(2026, 12, 24), "Jo", "later")
    place.extend("#4", date(2026, 11, 1), "Jo", "sooner")
    place.ignore("#6", "Jo", "gone")
    place.document("a.md", postmortem(*FIRST))
    place.run()
    return place


def both(place, wanted):
    with place.store() as store, Glance.open(place.settings.database, place.root) as glance:
        return status(store, place.settings, wanted, place.now), status(glance, place.settings, wanted, place.now)


FLAGS = st.lists(st.sampled_from(Flag), max_size=3, unique=True).map(tuple)
STATES = st.lists(st.sampled_from(ItemState), max_size=2, unique=True).map(tuple)
OWNERS = st.sampled_from([None, "jo", "Jo Smith", "maria", "DBA", "dba", "known", "o", "nobody else", "%", "_"])
DOCUMENTS = st.sampled_from([None, "a.md", "búsqueda", "zzz"])


@given(FLAGS, STATES, OWNERS, DOCUMENTS, st.sampled_from([None, "jo", "maria"]), st.integers(-400, 400))
def test_it_finds_the_same(place, flags, states, owner, document, mine, days):
    book = PeopleBook.from_settings(place.settings)
    place.now += timedelta(days=days)
    slow, quick = both(place, Wanted(None, owner, document, flags, states, mine=book.get(mine) if mine else None))
    place.now -= timedelta(days=days)
    assert quick == slow


def test_the_place_has_every_state_and_most_flags(place):
    slow, _ = both(place, Wanted(states=tuple(ItemState)))
    assert {entry.item.state for entry in slow.entries} >= set(ItemState) - {ItemState.DUPLICATE}
    flags = {flag for entry in slow.entries for flag in entry.flags}
    assert flags >= {Flag.OVERDUE, Flag.DUE_SOON, Flag.SNOOZED, Flag.RECURRING, Flag.OWNER_UNKNOWN}


def test_it_finds_an_item_by_its_id_the_beginning_of_it_and_its_issue(place):
    slow, _ = both(place, Wanted())
    for entry in slow.entries:
        for text in (entry.item.id, entry.item.id[:6].upper(), entry.link.ref.key if entry.link else entry.item.id):
            one, quick = both(place, Wanted(item=text))
            assert quick == one


def test_it_tells_the_same_about_an_item(place):
    with place.store() as store:
        entry = store.intend("local", "", "update", next(iter(place.known().links)), place.now)
        store.settle([entry], Outcome.UNCERTAIN, place.now, "cut off")
    for item in place.known().items:
        with place.store() as store, Glance.open(place.settings.database, place.root) as glance:
            found = status(store, place.settings, Wanted(item=item), place.now)
            assert about(glance, place.settings, found) == about(store, place.settings, found)


def test_it_looks_at_no_store_that_it_may_not_understand(tmp_path):
    place = Workplace(tmp_path)
    assert Glance.open("sqlite:///closeout.db", tmp_path) is None, "there is none"
    assert not (tmp_path / "closeout.db").exists()
    assert Glance.open("postgresql+psycopg://u@h/closeout", tmp_path) is None
    place.document("a.md", postmortem(*FIRST))
    place.run()
    Glance.open("sqlite:///closeout.db", tmp_path).close()

    def change(statement):
        with closing(sqlite3.connect(tmp_path / "closeout.db")) as database:
            database.execute(statement)
            database.commit()

    change("UPDATE likeness SET key = '0:' || substr(key, 3)")
    assert Glance.open("sqlite:///closeout.db", tmp_path) is None, "other rules said what is alike"
    change("DELETE FROM likeness")
    Glance.open("sqlite:///closeout.db", tmp_path).close()
    change("UPDATE closeout_version SET version_num = '9999'")
    assert Glance.open("sqlite:///closeout.db", tmp_path) is None, "a newer Closeout made it"
    (tmp_path / "closeout.db").write_bytes(b"no database")
    assert Glance.open("sqlite:///closeout.db", tmp_path) is None


def test_it_finds_the_same_in_a_store_of_an_earlier_release(tmp_path):
    """What it looks things up by was filled when the store was brought up to date."""
    place = Workplace(tmp_path, SETTINGS)
    place.document("a.md", postmortem(*FIRST))
    place.document("b.md", postmortem(*SECOND, date="2026-11-10"))
    place.run()
    place.by_hand(2, assignees=frozenset({"jo", "maria"}))
    place.run()
    take_back(tmp_path / "closeout.db", "0005")
    assert Glance.open("sqlite:///closeout.db", tmp_path) is None
    for who in ("jo", "maria"):
        slow, quick = both(place, Wanted(mine=PeopleBook.from_settings(place.settings).get(who)))
        assert quick == slow
        assert "Alert on replication lag" in {entry.item.text for entry in quick.entries}


def test_what_is_kept_of_a_text_changes_with_the_rules_only():
    """Where this fails: raise `RULES`, and write a migration that makes the table anew."""

    def kept(text):
        return sorted(map(stored, kept_of(wording_of(text))))

    assert kept("Set a limit on database connections") == ["2:41386625939a9560"]
    assert kept("Set limits on the database connection") == kept("Set a limit on database connections")
    assert kept("Alert on replication lag") == ["2:0f10d8fc62876194", "2:93754973005a2863", "2:c535f54aba144854"]
    assert kept("Write the tests") == []


def test_what_is_kept_follows_the_text(tmp_path):
    place = Workplace(tmp_path, SETTINGS)
    place.document("a.md", postmortem("Alert on replication lag"))
    place.document("b.md", postmortem("Pin the base image of the builds", date="2026-11-10"))
    place.run()
    place.document("b.md", postmortem("Pin the base image of builds; alert on replication lag", date="2026-11-10"))
    place.run()
    slow, quick = both(place, Wanted(item="#1"))
    assert quick == slow
    assert [len(entry.promised_too) for entry in quick.entries] == [0]
    place.document("b.md", postmortem("Monitor the lag of replication", date="2026-11-10"))
    place.run()
    slow, quick = both(place, Wanted(item="#1"))
    assert quick == slow
    assert [len(entry.promised_too) for entry in quick.entries] == [1]
    place.document("b.md", postmortem("Monitor the lag of replication in the orders database", date="2026-11-10"))
    place.run()
    slow, quick = both(place, Wanted(item="#1"))
    assert quick == slow
    assert [len(entry.promised_too) for entry in quick.entries] == [1]


def test_it_knows_of_a_subject_that_very_many_others_hold(tmp_path):
    place = Workplace(tmp_path, SETTINGS)
    place.document("a.md", postmortem("Alert on error rates"))
    names = ["mail", "shop", "cart", "login", "search", "stock", "price", "export", "import", "queue", "cache"]
    place.document("b.md", postmortem(*(f"Alert on error rates of {name}" for name in names), date="2026-11-10"))
    place.run()
    for left in (names, names[1:]):
        place.document("b.md", postmortem(*(f"Alert on error rates of {name}" for name in left), date="2026-11-10"))
        place.run()
        for wanted in (Wanted(item="#1"), Wanted(item="#2"), Wanted(owner="jo")):
            slow, quick = both(place, wanted)
            assert quick == slow
        [entry] = both(place, Wanted(item="#1"))[1].entries
        assert len(entry.promised_too) == (0 if left is names else 10)
