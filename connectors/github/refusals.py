"""What an issue can do without: sent again without what GitHub refused, and found out where it was dropped in silence.

A refusal with 422 is certain: nothing happened. One that names assignees, labels, the milestone, the type or the issue
that this one duplicates must not cost the issue itself, so the rest is sent again. Who was refused is left out; nobody
else is put in their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.errors import RequestRejected
from connectors.interface import LeftOut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connectors.github.wire import Answer
    from connectors.interface import Issue

_PEOPLE = "GitHub assigns only people with access to the repository: mend the login in the settings, or invite them."
_PUSH = "Only who has push access to the repository can set this: give these credentials that."
_OPTIONAL: Mapping[str, tuple[str, str, str]] = {
    "assignees": ("assignees", "assignee", _PEOPLE),
    "assignee": ("assignees", "assignee", _PEOPLE),
    "labels": ("labels", "label", "GitHub refuses this name for a label: choose another one."),
    "milestone": ("milestone", "", ""),  # sent by number, told by title: the answer's lack of it is told
    "type": ("type", "type", "Check `issue_type`: the organisation has to have a type of that name."),
    "duplicate_issue_id": ("duplicate_issue_id", "the issue that it duplicates", ""),
}
"""By the name in a refusal: what it is called when it is sent, how people call it, and what they can do."""


class Sender:
    """Sends an issue, and after a refusal again without what was refused; it remembers that for as long as it lives.

    `refused` is called at each refusal, which counts for GitHub's limits like any other request.
    """

    def __init__(self, refused: Callable[[], None]) -> None:
        self._refused = refused
        self._known: dict[str, frozenset[str]] = {}

    def send(
        self, send: Callable[[Mapping[str, Any]], Answer], sent: Mapping[str, Any]
    ) -> tuple[Answer | None, tuple[LeftOut, ...]]:
        """The answer, None when nothing is left to send, and what was left out.

        Raises:
            what `send` raises; RequestRejected only for what an issue can't do without.
        """
        left_out: list[LeftOut] = []
        for name, values in self._known.items():
            sent, gone = _without(sent, name, values)
            left_out += gone
        while sent:
            try:
                return send(sent), tuple(left_out)
            except RequestRejected as error:
                bad = _bad(sent, error.refused)
                if not bad:
                    raise
                self._refused()
                for name, (values, certain) in bad.items():
                    self._known[name] = self._known.get(name, frozenset()) | certain
                    sent, gone = _without(sent, name, values)
                    left_out += gone
        return None, tuple(left_out)


def _bad(
    sent: Mapping[str, Any], refused: Mapping[str, frozenset[str]]
) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """The values, by field, that an issue is sent again without, and those of them that were surely refused.

    A refusal may name the field alone: then all of its values go, and only a single one is surely to blame.
    """
    found = {}
    for name in refused:
        there = _all_of(sent, name) if name in _OPTIONAL else frozenset()
        blamed = {value.casefold() for value in refused[name]}
        named = frozenset(value for value in there if value.casefold() in blamed)
        if there:
            found[name] = (named or there, named or (there if len(there) == 1 else frozenset()))
    return found


def _all_of(sent: Mapping[str, Any], refused: str) -> frozenset[str]:
    value = sent.get(_OPTIONAL[refused][0])
    return frozenset(map(str, value if isinstance(value, list) else () if value is None else (value,)))


def _without(
    sent: Mapping[str, Any], refused: str, values: frozenset[str]
) -> tuple[dict[str, Any], tuple[LeftOut, ...]]:
    """What was sent without those values of a field, and without the field when it holds no other."""
    name, called, advice = _OPTIONAL[refused]
    before = sent.get(name)
    bad = {value.casefold() for value in values}
    if isinstance(before, list):
        gone = [each for each in before if each.casefold() in bad]
        kept = [each for each in before if each.casefold() not in bad]
    else:
        gone, kept = ([before] if str(before).casefold() in bad else []), []
    if before is None or not gone:
        return dict(sent), ()
    rest = {key: value for key, value in sent.items() if key != name}
    if kept:  # an empty list would take away those that are there
        rest[name] = kept
    told = [called if name == "duplicate_issue_id" else f"{called} {each}" for each in gone if called]
    return rest, tuple(LeftOut(what, advice) for what in told)


def dropped(labels: Iterable[str], assignees: Iterable[str], issue: Issue) -> tuple[LeftOut, ...]:
    """The labels and assignees that were asked for and that the answer lacks."""
    there = {name.casefold() for name in issue.labels}
    people = {login.casefold() for login in issue.assignees}
    return (
        *(LeftOut(f"assignee {login}", _PEOPLE) for login in sorted(assignees) if login.casefold() not in people),
        *(LeftOut(f"label {name}", _PUSH) for name in sorted(labels) if name.casefold() not in there),
    )


def of_type(wanted: str | None, answer: Mapping[str, Any]) -> LeftOut | None:
    """What to tell when the answer to a create lacks the type."""
    there = answer.get("type") or {}
    if wanted is None or str(there.get("name", "")).casefold() == wanted.casefold():
        return None
    return LeftOut(f"type {wanted}", _PUSH)


def joined(*parts: Iterable[LeftOut | None]) -> tuple[LeftOut, ...]:
    """All of it, each thing once: what was refused lacks in the answer, too."""
    found: dict[str, LeftOut] = {}
    for each in (one for part in parts for one in part if one is not None):
        found.setdefault(each.what.casefold(), each)
    return tuple(found.values())
