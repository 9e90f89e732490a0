"""Mass change needs consent: a plan past the limits is refused, with the counts and the flag that lets it through."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.actions import CloseTwin, Plan, Tell
from tracker.errors import RefusedByBrake
from tracker.settings import BrakeSettings

SEVERAL = 2
"""A document that loses this many items or more, and all of them, is looked at by a person first."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to beforehand. None leaves the settings' limit; `everything` lifts all of them."""

    max_creates: int | None = None
    max_closes: int | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Sides:
    """How much each side held before and holds now: a side that is suddenly empty is a fault, not a wish.

    `emptied` are paths of documents that held several items and now hold none.
    """

    documents_before: int
    documents_now: int
    emptied: tuple[str, ...] = ()


def check(plan: Plan, sides: Sides, limits: BrakeSettings, consent: Consent) -> None:
    """Let `plan` through, or say why not.

    Raises:
        RefusedByBrake: past a limit without consent.
    """
    problems = [] if consent.everything else [*_empty_side(sides), *_too_many(plan, limits, consent)]
    if problems:
        raise RefusedByBrake(
            "; ".join(problems),
            where=plan.target,
            advice="Look at `closeout plan`. If this is meant, run again with "
            f"--max-creates {plan.creates}, --max-closes {_closing(plan)} or --yes.",
        )


def _empty_side(sides: Sides) -> list[str]:
    if sides.emptied:
        return [f"{path} held action items and now holds none" for path in sides.emptied]
    if sides.documents_before and not sides.documents_now:
        return [f"no documents were found, where there were {sides.documents_before} before"]
    return []


def _closing(plan: Plan) -> int:
    """Closes, twins included, and items that vanished from documents: all of them end something."""
    return plan.closes + sum(isinstance(action, Tell | CloseTwin) for action in plan.actions)


def _too_many(plan: Plan, limits: BrakeSettings, consent: Consent) -> list[str]:
    problems = []
    creates = limits.max_creates if consent.max_creates is None else consent.max_creates
    if plan.creates > creates:
        problems.append(f"it would open {plan.creates} issues, and {creates} are allowed at once")
    closing = _closing(plan)
    if consent.max_closes is not None:
        if closing > consent.max_closes:
            problems.append(f"it would close or give up {closing} issues, and {consent.max_closes} are allowed at once")
    elif closing > limits.max_closes and closing > limits.max_close_share * plan.open_issues:
        share = f"{closing / plan.open_issues:.0%}" if plan.open_issues else "all"
        problems.append(f"it would close or give up {closing} of {plan.open_issues} open issues ({share})")
    return problems
