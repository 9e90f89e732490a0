"""Opening issues, one by one or fifty at once; each create is sent once.

A create's answer tells an id and a key, and that it happened. So nothing that fails after it makes the create uncertain
again: an issue that can't be read back is told as it was sent, which is how Jira stored it, for it refuses what it
does not take. The next listing tells the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connectors.errors import ConnectorError, IssueNotFound, RequestRejected
from connectors.interface import Issue, IssueDraft, LeftOut
from connectors.jira import block, failures, refusals, texts, values
from connectors.jira.failures import Reply, Request
from connectors.jira.reading import each_in, read
from connectors.jira.refusals import Refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from connectors.jira.fields import Fields
    from connectors.jira.people import Assignment, People
    from connectors.jira.site import Site
    from connectors.jira.values import Seen
    from connectors.jira.wire import Answer
    from connectors.settings import JiraSettings

MOST_AT_ONCE = 50
"""https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-bulk-post"""
MOST_FETCHED = 100
"""https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-bulkfetch-post"""
MAX_TITLE = 255
MAX_LABEL = 255
_OPTIONAL = frozenset({"assignee", "duedate", "priority"})
_LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class _Ready:
    """A draft that is checked and written as Jira wants it."""

    draft: IssueDraft
    sending: refusals.Draft
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class _Made:
    """An issue that was opened."""

    ready: _Ready
    id: str
    key: str
    at: datetime
    left_out: tuple[LeftOut, ...] = ()


class Opener:
    """Opens the issues of one project.

    `count` is called for each write besides the creates that a caller knows of; `wrote` with the id of each new issue.
    """

    def __init__(
        self,
        site: Site,
        settings: JiraSettings,
        people: People,
        fields: Fields,
        *,
        count: Callable[[], None],
        wrote: Callable[[int], None],
        now: Callable[[], datetime],
    ) -> None:
        self._site, self._settings, self._people, self._fields = site, settings, people, fields
        self._count, self._wrote, self._now = count, wrote, now
        self._refusals = {whole: Refusals(_OPTIONAL) for whole in (False, True)}
        self.most_at_once = MOST_AT_ONCE

    def create(self, draft: IssueDraft) -> Issue:
        """See the port."""
        made = self._one(self._ready(draft))
        try:
            return self._told(made, self._site.seen(self._site.project.ref(made.key)))
        except ConnectorError:
            return self._told(made, None)

    def create_many(self, drafts: Sequence[IssueDraft]) -> list[Issue | ConnectorError]:
        """See the port."""
        outcomes: dict[int, _Made | ConnectorError] = {}
        waiting: dict[int, _Ready] = {}
        hopeless: ConnectorError | None = None
        for number, draft in enumerate(drafts):
            try:
                if hopeless is not None:
                    raise hopeless
                waiting[number] = self._ready(draft)
            except ConnectorError as error:
                outcomes[number] = error
                hopeless = None if isinstance(error, RequestRejected) else error
        while waiting:
            waiting = self._bulk(waiting, outcomes)
        found = self._read_back([made for made in outcomes.values() if isinstance(made, _Made)])
        return [
            self._told(outcome, found.get(outcome.key)) if isinstance(outcome, _Made) else outcome
            for _, outcome in sorted(outcomes.items())
        ]

    # One draft

    def _ready(self, draft: IssueDraft) -> _Ready:
        """The draft as it is sent.

        Raises:
            RequestRejected, NotAllowed, TargetUnreachable, RateLimited: nothing was sent.
        """
        cloud = self._site.cloud
        labels = draft.labels | frozenset(self._settings.labels[:1])
        check_title(draft.title, self._site.where)
        check_labels(labels, self._site.where)
        further = self._fields.of_new(draft, self._people.user)
        assignment = self._people.assignment(draft.assignees)
        description, properties = texts.write(None, draft.managed, draft.marker, assignment.people, cloud=cloud)
        wanted: dict[str, Any] = {
            "project": {"key": self._site.project.key},
            "issuetype": {"id": self._fields.screen(whole=draft.whole).type_id},
            "summary": values.one_line(draft.title),
            "description": description,
            "labels": sorted(labels) or None,
            "assignee": self._people.json(assignment.account) if assignment.account else None,
            "duedate": draft.due.isoformat() if draft.due else None,
            "priority": {"name": values.priority_out(draft.priority, self._settings.priorities)}
            if draft.priority
            else None,
        }
        body: dict[str, Any] = {
            "fields": further | {name: value for name, value in wanted.items() if value is not None}
        }
        body |= {"properties": properties} if properties else {}
        told = told_of(draft.due, draft.priority, assignment)
        return _Ready(draft, self._fitting(refusals.Draft(body, told), whole=draft.whole), assignment)

    def _fitting(self, sending: refusals.Draft, *, whole: bool) -> refusals.Draft:
        """Without what the create screen does not take.

        Raises:
            RequestRejected: it takes no labels.
        """
        for name in sorted({*_OPTIONAL, "labels"} & sending.body["fields"].keys()):
            if self._fields.has(name, whole=whole):
                continue
            if name == "labels":
                raise RequestRejected(
                    "the create screen has no field Labels, by which Closeout finds its issues again",
                    where=self._site.where,
                    advice="Put the field Labels on the project's create screen, or set `labels = []` for this target "
                    "to have all issues of the project read.",
                )
            sending = sending.without(name)
        return sending

    def _one(self, ready: _Ready) -> _Made:
        """Send one create."""
        request = Request("POST", self._site.where)
        answer, sent = self._refusals[ready.draft.whole].send(
            lambda body: self._site.wire.write("POST", "issue", request.where, body), ready.sending, self._count
        )
        assert answer is not None  # noqa: S101  (a summary can't be left out)
        return self._made(replace(ready, sending=sent), answer, read(request, _named, answer.data))

    def _made(self, ready: _Ready, answer: Answer, named: tuple[str, str]) -> _Made:
        """What was opened, with its link to where it was promised."""
        number, key = named
        self._wrote(int(number))
        made = _Made(ready, number, key, answer.date or self._now())
        url = ready.draft.facts.get("url", "")
        if not self._settings.remote_links or not url:
            return made
        try:
            self._count()
            where = self._site.project.where(key)
            self._site.wire.write(
                "POST", f"issue/{key}/remotelink", where, remote_link(ready.draft, url), of_issue=True
            )
        except ConnectorError as error:
            return replace(made, left_out=(LeftOut("the link to the postmortem", error.message),))
        return made

    def _told(self, made: _Made, seen: Seen | None) -> Issue:
        """The issue as Jira stored it."""
        if seen is None:
            fields = made.ready.sending.body["fields"]
            new = {"name": "", "statusCategory": {"key": "new"}}
            times = dict.fromkeys(("created", "updated"), made.at.isoformat())
            properties = {each["key"]: each["value"] for each in made.ready.sending.body.get("properties", ())}
            raw = {
                "id": made.id,
                "key": made.key,
                "fields": {**fields, **times, "status": new},
                "properties": properties,
            }
            seen = self._site.reader.seen(raw)
        left_out = refusals.joined(made.ready.assignment.left_out, made.ready.sending.left_out, made.left_out)
        return replace(seen.issue, left_out=left_out)

    # Many

    def _bulk(self, waiting: Mapping[int, _Ready], outcomes: dict[int, _Made | ConnectorError]) -> dict[int, _Ready]:
        """Send all that wait with one request; what to send again without what was refused of it."""
        ready = {
            number: replace(each, sending=self._refusals[each.draft.whole].without_known(each.sending))
            for number, each in waiting.items()
        }
        request = Request("POST", self._site.where)
        body = {"issueUpdates": [each.sending.body for each in ready.values()]}
        try:
            answer = self._site.wire.write("POST", "issue/bulk", request.where, body, parts=True)
            made, failed = read(request, lambda data: _bulk_answer(data, len(ready)), answer.data)
        except (RequestRejected, IssueNotFound):
            self.most_at_once = 1  # none was opened; perhaps Jira takes each by itself
            for number, each in ready.items():
                outcomes[number] = self._outcome(each)
            return {}
        except ConnectorError as failure:
            outcomes |= dict.fromkeys(ready, failure)
            return {}
        again: dict[int, _Ready] = {}
        names = iter(made)
        for place, (number, each) in enumerate(ready.items()):
            if place not in failed:
                outcomes[number] = self._made(each, answer, next(names))
                continue
            error = failures.of_reply(request, failed[place], self._now()) or RequestRejected("", where=request.where)
            instead = self._instead(each, error)
            if instead is None:
                outcomes[number] = error
            else:
                again[number] = instead
        if again:
            self._count()
        return again

    def _outcome(self, ready: _Ready) -> _Made | ConnectorError:
        """What became of one that is sent by itself after all."""
        self._count()
        try:
            return self._one(ready)
        except ConnectorError as error:
            return error

    def _instead(self, ready: _Ready, error: ConnectorError) -> _Ready | None:
        """What to send of an issue that was refused; None when it can't do without what was refused."""
        if not isinstance(error, RequestRejected):
            return None
        sending = self._refusals[ready.draft.whole].after(ready.sending, error)
        return replace(ready, sending=sending) if sending else None

    def _read_back(self, made: Sequence[_Made]) -> dict[str, Seen]:
        """Those that could be read back, by the key that their own answer told.

        Answers stand in the order of what was asked. Should they not, the markers know.
        """
        if not made:
            return {}
        try:
            seen = self.fetch([each.key for each in made])
        except ConnectorError:
            return {}
        by_key = {one.issue.ref.key: one for one in seen}
        by_item = {one.issue.marker.item: one for one in seen if one.issue.marker is not None}
        found: dict[str, Seen] = {}
        for each in made:
            there, item = by_key.get(each.key), each.ready.draft.marker.item
            if there is None or there.issue.marker is None or there.issue.marker.item != item:
                there = by_item.get(item, there)
            if there is not None:
                found[each.key] = there
        return found

    def fetch(self, keys: Sequence[str]) -> list[Seen]:
        """At most `MOST_FETCHED` issues, with one request; without those that are not there, or not to be seen.

        Raises:
            TargetUnreachable, RateLimited, NotAllowed, RequestRejected.
        """
        site = self._site
        if site.cloud:
            body = {"issueIdsOrKeys": list(keys), "fields": list(site.reader.fields), "properties": [block.PROPERTY]}
            answer = site.wire.ask("issue/bulkfetch", site.where, body)
        else:
            query = f"key in ({', '.join(map(values.quoted, keys))})"
            parameters = {"jql": query, "maxResults": len(keys), "fields": ",".join(site.reader.fields)}
            answer = site.wire.read("search", site.where, parameters)
        return read(site.asking, each_in("issues", site.reader.seen), answer.data)


