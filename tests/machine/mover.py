"""A process that moves an item and is killed, as `victim` is while it syncs."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

from machine import victim  # noqa: E402 - after the path is set
from machine.places import BetweenTwo  # noqa: E402

victim.WATCHED |= {
    str(victim.TOP / name) for name in ("tracker/app/moving.py", "tracker/moves.py", "tracker/sending.py")
}


def live(order: dict[str, Any], out: int) -> None:
    """The child's life: one move."""
    place = BetweenTwo(Path(order["root"]), order["url"])
    place.now = datetime.fromisoformat(order["now"])
    fuse = victim.fuse_of(order, out)
    sys.settrace(fuse)
    place.move(order["item"], order["to"], "Ana", "their backlog", lambda _: True)
    sys.settrace(None)
    os.write(out, str(fuse.count).encode())


if __name__ == "__main__":
    victim.live = live
    victim.main()
