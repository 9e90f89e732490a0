"""The adapter: which requests make up each promise of the port, and how many."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.errors import IssueMoved, OutcomeUnknown, RequestRejected, TargetUnreachable
from connectors.interface import Capabilities, IssueState
from connectors.jira import opening, refusals, states, texts, values
from connectors.jira.checks import Check
from connectors.jira.comments import Comments
from connectors.jira.failures import Request
from connectors.jira.fields import Fields
from connectors.jira.links import LINKS, Links
from connectors.jira.listing import READ_LAG, Lister
from connectors.jira.opening import MAX_TITLE, MOST_FETCHED, Opener
from connectors.jira.people import Assignment, People
from connectors.jira.reading import read
from connectors.jira.refusals import Refusals
from connectors.jira.site import Site
from connectors.jira.values import Project
from connectors.jira.wire import Wire
from connectors.jira.work import Work
from connectors.pacing import Budget, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connectors.errors import ConnectorError
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
    from connectors.jira.states import Step, Transition
    from connectors.jira.values import Seen
    from connectors.settings import JiraSettings

MAX_BODY = 15_000
"""Jira's text fields hold 32,767 characters. On Data Center the block stands there twice: as wiki text and, packed, as
its Markdown; on Cloud its document takes more room than its text."""

MOST_PARTS = 1_000
MOST_HOPS = 4
"""Transitions to make for one change of the state."""

_MINUTE = timedelta(minutes=1)
_SLOWER = 4
_READ_PAUSES = (0.5, 2.0)
"""Seconds before the second and third try of a read."""
_OPTIONAL = frozenset({"assignee", "duedate", "priority", "labels"})


class JiraTracker:
    """Issues of one Jira project, on Cloud or Data Center.

    Requests, once it is known which Jira it is (`serverInfo`, one):
        changed_since   the account (for its time zone), and one search per 100 issues; those of a minute that a page
                        ends in are told twice
        get             one
        get_many        one for up to 100
        create          two: the create, and a read of what was stored; with `remote_links` one more
        create_many     two for up to 50: the bulk create, and a read of all; with `remote_links` one more each
        update          three: a read, for Jira changes whatever is there now and wherever it was moved to, be it a
                        project that others can see; the change; a read. One that changes nothing sends only the first
                        two reads. A state takes two more: the transitions, which are read before anything is sent, and
                        the transition; each further hop two more again
        add_part        as an update
        comment         two: is it still here, and the comment
        comments        one per 100; on Cloud one more for how ours were sent
        evidence        one per 100, and for each that will not be done its comments
        open_work       one per 100; on Cloud one more for all that have open pull requests
        is_public       none
    Before the first create the fields of its screen are read; before the first assignment of each person, the account.
    What Jira refuses of an issue that can do without it is left out and the rest sent again.

    What people write into the description between the read of an update and its change, a moment later, is lost: Jira
    knows no condition for a change. Labels are added and removed one by one, so that theirs stay. Not safe for use
    from several threads at once.
    """

    def __init__(
        self,
        name: str,
        settings: JiraSettings,
        token: str,
        *,
        read_pauses: tuple[float, ...] = _READ_PAUSES,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name, self._settings, self._now = name, settings, now
        self._project = Project(name, settings.project, str(settings.url).rstrip("/"))
        self._wire = Wire(settings, token, self._project.where(), read_pauses=read_pauses, now=now)
        self._site = Site(self._wire, self._project, settings)
        self._window = Window(settings.writes_per_minute, _MINUTE)
        account = f"/{settings.email.lower()}" if settings.email else ""
        self._capabilities = Capabilities(
            place=f"jira:{self._project.host}/{settings.project}",
            due=True,
            priority=True,
            max_title=MAX_TITLE,
            max_body=MAX_BODY,
            read_lag=READ_LAG,
            budget_key=f"jira:{self._project.host}{account}",
            budget=Budget((self._window,)),
            parts=MOST_PARTS if settings.parent_issues else 0,
            spaced_labels=False,
            relations=settings.link_recurrences,
        )
        self._besides: deque[datetime] = deque()
        """When something was written that is no new issue and no comment: Jira counts it, and no journal knows it."""
        self._lister = Lister(self._site, next(iter(settings.labels), ""), now)
        self._people = People(self._wire, self._project, lambda: self._site.cloud)
        self._fields = Fields(self._wire, settings, self._project.where(), name)
        self._opener = Opener(
            self._site,
            settings,
            self._people,
            self._fields,
            count=self._count,
            wrote=self._lister.wrote,
            now=now,
        )
        self._comments = Comments(self._site)
        self._work = Work(self._site, self._comments, settings.review_statuses)
        self._links = Links(self._site, settings, self._count)
        self._refusals = Refusals(_OPTIONAL)

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """The budget leaves out what changes took of it, and is a quarter while Jira says that a limit is near."""
        now = self._now()
        while self._besides and now - self._besides[0] >= _MINUTE:
            self._besides.popleft()
        near = self._wire.near_limit_until
        most = self._window.writes // _SLOWER if near is not None and now < near else self._window.writes
        left = max(1, most - len(self._besides))
        return replace(self._capabilities, budget=Budget((Window(left, _MINUTE),)))

    @property
    def most_at_once(self) -> int:
        """See `CreatesMany`."""
        return self._opener.most_at_once

    def changed_since(self, cursor: str | None, on_page: PageSeen | None = None) -> Listing:
        """See the port. A cursor that cannot be read means everything."""
        return self._lister.changed_since(cursor, on_page)

    def all_open(self, on_page: PageSeen | None = None) -> tuple[Issue, ...]:
        """See `ListsOwn`."""
        return self._lister.all_open(on_page)

    def get(self, ref: IssueRef) -> Issue:
        self._own(ref)
        return self._site.seen(ref).issue

    def get_many(self, refs: Sequence[IssueRef]) -> dict[str, Issue]:
        """See `GetsMany`."""
        keys = [ref.key for ref in refs if self._project.owns(ref)]
        found: dict[str, Issue] = {}
        for start in range(0, len(keys), MOST_FETCHED):
            asked = keys[start : start + MOST_FETCHED]
            try:
                told = self._opener.fetch(asked)
            except RequestRejected:  # Data Center refuses all for one that is not there
                continue
            found |= {each.issue.ref.key: each.issue for each in self._site.own(told) if each.issue.ref.key in asked}
        return found

    def create(self, draft: IssueDraft) -> Issue:
        return self._opener.create(draft)

    def create_many(self, drafts: Sequence[IssueDraft]) -> Sequence[Issue | ConnectorError]:
        return self._opener.create_many(drafts)

    def update(self, issue: Issue, patch: IssuePatch) -> Issue:
        self._own(issue.ref)
        if patch.empty:
            return issue
        if patch.title is not None:
            opening.check_title(patch.title, self._project.where(issue.ref.key))
        opening.check_labels(patch.add_labels, self._project.where(issue.ref.key))
        original = patch.duplicate_of if patch.state is IssueState.DUPLICATE else None
        before = self._site.seen(issue.ref, *((LINKS,) if original else ()))
        assignment = self._people.assignment(patch.assignees or (), before.account)
        draft, way = self._draft(before, patch, assignment), self._way(before, patch.state)
        if patch.state is IssueState.OPEN:  # many workflows let nobody edit what is closed
            self._go(before, patch.state, way)
            sent = self._change(before, draft)
        else:
            sent = self._change(before, draft)
            self._go(before, patch.state, way)
        lacking = self._links.duplicate(before, original) if original else ()
        after = self._as_stored(issue.ref)
        return replace(after, left_out=refusals.joined(assignment.left_out, sent.left_out, lacking))

    def add_part(self, whole: IssueRef, part: Issue) -> Issue:
        self._own(whole)
        self._own(part.ref)
        before = self._site.seen(part.ref)
        if before.issue.parent == whole.key:
            return before.issue
        where = self._project.where(part.ref.key)
        if before.issue.parent:
            raise RequestRejected(f"it is a part of {before.issue.parent}", where=where, advice="It was left there.")
        field = "parent" if self._site.cloud else self._site.epic_link
        if not field:
            raise RequestRejected(
                "this Jira has no field for an issue's epic",
                where=where,
                advice="Do without `parent_issues` for this target.",
            )
        value = {"key": whole.key} if self._site.cloud else whole.key
        self._write("PUT", part.ref, "", {"fields": {field: value}})
        self._lister.wrote(before.id)
        return self._as_stored(part.ref)

    def relate(self, issue: IssueRef, to: IssueRef) -> None:
        """See `Relates`."""
        self._own(issue)
        self._own(to)
        for changed in self._links.relate(issue, to):
            self._lister.wrote(changed.id)

    def comment(self, ref: IssueRef, body: str) -> Comment:
        self._own(ref)
        seen = self._site.seen(ref)  # a comment by an old key would land wherever the issue is now
        said = self._comments.add(ref, body)
        self._lister.wrote(seen.id)
        return said

    def comments(self, ref: IssueRef) -> tuple[Comment, ...]:
        self._own(ref)
        return self._comments.all(ref)

    def evidence(self, refs: Sequence[IssueRef]) -> dict[IssueRef, Evidence]:
        """People close issues here, and Jira knows of no work with them; of what will not be done it may tell why."""
        return self._work.why_not(refs)

    def open_work(self, refs: Sequence[IssueRef]) -> dict[IssueRef, str]:
        """See `TellsOfWork`."""
        return self._work.under_way(refs)

    def check(self) -> Iterator[Finding]:
        where = self._project.where()
        return Check(self._wire, self._settings, self._fields, where, self._name, self._now).findings()

    def is_public(self) -> bool:
        """As the settings say."""
        return self._settings.public

    def reference(self, text: str) -> IssueRef | None:
        return self._project.reference(text)

    def close(self) -> None:
        self._wire.close()

    # What an update consists of

    def _draft(self, before: Seen, patch: IssuePatch, assignment: Assignment) -> refusals.Draft:
        """What to send so that the issue becomes as `patch` wants it."""
        fields, update = values.changes(before, patch, self._settings.priorities)
        people = dict(before.tie.people) if before.tie else {}
        if patch.assignees is not None and (assignment.account or not patch.assignees):
            people = assignment.people
            if assignment.account != before.account:
                fields["assignee"] = self._people.json(assignment.account) if assignment.account else None
        text, properties = self._text(before, patch, people)
        parts = {"fields": fields | text, "update": update, "properties": properties}
        told = opening.told_of(patch.due, patch.priority, assignment)
        labels = tuple(f"label {label}" for label in sorted(patch.add_labels - before.issue.labels))
        return refusals.Draft({part: value for part, value in parts.items() if value}, {**told, "labels": labels})

    def _text(
        self, before: Seen, patch: IssuePatch, people: Mapping[str, str]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The description with its block, and the tie, where they change: by the patch, or for who is assigned."""
        cloud, tie = self._site.cloud, before.tie
        marker, managed = patch.marker or (tie.marker if tie else None), patch.managed
        if managed is None:
            if tie is None or dict(tie.people) == dict(people):
                return {}, []
            if cloud:
                return {}, texts.properties(replace(tie, people=people))
            managed = before.issue.managed
            if managed is None:
                return {}, []
        if marker is None:
            raise ValueError("a managed block needs a marker")
        same = tie is not None and (tie.marker, dict(tie.people)) == (marker, dict(people))
        if same and before.issue.managed == managed:
            return {}, []
        description, properties = texts.write(before.description, managed, marker, people, cloud=cloud)
        return {"description": description}, properties

    def _change(self, before: Seen, draft: refusals.Draft) -> refusals.Draft:
        """Send a change of fields; what was sent of it in the end."""
        ref = before.issue.ref
        _, sent = self._refusals.send(lambda body: self._write("PUT", ref, "", body), draft, self._count)
        self._lister.wrote(before.id)
        return sent

    def _way(self, before: Seen, wanted: IssueState | None) -> Step | None:
        """The first step to the wanted state; None where nothing has to be done.

        Raises:
            RequestRejected: there is no way; nothing was sent.
        """
        if wanted is None or wanted is before.issue.state:
            return None
        return self._step(before, wanted, [_status(before)])

    def _go(self, before: Seen, wanted: IssueState | None, step: Step | None) -> None:
        """Make this step, if any, and those that follow from it.

        Raises:
            RequestRejected: the way ends before the wanted state; the issue stays where it came to.
        """
        been = [_status(before)]
        if wanted is None or step is None:
            return
        for _ in range(MOST_HOPS):
            self._write("POST", before.issue.ref, "/transitions", step.body)
            if step.arrives:
                return
            been.append(step.transition.to)
            step = self._step(before, wanted, been)
        raise RequestRejected(
            f"after {MOST_HOPS} transitions it is still not {wanted.value.replace('_', ' ')}: {' → '.join(been)}",
            where=self._project.where(before.issue.ref.key),
            advice="Close or reopen it in Jira, or add a transition that leads there.",
        )

    def _step(self, before: Seen, wanted: IssueState, been: Sequence[str]) -> Step:
        request, now = self._request("GET", before.issue.ref), before.issue.state
        path = f"issue/{before.issue.ref.key}/transitions"
        answer = self._site.wire.read(path, request.where, {"expand": "transitions.fields"}, of_issue=True)
        there: list[Transition] = read(request, states.transitions_in, answer.data)
        step = states.step(
            there,
            states.goals_for(wanted, now),
            self._site.reader.meanings,
            been,
            wander=states.may_wander(wanted, now),
        )
        if step is None:
            said, advice = states.why_not(there, been[-1], wanted)
            raise RequestRejected(said, where=request.where, advice=advice)
        return step

    # Requests

    def _write(self, verb: str, ref: IssueRef, below: str, body: Mapping[str, Any]) -> Any:
        self._count()
        return self._site.wire.write(verb, f"issue/{ref.key}{below}", self._project.where(ref.key), body, of_issue=True)

    def _as_stored(self, ref: IssueRef) -> Issue:
        """The issue after a change.

        Raises:
            OutcomeUnknown: it was changed, and can't be read now.
        """
        try:
            return self._site.seen(ref).issue
        except TargetUnreachable as error:
            raise OutcomeUnknown(
                f"it was changed, and what became of it can't be read: {error.message}",
                where=error.where,
                advice="Run again: the next sync reads it.",
            ) from error

    def _request(self, verb: str, ref: IssueRef) -> Request:
        return Request(verb, self._project.where(ref.key), of_issue=True)

    def _count(self) -> None:
        self._besides.append(self._now())

    def _own(self, ref: IssueRef) -> None:
        """Raises IssueMoved where `ref` is an issue of another project."""
        if not self._project.owns(ref):
            raise IssueMoved(
                f"{ref.key} is not an issue of this project",
                where=self._project.where(),
                location=ref.url,
                advice="Nothing was touched. Give each project a target name of its own in closeout.toml.",
            )


def _status(seen: Seen) -> str:
    return str(seen.raw["fields"]["status"]["name"])
