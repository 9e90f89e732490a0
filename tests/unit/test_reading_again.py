"""Documents are read again when the rules by which they are read change, and at no other time."""

import sqlite3

import pytest
from older import take_back
from workplace import SETTINGS, Workplace, postmortem

from tracker.app import reading
from tracker.settings_file import load

TEXT = "# Storing\n\nDate: 2026-11-02\n\n## Wat nu\n\n- Add a probe\n- Test the restore\n"
TAUGHT = SETTINGS + '[parser.sections]\naction = ["Wat nu"]\n'


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)


@pytest.fixture
def parsed(monkeypatch):
    """The paths that were parsed."""
    paths = []
    inner = reading.parse

    def told(path, text, **options):
        paths.append(path)
        return inner(path, text, **options)

    monkeypatch.setattr(reading, "parse", told)
    return paths


def settle(place, settings):
    """The team edits its settings."""
    (place.root / "closeout.toml").write_text(settings, "utf-8")
    place.settings = load(place.root / "closeout.toml", {}).settings


def test_a_document_is_read_again_with_the_words_that_were_taught_since(place, parsed):
    place.document("a.md", TEXT)
    place.run()
    assert place.writes == []
    settle(place, TAUGHT)
    place.run()
    assert place.writes == ["create", "create"]
    parsed.clear()
    place.run()
    assert (place.writes, parsed) == ([], [])


def test_other_settings_have_nothing_read_again(place, parsed):
    place.document("a.md", postmortem("Add a probe"))
    place.run()
    parsed.clear()
    settle(place, SETTINGS + "[policy]\ndue_soon_days = 3\n")
    place.run()
    assert parsed == []


def test_another_edition_of_the_parser_reads_all_again_and_writes_nothing(place, parsed, monkeypatch):
    place.document("a.md", postmortem("Add a probe", "Test the restore"))
    place.document("b.md", postmortem("Write it up", title="B"))
    place.run()
    parsed.clear()
    monkeypatch.setattr(reading, "edition", lambda: "another")
    place.run()
    assert (place.writes, sorted(parsed)) == ([], ["postmortems/a.md", "postmortems/b.md"])
    place.run()
    assert len(parsed) == 2


def test_a_sync_of_one_path_leaves_the_others_to_be_read_again(place, parsed, monkeypatch):
    one = place.document("a.md", postmortem("Add a probe"))
    place.document("b.md", postmortem("Write it up", title="B"))
    place.run()
    monkeypatch.setattr(reading, "edition", lambda: "another")
    parsed.clear()
    place.run(str(one))
    assert parsed == ["postmortems/a.md"]
    place.run()
    assert parsed == ["postmortems/a.md", "postmortems/b.md"]


def test_a_rename_is_told_by_equal_content_even_when_the_rules_change_with_it(place):
    file = place.document("a.md", TEXT)
    place.run()
    (key,) = place.known().documents
    file.rename(file.with_name("b.md"))
    settle(place, TAUGHT)
    place.run()
    assert {name: document.path for name, document in place.known().documents.items()} == {key: "postmortems/b.md"}
    assert {item.document for item in place.known().items.values()} == {key}


def test_reading_again_keeps_the_revision_of_unchanged_content(place, monkeypatch):
    place.document("a.md", postmortem("Add a probe"))
    place.run()
    with sqlite3.connect(place.root / "closeout.db") as database:
        database.execute("UPDATE document SET revision = 'abc', web_url = 'https://x/abc'")
    database.close()
    monkeypatch.setattr(reading, "edition", lambda: "another")
    place.run()
    (document,) = place.known().documents.values()
    assert (document.revision, document.web_url) == ("abc", "https://x/abc")
    place.document("a.md", postmortem("Add a probe", "Test it"))
    place.run()
    (document,) = place.known().documents.values()
    assert document.revision is None


def test_documents_become_private_with_the_setting(place):
    place.document("a.md", postmortem("Add a probe"))
    place.run()
    settle(place, SETTINGS + "[documents]\nprivate = true\n")
    place.run()
    assert [document.private for document in place.known().documents.values()] == [True]


def test_a_store_from_before_is_read_again_once(place, parsed):
    place.document("a.md", postmortem("Add a probe"))
    place.run()
    take_back(place.root / "closeout.db", "0001")
    parsed.clear()
    place.run()
    place.run()
    assert (place.writes, parsed) == ([], ["postmortems/a.md"])


def test_a_plan_made_under_other_rules_is_stale(place):
    from tracker.render.plan import fingerprint  # noqa: PLC0415 - only here

    place.document("a.md", TEXT)
    before = place.look()
    settle(place, TAUGHT)
    after = place.look()
    assert fingerprint(before.plans, before.reading.documents) != fingerprint(after.plans, after.reading.documents)
