"""The milestone that new issues belong to: found by its title, made where there is none and the settings want it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.errors import IssueNotFound, NotAllowed, OutcomeUnknown, RequestRejected
from connectors.github.listing import all_pages
from connectors.interface import LeftOut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.github.values import Repository
    from connectors.github.wire import Wire


class Milestone:
    """One milestone of one repository. It is looked for once, and only when an issue is opened."""

    def __init__(
        self, wire: Wire, repository: Repository, title: str | None, written: Callable[[], None], *, create: bool
    ) -> None:
        self._wire, self._repository, self._written = wire, repository, written
        self.title, self._create = title, create
        self._number: int | None = None
        self._why_not = ""

    def learn(self, raw: Mapping[str, Any] | None) -> None:
        """The milestone of an issue that was seen."""
        if raw and self.title is not None and _is(raw, self.title):
            self._number = int(raw["number"])

    def number(self) -> int | None:
        """Its number; None when there is none, `left_out` then says why.

        Raises:
            TargetUnreachable, RateLimited, TargetMoved: nothing else was sent, either.
        """
        if self.title is not None and self._number is None and not self._why_not:
            self._number = self._find()
            if self._number is None and self._create and not self._why_not:
                self._number = self._make()
            if self._number is None and not self._why_not:
                self._why_not = "There is none of that title: make it, or set `create_milestone = true`."
        return self._number

    def left_out(self, answer: Mapping[str, Any]) -> LeftOut | None:
        """What to tell when the answer to a create lacks the milestone."""
        there = answer.get("milestone")
        if self.title is None or (there and there.get("number") == self._number):
            return None
        why = self._why_not or "Only who has push access to the repository can set it, and it has to be there still."
        return LeftOut(f"milestone {self.title}", why)

    def _find(self) -> int | None:
        path, where = f"{self._repository.path}/milestones", self._repository.where()
        try:
            found = list(all_pages(self._wire, path, where, dict, state="all"))
        except (NotAllowed, IssueNotFound) as error:
            self._why_not = f"Milestones can't be read: {error.message}."
            return None
        named = [int(each["number"]) for each in found if _is(each, self.title or "")]
        return named[0] if named else None

    def _make(self) -> int | None:
        self._written()
        path, where = f"{self._repository.path}/milestones", self._repository.where()
        try:
            answer = self._wire.write("POST", path, where, {"title": self.title})
            return int(answer.data["number"])
        except (NotAllowed, IssueNotFound) as error:
            self._why_not = f"These credentials can't make it: {error.message}."
        except (RequestRejected, OutcomeUnknown, KeyError, TypeError, ValueError) as error:
            # Titles are unique: if it was made, by whomever, it is there now.
            if found := self._find():
                return found
            self._why_not = f"It can't be made: {error}."
        return None


def _is(raw: Mapping[str, Any], title: str) -> bool:
    return str(raw.get("title", "")).casefold() == title.casefold()
