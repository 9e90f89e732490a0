"""Jira's JSON and the port's values: pure functions, no requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from connectors.interface import Issue, IssueRef
from connectors.jira import states, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.interface import IssuePatch
    from connectors.jira.block import Tie
    from connectors.settings import JiraSettings

FIELDS = (
    "summary",
    "description",
    "status",
    "resolution",
    "resolutiondate",
    "statuscategorychangedate",  # Cloud
    "labels",
    "assignee",
    "creator",
    "created",
    "updated",
    "duedate",
    "priority",
    "parent",
    "project",
    "archiveddate",  # Data Center
)
"""The fields that are asked for of each issue."""

_KEY = re.compile(r"(?P<project>[A-Z][A-Z0-9_]+)-(?P<number>[1-9][0-9]{0,17})", re.IGNORECASE)
_PAGES = re.compile(r"/(?:browse|issues)/(?P<key>[^/]+)/?\Z")
_WESTERNMOST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Project:
    """One project of one site, as the settings name it."""

    target: str
    key: str
    site: str
    """Its address without a slash at the end, with its context path."""

    @property
    def host(self) -> str:
        """The site in a word, with its context path."""
        parts = urlsplit(self.site)
        return f"{parts.netloc}{parts.path}".lower()

    def where(self, key: str = "") -> str:
        """How errors name it."""
        return f"{self.target} ({key or self.key})"

    def ref(self, key: str) -> IssueRef:
        """The issue that `key` names. Its number is that of the key: it grows as issues come to be here.

        Raises:
            ValueError: it is no key.
        """
        found = _KEY.fullmatch(key)
        if found is None:
            raise ValueError(f"no key of an issue: {key!r}")
        return IssueRef(self.target, int(found["number"]), key.upper(), f"{self.site}/browse/{key.upper()}")

    def owns(self, ref: IssueRef) -> bool:
        """Whether `ref` is an issue of this project."""
        return ref.key.upper() == f"{self.key}-{ref.number}"

    def reference(self, text: str) -> IssueRef | None:
        """The issue of this project that `text` names: its key, or the address of a page that shows it."""
        key = self._shown(text.strip())
        found = _KEY.fullmatch(key)
        return self.ref(key) if found and found["project"].upper() == self.key else None

    def here(self, url: str) -> bool:
        """Whether `url` is an address of this site."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        site = urlsplit(self.site)
        same = parts.netloc.lower() == site.netloc.lower() and parts.path.startswith(f"{site.path}/")
        return same and parts.scheme in {"http", "https"}

    def _shown(self, text: str) -> str:
        """The key in an address of this site: an issue's own page, or a board or list with that issue opened."""
        if not self.here(text):
            return text
        parts = urlsplit(text)
        selected = next((value for name, value in parse_qsl(parts.query) if name == "selectedIssue"), "")
        found = _PAGES.search(parts.path)
        return selected or (found["key"] if found else "")


@dataclass(frozen=True, slots=True)
class Seen:
    """An issue as Jira told it: the port's value, and what an update needs besides."""

    issue: Issue
    raw: Mapping[str, Any]
    tie: Tie | None
    account: str
    """Who is assigned, empty for nobody."""

    @property
    def id(self) -> int:
        """Jira's own number of the issue, which it keeps wherever it is moved."""
        return int(self.raw["id"])

    @property
    def description(self) -> Any:
        """As it stands there: ADF or None on Cloud, wiki text on Data Center."""
        return self.raw["fields"].get("description")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads issues of one project. `epic_link`: the field that holds an issue's epic on Data Center, if wanted."""

    project: Project
    meanings: states.Meanings
    priorities: Mapping[str, str]
    cloud: bool
    epic_link: str = ""

    @classmethod
    def of(cls, project: Project, settings: JiraSettings, *, cloud: bool, epic_link: str = "") -> Reader:
        """The reader that these settings want."""
        return cls(project, states.Meanings.of(settings), settings.priorities, cloud, epic_link)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields to ask for."""
        return (*FIELDS, self.epic_link) if self.epic_link else FIELDS

    def seen(self, raw: Mapping[str, Any]) -> Seen:
        """The issue that Jira's JSON tells.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: it is not an issue.
        """
        fields = raw["fields"]
        int(raw["id"])
        body, managed, tie = texts.read(raw, cloud=self.cloud)
        account = account_of(fields.get("assignee"))
        state = states.state_of(fields, self.meanings)
        updated = time_of(fields["updated"])
        issue = Issue(
            ref=self.project.ref(str(raw["key"])),
            title=str(fields["summary"]),
            body=body,
            managed=managed,
            marker=tie.marker if tie else None,
            state=state,
            labels=frozenset(map(str, fields.get("labels") or ())),
            assignees=frozenset({named(account, tie)} if account else ()),
            created_at=time_of(fields["created"]),
            updated_at=updated,
            closed_at=closed_at(fields) if state.closed else None,
            due=date.fromisoformat(fields["duedate"]) if fields.get("duedate") else None,
            priority=priority_in(fields.get("priority"), self.priorities),
            author=account_of(fields.get("creator")),
            parent=self._parent(fields),
        )
        return Seen(issue, raw, tie, account)

    def elsewhere(self, seen: Seen, ref: IssueRef) -> bool:
        """Whether the issue that was asked for by `ref` has another key now."""
        return seen.issue.ref.key != ref.key.upper()

    def _parent(self, fields: Mapping[str, Any]) -> str:
        parent = fields.get("parent") or {}
        return str(parent.get("key") or fields.get(self.epic_link) or "")


def account_of(user: Mapping[str, Any] | None) -> str:
    """What names a user: the account id on Cloud, the user name on Data Center; empty for nobody."""
    return str((user or {}).get("accountId") or (user or {}).get("name") or "")


def named(account: str, tie: Tie | None) -> str:
    """The name that was asked for when this account was assigned."""
    return str(tie.people.get(account, account)) if tie else account


def priority_in(raw: Mapping[str, Any] | None, priorities: Mapping[str, str]) -> str | None:
    """A priority as documents write it, where only one of them means Jira's; else Jira's own name of it."""
    name = str((raw or {}).get("name") or "")
    meant = [ours for ours, theirs in priorities.items() if theirs.casefold() == name.casefold()]
    return (meant[0] if len(meant) == 1 else name) or None


def priority_out(ours: str, priorities: Mapping[str, str]) -> str:
    """Jira's name for a priority as documents write it."""
    return next((theirs for each, theirs in priorities.items() if each.casefold() == ours.casefold()), ours)


