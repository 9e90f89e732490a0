"""The fields of the small Jira: what its create screens hold, and what it takes for each, as Atlassian describes it.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-post
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date, datetime
from typing import Any

from contract.adf import problem_in

Meta = dict[str, Any]

LONGEST_TEXT, LONGEST_SUMMARY, LONGEST_LABEL, LONGEST_PROPERTY = 32_767, 255, 255, 32_768
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")
RESOLUTIONS = ("Done", "Won't Do", "Duplicate", "Cannot Reproduce")
NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


class Refused(Exception):
    """400: which fields are wrong, and how."""

    def __init__(self, *messages: str, **errors: str) -> None:
        super().__init__(messages, errors)
        self.messages, self.errors = list(messages), errors

    @property
    def body(self) -> dict[str, Any]:
        return {"errorMessages": self.messages, "errors": self.errors}


def named(*names: str, first: int = 1) -> list[dict[str, Any]]:
    """Values as Jira lists them, each with an id."""
    return [{"id": str(number), "name": name} for number, name in enumerate(names, first)]


def meta(name: str, kind: str, *, required: bool = False, items: str = "", custom: str = "", **more: Any) -> Meta:
    """A field as the create metadata tells it, but for its id."""
    schema = {"type": kind} | ({"items": items} if items else {}) | ({"custom": custom} if custom else {})
    operations = ["add", "set", "remove"] if kind == "array" else ["set"]
    return {"name": name, "required": required, "schema": schema, "operations": operations} | more


def standard_screen() -> dict[str, Meta]:
    """The fields of a new project's create screen, as the recordings show them."""
    fields = {
        "summary": meta("Summary", "string", required=True),
        "issuetype": meta("Issue Type", "issuetype", required=True),
        "project": meta("Project", "project", required=True),
        "parent": meta("Parent", "issuelink"),
        "description": meta("Description", "string"),
        "priority": meta("Priority", "priority", allowedValues=named(*PRIORITIES), hasDefaultValue=True),
        "labels": meta("Labels", "array", items="string"),
        "duedate": meta("Due date", "date"),
        "assignee": meta("Assignee", "user"),
        "reporter": meta("Reporter", "user", required=True, hasDefaultValue=True),
        "components": meta("Components", "array", items="component", allowedValues=[]),
        "fixVersions": meta("Fix versions", "array", items="version", allowedValues=[]),
    }
    for key, field in fields.items():
        field["schema"]["system"] = key
    return fields


class Taking:
    """Takes values for fields. `user` gives a person's account for its id, or None where nobody assignable has it."""

    def __init__(self, user: Callable[[str], Any], parent: Callable[[Mapping[str, Any]], str | None]) -> None:
        self.user, self.parent = user, parent

    def all(self, values: Mapping[str, Any], screen: Mapping[str, Meta]) -> dict[str, Any]:
        """The values as they are stored.

        Raises:
            Refused: with every wrong field at once.
        """
        taken, errors = {}, {}
        for key, value in values.items():
            if key not in screen or not screen[key]["operations"]:
                errors[key] = NOT_ON_SCREEN.format(key)
                continue
            try:
                taken[key] = self._one(key, value, screen[key])
            except Refused as refused:
                errors |= refused.errors
        if errors:
            raise Refused(**errors)
        return taken

    def _one(self, key: str, value: Any, field: Meta) -> Any:
        if value is None:
            if key == "summary":
                raise Refused(summary="You must specify a summary of the issue.")
            return None
        if key == "summary":
            return summary(value)
        if key in ("description", "environment") or field["schema"].get("custom", "").endswith(":textarea"):
            return document(value, key)
        if key == "parent":
            found = self.parent(value)
            if found is None:
                raise Refused(parentId="Given parent work item does not belong to appropriate hierarchy.")
            return found
        return self._typed(key, value, field)

    def _typed(self, key: str, value: Any, field: Meta) -> Any:
        schema = field["schema"]
        if schema["type"] == "array":
            if not isinstance(value, list):
                raise Refused(**{key: "data was not an array"})
            inner = field | {"schema": {"type": schema.get("items", "string")}}
            values = [self._typed(key, each, inner) for each in value]
            return [label(key, each) for each in values] if schema.get("items") == "string" else values
        takers: dict[str, Callable[[str, Any, Meta], Any]] = {
            "user": self._account,
            "number": _number,
            "date": _date,
            "datetime": _datetime,
            "option-with-child": _cascading,
            "priority": _chosen,
            "component": _chosen,
            "version": _chosen,
            "option": _chosen,
            "issuetype": lambda _key, it, _field: it,
            "project": lambda _key, it, _field: it,
        }
        return takers.get(schema["type"], _string)(key, value, field)

    def _account(self, key: str, value: Any, _: Meta) -> Any:
        identity = value.get("accountId") or value.get("id") if isinstance(value, dict) else None
        if identity is None:
            raise Refused(**{key: "expected Object containing a `accountId` property"})
        if self.user(identity) is None:
            raise Refused(**{key: f"User '{identity}' cannot be assigned issues."})
        return identity


