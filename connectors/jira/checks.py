"""Whether a Jira project has what a sync needs. Asks, writes nothing, and raises nothing.

The first finding says whether the site was reached at all; where that, the credentials or the project fail, nothing
more is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors import answers
from connectors.errors import ConnectorError, IssueNotFound, TargetUnreachable
from connectors.interface import Finding
from connectors.jira import forms
from connectors.jira.screens import nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from connectors.jira.fields import Fields, MissingField
    from connectors.jira.wire import Answer, Wire
    from connectors.settings import JiraSettings


_PERMISSIONS = {
    "BROWSE_PROJECTS": "nothing can be read",
    "CREATE_ISSUES": "no issue can be opened",
    "EDIT_ISSUES": "issues don't follow their items",
    "TRANSITION_ISSUES": "issues can't be closed or reopened",
    "ADD_COMMENTS": "issues are told nothing, of items that left their document for one",
    "ASSIGN_ISSUES": "owners are not assigned",
    "SCHEDULE_ISSUES": "issues get no due date",
    "LINK_ISSUES": "duplicates are not linked to their originals",
}
"""What is so without them: https://support.atlassian.com/jira-cloud-administration/docs/permissions-for-company-managed-projects/"""

_LESS_WITHOUT = {
    "priority": "priorities of items stay out of new issues",
    "duedate": "due dates of items stay out of new issues",
    "assignee": "owners are not assigned as issues are opened",
}
_INDISPENSABLE = {
    "description": "the block that Closeout keeps has no place",
    "labels": "its own issues are not found again",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one project.

    Attributes:
        wire: to Jira; speaks the version of this site afterwards.
        settings: of the target.
        fields: the project's create screens.
        where: how errors name the project.
        name: the target's name in the settings.
        now: this machine's clock.
    """

    wire: Wire
    settings: JiraSettings
    fields: Fields
    where: str
    name: str
    now: Callable[[], datetime]

    def findings(self) -> Iterator[Finding]:
        """All of it, as it is found out."""
        try:
            yield from self._reached()
            yield from self._signed_in()
            yield from self._project()
        except ConnectorError as error:
            yield _trouble(error)
            return
        except (AttributeError, KeyError, TypeError, ValueError):
            yield _UNREADABLE
            return
        for step in (self._permissions, self._screens, self._states, self._priorities, self._links):
            try:
                yield from step()
            except ConnectorError as error:
                yield _trouble(error)
            except (AttributeError, KeyError, TypeError, ValueError):
                yield _UNREADABLE

    def _read(self, path: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        return self.wire.read(path, self.where, parameters)

    def _reached(self) -> Iterator[Finding]:
        site = str(self.settings.url).rstrip("/")
        try:
            answer = self._read("/rest/api/2/serverInfo")  # which every Jira has, whatever the settings say of it
        except TargetUnreachable:
            raise
        except ConnectorError:
            yield Finding(f"{site} answers")
            raise
        told = answer.data
        found = "cloud" if str(told["deploymentType"]).casefold() == "cloud" else "data-center"
        self.wire.use("3" if found == "cloud" else "2")
        kind = "Cloud" if found == "cloud" else f"Data Center {told['version']}"
        yield Finding(f"Jira {kind} answers at {site}")
        if self.settings.deployment not in (None, found):
            yield self._mend(
                f"it is no site of the kind {self.settings.deployment}",
                "Mend `deployment`, or leave it out.",
                f"deployment = {quoted(found)}",
            )
        harm = "what changed since the last sync is asked for by time"
        yield from answers.clock_apart(answer.date, self.now(), "Jira", harm)

    def _signed_in(self) -> Iterator[Finding]:
        me = self._read("myself").data
        yield Finding(f"signed in as {me.get('displayName') or me.get('name') or me['accountId']}")
        if near := self.wire.near_limit_until:
            yield Finding(f"a limit of Jira is nearly used up, until {near:%H:%M:%S} UTC", advice="Syncs slow down.")

    def _project(self) -> Iterator[Finding]:
        key = self.settings.project
        try:
            told = self._read(f"project/{key}").data
        except IssueNotFound:
            raise IssueNotFound(
                f"there is no project {key}, or this account can't see it",
                where=self.where,
                advice="Check `project`, and that the account has the permission Browse Projects there.",
            ) from None
        if told.get("archived"):
            yield Finding(f"the project {key} is archived: it takes no writes", trouble=True, advice="Restore it.")
        yield Finding(f"project {key}: {told.get('name', key)}")

    def _permissions(self) -> Iterator[Finding]:
        parameters = {"projectKey": self.settings.project, "permissions": ",".join(_PERMISSIONS)}
        try:
            told = self._read("mypermissions", parameters).data["permissions"]
        except IssueNotFound:
            yield Finding("what this account may do can't be asked here")
            return
        lacking = [key for key in _PERMISSIONS if key in told and not told[key]["havePermission"]]
        for key in lacking:
            yield Finding(
                f"the account lacks the permission {told[key].get('name') or key}: {_PERMISSIONS[key]}",
                trouble=True,
                advice=f"Give it to the account in the permission scheme of {self.settings.project}.",
            )
        if not lacking:
            yield Finding("the account may browse, create, edit, move, comment, assign, schedule and link")

    def _screens(self) -> Iterator[Finding]:
        for whole in (False, True) if self.settings.parent_issues else (False,):
            screen = self.fields.screen(whole=whole)
            missing = self.fields.missing(whole=whole)
            always = [each for each in missing if not each.sometimes]
            if always:
                yield self._fill(always, f"Jira demands a value of each new {screen.type_name} for")
            if sometimes := [each for each in missing if each.sometimes]:
                yield self._fill(sometimes, f"no {screen.type_name} can be opened for an item without")
            for id_, effect in (_INDISPENSABLE | _LESS_WITHOUT).items():
                if id_ not in screen.fields:
                    yield Finding(
                        f"the create screen of {screen.type_name} has no field {id_}: {effect}",
                        trouble=id_ in _INDISPENSABLE,
                        advice="Add the field to the screen in the project's settings.",
                    )
            if not always:
                yield Finding(f"issue type {screen.type_name}: all required fields have values")
        for problem in self.fields.problems():
            yield Finding(problem, trouble=True, advice=f"Mend it under {self.fields.table}.")
        if self.settings.parent_issues and self.fields.parent() is None:
            yield Finding(
                f"issues of the type {self.settings.issue_type} can't be below others",
                trouble=True,
                advice="Add the field Parent (Data Center: Epic Link) to the screen, or set parent_issues = false.",
            )

    def _fill(self, missing: Sequence[MissingField], said: str) -> Finding:
        lines = tuple(each.line for each in missing)
        there = bool(self.settings.fields)
        return Finding(
            f"{said} {', '.join(each.name for each in missing)}",
            trouble=True,
            advice=f"Add under {self.fields.table}:" if there else "Add to closeout.toml:",
            lines=lines if there else (self.fields.table, *lines),
        )

    def _states(self) -> Iterator[Finding]:
        types = self._read(f"project/{self.settings.project}/statuses").data
        wanted = self.fields.screen().type_id
        statuses = [status for each in types if str(each["id"]) == wanted for status in each["statuses"]]
        by_category: dict[bool, list[str]] = {True: [], False: []}
        for status in statuses:
            by_category[(status.get("statusCategory") or {}).get("key") == "done"].append(str(status["name"]))
        done, open_ = by_category[True], by_category[False]
        if statuses and not done:
            yield Finding(
                f"the workflow of {self.settings.issue_type} has no status of the category Done: nothing is ever done",
                trouble=True,
                advice="Add one to the workflow, or change the category of its last status.",
            )
        if statuses and done:
            yield Finding(f"issues are closed into {', '.join(self.settings.done_status or done)}")
        yield from self._known("done_status", self.settings.done_status, done, "a status of the category Done")
        yield from self._known("open_status", self.settings.open_status, open_, "a status that is not done")
        yield from self._resolutions(done)

    def _resolutions(self, done_statuses: Sequence[str]) -> Iterator[Finding]:
        """Every way to say won't do and duplicate; of names that the settings give themselves, each must be there."""
        path = "resolution/search" if self.wire.version == "3" else "resolution"
        told = self._read(path).data
        there = [str(each["name"]) for each in (told["values"] if isinstance(told, dict) else told)]
        for key, meaning in (("done", "done"), ("wont_do", "won't do"), ("duplicate", "a duplicate")):
            names: tuple[str, ...] = getattr(self.settings, key)
            known = there if key == "done" else list(dict.fromkeys([*there, *done_statuses]))
            if key in self.settings.model_fields_set:
                yield from self._known(key, names, known, "a resolution of this site")
            elif key != "done" and not {name.casefold() for name in names} & {name.casefold() for name in known}:
                yield self._mend(
                    f"no resolution and no status says that an issue is {meaning}",
                    f"Name those that do: `{key}`; this site has {forms.listed(known) or 'none'}.",
                    f"{key} = [{quoted(nearest(names[0], known) or '…')}]",
                    trouble=key == "wont_do",
                )

    def _known(self, key: str, names: Iterable[str], known: Sequence[str], what: str) -> Iterator[Finding]:
        folded = {name.casefold() for name in known}
        for name in names:
            if name.casefold() not in folded:
                near = nearest(name, known)
                hint = f"Did you mean {near!r}? " if near else ""
                yield Finding(
                    f"`{key}` names {name!r}, which is not {what}",
                    trouble=True,
                    advice=f"{hint}There are: {forms.listed(known) or 'none'}.",
                )

    def _priorities(self) -> Iterator[Finding]:
        field = self.fields.screen().fields.get("priority")
        if field is None:
            return
        there = field.names() or [str(each["name"]) for each in self._read("priority").data]
        folded = {name.casefold() for name in there}
        lacking = {own: name for own, name in self.settings.priorities.items() if name.casefold() not in folded}
        if not lacking:
            yield Finding(
                f"priorities: {', '.join(f'{own} is {name}' for own, name in self.settings.priorities.items())}"
            )
            return
        mended = {**self.settings.priorities} | {own: nearest(name, there) or "…" for own, name in lacking.items()}
        pairs = ", ".join(f"{quoted(own)} = {quoted(name)}" for own, name in mended.items())
        yield self._mend(
            f"the project has no priority {', '.join(dict.fromkeys(lacking.values()))}",
            f"Say which of its own is meant ({forms.listed(there)}):",
            f"priorities = {{ {pairs} }}",
        )

    def _links(self) -> Iterator[Finding]:
        try:
            there = [str(each["name"]) for each in self._read("issueLinkType").data["issueLinkTypes"]]
        except IssueNotFound:
            there = []
        wanted = [("duplicate_link", self.settings.duplicate_link, "duplicates are not linked to their originals")]
        if self.settings.link_recurrences:
            wanted.append(("related_link", self.settings.related_link, "work promised before is not linked"))
        for option, name, lost in wanted:
            if name.casefold() not in {each.casefold() for each in there}:
                yield self._mend(
                    f"there is no link type {name!r}: {lost}",
                    f"Name one of: {forms.listed(there)}." if there else "Switch issue linking on in Jira's settings.",
                    *([f"{option} = {quoted(nearest(name, there) or there[0])}"] if there else []),
                    trouble=False,
                )

    def _mend(self, what: str, advice: str, *lines: str, trouble: bool = True) -> Finding:
        """What one line of the target's own table mends."""
        return Finding(what, trouble, f"{advice} Under [targets.{self.name}]:" if lines else advice, lines)


_UNREADABLE = Finding(
    "Jira's answer can't be read; not all of this target is checked",
    trouble=True,
    advice="Check that `url` is Jira's own address, and run this again.",
)


def _trouble(error: ConnectorError) -> Finding:
    return Finding(error.message, trouble=True, advice=error.advice)
