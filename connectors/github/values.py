"""GitHub's JSON and the port's values: pure functions, no requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from connectors import marker
from connectors.interface import Comment, Issue, IssueRef, IssueState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.interface import IssuePatch

_REASONS = {
    IssueState.DONE: "completed",
    IssueState.WONT_DO: "not_planned",
    IssueState.DUPLICATE: "duplicate",
}
_NUMBERED = re.compile(r"(?:(?P<repository>[^/\s#]+/[^/\s#]+))?#(?P<number>[1-9][0-9]*)")
_PARENT = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/issues/(?P<number>[1-9][0-9]*)\Z")
_ISSUE_PATH = re.compile(r"/(?P<repository>[^/]+/[^/]+)/issues/(?P<number>[1-9][0-9]*)/?\Z")


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository at one host, as the settings name it."""

    target: str
    full_name: str
    api: str
    """The REST API's address."""

    @property
    def api_host(self) -> str:
        return urlsplit(self.api).netloc.lower()

    @property
    def html(self) -> str:
        """Where people see it: `https://github.com` for `https://api.github.com`, the server itself on Enterprise."""
        parts = urlsplit(self.api)
        host = parts.netloc.lower()
        if not parts.path.strip("/"):  # Enterprise Server serves its API below /api/v3 of the same host
            host = host.removeprefix("api.")
        return f"{parts.scheme}://{host}"

    @property
    def path(self) -> str:
        """The API's path of this repository."""
        return f"/repos/{quote(self.full_name)}"

    def issue_path(self, number: int) -> str:
        return f"{self.path}/issues/{number}"

    def owns(self, ref: IssueRef) -> bool:
        """Whether `ref` is an issue of this repository: a number alone would mean another one elsewhere."""
        return ref.key.lower() == self.ref(ref.number).key.lower()

    def where(self, number: int | None = None) -> str:
        """How errors name it."""
        return f"{self.target} ({self.full_name}{'' if number is None else f'#{number}'})"

    def is_named(self, full_name: str) -> bool:
        return full_name.lower() == self.full_name.lower()

    def ref(self, number: int, url: str = "") -> IssueRef:
        return IssueRef(
            target=self.target,
            number=number,
            # GitHub minds no case: another spelling in the settings must not make other issues of the same ones.
            key=f"{self.full_name.lower()}#{number}",
            url=url or f"{self.html}/{self.full_name}/issues/{number}",
        )

    def reference(self, text: str) -> IssueRef | None:
        """The issue of this repository that `text` names: `#12`, `owner/repo#12` or the address of its page."""
        text = text.strip()
        if found := _NUMBERED.fullmatch(text):
            named = found["repository"]
            return self.ref(int(found["number"])) if named is None or self.is_named(named) else None
        try:
            url = urlsplit(text)
        except ValueError:
            return None
        if url.scheme not in {"http", "https"} or url.netloc.lower() != urlsplit(self.html).netloc:
            return None
        found = _ISSUE_PATH.fullmatch(url.path)
        return self.ref(int(found["number"])) if found and self.is_named(found["repository"]) else None

    def issue(self, raw: Mapping[str, Any]) -> Issue:
        """The issue that GitHub's JSON tells.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: it is not an issue.
        """
        body = raw["body"] or ""
        managed, tie = marker.read(body)
        return Issue(
            ref=self.ref(int(raw["number"]), str(raw["html_url"])),
            title=str(raw["title"]),
            body=body,
            managed=managed,
            marker=tie,
            state=state_of(raw),
            labels=frozenset(label if isinstance(label, str) else label["name"] for label in raw["labels"]),
            assignees=frozenset(user["login"] for user in raw["assignees"] or ()),
            created_at=time_of(raw["created_at"]),
            updated_at=time_of(raw["updated_at"]),
            closed_at=time_of(raw["closed_at"]) if raw.get("closed_at") else None,
            author=str((raw.get("user") or {}).get("login") or ""),
            locked=bool(raw.get("locked")),
            parent=_parent(raw),
            reopened=raw["state"] == "open" and raw.get("state_reason") == "reopened",
        )

    def listed(self, raw: Mapping[str, Any]) -> tuple[datetime, Issue | None]:
        """When a listed thing last changed, and the issue; None in its place for a pull request."""
        return time_of(raw["updated_at"]), None if is_pull_request(raw) else self.issue(raw)

    def elsewhere(self, issue: Issue, number: int) -> str | None:
        """Where `issue` really lives when it is not `number` of this repository; None when all is well."""
        found = _ISSUE_PATH.search(urlsplit(issue.ref.url).path)
        here = found is not None and self.is_named(found["repository"]) and issue.ref.number == number
        return None if here else issue.ref.url


