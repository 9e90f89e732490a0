"""Cut GitHub's GraphQL schema down to what Closeout's queries ask for. For maintainers.

    npm pack @octokit/graphql-schema && tar xzf octokit-graphql-schema-*.tgz
    python tests/contract/prune_graphql.py package

Writes `github-schema.graphql` beside this file, which the tests hold every query to. The queries are first validated
against the whole schema; then the fields, arguments and types that they reach are kept.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    is_specified_scalar_type,
    parse,
    validate,
    visit,
)

from connectors.github import evidence

RESULT = Path(__file__).with_name("github-schema.graphql")
QUERIES = (evidence.query([1]), evidence.work_query([1]))


class _Used(Visitor):
    """Notes the fields, arguments and types that a query reaches."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.fields: dict[str, dict[str, set[str]]] = {}
        self.types: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent, field = self.info.get_parent_type(), self.info.get_field_def()
        if parent is None or field is None or node.name.value.startswith("__"):
            return
        arguments = self.fields.setdefault(parent.name, {}).setdefault(node.name.value, set())
        arguments |= {argument.name.value for argument in node.arguments or ()}
        self.types.add(get_named_type(field.type).name)
        self.types |= {get_named_type(field.args[name].type).name for name in arguments}

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: object) -> None:
        if node.type_condition:
            self.types.add(node.type_condition.name.value)


def prune(schema: GraphQLSchema) -> str:
    """The schema that is left.

    Raises:
        ValueError: a query does not fit the schema.
    """
    info = TypeInfo(schema)
    used = _Used(info)
    for query in QUERIES:
        document = parse(query)
        if problems := validate(schema, document):
            raise ValueError(problems[0].message)
        visit(document, TypeInfoVisitor(info, used))
    kept = {name: schema.type_map[name] for name in sorted(used.types | set(used.fields))}
    return "\n\n".join(filter(None, (_definition(each, used, set(kept)) for each in kept.values())))


def _definition(kind: GraphQLNamedType, used: _Used, names: set[str]) -> str:
    """What is left of a type, in the schema's own language; empty for what the language itself knows."""
    if is_specified_scalar_type(kind):
        return ""
    if isinstance(kind, GraphQLScalarType):
        return f"scalar {kind.name}"
    if isinstance(kind, GraphQLEnumType):
        return f"enum {kind.name} {{ {' '.join(kind.values)} }}"
    if isinstance(kind, GraphQLUnionType):
        return f"union {kind.name} = {' | '.join(each.name for each in kind.types if each.name in names)}"
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    word = "type" if isinstance(kind, GraphQLObjectType) else "interface"
    mine = [each.name for each in kind.interfaces if each.name in names]
    head = f"{word} {kind.name}" + (f" implements {' & '.join(mine)}" if mine else "")
    wanted = dict(used.fields.get(kind.name, {}))
    for name in mine:
        wanted |= used.fields.get(name, {})
    lines = [_field(name, kind.fields[name], arguments) for name, arguments in sorted(wanted.items())]
    return "\n".join((f"{head} {{", *(lines or ["  id: ID"]), "}"))


def _field(name: str, field: GraphQLField, wanted: set[str]) -> str:
    arguments = ", ".join(f"{each}: {field.args[each].type}" for each in sorted(wanted))
    return f"  {name}{f'({arguments})' if arguments else ''}: {field.type}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the unpacked npm package")
    folder = parser.parse_args().package
    about = json.loads((folder / "package.json").read_text("utf-8"))
    pruned = prune(build_schema((folder / "schema.graphql").read_text("utf-8"), assume_valid=True))
    told = f"# Cut from the npm package {about['name']} {about['version']} by prune_graphql.py.\n\n"
    RESULT.write_text(told + pruned + "\n", "utf-8")


if __name__ == "__main__":
    main()
