"""How settings name many things at once: without case and spacing, `*` for any characters. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase


def names_one(told: Iterable[str], patterns: Iterable[str]) -> bool:
    """Whether one of the texts `told` is meant by one of the patterns."""
    wanted = [fold(pattern) for pattern in patterns]
    return any(_alike(fold(text), pattern) for text in told for pattern in wanted)


def fold(text: str) -> str:
    """One spelling for texts that differ only in case and spacing."""
    return " ".join(text.casefold().split())


def _alike(text: str, pattern: str) -> bool:
    """Only `*` has a meaning: brackets and question marks stand in names."""
    return fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))
