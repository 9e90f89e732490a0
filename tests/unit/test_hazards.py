"""What a careful reader tried in order to make the sync do harm. Each of these did harm once."""

import os
import sqlite3
from datetime import timedelta

import pytest
from workplace import SETTINGS, Workplace, postmortem

from connectors import IssueState, RequestRejected
from connectors.local import LocalTracker
from tracker.app import Wanted
from tracker.errors import RefusedByBrake, UsageError
from tracker.model import GoneKind

ALERT = "Alert when the connection pool is nearly used up"
LOAD = "Run a load test before every release"
RUNBOOK = "Write a runbook for failing over the database"
PUBLIC = SETTINGS.replace('kind = "local"', 'kind = "local"\npublic = true')


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)


def forget(place):
    """Lose the store."""
    for file in place.root.glob("closeout.db*"):
        file.unlink()


def persons_issue(place, title, body="A person wrote this."):
    """An issue that somebody opened by hand; returns its number."""
    with sqlite3.connect(place.root / "closeout-issues.db") as database:
        (number,) = database.execute("SELECT max(number) + 1 FROM local_issue").fetchone()
        database.execute(
            "INSERT INTO local_issue (target, number, title, body, state, labels, assignees, created_at, updated_at)"
            " SELECT target, ?, ?, ?, 'open', '[]', '[]', ?, updated_at FROM local_issue LIMIT 1",
            (number, title, body, f"{place.now - timedelta(days=40):%Y-%m-%d %H:%M:%S.%f}"),
        )
    database.close()
    return number


# Other people's issues


def test_a_target_that_means_another_place_now_is_refused(place):
    place.document("a.md", postmortem(LOAD))
    place.run()
    (place.root / "closeout.toml").write_text(
        SETTINGS.replace('"local"\n[teams', '"local"\ndatabase = "sqlite:///b.db"\n[teams')
    )
    with pytest.raises(UsageError, match="its links would mean other issues"):
        Workplace(place.root).run()


def test_an_item_that_mentions_the_issue_of_another_one_does_not_take_it_over(place):
    place.document("a.md", postmortem(ALERT))
    place.run()
    place.document("a.md", postmortem(ALERT, "Write the runbook for what to do when the alert of #1 fires"))
    place.run()
    assert [issue.title for issue in place.issues()] == [
        ALERT,
        "Write the runbook for what to do when the alert of #1 fires",
    ]


def test_an_issue_that_a_sentence_points_at_is_not_adopted(place):
    place.document("a.md", postmortem(ALERT))
    place.run()
    persons_issue(place, "Umbrella")
    place.document("b.md", postmortem("[ ] Roll the hotfix out to EU, as started in #2", title="B"))
    place.run()
    assert place.writes == ["create"]
    place.document("b.md", postmortem("[x] Roll the hotfix out to EU, as started in #2", title="B"))
    place.run()
    assert place.issue(2).state is IssueState.OPEN


@pytest.mark.parametrize("policy", ["", '[policy]\nremoved = "close"\n'])
def test_nothing_is_ever_written_to_an_issue_that_was_adopted_by_name(tmp_path, policy):
    place = Workplace(tmp_path, SETTINGS + policy)
    place.document("a.md", postmortem(ALERT, LOAD))
    place.run()
    persons_issue(place, "Mine")
    before = place.issue(3)
    for line in (
        "[ ] Mend the pager (#3)",
        "[x] Mend the pager (#3)",
        "[ ] Mend the pager at last (#3) (owner: Jo Smith)",
    ):
        place.document("b.md", postmortem(line, title="B"))
        place.run()
        assert place.writes == []
    assert [conflict.winner for _, conflict in place.look().plans[0].conflicts] == []
    place.document("b.md", postmortem(RUNBOOK, title="B"))
    place.run()
    assert place.issue(3) == before


def test_an_issue_whose_row_is_gone_is_not_opened_again(place):
    place.document("a.md", postmortem(ALERT, LOAD))
    place.run()
    with sqlite3.connect(place.root / "closeout-issues.db") as database:
        database.execute("DELETE FROM local_issue WHERE number = 1")
    database.close()
    place.document("a.md", postmortem(ALERT + " today", LOAD))
    for _ in range(2):
        place.run()
        assert "create" not in place.writes
    gone = {link.ref.key: link.gone and link.gone.kind for link in place.known().links.values()}
    assert gone == {"#1": GoneKind.NOT_FOUND, "#2": None}
    assert len(place.issues()) == 1


def test_a_corrected_ticket_links_to_the_right_issue(place):
    place.document("a.md", postmortem(ALERT))
    place.run()
    persons_issue(place, "Wrong one")
    persons_issue(place, "Right one")
    for number in (2, 3):
        place.document("b.md", postmortem(f"Mend the pager (#{number})", title="B"))
        place.run()
    assert place.writes == []
    assert {link.ref.key for link in place.known().links.values()} == {"#1", "#3"}


