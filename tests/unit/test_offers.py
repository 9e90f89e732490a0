"""Work that is promised again while an issue is open for it: offered, decided by a person, followed."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import compress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from workplace import SETTINGS, Workplace, postmortem

from connectors import Capabilities, Issue, IssueRef, IssueState
from tracker.actions import Create
from tracker.app import Consent, Wanted
from tracker.app.writing_back import wanted_now
from tracker.draft import TargetFacts
from tracker.errors import UsageError
from tracker.likeness import may_be_like
from tracker.model import Item, ItemState, Kind, KnownDocument, Link
from tracker.offers import waiting
from tracker.people import PeopleBook
from tracker.plan import make_plan
from tracker.policy import Flag
from tracker.recurrence import promised_too
from tracker.render.plan import to_json
from tracker.same_work import shared
from tracker.settings import PolicySettings, Settings
from tracker.world import World

LIMIT = "Set a connection limit for each service in the pooler"
AGAIN = f"{LIMIT} by 2026-12-01"
OTHER = "Rotate the certificates of the edge proxies"
WIDE = "".join(chr(ord(letter) + 0xFEE0) if letter != " " else letter for letter in OTHER)
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)


def promise(place, name, *items, day="2026-03-01"):
    place.document(f"{name}.md", postmortem(*items, title=f"Incident {name}", date=day))


@pytest.fixture
def offered(place):
    """`a.md` has issue #1, and `b.md` promises the same."""
    promise(place, "a", LIMIT, day="2026-03-01")
    place.run()
    promise(place, "b", AGAIN, day="2026-05-01")
    place.run()
    return place


def item_of(place, name):
    [found] = [each for each in place.known().items.values() if each.document == f"postmortems/{name}.md"]
    return found


def entry_of(place, name):
    return place.status(Wanted(item=item_of(place, name).id)).entries[0]


def offers(place):
    return [(each.item.id, each.of.id, each.link and each.link.ref.key) for each in place.look().plans[0].offers]


def say_same(place, name="b"):
    [offer] = [each for each in place.review().offers() if each.item.id == item_of(place, name).id]
    return place.decide_offer(offer, "Jo", "one limit is enough", same=True)


def lose_the_store(place):
    for file in place.root.glob("closeout.db*"):
        file.unlink()


# What is offered


def test_what_an_open_issue_promises_already_is_offered_and_not_opened(offered):
    a, b = item_of(offered, "a"), item_of(offered, "b")
    assert (offered.writes, offers(offered)) == ([], [(b.id, a.id, "#1")])
    assert Flag.UNLINKED in entry_of(offered, "b").flags
    assert entry_of(offered, "b").offered.item == a
    assert [(each.item.id, each.of.id) for each in offered.review().offers()] == [(b.id, a.id)]
    offered.run()
    assert offered.writes == []


def test_which_incident_was_first_does_not_matter_where_an_issue_is_open_already(place):
    promise(place, "b", AGAIN, day="2026-05-01")
    place.run()
    promise(place, "a", LIMIT, day="2026-03-01")
    place.run()
    assert place.writes == []
    assert len(offers(place)) == 1


def test_of_two_new_ones_the_earlier_incident_gets_the_issue_whatever_the_files_are_called(place):
    promise(place, "a", AGAIN, day="2026-05-01")
    promise(place, "b", LIMIT, day="2026-03-01")
    assert [key for *_, key in offers(place)] == [None], "that one's issue is opened by the same plan"
    place.run()
    assert (place.writes, place.issue(1).marker.item) == (["create"], item_of(place, "b").id)
    assert offers(place) == [(item_of(place, "a").id, item_of(place, "b").id, "#1")]


def test_while_the_first_cannot_be_opened_the_second_is_not_either(place):
    promise(place, "a", LIMIT)
    promise(place, "b", AGAIN, day="2026-05-01")
    place.faults[:] = ["maybe"]
    place.run()
    assert (place.writes, place.issues()) == (["create"], [])
    place.run()
    place.run()
    assert [issue.marker.item for issue in place.issues()] == [item_of(place, "a").id]


