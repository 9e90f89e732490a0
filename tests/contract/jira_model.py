"""What the small Jira knows and how it tells it: issues, people, statuses and the ways between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contract.jira_fields import RESOLUTIONS, Meta, meta, named, standard_screen

PROJECT, PROJECT_ID = "OPS", "10000"
CATEGORIES = {
    "new": {"id": 2, "key": "new", "colorName": "blue-gray", "name": "To Do"},
    "indeterminate": {"id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"},
    "done": {"id": 3, "key": "done", "colorName": "green", "name": "Done"},
}
LINK_TYPES = [
    {"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
    {"id": "10002", "name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"},
    {"id": "10003", "name": "Relates", "inward": "relates to", "outward": "relates to"},
]
PERMISSIONS = frozenset(
    {
        "ADD_COMMENTS",
        "ADMINISTER_PROJECTS",
        "ASSIGNABLE_USER",
        "ASSIGN_ISSUES",
        "BROWSE_PROJECTS",
        "CLOSE_ISSUES",
        "CREATE_ISSUES",
        "EDIT_ISSUES",
        "LINK_ISSUES",
        "MODIFY_REPORTER",
        "RESOLVE_ISSUES",
        "SCHEDULE_ISSUES",
        "TRANSITION_ISSUES",
        "USER_PICKER",
    }
)
LEVELS = {"Epic": 1, "Task": 0, "Bug": 0, "Sub-task": -1}


@dataclass(frozen=True)
class Way:
    """A transition. `screen` holds the fields that it takes; `resolution` is what it sets by itself."""

    id: str
    name: str
    to: str
    screen: Mapping[str, Meta] = field(default_factory=dict)
    resolution: str | None = None


@dataclass
class Issue:
    id: int
    key: str
    kind: str
    fields: dict[str, Any]
    created: datetime
    updated: datetime
    status: str
    reporter: str
    category_changed: datetime
    resolution: str | None = None
    resolved: datetime | None = None
    archived: bool = False
    properties: dict[str, Any] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    remote: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    """Changes of status and resolution: their `author`, `created` and `items`."""
    pulls: int = 0
    """How many open pull requests its development panel shows."""


@dataclass
class People:
    """Accounts by id. Some hide their e-mail address; some are gone; some can't be assigned here."""

    accounts: dict[str, tuple[str, str]]
    """Display name and e-mail address."""
    bot: str = "712020:bot"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Zurich"))
    inactive: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    """Who can't be assigned."""

    def json(self, account: str, *, of_self: bool = False) -> dict[str, Any]:
        name, address = self.accounts[account]
        told = {"accountId": account, "accountType": "atlassian", "displayName": name}
        told |= {"active": account not in self.inactive}
        return told | ({} if account in self.hidden else {"emailAddress": address}) | self._zone(of_self=of_self)

    def _zone(self, *, of_self: bool) -> dict[str, str]:
        return {"timeZone": self.zone.key} if of_self else {}

    def assignable(self, account: str) -> str | None:
        able = account in self.accounts and account not in self.inactive | self.strangers
        return account if able else None

    def found(self, query: Mapping[str, str], *, assignable: bool) -> list[dict[str, Any]]:
        """By account id, or by the beginning of a name or of an address, be it hidden or not (Guess)."""
        begin, most = int(query.get("startAt", 0)), int(query.get("maxResults", 50))
        accounts = [each for each in self.accounts if self._fits(each, query)]
        told = [self.json(each) for each in accounts if not assignable or self.assignable(each)]
        return told[begin : begin + most]

    def _fits(self, account: str, query: Mapping[str, str]) -> bool:
        if "accountId" in query:
            return account == query["accountId"]
        wanted = query.get("query", "").casefold()
        name, address = (each.casefold() for each in self.accounts[account])
        return any(each.startswith(wanted) for each in (address, name, *name.split()))


def team() -> People:
    return People(
        {
            "712020:bot": ("Closeout", "bot@example.com"),
            "5b10a2844c20165700ede21g": ("Ana Lima", "ana@example.com"),
            "712020:b0-chen": ("Bo Chen", "bo@example.com"),
            "712020:left": ("Cy Gone", "cy@example.com"),
        },
        inactive={"712020:left"},
    )


def workflow() -> dict[str, list[Way]]:
    """From anywhere to anywhere else; closing shows a screen that demands a resolution."""
    screen = {"resolution": meta("Resolution", "resolution", required=True, system="resolution")}
    screen["resolution"]["allowedValues"] = named(*RESOLUTIONS, first=10_000)
    every = [
        Way("11", "Back to start", "To Do"),
        Way("21", "Begin", "In Progress"),
        Way("31", "Finish", "Done", screen),
    ]
    return {name: [way for way in every if way.to != name] for name in ("To Do", "In Progress", "Done")}


