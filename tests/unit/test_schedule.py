"""When jobs run: crontab's own weekdays, catching up once, and each due time once among all schedulers."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workplace import SETTINGS, Workplace, postmortem

from tracker.errors import Unavailable, UsageError
from tracker.schedule import Runner, serve, timetable
from tracker.schedule.crontab import Delayed, in_words, jobs, latest_due, make_trigger, weekdays
from tracker.schedule.running import missed

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SCHEDULES = """
[reports.weekly]
fallback = "dba"
[mail]
host = "127.0.0.1"
port = 1
security = "none"
sender = "closeout@example.com"
timeout = 1
[schedules.sync]
run = "sync"
cron = "*/15 * * * *"
[schedules.monday]
run = "report"
report = "weekly"
cron = "0 9 * * 1"
timezone = "Europe/Madrid"
"""


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path, SETTINGS + SCHEDULES)


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("*", "*"),
        ("0", "sun"),
        ("7", "sun"),
        ("1-5", "mon,tue,wed,thu,fri"),
        ("MON", "mon"),
        ("fri-mon", "sun,mon,fri,sat"),
        ("5-7", "sun,fri,sat"),
        ("*/2", "sun,tue,thu,sat"),
        ("1,3,sunday", "sun,mon,wed"),
    ],
)
def test_weekdays_are_crontabs(field, names):
    assert weekdays(field) == names


@pytest.mark.parametrize("cron", ["0 9 * *", "0 9 1 * 1", "61 9 * * *", "0 9 * * someday", "0 9 * * 8", "x"])
def test_lines_that_cannot_be_read_are_refused(cron):
    with pytest.raises(ValueError, match=r"."):
        make_trigger(cron, "UTC")


def test_all_bad_lines_are_told(tmp_path):
    text = SETTINGS + '[schedules.a]\nrun = "sync"\ncron = "x"\n[schedules.b]\nrun = "sync"\ncron = "1 2"\n'
    with pytest.raises(UsageError) as caught:
        jobs(Workplace(tmp_path, text).settings)
    assert "schedules.a" in caught.value.message
    assert "schedules.b" in caught.value.message


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(0, 400))  # noqa: DTZ001 - made aware below
def test_the_latest_due_time_is_the_nearest_one_before_now(moment, hours):
    trigger = make_trigger("30 9 * * 1", "UTC")
    now = moment.replace(tzinfo=UTC)
    since = now - timedelta(hours=hours)
    due = latest_due(trigger, since, now)
    if due is None:
        assert trigger.get_next_fire_time(None, since + timedelta(microseconds=1)) > now
    else:
        assert since < due <= now
        assert now - due < timedelta(days=7)
        assert (due.isoweekday(), due.hour, due.minute) == (1, 9, 30)


class Bounded:
    """A trigger that gives up where a loop over it would not end."""

    def __init__(self, cron):
        self.trigger = make_trigger(cron, "Europe/Berlin")
        self.left = 200

    def get_next_fire_time(self, previous, now):
        self.left -= 1
        assert self.left, "this goes on for ever"
        return self.trigger.get_next_fire_time(previous, now)


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize(
    ("cron", "now", "due"),
    [
        # The night in which the clock shows the hour from two to three twice ...
        ("*/15 * * * *", "2026-10-25T00:50Z", "2026-10-25T00:45Z"),
        ("*/15 * * * *", "2026-10-25T01:20Z", "2026-10-25T01:15Z"),
        ("*/15 * * * *", "2026-10-25T04:01Z", "2026-10-25T04:00Z"),
        ("30 2 * * *", "2026-10-25T00:31Z", "2026-10-25T00:30Z"),
        ("30 2 * * *", "2026-10-25T08:00Z", "2026-10-25T00:30Z"),
        ("*/30 2 * * *", "2026-10-25T08:00Z", "2026-10-25T00:30Z"),
        ("30 * * * *", "2026-10-25T01:40Z", "2026-10-25T01:30Z"),
        ("0 9 * * *", "2026-10-25T08:30Z", "2026-10-25T08:00Z"),
        # ... and the one in which it never shows it.
        ("*/15 * * * *", "2026-03-29T01:20Z", "2026-03-29T01:15Z"),
        ("*/15 * * * *", "2026-03-29T04:01Z", "2026-03-29T04:00Z"),
        ("0 9 * * *", "2026-03-29T07:30Z", "2026-03-29T07:00Z"),
        ("30 2 * * *", "2026-03-29T08:00Z", "2026-03-29T01:30Z"),
    ],
)
def test_the_latest_due_time_is_found_when_the_clocks_change(cron, now, due, local):
    now, due = datetime.fromisoformat(now), datetime.fromisoformat(due)
    zone = ZoneInfo("Europe/Berlin") if local else UTC
    found = latest_due(Bounded(cron), (now - timedelta(hours=12)).astimezone(zone), now.astimezone(zone))
    assert found.astimezone(UTC) == due


def test_a_new_schedule_has_missed_nothing(place):
    assert missed(jobs(place.settings)[0], None, MONDAY) is None


def test_only_the_latest_missed_firing_is_made_up_for_and_none_that_is_too_old(place):
    monday = jobs(place.settings)[1]
    at_eight = MONDAY.replace(hour=8)  # nine o'clock in Madrid
    assert missed(monday, at_eight - timedelta(days=14), MONDAY) == at_eight
    assert missed(monday, at_eight, MONDAY) is None
    assert missed(monday, at_eight - timedelta(days=14), MONDAY + timedelta(days=3)) is None


def test_a_due_time_is_fired_once_among_all_schedulers(place):
    place.document("a.md", postmortem("Write a runbook for failing over"))
    said = []
    job = jobs(place.settings)[0]
    assert Runner(place, said.append).fire(job, MONDAY)
    assert not Runner(place, said.append).fire(job, MONDAY)
    assert said == ["2026-11-23 09:00:00 sync done: 1 actions"]
    with place.store() as store:
        assert store.last_firing("sync") == MONDAY


def test_a_job_that_fails_is_told_and_ends_nothing(place):
    place.document("a.md", postmortem("Write a runbook for failing over"))
    place.run()
    said = []
    runner = Runner(place, said.append)
    assert runner.fire(jobs(place.settings)[1], MONDAY)
    assert "monday failed" in said[0]
    assert "127.0.0.1" in said[0]


def test_catch_up_runs_what_was_missed(place):
    place.document("a.md", postmortem("Write a runbook for failing over"))
    runner = Runner(place, lambda _: None)
    job = jobs(place.settings)[0]
    runner.fire(job, MONDAY - timedelta(hours=5))
    place.issues()[0]
    place.document("b.md", postmortem("Practise restoring from backups", title="Another"))
    runner.catch_up([job])
    assert len(place.issues()) == 2


def test_catch_up_tries_a_failed_firing_again_and_a_done_one_never(place):
    place.document("a.md", postmortem("Write a runbook for failing over"))
    said = []
    runner = Runner(place, said.append)
    job = jobs(place.settings)[0]
    file = place.root / "postmortems"
    file.rename(place.root / "away")
    runner.fire(job, MONDAY)
    (place.root / "away").rename(file)
    for _ in range(3):
        place.now += timedelta(seconds=20)
        runner.catch_up([job])
    assert [line.split(": ")[0] for line in said] == [
        "2026-11-23 09:00:00 sync failed",
        "2026-11-23 09:00:20 sync done",
    ]
    assert len(place.issues()) == 1


def test_a_failed_firing_is_not_tried_again_when_it_is_too_old_or_a_later_one_went_well(place):
    sync = jobs(place.settings)[0]
    with place.store() as store:
        assert store.start_firing("sync", MONDAY, MONDAY)
        store.finish_firing("sync", MONDAY, MONDAY, MONDAY, "failed", "")
        assert store.unfinished_firing("sync", MONDAY) == MONDAY
        later = MONDAY + timedelta(minutes=15)
        assert store.start_firing("sync", later, later)
        store.finish_firing("sync", later, later, later, "done", "")
        assert store.unfinished_firing("sync", later) is None
    monday = jobs(place.settings)[1]
    assert missed(monday, MONDAY, MONDAY + timedelta(hours=23), MONDAY) == MONDAY
    assert missed(monday, MONDAY, MONDAY + timedelta(hours=25), MONDAY) is None
    assert missed(sync, MONDAY, MONDAY + timedelta(minutes=20), MONDAY) == MONDAY + timedelta(minutes=15)


def test_catch_up_takes_over_from_a_killed_scheduler_after_six_hours(place):
    place.document("a.md", postmortem("Write a runbook for failing over"))
    said = []
    runner = Runner(place, said.append)
    monday = jobs(place.settings)[1]
    due = MONDAY.replace(hour=8)
    with place.store() as store:
        assert store.start_firing("monday", due, due)
    place.now = due + timedelta(hours=5)
    runner.catch_up([monday])
    assert said == []
    place.now = due + timedelta(hours=7)
    runner.catch_up([monday])
    assert len(said) == 1


def test_serving_catches_up_again_and_again(place, monkeypatch):
    monkeypatch.setattr("tracker.schedule.running._CATCH_UP_EVERY", timedelta(seconds=0.05))
    stop = threading.Event()
    threads = []

    def catch_up(runner, all_jobs, stopping):
        threads.append(threading.current_thread())
        assert [job.name for job in all_jobs] == ["sync", "monday"]
        assert stopping is stop
        if len(threads) == 2:
            raise Unavailable("the store is away", where="store", advice="Wait.")
        if len(threads) == 3:
            stop.set()

    monkeypatch.setattr(Runner, "catch_up", catch_up)
    said = []
    guard = threading.Timer(20, stop.set)
    guard.start()
    serve(place, stop, said.append)
    guard.cancel()
    assert threads[0] is threading.current_thread(), "the first one before anything is waited for"
    assert len(threads) >= 3
    assert any("catching up failed: store: the store is away Wait." in line for line in said)


def test_serving_nothing_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no schedules"):
        serve(Workplace(tmp_path), threading.Event(), lambda _: None)


def test_serving_stops_when_told(place):
    stop = threading.Event()
    said = []

    def say(line):
        said.append(line)
        if "monday" in line:
            stop.set()

    serve(place, stop, say)
    assert any(line.startswith("sync: sync at 2026-11-23 09:00") for line in said)
    assert said[-1] == "stopping; what is being done is finished first"


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("*/7 * * * *", "*/7 * * * *"),
        ("5 * * * *", "every hour at :05"),
        ("0 9 * * *", "daily at 09:00"),
        ("30 8,14 * * *", "daily at 08:30 and 14:30"),
        ("0 9 * * MON", "Mondays at 09:00"),
        ("0 9 * * 0", "Sundays at 09:00"),
        ("0 9 * * 7,1", "Mondays and Sundays at 09:00"),
        ("0 9 * * 1-5", "Monday to Friday at 09:00"),
        ("0 9 1 * *", "on day 1 of the month at 09:00"),
        ("0 9 1 1 *", "0 9 1 1 *"),
        ("0 */2 * * *", "0 */2 * * *"),
    ],
)
def test_a_readable_line_is_told_in_words(cron, words):
    assert in_words(cron) == words


def fired(trigger, start, end):
    """The times in UTC at which it is due between two instants."""
    found, now = [], datetime.fromisoformat(start)
    while (due := trigger.get_next_fire_time(None, now)) is not None and due < datetime.fromisoformat(end):
        found.append(due.astimezone(UTC).isoformat()[:16])
        now = due.astimezone(UTC) + timedelta(microseconds=1)
    return found


@pytest.mark.parametrize("jitter", [0, 600])
def test_half_past_two_comes_once_in_either_night_in_which_the_clocks_change(jitter):
    trigger = make_trigger("30 2 * * *", "Europe/Berlin")
    delayed = Delayed(trigger, jitter)
    for start, end, due in (
        ("2026-03-28T12:00Z", "2026-03-29T12:00Z", "2026-03-29T01:30"),
        ("2026-10-24T12:00Z", "2026-10-25T12:00Z", "2026-10-25T00:30"),
    ):
        assert fired(trigger, start, end) == [due]
        [taken_up] = fired(delayed, start, end)
        late = datetime.fromisoformat(f"{taken_up}Z") - datetime.fromisoformat(f"{due}Z")
        assert timedelta(0) <= late <= timedelta(seconds=jitter)


def test_every_half_hour_comes_in_both_of_the_repeated_hours():
    trigger = make_trigger("*/30 * * * *", "Europe/Berlin")
    assert len(fired(trigger, "2026-10-25T00:00Z", "2026-10-25T03:00Z")) == 6
    assert len(fired(trigger, "2026-03-29T00:00Z", "2026-03-29T03:00Z")) == 6


def test_what_was_down_for_a_year_is_found_in_few_steps():
    trigger = Bounded("*/15 * * * *")
    assert latest_due(trigger, MONDAY - timedelta(days=365), MONDAY) == MONDAY
    yearly = Bounded("0 0 1 1 *")
    assert latest_due(yearly, MONDAY - timedelta(days=365), MONDAY).isoformat() == "2026-01-01T00:00:00+01:00"


def test_jitter_delays_and_leaves_the_due_time_alone(tmp_path):
    text = SCHEDULES.replace('cron = "*/15 * * * *"', 'cron = "*/15 * * * *"\njitter_seconds = 300')
    place = Workplace(tmp_path, SETTINGS + text)
    runner = Runner(place, lambda _: None)
    job = jobs(place.settings)[0]
    runner.fire(job, MONDAY - timedelta(minutes=15))
    place.now = MONDAY + timedelta(minutes=4)
    runner.catch_up([job])
    with place.store() as store:
        assert store.last_firing("sync") == MONDAY - timedelta(minutes=15), "it is put off, not missed"
    runner.on_time(job)
    with place.store() as store:
        [latest, _] = store.firings("sync", 2)
    assert (latest.due_at, latest.started_at) == (MONDAY, MONDAY + timedelta(minutes=4))


def test_jitter_goes_on_from_the_time_at_which_it_fired_last():
    delayed = Delayed(make_trigger("*/15 * * * *", "UTC"), 300)
    last = MONDAY + timedelta(minutes=4)
    following = delayed.get_next_fire_time(last, last)
    assert timedelta(minutes=15) <= following - MONDAY <= timedelta(minutes=20)


def standings(place, now):
    with place.store(create=False) as store:
        return timetable(place.settings, store, now)


def test_the_timetable_tells_new_waiting_running_and_overdue_ones(place):
    table = standings(place, MONDAY)
    assert [each.state for each in table.schedules] == ["new", "new"]
    assert "nothing has run yet" in table.note
    assert table.schedules[1].next_at.isoformat() == "2026-11-30T09:00:00+01:00"
    with place.store() as store:
        assert store.start_firing("sync", MONDAY, MONDAY)
    later = MONDAY + timedelta(minutes=3)
    table = standings(place, later)
    assert (table.schedules[0].state, table.schedules[0].running.started_at, table.note) == ("running", MONDAY, "")
    with place.store() as store:
        store.finish_firing("sync", MONDAY, MONDAY, later, "done", "3 actions")
    table = standings(place, later)
    assert (table.schedules[0].state, table.note) == ("waiting", "")
    assert (table.schedules[0].last.outcome, table.schedules[0].last.detail) == ("done", "3 actions")
    table = standings(place, MONDAY + timedelta(minutes=18))
    assert table.schedules[0].state == "waiting", "a service may need a moment"
    table = standings(place, MONDAY + timedelta(minutes=21))
    assert (table.schedules[0].state, table.schedules[0].overdue_since) == ("overdue", MONDAY + timedelta(minutes=15))
    assert "is `closeout serve` running?" in table.note


def test_a_run_whose_process_died_is_told_as_such(place):
    with place.store() as store:
        assert store.start_firing("sync", MONDAY, MONDAY)
    table = standings(place, MONDAY + timedelta(hours=7))
    assert table.schedules[0].state == "abandoned"
    assert "is `closeout serve` running?" in table.note


def test_a_sync_that_is_told_to_stop_finishes_its_action_and_the_next_service_does_the_rest(place):
    promised = [f"Alert on queue {number} when it grows" for number in range(20)]
    place.document("a.md", postmortem(*promised))
    said = []
    runner = Runner(place, said.append)
    place.stop = lambda: len(place.writes) >= 3
    runner.fire(jobs(place.settings)[0], MONDAY)
    assert said == ["2026-11-23 09:00:00 sync stopped: 3 of 20 actions; the rest is left for the next run"]
    assert not runner.fire(jobs(place.settings)[1], MONDAY), "nothing else begins"
    assert len(place.issues()) == 3
    place.stop = lambda: False
    place.now += timedelta(minutes=1)
    runner.catch_up([jobs(place.settings)[0]])
    assert "sync done: 17 actions" in said[1]
    assert len(place.issues()) == 20


def test_a_sync_that_is_told_to_stop_before_it_writes_writes_nothing(place):
    place.document("a.md", postmortem("Write a runbook for failing over"))
    said = []
    answers = iter([False])
    place.stop = lambda: next(answers, True)
    Runner(place, said.append).fire(jobs(place.settings)[0], MONDAY)
    assert "sync stopped: stopped before anything was written" in said[0]
    assert place.issues() == []
    assert not place.known().items