@pytest.mark.parametrize(
    ("settle", "creates"),
    [
        (lambda place: place.by_hand(1, state=IssueState.DONE), ["create"]),
        (lambda place: place.by_hand(1, state=IssueState.WONT_DO), ["create"]),
        (lambda place: promise(place, "a", f"[x] {LIMIT}"), ["create"]),
        (lambda place: promise(place, "a", OTHER), ["create", "create"]),
        (lambda place: place.ignore(item_of(place, "a").id, "Jo", "x"), ["create"]),
        (lambda place: place.unlink(item_of(place, "a").id, "Jo", "x"), ["create"]),
        (lambda place: promise(place, "c", AGAIN, day="2026-06-01"), []),
    ],
)
def test_an_offer_lapses_when_the_other_one_is_settled_before_anybody_says_anything(offered, settle, creates):
    settle(offered)
    offered.run()
    assert [write for write in offered.writes if write == "create"] == creates


def test_what_a_person_parted_from_an_issue_is_not_offered_with_it_again(offered):
    offered.link(item_of(offered, "b").id, "1", "Jo")
    offered.unlink(item_of(offered, "b").id, "Jo", "another pooler")
    offered.run()
    assert offered.writes == ["create"]
    assert offers(offered) == []


def test_an_item_with_an_issue_is_never_touched(tmp_path):
    place = Workplace(tmp_path, f'{SETTINGS}[policy]\nrecurring = "open"\n')
    promise(place, "a", LIMIT)
    promise(place, "b", AGAIN)
    place.run()
    assert place.writes == ["create", "create"]
    assert place.review().offers() == ()
    file = tmp_path / "closeout.toml"
    file.write_text(file.read_text("utf-8").replace('"open"', '"offer"'), "utf-8")
    asking = Workplace(tmp_path)
    asking.run()
    assert (asking.writes, offers(asking)) == ([], [])


def test_the_brake_counts_what_is_opened_and_not_what_is_offered(place):
    promise(place, "a", LIMIT)
    place.run()
    promise(place, "b", AGAIN)
    place.run(consent=Consent(max_creates=0))
    assert place.writes == []


def test_offers_cost_no_read(offered, monkeypatch):
    asked = []
    original = type(offered).open_tracker

    def watched(self, name):
        tracker = original(self, name)
        get = tracker.inner.get
        tracker.get = lambda ref: asked.append(ref) or get(ref)
        return tracker

    monkeypatch.setattr(type(offered), "open_tracker", watched)
    offered.run()
    assert asked == []


# What a person says


def test_the_same_work_stands_as_the_other_ones_issue_does(offered):
    say_same(offered)
    offered.run()
    assert offered.writes == ["update"], "the block of #1 names it"
    assert "Promised again in **Incident b** (`postmortems/b.md:11`)." in offered.issue(1).managed
    assert Flag.UNLINKED not in entry_of(offered, "b").flags
    assert entry_of(offered, "b").goes_with.item == item_of(offered, "a")
    assert [each.item for each in entry_of(offered, "a").goes_along] == [item_of(offered, "b")]
    for state in (IssueState.DONE, IssueState.OPEN, IssueState.WONT_DO):
        offered.by_hand(1, state=state)
        offered.run()
        assert {item_of(offered, name).state.value for name in "ab"} == {state.value}
        offered.run()
        assert (offered.writes, len(offered.issues())) == ([], 1)


def test_status_refresh_follows_too(offered):
    say_same(offered)
    offered.run()
    offered.by_hand(1, state=IssueState.DONE)
    offered.pass_time(60)
    offered.status(Wanted(), refresh=True)
    assert item_of(offered, "b").state is ItemState.DONE


def test_an_issue_of_its_own_is_opened_and_nobody_is_asked_again(offered):
    [offer] = offered.review().offers()
    offered.decide_offer(offer, "Jo", "", same=False)
    with pytest.raises(UsageError, match="already"):
        offered.decide_offer(offer, "Jo", "", same=False)
    offered.run()
    assert offered.writes == ["create"]
    offered.unlink(item_of(offered, "b").id, "Jo", "a new one, please")
    assert offered.review().offers() == ()


