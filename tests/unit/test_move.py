"""Moving an item from one target to another: one open issue at the end, whatever happens on the way."""

from __future__ import annotations

import shutil
from contextlib import closing

import pytest
from workplace import SETTINGS, Workplace, postmortem

from connectors import IssueDraft, IssueLocked, IssuePatch, IssueState, NotAllowed, OutcomeUnknown, TargetUnreachable
from tracker.app import Wanted
from tracker.errors import UsageError
from tracker.model import ItemState, MoveStage
from tracker.render.history import sentence

TWO = SETTINGS + '[targets.other]\nkind = "local"\ndatabase = "sqlite:///other.db"\n'
BOTH_READ = '[[routes]]\ntarget = "other"\nseverity = ["sev1"]\n'
"""With a route to it a target is read though nothing is there."""

LOAD = "Run a load test before every release (owner: Jo Smith, due: 2026-12-11)"
WORDS = "Run a load test before every release"
POOL = "Add monitoring for the connection pool"


def forget(place):
    for file in place.root.glob("closeout.db*"):
        file.unlink()


def moved(place, to="other", text="#1"):
    place.writes.clear()
    return place.move(text, to, "Ana <ana@example.com>", "their backlog", lambda _: True)


def open_claims(place, text=WORDS):
    """The open issues whose markers name the item, in all targets."""
    (item,) = [each.id for each in place.known().items.values() if each.text == text]
    issues = [issue for name in place.settings.targets for issue in place.issues(name)]
    return [i.ref for i in issues if i.marker and i.marker.item == item and not i.state.closed]


def check(place, to="other"):
    """The end state: one open issue for each item, nothing to do, and a lost store changes nothing."""
    issues = [issue for name in place.settings.targets for issue in place.issues(name)]
    held = [issue.marker.item for issue in issues if issue.marker and not issue.state.closed]
    assert sorted(held) == sorted(place.known().items)
    assert {ref.target for ref in open_claims(place)} == {to}
    for lost in (False, True, False):
        if lost:
            forget(place)
        synced = place.run()
        assert synced.clean
        assert place.writes == []
        links = place.known().links
        assert {link.ref.target for item, link in links.items() if place.known().items[item].text == WORDS} == {to}
        assert all(item.state is ItemState.OPEN for item in place.known().items.values())
    assert [issue for name in place.settings.targets for issue in place.issues(name)] == issues


@pytest.fixture
def place(tmp_path):
    place = Workplace(tmp_path, TWO)
    place.document("a.md", postmortem(LOAD, POOL))
    place.run()
    return place


def test_a_move_opens_a_new_issue_and_closes_the_old_one(place):
    told = moved(place)
    assert place.writes == ["create", "comment", "update"]
    assert (told.problem, told.move.stage) == ("", MoveStage.FINISHED)
    [new] = place.issues("other")
    old = place.issue(1)
    assert (new.title, new.assignees, new.labels) == (old.title, {"jo"}, old.labels)
    assert new.due.isoformat() == "2026-12-11"
    assert "Moved here from #1 in local." in new.managed
    assert old.state is IssueState.DUPLICATE
    assert old.managed == "Moved to #1 in other."
    assert old.marker.item == ""
    with closing(place.open_tracker("local")) as tracker:
        [comment] = tracker.comments(old.ref)
    assert "now tracked in #1 in other" in comment.body
    check(place)


def test_peoples_words_stay_on_both(place):
    write_around(place, 1)
    moved(place)
    body = place.issue(1).body
    assert body.startswith("Mine.\r\n\n")
    assert body.endswith("\n\nAnd mine. ")
    assert "Mine" not in place.issues("other")[0].body


def write_around(place, number):
    import sqlite3  # noqa: PLC0415

    with closing(sqlite3.connect(place.root / "closeout-issues.db")) as database, database:
        values = ("Mine.\r\n\n", "\n\nAnd mine. ", number)
        database.execute("UPDATE local_issue SET body = ? || body || ? WHERE number = ?", values)


def test_a_later_change_of_the_document_reaches_the_new_issue_and_keeps_the_line(place):
    moved(place)
    place.document("a.md", postmortem(LOAD.replace("2026-12-11", "2026-12-18"), POOL))
    place.run()
    assert place.writes == ["update"]
    [new] = place.issues("other")
    assert new.due.isoformat() == "2026-12-18"
    assert "Moved here from #1 in local." in new.managed
    check(place)


def test_moved_and_moved_back(place):
    moved(place)
    place.run()
    (item,) = [each.id for each in place.known().items.values() if each.text == WORDS]
    told = moved(place, "local", item)
    assert told.problem == ""
    assert place.issue(3).state is IssueState.OPEN
    assert place.issue(1).managed == "Moved to #1 in other."
    assert place.issues("other")[0].managed == "Moved to #3 in local."
    check(place, "local")


