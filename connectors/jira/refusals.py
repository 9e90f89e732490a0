"""What an issue can do without: sent again without what Jira refused.

A refusal with 400 is certain: nothing happened. One that names the assignee, the due date, the priority or, of an issue
that is there already, labels must not cost the rest, so that is sent again. A new issue can't do without its labels:
by them it is found again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from connectors.errors import RequestRejected
from connectors.interface import LeftOut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connectors.jira.wire import Answer

_ADVICE = {
    "assignee": "The account needs the permission Assignable User there: give it that, or mend [people].",
    "duedate": "Put the field Due date on the project's create and edit screens, or do without due dates there.",
    "priority": "Put the field Priority on the project's screens, or name its priorities in `priorities`.",
    "labels": "Put the field Labels on the project's edit screen.",
}
_WHOLE = frozenset({"duedate", "labels"})
"""Refused because the screen lacks the field, whatever the value."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A body to send, and what is told when a field of it has to be left out: `{"duedate": ("due 2026-11-20",)}`."""

    body: Mapping[str, Any]
    told: Mapping[str, tuple[str, ...]]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def empty(self) -> bool:
        """True when nothing is left that would change anything."""
        return not any(self.body.get(part) for part in ("fields", "update", "properties"))

    def without(self, name: str, why: str = "") -> Draft:
        """The draft without a field."""
        said = " ".join(part for part in (why, _ADVICE.get(name, "")) if part)
        body = {
            part: {key: value for key, value in there.items() if key != name} if isinstance(there, dict) else there
            for part, there in self.body.items()
        }
        gone = tuple(LeftOut(what, said) for what in self.told.get(name, ()))
        return replace(self, body=body, left_out=(*self.left_out, *gone))

    def value(self, name: str) -> Any:
        """What is sent of a field; None for nothing."""
        for part in ("fields", "update"):
            if name in self.body.get(part, {}):
                return self.body[part][name] or [None]
        return None


@dataclass(slots=True)
class Refusals:
    """What this process saw refused, so that it is not sent again and again. One for each kind of screen."""

    optional: frozenset[str]
    _fields: set[str] = field(default_factory=set)
    _values: set[tuple[str, str]] = field(default_factory=set)

    def without_known(self, draft: Draft) -> Draft:
        """The draft without what was refused before."""
        for name in sorted(self.optional):
            value = draft.value(name)
            if value is not None and (name in self._fields or (name, str(value)) in self._values):
                draft = draft.without(name)
        return draft

    def after(self, draft: Draft, error: RequestRejected) -> Draft | None:
        """What to send instead; None when the issue can't do without what was refused."""
        named = set(error.refused)
        if not named or any(name not in self.optional or draft.value(name) is None for name in named):
            return None
        for name in sorted(named):
            if name in _WHOLE:
                self._fields.add(name)
            else:
                self._values.add((name, str(draft.value(name))))
            draft = draft.without(name, error.message)
        return draft

    def send(
        self, send: Callable[[Mapping[str, Any]], Answer], draft: Draft, refused: Callable[[], None]
    ) -> tuple[Answer | None, Draft]:
        """The answer, None when nothing is left to send, and what was sent in the end.

        `refused` is called at each refusal, which counts for Jira's limits like any other request.

        Raises:
            what `send` raises; RequestRejected only for what an issue can't do without.
        """
        draft = self.without_known(draft)
        while not draft.empty:
            try:
                return send(draft.body), draft
            except RequestRejected as error:
                instead = self.after(draft, error)
                if instead is None:
                    raise
                refused()
                draft = instead
        return None, draft


def joined(*parts: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    """All of it, each thing once."""
    found: dict[str, LeftOut] = {}
    for each in (one for part in parts for one in part):
        found.setdefault(each.what.casefold(), each)
    return tuple(found.values())
