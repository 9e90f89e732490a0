"""`--write-back pr` against a GitHub with real git behind it and a protected default branch.

Every request is held to GitHub's OpenAPI description.
"""

from functools import partial

import pytest
import requests
from contract.faults import Answer
from contract.git_hub import REPOSITORY, GitHub, Serving
from workplace import SETTINGS, Workplace, postmortem

from connectors import IssueState, RequestRejected
from connectors.forge import Change, ForgeSettings
from connectors.github.pulls import GitHubForge
from tracker.app import Consent, Mode, proposing
from tracker.render.write_back import summary

LOAD = "Run a load test before every release"
RUNBOOK = "Write a runbook for failing over the database"
BRANCH = "closeout/links"
LOST = Answer(cut="read")


class Proposing(Workplace):
    """A workplace whose postmortems are those of a repository's default branch, as in CI."""

    def __init__(self, root, hub, settings=""):
        super().__init__(root, f'{SETTINGS}[write_back]\nmode = "pr"\nrepository = "{REPOSITORY}"\n{settings}')
        self.hub = hub

    def open_forge(self, home):
        assert home.base_url == "https://api.github.com"
        return GitHubForge(self.settings.write_back, home.repository, self.hub.url, "token", read_pauses=())

    def publish(self, name, text):
        """Somebody merges a postmortem, and CI checks it out."""
        self.document(name, text)
        self.hub.push("main", {f"postmortems/{name}": text.encode()}, name)

    def check_out(self):
        for name in self.hub.git("ls-tree", "-r", "-z", "--name-only", "main").decode().split("\0")[:-1]:
            (self.root / name).write_bytes(self.hub.file("main", name))

    def run(self, *paths, consent=None):
        self.hub.requests.clear()
        synced = super().run(*paths, consent=consent)
        self.written, settled = self.write_back(synced, paths, Mode.PR, consent or Consent())
        assert settled is None
        return synced

    @property
    def wrote(self):
        """The requests of the last run that write."""
        return [request for request in self.hub.requests if not request.startswith("GET")]


@pytest.fixture
def hub(tmp_path, description, monkeypatch):
    """The counterpart; a request that GitHub's description does not allow fails the test."""
    folder = tmp_path / "git"
    folder.mkdir()
    hub, send, wrong = GitHub(folder, {"README.md": b"# Handbook\n"}), requests.Session.send, []

    def watched(self, request, **options):
        plain = request.copy()
        plain.url = request.url.replace(hub.url, "https://api.github.com")
        try:
            description.check(plain)
        except Exception as error:  # noqa: BLE001  (told below)
            wrong.append(f"{request.method} {request.url}: {error!r} {error.__cause__!r}")
        return send(self, request, **options)

    monkeypatch.setattr(requests.Session, "send", watched)
    with Serving(hub):
        yield hub
    assert wrong == []
    assert hub.git("rev-list", "--count", "main").decode().strip().isdigit()


@pytest.fixture
def place(tmp_path, hub):
    return Proposing(tmp_path, hub)


def merged(text, number):
    return text.replace(LOAD, f"{LOAD} (#{number})")


def test_links_come_as_one_pull_request_and_its_merge_ends_it(place, hub):
    text = postmortem(LOAD, f"[ ] {RUNBOOK}")
    place.publish("a.md", text)
    main = hub.head("main")
    place.run()
    assert hub.requests == [
        "GET git/ref/heads/closeout/links",
        "GET",
        "GET branches/main",
        *hub.requests[3:5],  # two folders
        "POST git/trees",
        "POST git/commits",
        "POST git/refs",
        "POST pulls",
    ]
    assert hub.head("main") == main
    wanted = postmortem(f"{LOAD} (#1)", f"[ ] {RUNBOOK} (#2)").encode()
    assert hub.file(BRANCH, "postmortems/a.md") == wanted
    assert hub.file(BRANCH, "README.md") == b"# Handbook\n"
    assert (place.written.pull_request.what, place.written.pull_request.number) == ("opened", 1)
    place.run()
    assert place.wrote == []
    assert place.written.pull_request.what == "unchanged"
    hub.merge(1)
    place.check_out()
    place.run()
    assert place.wrote == ["DELETE git/refs/heads/closeout/links"]
    assert [pull["state"] for pull in hub.pulls] == ["closed"]
    place.run()
    assert hub.requests == ["GET git/ref/heads/closeout/links"]
    assert hub.file("main", "postmortems/a.md") == wanted


