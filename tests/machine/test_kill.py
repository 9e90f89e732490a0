"""kill -9 at any instant of a sync; one run later all is as if nothing had happened.

`CLOSEOUT_KILLS` sets how many processes are killed for each of the six cases; `pytest -s` shows where they fell.
"""

from __future__ import annotations

import copy
import os
import random
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from at_once import OpeningSeveral
from contract.faults import Answer
from machine.little_github import LittleGitHub, Serving
from machine.orders import Orders
from machine.places import OnLittleGitHub
from workplace import START, Workplace, postmortem

from connectors import IssueDraft, IssuePatch, IssueState, IssueTracker
from tracker.app import Consent
from tracker.model import ItemState

KILLS = int(os.environ.get("CLOSEOUT_KILLS", "50"))
EVERYTHING = Consent(everything=True)
WORK = (
    "Rotate the certificates of the edge proxies",
    "Teach the deploy script to stop on errors",
    "Alert when replication falls behind",
    "Write down how a failover works",
    "Cap the memory of batch jobs",
    "Practise restoring from backups twice a year",
    "Page a second person when nobody answers",
    "Move the status page to another provider",
)
MINE, ALSO_MINE = "A person wrote this.\r\n\r\n", "\n\nAnd this, below.  "


class Scene:
    """A place just before the sync that will be killed, of which copies can be made."""

    def __init__(self, folder: Path, hub: LittleGitHub | None, *, at_once: bool = False) -> None:
        self.folder, self.hub, self.at_once = folder, hub, at_once
        self.model = folder / "model"
        self.now = START
        self.number = 0
        self.kept: tuple[Any, ...] = ()
        self.model.mkdir()
        if hub is not None:
            hub.issues, hub.comments = {}, {}
            hub.clock = lambda: self.now

    def place(self, root: Path) -> Workplace:
        local = OpeningSeveral if self.at_once else Workplace
        place = OnLittleGitHub(root, self.hub.url) if self.hub else local(root)
        place.now = self.now
        return place

    def keep(self, place: Workplace) -> None:
        """From here on every copy starts."""
        self.now = place.now
        if self.hub:
            self.kept = copy.deepcopy((self.hub.issues, self.hub.comments))

    def fresh(self) -> Path:
        """A copy; the issues at the counterpart are as they were."""
        self.number += 1
        root = self.folder / str(self.number)
        shutil.copytree(self.model, root)
        if self.hub:
            self.hub.issues, self.hub.comments = copy.deepcopy(self.kept)
        return root


def tracker_of(place: Workplace) -> IssueTracker:
    return place.open_tracker(place.settings.target)


def first_sync(scene: Scene) -> None:
    """Nothing is known and nothing is opened yet."""
    place = scene.place(scene.model)
    place.document("a.md", postmortem(*WORK[:4]))
    scene.keep(place)


def a_later_sync(scene: Scene) -> None:
    """All kinds of actions: create, adopt, update, close, tell, close a twin; with people's words in between."""
    place = scene.place(scene.model)
    place.document("a.md", postmortem(*WORK[:5]))
    lose_one_answer(scene, place)
    place.run(consent=EVERYTHING)
    with closing(tracker_of(place)) as tracker:
        issues = {issue.title: issue for issue in tracker.changed_since(None).issues}
        first, second = issues[WORK[0]], issues[WORK[1]]
        assert first.marker is not None
        twin = IssueDraft(first.title, first.managed or "", first.marker, first.labels)
        tracker.create(twin)
        tracker.update(second, IssuePatch(add_labels=frozenset({"mine"})))
        write_around(scene, place, second.ref.number)
        tracker.update(issues[WORK[2]], IssuePatch(state=IssueState.WONT_DO))
    place.document("a.md", postmortem(WORK[0], f"{WORK[1]} at once", WORK[2], f"[x] {WORK[4]}", *WORK[5:]))
    place.pass_time(3600)
    scene.keep(place)


def lose_one_answer(scene: Scene, place: Workplace) -> None:
    """The create of the last item goes through, and its answer is lost."""
    if scene.hub is None:
        place.faults[:] = [None, None, None, None, "lost"]
        return
    hub = scene.hub

    def lose(seen: Any) -> Answer | None:
        return Answer(502) if seen.verb == "POST" and seen.body.get("title") == WORK[4] else None

    hub.after = lose


