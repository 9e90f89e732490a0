"""The storm over Jira: two machines and all the weather there is, down to the requests that the adapter sends.

Here a fault hits one request, which may be the read after a create or the second of three transitions; a bulk create
may be half done; and it is Jira's search that lags. The rules are those of `test_storm_machine.py`.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar

from contract.faults import Answer, Seen
from contract.little_jira import EMAIL, SECRET, LittleJira, Serving
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from machine.storm import Died
from machine.test_storm_machine import WORK, AtOnceMachine, _Storms
from workplace import SETTINGS, Workplace

from connectors import IssuePatch, IssueState
from connectors.jira import JiraTracker
from connectors.settings import JiraSettings

EXAMPLES = int(os.environ.get("CLOSEOUT_EXAMPLES", "8"))
STEPS = int(os.environ.get("CLOSEOUT_STEPS", "25"))
SLOWER = 2
"""How far Jira's search is behind where others are behind by 1; within `READ_LAG` all the same."""
_PREPARING = ("serverInfo", "myself", "issue/createmeta", "user", "project")
_AFTER = {"timeout after commit": "read", "truncated answer": "midway", "died after": "read"}
_HALFWAY = ("cut midway", "answer cut midway", "died midway")


class JiraWeather:
    """What happens to the requests that come next. `writes` is how many reached Jira."""

    def __init__(self, jira: LittleJira) -> None:
        self.jira = jira
        self.faults: list[str | None] = []
        self.met: Counter[str] = Counter()
        self.dying = False
        jira.before = self.strike

    @property
    def behind(self) -> timedelta:
        return self.jira.store.lag

    @behind.setter
    def behind(self, span: timedelta) -> None:
        self.jira.store.lag = span * SLOWER

    @property
    def writes(self) -> int:
        return len(self.jira.writes)

    def strike(self, seen: Seen) -> Answer | None:
        path = seen.path.removeprefix("/rest/api/3/")
        if path.startswith(_PREPARING) or path.endswith("/serverInfo"):
            return None
        fault = self.faults.pop(0) if self.faults else None
        if fault is None:
            return None
        self.met[
            f"{fault}: {seen.verb} {path.partition('/')[2] if path.count('/') > 1 else path.partition('/')[0]}"
        ] += 1
        self.dying = fault.startswith("died")
        return self._struck(fault, seen, several=path == "issue/bulk")

    def _struck(self, fault: str, seen: Seen, *, several: bool) -> Answer:
        """What comes of a request; None of an answer where it is cut before it was read."""
        wrong = {"errorMessages": ["no such value"], "errors": {}}
        wait = "60" if fault == "429" else str(3 * 3_600)
        refusals = {
            "403": Answer(403, wrong),
            "429": Answer(429, wrong, {"Retry-After": wait}),
            "429 for hours": Answer(429, wrong, {"Retry-After": wait}),
            "server error": Answer(500, raw=b"<html>Oops</html>"),
        }
        if fault in refusals:
            return refusals[fault]
        if fault == "one refused":
            return self._one_refused(seen, wrong, several=several)
        if fault in _HALFWAY:
            return self._halfway(fault, seen, several=several)
        if fault in _AFTER:
            return replace(self.jira.made(seen), cut=_AFTER[fault])
        return Answer(cut="read")

    def _one_refused(self, seen: Seen, wrong: dict[str, Any], *, several: bool) -> Answer:
        if not several:
            return Answer(400, wrong)
        updates = seen.body["issueUpdates"]
        if len(updates) == 1:
            return Answer(400, {"issues": [], "errors": [_failed(0, wrong)]})
        made = self.jira.made(replace(seen, body={"issueUpdates": updates[:-1]}))
        made.data["errors"].append(_failed(len(updates) - 1, wrong))
        return made

    def _halfway(self, fault: str, seen: Seen, *, several: bool) -> Answer:
        """Some of the issues of a bulk create are made; anything else is done as a whole."""
        updates = seen.body["issueUpdates"] if several else []
        if several and fault != "answer cut midway":
            seen = replace(seen, body={"issueUpdates": updates[: len(updates) // 2]})
        return replace(self.jira.made(seen), cut="midway" if fault == "answer cut midway" else "read")

    def remember(self, issue: Any) -> None:
        """Jira does."""


def _failed(number: int, wrong: dict[str, Any]) -> dict[str, Any]:
    return {"status": 400, "elementErrors": wrong, "failedElementNumber": number}


class Mortal(JiraTracker):
    """A tracker whose process may end at any request."""

    weather: JiraWeather


def _mortal(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def until_death(self: Mortal, *arguments: Any, **named: Any) -> Any:
        try:
            return method(self, *arguments, **named)
        finally:
            if self.weather.dying:
                self.weather.dying = False
                raise Died

    return until_death


for _name in ("changed_since", "get", "create", "create_many", "update", "comment", "comments"):
    setattr(Mortal, _name, _mortal(getattr(JiraTracker, _name)))


class OnStormyJira(Workplace):
    """One machine: a store of its own, and a project that both share."""

    def __init__(self, root: Path, jira: LittleJira, weather: JiraWeather) -> None:
        root.mkdir()
        known = {"url": jira.url, "project": "OPS", "email": EMAIL}
        lines = "\n".join(f'{name} = "{value}"' for name, value in {"kind": "jira", **known}.items())
        super().__init__(root, SETTINGS.replace('kind = "local"', lines, 1))
        self.weather = weather
        self.ours = JiraSettings.model_validate(known | {"timeout": 5})

    def calm(self) -> JiraTracker:
        return JiraTracker("local", self.ours, SECRET, read_pauses=(), now=self.clock)

    def open_tracker(self, name: str) -> Mortal:
        tracker = Mortal(name, self.ours, SECRET, read_pauses=(), now=self.clock)
        tracker.weather = self.weather
        return tracker


class JiraMachine(AtOnceMachine):
    """What people do in documents and in Jira, and syncs in all weathers on two machines with stores of their own."""

    met: ClassVar[Counter[str]] = Counter()

    @initialize()
    def start(self):
        self.folder = tempfile.TemporaryDirectory()
        shared = Path(self.folder.name)
        self.jira = LittleJira()
        self.serving = contextlib.ExitStack()
        self.serving.enter_context(Serving(self.jira))
        self.weather = JiraWeather(self.jira)
        self.places = [OnStormyJira(shared / name, self.jira, self.weather) for name in ("one", "two")]
        self.jira.store.clock = lambda: max(place.now for place in self.places)
        self.documents = {name: list(numbers) for name, numbers in self.at_first.items()}
        self.ticked, self.longer = set(), set()
        self.words = {}
        self.closings = {}
        self.stirred = False
        self.write()

    def teardown(self):
        try:
            super().teardown()
            self.people_are_heard()
        finally:
            if hasattr(self, "serving"):
                self.serving.close()
                assert self.jira.broken == []

    def by_hand(self, number, patch):
        """In this workflow what is closed is opened before it is closed in another way."""
        self.pass_time(timedelta(seconds=20))
        with contextlib.closing(self.places[0].calm()) as tracker:
            issue = tracker.get(tracker.reference(f"OPS-{number}"))
            if issue.state.closed and patch.state is not None:
                issue = tracker.update(issue, IssuePatch(state=IssueState.OPEN))
            tracker.update(issue, patch)

    @rule(pick=st.integers(0, 20), reworded=st.booleans())
    def somebody_writes(self, pick, reworded):
        """And the item's author has something to say, too, about which the block then tells."""
        issues = self.issues()
        if issues:
            number, title = issues[pick % len(issues)].ref.number, issues[pick % len(issues)].title
            words = f"Words {len(self.words)} of a person."
            self.pass_time(timedelta(seconds=20))
            issue = self.jira.store.find(f"OPS-{number}")
            theirs = {"type": "paragraph", "content": [{"type": "text", "text": words}]}
            there = (issue.fields.get("description") or {}).get("content", [])
            document = {"type": "doc", "version": 1, "content": [theirs, *there]}
            self.jira.store.edit(issue, {"fields": {"description": document}})
            self.by_hand(number, IssuePatch(add_labels=frozenset({"mine"})))
            self.words.setdefault(number, []).append(words)
            if reworded:
                self.longer ^= {index for index, work in enumerate(WORK) if title.startswith(work)}
                self.write()

    @rule(pick=st.integers(0, 20), to=st.sampled_from(["To Do", "In Progress"]))
    def somebody_drags_it_over_the_board(self, pick, to):
        """Without anything that Closeout would call a change of state."""
        issues = [issue for issue in self.issues() if issue.state is IssueState.OPEN]
        if issues:
            self.pass_time(timedelta(seconds=20))
            issue = self.jira.store.find(issues[pick % len(issues)].ref.key)
            way = next((way for way in self.jira.store.ways(issue) if way.to == to), None)
            if way:
                self.jira.store.transition(issue, way.id, {})


JiraMachine.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    print_blob=True,
)


class TestJiraMachine(_Storms, JiraMachine.TestCase):
    machine = JiraMachine
