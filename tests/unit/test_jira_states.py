"""What a status means, and which transition is taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interface import IssueState
from connectors.jira import states
from connectors.jira.states import Meanings, Transition
from connectors.settings import JiraSettings

OPEN, DONE, WONT_DO, DUPLICATE = IssueState
PLAIN = Meanings.of(JiraSettings.model_validate({"url": "https://acme.atlassian.net", "project": "OPS"}))


def named(**settings: Any) -> Meanings:
    return Meanings.of(JiraSettings.model_validate({"url": "https://acme.atlassian.net", "project": "OPS"} | settings))


def to(name: str, category: str = "done", **more: Any) -> Transition:
    return Transition(f"to {name}", name, category, **more)


RESOLVING = ("Won't Do", "Duplicate", "Fixed", "Done")
TO_DO, DOING = to("To Do", "new"), to("In Progress", "indeterminate")


@pytest.mark.parametrize(
    ("status", "category", "resolution", "state"),
    [
        ("To Do", "new", None, OPEN),
        ("Reopened", "new", "Fixed", OPEN),  # a workflow that does not clear it
        ("Done", "indeterminate", None, OPEN),  # the name says nothing
        ("Done", "done", None, DONE),
        ("Done", "done", "Done", DONE),
        ("Done", "done", "Never heard of", DONE),
        ("Done", "done", "Won\N{RIGHT SINGLE QUOTATION MARK}t do", WONT_DO),
        ("Done", "done", "Cannot Reproduce", WONT_DO),
        ("Rejected", "done", "Done", WONT_DO),
        ("Closed", "done", "Duplicate", DUPLICATE),
        ("Duplicate", "done", None, DUPLICATE),
    ],
)
def test_the_state(status: str, category: str, resolution: str | None, state: IssueState) -> None:
    fields = {
        "status": {"name": status, "statusCategory": {"key": category}},
        "resolution": {"name": resolution} if resolution else None,
    }
    assert states.state_of(fields, PLAIN) is state


RAW: dict[str, Any] = {
    "id": 31,
    "name": "Back to the beginning",
    "to": {"name": "Done", "statusCategory": {"key": "done"}},
    "fields": {
        "resolution": {"required": True, "allowedValues": [{"name": "Done"}, {"name": "Won't Do"}]},
        "customfield_1": {"required": True, "name": "Root cause"},
        "customfield_2": {"required": True, "name": "Team", "hasDefaultValue": True},
        "customfield_3": {"required": False, "name": "Note"},
    },
}


class TestReading:
    def test_a_screen(self) -> None:
        [found] = states.transitions_in({"transitions": [RAW, {**RAW, "isAvailable": False}]})
        assert (found.id, found.to, found.closes) == ("31", "Done", True)
        assert (found.resolutions, found.needs_resolution) == (("Done", "Won't Do"), True)
        assert found.demands == ("Root cause",)

    def test_no_screen(self) -> None:
        [found] = states.transitions_in({"transitions": [{"id": "1", "to": RAW["to"]}]})
        assert found == Transition("1", "Done", "done")


class TestClosing:
    @pytest.mark.parametrize(("goal", "resolution"), [(DONE, "Done"), (WONT_DO, "Won't Do"), (DUPLICATE, "Duplicate")])
    def test_the_resolution_says_how(self, goal: IssueState, resolution: str) -> None:
        step = states.step([TO_DO, to("Done", resolutions=RESOLVING)], [goal], PLAIN, ["In Progress"])
        assert step is not None
        assert step.arrives
        assert step.body == {"transition": {"id": "to Done"}, "fields": {"resolution": {"name": resolution}}}

    def test_without_a_screen_nothing_is_set(self) -> None:
        step = states.step([to("Done")], [DONE], PLAIN, ["To Do"])
        assert step is not None
        assert step.body == {"transition": {"id": "to Done"}}

    def test_a_status_can_say_how(self) -> None:
        there = [to("Done"), to("Rejected")]
        assert states.step(there, [WONT_DO], PLAIN, ["To Do"]) == states.Step(to("Rejected"))
        assert states.step(there[::-1], [DONE], PLAIN, ["To Do"]) == states.Step(to("Done"))

    def test_the_settings_order_resolutions_and_statuses(self) -> None:
        meanings = named(done=["Fixed"], done_status=["Verified", "Closed"])
        there = [to("Done"), to("Closed", resolutions=RESOLVING), to("Verified", resolutions=RESOLVING)]
        step = states.step(there, [DONE], meanings, ["To Do"])
        assert step is not None
        assert (step.transition.to, step.resolution) == ("Verified", "Fixed")
        assert states.step(there[:1], [DONE], meanings, ["To Do"]) is None

    def test_a_resolution_of_no_list_means_done(self) -> None:
        step = states.step([to("Done", resolutions=("Won't Do", "Shipped"), needs_resolution=True)], [DONE], PLAIN, [])
        assert step is not None
        assert step.resolution == "Shipped"

    def test_never_as_something_else(self) -> None:
        screen = to("Done", resolutions=("Won't Do",), needs_resolution=True)
        assert states.step([screen], [DONE], PLAIN, [], wander=False) is None
        assert states.step([to("Done", resolutions=("Done",))], [WONT_DO], PLAIN, [], wander=False) is None

    def test_a_duplicate_is_at_least_not_done(self) -> None:
        there = [to("Done", resolutions=("Done", "Declined"))]
        step = states.step(there, states.goals_for(DUPLICATE, OPEN), PLAIN, ["To Do"])
        assert step is not None
        assert step.resolution == "Declined"
        assert states.goals_for(DUPLICATE, WONT_DO) == (DUPLICATE,)  # it would change to and fro for ever

    def test_a_screen_that_demands_more_is_for_people(self) -> None:
        demanding = to("Done", demands=("Root cause",))
        assert states.step([demanding], [DONE], PLAIN, ["To Do"]) is None
        said, advice = states.why_not([demanding], "To Do", DONE)
        assert "'To Do'" in said
        assert "Done demands Root cause" in said
        assert "done_status" in advice


class TestReopening:
    def test_the_beginning_comes_first(self) -> None:
        step = states.step([DOING, TO_DO, to("Rejected")], [OPEN], PLAIN, ["Done"])
        assert step == states.Step(TO_DO)

    def test_the_settings_say_where(self) -> None:
        meanings = named(open_status=["in progress"])
        assert states.step([TO_DO, DOING], [OPEN], meanings, ["Done"]) == states.Step(DOING)
        on = states.step([TO_DO], [OPEN], meanings, ["Done"])
        assert on == states.Step(TO_DO, arrives=False)


class TestOnTheWay:
    def test_nearer_to_the_end_and_never_back(self) -> None:
        on = states.step([TO_DO, DOING], [DONE], PLAIN, ["Backlog"])
        assert on == states.Step(DOING, arrives=False)
        assert states.step([TO_DO, DOING], [DONE], PLAIN, ["backlog", "in progress", "To Do"]) is None

    def test_nothing_is_closed_in_passing(self) -> None:
        assert states.step([to("Rejected")], [DONE], PLAIN, ["To Do"]) is None

    @pytest.mark.parametrize(
        ("wanted", "now", "may"),
        [
            (DONE, OPEN, True),
            (WONT_DO, OPEN, True),
            (OPEN, DONE, True),
            (DONE, WONT_DO, True),
            (WONT_DO, DONE, False),
            (DUPLICATE, WONT_DO, False),
        ],
    )
    def test_a_closed_issue_is_not_opened_in_search_of_a_way(
        self,
        wanted: IssueState,
        now: IssueState,
        *,
        may: bool,
    ) -> None:
        assert states.may_wander(wanted, now) is may


_names = st.sampled_from(["To Do", "In Progress", "Done", "Closed", "Rejected", "Duplicate", "Verified"])
_resolutions = st.lists(st.sampled_from([*RESOLVING, "Shipped", "Obsolete"]), unique=True).map(tuple)
_transitions = st.builds(
    Transition,
    id=st.uuids().map(str),
    to=_names,
    category=st.sampled_from(["new", "indeterminate", "done"]),
    resolutions=_resolutions,
    needs_resolution=st.booleans(),
    demands=st.sampled_from([(), (), ("Root cause",)]),
)


@given(
    there=st.lists(_transitions, max_size=6),
    wanted=st.sampled_from(IssueState),
    been=st.lists(_names),
    wander=st.booleans(),
)
def test_what_arrives_means_what_was_wanted(
    there: list[Transition], wanted: IssueState, been: list[str], *, wander: bool
) -> None:
    step = states.step(there, [wanted], PLAIN, been, wander=wander)
    if step is None:
        return
    assert not step.transition.demands
    if step.arrives:
        status = {"name": step.transition.to, "statusCategory": {"key": step.transition.category}}
        resolution = {"name": step.resolution} if step.resolution else None
        assert states.state_of({"status": status, "resolution": resolution}, PLAIN) is wanted
        assert step.resolution is None or step.resolution in step.transition.resolutions
        assert step.resolution is not None or wanted is OPEN or not step.transition.needs_resolution
    else:
        assert wander
        assert not step.transition.closes
        assert step.transition.to not in been
