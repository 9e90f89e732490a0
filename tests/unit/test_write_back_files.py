"""`--write-back files` as a whole: what gets into which file, what never does, and that a second run does nothing."""

import os
import stat
from dataclasses import replace

import pytest
from workplace import SETTINGS, Workplace, postmortem

from connectors import IssueState
from tracker.app import Consent, Mode, reading, writing_back
from tracker.model import Gone, GoneKind
from tracker.render.write_back import problems
from tracker.schedule import Runner
from tracker.schedule.crontab import jobs
from tracker.settings_file import load

LOAD = "Run a load test before every release"
RUNBOOK = "Write a runbook for failing over the database"


class Writing(Workplace):
    """A workplace whose syncs write back; `written` and `settled` are of the last one."""

    def run(self, *paths, consent=None):
        synced = super().run(*paths, consent=consent)
        self.written, self.settled = self.write_back(synced, paths, Mode.FILES, consent or Consent())
        return synced

    def text(self, name="a.md"):
        return (self.root / "postmortems" / name).read_bytes().decode()

    def mark(self, name="a.md"):
        return "[x]" in self.text(name)


@pytest.fixture
def place(tmp_path):
    return Writing(tmp_path)


def nothing_more(place, monkeypatch):
    """One more sync writes nowhere and parses nothing."""
    before = {file: file.read_bytes() for file in place.root.glob("postmortems/**/*.md")}
    with monkeypatch.context() as patch:

        def parsed(*_arguments, **_options):
            raise AssertionError("a document was parsed that did not change")

        patch.setattr(reading, "parse", parsed)
        synced = place.run()
    assert place.writes == []
    assert [made.actions for made in synced.prepared.plans] == [()]
    assert place.written.documents == ()
    assert place.settled is None
    assert {file: file.read_bytes() for file in before} == before


def test_links_land_and_the_next_sync_has_nothing_to_do(place, monkeypatch):
    place.document("a.md", postmortem(LOAD, f"[ ] {RUNBOOK} (owner: Jo Smith)"))
    place.run()
    assert place.writes == ["create", "create"]
    assert place.text() == postmortem(f"{LOAD} (#1)", f"[ ] {RUNBOOK} (owner: Jo Smith) (#2)")
    assert place.written.clean
    nothing_more(place, monkeypatch)
    assert [item.links for item in place.known().items.values()] == [("#1",), ("#2",)]


def test_a_done_issue_ticks_its_box_and_a_reopened_one_clears_it(place, monkeypatch):
    place.document("a.md", postmortem(f"[ ] {LOAD}"))
    place.run()
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    assert place.mark()
    assert place.issue(1).marker.base["document"]["state"] == "done"  # or a lost store would close a reopened issue
    nothing_more(place, monkeypatch)
    place.by_hand(1, state=IssueState.OPEN)
    place.run()
    assert not place.mark()
    assert place.states() == {LOAD: "open"}
    nothing_more(place, monkeypatch)


def test_a_lost_store_finds_what_was_written(place, monkeypatch):
    place.document("a.md", postmortem(f"[ ] {LOAD}", RUNBOOK))
    place.run()
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    before = place.text()
    place.run()
    assert place.writes == []
    assert place.text() == before
    assert place.states() == {LOAD: "done", RUNBOOK: "open"}
    nothing_more(place, monkeypatch)


@pytest.mark.parametrize("state", [IssueState.WONT_DO, IssueState.DUPLICATE])
def test_what_is_closed_otherwise_is_never_ticked(place, monkeypatch, state):
    place.document("a.md", postmortem(f"[ ] {LOAD}"))
    place.run()
    place.by_hand(1, state=state)
    place.run()
    assert not place.mark()
    nothing_more(place, monkeypatch)


def test_a_box_stays_ticked_where_the_document_has_authority(tmp_path):
    place = Writing(tmp_path, SETTINGS + '[policy]\nstate_authority = "document"\n')
    place.document("a.md", postmortem(f"[ ] {LOAD}"))
    place.run()
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    place.by_hand(1, state=IssueState.OPEN)
    place.run()
    assert place.mark()


def test_a_box_that_a_person_ticked_is_not_cleared_while_the_issue_could_not_be_closed(place):
    place.document("a.md", postmortem(f"[ ] {LOAD}"))
    place.run()
    place.document("a.md", place.text().replace("[ ]", "[x]"))
    place.faults[:] = ["before"]
    place.run()
    assert place.mark()
    place.run()
    assert place.issue(1).state is IssueState.DONE


