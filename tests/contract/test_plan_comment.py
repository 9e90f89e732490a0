"""One comment on a pull request says what merging it would do, and is kept up to date."""

from __future__ import annotations

import pytest
from contract.faults import Answer
from workplace import SETTINGS, Workplace, postmortem

from connectors import NotAllowed, OutcomeUnknown
from connectors.github.pulls import GitHubForge
from tracker.errors import UsageError
from tracker.render.comment import MARK

LOAD = "Run a load test before every release"
RUNBOOK = "Write a runbook for failing over the database"
HOME = '[write_back]\nrepository = "acme/ops"\n'


class Commenting(Workplace):
    """A workplace whose postmortems are reviewed in a repository on GitHub."""

    def __init__(self, root, hub, settings=SETTINGS + HOME):
        super().__init__(root, settings)
        self.hub = hub
        hub.add("Tell of the outage")

    def open_forge(self, home):
        assert (home.repository, home.base_url) == ("acme/ops", "https://api.github.com")
        settings = self.settings.write_back
        return GitHubForge(settings, home.repository, f"{self.hub.url}/api/v3", "token", read_pauses=())

    def say(self):
        """Plan, and keep the comment; gives what became of it and the verbs that were sent."""
        self.hub.requests.clear()
        kept = self.comment(self.look(), 1)
        return kept.what, [request.split(" ")[0] for request in self.hub.requests]

    def comments(self):
        return [comment["body"] for comment in self.hub.comments[1]]


@pytest.fixture
def place(tmp_path, hub):
    return Commenting(tmp_path, hub)


def test_it_is_made_once_and_kept_up_to_date(place):
    place.document("a.md", postmortem(LOAD))
    assert place.say() == ("made", ["GET", "POST"])
    assert place.say() == ("unchanged", ["GET"])
    place.document("a.md", postmortem(LOAD, RUNBOOK))
    assert place.say() == ("updated", ["GET", "PATCH"])
    [said] = place.comments()
    assert said.startswith(MARK)
    assert "2 to create" in said
    assert RUNBOOK in said


def test_nothing_to_do_is_no_reason_to_comment_but_one_to_reword(place):
    assert place.say() == ("needless", ["GET"])
    place.document("a.md", postmortem(LOAD))
    place.say()
    place.run()
    assert place.say() == ("updated", ["GET", "PATCH"])
    [said] = place.comments()
    assert "nothing to do" in said


def test_what_people_say_there_stays(place):
    place.hub.say(1, f"What is {MARK} for?")
    place.document("a.md", postmortem(LOAD))
    assert place.say()[0] == "made"
    place.document("a.md", postmortem(RUNBOOK))
    assert place.say()[0] == "updated"
    assert place.comments()[0] == f"What is {MARK} for?"
    assert len(place.comments()) == 2


def test_it_is_found_behind_many_comments(place):
    for number in range(100):
        place.hub.say(1, f"Comment {number}")
    place.document("a.md", postmortem(LOAD))
    place.say()
    assert place.say() == ("unchanged", ["GET", "GET"])


def test_a_comment_whose_answer_is_lost_is_found_again(place):
    place.document("a.md", postmortem(LOAD))
    place.hub.after = lambda seen: Answer(cut="read") if seen.verb == "POST" else None
    with pytest.raises(OutcomeUnknown):
        place.say()
    assert place.say()[0] == "unchanged"
    assert len(place.comments()) == 1


def test_a_pull_request_that_is_not_there(place):
    place.document("a.md", postmortem(LOAD))
    with pytest.raises(NotAllowed, match="no pull request #99"):
        place.comment(place.look(), 99)


def test_nothing_tells_where_the_pull_request_is(tmp_path, hub):
    place = Commenting(tmp_path, hub, SETTINGS)
    place.document("a.md", postmortem(LOAD))
    with pytest.raises(UsageError, match="which repository"):
        place.say()