def test_new_items_and_check_marks_update_it(place, hub):
    place.publish("a.md", postmortem(f"[ ] {LOAD}"))
    place.run()
    place.by_hand(1, state=IssueState.DONE)
    place.publish("b.md", postmortem(RUNBOOK, title="B"))
    place.run()
    assert place.wrote == [
        "POST git/trees",
        "POST git/commits",
        "PATCH git/refs/heads/closeout/links",
        "PATCH pulls/1",
    ]
    assert place.written.pull_request.what == "updated"
    assert hub.file(BRANCH, "postmortems/a.md") == postmortem(f"[x] {LOAD} (#1)").encode()
    assert hub.file(BRANCH, "postmortems/b.md") == postmortem(f"{RUNBOOK} (#2)", title="B").encode()
    assert hub.git("rev-list", "--count", f"main..{BRANCH}").decode().strip() == "1"
    assert "2 links and 1 check mark for 2 postmortems" in hub.pulls[0]["body"]
    hub.merge(1, delete=True)
    place.check_out()
    place.run()
    assert hub.requests == ["GET git/ref/heads/closeout/links"]
    assert place.writes == ["update"]  # the ticked item's marker
    place.run()
    assert place.writes == []


def test_it_is_closed_when_nothing_is_left(place, hub):
    place.publish("a.md", postmortem(LOAD))
    place.run()
    place.publish("a.md", postmortem(f"{LOAD} (#1)"))
    place.run()
    assert place.wrote == ["PATCH pulls/1", "DELETE git/refs/heads/closeout/links"]
    assert place.written.pull_request.what == "closed"
    assert (hub.pulls[0]["state"], hub.pulls[0]["merged_at"]) == ("closed", None)
    assert hub.head(BRANCH) is None
    place.publish("b.md", postmortem(RUNBOOK, title="B"))
    place.run()
    assert place.written.pull_request.number == 2


def test_what_people_push_to_the_branch_is_never_overwritten(place, hub):
    place.publish("a.md", postmortem(LOAD))
    place.run()
    theirs = hub.push(BRANCH, {"note.md": b"mine\n"}, "A note of mine")
    place.publish("b.md", postmortem(RUNBOOK, title="B"))
    place.run()
    assert place.wrote == []
    assert hub.head(BRANCH) == theirs
    assert place.written.problem == "somebody pushed to closeout/links; nothing was changed there"
    assert not place.written.clean
    hub.merge(1)
    hub.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    place.check_out()
    place.run()
    assert place.written.pull_request.number == 2


def test_an_amended_commit_of_ours_counts_as_theirs(place, hub):
    place.publish("a.md", postmortem(LOAD))
    place.run()
    message = hub.git("show", "--no-patch", "--format=%B", BRANCH).decode()
    tree = hub.tree(hub.git("rev-parse", f"{BRANCH}^{{tree}}").decode().strip(), [
        {"path": "note.md", "mode": "100644", "content": "mine"}
    ])  # fmt: skip
    theirs = hub.git("commit-tree", tree, "-p", "main", "-m", message).decode().strip()
    hub.git("update-ref", f"refs/heads/{BRANCH}", theirs)
    place.run()
    assert place.wrote == []
    assert "somebody pushed" in place.written.problem


def test_a_push_at_the_last_moment_is_seen(place, hub):
    place.publish("a.md", postmortem(LOAD))
    place.run()
    place.publish("b.md", postmortem(RUNBOOK, title="B"))
    theirs = []

    def push(seen):
        if seen.path.endswith("git/commits") and seen.verb == "POST" and not theirs:
            theirs.append(hub.push(BRANCH, {"note.md": b"mine\n"}, "A note"))

    hub.after = push
    place.run()
    assert hub.head(BRANCH) == theirs[0]
    assert place.written.problem.endswith("somebody pushed to closeout/links just now")


def test_a_person_who_closes_it_is_heeded_until_there_is_something_new(place, hub):
    place.publish("a.md", postmortem(LOAD))
    place.run()
    hub.pulls[0]["state"] = "closed"
    for _ in range(2):
        place.run()
        assert place.wrote == []
        assert place.written.pull_request.what == "declined"
        [told] = place.written.documents
        assert [refusal.why for refusal in told.refusals] == ["left out: pull request #1 was closed unmerged"]
        assert place.written.clean
    place.publish("b.md", postmortem(RUNBOOK, title="B"))
    place.run()
    assert (place.written.pull_request.what, place.written.pull_request.number) == ("opened", 2)


