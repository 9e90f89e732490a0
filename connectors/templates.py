"""Texts with an item's facts in them, as settings write them: `"SEV {severity}"`, `"{team|unassigned}"`. Pure.

A name in braces stands for one of `connectors.interface.FACTS`; after a bar stands what counts where the item does not
tell. `{{` and `}}` are braces.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from connectors.interface import FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}|]*)(?:\|(?P<otherwise>[^{}]*))?\}|[{}]")


def problem(template: str) -> str | None:
    """What is wrong with it, and what may have been meant; None when it can be filled."""
    for found in _PLACE.finditer(template):
        name = found["name"]
        if found[0] in ("{", "}"):
            return f"{template!r} has a single {found[0]!r}; a brace that is meant as one is written twice"
        if name is not None and name not in FACTS:
            near = difflib.get_close_matches(name, FACTS, 1)
            hint = f"did you mean {{{near[0]}}}?" if near else f"there are: {', '.join(FACTS)}"
            return f"{template!r} names {{{name}}}, which no item tells; {hint}"
    return None


def names(template: str) -> tuple[str, ...]:
    """The facts that it names, in order; none for a constant."""
    return tuple(found["name"] for found in _PLACE.finditer(template) if found["name"] is not None)


def fill(template: str, facts: Mapping[str, str]) -> str | None:
    """The text for an item; None when it needs a fact that is not known of the item."""
    unknown = False

    def put(found: re.Match[str]) -> str:
        nonlocal unknown
        if found["name"] is None:
            return found[0][0]
        told = facts.get(found["name"]) or found["otherwise"]
        unknown = unknown or told is None
        return told or ""

    text = _PLACE.sub(put, template)
    return None if unknown else text
