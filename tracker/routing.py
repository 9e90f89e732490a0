"""Which target an item gets its issue in: the first of the settings' routes whose conditions all hold. Pure.

A route only says where an issue is opened. An item that has one stays where that is, whatever the routes say later;
`closeout move` takes it elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from tracker.model import Item, KnownDocument
from tracker.people import PeopleBook
from tracker.settings import RouteSettings, Settings, TeamSettings
from tracker.wildcards import fold, names_one


def route(item: Item, document: KnownDocument, book: PeopleBook, settings: Settings) -> str:
    """The target that `item` of `document` is to have its issue in, as the settings are now."""
    fitting = (each.target for each in settings.routes if _fits(each, item, document, book, settings.teams))
    return next(fitting, settings.target)


def _fits(
    route: RouteSettings, item: Item, document: KnownDocument, book: PeopleBook, teams: Mapping[str, TeamSettings]
) -> bool:
    """Whether every condition that is given holds."""
    severity = (document.severity,) if document.severity else ()
    return (
        (not route.kind or item.kind in route.kind)
        and (not route.path or any(_is_at(document.path, pattern) for pattern in route.path))
        and (not route.service or names_one(document.services, route.service))
        and (not route.severity or names_one(severity, route.severity))
        and (not route.team or _is_of(item, route.team, book, teams))
    )


def _is_of(item: Item, wanted: Iterable[str], book: PeopleBook, teams: Mapping[str, TeamSettings]) -> bool:
    """Whether one of these teams owns the item: it is the first owner, or that one's team."""
    owner = book.resolve(item.owner).first
    key = owner and (owner.key if owner.is_team else owner.team)
    if not key:
        return False
    team = teams[key]
    names = {fold(name) for name in (key, team.name, *team.aliases)}
    return any(fold(name) in names for name in wanted)


def _is_at(path: str, pattern: str) -> bool:
    """Whether a glob fits a path: `**` stands for any number of folders, and a slash at the end for all below."""
    globs = pattern.removeprefix("./").split("/")
    return _steps(path.split("/"), [*globs[:-1], globs[-1] or "**"])


def _steps(parts: Sequence[str], globs: Sequence[str]) -> bool:
    if not globs:
        return not parts
    if globs[0] == "**":
        return any(_steps(parts[start:], globs[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], globs[0]) and _steps(parts[1:], globs[1:])
