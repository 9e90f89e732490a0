"""A service that lives through simulated time and dies on command: one JSON line in says from when to when.

It forks a child for each order, so that nothing has to be imported again. The child runs the schedules as
`closeout serve` would, tick by tick, and ends itself by `os._exit` just before or just after the n-th transaction of
the store, which is where the delivery ledger and the firings are written.
"""

from __future__ import annotations

import gc
import json
import os
import smtplib
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests")]

from holidays import country_holidays  # noqa: E402 - after the path is set
from workplace import Workplace, postmortem  # noqa: E402 - after the path is set

from tracker.app import Consent  # noqa: E402
from tracker.render import render_letter  # noqa: E402
from tracker.schedule import Runner  # noqa: E402
from tracker.schedule.crontab import Job, jobs  # noqa: E402
from tracker.store import Store  # noqa: E402
from tracker.store.door import Door  # noqa: E402

DIED = 9
KEEP_UP = timedelta(hours=3)
"""A real service looks every quarter of an hour what is to be made up for; a year of that would take an hour."""


class Open(Store):
    """A store that stays open: to open one means to compile its statements anew, which is most of a day's work."""

    def __exit__(self, *_: object) -> None:
        pass


class Office(Workplace):
    """A workplace with one store for all of its life."""

    @cached_property
    def _store(self) -> Store:
        return Open.open(self.settings.database, self.root)

    def store(self, *, create: bool = True) -> Store:  # noqa: ARG002 - it has been created
        return self._store


class Telling(Runner):
    """A runner that tells which firings it took up."""

    def __init__(self, app: Workplace, tell: Callable[..., None]) -> None:
        super().__init__(app, lambda line: tell(says=line))
        self.tell = tell

    def fire(self, job: Job, due_at: datetime, **rest: Any) -> bool:
        fired = super().fire(job, due_at, **rest)
        if fired:
            self.tell(ran=job.name, due=due_at.isoformat(), at=self.app.clock().isoformat())
        return fired


def arm(moment: int, mails: int) -> None:
    """End this process at the `moment`-th chance; each transaction gives one before its commit and one after.

    Chances are counted once that many `mails` have been taken: the first one is then before that is recorded.
    """
    whole, chances = Door._transaction, iter(range(1, sys.maxsize))
    send, sent = smtplib.SMTP.send_message, []

    def counted(*args: Any, **kwargs: Any) -> Any:
        answer = send(*args, **kwargs)
        sent.append(answer)
        return answer

    def spark() -> None:
        if len(sent) >= mails and next(chances) == moment:
            os._exit(DIED)

    @contextmanager
    def transaction(door: Door) -> Iterator[Any]:
        with whole(door) as connection:
            yield connection
            spark()
        spark()

    Door._transaction = transaction  # type: ignore[method-assign]
    smtplib.SMTP.send_message = counted  # type: ignore[method-assign]


def live(order: dict[str, Any], tell: Callable[..., None]) -> None:
    """The child's life."""
    begin, end = datetime.fromisoformat(order["begin"]), datetime.fromisoformat(order["end"])
    place = Office(Path(order["root"]))
    all_jobs = jobs(place.settings)
    runner = Telling(place, tell)
    due: dict[datetime, list[Job]] = {}
    for job in all_jobs:
        at = job.trigger.get_next_fire_time(None, begin)
        while at is not None and at < end:
            due.setdefault(at.astimezone(begin.tzinfo), []).append(job)
            at = job.trigger.get_next_fire_time(None, at.astimezone(begin.tzinfo) + timedelta(seconds=1))
    looks = {begin + number * KEEP_UP for number in range((end - begin) // KEEP_UP + 1)}
    if order["moment"]:
        arm(order["moment"], order["mails"])
    for tick in sorted({*looks, *due}):
        if tick >= end:
            return
        place.now = tick
        tell(begins=tick.isoformat())
        for job in due.get(tick, ()):
            runner.on_time(job)
        if tick in looks:
            runner.catch_up(all_jobs)
            tell(looked=tick.isoformat())


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
