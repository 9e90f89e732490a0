"""The create screens of a project: which fields each issue type's has, and what they take.

A screen is read when it is first wanted, once: `issue/createmeta/{project}/issuetypes`, then its fields, page by page.
Jira before 8.4 has neither; there the older `issue/createmeta` tells all at once.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.errors import IssueNotFound, NotAllowed, RequestRejected, TargetUnreachable
from connectors.jira import forms
from connectors.jira.forms import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from connectors.jira.wire import Wire
    from connectors.settings import JiraSettings

_PAGE = 200  # the most that Cloud gives; Data Center gives what it likes


@dataclass(frozen=True, slots=True)
class Screen:
    """The create screen of one issue type."""

    type_id: str
    type_name: str
    fields: Mapping[str, Field] = field(repr=False)

    def custom(self, kind: str) -> Field | None:
        """The field of a custom type that there is one of."""
        return next((each for each in self.fields.values() if each.custom == kind), None)

    def named(self, name: str) -> list[Field]:
        """The field with this id, else all of this name, whatever the case."""
        if name in self.fields:
            return [self.fields[name]]
        wanted = name.strip().casefold()
        return [each for each in self.fields.values() if wanted in (each.name.casefold(), each.id.casefold())]


class Screens:
    """The create screens of one project.

    Args:
        wire: to Jira, of the version that creates issues.
        settings: of the target.
        where: how errors name the project.
    """

    def __init__(self, wire: Wire, settings: JiraSettings, where: str) -> None:
        self._wire, self._settings, self._where = wire, settings, where
        self._screens: dict[str, Screen] = {}

    def of(self, issue_type: str) -> Screen:
        """The create screen of an issue type, by name.

        Raises:
            NotAllowed: issues can't be created here.
            RequestRejected: there is no such type.
            TargetUnreachable, RateLimited: it could not be read.
        """
        if issue_type not in self._screens:
            try:
                self._screens[issue_type] = self._read(issue_type)
            except (KeyError, TypeError, ValueError, AttributeError):
                raise TargetUnreachable(
                    "Jira's create metadata can't be read; nothing was sent",
                    where=self._where,
                    advice="Run again later; if it stays so, check `url`.",
                ) from None
        return self._screens[issue_type]

    def _read(self, wanted: str) -> Screen:
        path = f"issue/createmeta/{self._settings.project}/issuetypes"
        try:
            types = list(self._pages(path, ("issueTypes", "values", "createMetaIssueType")))
        except IssueNotFound:
            return self._read_of_old(wanted)
        found = self._type(wanted, types)
        raws = self._pages(f"{path}/{found['id']}", ("fields", "values", "results"))
        return _screen(found, {str(raw.get("fieldId") or raw["key"]): raw for raw in raws})

    def _pages(self, path: str, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        """All of a paged list; Cloud and Data Center call what they list by different names."""
        start = 0
        while True:
            page = self._wire.read(path, self._where, {"startAt": start, "maxResults": _PAGE}).data
            listed: list[dict[str, Any]] = next((page[key] for key in keys if isinstance(page.get(key), list)), [])
            yield from listed
            start += len(listed)
            if not listed or page.get("isLast", start >= page.get("total", 0)):
                return

    def _read_of_old(self, wanted: str) -> Screen:
        """The screen as Jira before 8.4 tells it; who may not see the project gets here, too, and an empty answer."""
        parameters = {"projectKeys": self._settings.project, "expand": "projects.issuetypes.fields"}
        try:
            answer = self._wire.read("issue/createmeta", self._where, parameters).data
        except IssueNotFound:
            answer = {}
        projects = [each for each in answer.get("projects", ()) if each["key"] == self._settings.project]
        found = self._type(wanted, projects[0]["issuetypes"] if projects else [])
        return _screen(found, found["fields"])

    def _type(self, wanted: str, types: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        if not types:
            raise NotAllowed(
                f"there is no project {self._settings.project}, or this account can't create issues in it",
                where=self._where,
                advice="Check `project`, and that the account has the permission Create Issues there.",
            )
        for each in types:
            if wanted.casefold() in {str(each.get(key, "")).casefold() for key in ("name", "untranslatedName", "id")}:
                return each
        names = [str(each["name"]) for each in types]
        setting = "parent_type" if wanted == self._settings.parent_type else "issue_type"
        raise RequestRejected(
            f"the project {self._settings.project} has no issue type {wanted!r}: {forms.listed(names)}",
            where=self._where,
            advice=f"Mend `{setting}`: {setting} = {quoted(nearest(wanted, names) or names[0])}",
            refused={"issuetype": frozenset({wanted})},
        )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Which of the known names is meant, whatever the case."""
    by_fold = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(name.casefold(), by_fold, 1)
    return by_fold[found[0]] if found else None


def quoted(text: str) -> str:
    """A TOML basic string; its escapes are JSON's."""
    return json.dumps(text, ensure_ascii=False)


def _screen(issue_type: Mapping[str, Any], raws: Mapping[str, Mapping[str, Any]]) -> Screen:
    fields = [Field.read(key, raw) for key, raw in raws.items()]
    return Screen(str(issue_type["id"]), str(issue_type["name"]), {each.id: each for each in fields})
