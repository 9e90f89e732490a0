"""Several repositories that share a target: equal paths are different documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from workplace import SETTINGS, Workplace, postmortem

LOAD = "Run a load test before every release"
RETRY = "Retry failed payments with a backoff"


def settings(namespace: str, tracker: Path) -> str:
    return SETTINGS.replace('kind = "local"', f'kind = "local"\ndatabase = "sqlite:///{tracker}"') + (
        f'\n[documents]\nnamespace = "{namespace}"\n' if namespace else ""
    )


@pytest.fixture
def places(tmp_path):
    def make(name: str, namespace: str) -> Workplace:
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        return Workplace(root, settings(namespace, tmp_path / "shared.db"))

    return make


def forget(place):
    for file in place.root.glob("closeout.db*"):
        file.unlink()


def test_equal_paths_of_two_repositories_keep_their_issues(places):
    shop, bank = places("shop", "shop"), places("bank", "acme/bank")
    shop.document("2026/outage.md", postmortem(LOAD))
    bank.document("2026/outage.md", postmortem(RETRY))
    shop.run()
    bank.now = shop.now
    bank.run()
    assert [issue.title for issue in shop.issues()] == [LOAD, RETRY]
    assert bank.known().documents.keys() == {"acme/bank:postmortems/2026/outage.md"}
    for place in (shop, bank):
        forget(place)
        place.run()
        assert place.writes == []
        assert len(place.known().links) == 1
    assert all(not issue.state.closed for issue in shop.issues())


def test_the_same_work_in_two_repositories_is_two_issues(places):
    shop, bank = places("shop", "shop"), places("bank", "bank")
    shop.document("outage.md", postmortem(LOAD))
    bank.document("outage.md", postmortem(LOAD))
    shop.run()
    bank.run()
    assert [issue.title for issue in shop.issues()] == [LOAD, LOAD]
    forget(shop)
    shop.run()
    assert shop.writes == []


def test_a_lost_store_finds_a_renamed_document_of_its_namespace(places):
    shop = places("shop", "shop")
    file = shop.document("outage.md", postmortem(LOAD, RETRY))
    shop.run()
    forget(shop)
    file.rename(file.with_name("checkout.md"))
    shop.run()
    assert shop.writes == []
    assert shop.known().documents["shop:postmortems/outage.md"].path == "postmortems/checkout.md"


def test_an_id_of_front_matter_is_kept_apart_as_well(places):
    shop, bank = places("shop", "shop"), places("bank", "bank")
    for place in (shop, bank):
        place.document("outage.md", "---\nid: PM-7\n---\n" + postmortem(LOAD))
        place.run()
    assert shop.known().documents.keys() == {"shop:PM-7"}
    assert bank.known().documents.keys() == {"bank:PM-7"}
    assert len(shop.issues()) == 2
