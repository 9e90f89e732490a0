"""Routes: which target an item gets its issue in, and that changing them never opens a second one."""

from __future__ import annotations

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from older import take_back
from workplace import SETTINGS, START, Workplace, postmortem

from connectors import IssueState, TargetUnreachable
from tracker.app import Consent
from tracker.errors import RefusedByBrake, UsageError
from tracker.model import Item, Kind, KnownDocument
from tracker.people import PeopleBook
from tracker.routing import route
from tracker.settings import RouteSettings, Settings
from tracker.settings_file import load

OTHER = '[targets.other]\nkind = "local"\ndatabase = "sqlite:///other.db"\n'
LOAD = "Run a load test before every release"
POOL = "Add monitoring for the connection pool"
KEYS = "Rotate the keys of the gateway"

PEOPLE = {"jo": {"name": "Jo Smith", "team": "dba"}, "maria": {"name": "Maria Gomez"}}
TEAMS = {"dba": {"name": "Database Team", "aliases": ["DBAs"]}, "web": {"name": "Web"}}
TARGETS = {"local": {"kind": "local"}, "other": {"kind": "local"}, "third": {"kind": "local"}}


def routed(*routes, owner=None, kind=Kind.TASK, **document):
    settings = Settings.model_validate({"targets": TARGETS, "people": PEOPLE, "teams": TEAMS, "routes": list(routes)})
    item = Item("i", "a", LOAD, 0, kind, "", 1, START, owner=owner)
    known = KnownDocument("a", **{"path": "postmortems/a.md", "digest": ""} | document)
    return route(item, known, PeopleBook.from_settings(settings), settings)


@pytest.mark.parametrize(
    ("condition", "item", "fits"),
    [
        ({"path": ["postmortems/*.md"]}, {}, True),
        ({"path": ["*.md"]}, {}, False),
        ({"path": ["**/*.md"]}, {}, True),
        ({"path": ["postmortems/"]}, {"path": "postmortems/2026/a.md"}, True),
        ({"path": ["postmortems/**"]}, {"path": "postmortems/2026/a.md"}, True),
        ({"path": ["postmortems/*.md"]}, {"path": "postmortems/2026/a.md"}, False),
        ({"path": ["**/2026/**/a.md"]}, {"path": "2026/a.md"}, True),
        ({"path": ["x/**", "./postmortems/a.md"]}, {}, True),
        ({"service": ["Payments"]}, {"services": ("search", "payments")}, True),
        ({"service": ["pay*"]}, {"services": ("PAYMENTS api",)}, True),
        ({"service": ["payments"]}, {}, False),
        ({"service": ["[a]?"]}, {"services": ("[A]?",)}, True),
        ({"service": ["[a]?"]}, {"services": ("ab",)}, False),
        ({"team": ["dba"]}, {"owner": "Jo Smith"}, True),
        ({"team": ["database team"]}, {"owner": "DBAs"}, True),
        ({"team": ["dbas"]}, {"owner": "Jo Smith, Maria Gomez"}, True),
        ({"team": ["dba"]}, {"owner": "Maria Gomez, Jo Smith"}, False),
        ({"team": ["web"]}, {"owner": "Jo Smith"}, False),
        ({"team": ["dba"]}, {"owner": "Nobody Known"}, False),
        ({"team": ["dba"]}, {}, False),
        ({"kind": ["improvement"]}, {"kind": Kind.IMPROVEMENT}, True),
        ({"kind": ["improvement"]}, {}, False),
        ({"severity": ["sev1", "sev2"]}, {"severity": "SEV2"}, True),
        ({"severity": ["sev1*"]}, {"severity": "SEV1 (critical)"}, True),
        ({"severity": ["sev1"]}, {}, False),
        ({"severity": ["sev1"], "team": ["dba"]}, {"severity": "SEV1"}, False),
        ({"severity": ["sev1"], "team": ["dba"]}, {"severity": "SEV1", "owner": "jo"}, True),
    ],
)
def test_a_route_is_taken_when_all_its_conditions_hold(condition, item, fits):
    assert routed({"target": "other", **condition}, **item) == ("other" if fits else "local")


def test_the_first_that_fits_decides():
    first, second = {"target": "other", "path": ["**"]}, {"target": "third", "path": ["postmortems/**"]}
    assert routed(first, second) == "other"
    assert routed(second, first) == "third"


