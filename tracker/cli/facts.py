"""`closeout status`, `history`: answers from the store."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import completing
from tracker.cli.session import Session
from tracker.flags import Flag

if TYPE_CHECKING:
    from tracker.model import ItemState
    from tracker.people import Owner
    from tracker.standing import Status, Wanted

_FLAGS = tuple(flag.value for flag in Flag)
# Copied: `tracker.model` takes three times as long to import as all that `--help` needs.
_STATES = ("open", "done", "wont-do", "duplicate", "removed", "ignored")

_LATEST = 30
_ME = "me"


AnItem = Annotated[
    str | None,
    typer.Argument(metavar="[ITEM]", help="An item's id (or its start), or an issue.", autocompletion=completing.items),
]


class StatusFormat(StrEnum):
    """Formats of `status`."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class HistoryFormat(StrEnum):
    """Formats of `history`."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(history)


def status(
    context: typer.Context,
    item: AnItem = None,
    owner: Annotated[
        str | None,
        typer.Option(
            help="Only items of this person or team; `me` is who git's settings, or the login, say you are.",
            autocompletion=completing.owners,
        ),
    ] = None,
    document: Annotated[
        str | None, typer.Option(help="Only items of documents whose path or title holds this.")
    ] = None,
    kinds: Annotated[
        str,
        typer.Option(
            "--is",
            help=f"Only items that are one of these: {', '.join(dict.fromkeys((*_FLAGS, *_STATES)))}.",
            autocompletion=completing.words(*dict.fromkeys((*_FLAGS, *_STATES))),
        ),
    ] = "",
    form: Annotated[StatusFormat, typer.Option("--format", help="How to print.")] = StatusFormat.TABLE,
    fail_on: Annotated[
        str,
        typer.Option(
            help=f"Exit 1 if an item shown is one of: {', '.join(_FLAGS)}.", autocompletion=completing.words(*_FLAGS)
        ),
    ] = "",
    refresh: Annotated[bool, typer.Option("--refresh", help="Read the issues again first.")] = False,
    check_links: Annotated[
        bool, typer.Option("--check-links", help="Read all issues again first, and look for linked ones that are gone.")
    ] = False,
) -> int:
    """Say where things stand, from the store, with an "as of" time."""
    from tracker.policy import flagged
    from tracker.standing import Wanted

    session: Session = context.obj
    flags, states = _split(kinds, "--is", states_too=True)
    failing, _ = _split(fail_on, "--fail-on", states_too=False)
    mine = _myself(session) if owner == _ME else None
    wanted = Wanted(item, None if mine else owner, document, flags, states, failing, mine)
    found = _found(session, wanted, refresh=refresh, check_links=check_links)
    if item and form is not StatusFormat.CSV:
        _tell_all(session, found, form)
    else:
        _tell(session, found, form)
    bad = len(flagged(found.entries, failing))
    if bad:
        sys.stderr.write(f"closeout: {bad} items are {' or '.join(flag.value for flag in failing)}\n")
    return 1 if bad else 0


def history(
    context: typer.Context,
    item: AnItem = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the latest events [default: all of an item, 30 without one].")
    ] = None,
    form: Annotated[HistoryFormat, typer.Option("--format", help="How to print.")] = HistoryFormat.TEXT,
) -> None:
    """Tell the story of one item, or what happened last, from the audit log."""
    from tracker.render import history as render

    session: Session = context.obj
    story = session.app.history(item, limit or (None if item else _LATEST))
    if form is HistoryFormat.JSON:
        session.write(render.to_json(story.item, story.events))
    else:
        render.print_story(story.item, story.events, story.texts, session.out)


def _found(session: Session, wanted: Wanted, *, refresh: bool, check_links: bool) -> Status:
    if refresh or check_links:
        found = session.app.status(wanted, refresh=refresh, check_links=check_links)
        session.app.progress.finish()
        return found
    from tracker.standing import status as standing

    with session.look() as store:
        return standing(store, session.loaded.settings, wanted, session.clock())


def _myself(session: Session) -> Owner:
    from tracker.people import PeopleBook
    from tracker.sources.person import whoever
    from tracker.standing import who_am_i

    return who_am_i(PeopleBook.from_settings(session.loaded.settings), whoever(session.required.root, None))


def _tell(session: Session, found: Status, form: StatusFormat) -> None:
    if form is StatusFormat.TABLE:
        from tracker.render import status_table

        if session.on_terminal:
            status_table.print_table(found.entries, found.as_of, session.out)
        else:
            session.write(status_table.to_lines(found.entries, found.as_of))
        return
    from tracker.render import status as render

    if form is StatusFormat.CSV:
        session.write(render.to_csv(found.entries))
    else:
        session.write(render.to_json(found.entries, found.as_of, found.today))


def _tell_all(session: Session, found: Status, form: StatusFormat) -> None:
    """Everything about the only item that was found."""
    from tracker.render import item as render
    from tracker.standing import about as everything

    with session.look() as store:
        about = everything(store, session.loaded.settings, found)
    if form is StatusFormat.JSON:
        session.write(render.to_json(about))
    else:
        render.print_about(about, session.out)


def _split(text: str, option: str, *, states_too: bool) -> tuple[tuple[Flag, ...], tuple[ItemState, ...]]:
    from tracker.model import ItemState

    flags: list[Flag] = []
    states: list[ItemState] = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        if states_too and word in _STATES:  # all that is removed, with those whose issue is still open
            states.append(ItemState(word.replace("-", "_")))
        elif word in _FLAGS:
            flags.append(Flag(word))
        else:
            known = dict.fromkeys((*_FLAGS, *_STATES)) if states_too else _FLAGS
            raise typer.BadParameter(f"{word!r} is none of: {', '.join(known)}", param_hint=option)
    return tuple(flags), tuple(states)
