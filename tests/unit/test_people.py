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


@pytest.mark.parametrize("text", ["Ann Muller", "ANN MULLER (SRE)", "@ann muller"])
def test_accents_may_be_left_out(text):
    assert names(text) == (["ann"], [])


@pytest.mark.parametrize(
    ("written", "typed"), [("José Núñez", "Jose Nunez"), ("Søren Łukasz", "Soren Lukasz"), ("Семён", "Семен")]
)
def test_letters_that_a_keyboard_lacks_may_be_others_where_that_is_one_person(written, typed):
    one = Settings(people={"a": PersonSettings(name=written)})
    two = Settings(people={**one.people, "b": PersonSettings(name=written.replace("é", "è").replace("ø", "ö") + "")})
    assert PeopleBook.from_settings(one).resolve(typed).first.key == "a"
    assert PeopleBook.from_settings(two).resolve(typed).known == ()


def test_who_is_written_without_accents_is_not_taken_for_who_has_them():
    people = {"a": PersonSettings(name="José"), "b": PersonSettings(name="Jose")}
    book = PeopleBook.from_settings(Settings(people=people))
    assert [book.resolve(name).first.key for name in ("José", "Jose")] == ["a", "b"]
    assert book.resolve("Josè").known == ()
    twins = PeopleBook.from_settings(
        Settings(people={**people, "c": PersonSettings(name="Jose"), "d": PersonSettings(name="か")})
    )
    assert twins.resolve("Jose").known == ()
    assert twins.resolve("が").known == ()


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
        ("@acme/dba", ["dba"], []),
        ("@acme/dba-team, ann", ["dba", "ann"], []),
        ("@group/sub/DBA (on call)", ["dba"], []),
        ("@acme/jo", [], ["@acme/jo"]),
        ("@acme/nobody, jo", ["jo"], ["@acme/nobody"]),
        ("@jo/ann", ["jo", "ann"], []),
        ("@jo/dba", ["jo", "dba"], []),
        ("Jo Smith <jo@example.org>", ["jo"], []),
        ("Jo <jo@example.org> and Ann Müller <ann@example.org>", ["jo", "ann"], []),
        ("Jo Smith <stranger@example.org>", [], ["Jo Smith <stranger@example.org>"]),
        ("Ann Müller <jo@example.org>", [], ["Ann Müller <jo@example.org>"]),
        ("jo+alerts@example.org", [], ["jo+alerts@example.org"]),
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


def test_what_two_claim_with_a_role_is_not_looked_up_without_it():
    people = {
        "a": PersonSettings(name="Sam", aliases=("Sam (ops)",)),
        "b": PersonSettings(name="B", aliases=("sam (OPS)",)),
    }
    book = PeopleBook.from_settings(Settings(people=people))
    assert book.resolve("Sam (dev)").first.key == "a"
    assert book.resolve("Sam (ops)").known == ()


def test_who_runs_a_command():
    assert BOOK.me("Somebody Else", "JO@example.org", "root").key == "jo"
    assert BOOK.me(None, "4711+jocodes@users.noreply.github.com", None).key == "jo"
    assert BOOK.me(None, "jocodes@users.noreply.github.com", None).key == "jo"
    assert BOOK.me("Ann Müller", "ann@home.example", "jo").key == "ann"
    assert BOOK.me(None, None, "max").key == "max"
    assert BOOK.me("Jo Smith and Ann Müller", None, None) is None
    assert BOOK.me("DBA team", "dba@example.org", "dba") is None
    assert BOOK.me("Jo Smith, Nobody", None, "") is None
    assert BOOK.me(None, None, None) is None


def test_an_item_whose_known_owners_have_all_left_needs_another():
    people = {"old": PersonSettings(name="Old", left=True), "jo": PersonSettings(name="Jo")}
    book = PeopleBook.from_settings(Settings(people=people))
    assert book.resolve("Old").gone
    assert book.resolve("Old, stranger").gone
    assert not book.resolve("Old, Jo").gone
    assert not book.resolve("stranger").gone


spellings = st.text("aáàbø @/.", min_size=1, max_size=3)
books = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]), st.tuples(spellings, st.lists(spellings, max_size=2)), max_size=4
)


def book_of(entries, team="d"):
    people = {key: PersonSettings(name=name, aliases=tuple(more)) for key, (name, more) in entries if key != team}
    teams = {key: TeamSettings(name=name, aliases=tuple(more)) for key, (name, more) in entries if key == team}
    return PeopleBook.from_settings(Settings(people=people, teams=teams))


@patient
@given(books, st.text("aáàbøcd @/.,()<>&+", max_size=12), st.randoms())
def test_the_order_of_entries_does_not_matter(entries, text, random):
    found = book_of(entries.items()).resolve(text)
    shuffled = list(entries.items())
    random.shuffle(shuffled)
    assert book_of(shuffled).resolve(text) == found


@patient
@given(books, st.sampled_from(["", " (SRE)", " [x]"]))
def test_a_spelling_that_two_have_is_nobodys(entries, role):
    book = book_of(entries.items())
    for key, (name, more) in entries.items():
        for text in (key, name, *more):
            # Judged here by the plainest of rules, on the entries themselves.
            owners = {k for k, (n, m) in entries.items() if _same(text) in map(_same, (k, n, *m))}
            if len(owners) > 1:
                assert not book.resolve(text).known or "/" in text
                assert not book.resolve(text + role).known or "/" in text


def _same(text):
    return " ".join(text.strip().lstrip("@").split())


@patient
@given(st.text(alphabet="jonab @,;/&+()[] ", max_size=40) | st.text(max_size=40))
def test_any_text_resolves_to_known_owners_and_names_that_stand_in_it(text):
    found = BOOK.resolve(text)
    keys = [owner.key for owner in found.known]
    assert len(set(keys)) == len(keys)
    assert all(name in text and name == name.strip() and name for name in found.unknown)
    assert all(not BOOK.resolve(name).known for name in found.unknown)
