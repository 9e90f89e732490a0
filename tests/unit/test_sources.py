"""Documents from folders, with what git knows about them."""

import os
import subprocess
from dataclasses import replace

import pytest
from workplace import Workplace, postmortem

from tracker.app import Consent
from tracker.errors import UsageError
from tracker.settings import DocumentSettings
from tracker.sources import find_checkout, read_documents
from tracker.sources.git import web_page


def write(folder, *names):
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}\n", "utf-8")


def paths(folder, **settings):
    found = read_documents([str(folder)], folder, DocumentSettings(**settings), find_checkout(folder))
    return [document.path for document in found.documents]


def commit(folder, message="x"):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def git(folder, *arguments):
    subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments],
        check=True,
        capture_output=True,
    )


def test_folders_are_read_through_the_globs(tmp_path):
    write(tmp_path, "b.md", "a/c.markdown", "a/README.md", "a/postmortem-template.md", "notes.txt", ".hidden/x.md")
    assert paths(tmp_path) == ["a/c.markdown", "b.md"]
    assert paths(tmp_path, exclude=()) == ["a/README.md", "a/c.markdown", "a/postmortem-template.md", "b.md"]
    assert paths(tmp_path, include=("*.txt",)) == ["notes.txt"]


def test_a_file_that_is_named_is_read_whatever_its_name(tmp_path):
    write(tmp_path, "notes.txt")
    found = read_documents([str(tmp_path / "notes.txt")], tmp_path, DocumentSettings())
    assert [document.path for document in found.documents] == ["notes.txt"]


def test_a_path_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_documents([str(tmp_path / "nowhere")], tmp_path, DocumentSettings())


@pytest.mark.parametrize(("data", "text"), [("é\n".encode(), "é\n"), ("é\n".encode("latin-1"), "é\n"), (b"", "")])
def test_any_bytes_become_text(tmp_path, data, text):
    (tmp_path / "a.md").write_bytes(data)
    found = read_documents([str(tmp_path)], tmp_path, DocumentSettings())
    assert found.documents[0].text == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_byte_order_marks_are_honoured(tmp_path, encoding):
    (tmp_path / "a.md").write_bytes("\ufeff# Ausfall \u00fcber Nacht\n".encode(encoding))
    found = read_documents([str(tmp_path)], tmp_path, DocumentSettings())
    assert [document.text for document in found.documents] == ["# Ausfall \u00fcber Nacht\n"]


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\0\0", "# T".encode("utf-16-le"), b"\xff\xfeodd", b"\xff\xfe\0\xd8", b"a\0b"]
)
def test_what_is_no_text_is_unreadable_and_stops_nobody(tmp_path, data):
    (tmp_path / "a.md").write_bytes(data)
    write(tmp_path, "b.md")
    found = read_documents([str(tmp_path)], tmp_path, DocumentSettings())
    assert found.unreadable == (("a.md", "is no text"),)
    assert [document.path for document in found.documents] == ["b.md"]


def test_a_name_that_is_not_utf8_is_unreadable_and_stops_nobody(tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / os.fsdecode(b"caf\xe9.md")).write_text("# x\n")
    write(tmp_path, "b.md")
    commit(tmp_path)
    found = read_documents([str(tmp_path)], tmp_path, DocumentSettings(), find_checkout(tmp_path))
    assert found.unreadable == (("caf\ufffd.md", "its name is not UTF-8; rename it"),)
    assert [document.path for document in found.documents] == ["b.md"]


def test_a_file_that_is_reached_twice_is_read_once_under_its_own_name(tmp_path):
    write(tmp_path, "pm/a.md", "pm/2026/b.md", "elsewhere/c.md")
    (tmp_path / "pm/0-latest.md").symlink_to("a.md")
    (tmp_path / "pm/latest.md").symlink_to("a.md")
    (tmp_path / "pm/2026/latest.md").symlink_to("../a.md")
    (tmp_path / "pm/c.md").symlink_to("../elsewhere/c.md")
    (tmp_path / "again").symlink_to("pm")
    names = ["pm/2026/b.md", "pm/a.md", "pm/c.md"]
    settings = DocumentSettings(paths=("pm",))

    def read(*places):
        found = read_documents([str(tmp_path / place) for place in places], tmp_path, settings)
        return [document.path for document in found.documents]

    assert read("pm") == names
    assert read("pm", "pm/2026", "pm/a.md") == names
    assert read("pm", "again") == names
    assert read("again", "pm") == ["again/c.md", "pm/2026/b.md", "pm/a.md"]
    assert read("pm/2026/latest.md") == read("pm/latest.md") == ["pm/a.md"]
    assert read("pm", "elsewhere") == read("elsewhere", "pm") == ["elsewhere/c.md", "pm/2026/b.md", "pm/a.md"]


