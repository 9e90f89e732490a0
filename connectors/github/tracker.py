"""The adapter: which requests make up each promise of the port, and how many."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from connectors import marker
from connectors.errors import ConnectorError, IssueConverted, IssueMoved, IssueNotFound, NotAllowed, RequestRejected
from connectors.github import checks, evidence, failures, graph, refusals, values, whereabouts
from connectors.github.failures import Request
from connectors.github.labels import Labels
from connectors.github.listing import READ_LAG, Lister, all_pages, read
from connectors.github.milestones import Milestone
from connectors.github.values import Repository
from connectors.github.wire import Wire
from connectors.interface import Capabilities, IssueState
from connectors.pacing import Budget, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from connectors.github.credentials import AppKey
    from connectors.interface import (
        Comment,
        Evidence,
        Finding,
        Issue,
        IssueDraft,
        IssuePatch,
        IssueRef,
        Listing,
        PageSeen,
    )
    from connectors.settings import GitHubSettings

    T = TypeVar("T")

MOST_PARTS = 100
"""https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/adding-sub-issues"""

_READ_PAUSES = (0.5, 2.0)
"""Seconds before the second and third try of a read."""


class GitHubTracker:
    """Issues of one GitHub repository.

    Requests: create, update, comment, get and is_public one each; a listing one per 100 issues (99 from the second
    page on), and one that is answered with 304 when nothing changed. An update that changes nothing sends nothing. What
    is redirected takes two or three more to find out where it is; a `get` of a locked and closed issue one more.

    Before the first label that no issue was seen with the repository's are listed, and each that it lacks is made;
    before the first create with a milestone that is looked for. What GitHub refuses of an issue that can do without it
    is left out and the rest sent again. Not safe for use from several threads at once.
    """

    def __init__(
        self,
        name: str,
        settings: GitHubSettings,
        token: str | AppKey,
        *,
        read_pauses: tuple[float, ...] = _READ_PAUSES,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name = name
        self._now = now
        self._repository = Repository(name, settings.repository, str(settings.base_url).rstrip("/"))
        self._wire = Wire(
            base_url=self._repository.api,
            token=token,
            timeout=settings.timeout,
            ca_bundle=settings.ca_bundle,
            read_pauses=read_pauses,
            where=self._repository.where(),
            repository=settings.repository,
            now=now,
        )
        self._windows = (
            Window(settings.creates_per_minute, timedelta(minutes=1)),
            Window(settings.creates_per_hour, timedelta(hours=1)),
        )
        self._app = settings.app_id is not None
        account = f"/app/{settings.app_id}" if self._app else ""
        self._capabilities = Capabilities(
            due=False,
            priority=False,
            max_title=256,
            max_body=65_536,
            read_lag=READ_LAG,
            place=f"github:{self._repository.api_host}/{self._repository.full_name.lower()}",
            budget_key=f"github:{self._repository.api_host}{account}",
            budget=Budget(self._windows),
            parts=MOST_PARTS if settings.parent_issues else 0,
        )
        self._besides: deque[datetime] = deque()
        """When something was written that is no issue and no comment: it counts for GitHub, and no journal knows it."""
        self._ids: dict[int, int] = {}
        self._type = settings.issue_type
        self._sender = refusals.Sender(self._count)
        self._lister = Lister(self._wire, self._repository, self._learn)
        self._labels = Labels(self._wire, self._repository, settings.label_colors, self._count)
        self._milestone = Milestone(
            self._wire, self._repository, settings.milestone, self._count, create=settings.create_milestone
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """The budget leaves out what labels and milestones have taken of it."""
        now = self._now()
        taken = [sum(now - at < window.span for at in self._besides) for window in self._windows]
        if not any(taken):
            return self._capabilities
        left = (
            Window(max(1, window.writes - used), window.span) for window, used in zip(self._windows, taken, strict=True)
        )
        return replace(self._capabilities, budget=Budget(tuple(left)))

    def changed_since(self, cursor: str | None, on_page: PageSeen | None = None) -> Listing:
        """See the port. A cursor that cannot be read means everything."""
        return self._lister.changed_since(cursor, on_page)

    def get(self, ref: IssueRef) -> Issue:
        self._own(ref)
        request = self._request("GET", ref.number)
        try:
            answer = self._wire.read(self._repository.issue_path(ref.number), request.where, of_issue=True)
        except IssueMoved as error:
            raise whereabouts.of_issue(self._wire, self._repository, ref.number, error) from error
        issue = self._issue(request, answer.data, ref.number)
        if issue.locked and issue.state.closed and self._converted(ref.number):
            raise IssueConverted(
                "it was converted to a discussion",
                where=request.where,
                location=issue.ref.url,
                advice="Its page leads to the discussion. Link the item to another issue, or unlink it.",
            )
        return issue

    def create(self, draft: IssueDraft) -> Issue:
        request = Request("POST", self._repository.where())
        self._labels.make_missing(draft.labels)
        wanted = {
            "title": draft.title,
            "body": marker.write("", draft.managed, draft.marker),
            "labels": sorted(draft.labels),
            "assignees": sorted(draft.assignees),
            "milestone": self._milestone.number(),
            "type": self._type,
        }
        answer, refused = self._sender.send(
            lambda sent: self._wire.write(request.verb, f"{self._repository.path}/issues", request.where, sent),
            {name: value for name, value in wanted.items() if value is not None},
        )
        assert answer is not None  # noqa: S101  (a title can't be left out)
        issue = read(request, self._repository.issue, answer.data)
        if elsewhere := self._repository.elsewhere(issue, issue.ref.number):
            raise failures.no_answer(request, f"the answer tells of {elsewhere}")
        read(request, self._learn, answer.data)
        self._lister.witness(answer.date, issue.updated_at)
        lacking = (self._milestone.left_out(answer.data), refusals.of_type(self._type, answer.data))
        dropped = refusals.dropped(draft.labels, draft.assignees, issue)
        return replace(issue, left_out=refusals.joined(refused, dropped, lacking))

    def update(self, issue: Issue, patch: IssuePatch) -> Issue:
        self._own(issue.ref)
        number = issue.ref.number
        sent = values.changes(issue, patch)
        if not sent:
            return issue
        if "labels" in sent:
            self._labels.make_missing(patch.add_labels)
        if patch.state is IssueState.DUPLICATE and patch.duplicate_of is not None:
            sent |= self._duplicate(patch.duplicate_of)
        request = self._request("PATCH", number)
        path = self._repository.issue_path(number)
        answer, refused = self._sender.send(
            lambda sent: self._wire.write(request.verb, path, request.where, sent, of_issue=True), sent
        )
        if answer is None:
            return replace(issue, left_out=refused)
        after = self._issue(request, answer.data, number)
        self._lister.witness(answer.date, after.updated_at)
        dropped = refusals.dropped(patch.add_labels, patch.assignees or (), after)
        return replace(after, left_out=refusals.joined(refused, dropped))

    def add_part(self, whole: IssueRef, part: Issue) -> Issue:
        self._own(whole)
        self._own(part.ref)
        if not self._ids.get(part.ref.number):
            part = self.get(part.ref)
        request = self._request("POST", whole.number)
        path, sent = f"{self._repository.issue_path(whole.number)}/sub_issues", {"sub_issue_id": self._id(part.ref)}
        try:
            answer = self._wire.write(request.verb, path, request.where, sent, of_issue=True)
            self._issue(request, answer.data, whole.number)
        except RequestRejected:
            part = self.get(part.ref)  # GitHub refuses what is so already, too
            if part.parent != whole.key:
                raise
        return replace(part, parent=whole.key)

    def comment(self, ref: IssueRef, body: str) -> Comment:
        self._own(ref)
        request = self._request("POST", ref.number)
        path = f"{self._repository.issue_path(ref.number)}/comments"
        answer = self._wire.write(request.verb, path, request.where, {"body": body}, of_issue=True)
        return read(request, values.comment, answer.data)

    def comments(self, ref: IssueRef) -> tuple[Comment, ...]:
        self._own(ref)
        found = {one.id: one for one in self._all_of(ref.number, "comments", values.comment)}
        return tuple(sorted(found.values(), key=lambda one: (one.created_at, int(one.id))))

    def evidence(self, refs: Sequence[IssueRef]) -> dict[IssueRef, Evidence]:
        by_number = {ref.number: ref for ref in refs}
        return {by_number[number]: each for number, each in self._asked(by_number, evidence.query, evidence.read)}

    def open_work(self, refs: Sequence[IssueRef]) -> dict[IssueRef, str]:
        """See `TellsOfWork`."""
        by_number = {ref.number: ref for ref in refs}
        told = dict(self._asked(by_number, evidence.work_query, evidence.read_work))
        if None in told.values():
            raise graph.not_told(self._repository, "GitHub does not tell which pull requests would close issues")
        return {by_number[number]: work for number, work in told.items() if work}

    def check(self) -> Iterator[Finding]:
        return checks.Check(self._wire, self._repository, self._now, app=self._app).findings()

    def is_public(self) -> bool:
        request = Request("GET", self._repository.where())
        try:
            answer = self._wire.read(self._repository.path, request.where)
        except IssueMoved as error:
            raise whereabouts.of_repository(self._wire, self._repository, error) from error
        return read(request, _is_public, answer.data)

    def reference(self, text: str) -> IssueRef | None:
        return self._repository.reference(text)

    def close(self) -> None:
        self._wire.close()

    def _asked(
        self, numbers: Iterable[int], query: Callable[[Sequence[int]], str], parse: Callable[[Any], Mapping[int, T]]
    ) -> Iterator[tuple[int, T]]:
        """What GraphQL tells of these issues, by number."""
        for some in evidence.batches(list(numbers)):
            data = graph.ask(self._wire, self._repository, query(some), self._now())
            yield from read(Request("GET", self._repository.where()), parse, data).items()

    def _own(self, ref: IssueRef) -> None:
        """An issue of another repository has the same number here, and is somebody else's.

        Raises:
            IssueMoved: `ref` is not of this repository.
        """
        if not self._repository.owns(ref):
            raise IssueMoved(
                f"{ref.key} is not an issue of this repository",
                where=self._repository.where(),
                location=ref.url,
                advice="Nothing was touched. Give each repository a target name of its own in closeout.toml.",
            )

    def _request(self, verb: str, number: int) -> Request:
        return Request(verb, self._repository.where(number), of_issue=True)

    def _count(self) -> None:
        self._besides.append(self._now())

    def _id(self, ref: IssueRef) -> int | None:
        """GitHub's own number of an issue that was read."""
        return self._ids.get(ref.number) or None

    def _learn(self, raw: Mapping[str, Any]) -> None:
        """What an issue's JSON tells besides the issue: ids, and labels and milestones that are there."""
        self._ids[int(raw["number"])] = int(raw.get("id") or 0)
        self._labels.learn(label if isinstance(label, str) else label["name"] for label in raw["labels"])
        self._milestone.learn(raw.get("milestone"))

    def _duplicate(self, of: IssueRef) -> dict[str, Any]:
        """How GitHub wants to be told which issue another one duplicates; nothing when that can't be found out."""
        if not self._repository.owns(of):
            return {}
        if not self._ids.get(of.number):
            try:
                self.get(of)
            except ConnectorError:
                return {}
        found = self._id(of)
        return {"duplicate_issue_id": found} if found else {}

    def _all_of(self, number: int, what: str, parse: Callable[[Any], T]) -> Iterator[T]:
        """Everything of one issue's sub-list, page by page."""
        path = f"{self._repository.issue_path(number)}/{what}"
        return all_pages(self._wire, path, self._repository.where(number), parse, of_issue=True)

    def _converted(self, number: int) -> bool:
        """Whether the issue became a discussion: GitHub locks and closes it, and only its events tell why."""
        try:
            return "converted_to_discussion" in self._all_of(number, "events", lambda raw: str(raw["event"]))
        except (IssueNotFound, NotAllowed):
            return False  # it was there a moment ago, and who may not read events can't be told

    def _issue(self, request: Request, raw: Any, number: int) -> Issue:
        """The answer's issue, which must be the one asked for."""
        _, issue = read(request, self._repository.listed, raw)
        if issue is None:
            raise IssueNotFound("this is a pull request", where=request.where, advice="Name an issue instead.")
        if elsewhere := self._repository.elsewhere(issue, number):
            raise failures.moved(request, elsewhere)
        read(request, self._learn, raw)
        return issue


def _is_public(raw: Any) -> bool:
    return raw["private"] is False and raw.get("visibility", "public") == "public"
