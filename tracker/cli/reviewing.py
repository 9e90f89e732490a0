"""`closeout review`: which known item is a reworded one, where only a person can tell."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.deciding import By, Reason
from tracker.cli.session import Session

if TYPE_CHECKING:
    from tracker.app import Review
    from tracker.decisions import Verdict
    from tracker.identity import Doubt


class Format(StrEnum):
    """Formats of `review`."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(review)


def review(
    context: typer.Context,
    same: Annotated[
        list[str] | None, typer.Option("--same", metavar="REF=ITEM", help="The text in doubt REF is this known item.")
    ] = None,
    new: Annotated[
        list[str] | None, typer.Option("--new", metavar="REF", help="The text in doubt REF is a new item.")
    ] = None,
    reason: Reason = None,
    by: By = None,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
) -> int:
    """Decide which known item a reworded one is, where two are too close to call; needs no target."""
    session: Session = context.obj
    sitting = session.app.review()
    said = _said(session, sitting, same or [], new or [], reason, by)
    asking = form is Format.TEXT and not said and sys.stdin.isatty() and sys.stdout.isatty()
    if asking:
        said += _ask(session, sitting, reason, by)
    _show(session, sitting, said, form, asked=asking)
    for path, why in sitting.reading.unreadable:
        session.say(f"closeout: {path}: can't be read: {why}")
    return 0


def _said(
    session: Session, sitting: Review, same: list[str], new: list[str], reason: str | None, by: str | None
) -> list[Verdict]:
    """What the options decide; all of it is checked before any of it is kept."""
    from tracker.app import verdict_for

    pairs: list[tuple[str, str | None]] = [(ref, None) for ref in new]
    for text in same:
        ref, equals, item = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"{text!r} is not REF=ITEM", param_hint="--same")
        pairs.append((ref.strip(), item.strip()))
    doubts = sitting.doubts()
    chosen = [verdict_for(doubts, ref, item, sitting.links) for ref, item in pairs]
    for doubt, verdict in chosen:
        session.app.decide_doubt(doubt, verdict, by, reason or "")
    return [verdict for _, verdict in chosen]


def _ask(session: Session, sitting: Review, reason: str | None, by: str | None) -> list[Verdict]:
    """Put one doubt after the other to the person at the terminal; each word is kept at once."""
    from tracker.decisions import Verdict
    from tracker.matching import normalise
    from tracker.render import review as render

    said: list[Verdict] = []
    skipped: set[str] = set()
    while True:
        doubts = [doubt for doubt in sitting.doubts(said) if doubt.ref not in skipped]
        if not doubts:
            return said
        doubt = doubts[0]
        render.print_doubt(doubt, sitting.documents[doubt.document], sitting.links, session.out)
        key = _key(doubt)
        if key == "q":
            return said
        if key == "s":
            skipped.add(doubt.ref)
            continue
        item = None if key == "n" else doubt.candidates[int(key) - 1].id
        verdict = Verdict(doubt.document, normalise(doubt.parsed.text), item)
        session.app.decide_doubt(doubt, verdict, by, reason or "")
        said.append(verdict)


def _key(doubt: Doubt) -> str:
    """One of `1` to the number of candidates, `n`, `s`, `q`."""
    numbers = [str(number) for number in range(1, min(len(doubt.candidates), 9) + 1)]
    keys = f"{numbers[0]}-{numbers[-1]}" if len(numbers) > 1 else numbers[0]
    question = f"{keys} the same as that one, n new item, s skip, q quit: "
    typer.echo(question, nl=False, err=True)
    while True:
        pressed = typer.getchar()
        if pressed in ("\x03", "\x04", ""):
            raise typer.Abort
        # What was typed fast comes at once.
        key = next((each for each in pressed.casefold() if each in {*numbers, "n", "s", "q"}), None)
        if key is not None:
            typer.echo(key, err=True)
            return key


def _show(session: Session, sitting: Review, said: list[Verdict], form: Format, *, asked: bool) -> None:
    from tracker.render import review as render

    left = sitting.doubts(said)
    if form is Format.JSON:
        session.write(render.to_json(left, sitting.documents, sitting.links))
        return
    if not asked:
        for doubt in left:
            render.print_doubt(doubt, sitting.documents[doubt.document], sitting.links, session.out)
    render.print_end(len(said), left, session.out)
