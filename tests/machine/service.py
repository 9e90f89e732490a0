"""A service that lives through simulated time and dies on command: one JSON line in says from when to when.

It forks a child for each order, so that nothing has to be imported again. The child runs the schedules as
`closeout serve` would, tick by tick. SIGKILL ends it before the n-th statement of what sends and records, counted from
a firing, or from a mail that is to be sent or was taken; or, when it did not come that far, at the end of its life.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import smtplib
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests")]

from holidays import country_holidays  # noqa: E402 - after the path is set
from machine.fuse import Fuse  # noqa: E402
from machine.year import WORK  # noqa: E402
from workplace import Faulty, Workplace, postmortem  # noqa: E402

from connectors import IssueRef, IssueTracker  # noqa: E402
from tracker.app import Consent  # noqa: E402
from tracker.render import render_letter  # noqa: E402
from tracker.schedule import Runner  # noqa: E402
from tracker.schedule.crontab import Job, jobs  # noqa: E402
from tracker.store import Store  # noqa: E402

MOMENT = "moment.json"
"""The file that tells the mail server the time, and what is being sent."""
LOOKS = timedelta(hours=3)
QUARTER = timedelta(minutes=15)
"""A real service looks every quarter of an hour what is to be made up for; here that often only where it matters."""
WATCHED = {
    str(TOP / "tracker" / name)
    for name in (
        "app/delivering.py",
        "app/reminding.py",
        "app/evidence.py",
        "deliver/mail.py",
        "deliver/sending.py",
        "schedule/running.py",
        "sending.py",
        "store/deliveries.py",
        "store/door.py",
        "store/ledgers.py",
    )
} | {smtplib.__file__}


class Open(Store):
    """A store that stays open: to open one means to compile its statements anew, which is most of a day's work."""

    def __exit__(self, *_: object) -> None:
        pass


class Reviewing(Faulty):
    """The embedded tracker, beside a forge that knows of pull requests."""

    def __init__(self, inner: IssueTracker, work: Path) -> None:
        super().__init__(inner, [], [], set())
        self.work = work

    def open_work(self, refs: tuple[IssueRef, ...]) -> Mapping[IssueRef, str]:
        pulls = json.loads(self.work.read_text("utf-8"))
        return {ref: pulls[str(ref.number)] for ref in refs if str(ref.number) in pulls}


class Office(Workplace):
    """A workplace with one store for all of its life."""

    @cached_property
    def _store(self) -> Store:
        return Open.open(self.settings.database, self.root)

    def store(self, *, create: bool = True) -> Store:  # noqa: ARG002 - it has been created
        return self._store

    def open_tracker(self, name: str) -> IssueTracker:
        return Reviewing(super().open_tracker(name), self.root / WORK)


class Telling(Runner):
    """A runner that tells which firings it took up, and the mail server which report it sends."""

    def __init__(self, app: Workplace, tell: Callable[..., None]) -> None:
        super().__init__(app, self.hear)
        self.tell = tell
        self.again: dict[str, datetime] = {}
        self.fires: Callable[[], None] = lambda: None

    def hear(self, line: str) -> None:
        """What the service would log."""
        self.tell(says=line)
        _, _, name, outcome, *_ = line.split()
        self.again.pop(name, None)
        if outcome.rstrip(":") in ("held", "failed"):
            now = self.app.clock()
            self.again[name] = max(now + QUARTER, self._again_at[name][1])

    def fire(self, job: Job, due_at: datetime, **rest: Any) -> bool:
        now = self.app.clock().isoformat()
        told = {"now": now, "report": job.name, "due": due_at.isoformat()}
        (self.app.root / MOMENT).write_text(json.dumps(told), "utf-8")
        self.fires()
        fired = super().fire(job, due_at, **rest)
        if fired:
            self.tell(ran=job.name, due=due_at.isoformat())
        return fired