def test_a_word_is_kept_with_who_when_and_why_and_can_be_taken_back(offered):
    decided = say_same(offered)
    assert (decided.event.who, decided.event.detail["why"]) == ("Jo", "one limit is enough")
    offered.run()
    offered.unlink(item_of(offered, "b").id, "Jo", "it is another pooler")
    assert Flag.UNLINKED in entry_of(offered, "b").flags
    offered.run()
    assert sorted(offered.writes) == ["create", "update"]
    assert "Promised again" not in offered.issue(1).managed
    offered.run()
    assert offered.writes == []


def test_linking_to_another_items_issue_says_so_where_they_are_alike_or_one_insists(offered):
    promise(offered, "c", OTHER)
    offered.run()
    with pytest.raises(UsageError, match="is the issue of another item") as told:
        offered.link(item_of(offered, "c").id, "1", "Jo")
    assert "--same-work" in told.value.advice
    offered.link(item_of(offered, "b").id, "1", "Jo")
    offered.link(item_of(offered, "c").id, "1", "Jo", same=True)
    assert not offered.known().links.keys() - {item_of(offered, "a").id}, "#2, its own, is left"
    offered.run()
    offered.run()
    assert offered.writes == []
    assert offered.issue(2).state is IssueState.OPEN
    with pytest.raises(UsageError, match="already"):
        offered.link(item_of(offered, "b").id, "1", "Jo")


def test_a_link_of_its_own_ends_it(offered):
    say_same(offered)
    promise(offered, "c", OTHER)
    offered.run()
    offered.unlink(item_of(offered, "c").id, "Jo", "x")
    offered.link(item_of(offered, "b").id, "2", "Jo")
    assert item_of(offered, "b").same_as is None
    assert entry_of(offered, "b").goes_with is None


# When it ends by itself


@pytest.mark.parametrize("leave", ["remove", "ignore"])
def test_without_the_other_one_it_is_an_ordinary_item_again(offered, leave):
    say_same(offered)
    offered.run()
    if leave == "remove":
        promise(offered, "a", OTHER)
    else:
        offered.ignore(item_of(offered, "a").id, "Jo", "x")
    offered.run()
    own = offered.known().links[item_of(offered, "b").id]
    assert own.issue.state is IssueState.OPEN
    offered.run()
    assert offered.writes == []


def test_what_was_done_stays_done_when_the_other_postmortem_goes(offered):
    say_same(offered)
    offered.run()
    offered.by_hand(1, state=IssueState.DONE)
    offered.run()
    promise(offered, "a", OTHER)
    offered.run()
    assert item_of(offered, "b").state is ItemState.DONE
    assert "create" in offered.writes, "only for the other work"
    assert len(offered.issues()) == 2


def test_an_issue_that_closeout_closed_for_a_removed_item_settles_nothing_else(tmp_path):
    place = Workplace(tmp_path, f'{SETTINGS}[policy]\nremoved = "close"\n')
    promise(place, "a", LIMIT, OTHER)
    place.run()
    promise(place, "b", AGAIN)
    place.run()
    say_same(place)
    place.run()
    promise(place, "a", OTHER)
    place.faults[:] = [None, "before"]
    place.run()
    assert (place.writes, place.issue(1).state) == (["update", "create"], IssueState.WONT_DO)
    for _ in range(2):
        place.run()
    assert item_of(place, "b").state is ItemState.OPEN
    assert item_of(place, "b").id in place.known().links


def test_when_the_other_one_loses_its_issue_one_is_opened_for_both(offered):
    say_same(offered)
    offered.run()
    offered.unlink(item_of(offered, "a").id, "Jo", "not that one")
    done = offered.run()
    assert offered.writes.count("create") == 1
    assert ["has to be opened first" in held.why for held in done.prepared.plans[0].held] == [True]
    offered.run()
    assert entry_of(offered, "b").goes_with.link.ref.key == "#2"
    offered.run()
    assert offered.writes == []


def test_a_chain_ends_at_the_one_with_the_issue(offered):
    say_same(offered)
    promise(offered, "c", OTHER)
    offered.run()
    offered.unlink(item_of(offered, "a").id, "Jo", "x")
    offered.link(item_of(offered, "a").id, "2", "Jo", same=True)
    assert entry_of(offered, "b").goes_with.item == item_of(offered, "c")
    offered.by_hand(2, state=IssueState.DONE)
    offered.run()
    assert item_of(offered, "b").state is ItemState.DONE


