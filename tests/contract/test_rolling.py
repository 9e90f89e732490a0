"""The rolling issue of a report on GitHub and on both Jiras: one issue, in step, whatever breaks on the way."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from contract.faults import Answer, lost_once
from contract.little_jira import SECRET
from machine.places import OnLittleGitHub, OnLittleJira
from workplace import Workplace, postmortem

from connectors import IssuePatch, IssueState
from connectors.jira import JiraTracker
from connectors.markup import to_adf, to_wiki
from connectors.settings import JiraSettings
from tracker.app import Consent
from tracker.rolling import is_rolling

LOAD = "Run a load test before every release (due: 2026-11-20)"
POOL = "Add monitoring for the connection pool (owner: @ghost)"
WEEKLY = '\n[reports.weekly]\nkind = "postmortems"\nrolling = true\n'
TITLE = "Open corrective actions"


def send(place, **options):
    _, deliveries = place.send(place.report("weekly"), **options)
    [told] = [each for each in deliveries if each.channel == "rolling"]
    return told


def close_all(place, *, state=IssueState.DONE):
    """What people do on the items' issues."""
    name = place.settings.target
    place.pass_time(60)
    with contextlib.closing(place.open_tracker(name)) as tracker:
        for link in place.known().links.values():
            tracker.update(tracker.get(link.ref), IssuePatch(state=state))
    place.pass_time(3_600)
    place.run(consent=Consent(everything=True))


class OnGitHub(OnLittleGitHub):
    """With a report that has a rolling issue; what was asked since the last look."""

    def __init__(self, root, hub):
        root.mkdir(exist_ok=True)
        (root / "closeout.toml").write_text(
            '\ntarget = "ops"\n[targets.ops]\nkind = "github"\nrepository = "acme/ops"\n' + WEEKLY, "utf-8"
        )
        super().__init__(root, hub.url)
        self.hub = hub
        self.document("a.md", postmortem(LOAD, POOL))

    def asked(self):
        seen = [each for each in self.hub.requests if "labels" not in each]
        self.hub.requests.clear()
        return seen

    def settle(self):
        self.pass_time(600)
        self.run(consent=Consent(everything=True))
        self.asked()


@pytest.fixture
def place(tmp_path, hub):
    made = OnGitHub(tmp_path / "one", hub)
    hub.clock = made.clock
    made.settle()
    return made


def lists(hub):
    return [issue for issue in hub.issues.values() if issue["title"] == TITLE]