@pytest.mark.parametrize("lost", ["git/trees", "git/commits", "git/refs", "pulls"])
@pytest.mark.parametrize("happened", [True, False])
def test_an_answer_that_is_lost_leaves_one_pull_request(place, hub, lost, happened):
    place.publish("a.md", postmortem(LOAD))
    once = [LOST]

    def lose(seen):
        return once.pop() if once and seen.verb == "POST" and seen.path.endswith(lost) else None

    setattr(hub, "after" if happened else "before", lose)
    place.run()
    assert not place.written.clean
    assert "may have happened" in place.written.problem
    assert place.written.advice.startswith("Run again: Closeout looks at its branch and pull request")
    place.run()
    assert place.written.clean
    assert [pull["state"] for pull in hub.pulls] == ["open"]
    assert hub.file(BRANCH, "postmortems/a.md") == postmortem(f"{LOAD} (#1)").encode()
    place.run()
    assert place.wrote == []


@pytest.mark.parametrize("happened", [True, False])
def test_wherever_the_line_is_cut_the_next_runs_end_alike(tmp_path, hub, happened):
    """Every request of opening, updating and closing is lost once, before or after it happened."""
    place = Proposing(tmp_path, hub)
    texts = (postmortem(LOAD), postmortem(f"{LOAD} (#1)", RUNBOOK), postmortem(f"{LOAD} (#1)", f"{RUNBOOK} (#2)"))
    place.publish("a.md", texts[0])
    for number, text in enumerate(texts):
        place.publish("a.md", text)
        cut = 0
        while True:
            count = iter(range(100))
            lose = partial(lambda count, cut, _seen: LOST if next(count) == cut else None, count, cut)
            setattr(hub, "after" if happened else "before", lose)
            place.run()
            hub.before = hub.after = lambda _: None
            if next(count) <= cut:
                break  # the run had no request more to lose
            assert not place.written.clean
            cut += 1
        place.run()
        assert place.wrote == []
        assert place.written.clean
        opened = [pull for pull in hub.pulls if pull["state"] == "open"]
        assert len(opened) == (1 if number < 2 else 0)
        assert (hub.head(BRANCH) is not None) == (number < 2)
    assert len(hub.pulls) == 1


def test_bytes_modes_and_line_ends_stay(place, hub):
    latin = postmortem("Prüfe die Größe der Tabelle").replace("\n", "\r\n").encode("latin-1")
    marked = b"\xef\xbb\xbf" + postmortem(LOAD, title="B").encode()
    for name, data in (("a.md", latin), ("b.md", marked)):
        (place.root / "postmortems" / name).write_bytes(data)
    hub.push(
        "main", {"postmortems/a.md": latin, "postmortems/b.md": marked}, "both", modes={"postmortems/b.md": "100755"}
    )
    place.run()
    assert hub.file(BRANCH, "postmortems/a.md") == latin.replace(b"Tabelle", b"Tabelle (#1)")
    assert hub.file(BRANCH, "postmortems/b.md") == marked.replace(LOAD.encode(), LOAD.encode() + b" (#2)")
    assert hub.mode(BRANCH, "postmortems/b.md") == "100755"
    assert "POST git/blobs" in place.wrote


def test_the_base_is_what_counts_not_the_files_here(place, hub):
    """Line ends as a checkout may have them, a newer base, and documents that are not there yet."""
    text = postmortem(LOAD)
    hub.push("main", {"postmortems/a.md": text.replace("It was down.", "It was down for long.").encode()}, "newer")
    place.document("a.md", text.replace("\n", "\r\n"))
    place.document("new.md", postmortem(RUNBOOK, title="B"))
    place.run()
    expected = merged(text, 1).replace("It was down.", "It was down for long.").encode()
    assert hub.file(BRANCH, "postmortems/a.md") == expected
    told = {each.document.path: each for each in place.written.documents}
    assert [refusal.why for refusal in told["postmortems/new.md"].refusals] == [
        "left out: main of write-back (acme/handbook) has no such file"
    ]
    assert place.written.clean


def test_a_symbolic_link_of_the_base_is_left_alone(place, hub):
    place.document("a.md", postmortem(LOAD))
    hub.push("main", {"postmortems/a.md": b"../elsewhere.md"}, "link", modes={"postmortems/a.md": "120000"})
    place.run()
    assert place.wrote == []


