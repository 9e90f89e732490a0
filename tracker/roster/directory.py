"""A directory's users as CSV. Columns are known by the names that these services write.

Okta              login, email, firstName, lastName, displayName, managerId or manager, department, timezone, status
                  (its report "User accounts": Okta username, Primary email, Okta user status)
Google Workspace  First Name [Required], Last Name [Required], Email Address [Required], Status [READ ONLY],
                  Manager Email, Department; GAM: primaryEmail, name.fullName, suspended, archived
Microsoft Entra   userPrincipalName, displayName, givenName, surname, mail, accountEnabled, department, id or objectId
                  (Microsoft 365's list: User principal name, Display name, Block credential)

Others that say the same are taken too (a custom attribute `github`, `slack`, `jira`). The rest is left aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tracker.people_files import rows
from tracker.roster import Complain, Found

_COLUMNS = {
    "email": ("emailaddress", "primaryemail", "mail", "email", "workemail"),
    "login": ("userprincipalname", "login", "oktausername", "username", "userid"),
    "first": ("firstname", "givenname", "namegivenname"),
    "last": ("lastname", "surname", "familyname", "namefamilyname"),
    "name": ("displayname", "fullname", "namefullname", "userfullname", "name"),
    "status": ("status", "oktauserstatus", "userstatus", "accountstatus"),
    "enabled": ("accountenabled", "enabled", "active", "isactive"),
    "blocked": ("suspended", "archived", "blockcredential", "blocksignin", "deleted", "deactivated"),
    "manager": ("manageremail", "manager", "managerid"),
    "team": ("department",),
    "timezone": ("timezone",),
    "id": ("id", "objectid", "employeeid"),
    "github": ("github", "githublogin", "githubusername"),
    "slack": ("slack", "slackid", "slackmemberid"),
    "jira": ("jira", "jiraaccountid", "atlassianaccountid"),
}
"""What is wanted, and the columns that tell it; of several the first that holds anything."""

_GONE = frozenset(
    {"deprovisioned", "deactivated", "suspended", "archived", "deleted", "inactive", "disabled", "blocked"}
)
_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no", "0"})
_GUEST = "#ext#"
"""Entra's mark of a guest: the user principal name is no address then."""


def parse(text: str, complain: Complain) -> list[Found]:
    """The users of an export; empty, with a complaint, where no column tells an address or a login."""
    table = rows(text, complain)
    top, header = next(table, (1, []))
    named = [_column(name) for name in header]
    if not {*_COLUMNS["email"], *_COLUMNS["login"]} & set(named):
        told = ", ".join(header) or "nothing"
        complain(top, f"no column of users is known here; it has {told}")
        return []
    return [_user(line, dict(_cells(named, row))) for line, row in table]


def _column(name: str) -> str:
    """`firstname` for `First Name [Required]`, `firstName`, `profile.firstName`."""
    bare = re.sub(r"\[[^\]]*\]", "", name).strip().casefold().removeprefix("profile.")
    return re.sub(r"[\W_]+", "", bare)


def _cells(named: Iterable[str], row: Iterable[str]) -> Iterable[tuple[str, str]]:
    return ((name, cell) for name, cell in zip(named, row, strict=False) if name and cell)


def _user(line: int, told: Mapping[str, str]) -> Found:
    def first(what: str) -> str | None:
        return next((told[name] for name in _COLUMNS[what] if name in told), None)

    login, mail = first("login"), first("email")
    address = mail if mail and "@" in mail else None
    if address is None and login and "@" in login and _GUEST not in login.casefold():
        address = login
    parts = " ".join(filter(None, (first("first"), first("last"))))
    name = parts or first("name")
    shown = first("name")
    return Found(
        line,
        name=name,
        email=address,
        github=first("github"),
        slack=first("slack"),
        jira=first("jira"),
        aliases=(shown,) if shown and name and shown != name else (),
        team=first("team"),
        manager=first("manager"),
        timezone=first("timezone"),
        left=_left(told),
        ids=frozenset(each.casefold() for each in (address, login, first("id"), name) if each),
    )


def _left(told: Mapping[str, str]) -> bool:
    """Whether the account is switched off, by any of the columns that can say so."""
    words = {
        name: told[name].casefold()
        for kind in ("status", "enabled", "blocked")
        for name in _COLUMNS[kind]
        if name in told
    }
    return (
        any(words.get(name) in _GONE for name in _COLUMNS["status"])
        or any(words.get(name) in _NO for name in _COLUMNS["enabled"])
        or any(words.get(name) in _YES for name in _COLUMNS["blocked"])
    )
