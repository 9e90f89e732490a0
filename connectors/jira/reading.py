"""From an answer's JSON to values, or to the port's error where it is not what was asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from connectors import answers
from connectors.jira import failures

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.jira.failures import Request

    T = TypeVar("T")


def read(request: Request, parse: Callable[[Any], T], data: Any) -> T:
    """`data` by `parse`.

    Raises:
        OutcomeUnknown (a write), TargetUnreachable (a read): it is not what was asked for.
    """
    return answers.parsed(parse, data, partial(failures.no_answer, request))


def each_in(name: str, parse: Callable[[Any], T]) -> Callable[[Any], list[T]]:
    """Reads the list of this name, each of it by `parse`."""
    parse_list = answers.each(parse)
    return lambda data: parse_list(data[name])