def arm(order: dict[str, Any], runner: Telling) -> None:
    """Let this process be killed that many statements after the so-manieth firing, mail, or mail that was taken."""
    fuse = Fuse(WATCHED, order["statement"], lambda where: runner.tell(fell=where))
    seen = [0]

    def count() -> None:
        seen[0] += 1
        if seen[0] == order["number"]:
            fuse.light()

    if order["after"] == "firing":
        runner.fires = count
        return
    send = smtplib.SMTP.send_message

    def counted(*args: Any, **kwargs: Any) -> Any:
        if order["after"] == "mail":
            count()
        answer = send(*args, **kwargs)
        if order["after"] == "taken":
            count()
        return answer

    smtplib.SMTP.send_message = counted  # type: ignore[method-assign]


def hang_up(down: list[list[str]], clock: Callable[[], datetime]) -> None:
    """While the mail server is down nothing listens."""
    spans = [(datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in down]
    connect, nobody = smtplib.SMTP.connect, socket.socket()
    nobody.bind(("127.0.0.1", 0))

    def connected(self: smtplib.SMTP, host: str = "localhost", port: int = 0, *rest: Any) -> Any:
        is_down = any(begin <= clock() < end for begin, end in spans)
        return connect(self, host, nobody.getsockname()[1] if is_down else port, *rest)

    smtplib.SMTP.connect = connected  # type: ignore[method-assign]


def live(order: dict[str, Any], tell: Callable[..., None]) -> None:
    """The child's life."""
    begin, end = datetime.fromisoformat(order["begin"]), datetime.fromisoformat(order["end"])
    place = Office(Path(order["root"]))
    all_jobs = jobs(place.settings)
    runner = Telling(place, tell)
    hang_up(order["down"], place.clock)
    if order["after"]:
        arm(order, runner)
    look, due = begin, {job.name: _next(job, begin) for job in all_jobs}
    while (tick := min(look, *due.values())) < end:
        place.now = tick
        tell(begins=tick.isoformat())
        for job in all_jobs:
            if due[job.name] == tick:
                due[job.name] = _next(job, tick + timedelta(seconds=1))
                runner.on_time(job)
        if tick == look:
            runner.catch_up(all_jobs)
            tell(looked=True)
        soonest = min(runner.again.values(), default=end)
        waits = max(soonest - begin, tick - begin + timedelta(seconds=1))
        look = begin + min(-(-waits // QUARTER) * QUARTER, ((tick - begin) // LOOKS + 1) * LOOKS)
    if order["after"]:
        tell(fell="idle")
        os.kill(os.getpid(), signal.SIGKILL)


def _next(job: Job, since: datetime) -> datetime:
    found: datetime = job.trigger.get_next_fire_time(None, since)
    return found.astimezone(since.tzinfo)


def obey(order: dict[str, Any]) -> dict[str, Any]:
    """Fork, and tell how the child ended and all that it said."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            live(order, lambda **what: os.write(writing, f"{json.dumps(what)}\n".encode()) and None)
        except BaseException as error:  # noqa: BLE001 - the parent tells, whatever it was
            os.write(writing, f"{json.dumps({'error': f'{type(error).__name__}: {error}'})}\n".encode())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        said = [json.loads(line) for line in told]
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), "said": said}


def warm_up() -> None:
    """Whatever is imported when first wanted is imported now, not in each child."""
    with tempfile.TemporaryDirectory() as folder:
        place = Workplace(Path(folder))
        place.document("a.md", postmortem("Rotate the certificates (owner: Jo Smith)"))
        place.run(consent=Consent(everything=True))
        render_letter(place.report("weekly"))
        country_holidays("DE", language="en_US")


def main() -> None:
    warm_up()
    gc.freeze()  # else each child would copy all of it when it collects its garbage
    for line in sys.stdin:
        print(json.dumps(obey(json.loads(line))), flush=True)  # noqa: T201 - that is how it talks


if __name__ == "__main__":
    main()