def told_of(due: Any, priority: str | None, assignment: Assignment) -> dict[str, tuple[str, ...]]:
    """What people call the fields that an issue can do without."""
    return {
        "assignee": (f"assignee {assignment.name}",) if assignment.name else (),
        "duedate": (f"due date {due.isoformat()}",) if due else (),
        "priority": (f"priority {priority}",) if priority else (),
    }


def remote_link(draft: IssueDraft, url: str) -> dict[str, Any]:
    """The link to where the item stands; the same one when it is sent again."""
    site = urlsplit(url)
    icon = {"icon": {"url16x16": f"{site.scheme}://{site.netloc}/favicon.ico", "title": "Postmortem"}}
    return {
        "globalId": f"closeout={draft.marker.item}"[:_LONGEST_ID],
        "application": {"type": "closeout", "name": "Closeout"},
        "relationship": "promised in",
        "object": {"url": url, "title": draft.facts.get("document") or url} | (icon if site.netloc else {}),
    }


def check_title(title: str, where: str) -> None:
    """Raises RequestRejected for what Jira takes for no summary."""
    length = len(values.one_line(title))
    if not 0 < length <= MAX_TITLE:
        raise RequestRejected(
            f"a title has 1 to {MAX_TITLE} characters, not {length}", where=where, advice="Shorten it."
        )


def check_labels(labels: Iterable[str], where: str) -> None:
    """Raises RequestRejected for what Jira takes for no label."""
    bad = [label for label in labels if not label or len(label) > MAX_LABEL or any(map(str.isspace, label))]
    if bad:
        raise RequestRejected(
            f"a label of Jira is one word of at most {MAX_LABEL} characters: {', '.join(map(repr, sorted(bad)))}",
            where=where,
            advice="Write it without white space, as in `needs-owner`.",
            refused={"labels": frozenset(bad)},
        )


def _named(data: Any) -> tuple[str, str]:
    """Id and key of a new issue."""
    return str(int(data["id"])), str(data["key"])


def _bulk_answer(data: Any, count: int) -> tuple[list[tuple[str, str]], dict[int, Reply]]:
    """The new issues, in the order of what was asked, and by their places the refusals of the others.

    Raises:
        ValueError: what became of some is not told.
    """
    made = [_named(each) for each in data["issues"]]
    failed = {
        int(each["failedElementNumber"]): Reply(int(each.get("status") or 400), {}, each.get("elementErrors"))
        for each in data.get("errors") or ()
    }
    if len(made) + len(failed) != count or not all(0 <= place < count for place in failed):
        raise ValueError("not as many as were asked for")
    return made, failed
