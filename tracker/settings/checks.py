"""What the settings models share: the closed model, and checks that name what is wrong."""

import difflib
import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

_DATABASE = re.compile(
    r"""
    [\w+]+://
    (?: [^:/]* (?: :[^@]* )? @ )?                                   # user and password
    (?: \[[^/?]+\] | [^/:?]+ )? (?: :(?P<port>[^/?]*) )?            # host and port
    (?: /[^?]* )? (?: \?.* )?                                       # database and options
    """,
    re.VERBOSE,
)
"""What SQLAlchemy takes for a URL; importing it just to ask would cost every command its start-up time."""


class Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no IANA time zone (such as Europe/Berlin or UTC)") from None
    return name


def unknown(setting: str, names: Iterable[str | None], known: Iterable[str], table: str) -> list[str]:
    have = set(known)
    return [
        f"{setting} names {name!r}, but there is no such {table}"
        + (f" (did you mean {near[0]!r}?)" if (near := difflib.get_close_matches(name, have, 1)) else "")
        for name in names
        if name is not None and name not in have
    ]


def database_problem(url: str) -> str | None:
    """What is wrong with this address. Never quotes it: a password may stand in it."""
    found = _DATABASE.fullmatch(url)
    if found is None:
        return 'is no database URL (such as "sqlite:///closeout.db" or "postgresql+psycopg://HOST/NAME")'
    if found["port"] is not None and not found["port"].isdecimal():
        return "has a port that is no number (a `@`, `:` or `/` in the password is written %40, %3A or %2F)"
    return None
