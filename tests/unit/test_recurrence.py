"""The same work promised after several incidents: what is taken for the same, and what is said of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import pytest
from entries import TODAY, document, entry
from hypothesis import given
from hypothesis import strategies as st
from workplace import SETTINGS, Workplace, postmortem

from tracker.likeness import kept_of, may_be_like, same_work, sought_of, wording_of
from tracker.model import Item, ItemState, Kind
from tracker.policy import Flag
from tracker.recurrence import promised_too, recurring
from tracker.standing import Wanted, status

AT = datetime(2026, 11, 20, tzinfo=UTC)
DOCUMENTS = {key: document(key, incident_date=date(2026, 1 + n, 1)) for n, key in enumerate("abcd")}
LONG = "{} late backups, slow replicas, and lost leases"
LIMIT = "Set a connection limit for each service in the pooler"


def item(text, document, line=1, **fields):
    values = {"ordinal": 0, "kind": Kind.TASK, "section": "", "first_seen": AT, **fields}
    return Item(f"{document}{line}", document, text, line=line, **values)


def found(*items, documents=DOCUMENTS):
    return {key: [each.id for each in others] for key, others in promised_too(items, documents).items()}


def alike(first, second):
    return found(item(first, "a"), item(second, "b")) == {"a1": ["b1"], "b1": ["a1"]}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (LIMIT, LIMIT),
        (LIMIT, "In the pooler, set connection limits for every service."),
        (LIMIT, f"{LIMIT} by 2026-10-16"),
        ("Alert when a pool stays above 80%", "Alert when any pool stays above 80 %"),
        (
            "Update documentation to include best practices for configuring database connection pools.",
            "Create documentation on database connection pool configuration best practices.",
        ),
        ("Renovar los certificados de forma automática", "Renovar el certificado de forma automática"),
    ],
)
def test_the_same_in_about_the_same_words_is_a_theme(first, second):
    assert alike(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Write a runbook for the Redis failover", "Write a runbook for the Kafka failover"),
        ("Upgrade the nodes of cluster a", "Upgrade the nodes of cluster b"),
        ("Move the shop's database to version 14", "Move the shop's database to version 15"),
        ("Remove the alert on full disks", "Add the alert on full disks"),
        ("Enable retries in the mail client", "Disable retries in the mail client"),
        ("Use the internal load balancer", "Use the international load balancer"),
        ("Use the internal load balancer", "Use the internal and the international load balancer"),
        ("Use the internal and the international load balancer", "Use the internal load balancer"),
        ("Add more tests", "Add more tests"),
        ("Publish the incident report on the blog", "Publish the incident report on the blog"),
        ("", ""),
    ],
)
def test_other_work_and_what_is_said_of_everything_is_none(first, second):
    assert found(item(first, "a"), item(second, "b")) == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Set up alerts for the utilisation of the session store", "Enhance proactive monitoring of session stores"),
        ("Alert on failed backups", "Alert on failed backups of the orders database"),
        ("Alert on full disks (as the last review said)", "Alarms for full disks"),
        ("Write a runbook for the Redis failover", "Improve the documentation of Redis failovers"),
        ("Train all engineers on the failover of Redis", "Schedule regular training sessions: Redis failover"),
        ("Monitorear el pool de conexiones", "Crear alertas para el pool de conexiones"),
        ("Alarm bei vollen Festplatten einrichten", "Überwachung: volle Festplatten"),
    ],
)
def test_what_is_asked_for_in_ever_new_words_is_known_by_its_subject(first, second):
    assert alike(first, second)
    assert alike(second, first)
    assert list(may_be_like([first], [second])) == list(may_be_like([second], [first])) == [True]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Alert on the pool of the orders service", "Alert on the pool of the search service"),
        ("Alert on full disks", "Remove the alert on full disks"),
        ("Alert on full disks", "Raise the threshold of the alert on full disks"),
        ("Alert on full disks", "Test the alert on full disks"),
        ("Alert on full disks", "Document the alert on full disks"),
        ("Alert on disks", "Monitor the disks"),
        ("Improve our monitoring and alerting", "Enhance monitoring and alerting systems"),
        ("Alert on full disks", "Alert on full disks, late backups, and leases"),
        (LONG.format("Monitor"), LONG.format("Alert on")),
        ("Monitor the incident response times", "Alert on incident response times"),
    ],
)
def test_a_subject_has_to_be_the_same_and_so_has_what_is_done_to_it(first, second):
    assert found(item(first, "a"), item(second, "b")) == {}


def test_a_subject_that_very_many_others_hold_says_too_little():
    many = [item(f"Alert on error rates of {chr(ord('f') + n)}{chr(ord('k') + n)}line", "b", n) for n in range(11)]
    general, too = item("Alert on error rates", "a"), item("Monitor the error rate", "c")
    assert found(general, too, *many[:10])["a1"] == [*(each.id for each in many[:10]), "c1"]
    assert found(general, too, *many) == {"a1": ["c1"], "c1": ["a1"]}


def test_it_takes_two_documents_that_still_say_so():
    assert found(item(LIMIT, "a"), item(LIMIT, "a", 2)) == {}
    assert found(item(LIMIT, "a"), item(LIMIT, "b", state=ItemState.REMOVED)) == {}
    assert found(item(LIMIT, "a"), item(LIMIT, "b", ignored=True)) == {}
    assert found(item(LIMIT, "a"), item(LIMIT, "b", kind=Kind.IMPROVEMENT)) == {"a1": ["b1"], "b1": ["a1"]}
    assert found(item(LIMIT, "a"), item(LIMIT, "b", state=ItemState.WONT_DO)) == {"a1": ["b1"], "b1": ["a1"]}


def test_two_that_are_like_a_third_need_not_be_alike():
    words = ("connections", "connection", "connect")
    near = [item(f"Throttle the {word} of pools", key) for word, key in zip(words, "abc", strict=True)]
    assert found(*near) == {"a1": ["b1"], "b1": ["a1", "c1"], "c1": ["b1"]}


def test_the_oldest_incident_comes_first_and_without_its_day_the_first_sight_counts():
    documents = {**DOCUMENTS, "a": document("a")}
    items = [item(LIMIT, key) for key in "acb"]
    assert found(*items, documents=documents) == {"a1": ["b1", "c1"], "b1": ["c1", "a1"], "c1": ["b1", "a1"]}


WORDS = ["limit", "limits", "limited", "pool", "pools", "alert", "monitor", "runbook", "disk", "the", "usage", "7"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
ITEMS = st.lists(st.tuples(TEXTS, st.sampled_from("abcd")), max_size=14).map(
    lambda rows: [item(text, key, line) for line, (text, key) in enumerate(rows)]
)


@given(ITEMS, st.randoms(use_true_random=False))
def test_what_is_alike_is_so_both_ways_whatever_the_order(items, random: Random):
    made = promised_too(items, DOCUMENTS)
    shuffled = list(items)
    random.shuffle(shuffled)
    assert promised_too(shuffled, DOCUMENTS) == made
    by_id = {each.id: each for each in items}
    for one, others in made.items():
        assert others
        assert len({other.id for other in others}) == len(others)
        assert all(other.document != by_id[one].document and by_id[one] in made[other.id] for other in others)


@given(TEXTS, TEXTS)
def test_each_text_is_found_by_its_keys_and_none_that_promises_the_same_is_missed(one, other):
    first, second = wording_of(one), wording_of(other)
    assert same_work(first, second) == same_work(second, first)
    found = not set(sought_of(first)).isdisjoint(kept_of(second))
    assert found == (not set(sought_of(second)).isdisjoint(kept_of(first)))
    assert found or not same_work(first, second)
    assert alike(one, other) == same_work(first, second)
    assert not same_work(first, second) or list(may_be_like([one], [other])) == [True]


def entries(*states, **fields):
    return [
        entry(LIMIT, doc=document(key, incident_date=date(2026, 1 + n, 1)), issue=n + 1, state=state, **fields)
        for n, (key, state) in enumerate(zip("abcd", states, strict=False))
    ]


@pytest.mark.parametrize(
    ("earlier", "recurs"),
    [
        (ItemState.OPEN, True),
        (ItemState.DONE, True),
        (ItemState.WONT_DO, False),
        (ItemState.DUPLICATE, False),
        (ItemState.REMOVED, False),
    ],
)
def test_an_open_item_recurs_where_an_earlier_one_was_promised(earlier, recurs):
    first, second = recurring(entries(earlier, ItemState.OPEN))
    assert Flag.RECURRING not in first.flags
    assert (Flag.RECURRING in second.flags) is recurs


def test_a_settled_item_carries_no_flag_and_names_the_others_all_the_same():
    first, second = recurring(entries(ItemState.OPEN, ItemState.DONE))
    assert (first.flags, second.flags) == (frozenset(), frozenset())
    assert [other.item.id for other in second.promised_too] == [first.item.id]


def test_of_two_from_one_day_neither_recurs_and_of_what_is_snoozed_nothing_is_said():
    same_day = [entry(LIMIT, doc=document(key, incident_date=TODAY), issue=1) for key in "ab"]
    assert all(each.flags == frozenset() for each in recurring(same_day))
    snoozed = entries(ItemState.OPEN, ItemState.OPEN, snoozed_until=date(2027, 1, 1))
    assert [each.flags for each in recurring(snoozed)] == [{Flag.SNOOZED}] * 2


def test_entries_keep_their_order():
    made = entries(*[ItemState.OPEN] * 3)[::-1]
    assert [each.item for each in recurring(made)] == [each.item for each in made]
    assert [len(each.promised_too) for each in recurring(made)] == [2, 2, 2]
    assert recurring(made[:1]) == made[:1]


def test_status_lists_what_recurs_and_names_where_it_was_promised(tmp_path):
    place = Workplace(tmp_path)
    place.document("new.md", postmortem(LIMIT, "Write a runbook for the failover", date="2026-10-02"))
    place.document("old.md", postmortem(LIMIT, date="2026-03-02"))
    place.run()
    with place.store() as store:
        [only] = status(store, place.settings, Wanted(flags=(Flag.RECURRING,)), place.now).entries
    assert (only.document.path, only.item.text) == ("postmortems/new.md", LIMIT)
    assert [other.document.path for other in only.promised_too] == ["postmortems/old.md"]


def test_an_ordinary_plan_relates_nothing(tmp_path):
    place = Workplace(tmp_path, f'{SETTINGS}[policy]\nrecurring = "open"\n')
    place.document("new.md", postmortem(LIMIT, date="2026-10-02"))
    place.document("old.md", postmortem(LIMIT, date="2026-03-02"))
    place.run()
    assert place.writes == ["create", "create"]
    assert replace(place.look().plans[0], open_issues=0).writes == ()
