"""What is in review, and so nothing to remind anybody of: asked before that, recorded when it changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from workplace import SETTINGS, Workplace, postmortem

from connectors import IssueState, RateLimited, TargetUnreachable
from tracker.app import Wanted
from tracker.app.evidence import refresh_work
from tracker.errors import UsageError
from tracker.policy import Flag
from tracker.render import history

POOL = "Add monitoring for the connection pool"
LOAD = "Run a load test before every release"
PULL = "https://git.example/acme/ops/pull/34"
OTHER = "https://git.example/acme/ops/pull/35"


class Reviewed(Workplace):
    """A workplace whose tracker tells of work under way: `work` is its address, by the issue's number."""

    def __init__(self, root, settings=SETTINGS):
        super().__init__(root, settings)
        self.work: dict[int, str] = {}
        self.asked: list[tuple[int, ...]] = []
        self.error: Exception | None = None
        self.unopened: set[str] = set()

    def open_tracker(self, name):
        if name in self.unopened:
            raise UsageError("there is no token", where=f"target {name}", advice="Set it.")
        tracker = super().open_tracker(name)

        def open_work(refs):
            self.asked.append(tuple(ref.number for ref in refs))
            if self.error:
                raise self.error
            return {ref: self.work[ref.number] for ref in refs if ref.number in self.work}

        tracker.open_work = open_work
        return tracker

    def ask(self, *texts):
        """What is done before anybody is reminded of these items; of all when none are named."""
        with self.store() as store:
            items = store.known().items.values()
            return refresh_work(self._desk(store), [item.id for item in items if item.text in (texts or (POOL, LOAD))])

    def entry(self, text=POOL):
        [entry] = [entry for entry in self.status(Wanted()).entries if entry.item.text == text]
        return entry

    def told(self):
        """What is known of the first item's review, as its story."""
        events = self.history(self.entry().item.id).events
        return [history.sentence(event) for event in events if event.what.startswith("work ")]


@pytest.fixture
def place(tmp_path):
    place = Reviewed(tmp_path)
    place.document("a.md", postmortem(POOL, LOAD))
    place.run()
    return place


def test_work_is_found_and_ends(place):
    place.work[1] = PULL
    assert place.ask() == []
    assert (place.entry().link.work, place.entry(LOAD).link.work) == (PULL, "")
    place.ask()
    assert place.asked == [(1, 2), (1, 2)]
    place.work[1] = OTHER
    place.ask()
    del place.work[1]
    place.ask()
    assert place.entry().link.work == ""
    opened, ended = "Closeout found issue #1 in review: ", "Closeout found issue #1 not in review any more: "
    assert place.told() == [opened + PULL, ended + PULL, opened + OTHER, ended + OTHER]


def test_who_is_reminded_is_asked_about_first_and_what_is_in_review_reminds_nobody(place):
    place.work[1] = PULL
    assert listed(place.report("weekly")) == {POOL: False, LOAD: False}
    assert place.asked == []
    assert listed(place.report("weekly", to_send=True)) == {POOL: True, LOAD: False}
    assert place.asked == [(1, 2)]
    place.error = TargetUnreachable("no answer", where="local")
    assert listed(place.report("weekly", to_send=True)) == {POOL: True, LOAD: False}
    assert "could not be asked" in place.progress.told[-1]


def listed(report):
    """Which items are in review."""
    return {item.text: Flag.IN_REVIEW in item.flags for item in report.items}


def test_a_sync_asks_nothing_and_keeps_what_is_known(place):
    place.work[1] = PULL
    place.ask()
    place.asked.clear()
    place.by_hand(1, title="Another title")
    place.run()
    place.run()
    assert (place.asked, place.entry().link.work) == ([], PULL)


@pytest.mark.parametrize("state", [IssueState.DONE, IssueState.WONT_DO, IssueState.DUPLICATE])
def test_what_is_closed_is_not_in_review_even_when_it_is_opened_again(place, state):
    place.work[1] = PULL
    place.ask()
    place.by_hand(1, state=state)
    place.run()
    assert place.entry().link.work == ""
    assert place.told()[-1] == f"Closeout found issue #1 not in review any more: {PULL}"
    place.by_hand(1, state=IssueState.OPEN)
    place.run()
    assert place.entry().link.work == ""


def test_what_closeout_closed_is_not_in_review(place):
    place.work[1] = PULL
    place.ask()
    place.document("a.md", postmortem(f"[x] {POOL}", LOAD))
    place.run()
    assert place.issue(1).state is IssueState.DONE
    assert place.entry().link.work == ""


def test_only_what_is_open_and_wanted_is_asked_about(place):
    place.ask(LOAD)
    assert place.asked == [(2,)]
    place.by_hand(2, state=IssueState.DONE)
    place.run()
    place.asked.clear()
    assert place.ask(LOAD) == []
    assert place.ask("nothing of the sort") == []
    assert place.asked == []


@pytest.mark.parametrize("error", [TargetUnreachable("no route", where="local", advice="Try again later."), "limit"])
def test_a_target_that_does_not_answer_is_told_and_what_is_known_stays(place, error):
    place.work[1] = PULL
    place.ask()
    place.error = RateLimited("slow down", where="local", retry_at=place.now) if error == "limit" else error
    del place.work[1]
    [note] = place.ask()
    assert note.startswith(f"local: {place.error.message}: which issues of local are in review could not be asked")
    assert note.endswith(place.error.advice)
    assert place.entry().link.work == PULL


def test_a_target_that_can_not_be_opened_is_told(place):
    place.unopened.add("local")
    [note] = place.ask()
    assert "there is no token" in note
    assert note.endswith("Set it.")


def test_a_target_that_is_another_place_now_is_not_asked(place):
    settings = SETTINGS.replace('kind = "local"', 'kind = "local"\ndatabase = "sqlite:///others.db"')
    (place.root / "closeout.toml").write_text(settings, "utf-8")
    other = Reviewed(place.root)
    [note] = other.ask()
    assert "would mean other issues" in note
    assert other.asked == []


def test_a_target_that_can_not_tell_is_not_asked(place):
    plain = Workplace(place.root)
    with plain.store() as store:
        assert refresh_work(plain._desk(store), list(store.known().items)) == []


def test_a_target_that_left_the_settings_is_not_asked(place):
    with place.store() as store:
        known = store.known()
        for link in known.links.values():
            ref = replace(link.ref, target="gone")
            store.record_link(replace(link, issue=replace(link.issue, ref=ref)), known.items[link.item], place.now, [])
    assert place.ask() == []
    assert place.asked == []


def test_refreshing_asks_about_what_changed_and_what_was_in_review(place):
    place.status(Wanted(), refresh=True)
    assert place.asked == []
    place.by_hand(2, add_labels=frozenset({"news"}))
    place.work |= {1: OTHER, 2: PULL}
    place.status(Wanted(), refresh=True)
    assert place.asked == [(2,)]
    assert (place.entry().link.work, place.entry(LOAD).link.work) == ("", PULL)
    place.work.clear()
    place.status(Wanted(), refresh=True)
    assert place.asked == [(2,), (2,)]
    assert place.entry(LOAD).link.work == ""


def test_a_refresh_goes_on_without_an_answer(place):
    place.by_hand(1, add_labels=frozenset({"news"}))
    place.error = TargetUnreachable("no route", where="local")
    assert place.status(Wanted(), refresh=True).entries
    assert "in review could not be asked" in place.progress.told[-1]
