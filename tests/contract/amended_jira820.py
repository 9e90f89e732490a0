"""`jira820`, a Jira Data Center 8.20 that others wrote, with what it lacks of what Atlassian documents.

Its own answers go out for everything else. Amended, each as in https://docs.atlassian.com/software/jira/docs/api/REST/8.20.8/:
    - ids grow with age; `created`, `updated` and `resolutiondate` are times, where it knows days, in the asker's zone
    - a search refuses JQL that it does not understand, where it would give everything
    - an issue is also found by its id; labels are also changed by `update`; issue properties; `issue/bulk`
    - blank or long summaries, labels with spaces, long texts, unknown people are refused, and requests without a token
    - a search that is told not to check its values (`validateQuery`) takes keys that are not there
    - a transition, and its place in the history, is of whoever makes it, and has a time; so has a comment
    - people are also found by e-mail address, and unknown ones are not made up; `user/assignable/search`
    - comments come oldest first; there is more than one resolution; priority and epic link are on the create screen,
      and a priority can be taken away; `mypermissions`
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contract.jira_fields import LONGEST_TEXT, Refused, label, meta, named, properties, summary
from contract.jira_store import operated
from contract.jql import Asker, BadJql, search
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from jira820 import server_read
from jira820.config import Config
from jira820.serialize import Serializer
from jira820.server import make_app
from jira820.store import JiraError, Store
from starlette.middleware.base import RequestResponseEndpoint

PROJECT, SECRET = "OPS", "t0ken"
ZONE = ZoneInfo("America/New_York")
_KEYS = re.compile(r"\b[A-Z]+-\d+\b")
MOST_SHOWN = 1_000
"""Jira's `jira.search.views.default.max`."""
PEOPLE = {"closeout": "Closeout", "ana": "Ana Lima", "bo": "Bo Chen", "cy": "Cy Gone"}