@given(
    st.lists(st.sampled_from("ab"), min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "b", "*", "**"]), max_size=5),
)
def test_globs_mean_what_a_regular_expression_says(parts, globs):
    import re  # noqa: PLC0415

    if not globs:
        return
    words = {"**": "(?:[ab]/)*", "*": "[ab]/", "a": "a/", "b": "b/"}
    expected = re.fullmatch("".join(words[each] for each in globs), "/".join(parts) + "/") is not None
    assert (routed({"target": "other", "path": ["/".join(globs)]}, path="/".join(parts)) == "other") is expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[[routes]]\ntarget = "othr"\npath = ["x"]',
            "a route names 'othr', but there is no such [targets.NAME] (did you mean 'other'?)",
        ),
        ('[[routes]]\ntarget = "other"', "route 1 has no condition"),
        ('[[routes]]\ntarget = "other"\nservice = []', "route 1: service is empty"),
        (
            '[[routes]]\ntarget = "other"\nteam = ["dab"]',
            "route 1: team names 'dab', but there is no such [teams.NAME] (did you mean 'dba'?)",
        ),
        ('[[routes]]\ntarget = "other"\npath = ["a**/b"]', "'a**/b' has `**` beside other characters"),
        ('[[routes]]\ntarget = "other"\nkind = ["tsk"]', "Input should be 'task' or 'improvement'"),
        (
            '[[routes]]\ntarget = "other"\nsevrity = ["x"]',
            "line 19: unknown setting `routes.0.sevrity`; did you mean `severity`?",
        ),
        ('[[routes]]\npath = ["x"]', "Field required"),
        (
            '[[routes]]\ntarget = "local"\npath = ["x"]\n[[routes]]\ntarget = "other"\nkind = [1]',
            "line 22: `routes.1.kind.0`: Input should be",
        ),
    ],
)
def test_what_is_wrong_with_routes_is_told(tmp_path, text, told):
    file = tmp_path / "closeout.toml"
    file.write_text(SETTINGS + OTHER + text, "utf-8")
    with pytest.raises(UsageError) as caught:
        load(file, {})
    assert told in caught.value.message


def test_all_problems_of_routes_are_told_at_once(tmp_path):
    file = tmp_path / "closeout.toml"
    file.write_text(SETTINGS + '[[routes]]\ntarget = "x"\n[[routes]]\ntarget = "local"\nteam = ["y"]', "utf-8")
    with pytest.raises(UsageError) as caught:
        load(file, {})
    for told in ("names 'x'", "route 1 has no condition", "route 2: team names 'y'"):
        assert told in caught.value.message


def test_routes_are_frozen_values():
    settings = Settings.model_validate({"targets": TARGETS, "routes": [{"target": "other", "path": ["a"]}]})
    assert settings.routes == (RouteSettings(target="other", path=("a",)),)


# A sync with routes

BY_SERVICE = '[[routes]]\ntarget = "other"\nservice = ["payments"]\n'
BY_PATH = '[[routes]]\ntarget = "other"\npath = ["postmortems/pay/**"]\n'


class Routed(Workplace):
    """A workplace whose targets in `down` can't be read."""

    def __init__(self, root, routes=BY_PATH):
        (root / "closeout.toml").write_text(SETTINGS + OTHER + routes, "utf-8")
        super().__init__(root)
        self.down: set[str] = set()

    def open_tracker(self, name):
        tracker = super().open_tracker(name)
        if name in self.down:
            tracker.changed_since = self.fail
        return tracker

    def fail(self, *_):
        raise TargetUnreachable("no route", where="here")

    def titles(self):
        return {name: [issue.title for issue in self.issues(name)] for name in self.settings.targets}

    def forget(self):
        for file in self.root.glob("closeout.db*"):
            file.unlink()


@pytest.fixture
def place(tmp_path):
    place = Routed(tmp_path)
    place.document("a.md", postmortem(LOAD))
    place.document("pay/b.md", postmortem(POOL, title="Payments down"))
    place.run()
    return place


def again(place, routes):
    new = Routed(place.root, routes)
    new.now = place.now
    return new


def test_items_get_their_issues_where_the_routes_say(place):
    assert place.titles() == {"local": [LOAD], "other": [POOL]}
    place.run()
    assert place.writes == []


def test_services_are_known_from_documents_read_before(tmp_path):
    place = Routed(tmp_path, "")
    place.document("a.md", postmortem(LOAD).replace("Date:", "Services: payments, search\n\nDate:"))
    place.run(consent=Consent(max_creates=1))
    assert place.known().documents["postmortems/a.md"].services == ("payments", "search")
    place = again(place, BY_SERVICE)
    place.document("b.md", postmortem(POOL, title="B").replace("Date:", "Service: payments\n\nDate:"))
    place.run()
    assert place.titles() == {"local": [LOAD], "other": [POOL]}


