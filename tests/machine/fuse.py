"""Kills its own process, by SIGKILL, before the n-th statement of some modules."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from types import FrameType
from typing import Any


class Fuse:
    """Counts statements of the `watched` files, and kills its own process before the n-th one; 0 never does.

    `fell` is told in which file and function that is.
    """

    def __init__(self, watched: Collection[str], moment: int, fell: Callable[[str], None]) -> None:
        self.watched, self.moment, self.fell, self.count = watched, moment, fell, 0

    def light(self) -> None:
        """Count from here on, also in the functions that are under way."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename in self.watched:
                frame.f_trace = self
            frame = frame.f_back
        sys.settrace(self)

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> Fuse | None:
        if frame.f_code.co_filename not in self.watched:
            return None
        if event == "line":
            self.count += 1
            if self.count == self.moment:
                self.fell(f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}")
                os.kill(os.getpid(), signal.SIGKILL)
        return self
