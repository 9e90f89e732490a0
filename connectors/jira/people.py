"""Who is meant by a name, and whether they can be assigned. Nobody is guessed: no first hit is ever taken.

A name is an account id on Cloud and a user name on Data Center, or on either an e-mail address. That is looked up, and
counts only where exactly one active account has it; Cloud hides the addresses of people who want it so, and then the
account id has to stand in the settings. What was found out holds for as long as the tracker lives.

Requests: one for each name that is new, and one more for each e-mail address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.errors import IssueNotFound, NotAllowed, RequestRejected
from connectors.interface import LeftOut
from connectors.jira.values import account_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connectors.jira.values import Project
    from connectors.jira.wire import Wire

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_MOST = 50
_WRITE_ID = "Write the account's id as `jira` of this person in [people]."
_WRITE_NAME = "Write the user name as `jira` of this person in [people]."


@dataclass(frozen=True, slots=True)
class Person:
    """An account, or why there is none: `unknown` says what and what to do about it."""

    account: str = ""
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whom to assign. `account` is empty for nobody, `name` what was asked for; `left_out` are the others."""

    account: str = ""
    name: str = ""
    left_out: tuple[LeftOut, ...] = ()

    @property
    def people(self) -> dict[str, str]:
        """The name that was asked for, by account, where it is another one."""
        return {self.account: self.name} if self.account and self.account != self.name else {}


@dataclass(slots=True)
class People:
    """The accounts of one project. `cloud`: which Jira it is, asked when it matters first."""

    wire: Wire
    project: Project
    cloud: Callable[[], bool]
    _found: dict[str, Person] = field(default_factory=dict)
    _assignable: dict[str, str] = field(default_factory=dict)

    def assignment(self, names: Iterable[str], present: str = "") -> Assignment:
        """Whom of these to assign: an issue of Jira has one assignee.

        Args:
            names: as the settings name them.
            present: the account that is assigned now, who stays if they are one of those.

        Raises:
            TargetUnreachable, RateLimited: it could not be found out now.
        """
        left_out: list[LeftOut] = []
        able: dict[str, str] = {}
        for name in sorted(names):
            person = self.person(name)
            why = person.unknown or ("" if person.account == present else self._why_not(person.account))
            if why:
                left_out.append(LeftOut(f"assignee {name}", why))
            else:
                able.setdefault(person.account, name)
        if not able:
            return Assignment(left_out=tuple(left_out))
        account = present if present in able else next(iter(able))
        others = [name for each, name in able.items() if each != account]
        told = f"An issue of Jira has one assignee, and that is {able[account]}."
        return Assignment(account, able[account], (*left_out, *(LeftOut(f"assignee {one}", told) for one in others)))

    def user(self, name: str) -> dict[str, Any] | None:
        """An account as fields of Jira want it; None for nobody."""
        account = self.person(name).account
        return self.json(account) if account else None

    def json(self, account: str) -> dict[str, Any]:
        """How Jira is told of an account."""
        return {"accountId" if self.cloud() else "name": account}

    def person(self, name: str) -> Person:
        """Whose name it is.

        Raises:
            TargetUnreachable, RateLimited.
        """
        if name not in self._found:
            self._found[name] = self._by_address(name) if _EMAIL.fullmatch(name) else Person(name)
        return self._found[name]

    def _by_address(self, address: str) -> Person:
        cloud = self.cloud()
        parameters = {"query" if cloud else "username": address, "maxResults": _MOST}
        advice = _WRITE_ID if cloud else _WRITE_NAME
        try:
            hits = _users(self.wire.read("user/search", self.project.where(), parameters).data)
        except (NotAllowed, IssueNotFound) as error:
            return Person(unknown=f"Who that is can't be found out ({error.message}). {advice}")
        exact = [user for user in hits if _says(user, address)]
        active = [user for user in exact if user.get("active", True)]
        if len(active) == 1:
            return Person(account_of(active[0]))
        if active:
            return Person(unknown=f"Several accounts have this address. {advice}")
        if exact:
            return Person(unknown="owner gone: the account is deactivated. Name another owner.")
        hidden = any("emailAddress" not in user for user in hits)
        return Person(unknown=f"{'Jira hides the address' if hidden else 'No account has this address'}. {advice}")

    def _why_not(self, account: str) -> str:
        """Why an account can't be assigned here; empty when it can, or when only Jira itself knows."""
        if account not in self._assignable:
            self._assignable[account] = self._ask_why_not(account)
        return self._assignable[account]

    def _ask_why_not(self, account: str) -> str:
        cloud = self.cloud()
        parameters = {"accountId" if cloud else "username": account, "project": self.project.key, "maxResults": _MOST}
        try:
            found = _users(self.wire.read("user/assignable/search", self.project.where(), parameters).data)
        except (NotAllowed, IssueNotFound, RequestRejected):
            return ""  # Jira refuses whom it does not want when it is sent
        user = next((each for each in found if account_of(each).casefold() == account.casefold()), None)
        if user is not None:
            return "" if user.get("active", True) else "owner gone: the account is deactivated. Name another owner."
        return self._why_unknown(account)

    def _why_unknown(self, account: str) -> str:
        name = "accountId" if self.cloud() else "username"
        try:
            user = self.wire.read("user", self.project.where(), {name: account}).data
        except (NotAllowed, IssueNotFound, RequestRejected):
            return f"No account of this Jira is called so. {_WRITE_ID if self.cloud() else _WRITE_NAME}"
        if isinstance(user, dict) and user.get("active") is False:
            return "owner gone: the account is deactivated. Name another owner."
        return "This account can't be assigned in the project: give it the permission Assignable User there."


def _users(data: Any) -> list[Mapping[str, Any]]:
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


def _says(user: Mapping[str, Any], address: str) -> bool:
    """Whether this is the account's address, or, on Data Center, its name."""
    told = (user.get("emailAddress"), user.get("name"))
    return address.casefold() in {str(each).casefold() for each in told if each}
