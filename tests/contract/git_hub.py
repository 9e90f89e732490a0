"""A GitHub repository whose files are a real git repository: Git data, branches (protected ones, too), pull requests.

What GitHub's API documents of these and nothing else; made from its OpenAPI description and served by `Serving`.
"""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from contract.faults import Answer, FaultServer, _Handler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contract.faults import Seen

REPOSITORY = "acme/handbook"
_AUTHOR = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


class _WithDelete(_Handler):
    disable_nagle_algorithm = True
    do_DELETE = _Handler._serve  # noqa: N815  (http.server's name)


class Serving(FaultServer):
    """`hub` on a port of this machine."""

    def __init__(self, hub: GitHub) -> None:
        super().__init__(hub.answer)
        self._server.RequestHandlerClass = _WithDelete
        hub.url = self.url


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.answer = Answer(status, {"message": message, "documentation_url": "https://docs.github.com/rest"})


class GitHub:
    """`requests` holds verb and path of each request. `before` and `after` may answer instead: so answers get lost."""

    def __init__(self, folder: Path, files: Mapping[str, bytes]) -> None:
        self.folder, self.url = folder / "hub.git", ""
        self.protected = {"main"}
        self.pulls: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.before: Callable[[Seen], Answer | None] = lambda _: None
        self.after: Callable[[Seen], Answer | None] = lambda _: None
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.folder), at=folder)
        self.push("main", files, "first")

    # The hands of people

    def git(self, *arguments: str, given: bytes = b"", at: Path | None = None, **environment: str) -> bytes:
        done = subprocess.run(
            ["git", "-C", str(at or self.folder), *arguments],
            input=given,
            capture_output=True,
            check=False,
            env={**os.environ, **_AUTHOR, **environment},
        )
        if done.returncode:
            raise Refused(422, done.stderr.decode().strip())
        return done.stdout

    def head(self, branch: str) -> str | None:
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}").decode().strip()
        except Refused:
            return None

    def push(
        self, branch: str, files: Mapping[str, bytes], message: str, *, modes: Mapping[str, str] | None = None
    ) -> str:
        """A commit on top of a branch, which is made if need be."""
        before = self.head(branch)
        entries = [
            {"path": path, "mode": (modes or {}).get(path, "100644"), "sha": self.blob(data)}
            for path, data in files.items()
        ]
        tree = self.tree(self.git("rev-parse", f"{before}^{{tree}}").decode().strip() if before else None, entries)
        parents = ["-p", before] if before else []
        commit = self.git("commit-tree", tree, *parents, "-m", message).decode().strip()
        self.git("update-ref", f"refs/heads/{branch}", commit)
        self._follow(branch, commit)
        return commit

    def file(self, branch: str, path: str) -> bytes:
        return self.git("cat-file", "blob", f"refs/heads/{branch}:{path}")

    def mode(self, branch: str, path: str) -> str:
        return self.git("ls-tree", f"refs/heads/{branch}", path).decode().split()[0]

    def merge(self, number: int, *, delete: bool = False) -> None:
        """Merge a pull request with a commit of its own."""
        pull = self.pulls[number - 1]
        base, branch = pull["base"]["ref"], pull["head"]["ref"]
        head, main = pull["head"]["sha"], self.head(base)
        tree = self.git("merge-tree", "--write-tree", str(main), head).decode().split()[0]
        commit = self.git("commit-tree", tree, "-p", str(main), "-p", head, "-m", f"Merge #{number}").decode().strip()
        self.git("update-ref", f"refs/heads/{base}", commit)
        pull |= {"state": "closed", "merged_at": "2026-11-23T09:00:00Z"}
        if delete:
            self.git("update-ref", "-d", f"refs/heads/{branch}")

    # Git data

    def blob(self, data: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", given=data).decode().strip()

    def tree(self, base: str | None, entries: list[dict[str, Any]]) -> str:
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base:
                self.git("read-tree", base, **index)
            for entry in entries:
                sha = entry["sha"] if "sha" in entry else self.blob(entry["content"].encode())
                self.git("update-index", "--add", "--cacheinfo", f"{entry['mode']},{sha},{entry['path']}", **index)
            return self.git("write-tree", **index).decode().strip()

    def _commit(self, sha: str) -> dict[str, Any]:
        tree, message = self.git("show", "--no-patch", "--format=%T%n%B", sha).decode().split("\n", 1)
        return {"sha": sha, "tree": {"sha": tree}, "message": message.rstrip("\n")}

    # Requests

    def answer(self, seen: Seen) -> Answer:
        path = unquote(seen.path.removeprefix(f"/repos/{REPOSITORY}")).strip("/")
        self.requests.append(f"{seen.verb} {path}".strip())
        try:
            return self.before(seen) or self._made(seen, path)
        except Refused as error:
            return error.answer

    def _made(self, seen: Seen, path: str) -> Answer:
        made = self._route(seen, path)
        return self.after(seen) or made

    def _route(self, seen: Seen, path: str) -> Answer:  # noqa: C901, PLR0911, PLR0912 - one line for each operation
        verb, (what, _, rest) = seen.verb, path.partition("/")
        if what == "git":
            what, _, rest = rest.partition("/")
        branch = rest.removeprefix("heads/")
        match verb, what:
            case "GET", "":
                return Answer(200, {"default_branch": "main", "full_name": REPOSITORY})
            case "GET", "branches":
                commit = self._commit(self._existing(rest, "Branch not found"))
                body = {"sha": commit["sha"], "commit": commit}
                return Answer(200, {"name": rest, "commit": body, "protected": rest in self.protected})
            case "GET", "ref":
                return Answer(200, {"ref": f"refs/{rest}", "object": {"sha": self._existing(branch), "type": "commit"}})
            case "GET", "commits":
                return Answer(200, self._commit(rest))
            case "GET", "trees":
                return Answer(200, {"sha": rest, "truncated": False, "tree": self._listed(rest)})
            case "GET", "blobs":
                data = base64.encodebytes(self.git("cat-file", "blob", rest)).decode()
                return Answer(200, {"sha": rest, "encoding": "base64", "content": data})
            case "GET", "pulls":
                owner, _, name = seen.query["head"].partition(":")
                assert owner == REPOSITORY.split("/", maxsplit=1)[0]
                found = [pull for pull in reversed(self.pulls) if pull["head"]["ref"] == name]
                return Answer(200, [pull for pull in found if seen.query["state"] in ("all", pull["state"])])
            case "POST", "blobs":
                return Answer(201, {"sha": self.blob(base64.b64decode(seen.body["content"]))})
            case "POST", "trees":
                return Answer(201, {"sha": self.tree(seen.body["base_tree"], seen.body["tree"])})
            case "POST", "commits":
                parents = [part for parent in seen.body["parents"] for part in ("-p", parent)]
                message = seen.body["message"].encode()
                sha = self.git("commit-tree", seen.body["tree"], *parents, "-F", "-", given=message).decode().strip()
                return Answer(201, {"sha": sha})
            case "POST", "refs":
                return self._make(seen.body["ref"].removeprefix("refs/heads/"), seen.body["sha"])
            case "PATCH", "refs":
                return self._move(branch, seen.body)
            case "DELETE", "refs":
                self._existing(branch)
                self.git("update-ref", "-d", f"refs/heads/{branch}")
                return Answer(204, raw=b"")
            case "POST", "pulls":
                return self._open(seen.body)
            case "PATCH", "pulls":
                self.pulls[int(rest) - 1] |= seen.body
                return Answer(200, self.pulls[int(rest) - 1])
        raise Refused(404, "Not Found")

    def _existing(self, branch: str, otherwise: str = "Not Found") -> str:
        head = self.head(branch)
        if head is None:
            raise Refused(404, otherwise)
        return head

    def _listed(self, tree: str) -> list[dict[str, Any]]:
        rows = self.git("ls-tree", "-z", tree).decode().split("\0")[:-1]
        parts = [(row.split("\t")[0].split(" "), row.split("\t", 1)[1]) for row in rows]
        return [{"path": path, "mode": mode, "type": kind, "sha": sha} for (mode, kind, sha), path in parts]

    def _make(self, branch: str, sha: str) -> Answer:
        if self.head(branch) is not None:
            raise Refused(422, "Reference already exists")
        self.git("update-ref", f"refs/heads/{branch}", sha)
        return Answer(201, {"ref": f"refs/heads/{branch}", "object": {"sha": sha}})

    def _move(self, branch: str, body: dict[str, Any]) -> Answer:
        if branch in self.protected:
            raise Refused(422, f"Protected branch update failed for refs/heads/{branch}.")
        before = self._existing(branch)
        if not body.get("force") and self.git("merge-base", before, body["sha"]).decode().strip() != before:
            raise Refused(422, "Update is not a fast forward")
        self.git("update-ref", f"refs/heads/{branch}", body["sha"])
        self._follow(branch, body["sha"])
        return Answer(200, {"ref": f"refs/heads/{branch}", "object": {"sha": body["sha"]}})

    def _open(self, body: dict[str, Any]) -> Answer:
        head, base = self._existing(body["head"]), self._existing(body["base"])
        if any(pull["state"] == "open" and pull["head"]["ref"] == body["head"] for pull in self.pulls):
            raise Refused(422, f"A pull request already exists for acme:{body['head']}.")
        if self.git("merge-base", head, base).decode().strip() == head:
            raise Refused(422, f"No commits between {body['base']} and {body['head']}")
        number = len(self.pulls) + 1
        self.pulls.append(
            {
                "number": number,
                "html_url": f"{self.url}/{REPOSITORY}/pull/{number}",
                "title": body["title"],
                "body": body["body"],
                "state": "open",
                "merged_at": None,
                "head": {"ref": body["head"], "sha": head},
                "base": {"ref": body["base"]},
            }
        )
        return Answer(201, self.pulls[-1])

    def _follow(self, branch: str, sha: str) -> None:
        """An open pull request shows its branch's last commit."""
        for pull in self.pulls:
            if pull["state"] == "open" and pull["head"]["ref"] == branch:
                pull["head"]["sha"] = sha
