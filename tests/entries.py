"""A small world for tests of people, policy, reports and delivery: owners, documents, items, issues."""

import zlib
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from connectors import Issue, IssueRef, IssueState
from tracker import report
from tracker.model import Item, ItemState, Kind, KnownDocument, Link
from tracker.people import PeopleBook
from tracker.policy import Yardstick, assess
from tracker.settings import PersonSettings, PolicySettings, Settings, TeamSettings

# A busy machine is slow; the number of examples is what bounds these tests, not the clock.
patient = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

SETTINGS = Settings(
    people={
        "jo": PersonSettings(
            name="Jo Smith", aliases=("Joanna Miller",), email="jo@example.org", github="JoCodes", team="dba"
        ),
        "ann": PersonSettings(name="Ann Müller", email="ann@example.org"),
        "max": PersonSettings(name="Max Power"),
    },
    teams={
        "dba": TeamSettings(name="DBA team", aliases=("Database",), email="dba@example.org"),
        "rd": TeamSettings(name="R&D", aliases=("Research and Development",)),
    },
)
BOOK = PeopleBook.from_settings(SETTINGS)
OWNERS = ("Jo Smith", "@jo, DBA team", "Ann Müller (SRE)", "max", "R&D", "Customer care", "jo and Nobody", "", None)


def document(key="a", **fields):
    values = {"path": f"postmortems/{key}.md", "digest": "0", "title": f"Outage {key}", **fields}
    return KnownDocument(key, **values)


def entry(
    text="Alert on pool saturation",
    *,
    owner="Jo Smith",
    days=None,
    issue=None,
    state=ItemState.OPEN,
    kind=Kind.TASK,
    policy=None,
    doc=None,
    line=1,
    id_=None,
    **fields,
):
    """What is known of one item that is due in `days` and has the issue with this number."""
    doc = doc or document()
    due = None if days is None else TODAY + timedelta(days=days)
    item = Item(
        id=id_ or f"{doc.key}-{line}-{zlib.crc32(text.encode()):08x}",
        document=doc.key,
        text=text,
        ordinal=0,
        kind=kind,
        section="Action items",
        line=line,
        first_seen=NOW,
        owner=owner,
        due_date=due,
        state=state,
        **fields,
    )
    link = Link(item.id, known_issue(issue), {}, NOW) if issue else None
    return assess(item, doc, link, Yardstick(policy or PolicySettings(), BOOK, NOW))


def known_issue(number):
    ref = IssueRef("github", number, f"acme/ops#{number}", f"https://github.com/acme/ops/issues/{number}")
    return Issue(ref, "t", "", None, None, IssueState.OPEN, frozenset(), frozenset(), NOW, NOW)


def build(entries, *, fallback="ann", period="weekly", title="Open corrective actions", **fields):
    """The report about `entries`."""
    values = {"book": BOOK, "today": TODAY, "now": NOW, "as_of": NOW, "fallback": fallback, "period": period, **fields}
    return report.build("weekly", title, entries, **values)


_ONE_TEXT = st.just("Alert on pool saturation")


@st.composite
def worlds(draw, text=_ONE_TEXT, size=12):
    """Some items of any owner, state and due date in a few documents."""
    documents = [document(key, title=draw(st.none() | text)) for key in "abc"]
    return [
        entry(
            draw(text),
            owner=draw(st.sampled_from(OWNERS)),
            days=draw(st.none() | st.integers(-40, 40)),
            issue=draw(st.none() | st.integers(1, 99)),
            state=draw(st.sampled_from((ItemState.OPEN,) * 6 + tuple(ItemState))),
            doc=draw(st.sampled_from(documents)),
            line=line,
            id_=f"id-{line}",
            due=draw(st.none() | text),
            priority=draw(st.none() | text),
        )
        for line in range(draw(st.integers(0, size)))
    ]
