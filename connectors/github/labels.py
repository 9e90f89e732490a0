"""Labels that issues want and the repository lacks: made first, with a colour, where these credentials may.

GitHub would make a missing label by itself, all grey; and without push access it drops labels without a word. Neither a
label that can't be made nor a doubt about one keeps an issue from being opened: a label's name is unique, so that what
may have been made already is simply there.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from connectors.errors import IssueNotFound, NotAllowed, OutcomeUnknown, RequestRejected
from connectors.github.listing import all_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connectors.github.values import Repository
    from connectors.github.wire import Wire

_WORK = "An action item of a postmortem"
_URGENT = "How urgent an action item of a postmortem is"
_LEVELS: tuple[tuple[str, str], ...] = (
    ("b60205", "p0 critical highest urgent blocker"),
    ("d93f0b", "p1 high major"),
    ("fbca04", "p2 medium med moderate normal"),
    ("c5def5", "p3 low minor"),
    ("d4d4d4", "*"),
)
"""From red to grey."""
BUILT_IN: tuple[tuple[str, str, str], ...] = (
    ("postmortem", "5319e7", _WORK),
    ("improvement", "a2eeef", "What a postmortem wants to be better in general"),
    *((f"priority: {level}", color, _URGENT) for color, levels in _LEVELS for level in levels.split()),
    ("*", "ededed", _WORK),
)
"""Patterns of names, and the colour and description of a label that is made; the first that fits counts."""


def look_of(name: str, colors: Mapping[str, str]) -> tuple[str, str]:
    """Colour and description of the label `name`; `colors` by pattern come before those built in."""
    name = name.casefold()
    _, color, description = next(one for one in BUILT_IN if fnmatchcase(name, one[0]))
    chosen = (color for pattern, color in colors.items() if fnmatchcase(name, pattern.casefold()))
    return next(chosen, color).lower(), description


class Labels:
    """The labels of one repository, as far as they matter. They are listed once, and only if one may be missing."""

    def __init__(
        self, wire: Wire, repository: Repository, colors: Mapping[str, str], written: Callable[[], None]
    ) -> None:
        self._wire, self._repository, self._colors, self._written = wire, repository, colors, written
        self._there: set[str] = set()
        self._listed = False
        self._may = True

    def learn(self, names: Iterable[str]) -> None:
        """Names that were seen on an issue: those exist."""
        self._there |= {name.casefold() for name in names}

    def make_missing(self, wanted: Iterable[str]) -> None:
        """Make those of `wanted` that the repository lacks, as far as that is allowed.

        Raises:
            TargetUnreachable, RateLimited, TargetMoved: nothing else was sent, either.
        """
        names = sorted(wanted)
        if self._may and not self._listed and any(name.casefold() not in self._there for name in names):
            self._list()
        for name in names:
            if self._may and name.casefold() not in self._there:
                self._make(name)
                self._there.add(name.casefold())

    def _list(self) -> None:
        path, where = f"{self._repository.path}/labels", self._repository.where()
        try:
            self.learn(all_pages(self._wire, path, where, lambda raw: str(raw["name"])))
        except (NotAllowed, IssueNotFound):
            self._may = False
        self._listed = True

    def _make(self, name: str) -> None:
        color, description = look_of(name, self._colors)
        self._written()
        sent = {"name": name, "color": color, "description": description}
        try:
            self._wire.write("POST", f"{self._repository.path}/labels", self._repository.where(), sent)
        except (NotAllowed, IssueNotFound):
            self._may = False
        except (RequestRejected, OutcomeUnknown):
            pass  # somebody was faster, or it is no name for a label: the issue's own answer tells