def test_a_copied_marker_takes_nothing_over_and_closes_nothing(place):
    place.document("a.md", postmortem(ALERT))
    place.run()
    older = persons_issue(place, "Copied", place.issue(1).body)
    with sqlite3.connect(place.root / "closeout-issues.db") as database:
        database.execute("UPDATE local_issue SET number = 0 WHERE number = ?", (older,))
    database.close()
    held = place.run().prepared.plans[0].held
    assert place.writes == []
    assert "copy of this item's marker" in held[0].why
    assert {link.ref.key for link in place.known().links.values()} == {"#1"}


# Private documents


def test_an_item_unticked_in_a_private_document_stays_in(tmp_path):
    place = Workplace(tmp_path, PUBLIC)
    for box in "x ":
        place.document("a.md", f"---\nprivate: true\n---\n{postmortem(f'[{box}] {LOAD}')}")
        place.run()
    assert place.issues() == []


def test_a_document_that_becomes_private_sends_no_more_words(tmp_path):
    place = Workplace(tmp_path, PUBLIC)
    place.document("a.md", postmortem(ALERT))
    place.run()
    place.document("a.md", "---\nprivate: true\n---\n" + postmortem(ALERT + " of the ACME tenant"))
    held = place.run().prepared.plans[0].held
    assert place.writes == []
    assert "private" in held[0].why
    place.document("a.md", "---\nprivate: true\n---\n" + postmortem(RUNBOOK))
    place.run()
    assert place.writes == []


@pytest.mark.parametrize("matter", ["title: Outage: vault\nprivate: true", "private: 'true'", "private: 1"])
def test_front_matter_that_cannot_be_read_counts_as_private(tmp_path, matter):
    place = Workplace(tmp_path, PUBLIC)
    place.document("a.md", f"---\n{matter}\n---\n{postmortem(LOAD)}")
    place.run()
    assert place.issues() == []


# Documents and their keys


def test_an_id_that_is_given_later_changes_nothing(place):
    place.document("a.md", postmortem(ALERT, LOAD))
    place.run()
    place.document("a.md", "---\nid: PM-1\n---\n" + postmortem(ALERT, LOAD))
    place.run(str(place.root / "postmortems/a.md"))
    assert "create" not in place.writes
    forget(place)
    place.run()
    place.run()
    assert place.writes == []
    assert len(place.issues()) == 2


def test_a_partial_sync_takes_no_document_that_still_stands(place):
    place.document("a.md", postmortem(ALERT, LOAD, RUNBOOK))
    place.run()
    place.document("new.md", postmortem(ALERT, LOAD, RUNBOOK, title="New"))
    done = place.run(str(place.root / "postmortems/new.md"))
    assert (place.writes, len(done.prepared.plans[0].offers)) == ([], 3)
    place.run()
    assert place.writes == []
    assert len(place.known().items) == 6


def test_a_new_document_in_the_place_of_a_renamed_one(place):
    file = place.document("draft.md", postmortem(ALERT, LOAD))
    place.run()
    file.rename(file.with_name("2026-11-02.md"))
    place.run()
    place.document("draft.md", postmortem(RUNBOOK, title="Next"))
    place.run()
    assert place.writes == ["create"]
    forget(place)
    place.run()
    place.run()
    assert "create" not in place.writes
    assert len(place.issues()) == 3


def test_an_item_cut_in_one_sync_and_pasted_in_another_keeps_its_issue(place):
    place.document("a.md", postmortem(ALERT, LOAD))
    place.document("b.md", postmortem(RUNBOOK, title="B"))
    place.run()
    place.document("a.md", postmortem(ALERT))
    place.run()
    place.document("b.md", postmortem(RUNBOOK, LOAD, title="B"))
    place.run()
    assert len(place.issues()) == 3
    assert place.states()[LOAD] == "open"


def test_equal_texts_stay_with_their_owners(place):
    lines = [f"Update the runbook of your service (owner: {name})" for name in ("Jo Smith", "Maria Gomez")]
    place.document("a.md", postmortem(*lines))
    place.run()
    place.document("a.md", postmortem(lines[1]))
    place.run()
    assert place.issue(2).assignees == {"maria"}
    assert place.issue(1).assignees == {"jo"}


def test_a_document_that_loses_all_its_items_is_looked_at_first(place):
    place.document("a.md", postmortem(ALERT, LOAD))
    place.document("b.md", postmortem(RUNBOOK, title="B"))
    place.run()
    place.document("a.md", "# Outage\n\nAll gone.\n")
    with pytest.raises(RefusedByBrake, match=r"a\.md held action items"):
        place.run()


