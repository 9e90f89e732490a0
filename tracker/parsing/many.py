"""Many documents on all cores, where there is so much to read that starting processes pays.

Processes are spawned, not forked: a fork copies the locks that other threads of `closeout serve` hold. Each makes its
vocabulary anew, since compiled words are dearer to send than to make.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeAlias

from tracker.model import ParsedDocument
from tracker.parsing import Vocabulary, parse, teach

Taught: TypeAlias = Mapping[str, Sequence[str]]

SHARE = 2_000_000
"""Characters that each process should have to read: about twice the work of starting one and making its words.

Measured in seconds of processor time, on the example postmortems and the corpus: a process starts in 0.7, a megabyte is
read in 0.6, and its items come back in 0.05. On two free cores both ways take as long at 2.5 MB.
"""
_CHUNKS = 8  # for each process, so that none waits long for another at the end

_words: Vocabulary | None = None
_day_first: bool | None = None


def processes(sizes: Sequence[int], share: int = SHARE) -> int:
    """How many processes pay for texts of these sizes; below 2, none does."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, len(sizes), sum(sizes) // max(share, 1))


def parse_many(
    documents: Sequence[tuple[str, str]],
    taught: tuple[Taught, Taught, Taught],
    *,
    day_first: bool | None,
    workers: int,
) -> list[ParsedDocument] | None:
    """What `parse` makes of paths and texts, in their order; None where the system lends no processes.

    `taught` are the arguments of `teach`.
    """
    chunk = max(1, len(documents) // (workers * _CHUNKS))
    try:
        with ProcessPoolExecutor(workers, get_context("spawn"), _start, (taught, day_first)) as pool:
            return list(pool.map(_parse_one, documents, chunksize=chunk))
    except (BrokenProcessPool, OSError, NotImplementedError):  # no semaphores, no memory, no main module to import
        return None


def _start(taught: tuple[Taught, Taught, Taught], day_first: bool | None) -> None:  # noqa: FBT001 - as `parse` has it
    global _words, _day_first  # a process has nothing else to keep them in
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it takes back what has not begun
    _words, _day_first = teach(*taught), day_first


def _parse_one(document: tuple[str, str]) -> ParsedDocument:
    path, text = document
    return parse(path, text, words=_words, day_first=_day_first)
