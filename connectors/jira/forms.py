"""What a field of Jira's create screen takes, and settings' values in the JSON that it wants. Pure.

    schema                      value in the settings                     JSON
    string                      text                                      text; ADF on v3 for fields of several lines
    number                      3, "2.5"                                  number
    date, datetime              ISO                                       "2026-11-20", "2026-11-20T09:00:00.000+0000"
    option, priority, version,
    component, security level   value, name or id                         {"id": …}, or {"value" or "name": …}
    option-with-child           "Parent > Child"                          {"id": …, "child": {"id": …}}
    user                        account id, user name, e-mail address     {"accountId": …} or {"name": …}
    group, project, issuelink   name, key, key                            {"name": …}, {"key": …}, {"key": …}
    team, epic link, URL        id, key, address                          text
    array                       one or several of these                   a list of these
    anything else               as it stands                              as it stands

Sources: https://developer.atlassian.com/server/jira-servicedesk/info/field-input-formats,
https://developer.atlassian.com/platform/teams/components/team-field-in-jira-rest-api/ and the recorded create metadata.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from connectors.markup import to_adf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Given = str | int | float | bool
"""One value of the settings, with the item's facts in it."""

MOST_NAMED = 10
"""Allowed values that a refusal names."""

LONGEST_LINE = 255
"""Characters of a single-line text field: https://confluence.atlassian.com/adminjiraserver/adding-custom-fields"""

_SPRINT, EPIC_LINK, EPIC_NAME = "gh-sprint", "gh-epic-link", "gh-epic-label"
_SEVERAL_LINES = frozenset({"textarea", "environment", "description"})
_LEFT_ALONE = {
    _SPRINT: "sprints are planned by people",
    "attachment": "Closeout attaches no files",
    "issuelinks": "Closeout links issues by itself",
    "comment": "Closeout comments by itself",
    "worklog": "Closeout logs no work",
}
_SPACES = re.compile(r"\s+")


class Unfit(ValueError):
    """A value that its field does not take; the message says why and what it would take."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a create screen. `custom` is the last part of a custom field's type (`textarea`, `gh-epic-link`).

    `allowed` is None where Jira does not list the values; `items` is what an array holds.
    """

    id: str
    name: str
    type: str
    items: str = ""
    custom: str = ""
    required: bool = False
    has_default: bool = False
    allowed: tuple[Mapping[str, Any], ...] | None = field(default=None, repr=False)

    @classmethod
    def read(cls, key: str, raw: Mapping[str, Any]) -> Self:
        """From Jira's create metadata."""
        schema = raw.get("schema") or {}
        allowed = raw.get("allowedValues")
        values = [each if isinstance(each, dict) else {"value": each} for each in allowed or ()]
        return cls(
            id=str(raw.get("fieldId") or raw.get("key") or key),
            name=str(raw.get("name") or key),
            type=str(schema.get("type") or "any"),
            items=str(schema.get("items") or ""),
            custom=str(schema.get("custom") or schema.get("system") or "").rpartition(":")[2],
            required=bool(raw.get("required")),
            has_default=bool(raw.get("hasDefaultValue")),
            allowed=None if allowed is None else tuple(each for each in values if not each.get("disabled")),
        )

    @property
    def holds(self) -> str:
        """The type of one value."""
        return self.items if self.type == "array" else self.type

    @property
    def left_alone(self) -> str:
        """Why Closeout does not set this field; empty when it can."""
        return _LEFT_ALONE.get(self.custom) or _LEFT_ALONE.get(self.holds, "")

    def names(self) -> list[str]:
        """The values that it takes, as people know them; none where Jira does not list them."""
        return [_title(each) for each in self.allowed or ()]


@dataclass(frozen=True, slots=True)
class Place:
    """What besides the field decides a value's form: the API's version, and who is meant by a name."""

    version: str
    people: Callable[[str], Mapping[str, Any] | None]


def to_json(field: Field, given: Sequence[Given], place: Place) -> Any:
    """`given` in the form that Jira wants for `field`; None when it names people of whom nobody is known.

    Raises:
        Unfit: the field does not take this.
    """
    if field.left_alone:
        raise Unfit(f"it can't be set from here: {field.left_alone}")
    if field.type != "array":
        if len(given) != 1:
            raise Unfit(f"it takes one value, not {len(given)}")
        return _one(field, given[0], place)
    made = [_one(field, each, place) for each in given]
    return [each for each in made if each is not None] or None


