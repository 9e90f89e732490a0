"""A sync whose issues go away: each way is a state with advice, and none makes an issue or touches a foreign one."""

import io
import json

import pytest
from contract.faults import FaultServer
from contract.moving_github import MovingGitHub, Repo
from jsonschema import validate
from rich.console import Console
from workplace import Workplace, postmortem

from connectors import IssueMoved, TargetClosed, TargetMoved
from connectors.errors import IssueNotFound
from tracker.app import App, Consent, Wanted
from tracker.model import GoneKind
from tracker.policy import Flag
from tracker.render import history, render_letter, status, status_table
from tracker.render import item as item_render
from tracker.render import json as report_json
from tracker.render import plan as plan_render
from tracker.render.comment import to_markdown
from tracker.render.plan_text import print_plan
from tracker.standing import About

SETTINGS = """
target = "ops"
[targets.ops]
kind = "github"
repository = "acme/ops"
base_url = "{url}"
[people.ana]
name = "Ana Lima"
email = "ana@example.com"
[reports.weekly]
fallback = "ana"
"""
WEB = """
[targets.web]
kind = "github"
repository = "acme/web"
base_url = "{url}"
"""
LOAD = "Run a load test before every release"
RUNBOOK = "Write a runbook for failing over the database"
LONGER = "Run a long load test before every release"


class Moving(Workplace):
    """A workplace whose issues are in a GitHub where things move."""

    def __init__(self, root, world, server, settings):
        super().__init__(root, settings.format(url=server.url))
        self.world, self.server = world, server

    def open_tracker(self, name):
        return App.open_tracker(self, name)

    def run(self, *paths, consent=None):
        self.world.writes.clear()
        self.server.seen.clear()
        return super().run(*paths, consent=consent or Consent(everything=True))

    def look_closer(self, **options):
        """`status --check-links`, as the JSON items by text."""
        self.world.writes.clear()
        self.server.seen.clear()
        options = options or {"check_links": True}
        found = self.status(Wanted(), **options)
        told = json.loads(status.to_json(found.entries, found.as_of, found.today))
        validate(told, status.StatusOutput.model_json_schema(mode="serialization"))
        assert self.world.writes == []
        return {item["text"]: item for item in told["items"]}

    def item(self, text):
        """What the store alone says of an item, as JSON."""
        return self.look_closer(refresh=False)[text]

    def happened(self, issue):
        """The audit log of the item with this issue: what, in order."""
        with self.store() as store:
            (item,) = (each.item for each in store.known().links.values() if each.ref.key.endswith(issue))
            return [event.what for event in store.events(item) if event.what.startswith("issue")]

    @property
    def foreign(self):
        """Writes that reached anything but the repository of the settings."""
        return [path for _, path in self.world.writes if not path.startswith("/repos/acme/ops/")]


