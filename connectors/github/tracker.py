"""The adapter: which requests make up each promise of the port, and how many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from connectors import marker
from connectors.errors import IssueConverted, IssueMoved, IssueNotFound, NotAllowed
from connectors.github import evidence, failures, graph, values, whereabouts
from connectors.github.failures import Request
from connectors.github.values import Repository, time_of, time_text
from connectors.github.wire import PER_PAGE, Wire
from connectors.interface import Capabilities, Listing
from connectors.pacing import Budget, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from connectors.interface import Comment, Evidence, Issue, IssueDraft, IssuePatch, IssueRef, PageSeen
    from connectors.settings import GitHubSettings

    T = TypeVar("T")

READ_LAG = timedelta(minutes=2)
"""How long a listing may still miss a write. GitHub promises no number; reads come from replicas that are usually
seconds behind. Listings overlap by as much, so that nothing falls between two of them."""

_READ_PAUSES = (0.5, 2.0)
"""Seconds before the second and third try of a read."""


class GitHubTracker:
    """Issues of one GitHub repository.

    Requests: create, update, comment, get and is_public one each; a listing one per 100 issues (99 from the second
    page on). An update that changes nothing sends nothing. What is redirected takes two or three more to find out where
    it is; a `get` of a locked and closed issue one more. Not safe for use from several threads at once.
    """

    def __init__(
        self,
        name: str,
        settings: GitHubSettings,
        token: str,
        *,
        read_pauses: tuple[float, ...] = _READ_PAUSES,
    ) -> None:
        self._name = name
        self._repository = Repository(name, settings.repository, str(settings.base_url).rstrip("/"))
        self._wire = Wire(
            base_url=self._repository.api,
            token=token,
            timeout=settings.timeout,
            ca_bundle=settings.ca_bundle,
            read_pauses=read_pauses,
            where=self._repository.where(),
        )
        self._capabilities = Capabilities(
            due=False,
            priority=False,
            max_title=256,
            max_body=65_536,
            read_lag=READ_LAG,
            place=f"github:{self._repository.api_host}/{self._repository.full_name.lower()}",
            budget_key=f"github:{self._repository.api_host}",
            budget=Budget(
                (
                    Window(settings.creates_per_minute, timedelta(minutes=1)),
                    Window(settings.creates_per_hour, timedelta(hours=1)),
                )
            ),
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def changed_since(self, cursor: str | None, on_page: PageSeen | None = None) -> Listing:
        """See the port. The cursor is the newest change seen; one that cannot be read means everything."""
        newest = _parsed(cursor)
        found: dict[int, Issue] = {}
        for page in self._pages(newest and newest - READ_LAG):
            for changed, issue in page:
                newest = max(newest, changed) if newest else changed
                if issue is not None:
                    found[issue.ref.number] = issue
            if on_page is not None:
                on_page(len(found))
        ordered = sorted(found.values(), key=lambda issue: (issue.updated_at, issue.ref.number))
        return Listing(tuple(ordered), time_text(newest) if newest else "")

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
        sent = {
            "title": draft.title,
            "body": marker.write("", draft.managed, draft.marker),
            "labels": sorted(draft.labels),
            "assignees": sorted(draft.assignees),
        }
        answer = self._wire.write(request.verb, f"{self._repository.path}/issues", request.where, sent)
        issue = _read(request, self._repository.issue, answer.data)
        if elsewhere := self._repository.elsewhere(issue, issue.ref.number):
            raise failures.no_answer(request, f"the answer tells of {elsewhere}")
        return issue

    def update(self, issue: Issue, patch: IssuePatch) -> Issue:
        self._own(issue.ref)
        number = issue.ref.number
        sent = values.changes(issue, patch)
        if not sent:
            return issue
        request = self._request("PATCH", number)
        answer = self._wire.write(request.verb, self._repository.issue_path(number), request.where, sent, of_issue=True)
        return self._issue(request, answer.data, number)

    def comment(self, ref: IssueRef, body: str) -> Comment:
        self._own(ref)
        request = self._request("POST", ref.number)
        path = f"{self._repository.issue_path(ref.number)}/comments"
        answer = self._wire.write(request.verb, path, request.where, {"body": body}, of_issue=True)
        return _read(request, values.comment, answer.data)

    def comments(self, ref: IssueRef) -> tuple[Comment, ...]:
        self._own(ref)
        found = {one.id: one for one in self._all_of(ref.number, "comments", values.comment)}
        return tuple(sorted(found.values(), key=lambda one: (one.created_at, int(one.id))))

    def evidence(self, refs: Sequence[IssueRef]) -> dict[IssueRef, Evidence]:
        by_number = {ref.number: ref for ref in refs}
        found: dict[IssueRef, Evidence] = {}
        for numbers in evidence.batches(list(by_number)):
            data = graph.ask(self._wire, self._repository, evidence.query(numbers), datetime.now(UTC))
            told = _read(Request("GET", self._repository.where()), evidence.read, data)
            found |= {by_number[number]: each for number, each in told.items()}
        return found

    def is_public(self) -> bool:
        request = Request("GET", self._repository.where())
        try:
            answer = self._wire.read(self._repository.path, request.where)
        except IssueMoved as error:
            raise whereabouts.of_repository(self._wire, self._repository, error) from error
        return _read(request, _is_public, answer.data)

    def reference(self, text: str) -> IssueRef | None:
        return self._repository.reference(text)

    def close(self) -> None:
        self._wire.close()

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

    def _all_of(self, number: int, what: str, parse: Callable[[Any], T]) -> Iterator[T]:
        """Everything of one issue's sub-list, page by page."""
        request = self._request("GET", number)
        path = f"{self._repository.issue_path(number)}/{what}"
        page, has_next = 1, True
        while has_next:
            answer = self._wire.read(path, request.where, {"per_page": PER_PAGE, "page": page}, of_issue=True)
            yield from _read(request, _each(parse), answer.data)
            page, has_next = page + 1, answer.has_next and bool(answer.data)

    def _converted(self, number: int) -> bool:
        """Whether the issue became a discussion: GitHub locks and closes it, and only its events tell why."""
        try:
            return "converted_to_discussion" in self._all_of(number, "events", lambda raw: str(raw["event"]))
        except (IssueNotFound, NotAllowed):
            return False  # it was there a moment ago, and who may not read events can't be told

    def _pages(self, since: datetime | None) -> Iterator[list[tuple[datetime, Issue | None]]]:
        """Pages of times and issues, oldest change first; None stands for a pull request.

        An issue that changes meanwhile moves to the end, and all behind it move up by one: the next page *number*
        would skip one for good. So each page starts anew at the last change of the page before (`since` includes it);
        page numbers serve only within more than a page of changes of one second.
        """
        request = Request("GET", self._repository.where())
        page, has_next = 1, True
        while has_next:
            parameters = {"state": "all", "sort": "updated", "direction": "asc", "per_page": PER_PAGE, "page": page}
            if since is not None:
                parameters["since"] = time_text(since)
            try:
                answer = self._wire.read(f"{self._repository.path}/issues", request.where, parameters)
            except IssueMoved as error:
                raise whereabouts.of_repository(self._wire, self._repository, error) from error
            found = _read(request, _each(self._repository.listed), answer.data)
            if not found:
                return
            yield found
            has_next, last = answer.has_next, found[-1][0]
            if since is None or last > since:
                since, page = last, 1
            else:
                page += 1

    def _issue(self, request: Request, raw: Any, number: int) -> Issue:
        """The answer's issue, which must be the one asked for."""
        _, issue = _read(request, self._repository.listed, raw)
        if issue is None:
            raise IssueNotFound("this is a pull request", where=request.where, advice="Name an issue instead.")
        if elsewhere := self._repository.elsewhere(issue, number):
            raise failures.moved(request, elsewhere)
        return issue


def _read(request: Request, parse: Callable[[Any], T], data: Any) -> T:
    """`data` by `parse`; what it cannot read is no usable answer."""
    try:
        return parse(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise failures.no_answer(request, "the answer is not what was asked for") from error


def _each(parse: Callable[[Any], T]) -> Callable[[Any], list[T]]:
    def parse_list(data: Any) -> list[T]:
        if not isinstance(data, list):
            raise TypeError("not a list")
        return [parse(one) for one in data]

    return parse_list


def _is_public(raw: Any) -> bool:
    return raw["private"] is False and raw.get("visibility", "public") == "public"


def _parsed(cursor: str | None) -> datetime | None:
    try:
        return time_of(cursor) if cursor else None
    except ValueError:
        return None