def test_the_default_branch_is_never_the_branch(tmp_path, hub):
    for branch in ("main", "develop"):
        (tmp_path / "closeout.toml").unlink(missing_ok=True)
        place = Proposing(tmp_path, hub, f'branch = "{branch}"\nbase = "develop"\n')
        place.publish("a.md", postmortem(LOAD))
        before = hub.head("main")
        place.run()
        assert place.wrote == []
        assert hub.head("main") == before
        assert not place.written.clean


def test_another_base(tmp_path, hub):
    hub.push("develop", {"README.md": b"# Handbook\n"}, "develop")
    place = Proposing(tmp_path, hub, 'base = "develop"\n')
    place.document("a.md", postmortem(LOAD))
    hub.push("develop", {"postmortems/a.md": postmortem(LOAD).encode()}, "a")
    place.run()
    assert hub.pulls[0]["base"]["ref"] == "develop"


def test_a_missing_base_is_told_with_advice(tmp_path, hub):
    place = Proposing(tmp_path, hub, 'base = "trunk"\n')
    place.publish("a.md", postmortem(LOAD))
    place.run()
    assert place.written.problem == "write-back (acme/handbook): there is no branch trunk"
    assert place.written.advice == "Mend `write_back.base`."


def test_missing_rights_are_told_with_advice(place, hub):
    place.publish("a.md", postmortem(LOAD))
    hub.before = lambda seen: Answer(403, {"message": "Resource not accessible"}) if seen.verb == "POST" else None
    place.run()
    assert "Resource not accessible" in place.written.problem
    assert "write access to contents and pull requests" in place.written.advice
    assert place.known().links  # the sync itself stands


def test_a_private_document_s_words_stay_out_of_the_pull_request(place, hub):
    place.publish("a.md", "---\nprivate: true\n---\n" + postmortem(LOAD))
    place.run()
    assert LOAD not in hub.pulls[0]["body"]
    assert "- line 14, `#1`\n" in hub.pulls[0]["body"]


def test_words_of_documents_do_nothing_in_a_pull_request(place, hub):
    words = "Let @jo check the pool as in #12 of last year"
    place.publish("a.md", postmortem(words))
    place.run()
    assert f"- line 11, `#1`: `{words}`\n" in hub.pulls[0]["body"]


def test_the_adapter_refuses_a_branch_that_moved(hub):
    with_ = GitHubForge(ForgeSettings(), REPOSITORY, hub.url, "token", read_pauses=())
    base = with_.base()
    commit = with_.commit(base, {"x.md": Change("100644", b"x\n")}, "x", "mark")
    with_.move(commit, None)
    branch = with_.branch()
    assert branch.mark == "mark"
    with pytest.raises(RequestRejected, match="already exists"):
        with_.move(commit, None)
    hub.push(BRANCH, {"y.md": b"y\n"}, "theirs")
    assert with_.branch().mark is None
    for act in (lambda: with_.move(commit, branch), lambda: with_.delete(branch)):
        with pytest.raises(RequestRejected, match="somebody pushed"):
            act()
    with_.close()


def test_a_token_that_is_none_is_told(place, monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    place.publish("a.md", postmortem(LOAD))
    monkeypatch.setattr(Proposing, "open_forge", Workplace.open_forge)
    place.run()
    assert "there is no token for pull requests" in place.written.problem


@pytest.mark.parametrize(
    ("remote", "repository", "address"),
    [
        ("https://github.com/acme/handbook.git", "acme/handbook", "https://api.github.com"),
        ("git@github.com:acme/handbook.git", "acme/handbook", "https://api.github.com"),
        ("ssh://git@git.acme.example:2222/acme/handbook", "acme/handbook", "https://git.acme.example/api/v3"),
    ],
)
def test_origin_tells_the_repository(tmp_path, hub, remote, repository, address):
    place = Workplace(tmp_path)
    hub.git("init", "--quiet", str(tmp_path), at=tmp_path)
    hub.git("remote", "add", "origin", remote, at=tmp_path)
    with place.store() as store:
        home = proposing.find_home(place._desk(store))
    assert (home.repository, home.base_url, home.top) == (repository, address, tmp_path.resolve())


def test_a_repository_nobody_told_of_is_asked_for(tmp_path):
    place = Workplace(tmp_path)
    place.document("a.md", postmortem(LOAD))
    written, _ = place.write_back(place.run(), (), Mode.PR, Consent())
    assert "nothing tells which repository holds the documents" in written.problem
    assert summary(written) == "not written"
