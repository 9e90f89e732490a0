"""`closeout review`: which known item is a reworded one, and whose work is promised again, as a person says."""
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
        list[str] | None,
        typer.Option("--same", metavar="REF=ITEM", help="REF, in doubt or promised again, is the same as this item."),
    ] = None,
    new: Annotated[
        list[str] | None, typer.Option("--new", metavar="REF", help="REF is a new item, or work of its own.")
    ] = None,
    reason: Reason = None,
    by: By = None,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
) -> int:
    """Decide which known item a reworded one is, and whether work that is promised again needs a second issue."""
    session: Session = context.obj
    sitting = session.app.review()
    said, answered = _said(session, sitting, same or [], new or [], reason, by)
    asking = form is Format.TEXT and not (said or answered) and sys.stdin.isatty() and sys.stdout.isatty()
    if asking:
        said, answered = _ask(session, sitting, reason, by)
    _show(session, sitting, said, answered, form, asked=asking)
    for path, why in sitting.reading.unreadable:
        session.say(f"closeout: {path}: can't be read: {why}")
    return 0


def _said(
    session: Session, sitting: Review, same: list[str], new: list[str], reason: str | None, by: str | None
) -> tuple[list[Verdict], set[str]]:
    """What the options decide, and of which items; all of it is checked before any of it is kept."""
    from tracker.app import offer_for, verdict_for

    pairs: list[tuple[str, str | None]] = [(ref, None) for ref in new]
    for text in same:
        ref, equals, item = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"{text!r} is not REF=ITEM", param_hint="--same")
        pairs.append((ref.strip(), item.strip()))
    if not pairs:
        return [], set()
    doubts, offers = sitting.doubts(), sitting.offers()
    taken = [(offer_for(offers, ref, item), item) for ref, item in pairs]
    left = [pair for pair, (offer, _) in zip(pairs, taken, strict=True) if offer is None]
    chosen = [verdict_for(doubts, ref, item, sitting.links) for ref, item in left]
    for doubt, verdict in chosen:
        session.app.decide_doubt(doubt, verdict, by, reason or "")
    answered = [(offer, item is not None) for offer, item in taken if offer is not None]
    for offer, is_same in answered:
        session.app.decide_offer(offer, by, reason or "", same=is_same)
    return [verdict for _, verdict in chosen], {offer.item.id for offer, _ in answered}


def _ask(session: Session, sitting: Review, reason: str | None, by: str | None) -> tuple[list[Verdict], set[str]]:
    """Put one after the other to the person at the terminal; each word is kept at once."""
    said, goes_on = _ask_of_doubts(session, sitting, reason, by)
    return said, _ask_of_offers(session, sitting, said, reason, by) if goes_on else set()


def _ask_of_doubts(session: Session, sitting: Review, reason: str | None, by: str | None) -> tuple[list[Verdict], bool]:
    from tracker.decisions import Verdict
    from tracker.render import review as render
    from tracker.spelling import normalise

    said: list[Verdict] = []
    skipped: set[str] = set()
    while True:
        doubts = [doubt for doubt in sitting.doubts(said) if doubt.ref not in skipped]
        if not doubts:
            return said, True
        doubt = doubts[0]
        render.print_doubt(doubt, sitting.documents[doubt.document], sitting.links, session.out)
        key = _key_for(doubt)
        if key == "q":
            return said, False
        if key == "s":
            skipped.add(doubt.ref)
            continue
        item = None if key == "n" else doubt.candidates[int(key) - 1].id
        verdict = Verdict(doubt.document, normalise(doubt.parsed.text), item)
        session.app.decide_doubt(doubt, verdict, by, reason or "")
        said.append(verdict)


def _ask_of_offers(
    session: Session, sitting: Review, said: list[Verdict], reason: str | None, by: str | None
) -> set[str]:
    """The items that the person decided of."""
    from tracker.render import review as render

    answered: set[str] = set()
    for offer in sitting.offers(said):
        render.print_offer(offer, sitting.documents, session.out)
        key = _key(
            "y the same work, n other work (it gets an issue of its own), s skip, q quit: ", {"y", "n", "s", "q"}
        )
        if key == "q":
            break
        if key != "s":
            session.app.decide_offer(offer, by, reason or "", same=key == "y")
            answered.add(offer.item.id)
    return answered


def _key_for(doubt: Doubt) -> str:
    """One of `1` to the number of candidates, `n`, `s`, `q`."""
    numbers = [str(number) for number in range(1, min(len(doubt.candidates), 9) + 1)]
    keys = f"{numbers[0]}-{numbers[-1]}" if len(numbers) > 1 else numbers[0]
    return _key(f"{keys} the same as that one, n new item, s skip, q quit: ", {*numbers, "n", "s", "q"})


def _key(question: str, keys: set[str]) -> str:
    """The key that was pressed, one of these."""
    typer.echo(question, nl=False, err=True)
    while True:
        pressed = typer.getchar()
        if pressed in ("\x03", "\x04", ""):
            raise typer.Abort
        # What was typed fast comes at once.
        key = next((each for each in pressed.casefold() if each in keys), None)
        if key is not None:
            typer.echo(key, err=True)
            return key


def _show(
    session: Session, sitting: Review, said: list[Verdict], answered: set[str], form: Format, *, asked: bool
) -> None:
    from tracker.render import review as render

    left = sitting.doubts(said)
    offers = [offer for offer in sitting.offers(said) if offer.item.id not in answered]
    if form is Format.JSON:
        session.write(render.to_json(left, sitting.documents, sitting.links, offers))
        return
    if not asked:
        for doubt in left:
            render.print_doubt(doubt, sitting.documents[doubt.document], sitting.links, session.out)
        for offer in offers:
            render.print_offer(offer, sitting.documents, session.out)
    render.print_end(len(said) + len(answered), left, offers, session.out)
