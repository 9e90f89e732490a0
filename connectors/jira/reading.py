"""From an answer's JSON to values, or to the port's error where it is not what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

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
    try:
        return parse(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise failures.no_answer(request, "the answer is not what was asked for") from error


def each_in(name: str, parse: Callable[[Any], T]) -> Callable[[Any], list[T]]:
    """Reads the list of this name, each of it by `parse`."""

    def parse_list(data: Any) -> list[T]:
        listed = data[name]
        if not isinstance(listed, list):
            raise TypeError("not a list")
        return [parse(one) for one in listed]

    return parse_list