def write_around(scene: Scene, place: Workplace, number: int) -> None:
    """A person writes above and below the managed block."""
    if scene.hub is not None:
        scene.hub.after = lambda _: None
        scene.hub.change(number, body=MINE + scene.hub.issues[number]["body"] + ALSO_MINE)
        return
    import sqlite3  # noqa: PLC0415

    with closing(sqlite3.connect(place.root / "closeout-issues.db")) as database:
        values = (MINE, ALSO_MINE, number)
        database.execute("UPDATE local_issue SET body = ? || body || ? WHERE number = ?", values)
        database.commit()


def end_state(place: Workplace) -> dict[str, Any]:
    """All that people can see at the tracker, and all that the store believes."""
    known = place.known()
    with closing(tracker_of(place)) as tracker:
        issues = sorted(tracker.changed_since(None).issues, key=lambda issue: issue.ref.number)
        comments = {issue.ref.number: [each.body for each in tracker.comments(issue.ref)] for issue in issues}
        with place.store() as store:
            in_doubt = [entry.item for entry in store.in_doubt(tracker.name, "create")]
    return {
        "issues": [(i.ref.number, i.title, i.body, i.state, sorted(i.labels), sorted(i.assignees)) for i in issues],
        "comments": comments,
        "items": {item.id: (item.text, item.state) for item in known.items.values()},
        "links": {item: link.ref.number for item, link in known.links.items()},
        "in doubt": in_doubt,
    }


def recovered(scene: Scene, root: Path) -> dict[str, Any]:
    """The end state after one undisturbed run, an hour later; another would find nothing to do."""
    place = scene.place(root)
    place.pass_time(3600)
    if scene.hub:
        scene.hub.clock = lambda: place.now
    place.run(consent=EVERYTHING)
    state = end_state(place)
    assert place.look().plans[0].actions == ()
    if scene.hub:
        scene.hub.clock = lambda: scene.now
    return state


def check(state: dict[str, Any], expected: dict[str, Any], place: Workplace) -> None:
    assert state == expected
    with closing(tracker_of(place)) as tracker:
        items = [i.marker.item for i in tracker.changed_since(None).issues if i.marker and not i.state.closed]
    assert len(items) == len(set(items)), "two open issues for one item"
    open_items = {key for key, (_, standing) in state["items"].items() if standing is ItemState.OPEN}
    assert open_items == set(items) - {key for key, (_, s) in state["items"].items() if s is ItemState.REMOVED}


@pytest.fixture(params=[first_sync, a_later_sync])
def prepare(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=["local", "at once", "github"])
def scene(request: pytest.FixtureRequest, tmp_path: Path, prepare: Any) -> Iterator[Scene]:
    if request.param != "github":
        scene = Scene(tmp_path, None, at_once=request.param == "at once")
        prepare(scene)
        yield scene
        return
    hub = LittleGitHub()
    with Serving(hub):
        scene = Scene(tmp_path, hub)
        prepare(scene)
        yield scene


def test_a_process_killed_at_any_instant_leaves_no_trace(scene: Scene, victims: Orders, prepare: Any) -> None:
    random_ = random.Random(prepare.__name__)  # noqa: S311 - no secret
    order = {"url": scene.hub.url if scene.hub else "", "at_once": scene.at_once, "now": scene.now.isoformat()}
    root = scene.fresh()
    whole = victims.order(root=str(root), statement=0, **order)
    assert whole["code"] == 0, whole
    expected = recovered(scene, root)
    undisturbed = victims.order(root=str(scene.fresh()), **order)
    fell: Counter[str] = Counter()
    by_statement = 2 * KILLS // 3
    statements = int(whole["said"])
    for number in range(KILLS):
        root = scene.fresh()
        if number < by_statement:  # spread over all statements, with no two rounds alike
            moment = 1 + int((number + random_.random()) * statements / by_statement)
            outcome = victims.order(root=str(root), statement=moment, **order)
        else:
            seconds = random_.random() * undisturbed["seconds"]
            outcome = victims.order(root=str(root), seconds=seconds, **order)
        if outcome["code"] == 0:
            fell["too late"] += 1
        else:
            assert outcome["code"] == -signal.SIGKILL, outcome
            fell[outcome["said"].split(":")[0] or "any instant"] += 1
        check(recovered(scene, root), expected, scene.place(root))
        shutil.rmtree(root)
    kills = fell.total() - fell["too late"]
    where = "GitHub" if scene.hub else f"the embedded tracker{', several at once' * scene.at_once}"
    told = f"{prepare.__name__} on {where}: {kills} kills among {statements} statements\n  "
    sys.stdout.write("\n" + told + ", ".join(f"{where} {count}" for where, count in fell.most_common()) + "\n")
    assert kills >= KILLS * 0.6
