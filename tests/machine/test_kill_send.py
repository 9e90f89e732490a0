"""kill -9 at any instant of `report --send`; one run later everybody has their mail.

Nobody gets a second copy but who was being served when the process died after the mail server had taken the mail, and
before the ledger said so; both copies then have the same Message-ID. `CLOSEOUT_KILLS` sets twice how many processes
are killed; `pytest -s` shows where they fell.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
from collections import Counter
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from machine.orders import Orders
from mailroom import Post, Server
from workplace import SETTINGS, START, Workplace, postmortem

from tracker.deliver import DeliveryOutcome
from tracker.ledger import CLAIM_HOLDS, Standing

KILLS = int(os.environ.get("CLOSEOUT_KILLS", "50")) // 2
ITEMS = (
    "Rotate the certificates of the edge proxies (owner: Jo Smith, due: 2026-11-20)",
    "Alert when replication falls behind (owner: DBA team, due: 2026-11-20)",
    "Write down how a failover works (owner: Ann Lee, due: 2026-11-20)",
)
EVERYBODY = {"jo@example.com", "dba@example.com", "ann@example.com"}


@pytest.fixture
def post() -> Any:
    return Post()


@pytest.fixture
def model(tmp_path: Path, post: Post) -> Any:
    """A folder that was synced, with a mail server."""
    server = Server(post, hostname="127.0.0.1", port=0)
    server.start()
    post.settled = server.settled
    mail = f'[mail]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\nsender = "closeout@example.com"\n'
    more = '[people.ann]\nname = "Ann Lee"\nemail = "ann@example.com"\n[reports.weekly]\nfallback = "dba"\n'
    folder = tmp_path / "model"
    folder.mkdir()
    place = Workplace(folder, SETTINGS + more + mail)
    place.document("a.md", postmortem(*ITEMS))
    place.run()
    yield folder
    server.stop()


def copies(post: Post) -> Counter[str]:
    """How many mails each person has; those of one person are the same mail."""
    ids: dict[str, set[str]] = {}
    for _, [address], content in post.mails:
        ids.setdefault(address, set()).add(message_from_bytes(content)["Message-ID"])
    assert all(len(each) == 1 for each in ids.values())
    return Counter(post.to)


def test_a_process_killed_at_any_instant_costs_nobody_their_report(
    model: Path, tmp_path: Path, post: Post, victims: Orders
) -> None:
    random_ = random.Random("send")  # noqa: S311 - no secret
    shutil.copytree(model, tmp_path / "whole")
    whole = victims.order(root=str(tmp_path / "whole"), statement=0, send=True, now=START.isoformat())
    assert whole["code"] == 0, whole
    assert copies(post) == Counter(EVERYBODY)
    fell: Counter[str] = Counter()
    for number in range(KILLS):
        post.mails.clear()
        root = tmp_path / str(number)
        shutil.copytree(model, root)
        moment = 1 + int((number + random_.random()) * int(whole["said"]) / KILLS)
        outcome = victims.order(root=str(root), statement=moment, send=True, now=START.isoformat())
        assert outcome["code"] == -signal.SIGKILL, outcome
        post.settled()
        fell[outcome["said"]] += 1
        recovered(Workplace(root), post)
        shutil.rmtree(root)
    told = ", ".join(f"{where} {count}" for where, count in fell.most_common())
    sys.stdout.write(f"\n{KILLS} kills among {whole['said']} statements: {told}\n")


def recovered(place: Workplace, post: Post) -> None:
    """One undisturbed run, when claims of the dead hold no longer, and one more."""
    with place.store() as store:
        known = store.deliveries("weekly", "2026-W48").values()
    recorded = sum(entry.standing is Standing.SENT for entry in known)
    in_doubt = len(post.mails) - recorded
    assert in_doubt in {0, 1}
    place.now = START + CLAIM_HOLDS / 2
    _, early = place.send(place.report("weekly"))
    claimed = sum(entry.standing is Standing.CLAIMED for entry in known)
    assert sum(each.outcome is DeliveryOutcome.UNDER_WAY and each.unfinished for each in early) == claimed
    place.now = START + CLAIM_HOLDS * 1.1
    place.send(place.report("weekly"))
    assert set(post.to) == EVERYBODY
    assert len(post.mails) == len(EVERYBODY) + in_doubt
    copies(post)
    _, again = place.send(place.report("weekly"))
    assert {each.outcome for each in again} == {DeliveryOutcome.ALREADY_SENT}