def test_a_folder_that_is_a_link_keeps_its_name(tmp_path):
    write(tmp_path, "real/a.md")
    (tmp_path / "pm").symlink_to("real")
    found = read_documents([str(tmp_path / "pm")], tmp_path, DocumentSettings(paths=("pm",)))
    assert [document.path for document in found.documents] == ["pm/a.md"]


def test_outside_of_a_checkout_there_is_no_revision(tmp_path):
    write(tmp_path, "a.md")
    assert find_checkout(tmp_path) is None


def test_in_a_checkout_clean_files_have_a_revision_and_a_page(tmp_path):
    git(tmp_path, "init", "--quiet")
    assert find_checkout(tmp_path) is None, "no commit yet"
    write(tmp_path, "pm/clean one.md", "pm/changed.md")
    (tmp_path / ".gitignore").write_text("ignored/\n")
    commit(tmp_path)
    git(tmp_path, "remote", "add", "origin", "git@github.com:acme/ops.git")
    write(tmp_path, "pm/new.md", "ignored/old.md")
    (tmp_path / "pm/changed.md").write_text("# other\n")
    checkout = find_checkout(tmp_path)
    found = read_documents([str(tmp_path)], tmp_path, DocumentSettings(), checkout)
    pages = {document.path: document.web_url for document in found.documents}
    assert pages == {
        "pm/clean one.md": f"https://github.com/acme/ops/blob/{checkout.revision}/pm/clean%20one.md",
        "pm/changed.md": None,
        "pm/new.md": None,
        "ignored/old.md": None,
    }
    revisions = {document.path for document in found.documents if document.revision}
    assert revisions == {"pm/clean one.md"}


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://github.com/acme/ops.git", "https://github.com/acme/ops/blob/abc"),
        ("https://x-access-token:secret@github.com/acme/ops", "https://github.com/acme/ops/blob/abc"),
        ("git@ghe.example.com:acme/ops.git", "https://ghe.example.com/acme/ops/blob/abc"),
        ("ssh://git@ghe.example.com:2222/acme/ops.git", "https://ghe.example.com/acme/ops/blob/abc"),
        ("/srv/git/ops.git", None),
        ("file:///srv/git/ops.git", None),
        (None, None),
    ],
)
def test_web_pages_of_remotes_hold_no_credentials(remote, page):
    assert web_page(remote, "abc") == page


ITEMS = ("Add monitoring for the connection pool", "Run a load test before every release", "Write a failover runbook")


TIMELINE = "\n## Timeline\n\n" + "".join(f"- 10:{minute} the load balancer gave up\n" for minute in range(10, 30))


@pytest.fixture
def place(tmp_path):
    place = Workplace(tmp_path)
    git(tmp_path, "init", "--quiet")
    place.document("a.md", postmortem(*ITEMS) + TIMELINE)
    commit(tmp_path)
    place.run()
    return place


def rename(place, *items, name="2026/b.md"):
    (place.root / "postmortems/a.md").unlink()
    place.document(name, postmortem(*items) + TIMELINE)


def test_a_renamed_document_whose_items_were_all_reworded_is_known_by_git(place):
    before = set(place.known().items)
    rename(place, *(f"{text} of the shop" for text in ITEMS))
    commit(place.root)
    place.run()
    assert set(place.known().items) == before
    assert set(place.known().documents) == {"postmortems/a.md"}
    assert place.writes == ["update"] * 3


def test_a_rename_over_several_commits_is_known(place):
    before = set(place.known().items)
    rename(place, *(f"{text} of the shop" for text in ITEMS))
    commit(place.root, "rename")
    (place.root / "README.md").write_text("# Handbook\n", "utf-8")
    commit(place.root, "more")
    place.run()
    assert set(place.known().items) == before


def test_without_the_old_commit_git_tells_no_renames(place):
    with place.store() as store:
        [document] = store.known().documents.values()
        store.record_reading([replace(document, revision="0" * 40)], [], place.now, [])
    rename(place, *(f"{text} of the shop" for text in ITEMS))
    commit(place.root)
    place.run()
    assert "postmortems/2026/b.md" in place.known().documents


def test_another_document_in_the_place_of_one_that_left_is_no_rename(place):
    (place.root / "postmortems/a.md").unlink()
    (place.root / "postmortems/b.md").write_text("# Mail was late\n\n## Follow-ups\n\n- Rotate the relay\n", "utf-8")
    commit(place.root)
    place.run(consent=Consent(everything=True))
    assert "postmortems/b.md" in place.known().documents
