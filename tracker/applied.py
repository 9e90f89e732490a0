"""What becomes of a plan while it is carried out, and who watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from connectors import ConnectorError, Issue, OutcomeUnknown
from tracker.actions import Action
from tracker.model import Link

Stop: TypeAlias = Callable[[], bool]
"""Whether to begin nothing more: a service is being stopped."""


def never() -> bool:
    """Go on to the end."""
    return False


class Progress(Protocol):
    """What a person watches while it takes long."""

    def phase(self, what: str, total: int | None = None) -> None:
        """A new stretch of work begins; `total` steps if known."""
        ...

    def advance(self) -> None:
        """One step of it is done."""
        ...

    def tell(self, what: str) -> None:
        """Something that a person should know before the work goes on."""
        ...

    def waiting(self, until: datetime, why: str) -> None:
        """Nothing happens until then, and why."""
        ...

    def finish(self) -> None:
        """The work is done: leave the terminal as it was."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """An action that was carried out. `lacking` names what the target left out, `advice` what to do about it.

    `was_done` means that an earlier run, whose store is lost, had done it already.
    """

    action: Action
    issue: Issue | None = None
    lacking: tuple[str, ...] = ()
    was_done: bool = False
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """An action that was not carried out, or whose outcome is uncertain."""

    action: Action
    error: ConnectorError

    @property
    def uncertain(self) -> bool:
        """True when it may have happened all the same."""
        return isinstance(self.error, OutcomeUnknown)


@dataclass(slots=True)
class Applied:
    """What became of a plan.

    `postponed` were not tried because the target had failed several times in a row, or because it was time to stop.

    `links` are those that were made or changed, as they are now, by item.
    """

    done: list[Done] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    postponed: list[Action] = field(default_factory=list)
    links: dict[str, Link] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """True when everything was carried out."""
        return not (self.failures or self.postponed)
