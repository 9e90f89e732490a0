"""Write-back over whole documents: the examples, and the labelled documents beside the repository where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from machine.little_github import LittleGitHub, Serving
from machine.places import OnLittleGitHub
from writing import linked, proven, reading

from tracker.app import Consent, Mode

TOP = Path(__file__).resolve().parents[2]
DEV = TOP.parent / "shared" / "corpus" / "dev"
EXAMPLES = sorted((TOP / "examples" / "postmortems").glob("*.md"))
beside = pytest.mark.skipif(not DEV.is_dir(), reason=f"the labelled documents are not at {DEV}")


def every(file):
    """A link for each item: what was placed, what was refused; all promises are held to."""
    text = file.read_bytes().decode("utf-8")
    edited = linked(text)
    links = proven(text, edited)
    assert links + len(edited.refusals) == len(reading(text).items)
    assert linked(edited.text).edits == ()
    return links, edited.refusals


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_item_of_the_examples_gets_its_link(file):
    _, refusals = every(file)
    assert refusals == ()


@beside
def test_every_item_of_the_labelled_documents_gets_its_link():
    """All but those that are nothing but another ticket's address: no sync opens an issue for these."""
    files = sorted(DEV.glob("*.md"))
    told = [every(file) for file in files]
    refusals = [refusal for _, left_out in told for refusal in left_out]
    assert all(refusal.wish.item.text.startswith("https://") for refusal in refusals)
    assert all(refusal.wish.item.text in refusal.wish.item.links for refusal in refusals)
    assert sum(links for links, _ in told) >= 65 * len(refusals)


@beside
def test_after_a_whole_sync_every_document_names_its_issues_and_the_next_does_nothing(tmp_path):
    hub = LittleGitHub()
    with Serving(hub):
        place = OnLittleGitHub(tmp_path, hub.url)
        hub.clock = place.clock
        for file in DEV.glob("*.md"):
            (tmp_path / "postmortems" / file.name).write_bytes(file.read_bytes())
        consent = Consent(everything=True)
        written, _ = place.write_back(place.run(consent=consent), (), Mode.FILES, consent)
        assert written.clean
        assert [refusal.why for told in written.documents for refusal in told.refusals] == []
        known = place.known()
        assert sum(told.links for told in written.documents) == len(known.links)
        for key, link in known.links.items():
            assert link.ref.url in known.items[key].links
        requests, files = len(hub.requests), {file: file.read_bytes() for file in tmp_path.glob("postmortems/*.md")}
        place.pass_time(3600)
        again, settled = place.write_back(place.run(consent=consent), (), Mode.FILES, consent)
        assert settled is None
        assert again.documents == ()
        assert {request.split(" ")[0] for request in hub.requests[requests:]} == {"GET"}
        assert {file: file.read_bytes() for file in files} == files
