"""What became of a write-back: values that the app makes and the renderers show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from tracker.model import KnownDocument
from tracker.writeback.proving import Refusal
from tracker.writeback.wishes import Wish


class Mode(StrEnum):
    """Where links and check marks go: nowhere, into the files, or into a pull request."""

    NONE = "none"
    FILES = "files"
    PR = "pr"

    @property
    def writes(self) -> bool:
        """True when anything is written back at all."""
        return self is not Mode.NONE


@dataclass(frozen=True, slots=True)
class DocumentWritten:
    """What was (or in a plan: would be) put into one document, and what was left out.

    `problem` says why nothing could be written at all, `advice` what to do then.
    """

    document: KnownDocument
    granted: tuple[Wish, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    problem: str = ""
    advice: str = ""

    @property
    def links(self) -> int:
        """How many links."""
        return sum(wish.link is not None for wish in self.granted)

    @property
    def marks(self) -> int:
        """How many check marks, set or cleared."""
        return sum(wish.done is not None for wish in self.granted)

    def failed(self, problem: str, advice: str) -> DocumentWritten:
        """The same, when writing it did not work."""
        return replace(self, granted=(), problem=problem, advice=advice)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """The pull request that carries the links.

    `what` happened to it: opened, updated, unchanged, closed as nothing was left, declined by a person, planned.
    """

    what: str
    branch: str
    number: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A whole write-back. `problem` is what kept all of it from happening; documents without a wish are not told.

    `issues` counts those that were told at once of what stands in their documents now.
    """

    mode: Mode
    documents: tuple[DocumentWritten, ...] = ()
    pull_request: PullRequest | None = None
    problem: str = ""
    advice: str = ""
    issues: int = 0

    @property
    def clean(self) -> bool:
        """True when nothing failed. A link without a place is told, and no failure."""
        return not self.problem and not any(each.problem for each in self.documents)

    @property
    def changed(self) -> tuple[DocumentWritten, ...]:
        """The documents into which something was put."""
        return tuple(each for each in self.documents if each.granted)
