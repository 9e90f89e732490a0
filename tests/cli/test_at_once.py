"""Programs at once, and `report --send` to a real mail server: one issue per item, one mail per owner and period."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mailroom import Post, Server
from workplace import SETTINGS, postmortem

TOP = Path(__file__).resolve().parents[2]
ITEMS = (
    "Add monitoring for the connection pool (owner: Jo Smith, due: 2026-11-20)",
    "Rehearse a restore every month (owner: DBA team, due: 2026-11-27)",
    "Write a runbook for failing over (owner: Tobias)",
)


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def server(post):
    started = Server(post, hostname="127.0.0.1", port=0)
    started.start()
    yield started
    if started.loop.is_running():
        started.stop()


@pytest.fixture
def start(tmp_path, server):
    """Starts the program in a folder with postmortems and a mail server."""
    mail = f'[mail]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\nsender = "closeout@example.com"\n'
    (tmp_path / "closeout.toml").write_text(SETTINGS + mail + '[reports.weekly]\nfallback = "dba"\n', "utf-8")
    (tmp_path / "postmortems").mkdir()
    (tmp_path / "postmortems/a.md").write_text(postmortem(*ITEMS), "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLOSEOUT_")}
    environment |= {"PYTHONPATH": str(TOP), "CLOSEOUT_NOW": "2026-11-23T09:00:00+00:00"}

    def begin(*arguments, now=None):
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tracker", *arguments],
            cwd=tmp_path,
            env=environment | ({"CLOSEOUT_NOW": now} if now else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


@pytest.fixture
def send(start):
    """A started program, in a folder that was synced."""
    assert finish(start("sync"))[0] == 0
    return start


def finish(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_each_owner_gets_their_part_once_a_period(send, post):
    code, out, err = finish(send("report", "weekly", "--send"))
    assert (code, err) == (0, "")
    assert sorted(line.split()[0] for line in out.splitlines()) == ["Outcome", "sent", "sent"]
    assert sorted(post.to) == ["dba@example.com", "jo@example.com"]
    assert "connection pool" in post.mail("jo@example.com").get_body(("plain",)).get_content()
    assert "runbook" not in post.mail("jo@example.com").get_body(("plain",)).get_content()
    assert "runbook" in post.mail("dba@example.com").get_body(("html",)).get_content()
    code, out, _ = finish(send("report", "weekly", "--send"))
    assert (code, len(post.mails)) == (0, 2)
    assert "already-sent" in out
    finish(send("report", "weekly", "--send", now="2026-11-30T09:00:00+00:00"))
    assert len(post.mails) == 4


def test_syncs_at_once_open_each_issue_once(start):
    running = [start("sync") for _ in range(3)]
    outputs = [finish(process) for process in running]
    assert [code for code, _, _ in outputs] == [0, 0, 0]
    assert sorted("3 opened" in out for _, out, _ in outputs) == [False, False, True]
    _, out, _ = finish(start("issues", "list", "--format", "json"))
    assert len(json.loads(out)["issues"]) == 3


def test_processes_at_once_send_one_copy(send, post):
    running = [send("report", "weekly", "--send") for _ in range(3)]
    assert [finish(process)[0] for process in running] == [0, 0, 0]
    assert sorted(post.to) == ["dba@example.com", "jo@example.com"]


def test_one_refused_recipient_is_told_and_tried_again(send, post):
    post.turned_away.add("jo@example.com")
    code, out, _ = finish(send("report", "weekly", "--send"))
    assert code == 3
    assert "failed" in out
    assert post.to == ["dba@example.com"]
    post.turned_away.clear()
    code, out, _ = finish(send("report", "weekly", "--send", "--format", "json"))
    told = {each["recipient"]: each for each in json.loads(out)["deliveries"]}
    assert (code, told["jo"]["outcome"], told["dba"]["outcome"]) == (3, "waiting", "already-sent")
    assert told["jo"]["again_at"].startswith("2026-11-23T09:05")
    code, _, _ = finish(send("report", "weekly", "--send", now="2026-11-23T09:10:00+00:00"))
    assert (code, sorted(post.to)) == (0, ["dba@example.com", "jo@example.com"])


def test_a_server_that_is_down_is_5_and_nothing_is_lost(send, server, post):
    server.stop()
    code, _, err = finish(send("report", "weekly", "--send"))
    assert code == 5
    assert "127.0.0.1" in err
    assert "Traceback" not in err
    again = Server(post, hostname="127.0.0.1", port=server.port)
    again.start()
    try:
        assert finish(send("report", "weekly", "--send"))[0] == 0
    finally:
        again.stop()
    assert len(post.mails) == 2
