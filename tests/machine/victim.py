"""A process that syncs or sends a report, and is killed: a JSON line in says how, one out says what became of it.

It forks a child for each order, so that nothing has to be imported again. The child is killed by SIGKILL, either by
itself before its n-th statement of the modules below, or by its parent after some time.
"""

from __future__ import annotations

import json
import os
import signal
import smtplib
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests")]

from at_once import OpeningSeveral  # noqa: E402 - after the path is set
from machine.fuse import Fuse  # noqa: E402
from machine.places import OnLittleGitHub  # noqa: E402
from workplace import Workplace, postmortem  # noqa: E402

from tracker.app import Consent  # noqa: E402

WATCHED = {
    str(TOP / name)
    for name in (
        "tracker/apply.py",
        "tracker/acting.py",
        "tracker/sending.py",
        "tracker/app/syncing.py",
        "tracker/app/targets.py",
        "tracker/store/repository.py",
        "connectors/local/tracker.py",
        "connectors/github/tracker.py",
        "connectors/github/wire.py",
        "tracker/app/delivering.py",
        "tracker/app/rolling.py",
        "tracker/deliver/mail.py",
        "tracker/deliver/sending.py",
        "tracker/store/deliveries.py",
    )
} | {smtplib.__file__}


def fuse_of(order: dict[str, Any], out: int) -> Fuse:
    """Kills the process before the statement of its order, and tells where that was."""
    return Fuse(WATCHED, order.get("statement", 0), lambda where: os.write(out, where.encode()) and None)


def live(order: dict[str, Any], out: int) -> None:
    """The child's life: one sync, or one report sent."""
    root, local = Path(order["root"]), OpeningSeveral if order.get("at_once") else Workplace
    place = OnLittleGitHub(root, order["url"]) if order.get("url") else local(root)
    place.now = datetime.fromisoformat(order["now"])
    fuse = fuse_of(order, out)
    if "statement" in order:
        sys.settrace(fuse)
    if order.get("send"):
        place.send(place.report("weekly"))
    else:
        place.run(consent=Consent(everything=True))
    sys.settrace(None)
    os.write(out, str(fuse.count).encode())


def obey(order: dict[str, Any]) -> dict[str, Any]:
    """Fork, perhaps kill, and tell."""
    reading, writing = os.pipe()
    begin = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            live(order, writing)
        except BaseException as error:  # noqa: BLE001 - the parent tells, whatever it was
            os.write(writing, f"{type(error).__name__}: {error}".encode())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    if "seconds" in order:
        time.sleep(order["seconds"])
        os.kill(child, signal.SIGKILL)  # not waited for yet: the id is still the child's
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as told:
        said = told.read().decode()
    took = time.perf_counter() - begin
    return {"code": os.waitstatus_to_exitcode(status), "said": said, "seconds": took}


def warm_up() -> None:
    """Whatever is imported when first wanted is imported now, not in each child."""
    with tempfile.TemporaryDirectory() as folder:
        place = Workplace(Path(folder))
        place.document("a.md", postmortem("Rotate the certificates"))
        place.run()


def main() -> None:
    warm_up()
    for line in sys.stdin:
        print(json.dumps(obey(json.loads(line))), flush=True)  # noqa: T201 - that is how it talks


if __name__ == "__main__":
    main()
