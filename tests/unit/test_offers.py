"""Work that is promised again while an issue is open for it: offered, decided, followed."""

import pytest
from workplace import Workplace, postmortem

from connectors import IssueState

LIMIT = "Set a connection limit for each service in the pooler"
OTHER = "Rotate the certificates of the edge proxies"


def dated(day, *items, title):
    return f"Date: 2026-{day}\n\n".join(postmortem(*items, title=title).split("\n\n", 1)[:0]) or _dated(
        day, items, title
    )


def _dated(day, items, title):
    text = postmortem(*items, title=title)
    return f"---\ndate: 2026-{day}\n---\n\n{text}"


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)


def test_it(place):
    place.document("a.md", _dated("03-01", [LIMIT, OTHER], "First"))
    place.run()
    place.document("b.md", _dated("05-01", [f"{LIMIT} by 2026-10-16"], "Second"))
    done = place.run()
    assert place.writes == []
    assert done.prepared.plans[0].offers
    place.run()
    assert place.writes == []
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    assert place.writes == ["create"]