class Telling:
    """What the small Jira tells of its issues and settings.

    `screens` are what each type of issue is opened and edited with, `statuses` the category of each; an issue starts in
    the first.
    """

    def __init__(self) -> None:
        self.url = ""
        self.people = team()
        self.statuses = {"To Do": "new", "In Progress": "indeterminate", "Done": "done"}
        self.screens = {kind: standard_screen() for kind in LEVELS}
        del self.screens["Epic"]["parent"]
        self.issues: dict[int, Issue] = {}
        self.moved: dict[str, str] = {}
        """Keys that issues had before, each with the one it got."""

    def live(self) -> list[Issue]:
        return [issue for issue in self.issues.values() if not issue.archived]

    def seek(self, key: str) -> Issue | None:
        """By id or key, in any case, also by a key of before."""
        key = self.moved.get(key.upper(), key.upper())
        return next((issue for issue in self.live() if key in (str(issue.id), issue.key)), None)

    def json(self, issue: Issue, fields: Collection[str], wanted: Collection[str]) -> dict[str, Any]:
        """As Jira tells it: the fields and properties that are asked for."""
        kept = {key: value for key, value in issue.properties.items() if "*all" in wanted or key in wanted}
        more = {"properties": deepcopy(kept)} if wanted else {}
        if list(fields) == ["id"]:
            return {"id": str(issue.id)} | more
        every = self.told(issue)
        dropped = {each[1:] for each in fields if each.startswith("-")}
        if not any(each in ("*all", "*navigable") for each in fields) and len(dropped) < len(fields):
            every = {key: value for key, value in every.items() if key in fields}
        every = {key: value for key, value in every.items() if key not in dropped}
        return {"expand": "", **self.short(issue), "fields": every} | more

    def changelog(self, issue: Issue) -> dict[str, Any]:
        """The newest change first."""
        told = [
            {**each, "id": str(40_000 + number), "author": self.people.json(each["author"])}
            | {"created": self.time(each["created"])}
            for number, each in enumerate(issue.history)
        ]
        return {"startAt": 0, "maxResults": len(told), "total": len(told), "histories": told[::-1]}

    def short(self, issue: Issue) -> dict[str, Any]:
        return {"id": str(issue.id), "key": issue.key, "self": f"{self.url}/rest/api/3/issue/{issue.id}"}

    def told(self, issue: Issue) -> dict[str, Any]:
        """All fields."""
        values = dict.fromkeys(self.screens[issue.kind]) | deepcopy(issue.fields)
        category = {"statusCategory": CATEGORIES[self.statuses[issue.status]]}
        parent = self.issues.get(self._id_of(values.get("parent")))
        done = next((each for each in named(*RESOLUTIONS, first=10_000) if each["name"] == issue.resolution), None)
        values |= {
            "project": self.project() | {"key": issue.key.rpartition("-")[0]},
            "issuetype": self.type(issue.kind),
            "labels": values.get("labels") or [],
            "components": values.get("components") or [],
            "fixVersions": values.get("fixVersions") or [],
            "assignee": self.people.json(values["assignee"]) if values.get("assignee") else None,
            "reporter": self.people.json(issue.reporter),
            "creator": self.people.json(self.people.bot),
            "status": self.status(issue.status),
            "resolution": done,
            "resolutiondate": self.time(issue.resolved),
            "statuscategorychangedate": self.time(issue.category_changed),
            "created": self.time(issue.created),
            "updated": self.time(issue.updated),
            "issuelinks": [self._linked(each, number) for number, each in enumerate(issue.links)],
            "comment": {"comments": [], "total": len(issue.comments), "maxResults": 0, "startAt": 0},
        }
        values.pop("parent", None)
        if parent is not None:
            values["parent"] = self.short(parent) | {"fields": {"summary": parent.fields["summary"]}}
        return values | category

    def _linked(self, link: Mapping[str, Any], number: int) -> dict[str, Any]:
        side = "outward" if "outward" in link else "inward"
        other = self.issues.get(link[side])
        return {"id": str(30_000 + number), "type": link["type"]} | (
            {f"{side}Issue": self.short(other)} if other else {}
        )

    def time(self, at: datetime | None) -> str | None:
        """In the asker's time zone, as in `2025-07-25T21:15:09.378+0200`."""
        if at is None:
            return None
        local = at.astimezone(self.people.zone)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"

    def status(self, name: str) -> dict[str, Any]:
        number = str(10_000 + list(self.statuses).index(name))
        return {"id": number, "name": name, "description": "", "statusCategory": CATEGORIES[self.statuses[name]]}

    def way(self, way: Way, *, expanded: bool) -> dict[str, Any]:
        plain = {"id": way.id, "name": way.name, "to": self.status(way.to), "hasScreen": bool(way.screen)}
        return plain | {"isAvailable": True} | ({"fields": deepcopy(dict(way.screen))} if expanded else {})

    def types(self) -> list[dict[str, Any]]:
        return [self.type(kind) for kind in self.screens]

    def type(self, kind: str) -> dict[str, Any]:
        level = LEVELS.get(kind, 0)
        number = str(10_001 + list(self.screens).index(kind))
        return {"id": number, "name": kind, "subtask": level < 0, "hierarchyLevel": level}

    def project(self) -> dict[str, Any]:
        return {
            "id": PROJECT_ID,
            "key": PROJECT,
            "name": "Operations",
            "projectTypeKey": "software",
            "simplified": False,
        }

    def fields(self) -> list[dict[str, Any]]:
        """Every field of every screen."""
        every = {key: each for screen in self.screens.values() for key, each in screen.items()}
        return [
            {
                "id": key,
                "key": key,
                "name": each["name"],
                "custom": "custom" in each["schema"],
                "schema": each["schema"],
            }
            for key, each in every.items()
        ]

    def _id_of(self, key: str | None) -> int:
        found = self.seek(key) if key else None
        return found.id if found else 0
