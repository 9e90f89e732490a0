"""Reports from a folder's settings to everybody's channels: what arrives where, and who hears of what did not."""

from datetime import timedelta

import pytest
from mailroom import Hook, Post, Server
from workplace import START, Workplace, postmortem

from tracker.errors import UsageError
from tracker.people import PeopleBook
from tracker.settings_file import load

SETTINGS = """
[people.jo]
name = "Jo Smith"
email = "jo@example.com"
channels = ["mail", "dm"]
slack = "U024"
[people.lee]
name = "Lee Ann"
email = "lee@example.com"
[teams.dba]
name = "DBA team"
email = "dba@example.com"
channels = ["ops"]
[teams.boss]
name = "Management"
channels = ["teams", "hook"]
[channels.ops]
url_env = "CLOSEOUT_OPS"
[channels.dm]
url_file = "dm.secret"
[channels.teams]
url_env = "CLOSEOUT_TEAMS_CHANNEL"
[channels.hook]
url_env = "SOME_HOOK"
[reports.weekly]
fallback = "boss"
[mail]
host = "127.0.0.1"
security = "none"
sender = "closeout@example.com"
"""
ITEMS = (
    "Add monitoring for the connection pool (owner: Jo Smith, due: 2026-11-20)",
    "Rehearse a restore every month (owner: DBA team, due: 2026-11-20)",
    "Write a runbook for failing over (owner: Lee Ann, due: 2026-11-20)",
    "Practise it (owner: Tobias)",
)
BY_NAME = {"ops": "ops/x", "teams": "teams/x", "hook": "hook/x", "dm": "dm/{slack}"}


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def hook():
    started = Hook()
    yield started
    started.stop()


@pytest.fixture
def place(tmp_path, post, hook, monkeypatch):
    """A synced folder whose people are told by mail and by channels."""
    server = Server(post, hostname="127.0.0.1", port=0)
    server.start()
    for name, variable in (("ops", "CLOSEOUT_OPS"), ("teams", "CLOSEOUT_TEAMS_CHANNEL"), ("hook", "SOME_HOOK")):
        monkeypatch.setenv(variable, hook.address(BY_NAME[name]))
    (tmp_path / "dm.secret").write_text(hook.address(BY_NAME["dm"]) + "\n", "utf-8")
    made = Workplace(tmp_path, f"{SETTINGS}port = {server.port}\n")
    made.document("a.md", postmortem(*ITEMS))
    made.run()
    yield made
    server.stop()


def send(place, **options):
    _, deliveries = place.send(place.report("weekly"), **options)
    return {(each.recipient.key, each.channel): each for each in deliveries}


def outcomes(deliveries):
    return {key: each.outcome.value for key, each in deliveries.items()}


EVERYBODY = [("jo", "mail"), ("jo", "dm"), ("lee", "mail"), ("dba", "ops"), ("boss", "teams"), ("boss", "hook")]


def test_each_gets_their_part_by_each_of_their_channels_once(place, post, hook):
    assert outcomes(send(place, dry_run=True)) == dict.fromkeys(EVERYBODY, "would-send")
    assert (post.mails, hook.posts) == ([], [])
    assert outcomes(send(place)) == dict.fromkeys(EVERYBODY, "sent")
    assert sorted(post.to) == ["jo@example.com", "lee@example.com"]
    told = {path: message["message"] for path, message in hook.posts}
    assert set(told) == {"/ops/x", "/dm/U024", "/teams/x", "/hook/x"}
    assert "Rehearse a restore" in told["/ops/x"]
    assert "connection pool" not in told["/ops/x"]
    assert "Practise it" in told["/hook/x"] == told["/teams/x"]
    assert outcomes(send(place)) == dict.fromkeys(EVERYBODY, "already-sent")
    assert len(post.mails) + len(hook.posts) == 6


def test_without_a_mail_server_both_ways_to_get_along_are_named(place):
    text = (place.root / "closeout.toml").read_text("utf-8").partition("[mail]")[0]
    (place.root / "closeout.toml").write_text(text, "utf-8")
    bare = Workplace(place.root)
    with pytest.raises(UsageError, match="no mail server") as caught:
        bare.open_way("mail")
    assert "[mail]" in caught.value.advice
    assert "[channels.NAME]" in caught.value.advice
    found = send(bare)
    assert (found["dba", "ops"].outcome.value, found["lee", "mail"].outcome.value) == ("sent", "failed")


