"""`[[routes]]`: which items go to another target."""

from collections.abc import Iterable, Mapping

from pydantic import Field, field_validator

from tracker.model import Kind
from tracker.settings.checks import Closed, unknown
from tracker.settings.people import TeamSettings


class RouteSettings(Closed):
    """Which items go to another target than `target`: the first table whose conditions all hold decides.

    What compares without case takes `*` for any characters.
    """

    target: str = Field(description="Where such items get their issues: the name of a `[targets.NAME]` table.")
    path: tuple[str, ...] = Field(
        default=(), description="Globs of which one fits the document's path, relative to `closeout.toml`."
    )
    service: tuple[str, ...] = Field(
        default=(), description="Services of which the document names one; without case, `*` is any characters."
    )
    team: tuple[str, ...] = Field(
        default=(), description="Teams (key, name or alias) of which one owns the item, itself or by its first owner."
    )
    kind: tuple[Kind, ...] = Field(default=(), description="Kinds of items.")
    severity: tuple[str, ...] = Field(
        default=(), description="Severities of which the document has one; without case, `*` is any characters."
    )

    @field_validator("path")
    @classmethod
    def _globs_usable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if problems := [problem for pattern in value if (problem := _route_glob_problem(pattern))]:
            raise ValueError("; ".join(problems))
        return value


def _route_glob_problem(pattern: str) -> str | None:
    """A document outside the settings' folder has an absolute path, or one that leads up: globs may name it."""
    if not pattern.strip("/ ") or "\0" in pattern:
        return f"{pattern!r} names no files"
    if any("**" in part and part != "**" for part in pattern.split("/")):
        return f"{pattern!r} has `**` beside other characters; it stands between slashes, as in **/*.md"
    return None


def route_problems(routes: Iterable[RouteSettings], teams: Mapping[str, TeamSettings]) -> list[str]:
    """Routes without a condition, with one that nothing can meet, or with a team that nobody knows."""
    known = {name.casefold() for key, team in teams.items() for name in (key, team.name, *team.aliases)}
    problems = []
    for number, route in enumerate(routes, 1):
        given = route.model_fields_set - {"target"}
        problems += [
            f"route {number}: {name} is empty, so nothing would take this route"
            for name in sorted(given)
            if not getattr(route, name) or "" in getattr(route, name)
        ]
        if not given:
            problems.append(f"route {number} has no condition: everything would take it; that is what `target` says")
        strangers = [name for name in route.team if name and name.casefold() not in known]
        problems += unknown(f"route {number}: team", strangers, known, "[teams.NAME]")
    return problems