def test_people_s_own_issue_is_cleared_only_if_we_ticked_it(place):
    place.document("a.md", postmortem(RUNBOOK))
    place.run()
    [item] = place.known().items.values()
    place.unlink(item.id, "jo", "it is another item's")
    place.document("a.md", postmortem("Ask for a second link"))
    place.document("b.md", postmortem(f"[x] {LOAD} (#1)", title="B"))
    place.run()
    assert place.mark("b.md")  # the issue was open when it was named: nobody reopened it
    place.document("b.md", place.text("b.md").replace("[x]", "[ ]"))
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    assert place.mark("b.md")
    place.by_hand(1, state=IssueState.OPEN)
    place.run()
    assert not place.mark("b.md")


def test_items_that_nobody_works_on_are_left_alone(place):
    place.document("a.md", postmortem(LOAD, RUNBOOK))
    Workplace.run(place)
    first, second = sorted(place.known().items.values(), key=lambda item: item.line)
    place.ignore(first.id, "jo", "not now")
    place.document("b.md", postmortem("[ ] Ask for a second link", title="B"))
    place.document("a.md", postmortem(LOAD))  # the second leaves
    place.run()
    assert place.text() == postmortem(LOAD)
    assert "Ask for a second link (#3)" in place.text("b.md")
    assert second.id in place.known().items


def test_an_issue_that_is_gone_is_not_written(place):
    place.document("a.md", postmortem(LOAD))
    Workplace.run(place)
    with place.store() as store:
        [link] = store.known().links.values()
        store.record_gone([replace(link, gone=Gone(GoneKind.DELETED, place.now, "deleted"))], [])
        assert writing_back.wanted_now(place._desk(store), ()) == {}


def test_an_item_that_names_its_issue_in_any_way_is_left_alone(place):
    place.document("a.md", postmortem(LOAD))
    Workplace.run(place)
    text = postmortem(f"{LOAD}, see #1")
    place.document("a.md", text)
    place.run()
    assert place.text() == text


def test_a_file_that_changed_since_is_left_alone_and_the_others_go_on(place):
    place.document("a.md", postmortem(LOAD))
    place.document("b.md", postmortem(RUNBOOK, title="B"))
    synced = Workplace.run(place)
    place.document("a.md", postmortem(LOAD, "Another thing to do"))
    written, settled = place.write_back(synced, (), Mode.FILES, Consent())
    assert [(each.document.path, each.problem) for each in written.documents] == [
        ("postmortems/a.md", "it changed since it was read"),
        ("postmortems/b.md", ""),
    ]
    assert not written.clean
    assert settled.clean
    assert "(#2)" in place.text("b.md")
    assert "(#1)" not in place.text("a.md")
    place.run()
    assert "(#1)" in place.text("a.md")
    assert "(#3)" in place.text("a.md")


def test_a_file_that_changes_while_it_is_written_is_left_alone(place, monkeypatch):
    place.document("a.md", postmortem(LOAD))
    synced = Workplace.run(place)
    encode = writing_back.encode

    def slow(text, like):
        place.document("a.md", postmortem(RUNBOOK))
        return encode(text, like)

    monkeypatch.setattr(writing_back, "encode", slow)
    written, _ = place.write_back(synced, (), Mode.FILES, Consent())
    assert [each.problem for each in written.documents] == ["it changed since it was read"]
    assert place.text() == postmortem(RUNBOOK)
    assert [file.name for file in (place.root / "postmortems").iterdir()] == ["a.md"]


@pytest.mark.parametrize("place_of_death", ["_replace", "record", "_settle"])
@pytest.mark.parametrize("late", [True, False])
def test_a_process_that_dies_leaves_work_that_the_next_one_ends(place, monkeypatch, place_of_death, late):
    place.document("a.md", postmortem(f"[ ] {LOAD}", RUNBOOK))
    Workplace.run(place)
    place.by_hand(1, state=IssueState.DONE)
    synced = Workplace.run(place)
    real = getattr(writing_back, place_of_death)

    def die(*arguments):
        if late:
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(writing_back, place_of_death, die)
        with pytest.raises(KeyboardInterrupt):
            place.write_back(synced, (), Mode.FILES, Consent())
    assert [file.name for file in (place.root / "postmortems").iterdir()] == ["a.md"]
    place.run()
    assert place.text() == postmortem(f"[x] {LOAD} (#1)", f"{RUNBOOK} (#2)")
    assert place.states() == {LOAD: "done", RUNBOOK: "open"}
    nothing_more(place, monkeypatch)


def test_a_read_only_file_stays_as_it_is(place, monkeypatch):
    place.document("a.md", postmortem(LOAD))
    synced = Workplace.run(place)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to every file
    written, _ = place.write_back(synced, (), Mode.FILES, Consent())
    assert [each.problem for each in written.documents] == ["can't be written: it is read-only"]
    assert place.text() == postmortem(LOAD)