class TestOnGitHub:
    def test_a_first_sending_opens_it_and_a_second_one_reads_once(self, place, hub):
        told = send(place)
        assert (told.outcome.value, told.detail) == ("sent", f"{hub.url}/acme/ops/issues/3")
        writes = [each for each in place.asked() if each.startswith("POST /issues")]
        assert writes == ["POST /issues"]
        [issue] = lists(hub)
        assert "| Run a load test before every release | nobody | 2026-11-20 | #1 |" in issue["body"]
        assert "| ghost (unknown) | no due date | #2 |" in issue["body"]
        assert "@" not in issue["body"]
        assert [label["name"] for label in issue["labels"]] == ["postmortem"]
        place.asked()
        assert send(place).outcome.value == "unchanged"
        assert [each for each in place.asked() if "graphql" not in each] == ["GET /issues/3"]

    def test_a_sync_after_it_has_nothing_to_do(self, place):
        send(place)
        place.pass_time(600)
        place.asked()
        place.run(consent=Consent(everything=True))
        assert all(each.startswith(("GET", "QUERY")) for each in place.asked())
        assert len(place.known().links) == 2

    def test_it_is_closed_as_completed_and_opened_again(self, place, hub):
        send(place)
        close_all(place)
        assert send(place).why == "closed, as nothing is open"
        [issue] = lists(hub)
        assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
        close_all(place, state=IssueState.OPEN)
        assert send(place).why == "opened again"
        assert (issue["state"], len(lists(hub))) == ("open", 1)

    @pytest.mark.parametrize("before", [True, False])
    def test_a_create_whose_answer_is_lost_makes_no_second_one(self, place, hub, before):
        setattr(hub, "before" if before else "after", lost_once("issues"))
        assert send(place).outcome.value == "failed"
        for _ in range(3):
            place.pass_time(1_800)
            send(place)
        assert len(lists(hub)) == 1
        assert send(place).outcome.value == "unchanged"

    def test_until_the_grace_period_is_over_it_is_only_looked_for(self, place, hub):
        hub.before = lost_once("issues")
        send(place)
        place.pass_time(60)
        place.asked()
        waits = send(place)
        assert (waits.outcome.value, waits.again_at is not None) == ("waiting", True)
        assert not any(each.startswith("POST /issues") for each in place.asked())

    def test_two_stores_that_raced_end_with_one(self, place, hub, tmp_path):
        other = OnGitHub(tmp_path / "two", hub)
        other.now = place.now
        other.settle()
        place.now = other.now
        send(place)
        body = lists(hub)[0]["body"]
        hidden = lists(hub)[0]
        number = hidden["number"]
        del hub.issues[number]  # the other one's listing is from before
        hub.issues[number] = {**hidden, "title": "not there yet", "body": ""}
        send(other)
        hub.change(number, title=TITLE, body=body)
        assert len(lists(hub)) == 2
        for each in (place, other):
            each.settle()
            send(each)
        assert [(each["state"], each["state_reason"]) for each in lists(hub)] == [
            ("open", None),
            ("closed", "duplicate"),
        ]
        assert f"/acme/ops/issues/{number}" in lists(hub)[1]["body"]
        assert send(place).outcome.value == send(other).outcome.value == "unchanged"

    def test_one_that_was_deleted_is_opened_anew(self, place, hub):
        send(place)
        hub.before = lambda seen: Answer(410, {"message": "gone"}) if seen.path.endswith("/issues/3") else None
        assert send(place).why == "opened"
        assert [each["number"] for each in lists(hub)] == [3, 4]

    def test_a_dry_run_writes_nothing(self, place, hub):
        would = send(place, dry_run=True)
        assert (would.outcome.value, would.why) == ("would-send", "opened")
        assert "| #1 |" in would.text
        assert all(each.startswith(("GET", "QUERY")) for each in place.asked())
        assert lists(hub) == []

    def test_items_of_private_documents_do_not_stand_in_a_public_repository(self, place, hub):
        place.document("b.md", f"---\nprivate: true\n---\n{postmortem('Fire the vendor', title='The secret outage')}")
        place.settle()
        send(place)
        [issue] = lists(hub)
        assert "Fire the vendor" in issue["body"]
        repository = Answer(data={"full_name": "acme/ops", "url": hub.url, "private": False})
        hub.before = lambda seen: repository if seen.path == "/repos/acme/ops" else None
        assert send(place).items == 2
        assert "Fire the vendor" not in issue["body"]
        assert "secret outage" not in issue["body"]

    def test_as_many_as_fit_are_listed(self, place, hub, monkeypatch):
        monkeypatch.setattr("tracker.rolling._SHARE", 0.15)
        place.document(
            "a.md", postmortem(*(f"Write chapter {n} of the handbook {'very ' * 20}well" for n in range(60)))
        )
        place.settle()
        told = send(place)
        assert told.outcome.value == "sent"
        [issue] = lists(hub)
        assert 9_000 < len(issue["body"]) < 11_000
        assert "more; all of them" in issue["body"]
        assert send(place).outcome.value == "unchanged"

    def test_a_target_that_fails_is_told(self, place, hub):
        hub.before = lambda seen: Answer(403, {"message": "no"}) if seen.verb == "POST" else None
        told = send(place)
        assert (told.outcome.value, told.lacking) == ("failed", True)


class OnJira(OnLittleJira):
    """On the small Cloud."""

    def __init__(self, root, jira):
        super().__init__(root, jira.url, WEEKLY)
        jira.store.clock = self.clock


