"""`--write-back pr`: one pull request per repository that holds what its documents lack.

| our branch                      | documents of the base | what happens                                         |
| ------------------------------- | --------------------- | ---------------------------------------------------- |
| none                            | lack nothing          | nothing                                              |
| none                            | lack something        | branch and pull request are made                     |
| as we made it, the same content | lack the same         | the pull request is opened if there is none; or left |
| as we made it, other content    | lack something        | the branch is made anew, the pull request reworded   |
| as we made it                   | lack nothing          | the pull request is closed, the branch deleted       |
| as we made it, closed unmerged  | lack the same         | told, and left alone: a person did not want it       |
| somebody pushed to it           |                       | told, and left alone                                 |
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from connectors import ConnectorError
from connectors.forge import Base, Branch, Change, Forge, Request
from tracker.app.desk import Desk
from tracker.app.writing_back import edit, wanted_now
from tracker.errors import CloseoutError, UsageError
from tracker.model import KnownDocument
from tracker.render import pull_request as words
from tracker.sources import decode, encode, find_origin
from tracker.writeback import DocumentWritten, Mode, PullRequest, Refusal, Wish, Written

_GITHUB = "github.com"


@dataclass(frozen=True, slots=True)
class Home:
    """Where the documents live: the repository, its API, and the folder that is its top."""

    repository: str
    base_url: str
    top: Path


@dataclass(frozen=True, slots=True)
class _Page:
    """One document of the base, with the change that it takes, if any."""

    told: DocumentWritten
    path: str
    change: Change | None = None


def find_home(desk: Desk) -> Home:
    """The repository of the documents: as the settings name it, else git's `origin`.

    Raises:
        UsageError: neither tells.
    """
    settings = desk.settings.write_back
    origin = find_origin(desk.root)
    repository = settings.repository or (origin.repository if origin else None)
    if repository is None or repository.count("/") != 1:
        raise UsageError(
            "nothing tells which repository holds the documents",
            where="closeout.toml",
            advice='Set `repository = "owner/name"` in [write_back], or add a git remote named `origin`.',
        )
    host = origin.host if origin and origin.host else _GITHUB
    address = "https://api.github.com" if host == _GITHUB else f"https://{host}/api/v3"
    return Home(repository, str(settings.base_url or address), origin.top if origin else desk.root.resolve())


def written(desk: Desk, open_forge: Callable[[Home], Forge], paths: Sequence[str]) -> Written:
    """`propose`, with whatever goes wrong told instead of raised: the sync before it stands."""
    try:
        home = find_home(desk)
        with closing(open_forge(home)) as forge:
            return propose(desk, forge, home.top, paths)
    except (CloseoutError, ConnectorError) as error:
        return Written(Mode.PR, problem=str(error), advice=error.advice)


def propose(desk: Desk, forge: Forge, top: Path, paths: Sequence[str]) -> Written:
    """Bring the pull request in step with what the documents lack.

    Args:
        desk: what to work with, after a sync.
        forge: the repository that the documents live in.
        top: the folder that is the repository's top.
        paths: the documents that were synced; all when empty.

    Raises:
        ConnectorError: the repository can't be read or written. What was sent is found again by the next run.
    """
    wanted, documents = wanted_now(desk, paths), desk.store.known().documents
    branch = forge.branch()
    if not wanted and branch is None:
        return Written(Mode.PR)
    desk.progress.phase("looking at the pull request")
    if branch is not None and branch.mark is None:
        return _not_ours(desk)
    base = forge.base()
    pages = [_page(desk, forge, base, documents[key], wishes, top) for key, wishes in _by_path(wanted, documents)]
    told = tuple(page.told for page in pages if page.told.granted or page.told.refusals or page.told.problem)
    changes = {page.path: page.change for page in pages if page.change is not None}
    if any(page.told.problem for page in pages) and not changes:
        return Written(Mode.PR, told)  # what can't be read is no reason to close anything
    if not changes:
        return _withdrawn(desk, forge, branch, told)
    return _kept(desk, forge, base, branch, changes, told)


def _by_path(
    wanted: Mapping[str, Sequence[Wish]], documents: Mapping[str, KnownDocument]
) -> list[tuple[str, Sequence[Wish]]]:
    return sorted(wanted.items(), key=lambda pair: documents[pair[0]].path)


def _page(desk: Desk, forge: Forge, base: Base, document: KnownDocument, wishes: Sequence[Wish], top: Path) -> _Page:
    """A document as it is at the base, and the change that it takes there."""
    told, file = DocumentWritten(document), (desk.root / document.path).resolve()
    path = file.relative_to(top).as_posix() if file.is_relative_to(top) else ""
    there = forge.find(base, path) if path else None
    if there is None or not there.is_plain:
        why = f"left out: {base.name} of {forge.where} has no such file"
        refusals = tuple(Refusal(wish, wish.item.line, why) for wish in wishes)
        return _Page(DocumentWritten(document, refusals=refusals), path)
    data = _local(file, there.blob)
    data = forge.read(there) if data is None else data
    try:
        edited = edit(desk, document, decode(data), wishes)
        after = encode(edited.text, data)
    except ValueError as error:
        return _Page(told.failed(str(error), "Save the file as UTF-8, or put the links in by hand."), path)
    told = DocumentWritten(document, edited.granted, edited.refusals)
    return _Page(told, path, Change(there.mode, after) if edited.edits else None)


def _local(file: Path, blob: str) -> bytes | None:
    """The bytes that git calls `blob`, if they are those of the file here: then nothing has to be fetched."""
    try:
        data = file.read_bytes()
    except OSError:
        return None
    name = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    return data if name == blob else None


def _kept(
    desk: Desk,
    forge: Forge,
    base: Base,
    branch: Branch | None,
    changes: Mapping[str, Change],
    told: tuple[DocumentWritten, ...],
) -> Written:
    """The pull request with these changes: opened, reworded or left as it is."""
    name, mark = desk.settings.write_back.branch, _mark(changes)
    changed = tuple(each for each in told if each.granted)
    title, body = words.TITLE, words.body(changed, name)
    requests = forge.requests() if branch is not None else ()
    here = next((request for request in requests if request.open), None)
    latest = requests[0] if requests else None
    same = branch is not None and branch.mark == mark and not (latest and latest.merged)
    if branch is not None and same and here is None and latest is not None and latest.commit == branch.commit:
        return _declined(told, name, latest)
    if branch is None or not same:
        forge.move(forge.commit(base, changes, title, mark), branch)
    if here is None:
        return _written(told, "opened", name, forge.open(base, title, body))
    if (here.title, here.body.replace("\r\n", "\n").strip()) != (title, body.strip()):
        return _written(told, "updated", name, forge.edit(here, title, body))
    return _written(told, "unchanged" if same else "updated", name, here)


def _withdrawn(desk: Desk, forge: Forge, branch: Branch | None, told: tuple[DocumentWritten, ...]) -> Written:
    """Nothing is left to propose: the pull request is closed and the branch deleted."""
    if branch is None:
        return Written(Mode.PR, told)
    here = next((request for request in forge.requests() if request.open), None)
    if here is not None:
        forge.withdraw(here)
    forge.delete(branch)
    name = desk.settings.write_back.branch
    return _written(told, "closed", name, here) if here else Written(Mode.PR, told, PullRequest("closed", name))


def _written(told: tuple[DocumentWritten, ...], what: str, branch: str, request: Request) -> Written:
    return Written(Mode.PR, told, PullRequest(what, branch, request.number, request.url))


def _not_ours(desk: Desk) -> Written:
    branch = desk.settings.write_back.branch
    return Written(
        Mode.PR,
        problem=f"somebody pushed to {branch}; nothing was changed there",
        advice="Merge its pull request, or delete the branch: the next sync then makes it anew.",
    )


def _declined(told: tuple[DocumentWritten, ...], branch: str, request: Request) -> Written:
    left = tuple(
        DocumentWritten(
            each.document,
            refusals=(
                *each.refusals,
                *(
                    Refusal(wish, wish.item.line, f"left out: pull request #{request.number} was closed unmerged")
                    for wish in each.granted
                ),
            ),
        )
        for each in told
    )
    return Written(Mode.PR, left, PullRequest("declined", branch, request.number, request.url))


def _mark(changes: Mapping[str, Change]) -> str:
    """One word for the content of a branch."""
    digest = hashlib.sha256()
    for path, change in sorted(changes.items()):
        digest.update(b"%b\0%b\0%b\0" % (path.encode(), change.mode.encode(), hashlib.sha256(change.data).digest()))
    return digest.hexdigest()[:32]
