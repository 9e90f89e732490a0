"""What a status and a resolution mean, and which transition leads where. Pure.

    the status' category is not done                      open
    a name of `duplicate` is its resolution or status     duplicate
    a name of `wont_do` is                                won't do
    anything else of the category done                    done

A transition is chosen by the status that it leads to, never by its own name, and takes no more than a resolution: a
screen that demands anything else is for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.interface import IssueState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from connectors.settings import JiraSettings

_DONE = "done"
_ORDER = {"new": 0, "indeterminate": 1}
_RESOLUTION = "resolution"


def folded(name: str) -> str:
    """One spelling for names that people take for the same."""
    return " ".join(name.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def _fold(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(folded(name) for name in names)


@dataclass(frozen=True, slots=True)
class Meanings:
    """The settings' names of statuses and resolutions, each list best first."""

    done: tuple[str, ...]
    wont_do: tuple[str, ...]
    duplicate: tuple[str, ...]
    done_status: tuple[str, ...] = ()
    open_status: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: JiraSettings) -> Meanings:
        """Those of these settings."""
        return cls(
            _fold(settings.done),
            _fold(settings.wont_do),
            _fold(settings.duplicate),
            _fold(settings.done_status),
            _fold(settings.open_status),
        )

    def closed_as(self, *names: str) -> IssueState:
        """How an issue is closed whose status and resolution, if any, have these names."""
        there = set(_fold(names))
        if there & set(self.duplicate):
            return IssueState.DUPLICATE
        return IssueState.WONT_DO if there & set(self.wont_do) else IssueState.DONE

    def resolutions_for(self, state: IssueState) -> tuple[str, ...]:
        """The resolutions that mean this state."""
        return {IssueState.WONT_DO: self.wont_do, IssueState.DUPLICATE: self.duplicate}.get(state, self.done)


@dataclass(frozen=True, slots=True)
class Transition:
    """A way out of a status. `resolutions`: those that its screen offers; `demands`: what else it can't go without."""

    id: str
    to: str
    category: str
    resolutions: tuple[str, ...] = ()
    needs_resolution: bool = False
    demands: tuple[str, ...] = ()

    @property
    def closes(self) -> bool:
        return self.category == _DONE


@dataclass(frozen=True, slots=True)
class Step:
    """A transition to make, with the resolution to set, if any. `arrives`: it leads to where the issue shall be."""

    transition: Transition
    resolution: str | None = None
    arrives: bool = True

    @property
    def body(self) -> dict[str, Any]:
        """What to send."""
        sent: dict[str, Any] = {"transition": {"id": self.transition.id}}
        return sent | ({"fields": {_RESOLUTION: {"name": self.resolution}}} if self.resolution else {})


def state_of(fields: Mapping[str, Any], meanings: Meanings) -> IssueState:
    """Where an issue with these fields stands.

    Raises:
        KeyError, TypeError, AttributeError: they are not an issue's.
    """
    status = fields["status"]
    if not is_done(status):
        return IssueState.OPEN
    resolution = (fields.get("resolution") or {}).get("name") or ""
    return meanings.closed_as(str(status["name"]), str(resolution))


def category_of(status: Mapping[str, Any]) -> str:
    """`new`, `indeterminate` or `done`, whatever the status is called."""
    return str(status["statusCategory"]["key"])


def is_done(status: Mapping[str, Any]) -> bool:
    """Whether an issue of this status is closed."""
    return category_of(status) == _DONE


def transitions_in(data: Mapping[str, Any]) -> list[Transition]:
    """Those that Jira tells of, with their screens (`expand=transitions.fields`), in its order.

    Raises:
        KeyError, TypeError, AttributeError: they are not transitions.
    """
    return [_transition(raw) for raw in data["transitions"] if raw.get("isAvailable", True)]


def _transition(raw: Mapping[str, Any]) -> Transition:
    screen = raw.get("fields") or {}
    resolution = screen.get(_RESOLUTION)
    demanded = {id_: field for id_, field in screen.items() if field.get("required") and not _has_default(field)}
    return Transition(
        id=str(raw["id"]),
        to=str(raw["to"]["name"]),
        category=category_of(raw["to"]),
        resolutions=tuple(str(each["name"]) for each in (resolution or {}).get("allowedValues") or ()),
        needs_resolution=_RESOLUTION in demanded,
        demands=tuple(str(field.get("name") or id_) for id_, field in demanded.items() if id_ != _RESOLUTION),
    )


def _has_default(field: Mapping[str, Any]) -> bool:
    return bool(field.get("hasDefaultValue"))


def goals_for(wanted: IssueState, now: IssueState) -> tuple[IssueState, ...]:
    """The states that do, best first: where duplicates can't be told apart, an open issue is closed as won't do."""
    if wanted is IssueState.DUPLICATE and now is IssueState.OPEN:
        return IssueState.DUPLICATE, IssueState.WONT_DO
    return (wanted,)


