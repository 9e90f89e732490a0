"""Names that nobody has: who could be meant, and that nobody is taken for it."""

import pytest
from entries import BOOK, patient
from hypothesis import given
from hypothesis import strategies as st

from tracker.near_names import ALIKE, NearNames, Why, is_team_name, unknown_names
from tracker.people import PeopleBook
from tracker.settings import PersonSettings, Settings, TeamSettings

NEAR = NearNames(BOOK)


def book(people, teams=None):
    return PeopleBook.from_settings(
        Settings(
            people={key: PersonSettings(name=name) for key, name in people.items()},
            teams={key: TeamSettings(name=name) for key, name in (teams or {}).items()},
        )
    )


@pytest.mark.parametrize(
    ("name", "key", "why"),
    [
        ("Jo S.", "jo", Why.SHORTENED),
        ("J. Smith", "jo", Why.SHORTENED),
        ("J Miller (SRE)", "jo", Why.SHORTENED),
        ("Jo Alice Smith", "jo", Why.SHORTENED),
        ("smith, jo", "jo", Why.WORDS),
        ("Smith Jo", "jo", Why.WORDS),
        ("jo.smith", "jo", Why.WORDS),
        ("jo-smith", "jo", Why.WORDS),
        ("jo_smith", "jo", Why.WORDS),
        ("Miller", "jo", Why.PART),
        ("Joanna", "jo", Why.PART),
        ("MP", "max", Why.INITIALS),
        ("M. P.", "max", Why.INITIALS),
        ("Power", "max", Why.PART),
        ("jo@example.com", "jo", Why.MAILBOX),
        ("Jo Smtih", "jo", Why.ALIKE),
        ("Ann Mueller", "ann", Why.ALIKE),
        ("jocode", "jo", Why.ALIKE),
        ("the DBA team", "dba", Why.WORDS),
        ("Database team", "dba", Why.WORDS),
        ("DB team", "dba", Why.ALIKE),
        ("Customer care", None, None),
        ("Andy Sandberg", None, None),
        ("", None, None),
        ("@", None, None),
        ("???", None, None),
    ],
)
def test_near_misses(name, key, why):
    assert BOOK.resolve(name).unknown or not any(map(str.isalpha, name))
    found = NEAR.near(name)
    assert [each.owner.key for each in found] == ([key] if key else [])
    assert [each.why for each in found] == ([why] if why else [])


def test_a_mailbox_is_a_name_only_proposed():
    people = {"a": PersonSettings(name="Joanna Smith", email="j.smith@example.org")}
    near = NearNames(PeopleBook.from_settings(Settings(people=people)))
    assert [each.why for each in near.near("jsmith")] == [Why.MAILBOX]


def test_all_who_share_a_spelling_are_proposed():
    twins = book({"a": "Sam Lee", "b": "sam lee", "c": "Sám Lee"})
    assert not twins.resolve("Sam Lee").known
    assert {(each.owner.key, each.why) for each in NearNames(twins).near("Sam Lee")} >= {
        ("a", Why.SHARED),
        ("b", Why.SHARED),
    }
    accents = book({"a": "José Roe", "b": "Josè Roe"})
    assert not accents.resolve("Jose Roe").known
    assert [each.why for each in NearNames(accents).near("Jose Roe")] == [Why.SHARED, Why.SHARED]


def test_of_two_with_the_same_first_name_both_are_proposed_in_the_order_of_their_keys():
    near = NearNames(book({"z": "Sam Lee", "a": "Sam Roe"})).near("Sam")
    assert [each.owner.key for each in near] == ["a", "z"]


def test_a_surname_first_is_one_name_where_it_is_somebodys():
    def unknown(text):
        return unknown_names(text, BOOK.resolve(text).unknown, BOOK)

    assert unknown("Smith, Jo") == ("Smith, Jo",)
    assert unknown("Power, Max (SRE)") == ("Power, Max (SRE)",)
    assert unknown("Nobody, Jo") == ("Nobody",)
    assert unknown("jo, ann") == ()
    assert unknown("Smith, Jo, Ann") == ("Smith",)


@pytest.mark.parametrize(
    ("name", "team"), [("Customer care team", True), ("@acme/sre", True), ("The Crew", True), ("Jo Smith", False)]
)
def test_what_reads_like_a_team(name, team):
    assert is_team_name(name) is team


@patient
@given(st.text(alphabet="josmithan müéß.,@-_/ ()", max_size=24) | st.text(max_size=24))
def test_any_name_has_few_proposals_each_once(name):
    found = NEAR.near(name)
    keys = [each.owner.key for each in found]
    assert len(keys) == len(set(keys)) <= 3
    assert all(ALIKE <= each.likeness <= 1 for each in found)
    assert found == NearNames(BOOK).near(name)
