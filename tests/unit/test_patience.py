"""How long a backfill takes is told beforehand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from workplace import Workplace, postmortem

from connectors import Budget, Window
from tracker.apply import in_words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(minutes=25), "25 min"),
        (timedelta(minutes=25, seconds=1), "26 min"),
        (timedelta(hours=3, minutes=20), "3 h 20 min"),
        (timedelta(hours=26), "26 h 0 min"),
    ],
)
def test_a_span_in_words(span, words):
    assert in_words(span) == words


class Slow(Workplace):
    """A workplace whose tracker takes two writes an hour."""

    def open_tracker(self, name):
        tracker = super().open_tracker(name)
        budget = Budget((Window(2, timedelta(hours=1)),))
        tracker.capabilities = replace(tracker.inner.capabilities, budget=budget)
        return tracker


def test_plan_tells_how_long_the_writing_takes(tmp_path):
    place = Slow(tmp_path)
    place.document("a.md", postmortem(*(f"Write runbook number {n} for the failover" for n in range(5))))
    [note] = place.look().notes
    assert "about 2 h 0 min" in note
    assert "stop it at any time" in note


def test_a_sync_tells_it_before_the_first_write(tmp_path):
    place = Slow(tmp_path)
    place.document("a.md", postmortem(*(f"Write runbook number {n} for the failover" for n in range(5))))
    synced = place.run()
    [told] = place.progress.told
    assert "about 2 h 0 min" in told
    assert synced.prepared.notes == ()


def test_what_takes_no_time_needs_no_word(tmp_path):
    place = Workplace(tmp_path)
    place.document("a.md", postmortem("Write a runbook for the failover"))
    assert place.look().notes == ()