def may_wander(wanted: IssueState, now: IssueState) -> bool:
    """Whether other statuses may be passed through.

    A closed issue is not opened in search of another way to close it: perhaps there is none, and it would stay open.
    But what was closed once can be closed as done.
    """
    return not now.closed or wanted in (IssueState.OPEN, IssueState.DONE)


def step(
    transitions: Sequence[Transition],
    goals: Sequence[IssueState],
    meanings: Meanings,
    been: Collection[str],
    *,
    wander: bool = True,
) -> Step | None:
    """What leads to the first goal that can be reached, or at least on; None for nothing.

    Args:
        transitions: those out of the present status.
        goals: the states that do, best first.
        meanings: the settings' names.
        been: the names of the statuses on the way so far, which are not passed through again.
        wander: whether other open statuses may be passed through.
    """
    usable = [each for each in transitions if not each.demands]
    for goal in goals:
        arriving = (_arrival(each, goal, meanings) for each in usable)
        ranked = [found for found in arriving if found is not None]
        if ranked:
            return min(ranked, key=lambda each: each[0])[1]
    # On the way to the end a status nearer to it comes first; nothing is closed just to pass through.
    onward = [each for each in usable if wander and not each.closes and folded(each.to) not in _fold(been)]
    onward.sort(key=lambda each: -_ORDER.get(each.category, 0))
    return Step(onward[0], arrives=False) if onward else None


def _arrival(transition: Transition, wanted: IssueState, meanings: Meanings) -> tuple[tuple[int, int], Step] | None:
    """The step that this transition is, and its rank; None when it leads elsewhere."""
    if wanted is IssueState.OPEN:
        rank = _rank(transition.to, meanings.open_status)
        nearness = _ORDER.get(transition.category, len(_ORDER))
        return None if transition.closes or rank is None else ((rank, nearness), Step(transition))
    if not transition.closes:
        return None
    resolution = _resolution(transition, wanted, meanings)
    if transition.needs_resolution and resolution is None:
        return None
    if meanings.closed_as(transition.to, resolution or "") is not wanted:
        return None
    by_name = meanings.closed_as(transition.to) is wanted and wanted is not IssueState.DONE
    rank = 0 if by_name else _rank(transition.to, meanings.done_status)
    preferred = meanings.resolutions_for(wanted)
    nearness = preferred.index(folded(resolution)) if resolution and folded(resolution) in preferred else len(preferred)
    return None if rank is None else ((rank, nearness), Step(transition, resolution))


def _rank(status: str, names: tuple[str, ...]) -> int | None:
    """How good a status is: any is where none are named, else only those named are."""
    if not names:
        return 0
    return names.index(folded(status)) if folded(status) in names else None


def _resolution(transition: Transition, wanted: IssueState, meanings: Meanings) -> str | None:
    """The resolution to set; of those that the screen offers the best that means the wanted state."""
    offered = {folded(name): name for name in transition.resolutions}
    for name in meanings.resolutions_for(wanted):
        if name in offered:
            return offered[name]
    fitting = [name for name in transition.resolutions if meanings.closed_as(transition.to, name) is wanted]
    return fitting[0] if fitting else None


def why_not(transitions: Sequence[Transition], status: str, wanted: IssueState) -> tuple[str, str]:
    """What to say, and to advise, when nothing leads from this status to the wanted state."""
    there = ", ".join(dict.fromkeys(each.to for each in transitions)) or "nowhere"
    goal = {IssueState.OPEN: "open", IssueState.DONE: "done"}.get(wanted, wanted.value.replace("_", " "))
    said = f"no transition leads from {status!r} to {goal}; from there it goes to: {there}"
    demanding = [f"{each.to} demands {', '.join(each.demands)}" for each in transitions if each.demands]
    if demanding:
        said += f" ({'; '.join(demanding)}, which Closeout does not fill)"
    return said, _ADVICE[wanted] + (
        " A screen that demands more than a resolution has to be filled by a person." if demanding else ""
    )


_MAY = "Check that this account may transition issues in this project."
_APART = (
    "It can't be told from done here: put the field Resolution on the closing transition's screen, with a value that "
    "`{0}` names, or let `{0}` name a status that means it; or close it in Jira."
)
_ADVICE = {
    IssueState.OPEN: f"Let `open_status` name statuses that the workflow leads to, or reopen it in Jira. {_MAY}",
    IssueState.DONE: f"Let `done_status` name statuses that the workflow leads to, or close it in Jira. {_MAY}",
    IssueState.WONT_DO: _APART.format("wont_do"),
    IssueState.DUPLICATE: _APART.format("duplicate"),
}
