"""The settings as reference, as a commented example file and as JSON Schema, all made from the models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tracker.settings import Settings

_INTRO = """\
# Settings

Everything that `closeout.toml` can hold, made from the program's own models.

Precedence: command line > environment (`CLOSEOUT_…`, `__` between levels) > `closeout.toml` > defaults. For example
`CLOSEOUT_POLICY__DUE_SOON_DAYS=3`. The file is found from the working directory upward, or named by `--config` or
`CLOSEOUT_CONFIG`. An unknown key is an error. Secrets never stand in the file.

`config/closeout.schema.json` lets editors check and complete the file; `config/closeout.example.toml` shows it all.
"""


def reference() -> str:
    """All settings as Markdown."""
    parts = [_INTRO, _table("Top level", Settings, top=True)]
    for heading, model in _tables(Settings):
        parts.append(_table(f"`[{heading}]`", model))
    return "\n".join(parts)


def example() -> str:
    """A TOML file that names every setting, commented out, with its default and what it means."""
    lines = [
        "#:schema ./closeout.schema.json",
        "# Every setting with its default. `closeout init` writes a shorter file.",
        "",
    ]
    lines += list(_example_lines(Settings, top=True))
    for heading, model in _tables(Settings):
        lines += ["", f"# {_summary(model)}", f"# [{heading}]"]
        lines += list(_example_lines(model))
    return "\n".join(lines) + "\n"


def schema() -> str:
    """The JSON Schema of the file."""
    made = Settings.model_json_schema()
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "closeout.toml"
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _tables(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        models = list(_models(field.annotation))
        named = "dict" in str(field.annotation)
        for each in models:
            kind = each.model_fields.get("kind")
            # Of several models for one table, the kind tells which.
            place = (kind.default if kind and len(models) > 1 else "NAME") if named else ""
            heading = f"{name}.{place}" if place else name
            if str(field.annotation).startswith("tuple"):  # one table for each
                heading = f"[{heading}]"
            yield heading, each
            yield from ((_below(heading, inner), nested) for inner, nested in _tables(each))


def _below(heading: str, inner: str) -> str:
    """The name of a table in a table: `policy.due`, and `[policy.due.rules]` where there is one for each."""
    return f"[{heading}.{inner[1:]}" if inner.startswith("[") else f"{heading}.{inner}"


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _table(heading: str, model: type[BaseModel], *, top: bool = False) -> str:
    lines = [f"## {heading}", ""] + ([] if top else [_summary(model), ""])
    lines += ["| setting | values | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in _plain_fields(model):
        cells = (f"`{name}`", _values(field), _default(field, code=True), field.description or "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _example_lines(model: type[BaseModel], *, top: bool = False) -> Iterator[str]:
    for name, field in _plain_fields(model):
        if not top or name:
            default = _default(field, code=False)
            yield f"# {name} = {default or '…'}".ljust(44) + f" # {field.description}"


def _plain_fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        if not list(_models(field.annotation)):
            yield field.alias or name, field


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _values(field: FieldInfo) -> str:
    text = str(field.annotation) if get_args(field.annotation) else getattr(field.annotation, "__name__", "")
    if "Literal" in text:
        return ", ".join(f"`{value}`" for value in _literals(field.annotation))
    for sign, words in (
        ("Mapping", "table of texts"),
        ("str | int", "text or whole number"),
        ("Kind", "list of `task`, `improvement`"),
        ("tuple", "list of texts"),
        ("bool", "`true`, `false`"),
    ):
        if sign in text:
            return words
    return next((words for sign, words in (("float", "number"), ("int", "whole number")) if sign in text), "text")


def _literals(annotation: Any) -> list[str]:
    found: list[str] = []
    for argument in get_args(annotation):
        found += [argument] if isinstance(argument, str) else _literals(argument)
    return found


def _default(field: FieldInfo, *, code: bool) -> str:
    if field.is_required():
        return "required" if code else ""
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined:
        return "" if not code else "none"
    shown = json.dumps(list(value) if isinstance(value, tuple) else value, default=str, ensure_ascii=False)
    return f"`{shown}`" if code else shown