def test_a_store_from_before_learns_services_without_a_change_of_the_document(tmp_path):
    place = Routed(tmp_path, "")
    place.document("a.md", postmortem(LOAD).replace("Date:", "Services: payments\n\nDate:"))
    place.run()
    take_back(tmp_path / "closeout.db", "0003")
    place.run()
    assert place.writes == []
    assert place.known().documents["postmortems/a.md"].services == ("payments",)


@pytest.mark.parametrize("routes", ["", BY_PATH.replace("other", "local"), BY_PATH.replace("pay/", "")])
@pytest.mark.parametrize("lost", [False, True])
def test_changed_routes_and_a_lost_store_open_nothing_twice(place, routes, lost):
    before = place.titles()
    place = again(place, routes)
    if lost:
        place.forget()
    for _ in range(2):
        place.run()
        assert place.writes == []
    assert place.titles() == before
    assert len(place.known().links) == 2


def test_a_lost_store_opens_nothing_in_the_other_target_while_one_can_not_be_read(place):
    place.forget()
    place.down.add("other")
    with pytest.raises(TargetUnreachable):
        place.run()
    assert place.writes == []


def test_while_a_routes_target_is_down_its_new_items_wait_and_the_others_go_on(place):
    place.down.add("other")
    place.document("pay/c.md", postmortem(KEYS, title="C"))
    place.document("d.md", postmortem(KEYS + " of the shop", title="D"))
    assert place.run().unreached
    assert place.titles() == {"local": [LOAD, KEYS + " of the shop"], "other": [POOL]}
    place.down.clear()
    place.run()
    assert place.titles()["other"] == [POOL, KEYS]


def test_a_create_in_doubt_is_looked_for_where_it_was_sent(place):
    place.document("pay/c.md", postmortem(KEYS, title="C"))
    place.faults[:] = ["lost"]
    place.run()
    assert len(place.known().links) == 2
    place = again(place, "")
    place.down.add("other")
    place.run()
    assert place.writes == []
    place.down.clear()
    place.run()
    assert place.writes == []
    assert len(place.known().links) == 3
    assert place.titles() == {"local": [LOAD], "other": [POOL, KEYS]}


def test_the_plan_tells_of_items_that_the_routes_now_send_elsewhere(place):
    place = again(place, BY_PATH.replace("pay/", ""))
    [note] = place.look().notes
    (item,) = [each.id for each in place.known().items.values() if each.text == LOAD]
    assert note.startswith("1 open items have their issues in local, and the routes now say other: they stay.")
    assert f"`closeout move ITEM other` takes one there ({item})" in note
    place.move(item, "other", "Ana", "why", lambda _: True)
    place.by_hand(1, state=IssueState.DONE)
    assert place.look().notes == ()


def test_a_number_means_an_issue_of_the_target_that_the_route_names(place):
    with closing(Workplace.open_tracker(place, "other")) as tracker:
        issue = tracker.changed_since(None).issues[0]
    import sqlite3  # noqa: PLC0415

    for name in ("closeout-issues.db", "other.db"):
        with closing(sqlite3.connect(place.root / name)) as database, database:
            database.execute("UPDATE local_issue SET body = 'Somebody wrote this.'")
    place.forget()
    place.document("a.md", postmortem("Mend the pager (#1)"))
    place.document("pay/b.md", postmortem("Mend the other pager (#1)", title="Payments down"))
    place.run()
    assert place.writes == []
    links = {place.known().items[item].text: link.ref.target for item, link in place.known().links.items()}
    assert links == {"Mend the pager": "local", "Mend the other pager": "other"}
    assert issue.ref.target == "other"


def test_the_brake_counts_for_each_target(place):
    place.document("pay/c.md", postmortem(KEYS, title="C"))
    place.document("d.md", postmortem(KEYS + " of the shop", title="D"))
    with pytest.raises(RefusedByBrake, match="it would open 1 issues"):
        place.run(consent=Consent(max_creates=0))
    place.run(consent=Consent(max_creates=1))
    assert len(place.writes) == 2


def test_a_process_killed_while_it_rebuilds_a_store_opens_nothing_twice(place):
    """A target that no route names any more is read until its issues are found again."""
    place = again(place, "")
    place.forget()

    class Killed(BaseException):
        pass

    store = place.store

    def killed(*args, **kwargs):
        opened = store(*args, **kwargs)

        def finish(target, *rest):
            raise Killed

        opened.finish_reading = finish
        return opened

    place.store = killed
    with pytest.raises(Killed):
        place.run()
    place.store = store
    place.run()
    assert place.writes == []
    assert place.titles() == {"local": [LOAD], "other": [POOL]}
    assert len(place.known().links) == 2
