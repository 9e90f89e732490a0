"""The rolling issue of a report: opened, rewritten on change only, closed, opened again, and left to people."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from workplace import SETTINGS, START, Workplace, postmortem

from connectors import Issue, IssueDraft, IssueRef, IssueState, Marker, RequestRejected
from tracker.app import Wanted
from tracker.app import rolling as keeping
from tracker.app.rebuilding import claims_item
from tracker.deliver import DeliveryOutcome
from tracker.errors import UsageError
from tracker.render.rolling import told
from tracker.report import GroupName
from tracker.rolling import Face, RollingName, What, decide, is_rolling, listed
from tracker.settings import ReportSettings

POOL = "Add monitoring for the connection pool (owner: Jo Smith, due: 2026-11-20)"
RESTORE = "Rehearse a restore every month (owner: @ghost, due: 2026-11-25)"
RUNBOOK = "Write a runbook for failing over (due: 2027-01-21)"
ITEMS = (POOL, RESTORE, RUNBOOK)
ROLLING = 4
"""The number of the rolling issue, after those of the items."""
WEEKLY = '[reports.weekly]\nkind = "postmortems"\nrolling = true\n'


@pytest.fixture
def place(tmp_path):
    made = Workplace(tmp_path, SETTINGS + WEEKLY)
    made.document("a.md", postmortem(*ITEMS))
    made.run()
    made.writes.clear()
    return made


def send(place, **options):
    """What became of the rolling issues."""
    _, deliveries = place.send(place.report("weekly"), **options)
    return [each for each in deliveries if each.channel == "rolling"]


def outcomes(place, **options):
    return [each.outcome.value for each in send(place, **options)]


def rolling(place):
    return [issue for issue in place.issues() if issue.marker and is_rolling(issue.marker)]


def close_items(place, *numbers):
    for number in numbers:
        place.by_hand(number, state=IssueState.DONE)
    place.run()
    place.writes.clear()


def test_it_lists_what_is_open_in_groups_and_mentions_nobody(place):
    assert outcomes(place) == ["sent"]
    [issue] = rolling(place)
    assert issue == place.issue(ROLLING)
    assert (issue.title, issue.labels, issue.assignees) == ("Open corrective actions", {"postmortem"}, frozenset())
    rows = [line for line in issue.managed.splitlines() if line.startswith(("###", "| "))]
    assert [line for line in rows if not line.startswith(("| Item", "| ---"))] == [
        "### Overdue (1)",
        "| Add monitoring for the connection pool | Jo Smith | 2026-11-20 | #1 | Outage of the checkout |",
        "### Due soon (1)",
        "| Rehearse a restore every month | ghost (unknown) | 2026-11-25 | #2 | Outage of the checkout |",
        "### Open (1)",
        "| Write a runbook for failing over | nobody | 2027-01-21 | #3 | Outage of the checkout |",
    ]
    assert "@" not in issue.managed
    assert issue.managed.startswith("3 action items of the postmortems are open, 1 of them overdue.")


def test_what_did_not_change_is_not_written_again(place):
    assert outcomes(place) == ["sent"]
    assert outcomes(place) == ["unchanged"]
    place.run()
    assert place.writes == []
    place.now += timedelta(days=1)
    assert outcomes(place) == ["unchanged"], "two days overdue or three: no fact changed"
    assert place.writes == []


def test_what_changed_is_written_with_one_update(place):
    send(place)
    close_items(place, 1)
    [told_] = send(place)
    assert (told_.outcome.value, told_.why, told_.detail, told_.items) == ("sent", "rewritten", "#4", 2)
    assert place.writes == ["update"]
    assert "connection pool" not in place.issue(ROLLING).managed
    place.now += timedelta(days=3)
    assert outcomes(place) == ["sent"], "the restore is overdue now"
    assert "### Overdue (1)" in place.issue(ROLLING).managed


def test_another_revision_of_a_document_is_no_change(place):
    report = place.report("weekly")
    groups = {item.id: (group.name, item) for part in report.sections for group in part.groups for item in group.items}
    moved = {
        key: (name, replace(item, document_url=f"https://example.org/blob/5b1c9f0/{item.document_path}"))
        for key, (name, item) in groups.items()
    }
    (before, essence), (after, same) = (told(report, listed(items), 60_000) for items in (groups, moved))
    assert "(https://example.org/blob/5b1c9f0/postmortems/a.md)" in after
    assert before != after
    assert essence == same


def test_peoples_words_around_it_stay(place):
    send(place)
    body = f"Read this first.\r\n\n{place.issue(ROLLING).body}\n\nAnd this.  "
    with closing(sqlite3.connect(place.root / "closeout-issues.db")) as database:
        database.execute("UPDATE local_issue SET body = ? WHERE number = ?", (body, ROLLING))
        database.commit()
    close_items(place, 1)
    assert outcomes(place) == ["sent"]
    now = place.issue(ROLLING).body
    assert now.startswith("Read this first.\r\n\n<!--")
    assert now.endswith("-->\n\nAnd this.  ")


def test_it_is_closed_when_nothing_is_open_and_opened_again(place):
    send(place)
    close_items(place, 1, 2, 3)
    [told_] = send(place)
    assert (told_.outcome.value, told_.why, told_.items) == ("sent", "closed, as nothing is open", 0)
    assert place.issue(ROLLING).state is IssueState.DONE
    assert place.issue(ROLLING).managed.startswith("Nothing is open.")
    assert outcomes(place) == ["unchanged"]
    place.run()
    assert outcomes(place) == ["unchanged"]
    place.by_hand(2, state=IssueState.OPEN)
    place.run()
    [told_] = send(place)
    assert (told_.outcome.value, told_.why) == ("sent", "opened again")
    assert place.issue(ROLLING).state is IssueState.OPEN
    assert "1 action item of the postmortems is open" in place.issue(ROLLING).managed
    assert len(rolling(place)) == 1


@pytest.mark.parametrize("state", [IssueState.DONE, IssueState.WONT_DO, IssueState.DUPLICATE])
def test_closed_by_a_person_it_stays_closed_until_one_opens_it(place, state):
    send(place)
    place.by_hand(ROLLING, state=state)
    place.run()
    place.writes.clear()
    [told_] = send(place)
    assert (told_.outcome, told_.unfinished, told_.lacking) == (DeliveryOutcome.LEFT_CLOSED, False, False)
    close_items(place, 1)
    assert outcomes(place) == ["left-closed"]
    assert (place.issue(ROLLING).state, place.writes) == (state, [])
    place.by_hand(ROLLING, state=IssueState.OPEN)
    assert outcomes(place) == ["sent"]
    assert "2 action items" in place.issue(ROLLING).managed


def test_opened_by_a_person_while_nothing_is_open_it_stays_open(place):
    send(place)
    close_items(place, 1, 2, 3)
    send(place)
    place.by_hand(ROLLING, state=IssueState.OPEN)
    assert outcomes(place) == ["unchanged"]
    place.by_hand(1, state=IssueState.OPEN)
    place.run()
    assert outcomes(place) == ["sent"]
    close_items(place, 1)
    send(place)
    assert place.issue(ROLLING).state is IssueState.DONE


def test_a_title_and_labels_that_people_changed_stay_theirs(place):
    send(place)
    place.by_hand(ROLLING, title="What we owe", remove_labels=frozenset({"postmortem"}), add_labels=frozenset({"mine"}))
    close_items(place, 1)
    assert outcomes(place) == ["sent"]
    assert (place.issue(ROLLING).title, place.issue(ROLLING).labels) == ("What we owe", {"mine"})


def settled_anew(place, **changes):
    text = place.loaded.file.read_text("utf-8")
    for old, new in changes.values():
        text = text.replace(old, new)
    place.loaded.file.write_text(text, "utf-8")
    return Workplace(place.root)


def test_another_title_or_label_in_the_settings_is_written(place):
    send(place)
    more = settled_anew(
        place,
        title=("rolling = true", 'rolling = true\ntitle = "Still open"'),
        labels=('kind = "local"', 'kind = "local"\nlabels = ["postmortem", "list"]'),
    )
    more.now = place.now
    assert outcomes(more) == ["sent"]
    assert (more.issue(ROLLING).title, more.issue(ROLLING).labels) == ("Still open", {"postmortem", "list"})
    assert outcomes(more) == ["unchanged"]


def test_a_title_that_people_changed_stays_theirs_when_the_settings_change(place):
    send(place)
    place.by_hand(ROLLING, title="What we owe")
    more = settled_anew(place, title=("rolling = true", 'rolling = true\ntitle = "Still open"'))
    more.now = place.now
    send(more)
    assert outcomes(more) == ["unchanged"]
    assert more.issue(ROLLING).title == "What we owe"


def test_a_dry_run_writes_nothing_and_shows_what_would_be_written(place):
    [would] = send(place, dry_run=True)
    assert (would.outcome.value, would.why, would.items) == ("would-send", "opened", 3)
    assert place.writes == []
    assert len(place.issues()) == 3
    send(place)
    assert place.issue(ROLLING).managed == would.text
    assert outcomes(place, dry_run=True) == ["unchanged"]
    close_items(place, 1, 2, 3)
    assert [each.why for each in send(place, dry_run=True)] == ["closed, as nothing is open"]
    assert place.issue(ROLLING).state is IssueState.OPEN


@pytest.mark.parametrize("fault", ["lost", "maybe"])
def test_a_create_without_an_answer_makes_no_second_issue(place, fault):
    place.faults[:] = [fault]
    assert outcomes(place) == ["failed"]
    for _ in range(3):
        place.now += timedelta(hours=1)
        send(place)
    assert len(rolling(place)) == 1
    assert place.writes.count("create") == (1 if fault == "lost" else 2)
    with place.store() as store:
        assert store.in_doubt("local", "create") == ()
    place.run()
    assert place.writes == []


def test_where_listings_lag_a_create_is_repeated_only_after_the_grace_period(place, monkeypatch):
    with closing(place.open_tracker("local")) as tracker:
        lagging = replace(tracker.capabilities, read_lag=timedelta(minutes=5))
        monkeypatch.setattr(type(tracker.inner), "capabilities", lagging)
    place.faults[:] = ["lost"]
    place.hidden.add(ROLLING)
    assert outcomes(place) == ["failed"]
    place.now += timedelta(minutes=1)
    [waits] = send(place)
    assert (waits.outcome.value, waits.unfinished) == ("waiting", True)
    assert waits.again_at > place.now
    place.hidden.clear()
    assert outcomes(place) == ["unchanged"]
    assert place.writes == ["create"]


def test_what_got_no_answer_is_no_item_of_the_log(place):
    place.faults[:] = ["maybe"]
    send(place)
    assert place.metrics().days[-1].open == 3
    assert len(place.status(Wanted()).entries) == 3
    assert place.history().events[-1].what == "create uncertain"


@pytest.mark.parametrize("fault", ["lost", "maybe", "before"])
def test_a_change_without_an_answer_is_looked_at_and_made_again_if_need_be(place, fault):
    send(place)
    close_items(place, 1, 2, 3)
    place.faults[:] = [fault]
    assert outcomes(place) == ["failed"]
    assert outcomes(place) == ["unchanged" if fault == "lost" else "sent"]
    assert place.issue(ROLLING).state is IssueState.DONE
    with place.store() as store:
        name = RollingName("weekly")
        assert store.in_doubt_of(name.id) == ()


def test_a_lost_store_finds_it_by_its_marker(place):
    send(place)
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    assert outcomes(place) == [], "nothing was read yet: nothing is known to be open or closed"
    with place.store() as store:  # a first sync was cut off
        store.keep_strays("local", {"#4": place.issue(ROLLING)})
    assert outcomes(place) == []
    place.run()
    place.writes.clear()
    assert len(place.known().items) == 3
    assert place.look().plans[0].writes == ()
    assert outcomes(place) == ["unchanged"]
    close_items(place, 1)
    send(place)
    assert (len(rolling(place)), place.writes) == (1, ["update"])


def test_of_two_that_two_stores_opened_at_once_the_younger_one_is_closed(tmp_path):
    hub = tmp_path / "hub.db"
    settings = (SETTINGS + WEEKLY).replace('kind = "local"', f'kind = "local"\ndatabase = "sqlite:///{hub}"')
    places = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        place = Workplace(tmp_path / name, settings)
        place.document("a.md", postmortem(*ITEMS))
        place.run()
        places.append(place)
    one, two = places
    two.hidden.add(ROLLING)  # its listing lags behind
    assert outcomes(one) + outcomes(two) == ["sent", "sent"]
    assert [issue.ref.number for issue in rolling(one)] == [4, 5]
    two.hidden.clear()
    for place in places:
        place.run()
    assert [each.why for each in send(one, dry_run=True)] == ["1 duplicate of it closed"]
    [healed] = send(one)
    assert (healed.outcome.value, healed.why) == ("sent", "1 duplicate of it closed")
    assert [issue.state for issue in rolling(one)] == [IssueState.OPEN, IssueState.DUPLICATE]
    assert "#4" in rolling(one)[1].managed
    assert outcomes(two) == outcomes(one) == ["unchanged"]
    close_items(two, 1)
    assert outcomes(two) == ["sent"]
    assert [issue.ref.number for issue in rolling(one) if "2 action items" in issue.managed] == [4]


def test_what_another_process_opened_while_this_one_waited_is_its_own(place, monkeypatch):
    waiting = keeping.hold_off_others

    def waited(*_):
        monkeypatch.setattr(keeping, "hold_off_others", waiting)
        other = Workplace(place.root)
        other.now = place.now
        assert outcomes(other) == ["sent"]
        place.hidden.add(ROLLING)  # the listing lags behind; the store knows

    monkeypatch.setattr(keeping, "hold_off_others", waited)
    assert outcomes(place) == ["unchanged"]
    assert len(rolling(place)) == 1


def test_a_copy_that_somebody_made_is_left_alone(place):
    send(place)
    place.now += timedelta(days=3)
    original = place.issue(ROLLING)
    with closing(place.open_tracker("local")) as tracker:
        tracker.inner.create(IssueDraft("Mine", "My copy", original.marker))
    place.run()
    send(place)
    assert [issue.state for issue in rolling(place)] == [IssueState.OPEN, IssueState.OPEN]
    assert place.issue(5).managed == "My copy"


PRIVATE = "---\nprivate: true\n---\n"


@pytest.mark.parametrize(("allowed", "there"), [("", False), ('[policy]\nallow_public = ["local"]\n', True)])
def test_private_documents_do_not_stand_in_a_public_targets_list(tmp_path, allowed, there):
    place = Workplace(tmp_path, SETTINGS + WEEKLY + allowed)
    place.document("a.md", postmortem(*ITEMS))
    place.document("b.md", PRIVATE + postmortem("Fire the vendor", title="The secret outage"))
    place.run()
    public = settled_anew(place, public=('kind = "local"', 'kind = "local"\npublic = true'))
    public.now = place.now
    [told_] = send(public)
    assert told_.items == (4 if there else 3)
    [issue] = rolling(public)
    assert ("Fire the vendor" in issue.body, "secret outage" in issue.body) == (there, there)


def test_a_target_that_cannot_be_used_is_told_and_nothing_is_lost(place):
    opened = place.open_tracker

    def lacking(name):
        raise UsageError("there is no token", where=name, advice="Set it.")

    place.open_tracker = lacking
    [told_] = send(place)
    assert (told_.outcome.value, told_.detail, told_.lacking) == ("failed", "local: there is no token. Set it.", True)
    place.open_tracker = opened
    assert outcomes(place) == ["sent"]


def test_what_is_refused_is_told_and_tried_again_at_the_next_sending(place):
    place.faults[:] = [RequestRejected("no", where="local")]
    assert outcomes(place) == ["failed"]
    assert outcomes(place) == ["sent"]


def test_each_target_has_its_own(tmp_path):
    more = '[targets.other]\nkind = "local"\ndatabase = "sqlite:///other.db"\n'
    more += '[[routes]]\npath = ["postmortems/b.md"]\ntarget = "other"\n'
    place = Workplace(tmp_path, SETTINGS + WEEKLY + more)
    place.document("a.md", postmortem(POOL))
    place.document("b.md", postmortem(RUNBOOK, title="The mail queue"))
    place.run()
    assert outcomes(place) == ["sent", "sent"]
    texts = {name: next(i.managed for i in place.issues(name) if is_rolling(i.marker)) for name in ("local", "other")}
    assert ("connection pool" in texts["local"], "runbook" in texts["local"]) == (True, False)
    assert ("connection pool" in texts["other"], "runbook" in texts["other"]) == (False, True)


def test_it_is_no_items_issue(place):
    send(place)
    with pytest.raises(UsageError, match="a report's list"):
        place.link("#3", "#4", "me")
    assert not claims_item(place.issue(ROLLING))
    place.run()
    assert len(place.known().items) == 3
    with place.store() as store:
        [event] = [event for event in store.events() if event.what == "rolling issue written"]
        assert (event.item, event.detail["how"], event.detail["issue"]) == (None, "opened", "#4")


def test_a_document_that_names_it_gets_no_hold_of_it(place):
    send(place)
    place.document("b.md", postmortem("Tidy up the list (#4)", title="The mail queue"))
    place.run()
    [item] = [item for item in place.known().items.values() if item.text == "Tidy up the list"]
    assert item.links == ("#4",)
    assert item.id not in place.known().links
    assert outcomes(place) == ["unchanged"]


def test_a_report_without_the_setting_has_none(tmp_path):
    place = Workplace(tmp_path)
    place.document("a.md", postmortem(*ITEMS))
    place.run()
    _, deliveries = place.send(place.report("weekly"), dry_run=True)
    assert "rolling" not in {each.channel for each in deliveries}


def test_a_report_that_lists_no_items_cannot_have_one():
    with pytest.raises(ValidationError, match="one of kind management has none"):
        ReportSettings(kind="management", rolling=True)


def test_a_long_list_is_cut_and_says_how_much_is_left(place):
    report = place.report("weekly")
    [section] = report.sections
    one = section.items[0]
    items = {str(n): (GroupName.OPEN, replace(one, id=str(n), line=n, text=f"Do it {n}")) for n in range(500)}
    text, _ = told(report, listed(items), 3_000)
    assert len(text) <= 3_000
    rows = [line for line in text.splitlines() if line.startswith("| Do it")]
    assert [row.split(" | ")[0] for row in rows] == [f"| Do it {n}" for n in range(len(rows))]
    assert f"_and {500 - len(rows)} more; all of them: closeout report weekly_" in text
    assert text.endswith("stays yours._")


def test_nothing_in_a_document_gets_out_of_its_cell(place):
    report = place.report("weekly")
    [section] = report.sections
    bad = "Ask @team | <!-- closeout:end --> [x](http://evil) #7"
    item = replace(section.items[0], text=bad, document_title=bad, owner=bad, owners=(), unknown=(bad,))
    text, _ = told(report, listed({"1": (GroupName.OPEN, item)}), 60_000)
    [row] = [line for line in text.splitlines() if line.startswith("| Ask")]
    assert "@team" not in row
    assert "<!--" not in row.replace("\\<", "")
    assert len([cell for cell in row.replace("\\|", "").split("|") if cell.strip()]) == 5


NAME = RollingName("weekly")
faces = st.builds(
    lambda title, essence, labels: Face(title, f"Shown: {essence}", essence, labels),
    st.sampled_from(["One", "Another"]),
    st.sampled_from(["", "a", "b"]),
    st.frozensets(st.sampled_from(["postmortem", "list"])),
)


def carried_out(issue, step):
    """The issue after a step, as a target would have it."""
    ref = IssueRef("t", 1, "#1")
    if step.draft:
        made = step.draft
        return Issue(
            ref, made.title, "", made.managed, made.marker, IssueState.OPEN, made.labels, frozenset(), START, START
        )
    if step.patch is None:
        return issue
    patch = step.patch
    return replace(
        issue,
        title=patch.title or issue.title,
        managed=patch.managed,
        marker=patch.marker,
        state=patch.state or issue.state,
        labels=(issue.labels | patch.add_labels) - patch.remove_labels,
    )


@given(st.lists(faces, min_size=1, max_size=6))
def test_once_carried_out_nothing_is_left_to_do(wanted):
    issue = None
    for face in wanted:
        issue = carried_out(issue, decide(NAME, face, issue, interrupted=False))
        assert decide(NAME, face, issue, interrupted=False).what is What.NOTHING
        if issue is None:
            assert face.essence == ""
            continue
        assert issue.state.closed == (face.essence == "")
        if face.essence:
            assert (issue.managed, issue.labels, issue.title) == (face.managed, face.labels, face.title)


def test_a_close_that_was_carried_out_in_part_is_finished():
    full, empty = Face("T", "text", "text", frozenset()), Face("T", "none", "", frozenset())
    issue = carried_out(None, decide(NAME, full, None, interrupted=False))
    halfway = replace(carried_out(issue, decide(NAME, empty, issue, interrupted=False)), state=IssueState.OPEN)
    assert decide(NAME, empty, halfway, interrupted=False).what is What.NOTHING
    assert decide(NAME, empty, halfway, interrupted=True).what is What.CLOSE


def test_its_id_is_the_same_everywhere_and_another_in_each_namespace():
    assert RollingName("weekly").id == "7sx0nmwbw7"
    assert len({RollingName("weekly").id, RollingName("daily").id, RollingName("weekly", "shop").id}) == 3
    assert RollingName("weekly", "shop").key.startswith("shop:")


def test_other_markers_are_not_its():
    assert not is_rolling(Marker("i", "d", "t", {"rolling": True}))
    assert not is_rolling(Marker("i", "d", "t", {"document": {}}))