def _one(field: Field, given: Given, place: Place) -> Any:
    form = _FORMS.get(field.holds)
    return form(field, written(given), place) if form else given


def written(given: Given) -> str:
    """A value as text."""
    return str(given).lower() if isinstance(given, bool) else str(given).strip()


def _text(field: Field, text: str, place: Place) -> Any:
    if field.allowed:
        return _title(_found(field.allowed, text))
    if field.type == "array":
        return _SPACES.sub("-", text)  # Jira's labels hold no white space
    if field.custom == "url":
        if urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).netloc:
            raise Unfit(f"{text!r} is no web address")
        return text
    if field.custom in _SEVERAL_LINES:
        return {"type": "doc", "version": 1, "content": to_adf(text)} if place.version == "3" else text
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1].rstrip() + "…"


def _number(_field: Field, text: str, _place: Place) -> int | float:
    try:
        number = float(text)
    except ValueError:
        raise Unfit(f"{text!r} is no number") from None
    if not math.isfinite(number):
        raise Unfit(f"{text!r} is no number")
    return int(number) if number.is_integer() else number


def _date(_field: Field, text: str, _place: Place) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise Unfit(f"{text!r} is no date; write 2026-11-20") from None


def _moment(_field: Field, text: str, _place: Place) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit(f"{text!r} is no time; write 2026-11-20T09:00:00+00:00") from None
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _option(field: Field, text: str, _place: Place) -> dict[str, Any]:
    return {"value": text} if field.allowed is None else {"id": _found(field.allowed, text)["id"]}


def _named(field: Field, text: str, _place: Place) -> dict[str, Any]:
    return {"name": text} if field.allowed is None else {"id": _found(field.allowed, text)["id"]}


def _keyed(field: Field, text: str, _place: Place) -> dict[str, Any]:
    return {"id": _found(field.allowed, text)["id"]} if field.allowed else {"key": text}


def _cascade(field: Field, text: str, _place: Place) -> dict[str, Any]:
    parent, _, child = (part.strip() for part in text.partition(">"))
    if field.allowed is None:
        return {"value": parent} | ({"child": {"value": child}} if child else {})
    found = _found(field.allowed, parent)
    if not child:
        return {"id": found["id"]}
    return {"id": found["id"], "child": {"id": _found(found.get("children") or (), child, below=parent)["id"]}}


def _user(_field: Field, text: str, place: Place) -> Mapping[str, Any] | None:
    return place.people(text)


def _estimate(_field: Field, text: str, _place: Place) -> dict[str, Any]:
    return {"originalEstimate": text}


def _found(allowed: Sequence[Mapping[str, Any]], text: str, *, below: str = "") -> Mapping[str, Any]:
    """The allowed value that `text` names: by its name before its id, to the letter before any case."""
    for key in ("value", "name", "key", "id"):
        for fold in (str, str.casefold):
            for each in allowed:
                if fold(str(each.get(key) or "")) == fold(text):
                    return each
    place = f" below {below!r}" if below else ""
    if not allowed:
        raise Unfit(f"{text!r} is none of its values{place}: it has none yet")
    raise Unfit(f"{text!r} is none of its values{place}: {listed([_title(each) for each in allowed])}")


def listed(names: Sequence[str]) -> str:
    """At most ten of these, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _title(value: Mapping[str, Any]) -> str:
    return str(value.get("value") or value.get("name") or value.get("key") or value.get("id") or "")


_FORMS: Mapping[str, Callable[[Field, str, Place], Any]] = {
    "string": _text,
    "number": _number,
    "date": _date,
    "datetime": _moment,
    "option": _option,
    "option-with-child": _cascade,
    "priority": _named,
    "version": _named,
    "component": _named,
    "resolution": _named,
    "securitylevel": _named,
    "group": _named,
    "project": _keyed,
    "issuelink": _keyed,
    "user": _user,
    "timetracking": _estimate,
}