def test_two_that_go_with_each_other_have_no_issue_and_both_count():
    one, two = item("a", same_as="b1"), item("b", same_as="a1")
    both = {each.id: each for each in (one, two)}
    assert shared(both, {}) == {}
    assert waiting(both, both, frozenset()) == {}


# A lost store, another machine


def test_a_lost_store_knows_it_again_from_the_issue(offered):
    say_same(offered)
    offered.run()
    lose_the_store(offered)
    offered.run()
    assert offered.writes == []
    assert entry_of(offered, "b").goes_with.item == item_of(offered, "a")
    offered.run()
    assert offered.writes == []


def test_a_store_lost_before_the_issue_was_told_asks_again_and_opens_nothing(offered):
    say_same(offered)
    lose_the_store(offered)
    offered.run()
    assert offered.writes == []
    assert len(offers(offered)) == 1


def test_what_an_issue_tells_outvotes_no_word_that_was_said_here(offered):
    say_same(offered)
    offered.run()
    offered.unlink(item_of(offered, "b").id, "Jo", "x")
    offered.by_hand(1, title="Its block still names the other one")
    offered.run()
    assert "create" in offered.writes
    assert entry_of(offered, "b").goes_with is None


def test_another_machine_learns_it_from_the_issue(offered):
    other = offered.root / "other.db"
    shutil.copy(offered.root / "closeout.db", other)
    say_same(offered)
    offered.run()
    other.replace(offered.root / "closeout.db")
    for file in offered.root.glob("closeout.db-*"):
        file.unlink()
    offered.run()
    assert "create" not in offered.writes
    assert offers(offered) == []
    assert entry_of(offered, "b").goes_with.item == item_of(offered, "a")
    offered.run()
    assert offered.writes == []


def test_the_title_of_a_private_postmortem_is_not_told(place):
    promise(place, "a", LIMIT)
    place.run()
    text = postmortem(AGAIN, title="Quiet incident")
    place.document("b.md", f"---\nprivate: true\n---\n\n{text}")
    place.run()
    say_same(place)
    place.run()
    assert place.writes == []
    assert "Quiet" not in place.issue(1).body


# What the document and the reports say


def test_write_back_puts_the_other_ones_link_and_mark_into_its_document(place):
    promise(place, "a", LIMIT)
    place.run()
    promise(place, "b", f"[ ] {AGAIN}")
    place.run()
    say_same(place)
    place.run()
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    with place.store() as store:
        [wish] = wanted_now(place._desk(store), ())["postmortems/b.md"]
    assert (wish.link.label, wish.done) == ("#1", True)


def test_a_document_that_names_the_shared_issue_goes_on_as_before(offered):
    say_same(offered)
    offered.run()
    promise(offered, "b", f"{AGAIN} (#1)", day="2026-05-01")
    offered.run()
    offered.run()
    assert offered.writes == []
    assert entry_of(offered, "b").goes_with is not None
    promise(offered, "a", OTHER)
    offered.run()
    assert item_of(offered, "b").id in offered.known().links, "the ticket was the other one's"


def test_owners_are_told_once(tmp_path):
    place = Workplace(tmp_path, f'{SETTINGS}[reports.weekly]\ntitle = "Open"\n')
    promise(place, "a", f"{LIMIT} (owner: Jo Smith)", day="2026-03-01")
    place.run()
    promise(place, "b", f"{LIMIT} (owner: Jo Smith, due: 2026-11-01)", day="2026-05-01")
    promise(place, "c", f"{LIMIT} (owner: Maria)", day="2026-06-01")
    place.run()
    say_same(place, "b")
    say_same(place, "c")
    report = place.report("weekly")
    told = {part.owner.key: [(each.document_title, each.same_work) for each in part.items] for part in report.sections}
    assert told == {
        "jo": [("Incident b", ("Incident a",))],
        "maria": [("Incident c", ("Incident a",))],
    }
    assert (report.totals.open, report.totals.unlinked) == (2, 0)
    assert [each.counts.open for each in report.documents] == [1, 1, 1]
    assert [len(theme.promises) for theme in report.themes] == [3]


