"""kill -9 at any instant of a move; one command or sync later the item has one open issue, and nothing is lost.

`CLOSEOUT_KILLS` sets how many processes are killed for each of the three cases; `pytest -s` shows where they fell.
"""

from __future__ import annotations

import copy
import os
import random
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from machine.little_github import LittleGitHub, Serving
from machine.orders import Orders
from machine.places import BetweenTwo
from workplace import postmortem

from connectors import Issue, IssueState
from tracker.app import Consent
from tracker.model import ItemState, MoveStage

KILLS = int(os.environ.get("CLOSEOUT_KILLS", "24"))
LOAD = "Run a load test before every release"
POOL = "Add monitoring for the connection pool"
MINE, ALSO_MINE = "A person wrote this.\r\n\r\n", "\n\nAnd this, below.  "


@pytest.fixture(scope="module")
def mover() -> Iterator[Orders]:
    with closing(Orders("mover.py")) as started:
        yield started


class Scene:
    """A place just before an item is moved, of which copies can be made."""

    def __init__(self, folder: Path, hub: LittleGitHub | None, start: str) -> None:
        self.folder, self.hub, self.to = folder, hub, "other" if start == "local" else "local"
        self.model = folder / "model"
        self.model.mkdir()
        place = BetweenTwo(self.model, hub.url if hub else "")
        (self.model / "closeout.toml").write_text(
            (self.model / "closeout.toml").read_text("utf-8").replace('target = "local"', f'target = "{start}"'),
            "utf-8",
        )
        place = self.place(self.model)
        place.document("a.md", postmortem(f"{LOAD} (owner: Jo Smith)", POOL))
        place.run()
        self.now = place.now
        (self.item,) = [item.id for item in place.known().items.values() if item.text == LOAD]
        self._write_around(place.known().links[self.item].issue)
        self.kept = copy.deepcopy((hub.issues, hub.comments)) if hub else None
        self.number = 0

    def place(self, root: Path) -> BetweenTwo:
        place = BetweenTwo(root, self.hub.url if self.hub else "")
        if self.hub:
            self.hub.clock = place.clock
        return place

    def _write_around(self, issue: Issue) -> None:
        """A person writes above and below the managed block."""
        if issue.ref.target == "other" and self.hub:
            self.hub.change(issue.ref.number, body=MINE + self.hub.issues[issue.ref.number]["body"] + ALSO_MINE)
            return
        with closing(sqlite3.connect(self.model / "closeout-issues.db")) as database, database:
            words = (MINE, ALSO_MINE, issue.ref.number)
            database.execute("UPDATE local_issue SET body = ? || body || ? WHERE number = ?", words)

    def fresh(self) -> Path:
        """A copy; the issues at the counterpart are as they were."""
        self.number += 1
        root = self.folder / str(self.number)
        shutil.copytree(self.model, root)
        if self.hub:
            self.hub.issues, self.hub.comments = copy.deepcopy(self.kept)
        return root


@pytest.fixture(params=["between embedded trackers", "to GitHub", "from GitHub"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    if request.param == "between embedded trackers":
        yield Scene(tmp_path, None, "local")
        return
    hub = LittleGitHub()
    with Serving(hub):
        yield Scene(tmp_path, hub, "local" if request.param == "to GitHub" else "other")


def issues_of(place: BetweenTwo) -> list[Issue]:
    found: list[Issue] = []
    for name in place.settings.targets:
        with closing(place.open_tracker(name)) as tracker:
            found += tracker.changed_since(None).issues
    return sorted(found, key=lambda issue: issue.ref)


def check(scene: Scene, place: BetweenTwo, to: str) -> None:
    """One open issue for each item, the moved one's in `to`; people's words are there; nothing is left to do."""
    issues = issues_of(place)
    claims = [issue for issue in issues if issue.marker and not issue.state.closed]
    assert sorted(issue.marker.item for issue in claims) == sorted(place.known().items)
    (mine,) = [issue for issue in claims if issue.marker.item == scene.item]
    assert mine.ref.target == to
    assert place.known().links[scene.item].ref == mine.ref
    (worded,) = [issue for issue in issues if issue.body.startswith(MINE)]
    assert worded.body.endswith(ALSO_MINE)
    assert all(item.state is ItemState.OPEN for item in place.known().items.values())
    if worded.ref != mine.ref:
        assert len(issues) == 3
        assert worded.state is IssueState.DUPLICATE
        with closing(place.open_tracker(worded.ref.target)) as tracker:
            assert len(tracker.comments(worded.ref)) == 1
    with place.store() as store:
        assert [entry for name in place.settings.targets for entry in store.in_doubt(name, "create")] == []
    assert all(made.actions == () for made in place.look().plans)


def go_on(scene: Scene, place: BetweenTwo, how: str) -> str:
    """Whatever runs next; where the issue has to be then."""
    if how == "lost store":
        for file in place.root.glob("closeout.db*"):
            file.unlink()
        opened = any(i.ref.target == scene.to and i.marker and i.marker.item == scene.item for i in issues_of(place))
        place.run(consent=Consent(everything=True))
        return scene.to if opened else place.settings.target
    decided = place.known().items[scene.item].move is not None
    if how == "sync":
        place.run(consent=Consent(everything=True))
        return scene.to if decided else place.settings.target
    if not decided or place.known().items[scene.item].move.stage is not MoveStage.FINISHED:
        assert place.move(scene.item, scene.to, "Ana", "their backlog", lambda _: True).problem == ""
    place.run(consent=Consent(everything=True))
    return scene.to


def test_a_move_killed_at_any_instant_leaves_one_open_issue(scene: Scene, mover: Orders) -> None:
    random_ = random.Random(scene.to)  # noqa: S311 - no secret
    common = {
        "url": scene.hub.url if scene.hub else "",
        "now": scene.now.isoformat(),
        "item": scene.item,
        "to": scene.to,
    }
    whole = mover.order(root=str(scene.fresh()), statement=0, **common)
    assert whole["code"] == 0, whole
    statements, fell = int(whole["said"]), Counter[str]()
    for number in range(KILLS):
        root = scene.fresh()
        moment = 1 + int((number + random_.random()) * statements / KILLS)
        outcome = mover.order(root=str(root), statement=moment, **common)
        assert outcome["code"] in (0, -signal.SIGKILL), outcome
        fell[outcome["said"].split(":")[0] if outcome["code"] else "too late"] += 1
        place = scene.place(root)
        place.now = scene.now
        place.pass_time(3600)
        to = go_on(scene, place, ("move", "sync", "lost store")[number % 3])
        check(scene, place, to)
        shutil.rmtree(root)
    told = ", ".join(f"{where} {count}" for where, count in fell.most_common())
    kills = fell.total() - fell["too late"]
    assert kills >= KILLS * 0.8
    sys.stdout.write(f"\nto {scene.to}: {kills} kills among {statements} statements\n  {told}\n")
