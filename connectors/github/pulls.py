"""One branch of ours, its pull request, and comments, in a GitHub repository by REST alone: no checkout, no git.

Requests: `branch` 1 or 2, `base` 2, `find` 1 for each folder on the way that was not looked at before, `read` and
`requests` 1 each, `remarks` 1 for each hundred, `commit` 2 and one for each file that is not UTF-8, `move` 2, `delete`
2, the others 1 each.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from connectors.errors import IssueNotFound, NotAllowed, OutcomeUnknown, RequestRejected
from connectors.forge import Base, Branch, FileThere, Remark, Request
from connectors.github import failures
from connectors.github.listing import all_pages, read
from connectors.github.values import Repository
from connectors.github.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connectors.forge import Change, ForgeSettings
    from connectors.github.credentials import AppKey

    T = TypeVar("T")

_READ_PAUSES = (0.5, 2.0)
"""Seconds before the second and third try of a read."""
_INLINE = 500_000
"""Bytes of a file that go with the tree; larger ones are sent by themselves."""
_LATEST = 10
_TRAILER = "Closeout-Links"
_MARKED = re.compile(rf"^{_TRAILER}: (\S+) ([0-9a-f]+)$", re.MULTILINE)
_RIGHTS = (
    "Give the token write access to contents and pull requests of this repository. GitHub Actions must also be allowed "
    "to create pull requests (Settings > Actions > General)."
)


class GitHubForge:
    """See `connectors.forge.Forge`."""

    def __init__(
        self,
        settings: ForgeSettings,
        repository: str,
        base_url: str,
        token: str | AppKey,
        *,
        read_pauses: tuple[float, ...] = _READ_PAUSES,
    ) -> None:
        self._repository = Repository("write-back", repository, base_url.rstrip("/"))
        self._branch, self._base = settings.branch, settings.base
        self._wire = Wire(
            base_url=self._repository.api,
            token=token,
            timeout=settings.timeout,
            ca_bundle=settings.ca_bundle,
            read_pauses=read_pauses,
            where=self.where,
            repository=repository,
        )
        self._folders: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    @property
    def where(self) -> str:
        return self._repository.where()

    def branch(self) -> Branch | None:
        commit = self._head()
        if commit is None:
            return None
        return self._read(f"git/commits/{commit}", lambda raw: Branch(commit, _mark(raw)))

    def base(self) -> Base:
        default = self._read("", lambda raw: str(raw["default_branch"]))
        name = self._base or default
        if self._branch in (name, default):
            raise NotAllowed(
                f"the branch for links is {self._branch}, which people work on",
                where=self.where,
                advice="Give `write_back.branch` a name of its own.",
            )
        try:
            return self._read(
                f"branches/{quote(name, safe='')}",
                lambda raw: Base(name, raw["commit"]["sha"], raw["commit"]["commit"]["tree"]["sha"]),
            )
        except IssueNotFound as error:
            raise NotAllowed(
                f"there is no branch {name}", where=self.where, advice="Mend `write_back.base`."
            ) from error

    def find(self, base: Base, path: str) -> FileThere | None:
        *folders, name = path.split("/")
        tree = base.tree
        for folder in folders:
            entry = self._entries(tree).get(folder)
            if entry is None or entry["type"] != "tree":
                return None
            tree = entry["sha"]
        entry = self._entries(tree).get(name)
        return FileThere(entry["mode"], entry["sha"]) if entry is not None and entry["type"] == "blob" else None

    def read(self, file: FileThere) -> bytes:
        return self._read(f"git/blobs/{file.blob}", lambda raw: base64.b64decode(raw["content"]))

    def requests(self) -> tuple[Request, ...]:
        owner = self._repository.full_name.split("/", maxsplit=1)[0]
        parameters = {
            "head": f"{owner}:{self._branch}",
            "state": "all",
            "sort": "created",
            "direction": "desc",
            "per_page": _LATEST,
        }
        return self._read("pulls", lambda raw: tuple(map(_request, raw)), parameters)

    def commit(self, base: Base, changes: Mapping[str, Change], title: str, mark: str) -> str:
        entries = [
            {"path": path, "mode": change.mode, "type": "blob", **self._content(change.data)}
            for path, change in sorted(changes.items())
        ]
        tree = self._write("POST", "git/trees", {"base_tree": base.tree, "tree": entries}, _sha)
        message = f"{title}\n\n{_TRAILER}: {mark} {tree}"
        return self._write("POST", "git/commits", {"message": message, "tree": tree, "parents": [base.commit]}, _sha)

    def move(self, commit: str, before: Branch | None) -> None:
        if before is None:
            self._write("POST", "git/refs", {"ref": f"refs/heads/{self._branch}", "sha": commit}, _ignored)
            return
        self._refuse_moved(before)
        self._write("PATCH", f"git/refs/{self._ref}", {"sha": commit, "force": True}, _ignored)

    def open(self, base: Base, title: str, body: str) -> Request:
        return self._write(
            "POST", "pulls", {"title": title, "body": body, "head": self._branch, "base": base.name}, _request
        )

    def edit(self, request: Request, title: str, body: str) -> Request:
        return self._write("PATCH", f"pulls/{request.number}", {"title": title, "body": body}, _request)

    def withdraw(self, request: Request) -> None:
        self._write("PATCH", f"pulls/{request.number}", {"state": "closed"}, _ignored)

    def remarks(self, number: int) -> Iterator[Remark]:
        try:
            yield from all_pages(self._wire, self._path(f"issues/{number}/comments"), self.where, _remark)
        except IssueNotFound as error:
            raise NotAllowed(
                f"there is no pull request #{number} that can be read", where=self.where, advice=_RIGHTS
            ) from error

    def remark(self, number: int, body: str) -> Remark:
        return self._write("POST", f"issues/{number}/comments", {"body": body}, _remark)

    def reword(self, remark: Remark, body: str) -> Remark:
        return self._write("PATCH", f"issues/comments/{remark.id}", {"body": body}, _remark)

    def delete(self, branch: Branch) -> None:
        self._refuse_moved(branch)
        self._write("DELETE", f"git/refs/{self._ref}", {}, _ignored)

    def close(self) -> None:
        self._wire.close()

    @property
    def _ref(self) -> str:
        return quote(f"heads/{self._branch}", safe="")

    def _head(self) -> str | None:
        try:
            return self._read(f"git/ref/{self._ref}", lambda raw: str(raw["object"]["sha"]))
        except IssueNotFound:
            return None

    def _refuse_moved(self, before: Branch) -> None:
        """GitHub moves a branch unconditionally: so it is looked at right before that.

        Raises:
            RequestRejected: somebody pushed to it.
        """
        if self._head() != before.commit:
            raise RequestRejected(
                f"somebody pushed to {self._branch} just now",
                where=self.where,
                advice="Nothing was overwritten; the next sync looks at it again.",
            )

    def _entries(self, tree: str) -> Mapping[str, Mapping[str, Any]]:
        """What a folder holds, by name."""
        if tree not in self._folders:
            self._folders[tree] = self._read(
                f"git/trees/{tree}", lambda raw: {str(entry["path"]): entry for entry in raw["tree"]}
            )
        return self._folders[tree]

    def _content(self, data: bytes) -> dict[str, str]:
        """How a tree takes a file's bytes: as text, else by the name of a blob that is made first."""
        try:
            if len(data) <= _INLINE:
                return {"content": data.decode("utf-8")}
        except UnicodeDecodeError:
            pass
        body = {"content": base64.b64encode(data).decode(), "encoding": "base64"}
        return {"sha": self._write("POST", "git/blobs", body, _sha)}

    def _path(self, path: str) -> str:
        return f"{self._repository.path}/{path}" if path else self._repository.path

    def _read(self, path: str, parse: Callable[[Any], T], parameters: Mapping[str, Any] | None = None) -> T:
        answer = self._wire.read(self._path(path), self.where, parameters)
        return read(failures.Request("GET", self.where), parse, answer.data)

    def _write(self, verb: str, path: str, body: Mapping[str, Any], parse: Callable[[Any], T]) -> T:
        try:
            answer = self._wire.write(verb, self._path(path), self.where, body)
            return read(failures.Request(verb, self.where), parse, answer.data)
        except OutcomeUnknown as error:
            error.advice = "Run again: Closeout looks at its branch and pull request before it sends anything again."
            raise
        except (NotAllowed, IssueNotFound) as error:
            if type(error) not in (NotAllowed, IssueNotFound):
                raise
            raise NotAllowed(error.message, where=error.where, advice=_RIGHTS) from error


def _mark(raw: Mapping[str, Any]) -> str | None:
    """What a commit of ours was marked with; not of one that somebody changed and left the message as it was."""
    found = _MARKED.search(raw["message"])
    return found[1] if found and found[2] == raw["tree"]["sha"] else None


def _sha(raw: Any) -> str:
    return str(raw["sha"])


def _ignored(_raw: Any) -> None:
    return None


def _remark(raw: Mapping[str, Any]) -> Remark:
    return Remark(int(raw["id"]), str(raw["html_url"]), raw["body"] or "")


def _request(raw: Mapping[str, Any]) -> Request:
    return Request(
        number=int(raw["number"]),
        url=str(raw["html_url"]),
        title=str(raw["title"]),
        body=raw["body"] or "",
        commit=str(raw["head"]["sha"]),
        open=raw["state"] == "open",
        merged=raw.get("merged_at") is not None,
    )