# The planner


def item(document, line=1, **fields):
    values = {"ordinal": 0, "kind": Kind.TASK, "section": "", "first_seen": NOW, **fields}
    return Item(f"{document}{line}", document, values.pop("text", LIMIT), line=line, **values)


DOCUMENTS = {
    key: KnownDocument(key, f"{key}.md", "", incident_date=date(2026, 1 + number, 1))
    for number, key in enumerate("dcba")
}
TEXTS = (LIMIT, AGAIN, OTHER, "Rotate certificates of each edge proxy", "Drop it")
TARGET = TargetFacts(
    "local",
    "local",
    Capabilities(
        "here", due=True, priority=True, max_title=200, max_body=60_000, read_lag=timedelta(0), budget_key="here"
    ),
)


@st.composite
def worlds(draw):
    items, links = [], {}
    for document in "abcd":
        for line in range(draw(st.integers(0, 3))):
            same_as = draw(st.sampled_from([None, None, None, "a0", "b1", f"{document}{line}"]))
            state = draw(st.sampled_from([ItemState.OPEN] * 5 + [ItemState.DONE, ItemState.REMOVED]))
            made = item(document, line, text=draw(st.sampled_from(TEXTS)), same_as=same_as, state=state)
            made = replace(made, done=True if state is ItemState.DONE else None)
            items.append(made)
            if draw(st.booleans()):
                shut = draw(st.sampled_from([IssueState.OPEN, IssueState.OPEN, IssueState.DONE]))
                ref = IssueRef("local", len(items), f"#{len(items)}")
                issue = Issue(ref, "t", "", None, None, shut, frozenset(), frozenset(), NOW, NOW)
                links[made.id] = Link(made.id, issue, {}, NOW)
    return items, links


def planned(items, links, recurring="offer"):
    world = World(TARGET, items, DOCUMENTS, links, {})
    return make_plan(world, PeopleBook.from_settings(Settings()), PolicySettings(recurring=recurring), NOW)


@given(worlds(), st.randoms())
def test_whatever_there_is_each_item_without_an_issue_is_opened_or_told_once(world, chance):
    items, links = world
    plan = planned(items, links)
    opened = {each.item.id for each in plan.actions if isinstance(each, Create)}
    asked = {each.item.id: each for each in plan.offers}
    held = {each.item.id for each in plan.held}
    ties = shared({each.id: each for each in items}, links)
    waiting_for_one = {
        each.id for each in items if each.id not in links and each.id not in ties and each.state is ItemState.OPEN
    }
    assert len(opened) + len(asked) + len(held) == len(waiting_for_one)
    assert {*opened, *asked, *held} == waiting_for_one
    for offer in asked.values():
        of = offer.of
        assert of.document != offer.item.document
        assert of.state is ItemState.OPEN
        assert offer.item.same_as is None
        has = of.id in links and links[of.id].issue.state is IssueState.OPEN
        assert has == (offer.link is not None)
        assert has or of.id in opened, "it waits for what is really opened"
    again = planned(chance.sample(items, len(items)), links)
    assert {each.item.id for each in again.offers} == asked.keys()
    today = planned(items, links, recurring="open")
    assert today.offers == ()
    assert {each.item.id for each in today.actions if isinstance(each, Create)} == waiting_for_one - held


@example([OTHER, WIDE])
@given(
    st.lists(
        st.sampled_from([*TEXTS, "Ligação: rotate the certiﬁcates of edge proxies", "ŤEST " + LIMIT, WIDE]), max_size=8
    )
)
def test_looking_for_a_few_words_first_loses_nothing(texts):
    items = [item("abcd"[number % 4], number, text=text) for number, text in enumerate(texts)]
    for one in items:
        near = compress(items, may_be_like([one.text], texts))
        assert promised_too(near, DOCUMENTS).get(one.id) == promised_too(items, DOCUMENTS).get(one.id)


def test_what_goes_out_as_json_tells_the_offer(offered):
    prepared = offered.look()
    [told] = json.loads(to_json(prepared.plans, prepared.reading.documents))["plans"][0]["offers"]
    assert (told["of"], told["issue"], told["path"]) == (item_of(offered, "a").id, "#1", "postmortems/b.md")