def summary(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refused(summary="You must specify a summary of the issue.")
    if "\n" in value or "\r" in value:
        raise Refused(summary="The summary is invalid because it contains newline characters.")
    if len(value) > LONGEST_SUMMARY:
        raise Refused(summary="Summary can't exceed 255 characters.")
    return value


def label(key: str, value: str) -> str:
    if any(each.isspace() for each in value) or not value:
        raise Refused(**{key: f"The label '{value}' contains spaces which is invalid."})
    if len(value) > LONGEST_LABEL:
        raise Refused(**{key: f"The label '{value}' exceeds the maximum length for a single label."})
    return value


def _string(key: str, value: Any, _: Meta) -> str:
    if not isinstance(value, str):
        raise Refused(**{key: "Operation value must be a string"})
    if len(value) > LONGEST_TEXT:
        raise Refused(**{key: "The entered text is too long. It exceeds the allowed limit of 32,767 characters."})
    return value


def _number(key: str, value: Any, _: Meta) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(**{key: "Operation value must be a number"})
    return value


def _date(key: str, value: Any, _: Meta) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise Refused(**{key: f"Error parsing date string: {value}"}) from None


def _datetime(key: str, value: Any, _: Meta) -> str:
    try:
        return datetime.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise Refused(**{key: f"Error parsing time: {value}"}) from None


def _chosen(key: str, value: Any, field: Meta) -> dict[str, Any]:
    """One of the allowed values, named by its id, its name or its value."""
    if isinstance(value, dict):
        for allowed in field.get("allowedValues", ()):
            if any(
                value.get(name) is not None and value[name] == allowed.get(name) for name in ("id", "name", "value")
            ):
                return {name: each for name, each in allowed.items() if name != "children"}
    raise Refused(**{key: f"Specify a valid value for {field['name']}"})


def _cascading(key: str, value: Any, field: Meta) -> dict[str, Any]:
    chosen = _chosen(key, value, field)
    whole = next(each for each in field["allowedValues"] if each["id"] == chosen["id"])
    if value.get("child"):
        inner = {"name": field["name"], "allowedValues": whole.get("children", ())}
        chosen["child"] = _chosen(key, value["child"], inner)
    return chosen


def document(value: Any, key: str) -> dict[str, Any] | None:
    """A text in Atlassian's document format; Jira stores an empty one as none.

    Raises:
        Refused: it is none, is longer than Jira keeps, or breaks the schema of `@atlaskit/adf-schema`.
    """
    wrong = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
    if not isinstance(value, dict) or (value.get("type"), value.get("version")) != ("doc", 1):
        raise Refused(**{key: wrong})
    if problem := problem_in(value):
        raise Refused(**{key: f"INVALID_INPUT: {problem}"})
    if len(text_of(value)) > LONGEST_TEXT:
        raise Refused(**{key: "CONTENT_LIMIT_EXCEEDED"})
    return deepcopy(value) if value.get("content") else None


def text_of(node: Any) -> str:
    """All words of a document."""
    if not isinstance(node, dict):
        return ""
    return node.get("text", "") + "".join(map(text_of, node.get("content", ())))


def properties(given: Any) -> dict[str, Any]:
    """Entity properties as a write brings them, by key.

    Raises:
        Refused: a value is longer than 32,768 characters (Atlassian's "Entity properties").
    """
    there = {}
    for each in given or ():
        if len(json.dumps(each["value"], ensure_ascii=False, separators=(",", ":"))) > LONGEST_PROPERTY:
            raise Refused(f"The property {each['key']} is too long: its value has more than 32768 characters.")
        there[each["key"]] = deepcopy(each["value"])
    return there