def _parent(raw: Mapping[str, Any]) -> str:
    """The key of the issue above this one."""
    found = _PARENT.search(str(raw.get("parent_issue_url") or ""))
    return f"{found['repository'].lower()}#{found['number']}" if found else ""


def comment(raw: Mapping[str, Any]) -> Comment:
    """The comment that GitHub's JSON tells; who left GitHub is `ghost`, as on its pages."""
    return Comment(
        id=str(int(raw["id"])),
        body=raw["body"] or "",
        author=raw["user"]["login"] if raw.get("user") else "ghost",
        created_at=time_of(raw["created_at"]),
    )


def is_pull_request(raw: Mapping[str, Any]) -> bool:
    """GitHub lists pull requests among the issues."""
    return raw.get("pull_request") is not None


def state_of(raw: Mapping[str, Any]) -> IssueState:
    """Closed without a reason is done (GitHub gave none before 2022); a reason that we do not know is not."""
    if raw["state"] == "open":
        return IssueState.OPEN
    reason = raw.get("state_reason")
    if reason is None:
        return IssueState.DONE
    return next((state for state, known in _REASONS.items() if known == reason), IssueState.WONT_DO)


def time_of(text: str) -> datetime:
    """GitHub's times are UTC; one without an offset is read as such."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def time_text(time: datetime) -> str:
    """As GitHub wants `since`: UTC, whole seconds, a literal Z."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def changes(issue: Issue, patch: IssuePatch) -> dict[str, Any]:
    """What to send so that `issue` becomes as `patch` wants it.

    Title, state and assignees are sent as asked. Body and labels can only be sent whole, that is with what people put
    there, as last read; so they are sent only when they really change.
    """
    sent: dict[str, Any] = {}
    if patch.title is not None:
        sent["title"] = patch.title
    if patch.managed is not None:
        tie = patch.marker or issue.marker
        if tie is None:
            raise ValueError("a managed block needs a marker")
        body = marker.write(issue.body, patch.managed, tie)
        if body != issue.body:
            sent["body"] = body
    if patch.state is not None:
        sent |= _state_change(issue.state, patch.state)
    labels = _labels(issue.labels, patch)
    if labels != issue.labels:
        sent["labels"] = sorted(labels)
    if patch.assignees is not None:
        sent["assignees"] = sorted(patch.assignees)
    return sent


def _state_change(before: IssueState, after: IssueState) -> dict[str, str]:
    if after is IssueState.OPEN:
        return {"state": "open", "state_reason": "reopened"} if before.closed else {"state": "open"}
    return {"state": "closed", "state_reason": _REASONS[after]}


def _labels(present: frozenset[str], patch: IssuePatch) -> frozenset[str]:
    """`present` with what is added, without what is removed.

    GitHub tells labels apart without regard to case; the present spelling stays.
    """
    known = {label.lower() for label in present}
    wanted = present | {label for label in patch.add_labels if label.lower() not in known}
    unwanted = {label.lower() for label in patch.remove_labels}
    return frozenset(label for label in wanted if label.lower() not in unwanted)
