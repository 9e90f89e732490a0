"""Atlassian's schema of its document format, as data of the npm package `@atlaskit/adf-schema`, made quick to check.

A node may be one of up to forty kinds, each of which allows forty in it. Its `type` says which it can be at all: the
others are not tried. What is right and what is wrong stays the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator, ValidationError
from jsonschema.validators import extend

_SCHEMA = Path(__file__).with_name("adf-schema.json")


def problem_in(document: Any) -> str | None:
    """Where a document breaks the schema, and how; None where it does not."""
    found = next(_validator().iter_errors(document), None)
    return None if found is None else f"{'/'.join(map(str, found.absolute_path))}: {found.message[:300]}"


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> Draft4Validator:
    validator: Draft4Validator = extend(Draft4Validator, {"anyOf": _any_of})(_schema())
    return validator


def _any_of(validator: Any, choices: list[dict[str, Any]], node: Any, _: Any) -> Iterator[ValidationError]:
    kind = node.get("type") if isinstance(node, dict) else None
    possible = [each for each in choices if kind is None or _kinds(each) is None or kind in (_kinds(each) or ())]
    if not any(validator.evolve(schema=each).is_valid(node) for each in possible):
        yield ValidationError(f"{json.dumps(node, ensure_ascii=False)} is none of what is allowed here")


def _kinds(schema: Mapping[str, Any]) -> frozenset[str] | None:
    """The types of nodes that a schema allows; None for any."""
    if "$ref" in schema:
        return _kinds_of(schema["$ref"].rpartition("/")[2])
    for part in schema.get("allOf", ()):
        if (kinds := _kinds(part)) is not None:
            return kinds
    if "anyOf" in schema:
        every = [_kinds(each) for each in schema["anyOf"]]
        return None if None in every else frozenset[str]().union(*(each for each in every if each is not None))
    named = schema.get("properties", {}).get("type", {}).get("enum")
    return None if named is None else frozenset(named)


@cache
def _kinds_of(definition: str) -> frozenset[str] | None:
    return _kinds(_schema()["definitions"][definition])
