"""What the small Jira does with what it is sent: it checks, keeps and changes issues, and remembers how they were."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from contract.jira_fields import NOT_ON_SCREEN, PRIORITIES, RESOLUTIONS, Meta, Refused, Taking, named, properties
from contract.jira_model import CATEGORIES, LEVELS, PROJECT, PROJECT_ID, Issue, Telling, Way, workflow

_NEVER = datetime.min.replace(tzinfo=UTC)


class Gone(Exception):
    """404: no such issue, or none that may be seen."""


class Store(Telling):
    """Keeps issues with their past. `lag`: how far the search is behind; `flow`: the ways out of each status."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.clock = clock
        self.lag = timedelta(0)
        self.flow = workflow()
        self._past: dict[int, list[tuple[datetime, Issue | None]]] = {}
        self._last = _NEVER
        self._count = 0
        self._comments = 10_000
        self._takes = Taking(self.people.assignable, self._parent)

    # Finding

    def find(self, key: str) -> Issue:
        found = self.seek(key)
        if found is None:
            raise Gone
        return found

    def names(self) -> Collection[str]:
        return {name for issue in self.live() for name in (issue.key, str(issue.id))}

    def shown(self, reconciled: Collection[str]) -> Iterable[Issue]:
        """The issues as a search knows them: those `reconciled` as they are, others as they were `lag` ago."""
        seen = self.clock() - self.lag
        for number, past in self._past.items():
            known = [version for at, version in past if at <= seen] if self.lag else [past[-1][1]]
            version = past[-1][1] if str(number) in reconciled else (known[-1] if known else None)
            if version is not None and not version.archived:
                yield version

    def row(self, issue: Issue) -> dict[str, Any]:
        """What JQL can ask of it."""
        return {
            "issue": issue,
            "id": issue.id,
            "key": issue.key,
            "project": issue.key.rpartition("-")[0],
            "labels": set(issue.fields.get("labels") or ()),
            "issuetype": issue.kind,
            "status": issue.status,
            "statuscategory": CATEGORIES[self.statuses[issue.status]]["name"],
            "parent": issue.fields.get("parent"),
            "assignee": issue.fields.get("assignee"),
            "created": issue.created,
            "updated": issue.updated,
            "resolved": issue.resolved,
            "development[pullrequests].open": issue.pulls,
        }

    # Writing

    def create(self, body: Mapping[str, Any]) -> Issue:
        """Raises Refused with all that is wrong at once."""
        given = dict(body.get("fields") or {})
        kind = self._kind(given)
        if (given.get("project") or {}).get("key") != PROJECT and (given.get("project") or {}).get("id") != PROJECT_ID:
            raise Refused(project="valid project is required")
        screen = self.screens[kind]
        needed = {key: each for key, each in screen.items() if each["required"] and not each.get("hasDefaultValue")}
        missing = {
            key: f"{each['name']} is required." for key, each in needed.items() if given.get(key) in (None, "", [])
        }
        if "summary" in missing:
            missing["summary"] = "You must specify a summary of the issue."
        fields = self._taken(given, body.get("update") or {}, screen, {}, missing)
        kept = properties(body.get("properties"))
        now = self._tick()
        self._count += 1
        number = 10_000 + self._count
        reporter = fields.pop("reporter", None) or self.people.bot
        fields.setdefault("priority", named(*PRIORITIES)[2])
        status = next(iter(self.statuses))
        self.issues[number] = Issue(
            number, f"{PROJECT}-{self._count}", kind, fields, now, now, status, reporter, now, properties=kept
        )
        return self._remember(self.issues[number])

    def _kind(self, given: Mapping[str, Any]) -> str:
        wanted = given.get("issuetype") or {}
        for each in self.types():
            if each["id"] == wanted.get("id") or each["name"] == wanted.get("name"):
                return str(each["name"])
        raise Refused(issuetype="Specify a valid issue type")

    def _taken(
        self,
        given: Mapping[str, Any],
        update: Mapping[str, Any],
        screen: Mapping[str, Meta],
        before: Mapping[str, Any],
        errors: Mapping[str, str] = {},
    ) -> dict[str, Any]:
        both = given.keys() & update.keys()
        if both:
            name = min(both)
            raise Refused(**{name: f"Field '{name}' cannot appear in both 'fields' and 'update'"})
        try:
            taken = self._takes.all({**given, **operated(update, before)}, screen)
        except Refused as refused:
            raise Refused(**{**errors, **refused.errors}) from None
        if errors:
            raise Refused(**errors)
        return {key: value for key, value in taken.items() if key not in ("project", "issuetype")}

    def edit(self, issue: Issue, body: Mapping[str, Any]) -> None:
        """A change of nothing but properties is no change of the issue (Guess)."""
        fields = self._taken(body.get("fields") or {}, body.get("update") or {}, self.screens[issue.kind], issue.fields)
        kept = properties(body.get("properties"))
        reporter = fields.pop("reporter", None) or issue.reporter
        changed = any(issue.fields.get(key) != value for key, value in fields.items()) or reporter != issue.reporter
        issue.fields |= fields
        issue.reporter = reporter
        issue.properties |= kept
        self.touch(issue, changed=changed)

    def touch(self, issue: Issue, *, changed: bool = True) -> Issue:
        """It was changed."""
        if changed:
            issue.updated = self._tick()
        return self._remember(issue)

    def transition(self, issue: Issue, number: str, body: Mapping[str, Any], author: str = "") -> None:
        """By the bot, where nobody is named."""
        way = next((each for each in self.ways(issue) if each.id == number), None)
        if way is None:
            raise Refused(f"Transition id '{number}' is not valid for this issue.")
        given = body.get("fields") or {}
        errors = {
            key: NOT_ON_SCREEN.format(key) for key in {*given, *(body.get("update") or {})} - {*way.screen, "comment"}
        }
        errors |= {
            key: f"{each['name']} is required."
            for key, each in way.screen.items()
            if each["required"] and not given.get(key)
        }
        if errors:
            raise Refused(**errors)
        resolution = self._resolution(given["resolution"]) if "resolution" in given else way.resolution
        others = {key: value for key, value in given.items() if key != "resolution"}
        issue.fields |= self._takes.all(others, way.screen)
        self._go(issue, way.to, resolution, author or self.people.bot)

    def _resolution(self, given: Mapping[str, Any]) -> str:
        for each in named(*RESOLUTIONS, first=10_000):
            if given.get("id") == each["id"] or given.get("name") == each["name"]:
                return str(each["name"])
        raise Refused(resolution=f"Could not find resolution: {given}")

    def _go(self, issue: Issue, to: str, resolution: str | None, author: str) -> None:
        now = self._tick()
        before = (("status", issue.status), ("resolution", issue.resolution))
        if self.statuses[issue.status] != self.statuses[to]:
            issue.category_changed = now
        if self.statuses[to] != "done":
            resolution = None
        if resolution != issue.resolution:
            issue.resolved = now if resolution else None
        issue.status, issue.resolution, issue.updated = to, resolution, now
        after = {"status": to, "resolution": resolution}
        items = [
            {"field": name, "fieldtype": "jira", "fieldId": name, "fromString": was, "toString": after[name]}
            for name, was in before
            if was != after[name]
        ]
        issue.history.append({"author": author, "created": now, "items": items})
        self._remember(issue)

    def ways(self, issue: Issue) -> list[Way]:
        return self.flow.get(issue.status, [])

    def say(self, issue: Issue, body: Any, kept: Mapping[str, Any], author: str = "") -> dict[str, Any]:
        """A new comment; of the bot, where nobody is named."""
        self._comments += 1
        self.touch(issue)
        who = self.people.json(author or self.people.bot)
        told = {"id": str(self._comments), "author": who, "updateAuthor": who, "body": body, "jsdPublic": True}
        issue.comments.append(told | {"created": issue.updated, "updated": issue.updated, "properties": dict(kept)})
        return issue.comments[-1]

    def link(self, kind: Mapping[str, Any], inward: Issue, outward: Issue) -> None:
        """`inward` is the one that, say, duplicates; a link that is there already stays as it is."""
        if any(each["type"] == kind and each.get("outward") == outward.id for each in inward.links):
            return
        inward.links.append({"type": kind, "outward": outward.id})
        outward.links.append({"type": kind, "inward": inward.id})
        self.touch(inward)
        self.touch(outward)

    def link_remotely(self, issue: Issue, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and answer; the same `globalId` is the same link."""
        if not body["object"].get("url") or not body["object"].get("title"):
            raise Refused(object="'url' and 'title' are required.")
        known = body.get("globalId")
        there = next((each for each in issue.remote if known and each.get("globalId") == known), None)
        if there is None:
            issue.remote.append({"id": 20_000 + len(issue.remote), **body})
        else:
            there |= body
        self.touch(issue)
        told = there or issue.remote[-1]
        return 200 if there else 201, {"id": told["id"], "self": f"{self.url}/rest/api/3/issue/{issue.key}/remotelink"}

    # What people do

    def move(self, issue: Issue, project: str) -> str:
        """Into another project; its new key."""
        old, issue.key = issue.key, f"{project}-{issue.id}"
        self.moved = {key: issue.key if new == old else new for key, new in self.moved.items()} | {old: issue.key}
        self.touch(issue)
        return issue.key

    def archive(self, issue: Issue) -> None:
        """Guess: on Cloud it is neither found nor told then."""
        issue.archived = True
        self.touch(issue)

    def delete(self, issue: Issue) -> None:
        del self.issues[issue.id]
        self._past[issue.id].append((self._tick(), None))

    def _parent(self, given: Mapping[str, Any]) -> str | None:
        found = self.seek(str(given.get("id") or given.get("key") or ""))
        return found.key if found and LEVELS.get(found.kind) == 1 else None

    def _tick(self) -> datetime:
        """Now; later than any time before, so that what came first is never a matter of luck."""
        now = self.clock()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._last = max(now, self._last + timedelta(milliseconds=1)) if self._last > _NEVER else now
        return self._last

    def _remember(self, issue: Issue) -> Issue:
        self._past.setdefault(issue.id, []).append((self._last, deepcopy(issue)))
        return issue


def operated(update: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What fields hold after the operations `set`, `add` and `remove`, in order."""
    after = {}
    for key, operations in update.items():
        value = deepcopy(before.get(key))
        for operation in operations:
            ((verb, given),) = operation.items()
            if verb == "set":
                value = None if key == "parent" and given == {"none": True} else deepcopy(given)
            elif verb == "add":
                value = [each for each in value or [] if each != given] + [given]
            elif verb == "remove":
                value = [each for each in value or [] if each != given]
            else:
                raise Refused(**{key: f"Operation '{verb}' is not supported."})
        after[key] = value
    return after