def test_history_tells_it_well(place):
    told = moved(place)
    lines = [sentence(event) for event in place.history(told.entry.item.id).events]
    assert lines[-4:] == [
        "Ana had it moved from issue #1 of local to other: their backlog",
        "Closeout opened issue #1",
        "Closeout moved it from issue #1 of local to issue #1 of other",
        "Closeout closed issue #1 of local, which says now where the work goes on",
    ]


FAULTS = {
    "the create's answer is lost": (["lost"], OutcomeUnknown),
    "nobody knows whether the create arrived": (["maybe"], OutcomeUnknown),
    "the comment's answer is lost": ([None, "lost"], OutcomeUnknown),
    "the comment is never sent": ([None, "before"], TargetUnreachable),
    "the close is lost": ([None, None, "lost"], OutcomeUnknown),
    "the close is never sent": ([None, None, "before"], TargetUnreachable),
    "the close may not be written": ([None, None, NotAllowed("no", where="local")], NotAllowed),
}


@pytest.mark.parametrize("again", ["move", "sync", "lost store"])
@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_is_made_good_by_the_next_run(place, fault, again):
    faults, _ = FAULTS[fault]
    place.faults[:] = faults
    told = moved(place)
    assert told.problem
    assert told.move.stage is not MoveStage.FINISHED
    place.pass_time(3600)
    if again == "lost store":
        forget(place)
        to = "other" if any(issue.state is IssueState.OPEN for issue in place.issues("other")) else "local"
        assert place.run().clean
        check(place, to)
        return
    assert place.look().notes or told.move.stage is not MoveStage.DECIDED
    if again == "move":
        assert moved(place, text=told.entry.item.id).problem == ""
    else:
        assert place.run().clean
    check(place)
    with closing(place.open_tracker("local")) as tracker:
        assert len(tracker.comments(place.issue(1).ref)) == 1


@pytest.mark.parametrize("error", [NotAllowed("no", where="other"), TargetUnreachable("no", where="other")])
def test_a_refused_create_leaves_everything_as_it_was(place, error):
    before = place.issues()
    place.faults[:] = [error]
    with pytest.raises(type(error)):
        moved(place)
    assert place.issues() == before
    assert place.known().items[next(iter(place.known().links))].move is None
    place.run()
    assert place.writes == []
    assert moved(place).problem == ""
    check(place)


def test_while_a_create_is_in_doubt_the_sync_keeps_the_old_issue_in_step(place):
    place.faults[:] = ["maybe"]
    moved(place)
    place.by_hand(1, state=IssueState.DONE)
    synced = place.run()
    assert synced.clean is False
    assert "given up" in " ".join(synced.prepared.notes)
    assert place.states()[WORDS] == ItemState.DONE
    assert place.issues("other") == []
    place.run()
    assert place.writes == []


def test_a_locked_issue_is_closed_without_a_comment(place):
    place.faults[:] = [None, IssueLocked("locked", where="local")]
    assert moved(place).problem == ""
    check(place)


def test_an_issue_that_closeout_did_not_open_is_left_alone(place):
    with closing(place.open_tracker("local")) as tracker:
        mine = place.issue(1)
        tracker.inner.update(mine, IssuePatch(title="Mine"))
    import sqlite3  # noqa: PLC0415

    with closing(sqlite3.connect(place.root / "closeout-issues.db")) as database, database:
        database.execute("UPDATE local_issue SET body = 'A person wrote this.' WHERE number = 1")
    forget(place)
    place.document("a.md", postmortem(f"{WORDS} (#1)", POOL))
    place.run()
    before = place.issue(1)
    told = moved(place)
    assert place.writes == ["create"]
    assert told.move.own is False
    assert place.issue(1) == before
    place.run()
    forget(place)
    place.run()
    assert place.writes == []
    assert {link.ref.target for link in place.known().links.values()} == {"local", "other"}


def test_an_item_whose_issue_is_gone_gets_one_elsewhere(place):
    import sqlite3  # noqa: PLC0415

    with closing(sqlite3.connect(place.root / "closeout-issues.db")) as database, database:
        database.execute("DELETE FROM local_issue WHERE number = 1")
    place.status(Wanted(), check_links=True)
    told = moved(place)
    assert place.writes == ["create"]
    assert (told.problem, told.move.own) == ("", False)
    check(place)


def test_a_written_back_link_does_not_hold_the_item(place):
    place.document("a.md", postmortem(f"{LOAD} (#1)", POOL))
    place.run()
    assert moved(place).problem == ""
    place.run()
    assert place.writes == []
    assert [ref.target for ref in open_claims(place)] == ["other"]
    forget(place)
    place.run()
    assert place.writes == []
    assert [ref.target for ref in open_claims(place)] == ["other"]