class OnDataCenter(Workplace):
    """On `jira820`."""

    def __init__(self, root, url):
        self.url = url
        target = f'kind = "jira"\nurl = "{url}"\nproject = "OPS"'
        super().__init__(root, f'target = "jira"\n[targets.jira]\n{target}\n{WEEKLY}')

    def open_tracker(self, name):
        settings = JiraSettings.model_validate({"url": self.url, "project": "OPS", "timeout": 5})
        return JiraTracker(name, settings, SECRET, read_pauses=())


@pytest.fixture(params=["cloud", "data-center"])
def jira(request, tmp_path):
    if request.param == "cloud":
        made = OnJira(tmp_path, request.getfixturevalue("little_jira"))
    else:
        bench = request.getfixturevalue("jira_dc")
        made = OnDataCenter(tmp_path, bench.tracker._settings.url)
        made.now = datetime.now(UTC)  # its clock is its own
    made.document("a.md", postmortem(LOAD, POOL))
    made.pass_time(60)
    made.run(consent=Consent(everything=True))
    return made


def lists_of(place):
    with contextlib.closing(place.open_tracker("jira")) as tracker:
        found = tracker.changed_since(None).issues
        return [tracker.get(issue.ref) for issue in found if issue.marker and is_rolling(issue.marker)]


class TestOnJira:
    def test_it_is_opened_once_and_lists_keys_as_links(self, jira):
        told = send(jira)
        assert (told.outcome.value, told.items) == ("sent", 2)
        [issue] = lists_of(jira)
        assert told.detail == issue.ref.url
        assert issue.title == TITLE
        assert f"[OPS-1]({issue.ref.url.replace(issue.ref.key, 'OPS-1')})" in issue.managed
        assert send(jira).outcome.value == "unchanged"

    def test_it_follows_what_is_open(self, jira):
        send(jira)
        close_all(jira)
        assert send(jira).why == "closed, as nothing is open"
        [issue] = lists_of(jira)
        assert issue.state is IssueState.DONE
        assert send(jira).outcome.value == "unchanged"
        close_all(jira, state=IssueState.OPEN)
        assert send(jira).why == "opened again"
        [issue] = lists_of(jira)
        assert issue.state is IssueState.OPEN

    def test_a_lost_store_finds_it(self, jira):
        send(jira)
        for file in jira.root.glob("closeout.db*"):
            file.unlink()
        jira.pass_time(3_600)
        jira.run(consent=Consent(everything=True))
        assert len(jira.known().items) == 2
        send(jira)
        assert len(lists_of(jira)) == 1
        assert send(jira).outcome.value == "unchanged"

    def test_as_many_as_fit_are_listed(self, jira):
        jira.document("a.md", postmortem(*(f"Write chapter {n} of the handbook {'very ' * 20}well" for n in range(60))))
        jira.pass_time(60)
        jira.run(consent=Consent(everything=True))
        told = send(jira)
        assert (told.outcome.value, told.detail[:4]) == ("sent", "http")
        [issue] = lists_of(jira)
        assert "more; all of them" in issue.managed
        assert send(jira).outcome.value == "unchanged"


def test_a_create_whose_answer_jira_lost_makes_no_second_one(tmp_path, little_jira):
    place = OnJira(tmp_path, little_jira)
    place.document("a.md", postmortem(LOAD, POOL))
    place.run(consent=Consent(everything=True))
    little_jira.after = lost_once("issue")
    assert send(place).outcome.value == "failed"
    for _ in range(3):
        place.pass_time(1_800)
        send(place)
    assert len(lists_of(place)) == 1
    assert send(place).outcome.value == "unchanged"


def test_the_block_is_a_table_in_both_of_jiras_texts(tmp_path, little_jira):
    place = OnJira(tmp_path, little_jira)
    place.document("a.md", postmortem(LOAD, POOL))
    place.run(consent=Consent(everything=True))
    text = send(place, dry_run=True).text
    kinds = [node["type"] for node in to_adf(text)]
    assert kinds == ["paragraph", "heading", "table", "heading", "table", "paragraph"]
    assert f"{little_jira.url}/browse/OPS-1]|" in to_wiki(text)