@pytest.fixture
def make(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_x")
    world = MovingGitHub("acme/ops", "acme/web")
    with FaultServer(world.answer) as server:
        world.url = server.url

        def make(settings=SETTINGS):
            (tmp_path / "closeout.toml").write_text(settings.format(url=server.url), "utf-8")
            place = Moving(tmp_path, world, server, settings)
            if not place.known().links:
                place.document("a.md", postmortem(LOAD, RUNBOOK))
                assert place.run().clean
                assert place.run().clean  # from here on listings start at a cursor
            return place

        yield make


def lost(place, kind, *, number=1, verbs=("GET", "PATCH", "GET")):
    """The document changes, the write fails: the state is there with its advice, and the next syncs leave it alone."""
    place.document("a.md", postmortem(LONGER, RUNBOOK))
    synced = place.run()
    assert not synced.clean
    assert place.foreign == []
    assert tuple(place.server.verbs[: len(verbs)]) == verbs
    item = place.item(LONGER)
    assert item["state"] == "open"
    assert item["gone"]["kind"] == kind
    assert "ghost" in item["flags"]
    assert place.item(RUNBOOK)["gone"] is None
    for _ in range(2):
        synced = place.run()
        assert synced.clean
        assert place.world.writes == []
        assert len(place.server.seen) <= 2
        (held,) = synced.prepared.plans[0].held
        assert (held.item.text, held.gone.kind) == (LONGER, kind)
    assert place.happened(f"#{number}")[1:] == ["issue gone"]
    assert len(place.known().links) == 2
    return item["gone"]


def test_a_deleted_issue(make):
    place = make()
    place.world.delete("acme/ops", 1)
    gone = lost(place, GoneKind.DELETED)
    assert "closeout link" in gone["advice"]
    assert "closeout unlink" in gone["advice"]
    assert [issue["title"] for issue in place.world.repo("acme/ops").issues.values()] == [RUNBOOK]


def test_an_issue_that_is_hidden_and_comes_back(make):
    place = make()
    issue = place.world.hide("acme/ops", 1)
    assert "access" in lost(place, GoneKind.NOT_FOUND)["advice"]
    assert place.look_closer()[LONGER]["gone"]["kind"] == "not-found"
    assert place.happened("#1").count("issue gone") == 1
    place.world.show("acme/ops", issue)
    assert place.look_closer()[LONGER]["gone"] is None
    assert place.happened("#1")[-1] == "issue back"
    assert place.run().clean
    assert [verb for verb, _ in place.world.writes] == ["PATCH"]
    assert place.world.repo("acme/ops").issues[1]["title"] == LONGER
    assert place.run().clean
    assert place.world.writes == []


def test_one_that_somebody_changes_when_it_is_back_is_found_by_the_next_sync(make):
    place = make()
    issue = place.world.hide("acme/ops", 1)
    lost(place, GoneKind.NOT_FOUND)
    place.world.show("acme/ops", issue)
    place.world._touch(issue)
    place.run()
    assert place.happened("#1")[-2:] == ["issue back", "issue updated"]
    assert place.server.verbs == ["GET", "GET", "PATCH"]


def test_a_transferred_issue_whose_repository_is_no_target_is_only_told(make):
    place = make()
    new = place.world.transfer("acme/ops", 1, "acme/web")
    before = dict(place.world.repo("acme/web").issues[new])
    gone = lost(place, GoneKind.MOVED)
    assert gone["place"] == f"{place.server.url}/acme/web/issues/{new}"
    assert place.world.repo("acme/web").issues[new] == before


def test_a_transferred_issue_is_linked_where_it_is_once_that_is_a_target(make):
    place = make()
    new = place.world.transfer("acme/ops", 1, "acme/web")
    lost(place, GoneKind.MOVED)
    before = dict(place.world.repo("acme/web").issues[new])
    place = make(SETTINGS + WEB)
    place.run()
    assert place.world.writes == []
    assert place.world.repo("acme/web").issues[new] == before
    keys = {link.ref.key: link.gone for link in place.known().links.values()}
    assert keys == {f"acme/web#{new}": None, "acme/ops#2": None}
    assert place.happened(f"acme/web#{new}")[-1] == "issue followed"
    place.run()
    assert place.world.writes == [("PATCH", f"/repos/acme/web/issues/{new}")]
    assert place.world.repo("acme/web").issues[new]["title"] == LONGER
    place.run()
    assert place.world.writes == []
    assert len(place.server.seen) == 2


def test_a_check_finds_transferred_issues_and_follows_them_at_once(make):
    place = make(SETTINGS + WEB)
    new = place.world.transfer("acme/ops", 1, "acme/web")
    assert place.run().prepared.plans[0].actions == ()
    items = place.look_closer()
    assert items[LOAD]["issue"] == f"acme/web#{new}"
    assert items[LOAD]["gone"] is None


def test_an_issue_that_another_item_has_already_is_not_followed_to(make):
    place = make(SETTINGS + WEB)
    place.world.transfer("acme/ops", 1, "acme/web")
    new = place.world.transfer("acme/ops", 2, "acme/web")
    place.world.repo("acme/ops").instead[1] = place.world.repo("acme/ops").instead[2]
    place.look_closer()
    place.look_closer()
    assert [link.ref.key for link in place.known().links.values()].count(f"acme/web#{new}") == 1


def test_a_target_without_a_token_hides_nothing_else(make, monkeypatch):
    place = make()
    place.world.transfer("acme/ops", 1, "acme/web")
    lost(place, GoneKind.MOVED)
    place = make(SETTINGS + WEB + 'token_env = "NO_SUCH_TOKEN"\n')
    synced = place.run()
    assert synced.clean
    assert "could not be looked for in web" in synced.prepared.notes[0]
    assert place.item(LONGER)["gone"]["kind"] == "moved"


def test_an_issue_that_became_a_discussion_is_not_done(make):
    place = make()
    place.world.convert("acme/ops", 1)
    place.run()
    assert place.world.writes == []
    assert place.server.verbs == ["GET", "GET", "GET"]
    item = place.item(LOAD)
    assert (item["state"], item["gone"]["kind"]) == ("open", "converted")
    assert "discussion" in item["gone"]["advice"]
    for _ in range(2):
        place.run()
        assert place.world.writes == []
    place.world.lock("acme/ops", 1, locked=False)
    place.run()
    assert place.item(LOAD)["gone"]["kind"] == "converted"
    assert place.item(LOAD)["state"] == "open"


def test_a_locked_issue_is_changed_and_not_commented_on(make):
    place = make()
    place.world.lock("acme/ops", 1)
    place.document("a.md", postmortem(LONGER, RUNBOOK))
    assert place.run().clean
    place.document("a.md", postmortem(RUNBOOK))
    assert not place.run().clean
    assert ("POST", "/repos/acme/ops/issues/1/comments") in place.world.writes
    (link,) = (link for link in place.known().links.values() if link.gone)
    assert link.gone.kind is GoneKind.LOCKED
    assert "Unlock" in link.gone.advice
    for _ in range(2):
        synced = place.run()
        assert synced.clean
        assert place.world.writes == []
        assert synced.prepared.plans[0].held[0].gone.kind is GoneKind.LOCKED
    place.world.lock("acme/ops", 1, locked=False)
    assert place.run().clean
    assert len(place.world.repo("acme/ops").comments[1]) == 1
    assert place.happened("#1") == ["issue opened", "issue updated", "issue gone", "issue back", "issue told"]
    place.run()
    assert place.world.writes == []


def test_a_renamed_repository_is_told_by_its_new_name_and_nothing_is_sent(make):
    place = make()
    place.world.rename("acme/ops", "acme/platform")
    place.document("a.md", postmortem(LONGER, RUNBOOK))
    for _ in range(2):
        with pytest.raises(TargetMoved, match="acme/platform") as caught:
            place.run()
        assert place.world.writes == []
    assert 'repository = "acme/platform"' in caught.value.advice
    for text in (LOAD, RUNBOOK):
        item = place.item(text)
        assert (item["gone"]["kind"], item["gone"]["place"]) == ("target-moved", f"{place.server.url}/acme/platform")
        assert "ghost" in item["flags"]
    assert place.happened("#1") == ["issue opened", "issue gone"]
    with pytest.raises(TargetMoved):
        place.look()


def test_a_repository_that_is_renamed_during_a_sync_takes_no_write(make):
    place = make()
    place.document("a.md", postmortem(LONGER, RUNBOOK + " at night"))
    answer, listed = place.world._list, []

    def rename_after(repo, seen):
        told = answer(repo, seen)
        if not listed:
            listed.append(place.world.rename("acme/ops", "acme/platform"))
        return told

    place.world._list = rename_after
    synced = place.run()
    assert [type(failure.error) for failure in synced.applied["ops"].failures] == [TargetMoved]
    assert len(synced.applied["ops"].postponed) == 1
    assert place.world.writes == [("PATCH", "/repos/acme/ops/issues/1")]
    assert {link.gone.kind for link in place.known().links.values()} == {GoneKind.TARGET_MOVED}
    assert place.world.repo("acme/platform").issues[1]["title"] == LOAD


@pytest.mark.parametrize(
    ("field", "kind", "error"),
    [("closed", "target-closed", TargetClosed), ("hidden", "target-not-found", IssueNotFound)],
)
def test_a_repository_that_can_not_be_listed_marks_its_items_until_it_can(make, field, kind, error):
    place = make()
    repo = place.world.repo("acme/ops")
    setattr(repo, field, True)
    place.document("a.md", postmortem(LONGER, RUNBOOK))
    for attempt in (place.run, place.look_closer, place.run):
        with pytest.raises(error):
            attempt()
        assert place.world.writes == []
    assert {link.gone.kind for link in place.known().links.values()} == {kind}
    setattr(repo, field, False)
    assert place.run().clean
    assert {link.gone for link in place.known().links.values()} == {None}
    assert place.happened("#1") == ["issue opened", "issue gone", "issue back", "issue updated"]
    assert place.happened("#2") == ["issue opened", "issue gone", "issue back"]


def test_an_archived_repository_is_tried_once_a_sync_and_taken_up_when_it_opens(make):
    place = make()
    place.world.repo("acme/ops").archived = True
    place.document("a.md", postmortem(LONGER, RUNBOOK + " at night"))
    for _ in range(2):
        assert not place.run().clean
        assert place.world.writes == [("PATCH", "/repos/acme/ops/issues/1")]
    assert {link.gone.kind for link in place.known().links.values()} == {GoneKind.READ_ONLY}
    assert "Unarchive" in place.item(LONGER)["gone"]["advice"]
    place.world.repo("acme/ops").archived = False
    assert place.run().clean
    assert {link.gone for link in place.known().links.values()} == {None}
    assert place.happened("#1") == ["issue opened", "issue gone", "issue updated", "issue back"]


def test_an_issue_that_can_be_read_and_not_changed_is_not_gone(make):
    place = make()
    answer = place.world._issue

    def refuse(repo, number, seen):
        return (
            place.world._of_issue(Repo(9, "x"), 0, None, seen) if seen.verb == "PATCH" else answer(repo, number, seen)
        )

    place.world._issue = refuse
    place.document("a.md", postmortem(LONGER, RUNBOOK))
    (failure,) = place.run().applied["ops"].failures
    assert "read and not changed" in failure.error.message
    assert {link.gone for link in place.known().links.values()} == {None}


def test_naming_another_issue_in_the_document_decides(make):
    place = make()
    place.world.delete("acme/ops", 1)
    place.document("a.md", postmortem(LOAD, RUNBOOK))
    place.look_closer()
    number = 3
    place.world._create(place.world.repo("acme/ops"), {"title": "Mine", "body": "A person wrote this."})
    place.document("a.md", postmortem(f"{LOAD} (#{number})", RUNBOOK))
    place.run()
    assert place.world.writes == []
    assert place.item(LOAD)["issue"] == f"acme/ops#{number}"
    assert place.item(LOAD)["gone"] is None


def test_a_check_costs_one_read_for_each_page_and_each_missing_issue(make):
    place = make()
    place.look_closer()
    assert place.server.verbs == ["GET"]
    place.world.delete("acme/ops", 1)
    place.world.delete("acme/ops", 2)
    items = place.look_closer()
    assert place.server.verbs == ["GET"] * 3
    assert {item["gone"]["kind"] for item in items.values()} == {"deleted"}
    with place.store() as store:
        store.finish_reading("ops", store.place("ops"), "", {}, place.now)  # the next listing is complete
    place.run()
    assert place.server.verbs == ["GET"]
    assert place.world.writes == []


def test_a_lost_store_and_a_deleted_issue(make):
    """Nothing is left that could tell of the issue: the item is new, and gets one."""
    place = make()
    place.world.delete("acme/ops", 1)
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    place.run()
    assert [verb for verb, _ in place.world.writes] == ["POST"]


def test_an_unfinished_check_records_nothing(make, monkeypatch):
    place = make()
    place.world.delete("acme/ops", 1)
    place.world.repo("acme/ops").instead[1] = type(place.world.repo("acme/ops").instead[1])(502)
    with pytest.raises(Exception, match="no usable answer"):
        place.look_closer()
    assert {link.gone for link in place.known().links.values()} == {None}


def test_it_is_told_in_plan_status_history_and_report(make):
    place = make()
    place.world.delete("acme/ops", 1)
    place.look_closer()
    prepared = place.look()
    told = json.loads(plan_render.to_json(prepared.plans, prepared.reading.documents))
    (held,) = told["plans"][0]["held"]
    assert held["gone"]["kind"] == "deleted"
    assert "1 to decide (issue gone)" in to_markdown(prepared.plans, prepared.reading.documents)
    page = io.StringIO()
    console = Console(file=page, width=200)
    print_plan(prepared.plans, prepared.reading.documents, console)
    found = place.status(Wanted(flags=(Flag.GHOST,)))
    status_table.print_table(found.entries, found.as_of, console)
    assert "acme/ops#1 (deleted)" in status_table.to_lines(found.entries, found.as_of)
    story = place.history("#1")
    item_render.print_about(About(found.entries[0], found.as_of, found.today, story.events, ()), console)
    history.print_story(story.item, story.events, story.texts, console)
    shown = page.getvalue()
    for words in ("1 ghost", "acme/ops#1 (deleted)", "closeout unlink ITEM", "found issue acme/ops#1 gone (deleted)"):
        assert words in shown
    assert [entry.item.text for entry in found.entries] == [LOAD]
    assert ",deleted," in status.to_csv(found.entries)
    report = place.report("weekly")
    (section,) = json.loads(report_json.render(report))["sections"]
    (group, _) = section["groups"]
    assert (group["name"], group["items"][0]["gone"]["kind"]) == ("ghost", "deleted")
    assert section["counts"]["ghost"] == 1
    letter = render_letter(report)
    for page_ in (letter.text, letter.html):
        assert "it was deleted" in " ".join(page_.split())
        assert "with a gone issue" in page_


def test_a_move_is_one_error_of_many():
    assert issubclass(TargetMoved, IssueMoved)


def test_a_person_decides_with_link_or_unlink(make):
    place = make()
    place.world.delete("acme/ops", 1)
    place.world.delete("acme/ops", 2)
    place.look_closer()
    place.world._create(place.world.repo("acme/ops"), {"title": "Mine", "body": "A person wrote this."})
    place.link("#1", "#3", "jo", "it is tracked there")
    place.unlink("#2", "jo", "it was deleted by mistake")
    place.run()
    assert [(verb, path) for verb, path in place.world.writes] == [("POST", "/repos/acme/ops/issues")]
    items = place.look_closer()
    assert {text: (item["issue"], item["gone"]) for text, item in items.items()} == {
        LOAD: ("acme/ops#3", None),
        RUNBOOK: ("acme/ops#4", None),
    }
