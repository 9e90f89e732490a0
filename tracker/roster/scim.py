"""A directory's users as SCIM 2.0 writes them (RFC 7643, RFC 7644): a list response, a list of users, or one user."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tracker.roster import Complain, Found

_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def parse(text: str, complain: Complain) -> list[Found]:
    """The users of a SCIM answer. JSON has no lines that last, so `Found.line` counts users."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        complain(getattr(error, "lineno", 1), f"not valid JSON: {getattr(error, 'msg', 'nested too deep')}")
        return []
    users = data.get("Resources", [data]) if isinstance(data, dict) else data
    if not isinstance(users, list) or not all(isinstance(user, dict) for user in users):
        complain(1, "this is no list of users as SCIM writes it: there is no list `Resources`")
        return []
    found = []
    for number, user in enumerate(users, 1):
        if "userName" in user or "emails" in user:
            found.append(_user(number, user))
        else:
            complain(number, "this is no user: it has neither `userName` nor `emails`; left out")
    return found


def _user(number: int, user: Mapping[str, Any]) -> Found:
    login, shown = _text(user.get("userName")), _text(user.get("displayName"))
    parts = _table(user.get("name"))
    given = " ".join(filter(None, (_text(parts.get("givenName")), _text(parts.get("familyName")))))
    name = given or _text(parts.get("formatted")) or shown
    enterprise = _table(user.get(_ENTERPRISE))
    manager = enterprise.get("manager")
    address = _address(user) or (login if login and "@" in login else None)
    ids = (address, login, name, _text(user.get("id")), _text(user.get("externalId")))
    return Found(
        number,
        name=name,
        email=address,
        aliases=(shown,) if shown and name and shown != name else (),
        team=_text(enterprise.get("department")),
        # Entra writes the manager's id itself where the standard has a table with it.
        manager=_text(_table(manager).get("value")) or _text(_table(manager).get("displayName")) or _text(manager),
        timezone=_text(user.get("timezone")),
        left=user.get("active") in (False, "False", "false"),
        ids=frozenset(each.casefold() for each in ids if each),
    )


def _address(user: Mapping[str, Any]) -> str | None:
    """The primary address, else the one for work, else the first."""
    emails = user.get("emails")
    known = [each for each in emails if isinstance(each, dict)] if isinstance(emails, list) else []
    known.sort(key=lambda each: (each.get("primary") is not True, each.get("type") != "work"))
    return next((address for each in known if (address := _text(each.get("value")))), None)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None