def test_the_people_book_is_written_once_for_a_sending(place, monkeypatch):
    written = []
    write = PeopleBook.__init__
    monkeypatch.setattr(PeopleBook, "__init__", lambda *book: written.append(book) or write(*book))
    again = Workplace(place.root)
    again.send(again.report("weekly", to_send=True))
    assert len(written) == 1
    Workplace(place.root).report("weekly")
    assert len(written) == 2, "other settings, another book"


def test_a_channel_without_its_secret_fails_alone(place, hook, monkeypatch):
    monkeypatch.delenv("CLOSEOUT_OPS")
    found = send(place)
    assert outcomes(found) == dict.fromkeys(EVERYBODY, "sent") | {("dba", "ops"): "failed"}
    assert "CLOSEOUT_OPS" in found["dba", "ops"].detail
    monkeypatch.setenv("CLOSEOUT_OPS", hook.address("ops/x"))
    assert send(place)["dba", "ops"].outcome.value == "sent"


def test_what_never_went_out_is_told_by_the_next_report_once(place, post, hook):
    post.turned_away.add("lee@example.com")
    assert send(place)["lee", "mail"].outcome.value == "failed"
    hook.posts.clear()
    place.now = START + timedelta(days=7)
    _, deliveries = place.send(place.report("weekly"))
    past, *present = deliveries
    assert (past.recipient.key, past.period, past.outcome.value, past.lacking) == ("lee", "2026-W48", "given-up", True)
    assert "its period is over: the mail server refused it: 550" in past.detail
    assert [each.outcome.value for each in present].count("sent") == 5
    told = dict(hook.posts)["/hook/x"]["message"]
    assert "Could not be delivered" in told
    assert "Lee Ann by mail, 2026-W48, after 1 attempt" in told
    assert "Could not be delivered" not in dict(hook.posts)["/ops/x"]["message"]
    with place.store() as store:
        [event] = [each for each in store.events() if each.what == "delivery given up"]
    assert event.detail["recipient"] == "lee"
    hook.posts.clear()
    post.turned_away.clear()
    place.now += timedelta(days=7)
    found = send(place)
    assert found["lee", "mail"].outcome.value == "sent"
    told = dict(hook.posts)["/hook/x"]["message"]
    assert "2026-W48" not in told
    assert "2026-W49" in told


def test_who_owns_nothing_is_still_told_what_others_did_not_get(place, post, hook):
    place.document("a.md", postmortem(*ITEMS[:3], "Practise it (owner: Jo Smith)"))
    place.run()
    post.turned_away.add("lee@example.com")
    assert ("boss", "hook") not in {key for key, each in send(place).items() if each.outcome.value == "sent"}
    hook.posts.clear()
    place.now = START + timedelta(days=7)
    assert send(place)["boss", "hook"].outcome.value == "sent"
    told = dict(hook.posts)["/hook/x"]["message"]
    assert "Could not be delivered" in told
    assert "told what could not be delivered to others" in told


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('[people.x]\nname = "X"\nchannels = ["opps"]', "did you mean 'ops'"),
        ('[people.x]\nname = "X"\nchannels = ["mail"]', "there is no `email`"),
        ('[channels.mail]\nurl_env = "A"', "means the e-mail address"),
        ('[channels.more]\nurl_env = "CLOSEOUT_TEAMS"', "CLOSEOUT_TEAMS is the setting of that name"),
        ("[channels.more]\ntimeout = 3", "channels.more needs `url_env` or `url_file`"),
    ],
)
def test_settings_of_channels_that_do_not_fit(tmp_path, more, words):
    file = tmp_path / "closeout.toml"
    file.write_text(f"{SETTINGS}{more}\n", "utf-8")
    with pytest.raises(UsageError) as caught:
        load(file, {})
    assert words in str(caught.value)


def test_the_variables_of_channels_are_no_misspelt_settings(tmp_path):
    file = tmp_path / "closeout.toml"
    file.write_text(SETTINGS, "utf-8")
    load(file, {"CLOSEOUT_OPS": "x", "CLOSEOUT_TEAMS_CHANNEL": "x"})
    with pytest.raises(UsageError):
        load(file, {"CLOSEOUT_OPPS": "x"})