class _Telling(Serializer):
    """With real times and ids, and people who may have left."""

    def issue_fields(self, it: dict[str, Any], base_url: str = "") -> dict[str, Any]:
        return super().issue_fields(it, base_url) | ({"priority": None} if it["priority"] is None else {})

    def issue_res(self, it: dict[str, Any], base_url: str, fields: str = "", expand: str = "") -> dict[str, Any]:
        told: dict[str, Any] = super().issue_res(it, base_url, fields, expand)
        times = {"created": it["created"], "updated": it["updated"], "resolutiondate": it.get("resolved")}
        told["fields"] |= {name: _time(at) for name, at in times.items() if name in told["fields"]}
        return told | {"id": str(self.store.ids[it["key"]])}

    def comment_obj(self, key: str, idx: int, c: dict[str, Any]) -> dict[str, Any]:
        return super().comment_obj(key, idx, c) | {"created": _time(c["created"]), "updated": _time(c["updated"])}

    def changelog(self, it: dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = super().changelog(
            it | {"changelog": [each | {"date": _time(each["date"])} for each in it["changelog"]]}
        )
        return told

    def user_obj(self, uid: str) -> dict[str, Any]:
        return super().user_obj(uid) | {"timeZone": ZONE.key, "active": uid not in self.store.left}


class Amended(Store):
    """An empty project, and people of whom one has left."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        config = Config(project_key=PROJECT, project_name="Operations", current_user="closeout")
        config.transition_screens = {"Done": ["resolution"]}
        config.default_priority = "Medium"
        self.clock = clock
        self.ids: dict[str, int] = {}
        self.left = {"cy"}
        self.who = config.current_user
        """Who acts."""
        self._last = datetime.min.replace(tzinfo=UTC)
        super().__init__(config, seed=False)
        self.serializer = _Telling(self)
        self.users = {name: {"name": name, "displayName": shown} for name, shown in PEOPLE.items()}

    @property
    def now(self) -> datetime:
        """Later than any time before, so that what came first is never a matter of luck."""
        now = self.clock()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._last = max(now, self._last + timedelta(milliseconds=1)) if self.ids else now
        return self._last

    def get_issue(self, key: str) -> dict[str, Any]:
        known = {str(number): name for name, number in self.ids.items()}
        return super().get_issue(known.get(key, key))

    def make(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A new issue, as its id and key."""
        fields = self._checked(body.get("fields") or {}, body.get("update") or {}, {})
        kept = properties(body.get("properties"))
        number = 10_001 + len(self.ids)
        self.ids[f"{PROJECT}-{len(self.ids) + 1}"] = number
        try:
            made = self.create_issue({"reporter": {"name": "closeout"}} | fields)
        except JiraError:
            self.ids.popitem()
            raise
        self.issues[made["key"]]["properties"] = kept
        return made | {"id": str(number)}

    def change(self, key: str, body: Mapping[str, Any]) -> None:
        issue = self.get_issue(key)
        fields = self._checked(body.get("fields") or {}, body.get("update") or {}, issue)
        issue["properties"] |= properties(body.get("properties"))
        if fields:
            self.update_issue(issue["key"], fields)
        if "priority" in fields:
            issue["priority"] = (fields["priority"] or {}).get("name")

    def transition_issue(self, key: str, transition_id: str, fields: Any = None, update: Any = None) -> None:
        super().transition_issue(key, transition_id, fields, update)
        self.get_issue(key)["changelog"][-1] |= {"author": self.who, "date": self.get_issue(key)["updated"]}

    def add_comment(self, key: str, body: str, author: str = "") -> dict[str, Any]:
        said: dict[str, Any] = super().add_comment(key, body, author or self.who)
        return said

    def _checked(self, given: Mapping[str, Any], update: Mapping[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        fields = {**given, **operated(update, before)}
        if "summary" in fields or not before:
            summary(fields.get("summary"))
        for name in fields.get("labels") or ():
            label("labels", name)
        text = fields.get("description")
        if text is not None and (not isinstance(text, str) or len(text) > LONGEST_TEXT):
            raise Refused(
                description="The entered text is too long. It exceeds the allowed limit of 32,767 characters."
            )
        who = (fields.get("assignee") or {}).get("name")
        if who is not None and (who not in self.users or who in self.left):
            raise Refused(assignee=f"User '{who}' cannot be assigned issues.")
        return fields

    def row(self, issue: dict[str, Any]) -> dict[str, Any]:
        """What JQL can ask of an issue."""
        return {
            "id": self.ids[issue["key"]],
            "key": issue["key"],
            "project": issue["project"],
            "labels": set(issue["labels"]),
            "issuetype": issue["type"],
            "status": issue["statusName"],
            "statuscategory": issue["statusCategory"],
            "parent": issue["parentKey"],
            "assignee": issue["assignee"],
            "created": issue["created"],
            "updated": issue["updated"],
            "resolved": issue["resolved"],
        }

    def found(self, jql: str, *, checked: bool = True) -> list[dict[str, Any]]:
        names = {*self.issues, *map(str, self.ids.values()), *([] if checked else _KEYS.findall(jql))}
        asker = Asker(ZONE, self.clock(), {PROJECT}, names)
        return [self.issues[row["key"]] for row in search(jql, map(self.row, self.issues.values()), asker)]

    def people(self, text: str, *, assignable: bool = False) -> list[dict[str, Any]]:
        """By the beginning of a name, of what is shown, or of the address."""
        told = [self.serializer.user_obj(name) for name in self.users]
        words = text.casefold()
        return [
            each
            for each in told
            if any(each[what].casefold().startswith(words) for what in ("name", "displayName", "emailAddress"))
            and (each["active"] or not assignable)
        ]


def _time(at: datetime | None) -> str | None:
    if at is None:
        return None
    local = at.astimezone(ZONE)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


def amended() -> FastAPI:
    """The app; its state's `store`, an `Amended`, can be put in its place at any time."""
    ours = FastAPI()
    _issues(ours)
    _people(ours)
    whole = make_app(store=Amended())
    whole.router.routes[:0] = ours.router.routes

    @whole.middleware("http")
    async def guarded(request: Request, go_on: RequestResponseEndpoint) -> Response:
        allowed = request.url.path.endswith("/serverInfo") or request.headers.get("authorization") == f"Bearer {SECRET}"
        return await go_on(request) if allowed else JSONResponse(_errors("You are not authenticated."), 401)

    for kind in (Refused, BadJql):
        whole.add_exception_handler(kind, _refusal)
    return whole


def _refusal(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse(error.body if isinstance(error, Refused) else _errors(str(error)), 400)


def _errors(*messages: str) -> dict[str, Any]:
    return {"errorMessages": list(messages), "errors": {}}


def _store(request: Request) -> Amended:
    store: Amended = request.app.state.store
    return store


def _issues(app: FastAPI) -> None:
    @app.api_route("/rest/api/2/search", methods=["GET", "POST"])
    async def _search(request: Request) -> Any:
        body = dict(request.query_params) if request.method == "GET" else await request.json()
        begin, most = int(body.get("startAt", 0)), min(int(body.get("maxResults", 50)), MOST_SHOWN)
        fields = body.get("fields", "")
        store, checked = _store(request), str(body.get("validateQuery", "true")).lower() != "false"
        found = store.found(body.get("jql", ""), checked=checked)
        wanted = fields if isinstance(fields, str) else ",".join(fields)
        expand = str(body.get("expand", ""))
        page = [store.serializer.issue_res(each, "", wanted, expand) for each in found[begin : begin + most]]
        return {"startAt": begin, "maxResults": most, "total": len(found), "issues": page}

    @app.post("/rest/api/2/issue/bulk")
    async def _bulk(request: Request) -> Any:
        issues, errors = [], []
        for number, update in enumerate((await request.json())["issueUpdates"]):
            try:
                issues.append(_store(request).make(update))
            except (Refused, JiraError) as refused:
                wrong = refused.body if isinstance(refused, Refused) else refused.body()
                errors.append({"status": 400, "elementErrors": wrong, "failedElementNumber": number})
        return JSONResponse({"issues": issues, "errors": errors}, 201 if issues else 400)

    @app.post("/rest/api/2/issue")
    async def _create(request: Request) -> Any:
        return JSONResponse(_store(request).make(await request.json()), 201)

    @app.get("/rest/api/2/issue/{key}")
    def _get(request: Request, key: str, fields: str = "", expand: str = "") -> Any:
        store = _store(request)
        if key == "createmeta":
            return _with_more_fields(server_read.createmeta(request), store)
        issue = store.get_issue(key)
        told = store.serializer.issue_res(issue, "", fields, expand)
        wanted = request.query_params.get("properties", "").split(",")
        kept = {name: value for name, value in issue["properties"].items() if name in wanted}
        return told | ({"properties": kept} if "properties" in request.query_params else {})

    @app.put("/rest/api/2/issue/{key}")
    async def _edit(request: Request, key: str) -> Any:
        _store(request).change(key, await request.json())
        return Response(status_code=204)

    @app.get("/rest/api/2/issue/{key}/comment")
    def _comments(request: Request, key: str, startAt: int = 0, maxResults: int = MOST_SHOWN) -> Any:  # noqa: N803
        store = _store(request)
        there = store.get_issue(key)["comments"]
        told = [store.serializer.comment_obj(key, number, each) for number, each in enumerate(there)]
        page = told[startAt : startAt + maxResults]
        return {"startAt": startAt, "maxResults": maxResults, "total": len(told), "comments": page}


def _with_more_fields(told: dict[str, Any], store: Amended) -> dict[str, Any]:
    priorities = [store.serializer.priority_obj(name) for name, _ in store.config.priorities]
    more = {
        "priority": meta("Priority", "priority", allowedValues=priorities, hasDefaultValue=True),
        store.config.epic_link_field: meta("Epic Link", "any", custom="com.pyxis.greenhopper.jira:gh-epic-link"),
    }
    for kind in told["projects"][0]["issuetypes"]:
        kind["fields"] = kind["fields"] | more
    return told


def _people(app: FastAPI) -> None:
    @app.get("/rest/api/2/user/search")
    def _found(request: Request, username: str) -> Any:
        return _store(request).people(username)

    @app.get("/rest/api/2/user/assignable/search")
    def _assignable(request: Request, username: str = "") -> Any:
        asked = request.query_params
        if asked.get("project", PROJECT) != PROJECT or not ({"project", "issueKey"} & set(asked)):
            return JSONResponse(_errors("No project could be found with that key."), 404)
        return _store(request).people(username, assignable=True)

    @app.get("/rest/api/2/user")
    def _user(request: Request, username: str = "", key: str = "") -> Any:
        store, name = _store(request), username or key
        if name not in store.users:
            return JSONResponse(_errors(f"The user named '{name}' does not exist"), 404)
        return store.serializer.user_obj(name)

    @app.get("/rest/api/2/mypermissions")
    def _permissions(request: Request) -> Any:
        keys = ("BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS", "LINK_ISSUES")
        more = ("ASSIGN_ISSUES", "RESOLVE_ISSUES", "CLOSE_ISSUES", "SCHEDULE_ISSUES")
        return {"permissions": {key: {"key": key, "type": "PROJECT", "havePermission": True} for key in keys + more}}

    @app.get("/rest/api/2/resolution")
    def _resolutions(request: Request) -> Any:
        return named(*(name for _, name in _store(request).workflow.RESOLUTIONS))
