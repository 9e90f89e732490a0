"""A small Jira Cloud, written from Atlassian's description of its REST API v3, for what no counterpart of others has:
searches paged by tokens that lag behind writes, bulk creates of which some fail, account ids, entity properties,
workflows whose screens demand something, issues that moved.

One project, kept in memory and served by `Serving`; `jira_store.py` keeps the issues, `jira_model.py` tells of them,
`jira_fields.py` says what a field takes, `jql.py` what a search may ask. Where Atlassian says nothing, the harder guess
was taken; each is marked `Guess`. Time is an argument, so that hours pass in a moment.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from contract.faults import Answer, FaultServer, Seen, _Handler
from contract.jira_fields import PRIORITIES, RESOLUTIONS, Refused, document, named, properties
from contract.jira_model import LINK_TYPES, PERMISSIONS, PROJECT, PROJECT_ID
from contract.jira_store import Gone, Store
from contract.jql import Asker, BadJql, search

SECRET, EMAIL = "t0ken", "bot@example.com"
MOST_AT_ONCE, MOST_FETCHED, MOST_RECONCILED, MOST_PROPERTIES = 50, 100, 50, 5
_BASIC = base64.b64encode(f"{EMAIL}:{SECRET}".encode()).decode()
_ACCEPTED = (f"Basic {_BASIC}", f"Bearer {SECRET}")
_UNKNOWN_ISSUE = "Issue does not exist or you do not have permission to see it."


class _Prompt(_Handler):
    disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement


class Serving(FaultServer):
    """`jira` on a port of this machine."""

    def __init__(self, jira: LittleJira) -> None:
        super().__init__(jira.answer)
        self._server.RequestHandlerClass = _Prompt
        jira.store.url = jira.url = self.url


class LittleJira:
    """Answers requests about the issues of `OPS`.

    `before` may give another answer before anything happens, `after` once it has happened: so answers get lost.
    `page` is how many issues a page of a search holds at most, whatever is asked for. `allowed` are the permissions of
    the asker. `fold`: which time JQL means where a clock that is set back shows it twice.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.store = Store(clock)
        self.url = ""
        self.page = 100
        self.fold = 0
        self.development = True
        """Whether a development tool is connected, so that searches know of pull requests."""
        self.allowed: set[str] = set(PERMISSIONS)
        self.requests: list[str] = []
        """Verb and path of each, in order; the path below `/rest/api/3/`."""
        self.verbs: Counter[str] = Counter()
        self.broken: list[str] = []
        """Requests that this Jira itself failed at."""
        self.before: Callable[[Seen], Answer | None] = lambda _: None
        self.after: Callable[[Seen], Answer | None] = lambda _: None
        self._lock = threading.Lock()
        self._routes = self._all_routes()

    def answer(self, seen: Seen) -> Answer:
        with self._lock:
            self.verbs[seen.verb] += 1
            self.requests.append(f"{seen.verb} {seen.path.removeprefix('/rest/api/3/')}")
            made = self.before(seen)
            if made is None:
                made = self.made(seen)
                made = self.after(seen) or made
            date = format_datetime(self.store.clock().astimezone(UTC), usegmt=True)
            return replace(made, headers={"Date": date, **made.headers})

    @property
    def writes(self) -> list[str]:
        """The requests that may have changed something."""
        reading = ("GET ", "POST search/jql", "POST issue/bulkfetch", "POST comment/list")
        return [each for each in self.requests if not each.startswith(reading)]

    def made(self, seen: Seen) -> Answer:
        """What comes of a request when nothing goes wrong on its way."""
        try:
            return self._made(seen)
        except Exception as error:  # noqa: BLE001 - which is ours, and must not look like an outage
            self.broken.append(f"{seen.verb} {seen.path} {seen.body}: {error!r}")
            return Answer(500, _errors("Internal Server Error"))

    def _made(self, seen: Seen) -> Answer:
        # a client may ask what it talks to before it knows which version that speaks
        path = re.sub(r"^/rest/api/2/serverInfo$", "/rest/api/3/serverInfo", seen.path)
        if path != "/rest/api/3/serverInfo" and seen.headers.get("authorization") not in _ACCEPTED:
            return Answer(401, _errors("Client must be authenticated to access this resource."))
        for verb, pattern, route in self._routes:
            found = re.fullmatch(f"/rest/api/3/{pattern}", path)
            if found and verb == seen.verb:
                try:
                    return route(seen, *map(unquote, found.groups()))
                except Refused as refused:
                    return Answer(400, refused.body)
                except BadJql as bad:
                    return Answer(400, _errors(str(bad)))
                except Gone:
                    return Answer(404, _errors(_UNKNOWN_ISSUE))
        return Answer(404, {"message": f"null for uri: {self.url}{seen.path}", "status-code": 404})

    def _all_routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        store, one = self.store, "issue/([^/]+)"
        return [
            ("GET", "serverInfo", lambda _: Answer(data=self._server_info())),
            ("GET", "myself", lambda _: Answer(data=store.people.json(store.people.bot, of_self=True))),
            ("GET", "mypermissions", self._permissions),
            ("GET", "search/jql", lambda seen: self._search(_of_query(seen.query))),
            ("POST", "search/jql", lambda seen: self._search(seen.body)),
            ("POST", "issue/bulkfetch", self._bulk_fetch),
            ("POST", "issue/bulk", self._bulk),
            ("POST", "issue", lambda seen: Answer(201, store.short(store.create(seen.body)))),
            ("GET", "issue/createmeta/([^/]+)/issuetypes", self._types),
            ("GET", "issue/createmeta/([^/]+)/issuetypes/([^/]+)", self._create_meta),
            ("GET", one, self._get),
            ("PUT", one, self._edit),
            ("GET", f"{one}/transitions", self._ways),
            ("POST", f"{one}/transitions", self._transition),
            ("GET", f"{one}/comment", self._comments),
            ("POST", f"{one}/comment", self._comment),
            ("POST", "comment/list", self._comment_list),
            ("GET", "comment/([^/]+)/properties/([^/]+)", self._comment_property),
            ("GET", f"{one}/properties/([^/]+)", self._property),
            ("PUT", f"{one}/properties/([^/]+)", self._set_property),
            ("GET", f"{one}/remotelink", lambda _, key: Answer(data=store.find(key).remote)),
            ("POST", f"{one}/remotelink", lambda seen, key: Answer(*store.link_remotely(store.find(key), seen.body))),
            ("POST", "issueLink", self._link),
            ("GET", "issueLinkType", lambda _: Answer(data={"issueLinkTypes": LINK_TYPES})),
            ("GET", "user", lambda seen: self._user(seen.query.get("accountId", ""))),
            ("GET", "user/search", self._users),
            ("GET", "user/assignable/search", self._assignable),
            ("GET", "priority", lambda _: Answer(data=named(*PRIORITIES))),
            ("GET", "priority/search", lambda seen: _page(named(*PRIORITIES), seen, "values")),
            ("GET", "resolution", lambda _: Answer(data=named(*RESOLUTIONS, first=10_000))),
            ("GET", "resolution/search", lambda seen: _page(named(*RESOLUTIONS, first=10_000), seen, "values")),
            ("GET", "status", lambda _: Answer(data=[store.status(name) for name in store.statuses])),
            ("GET", "field", lambda _: Answer(data=store.fields())),
            ("GET", "issuetype", lambda _: Answer(data=store.types())),
            ("GET", "project/([^/]+)", lambda _, key: self._project(key)),
            ("GET", "project/([^/]+)/statuses", self._project_statuses),
        ]

    def _server_info(self) -> dict[str, Any]:
        return {
            "baseUrl": self.url,
            "displayUrl": self.url,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100287,
            "buildDate": "2025-07-24T13:05:26.000+0200",
            "serverTime": self.store.time(self.store.clock()),
            "serverTitle": "Jira",
            "defaultLocale": {"locale": "en_US"},
            "serverTimeZone": "Etc/UTC",
        }

    def _permissions(self, seen: Seen) -> Answer:
        asked = [each for each in seen.query.get("permissions", "").split(",") if each]
        if not asked or not PERMISSIONS.issuperset(asked):
            raise Refused("The 'permissions' query parameter is required. / Unrecognized permission")
        if seen.query.get("projectKey", PROJECT) != PROJECT:
            return Answer(404, _errors(f"No project could be found with key '{seen.query['projectKey']}'."))
        told = {key: {"key": key, "type": "PROJECT", "havePermission": key in self.allowed} for key in asked}
        return Answer(data={"permissions": told})

    # Issues

    def _search(self, body: Mapping[str, Any]) -> Answer:
        """Guess: a page goes on where the last one ended by count, so that what changes in between can slip through."""
        store, fields = self.store, body.get("fields", ["id"])
        reconciled = body.get("reconcileIssues", [])
        if len(reconciled) > MOST_RECONCILED or len(body.get("properties", ())) > MOST_PROPERTIES:
            raise Refused("Too many issues to reconcile (50), or too many properties (5).")
        begin = _begin(body)
        shown = store.shown({str(each) for each in reconciled})
        asker = Asker(
            store.people.zone, store.clock(), (PROJECT, PROJECT_ID), store.names(), self.fold, self.development
        )
        rows = [store.row(issue) for issue in shown]
        found = [row["issue"] for row in search(body.get("jql", ""), rows, asker)]
        wanted = min(int(body.get("maxResults", 50)), 5_000 if fields == ["id"] else self.page)
        page, rest = found[begin : begin + wanted], found[begin + wanted :]
        token = {"nextPageToken": _token(body, begin + wanted)} if rest else {}
        issues = [store.json(issue, fields, body.get("properties", ())) for issue in page]
        return Answer(data={"isLast": not rest, "issues": issues} | token)

    def _bulk_fetch(self, seen: Seen) -> Answer:
        asked = seen.body["issueIdsOrKeys"]
        if not 0 < len(asked) <= MOST_FETCHED or len(seen.body.get("properties", ())) > MOST_PROPERTIES:
            raise Refused("Between 1 and 100 issues, and at most 5 properties.")
        found = {issue.id: issue for key in asked if (issue := self.store.seek(key))}
        fields, wanted = seen.body.get("fields", ["*navigable"]), seen.body.get("properties", ())
        issues = [self.store.json(found[number], fields, wanted) for number in sorted(found)]
        if "changelog" in seen.body.get("expand", ()):
            issues = [each | {"changelog": self.store.changelog(found[int(each["id"])])} for each in issues]
        return Answer(data={"issues": issues, "issueErrors": []})

    def _bulk(self, seen: Seen) -> Answer:
        """Each by itself: 201 as soon as one was made, 400 when none was."""
        updates = seen.body["issueUpdates"]
        if len(updates) > MOST_AT_ONCE:
            raise Refused("The number of issues exceeds the limit of 50.")
        issues, errors = [], []
        for number, update in enumerate(updates):
            try:
                issues.append(self.store.short(self.store.create(update)))
            except Refused as refused:
                errors.append({"status": 400, "elementErrors": refused.body, "failedElementNumber": number})
        return Answer(201 if issues else 400, {"issues": issues, "errors": errors})

    def _get(self, seen: Seen, key: str) -> Answer:
        fields = _list(seen.query.get("fields", "*all"))
        return Answer(data=self.store.json(self.store.find(key), fields, _list(seen.query.get("properties", ""))))

    def _edit(self, seen: Seen, key: str) -> Answer:
        issue = self.store.find(key)
        self.store.edit(issue, seen.body)
        if seen.query.get("returnIssue") == "true":
            return Answer(data=self.store.json(issue, ["*all"], ()))
        return Answer(204)

    def _ways(self, seen: Seen, key: str) -> Answer:
        issue = self.store.find(key)
        expanded = "transitions.fields" in seen.query.get("expand", "")
        ways = [self.store.way(way, expanded=expanded) for way in self.store.ways(issue)]
        wanted = seen.query.get("transitionId")
        found = [way for way in ways if wanted in (None, way["id"])]
        return Answer(data={"expand": "transitions", "transitions": found})

    def _transition(self, seen: Seen, key: str) -> Answer:
        issue = self.store.find(key)
        self.store.transition(issue, str(seen.body.get("transition", {}).get("id", "")), seen.body)
        return Answer(204)

    # Comments and properties

    def _comments(self, seen: Seen, key: str) -> Answer:
        if seen.query.get("orderBy", "created") not in ("created", "+created", "-created"):
            raise Refused("orderBy takes `created`.")
        there = [self._told(comment) for comment in self.store.find(key).comments]
        if seen.query.get("orderBy", "").startswith("-"):
            there.reverse()
        return _page(there, seen, "comments", default=100)

    def _comment(self, seen: Seen, key: str) -> Answer:
        issue = self.store.find(key)
        body = document(seen.body.get("body"), "comment")
        if body is None:
            raise Refused(comment="Comment body can not be empty!")
        return Answer(201, self._told(self.store.say(issue, body, properties(seen.body.get("properties")))))

    def _comment_list(self, seen: Seen) -> Answer:
        ids = {str(each) for each in seen.body["ids"]}
        if not 0 < len(ids) <= 1_000:
            raise Refused("Between 1 and 1000 ids.")
        expand = _list(seen.query.get("expand", ""))
        there = [one for issue in self.store.live() for one in issue.comments if one["id"] in ids]
        told = [self._told(one, with_properties="properties" in expand) for one in there]
        return Answer(data={"startAt": 0, "maxResults": 1_048_576, "total": len(told), "isLast": True, "values": told})

    def _told(self, comment: Mapping[str, Any], *, with_properties: bool = False) -> dict[str, Any]:
        """Without its properties, but where they are asked for."""
        told = {key: value for key, value in comment.items() if key != "properties"}
        told |= {name: self.store.time(comment[name]) for name in ("created", "updated")}
        if with_properties:
            told["properties"] = [{"key": key, "value": value} for key, value in comment["properties"].items()]
        return told

    def _comment_property(self, _: Seen, number: str, key: str) -> Answer:
        for issue in self.store.live():
            for comment in issue.comments:
                if comment["id"] == number and key in comment["properties"]:
                    return Answer(data={"key": key, "value": comment["properties"][key]})
        return Answer(404, _errors(f"The property '{key}' does not exist."))

    def _property(self, _: Seen, issue: str, key: str) -> Answer:
        there = self.store.find(issue).properties
        if key not in there:
            return Answer(404, _errors(f"The property '{key}' does not exist."))
        return Answer(data={"key": key, "value": there[key]})

    def _set_property(self, seen: Seen, issue: str, key: str) -> Answer:
        there = self.store.find(issue)
        new = key not in there.properties
        self.store.edit(there, {"properties": [{"key": key, "value": seen.body}]})
        return Answer(201 if new else 200)

    def _link(self, seen: Seen) -> Answer:
        kind = next((each for each in LINK_TYPES if each["name"] == seen.body["type"].get("name")), None)
        if kind is None:
            return Answer(404, _errors(f"No issue link type with name '{seen.body['type'].get('name')}' found."))
        inward, outward = (
            self.store.find(seen.body[side].get("key") or seen.body[side].get("id", ""))
            for side in ("inwardIssue", "outwardIssue")
        )
        self.store.link(kind, inward, outward)
        return Answer(201)

    # People and settings

    def _user(self, account: str) -> Answer:
        if account not in self.store.people.accounts:
            return Answer(404, _errors("Specified user does not exist or you do not have required permissions"))
        return Answer(data=self.store.people.json(account))

    def _users(self, seen: Seen) -> Answer:
        asked = {name for name in ("query", "accountId", "property") if seen.query.get(name)}
        if not asked or {"query", "accountId"} <= asked:
            raise Refused("One of accountId, query and property is required.")
        return Answer(data=self.store.people.found(seen.query, assignable=False))

    def _assignable(self, seen: Seen) -> Answer:
        where = seen.query.get("project") or seen.query.get("issueKey") or seen.query.get("issueId")
        if not where or ("query" in seen.query) == ("accountId" in seen.query):
            raise Refused("A project or issue is required, and either query or accountId.")
        if "project" in seen.query and where not in (PROJECT, PROJECT_ID):
            return Answer(404, _errors(f"No project could be found with key '{where}'."))
        return Answer(data=self.store.people.found(seen.query, assignable=True))

    def _types(self, seen: Seen, project: str) -> Answer:
        self._known_project(project)
        return _page(self.store.types(), seen, "issueTypes")

    def _create_meta(self, seen: Seen, project: str, kind: str) -> Answer:
        self._known_project(project)
        name = next((each["name"] for each in self.store.types() if each["id"] == kind), None)
        if name is None:
            raise Refused(f"The issue type with id {kind} does not exist.")
        screen = self.store.screens[name]
        fields = [{"key": key, "fieldId": key, "hasDefaultValue": False, **each} for key, each in screen.items()]
        return _page(fields, seen, "fields")

    def _known_project(self, project: str) -> None:
        if project not in (PROJECT, PROJECT_ID):
            raise Refused(f"No project could be found with key '{project}'.")

    def _project(self, key: str) -> Answer:
        if key not in (PROJECT, PROJECT_ID):
            return Answer(404, _errors(f"No project could be found with key '{key}'."))
        return Answer(data=self.store.project() | {"issueTypes": self.store.types(), "archived": False})

    def _project_statuses(self, _: Seen, key: str) -> Answer:
        if key not in (PROJECT, PROJECT_ID):
            return Answer(404, _errors(f"No project could be found with key '{key}'."))
        statuses = [self.store.status(name) for name in self.store.statuses]
        return Answer(data=[kind | {"statuses": statuses} for kind in self.store.types()])


def _errors(*messages: str) -> dict[str, Any]:
    return {"errorMessages": list(messages), "errors": {}}


def _list(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _page(values: list[Any], seen: Seen, name: str, default: int = 50) -> Answer:
    begin, most = int(seen.query.get("startAt", 0)), int(seen.query.get("maxResults", default))
    page = values[begin : begin + most]
    whole = {"startAt": begin, "maxResults": most, "total": len(values), name: page}
    return Answer(data=whole | ({"isLast": begin + most >= len(values)} if name == "values" else {}))


def _of_query(query: Mapping[str, str]) -> dict[str, Any]:
    lists = {name: _list(query[name]) for name in ("fields", "properties", "reconcileIssues") if name in query}
    return {**query, **lists}


def _token(body: Mapping[str, Any], begin: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([body.get("jql"), begin]).encode()).decode()


def _begin(body: Mapping[str, Any]) -> int:
    token = body.get("nextPageToken")
    if token is None:
        return 0
    try:
        jql, begin = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        raise Refused("The provided next page token is invalid or expired.") from None
    if jql != body.get("jql"):
        raise Refused("The provided next page token is invalid or expired.")
    return int(begin)
