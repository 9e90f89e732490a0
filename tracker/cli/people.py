"""`closeout people`: the people book, the names that it lacks, and imports into it."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.session import Session

app = typer.Typer(
    help="Show who is in the people book and which names in documents are nobody's, or `import` a file into it.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """Formats of `people`."""

    TABLE = "table"
    JSON = "json"


class ImportFormat(StrEnum):
    """Formats of `people import`."""

    TEXT = "text"
    JSON = "json"


class Source(StrEnum):
    """What `people import` reads."""

    CODEOWNERS = "codeowners"
    DIRECTORY = "directory"


@app.callback()
def people(
    context: typer.Context,
    unknown: Annotated[bool, typer.Option("--unknown", help="Only the names that nobody in the book has.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> int:
    """Show who is in the people book, and which names in documents are nobody's, with whom they could mean."""
    if context.invoked_subcommand is not None:
        return 0
    from tracker.render import people as render

    session: Session = context.obj
    found = session.app.people()
    if form is Format.JSON:
        session.write(render.to_json(found.compared, unknown_only=unknown))
    else:
        render.print_people(found.compared, session.out, unknown_only=unknown)
    for path, why in found.unreadable:
        session.say(f"closeout: {path}: can't be read: {why}")
    return 0


@app.command("import")
def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CODEOWNERS, or users of a directory: CSV or SCIM.")],
    source: Annotated[Source | None, typer.Option("--from", help="What FILE is [default: told by its name].")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="People file to write (.csv, .yaml); a CSV file that stands is completed."),
    ] = None,
    form: Annotated[ImportFormat, typer.Option("--format", help="How to print.")] = ImportFormat.TEXT,
) -> None:
    """Make a people file of CODEOWNERS or of a directory's export; who is in the book already is told."""
    from tracker.app import importing
    from tracker.render import people as render
    from tracker.render.escape import plain

    session: Session = context.obj
    made = importing.import_people(file, importing.Source(source.value) if source else None, out, session.loaded)
    if out is not None:
        session.write_file(out, made.text)
    if form is ImportFormat.JSON:
        session.write(render.imported_json(made, out))
        return
    if out is None:
        session.write(made.text)
    for line in render.imported(made):
        session.say(line)
    for note in made.notes:
        session.say(f"closeout: {plain(note)}")
    if out is not None:
        session.say(f"the people file is {out}")
        if made.path is not None:
            session.say(f'name it in closeout.toml, above all tables: people_files = ["{made.path}"]')
