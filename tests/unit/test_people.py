"""Who is meant by an owner as documents write it."""

import pytest
from entries import BOOK, patient
from hypothesis import given
from hypothesis import strategies as st

from tracker.people import PeopleBook
from tracker.settings import PersonSettings, Settings, TeamSettings


def names(text):
    found = BOOK.resolve(text)
    return [owner.key for owner in found.known], list(found.unknown)


@pytest.mark.parametrize(
    "text",
    [
        "jo",
        "@jo",
        "Jo Smith",
        "  JO   SMITH ",
        "Jo Smith (SRE)",
        "Jo Smith [on call, nights]",
        "Joanna Miller",
        "jocodes",
        "@JoCodes",
        "jo@example.org",
    ],
)
def test_every_spelling_of_a_person_is_the_person(text):
    assert names(text) == (["jo"], [])


@pytest.mark.parametrize("text", ["Ann Müller", "Ann Mu\u0308ller", "ANN MÜLLER"])
def test_accents_may_be_encoded_either_way(text):
    assert names(text) == (["ann"], [])


@pytest.mark.parametrize(
    ("text", "known", "unknown"),
    [
        ("Jo Smith, DBA team", ["jo", "dba"], []),
        ("@jo/@ann", ["jo", "ann"], []),
        ("jo and ann", ["jo", "ann"], []),
        ("jo, ann, and max", ["jo", "ann", "max"], []),
        ("jo und ann", ["jo", "ann"], []),
        ("jo、ann", ["jo", "ann"], []),
        ("jo, Jo Smith", ["jo"], []),
        ("Jo Smith (SRE, on call), ann", ["jo", "ann"], []),
        ("Customer care", [], ["Customer care"]),
        ("jo, Nobody, Nobody", ["jo"], ["Nobody"]),
        ("Jo Smithson", [], ["Jo Smithson"]),
        ("Andy Sandberg", [], ["Andy Sandberg"]),
        ("rock-and-roll crew", [], ["rock-and-roll crew"]),
    ],
)
def test_several_owners_resolve_one_by_one(text, known, unknown):
    assert names(text) == (known, unknown)


@pytest.mark.parametrize("text", ["R&D", "R&D, jo", "jo / R&D", "Research and Development + jo"])
def test_a_known_name_may_hold_a_separator(text):
    found, unknown = names(text)
    assert "rd" in found
    assert unknown == []


@pytest.mark.parametrize("text", [None, "", "  ", ",", "@", " / "])
def test_no_name_is_no_owner(text):
    assert names(text) == ([], [])


def test_a_spelling_that_two_share_is_neither():
    book = PeopleBook.from_settings(
        Settings(
            people={"sam": PersonSettings(name="Sam Lee"), "sam2": PersonSettings(name="Sam Roe", aliases=("sam",))},
            teams={"ops": TeamSettings(name="Ops")},
        )
    )
    assert book.resolve("sam").known == ()
    assert book.resolve("Sam Roe").first == book.get("sam2")


def test_a_login_leads_back_to_the_person_unless_two_claim_it():
    assert BOOK.by_login("github", "jocodes") == BOOK.get("jo")
    assert BOOK.by_login("github", "stranger") is None
    assert BOOK.by_login("local", "max") == BOOK.get("max")
    twins = Settings(people={"a": PersonSettings(name="A", github="x"), "b": PersonSettings(name="B", github="X")})
    assert PeopleBook.from_settings(twins).by_login("github", "x") is None


def test_an_empty_spelling_catches_nobody():
    book = PeopleBook.from_settings(Settings(people={"a": PersonSettings(name="A", aliases=("@", ""))}))
    assert book.resolve("(someone)").known == ()


@patient
@given(st.text(alphabet="jonab @,;/&+()[] ", max_size=40) | st.text(max_size=40))
def test_any_text_resolves_to_known_owners_and_names_that_stand_in_it(text):
    found = BOOK.resolve(text)
    keys = [owner.key for owner in found.known]
    assert len(set(keys)) == len(keys)
    assert all(name in text and name == name.strip() and name for name in found.unknown)
    assert all(not BOOK.resolve(name).known for name in found.unknown)