def test_mode_and_symbolic_links_stay(place, tmp_path):
    elsewhere = tmp_path / "elsewhere.md"
    elsewhere.write_text(postmortem(LOAD), "utf-8")
    elsewhere.chmod(0o640)
    (tmp_path / "postmortems" / "a.md").symlink_to(elsewhere)
    place.run()
    assert (tmp_path / "postmortems" / "a.md").is_symlink()
    assert elsewhere.read_text("utf-8") == postmortem(f"{LOAD} (#1)")
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o640


def test_bytes_that_are_not_utf8_stay(place, monkeypatch):
    data = postmortem("Prüfe die Größe der Tabelle").replace("\n", "\r\n").encode("latin-1")
    (place.root / "postmortems" / "a.md").write_bytes(data)
    place.run()
    assert (place.root / "postmortems" / "a.md").read_bytes() == data.replace(b"Tabelle", b"Tabelle (#1)")
    nothing_more(place, monkeypatch)


def test_only_the_documents_that_were_asked_for_are_written(place):
    place.document("a.md", postmortem(LOAD))
    place.document("sub/b.md", postmortem(RUNBOOK, title="B"))
    Workplace.run(place)
    place.run(str(place.root / "postmortems" / "sub"))
    assert "(#" not in place.text("a.md")
    assert "(#2)" in place.text("sub/b.md")


def test_a_plan_shows_what_would_be_written_and_writes_nothing(place):
    place.document("a.md", postmortem(f"[ ] {LOAD}", RUNBOOK))
    Workplace.run(place)
    place.by_hand(1, state=IssueState.DONE)
    place.document("b.md", postmortem("Ask for a second link", title="B"))
    before = place.text()
    told = place.preview_write_back(place.look(), (), Mode.FILES)
    assert [(each.document.path, each.links, each.marks) for each in told.documents] == [
        ("postmortems/a.md", 2, 1),
        ("postmortems/b.md", 1, 0),
    ]
    assert place.text() == before
    place.run()
    assert [(each.links, each.marks) for each in place.written.documents] == [(2, 1), (1, 0)]


def test_while_a_create_is_in_doubt_the_issues_are_read_again_before_anything_is_repeated(place):
    place.document("a.md", postmortem(LOAD, RUNBOOK))
    place.faults[:] = [None, "lost"]
    place.run()
    assert "(#1)" in place.text()
    place.pass_time(3600)
    place.run()
    assert [issue.title for issue in place.issues()] == [LOAD, RUNBOOK]
    assert "(#2)" in place.text()


def test_what_can_t_be_placed_is_told_and_fails_nothing(place):
    place.document("a.md", postmortem("https://jira.example/browse/OPS-12", LOAD))
    Workplace.run(place)
    other, load_test = sorted(place.known().items.values(), key=lambda item: item.line)
    place.unlink(load_test.id, "jo", "it is the other's")
    place.link(other.id, "#1", "jo")
    for _ in range(2):
        place.run()
        [told] = place.written.documents
        assert place.written.clean
        assert [refusal.line for refusal in told.refusals] == [11]
    assert place.settled is None
    [line, advice] = problems(place.written)
    assert line.startswith("closeout: postmortems/a.md:11: the link was left out: its text would be read as")
    assert advice == "  Write it in by hand where it fits: #1"


def test_the_settings_choose_and_none_writes_nothing(tmp_path):
    place = Writing(tmp_path, SETTINGS + '[write_back]\nmode = "files"\n')
    assert Mode(load(tmp_path / "closeout.toml", {}).settings.write_back.mode) is Mode.FILES
    place.document("a.md", postmortem(LOAD))
    synced = Workplace.run(place)
    assert place.write_back(synced, (), Mode.NONE, Consent())[0].documents == ()
    assert place.text() == postmortem(LOAD)


@pytest.mark.parametrize("mode", ["files", "pr"])
def test_a_schedule_writes_back_as_the_settings_say(tmp_path, mode):
    schedule = '[schedules.nightly]\nrun = "sync"\ncron = "0 3 * * *"\n'
    place = Workplace(tmp_path, f'{SETTINGS}[write_back]\nmode = "{mode}"\n{schedule}')
    file = place.document("a.md", postmortem(LOAD))
    said = []
    [job] = jobs(place.settings)
    assert Runner(place, said.append).fire(job, place.now)
    if mode == "files":
        assert file.read_text("utf-8") == postmortem(f"{LOAD} (#1)")
    else:
        assert "not all could be written back: closeout.toml: nothing tells which repository" in said[-1]