def test_an_emptied_file_keeps_its_items(place):
    place.document("a.md", postmortem(ALERT))
    place.document("b.md", postmortem(RUNBOOK, title="B"))
    place.run()
    place.document("a.md", " \n")
    assert not place.run().clean
    assert place.writes == []
    assert place.states()[ALERT] == "open"


def test_documents_in_a_folder_that_cannot_be_listed_are_not_gone(place, monkeypatch):
    place.document("2026/a.md", postmortem(ALERT))
    place.document("b.md", postmortem(RUNBOOK, title="B"))
    place.run()
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("2026"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    synced = place.run()
    assert place.writes == []
    assert synced.prepared.reading.unreadable == (
        ("postmortems/2026", "the folder can't be listed: Permission denied"),
    )
    assert place.states()[ALERT] == "open"


def test_an_item_that_returns_reopens_the_issue_that_we_closed(tmp_path):
    place = Workplace(tmp_path, SETTINGS + '[policy]\nremoved = "close"\n')
    place.document("a.md", postmortem(ALERT, LOAD))
    place.run()
    place.document("a.md", postmortem(ALERT))
    place.run()
    place.document("a.md", postmortem(ALERT, LOAD))
    place.run()
    assert place.issue(2).state is IssueState.OPEN
    assert place.states()[LOAD] == "open"
    place.run()
    assert place.writes == []


# A lost store


def test_what_was_told_once_is_not_told_again_and_stops_no_fresh_run(place):
    lines = [f"Write chapter {name} of the handbook" for name in ("one", "two", "three", "seven", "eleven", "twelve")]
    place.document("a.md", postmortem(ALERT, *lines))
    place.run()
    place.document("a.md", postmortem(ALERT))
    place.run()
    forget(place)
    place.run()
    assert place.writes == []
    place.run()
    assert place.writes == []


def test_a_reopening_survives_a_lost_store(place):
    place.document("a.md", postmortem("[ ] " + LOAD))
    place.run()
    place.by_hand(1, state=IssueState.DONE)
    place.document("a.md", postmortem("[x] " + LOAD))
    place.run()
    place.by_hand(1, state=IssueState.OPEN)
    forget(place)
    place.run()
    assert place.issue(1).state is IssueState.OPEN


TWO = SETTINGS + '[targets.other]\nkind = "local"\ndatabase = "sqlite:///other.db"\n'


def test_a_lost_store_finds_issues_in_a_target_that_is_no_longer_the_default(tmp_path):
    place = Workplace(tmp_path, TWO)
    place.document("a.md", postmortem(ALERT, LOAD))
    place.run()
    (tmp_path / "closeout.toml").write_text(TWO.replace('target = "local"', 'target = "other"'))
    forget(place)
    place = Workplace(tmp_path)
    place.run()
    assert place.writes == []
    assert place.issues("other") == []
    assert {link.ref.target for link in place.known().links.values()} == {"local"}
    place.document("a.md", postmortem(ALERT, LOAD, RUNBOOK))
    place.run()
    assert [issue.title for issue in place.issues("other")] == [RUNBOOK]


# People's words


def test_words_written_while_a_sync_waits_are_not_overwritten(place):
    place.document("a.md", postmortem(ALERT, LOAD))
    place.run()
    place.document("a.md", postmortem(ALERT + " today", LOAD + " today"))
    send = LocalTracker.update

    def slow(self, issue, patch):
        """The first update takes a minute, in which somebody edits the other issue."""
        done = send(self, issue, patch)
        if issue.ref.number == 1 and patch.managed:
            place.pass_time(60)
            place.by_hand(2, add_labels=frozenset({"mine"}))
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalTracker, "update", slow)
        synced = place.run()
    (failure,) = synced.applied["local"].failures
    assert isinstance(failure.error, RequestRejected)
    place.run()
    assert place.issue(2).title == LOAD + " today"
    assert place.issue(2).labels == {"postmortem", "mine"}


def test_somebody_taken_off_an_issue_is_not_its_owner_any_more(place):
    place.document("a.md", postmortem(LOAD + " (owner: Jo Smith, Maria Gomez)"))
    place.run()
    place.by_hand(1, assignees=frozenset({"maria"}))
    place.run()
    (entry,) = place.status(Wanted()).entries
    assert [owner.key for owner in entry.ownership.known] == ["maria"]


def test_a_refresh_loses_no_change_of_a_document(place):
    place.document("a.md", postmortem(LOAD))
    place.run()
    place.document("a.md", postmortem(LOAD + " (owner: Jo Smith)"))
    place.by_hand(1, state=IssueState.DONE)
    place.status(Wanted(), refresh=True)
    place.run()
    assert place.issue(1).assignees == {"jo"}
    assert place.states() == {LOAD: "done"}
