"""Who is held back until their working hours is not claimed, and a later run of the same firing serves them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mailroom import Post, Server
from workplace import SETTINGS, Workplace, postmortem

from tracker.deliver import DeliveryOutcome
from tracker.schedule import Runner, timetable
from tracker.schedule.crontab import Job, jobs

FRIDAY = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOURS = """
[working_hours]
[reports.weekly]
fallback = "dba"
[reports.quiet]
all_clear = true
fallback = "dba"
[schedules.friday]
run = "report"
report = "weekly"
cron = "0 18 * * 5"
[mail]
host = "127.0.0.1"
security = "none"
sender = "closeout@example.com"
"""


@pytest.fixture
def post():
    made = Post()
    server = Server(made, hostname="127.0.0.1", port=0)
    server.start()
    made.port = server.port
    yield made
    server.stop()


@pytest.fixture
def place(tmp_path: Path, post: Post) -> Workplace:
    made = Workplace(tmp_path, f"{SETTINGS}{HOURS}port = {post.port}\n")
    made.document("a.md", postmortem("Write a runbook (owner: Jo Smith, due: 2026-11-22)"))
    made.now = FRIDAY - timedelta(hours=1)
    made.run()
    return made


@pytest.fixture
def friday(place: Workplace) -> Job:
    return jobs(place.settings)[0]


class Listening(Runner):
    def __init__(self, app: Workplace) -> None:
        self.said: list[str] = []
        super().__init__(app, lambda line: self.said.append(line.split(" ", 3)[3]))

    def at(self, moment: datetime, job: Job) -> None:
        self.app.now = moment
        self.catch_up([job])


def test_who_is_held_back_is_served_once_their_hours_begin_for_the_period_that_it_was_due_in(place, post, friday):
    runner = Listening(place)
    place.now = FRIDAY
    runner.fire(friday, FRIDAY)
    for hours in range(1, 63):
        runner.at(FRIDAY + timedelta(hours=hours), friday)
    assert (runner.said, post.mails) == (["held: 1 held-back, 1 nothing-to-say"], [])
    runner.at(MONDAY, friday)
    runner.at(MONDAY + timedelta(minutes=15), friday)
    assert runner.said[1:] == ["done: 1 sent, 1 nothing-to-say"]
    assert post.mail("jo@example.com")["Subject"] == "Open corrective actions: 1 overdue (2026-W47)"


def test_the_timetable_tells_of_what_waits_and_of_what_was_resumed(place, friday):
    place.now = FRIDAY
    Listening(place).fire(friday, FRIDAY)
    with place.store() as store:
        (waiting,) = timetable(place.settings, store, FRIDAY + timedelta(hours=1)).schedules
        assert (waiting.state, waiting.last.outcome) == ("waiting", "held")
        assert store.start_firing("friday", FRIDAY, MONDAY)
        (resumed,) = timetable(place.settings, store, MONDAY).schedules
        assert (resumed.state, resumed.running.outcome, resumed.last) == ("running", "resumed", None)
        (dead,) = timetable(place.settings, store, MONDAY + timedelta(hours=7)).schedules
        assert dead.state == "abandoned"


def test_whoever_gets_all_of_a_report_has_working_hours_too(place, post):
    text = f"{SETTINGS}{HOURS}port = {post.port}\n".replace(
        "[reports.quiet]\n", '[reports.quiet]\nkind = "management"\nto = ["dba"]\n'
    )
    (place.root / "closeout.toml").write_text(text, "utf-8")
    other = Workplace(place.root)
    other.now = FRIDAY
    _, told = other.send(other.report("quiet"), dry_run=True)
    assert [(each.recipient.key, each.outcome) for each in told] == [("dba", DeliveryOutcome.HELD_BACK)]


def test_another_service_looks_for_itself(place, post, friday):
    place.now = FRIDAY
    Listening(place).fire(friday, FRIDAY)
    again = Listening(place)
    again.at(FRIDAY + timedelta(hours=1), friday)
    again.at(FRIDAY + timedelta(hours=2), friday)
    assert again.said == ["held: 1 held-back, 1 nothing-to-say"], "one look, not one every quarter of an hour"
    again.at(MONDAY, friday)
    assert post.to == ["jo@example.com"]


def test_what_goes_wrong_on_monday_is_tried_again_however_old_friday_is(place, post, friday):
    place.now = FRIDAY
    Listening(place).fire(friday, FRIDAY)
    runner = Listening(place)
    post.turned_away.add("jo@example.com")
    runner.at(MONDAY, friday)
    post.turned_away.clear()
    for minutes in (15, 30, 45):
        runner.at(MONDAY + timedelta(minutes=minutes), friday)
    assert post.to == ["jo@example.com"]
    assert runner.said[0].startswith("held: report weekly: 1 failed")
    assert runner.said[1:] == ["done: 1 sent, 1 nothing-to-say"]


def test_a_firing_is_run_again_when_somebody_can_be_tried_again_and_not_every_quarter_of_an_hour(place, post, friday):
    post.turned_away.add("jo@example.com")
    runner = Listening(place)
    place.now = FRIDAY
    runner.fire(friday, FRIDAY)
    for minutes in range(0, 7 * 60, 15):
        runner.at(MONDAY + timedelta(minutes=minutes), friday)
    assert runner.said[1:] == ["held: report weekly: 1 failed, 1 nothing-to-say"] * 4, "back-off: 5, 30, 120 minutes"
    assert post.asked == 4
    restarted = Listening(place)
    for minutes in (0, 15, 30):
        restarted.at(MONDAY + timedelta(hours=7, minutes=minutes), friday)
    assert restarted.said == ["held: report weekly: 1 waiting, 1 nothing-to-say"]


def test_while_the_mail_server_is_down_every_look_tries_again(place, post, friday, monkeypatch):
    runner = Listening(place)
    place.now = FRIDAY
    runner.fire(friday, FRIDAY)
    with monkeypatch.context() as down:
        down.setattr("smtplib.SMTP.connect", lambda *_: (_ for _ in ()).throw(ConnectionRefusedError("refused")))
        runner.at(MONDAY, friday)
        runner.at(MONDAY + timedelta(minutes=15), friday)
    runner.at(MONDAY + timedelta(minutes=30), friday)
    assert ["refused" in line for line in runner.said] == [False, True, True, False]
    assert post.to == ["jo@example.com"]


def test_what_a_process_leaves_that_dies_on_monday_is_taken_over(place, post, friday):
    place.now = FRIDAY
    runner = Listening(place)
    runner.fire(friday, FRIDAY)
    with place.store() as store:
        assert store.start_firing("friday", FRIDAY, MONDAY)
    runner.at(MONDAY + timedelta(hours=5), friday)
    assert post.mails == []
    runner.at(MONDAY + timedelta(hours=7), friday)
    assert post.to == ["jo@example.com"]


def test_a_later_firing_takes_the_place_of_one_that_waits(place, post, friday):
    place.now = FRIDAY
    runner = Listening(place)
    runner.fire(friday, FRIDAY)
    following = FRIDAY + timedelta(days=7)
    place.now = following
    runner.on_time(friday)
    runner.at(following + timedelta(hours=63), friday)
    assert post.mail("jo@example.com")["Subject"].endswith("(2026-W48)")


def test_nobody_is_waited_for_who_is_away_past_the_next_firing(tmp_path, post):
    away = SETTINGS.replace('name = "Jo Smith"', 'name = "Jo Smith"\naway_until = 2026-12-24')
    place = Workplace(tmp_path, f"{away}{HOURS}port = {post.port}\n")
    place.document("a.md", postmortem("Write a runbook (owner: Jo Smith, due: 2026-11-25)"))
    place.now = FRIDAY
    place.run()
    runner = Listening(place)
    runner.fire(jobs(place.settings)[0], FRIDAY)
    assert runner.said == ["done: 1 held-back, 1 nothing-to-say"]


def test_a_dry_run_says_who_is_held_back_and_until_when(place):
    place.now = FRIDAY
    _, told = place.send(place.report("weekly"), dry_run=True)
    assert {each.recipient.key: each.outcome for each in told} == {
        "jo": DeliveryOutcome.HELD_BACK,
        "dba": DeliveryOutcome.NOTHING_TO_SAY,
    }
    assert (told[0].detail, told[0].again_at) == ("outside working hours (09:00-17:00)", MONDAY)
    assert told[0].why.startswith("You get this because you own 1 open action item.")


def test_an_all_clear_is_sent_once_a_period_and_only_if_wished(place, post):
    place.now = MONDAY
    for name in ("quiet", "quiet", "weekly"):
        place.send(place.report(name))
    assert sorted(post.to) == ["dba@example.com", "jo@example.com", "jo@example.com"]
    assert post.mail("dba@example.com")["Subject"] == "Open corrective actions: all clear (2026-W48)"