@pytest.mark.parametrize("more", ["", BOTH_READ])
def test_another_machine_follows(place, tmp_path, more):
    there = second_machine(place, tmp_path, more)
    moved(place)
    there.now = place.now
    there.status(Wanted(), refresh=True)
    there.run()
    there.run()
    assert there.writes == []
    assert there.states()[WORDS] == ItemState.OPEN
    assert sorted(link.ref.target for link in there.known().links.values()) == ["local", "other"]


def second_machine(place, tmp_path, more=BOTH_READ):
    """Another store for the same documents and targets, in step with them."""
    root = tmp_path / "twin"
    root.mkdir()
    local = f'kind = "local"\ndatabase = "sqlite:///{tmp_path}/closeout-issues.db"\n[teams'
    settings = TWO.replace('kind = "local"\n[teams', local)
    there = Workplace(root, settings.replace("sqlite:///other.db", f"sqlite:///{tmp_path}/other.db") + more)
    shutil.copytree(tmp_path / "postmortems", root / "postmortems", dirs_exist_ok=True)
    there.now = place.now
    there.run()
    assert there.writes == []
    return there


def test_another_machine_goes_on_where_one_was_cut_off_for_good(place, tmp_path):
    there = second_machine(place, tmp_path)
    place.faults[:] = [None, "before"]
    moved(place)
    assert len(open_claims(place)) == 2
    there.now = place.now
    there.run()
    assert there.writes == []
    assert {ref.target for ref in (link.ref for link in there.known().links.values())} == {"local", "other"}
    assert there.run().clean
    assert there.writes == ["comment", "update"]
    check(there)
    place.now = there.now
    check(place)


def test_a_person_who_links_the_old_issue_again_has_the_last_word(place):
    told = moved(place)
    place.link(told.entry.item.id, "#1", "Ana")
    for _ in range(2):
        place.run()
        assert place.writes == []
        assert {link.ref.target for link in place.known().links.values()} == {"local"}


def test_open_issues_of_one_item_in_two_targets_are_told(place):
    (place.root / "closeout.toml").write_text(TWO + BOTH_READ, "utf-8")
    place = Workplace(place.root)
    with closing(place.open_tracker("other")) as tracker:
        first = place.issue(1)
        tracker.inner.create(IssueDraft(first.title, first.managed, first.marker))
    assert "#1 in other is open and has the marker of" in place.look().notes[0]
    place.run()
    assert place.writes == []


def refused(place, match, to="other", text="#1"):
    place.writes.clear()
    with pytest.raises(UsageError, match=match):
        moved(place, to, text)
    assert place.writes == []
    assert all(item.move is None for item in place.known().items.values())


def test_what_can_not_be_moved_says_why(place):
    refused(place, "no such target", "otter")
    refused(place, "in local already", "local")
    place.by_hand(2, state=IssueState.DONE)
    refused(place, "closed meanwhile", text="#2")
    place.run()
    refused(place, "it is done", text="#2")
    place.ignore("#1", "Ana", "no")
    refused(place, "it is ignored")


def test_an_item_without_an_issue_is_not_moved(place):
    place.document("b.md", postmortem("Rotate the keys (OPS-12)", title="Keys"))
    place.run()
    (item,) = [each.id for each in place.known().items.values() if each.text.startswith("Rotate")]
    refused(place, "no issue yet", text=item)


def test_an_item_in_review_is_not_moved(place):
    place.document(
        "b.md",
        postmortem("Add an alert for the pool of service A", "Add an alert for the pool of service B", title="P"),
    )
    place.run()
    place.document("b.md", postmortem("Add an alert for the pool of service C", title="P"))
    place.run()
    (item,) = [each.id for each in place.known().items.values() if each.text.endswith("service A")]
    refused(place, "may be a reworded one", text=item)


def test_a_private_document_goes_to_no_public_target(tmp_path):
    public = TWO.replace('database = "sqlite:///other.db"', 'database = "sqlite:///other.db"\npublic = true')
    place = Workplace(tmp_path, public)
    place.document("a.md", "---\nprivate: true\n---\n" + postmortem(LOAD))
    place.run()
    refused(place, "its document is private, and other is public")
    (tmp_path / "closeout.toml").write_text(public + '[policy]\nallow_public = ["other"]\n')
    place = Workplace(tmp_path)
    assert moved(place).problem == ""


def test_nothing_is_moved_to_a_target_that_can_not_be_read(place):
    class Down(Workplace):
        def open_tracker(self, name):
            tracker = super().open_tracker(name)
            if name == "other":
                tracker.changed_since = self.fail
            return tracker

        def fail(self, *_):
            raise TargetUnreachable("no route", where="other")

    down = Down(place.root)
    with pytest.raises(TargetUnreachable):
        moved(down)
    assert down.writes == []
    assert all(item.move is None for item in down.known().items.values())


def test_whoever_says_no_changes_nothing(place):
    assert place.move("#1", "other", "Ana", "why", lambda _: False) is None
    assert place.writes == ["create", "create"]
    assert all(item.move is None for item in place.known().items.values())
