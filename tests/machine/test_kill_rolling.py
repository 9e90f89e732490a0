"""kill -9 at any instant of writing a rolling issue; one run later there is one, and it lists what is open.

`CLOSEOUT_KILLS` sets four times as many as are killed for each case; `pytest -s` shows where they fell.
"""

from __future__ import annotations

import copy
import os
import random
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from machine.little_github import LittleGitHub, Serving
from machine.orders import Orders
from machine.places import GITHUB, OnLittleGitHub
from workplace import START, Workplace, postmortem

from connectors import Issue, IssuePatch, IssueState
from tracker.app import Consent
from tracker.rolling import is_rolling

KILLS = int(os.environ.get("CLOSEOUT_KILLS", "50")) // 4
ITEMS = ("Rotate the certificates of the edge proxies", "Alert when replication falls behind")


def first(_: Workplace) -> None:
    """It is opened."""


def after_one_more(place: Workplace) -> None:
    """It is rewritten."""
    place.send(place.report("weekly"))
    place.document("b.md", postmortem("Write down how a failover works", title="The mail queue"))
    sync(place)


def after_the_last(place: Workplace) -> None:
    """It is closed."""
    place.send(place.report("weekly"))
    set_all(place, IssueState.DONE)


def after_a_first_again(place: Workplace) -> None:
    """It is opened again."""
    after_the_last(place)
    place.send(place.report("weekly"))
    set_all(place, IssueState.OPEN)


def set_all(place: Workplace, state: IssueState) -> None:
    place.pass_time(600)
    with closing(place.open_tracker("ops")) as tracker:
        for link in place.known().links.values():
            tracker.update(tracker.get(link.ref), IssuePatch(state=state))
    sync(place)


def sync(place: Workplace) -> None:
    place.pass_time(600)
    place.run(consent=Consent(everything=True))


def rolling(place: Workplace) -> list[Issue]:
    with closing(place.open_tracker("ops")) as tracker:
        return [issue for issue in tracker.changed_since(None).issues if issue.marker and is_rolling(issue.marker)]


@pytest.mark.parametrize("scene", [first, after_one_more, after_the_last, after_a_first_again])
def test_a_process_killed_at_any_instant_leaves_one_issue(
    scene: Callable[[Workplace], None], tmp_path: Path, victims: Orders
) -> None:
    now = START
    hub = LittleGitHub(lambda: now)
    model = tmp_path / "model"
    model.mkdir()
    (model / "closeout.toml").write_text(f'{GITHUB}[reports.weekly]\nkind = "postmortems"\nrolling = true\n', "utf-8")
    random_ = random.Random(scene.__name__)  # noqa: S311 - no secret
    with Serving(hub):
        place = OnLittleGitHub(model, hub.url)
        place.document("a.md", postmortem(*ITEMS))
        hub.clock = lambda: place.now
        sync(place)
        scene(place)
        now = place.now
        hub.clock = lambda: now
        kept = copy.deepcopy(hub.issues)

        def victim(root: Path, statement: int) -> dict[str, Any]:
            hub.issues = copy.deepcopy(kept)
            shutil.copytree(model, root)
            return victims.order(root=str(root), url=hub.url, statement=statement, send=True, now=now.isoformat())

        whole = victim(tmp_path / "whole", 0)
        assert whole["code"] == 0, whole
        wanted = told(OnLittleGitHub(tmp_path / "whole", hub.url))
        fell: Counter[str] = Counter()
        for number in range(KILLS):
            root = tmp_path / str(number)
            moment = 1 + int((number + random_.random()) * int(whole["said"]) / KILLS)
            outcome = victim(root, moment)
            assert outcome["code"] == -signal.SIGKILL, outcome
            fell[outcome["said"]] += 1
            recovered(OnLittleGitHub(root, hub.url), now + timedelta(hours=2), wanted, hub)
            shutil.rmtree(root)
    where = ", ".join(f"{place} {count}" for place, count in fell.most_common())
    sys.stdout.write(f"\n{KILLS} kills among {whole['said']} statements: {where}\n")


def told(place: Workplace) -> tuple[IssueState, str | None]:
    """What the one rolling issue says."""
    [issue] = rolling(place)
    return issue.state, issue.managed


def recovered(place: Workplace, now: Any, wanted: Any, hub: LittleGitHub) -> None:
    """One undisturbed run, when the grace period is over, and one more, which writes nothing."""
    place.now = now
    place.send(place.report("weekly"))
    assert told(place) == wanted
    hub.requests.clear()
    [again] = [each for each in place.send(place.report("weekly"))[1] if each.channel == "rolling"]
    assert again.outcome.value == "unchanged"
    place.run(consent=Consent(everything=True))
    assert all(request.startswith(("GET", "QUERY")) for request in hub.requests)
    with place.store() as store:
        assert store.in_doubt("ops", "create") == ()