def one_line(title: str) -> str:
    """Jira refuses line ends in a summary, and trims it."""
    return " ".join(title.splitlines()).strip()


def time_of(text: str) -> datetime:
    """Jira's times carry an offset, as in `+0200`; one without is read as UTC."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def closed_at(fields: Mapping[str, Any]) -> datetime:
    """A workflow that sets no resolution leaves no date of it, and Data Center tells no other one."""
    return time_of(fields.get("resolutiondate") or fields.get("statuscategorychangedate") or fields["updated"])


def changes(seen: Seen, patch: IssuePatch, priorities: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plain `fields` and the `update` operations that make of an issue what `patch` wants.

    What is so already is not sent, so that nobody is notified of nothing. Labels are added and taken away one by one:
    what people add meanwhile stays.
    """
    now = seen.issue
    fields: dict[str, Any] = {}
    if patch.title is not None and one_line(patch.title) != now.title:
        fields["summary"] = one_line(patch.title)
    if (patch.due is not None or patch.clear_due) and patch.due != now.due:
        fields["duedate"] = patch.due.isoformat() if patch.due else None
    wanted = priority_out(patch.priority, priorities) if patch.priority is not None else None
    there = str((seen.raw["fields"].get("priority") or {}).get("name") or "")
    if (wanted is not None or patch.clear_priority) and (wanted or "").casefold() != there.casefold():
        fields["priority"] = {"name": wanted} if wanted else None
    operations = [
        *({"add": label} for label in sorted(patch.add_labels - now.labels - patch.remove_labels)),
        *({"remove": label} for label in sorted(patch.remove_labels & now.labels)),
    ]
    return fields, {"labels": operations} if operations else {}


def zone_of(name: str) -> ZoneInfo | None:
    """The time zone of this name; None where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return None


def minute_text(since: datetime, zone: ZoneInfo | None) -> str:
    """A time for JQL, never later than `since`, however Jira reads it.

    JQL knows minutes, in the time zone of the account that asks:
    https://support.atlassian.com/jira-software-cloud/docs/jql-fields/#Updated . Where a clock that is set back shows a
    time twice, the second may be meant: then the time is as much earlier. In a zone that is not known here it is the
    earliest that any clock on earth shows.
    """
    if zone is None:
        return f"{since.astimezone(UTC) - _WESTERNMOST:%Y-%m-%d %H:%M}"
    local = since.astimezone(zone)
    twice = (local.utcoffset() or timedelta()) - (local.replace(fold=1).utcoffset() or timedelta())
    if local.fold == 0 and twice > timedelta(0):
        local = (since - twice).astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M}"


def quoted(text: str) -> str:
    """A string of JQL."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def jql(project: str, *, label: str = "", since: str = "", is_open: bool = False, more: str = "") -> str:
    """What finds a project's issues, oldest change first: with a label, changed at that minute or later, not closed.

    `more` is a further clause.
    """
    clauses = [f"project = {quoted(project)}"]
    if label:
        clauses.append(f"labels = {quoted(label)}")
    if since:
        clauses.append(f"updated >= {quoted(since)}")
    if is_open:
        clauses.append("statusCategory != Done")
    if more:
        clauses.append(more)
    return f"{' AND '.join(clauses)} ORDER BY updated ASC, key ASC"
