"""What Jira it is, and where an issue or the whole project went. By reading alone, and only when it matters.

GET issue tells another key, GET project the same     the issue was moved to another project: `IssueMoved`
GET issue tells another key, GET project another one  the project's key was changed: `TargetMoved`
GET issue tells that it is archived                   nobody works on it any more: `IssueNotFound`
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from connectors.errors import IssueMoved, IssueNotFound, NotAllowed, TargetClosed, TargetMoved
from connectors.jira import block, forms, values
from connectors.jira.failures import Request
from connectors.jira.reading import read
from connectors.jira.values import Project, Reader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from connectors.interface import IssueRef
    from connectors.jira.values import Seen
    from connectors.jira.wire import Wire
    from connectors.settings import JiraSettings

_CLOUD, _DATA_CENTER = "cloud", "data-center"


class Site:
    """One project, at the Jira that has it.

    Requests: `serverInfo` once, where the settings and the cursor do not tell; the list of fields once on Data Center,
    where parts are wanted.
    """

    def __init__(self, wire: Wire, project: Project, settings: JiraSettings) -> None:
        self._wire, self.project, self._settings = wire, project, settings
        self._deployment: str | None = None
        self._epic_link: str | None = None
        if settings.deployment:
            self._take(settings.deployment)

    @property
    def wire(self) -> Wire:
        """To this Jira, in the version that it speaks; raises as `cloud`."""
        self._find_out()
        return self._wire

    @property
    def where(self) -> str:
        """How errors name the project."""
        return self.project.where()

    @property
    def asking(self) -> Request:
        """A read of the project."""
        return Request("GET", self.where)

    @property
    def cloud(self) -> bool:
        """Whether this is Jira Cloud.

        Raises:
            TargetUnreachable, RateLimited, NotAllowed: it could not be found out.
        """
        self._find_out()
        return self._deployment == _CLOUD

    @property
    def known(self) -> str:
        """What was found out and never changes, for the next process."""
        return " ".join(part for part in (self._deployment, self._epic_link) if part)

    def recall(self, known: str) -> None:
        """Take over what an earlier process found out."""
        deployment, _, epic_link = known.partition(" ")
        if self._deployment is None and deployment in (_CLOUD, _DATA_CENTER):
            self._take(deployment)
        self._epic_link = self._epic_link or epic_link or None

    @cached_property
    def reader(self) -> Reader:
        """Reads issues as this Jira tells them."""
        return Reader.of(self.project, self._settings, cloud=self.cloud, epic_link=self.epic_link)

    @property
    def epic_link(self) -> str:
        """The field that holds an issue's epic on Data Center, where that is wanted; empty otherwise."""
        if self.cloud or not self._settings.parent_issues:
            return ""
        if self._epic_link is None:
            fields = self.wire.read("field", self.where).data
            self._epic_link = read(self.asking, _epic_link, fields)
        return self._epic_link

    def zone(self) -> ZoneInfo | None:
        """The time zone of the account that asks, which searches are made in; None for one not known here.

        Raises:
            TargetUnreachable, RateLimited, NotAllowed: the credentials are not accepted.
        """
        told = self.wire.read("myself", self.where).data
        return values.zone_of(read(self.asking, lambda data: str(data.get("timeZone") or ""), told))

    def seen(self, ref: IssueRef, *more: str) -> Seen:
        """The issue as it is now; `more` are fields that are wanted besides.

        Raises:
            IssueNotFound, IssueGone, IssueMoved, TargetMoved, TargetUnreachable, RateLimited, NotAllowed.
        """
        fields = ",".join((*self.reader.fields, *more))
        request = Request("GET", self.project.where(ref.key), of_issue=True)
        parameters = {"fields": fields} | ({"properties": block.PROPERTY} if self.cloud else {})
        answer = self.wire.read(f"issue/{ref.key}", request.where, parameters, of_issue=True)
        found = read(request, self.reader.seen, answer.data)
        if found.issue.ref.key != ref.key.upper():
            raise self._moved(ref, found.issue.ref.url)
        if found.raw["fields"].get("archiveddate"):
            raise IssueNotFound(
                "it is archived",
                where=request.where,
                advice="Restore it in Jira, or link the item to another issue.",
            )
        return found

    def confirm(self) -> None:
        """That the project is there, and is what the settings say.

        Raises:
            IssueNotFound, TargetMoved, TargetClosed, TargetUnreachable, RateLimited, NotAllowed.
        """
        told = self.wire.read(f"project/{self.project.key}", self.where).data
        key, archived = read(self.asking, lambda data: (str(data["key"]), bool(data.get("archived"))), told)
        if key != self.project.key:
            raise TargetMoved(
                f"the project's key is {key} now",
                where=self.where,
                location=f"{self.project.site}/browse/{key}",
                advice=f'Set `project = "{key}"` for this target in closeout.toml. Nothing is sent before that.',
            )
        if archived:
            raise TargetClosed(
                "the project is archived: nobody can change its issues",
                where=self.where,
                advice="Let an administrator restore it, or set another project.",
            )

    def own(self, listed: Iterable[Seen]) -> list[Seen]:
        """The listed issues that are of this project: a search by an old key finds those of the new one.

        Raises:
            as `confirm`.
        """
        listed = list(listed)
        own = [one for one in listed if self.project.owns(one.issue.ref)]
        if len(own) < len(listed):
            self.confirm()
        return own

    def _find_out(self) -> None:
        if self._deployment is None:
            told = read(self.asking, _deployment, self._wire.read("serverInfo", self.where).data)
            self._take(_CLOUD if told == _CLOUD else _DATA_CENTER)

    def _take(self, deployment: str) -> None:
        self._deployment = deployment
        self._wire.use("3" if deployment == _CLOUD else "2")

    def _moved(self, ref: IssueRef, url: str) -> IssueMoved:
        """What it means that an issue has another key now."""
        try:
            self.confirm()
        except TargetMoved as error:
            return error
        except (IssueNotFound, NotAllowed, TargetClosed):
            pass
        return IssueMoved(
            f"it was moved to another project: {url}",
            where=self.project.where(ref.key),
            location=url,
            advice="Give that project a target of its own: the next sync links the item there.",
        )


def _deployment(data: Any) -> str:
    return str(data["deploymentType"]).casefold()


def _epic_link(data: Any) -> str:
    """The field of this kind; empty where Jira has none."""
    kinds = {str((each.get("schema") or {}).get("custom") or "").rpartition(":")[2]: str(each["id"]) for each in data}
    return kinds.get(forms.EPIC_LINK, "")
