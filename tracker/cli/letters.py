"""`closeout report`: build a report, and with `--send` mail it."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.days import a_day
from tracker.cli.session import Session

if TYPE_CHECKING:
    from tracker.audience import Audience
    from tracker.deliver import Delivery
    from tracker.report import Report


class Format(StrEnum):
    """Formats of `report`."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="A report of the settings.")] = "weekly",
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    out: Annotated[Path | None, typer.Option("--out", help="Write to a file instead of standard output.")] = None,
    at: Annotated[
        date | None, typer.Option("--at", parser=a_day, metavar="DATE", help="As if today were this day.")
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Mail each owner their part, once per period.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --send: only say who would get it and why.")] = False,
) -> int:
    """Tell, per owner, what is overdue, due soon, unlinked and unowned."""
    session: Session = context.obj
    made = session.app.report(name, at)
    if send:
        audience, deliveries = session.app.send(made, dry_run=dry_run)
        session.app.progress.finish()
        return _tell_sent(session, audience, deliveries)
    _print(session, made, form, out)
    return 0


def _print(session: Session, made: Report, form: Format, out: Path | None) -> None:
    from tracker.render import ReportFormat, render_report
    from tracker.render.text import print_report

    if out is not None:
        session.write_file(out, render_report(made, ReportFormat(form)))
        session.say(f"the report is in {out}")
    elif form is Format.TEXT and session.out.is_terminal:
        print_report(made, session.out)
    else:
        session.write(render_report(made, ReportFormat(form)))


def _tell_sent(session: Session, audience: Audience, deliveries: tuple[Delivery, ...]) -> int:
    from tracker.deliver import DeliveryOutcome
    from tracker.render.escape import plain

    for delivery in deliveries:
        person = f"{delivery.recipient.name} <{delivery.recipient.email or 'no e-mail address'}>"
        detail = delivery.detail or (delivery.why if delivery.outcome is DeliveryOutcome.WOULD_SEND else "")
        session.write(f"{delivery.outcome.value:<15} {plain(person)}{f'  ({plain(detail)})' if detail else ''}\n")
    if any(delivery.outcome is DeliveryOutcome.HELD_BACK for delivery in deliveries):
        session.say("closeout: who is held back is served by a later run in the same period: `closeout serve` does it")
    if audience.untold:
        session.say(
            f"closeout: {len(audience.untold)} open items are told to nobody: no owner with an address\n"
            "  Name a `fallback` in [reports.NAME], or add the owners to [people]."
        )
    return 3 if any(delivery.outcome is DeliveryOutcome.FAILED for delivery in deliveries) else 0
