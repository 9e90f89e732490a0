"""`closeout report`: build a report, and with `--send` deliver it."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import completing
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
    ICS = "ics"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="A report of the settings.", autocompletion=completing.reports)
    ] = "weekly",
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    out: Annotated[Path | None, typer.Option("--out", help="Write to a file instead of standard output.")] = None,
    at: Annotated[
        date | None, typer.Option("--at", parser=a_day, metavar="DATE", help="As if today were this day.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="NAME", help="Only what this person or team would get.")
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Send each owner their part, once per period.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --send: only say who would get it and why.")] = False,
) -> int:
    """Tell what is overdue, due soon, unlinked and unowned, as [reports.NAME] says; `--format ics` is a calendar."""
    from tracker.errors import UsageError

    session: Session = context.obj
    if send and owner:
        raise UsageError("--send and --owner don't go together", advice="--send gives each owner their own part.")
    if send and form not in {Format.TEXT, Format.JSON}:
        raise UsageError(
            "what was sent to whom is told as text or json",
            where=f"--format {form.value}",
            advice="Leave --format away; each recipient gets what their channel takes.",
        )
    made = session.app.report(name, at, owner=owner, to_send=send and not dry_run)
    if send:
        audience, deliveries = session.app.send(made, dry_run=dry_run)
        session.app.progress.finish()
        return _tell_sent(session, made, audience, deliveries, form, dry_run=dry_run)
    _print(session, made, form, out)
    return 0


def _print(session: Session, made: Report, form: Format, out: Path | None) -> None:
    has_template = any(wording.name.endswith(".txt.j2") for wording in made.wordings)
    from tracker.render import ReportFormat, render_report
    from tracker.render.text import print_report

    if out is not None:
        session.write_file(out, render_report(made, ReportFormat(form)))
        session.say(f"the report is in {out}")
    elif form is Format.TEXT and session.out.is_terminal and not has_template:
        print_report(made, session.out)
    else:
        session.write(render_report(made, ReportFormat(form)))


def _tell_sent(
    session: Session,
    made: Report,
    audience: Audience,
    deliveries: tuple[Delivery, ...],
    form: Format,
    *,
    dry_run: bool,
) -> int:
    from tracker.deliver import DeliveryOutcome
    from tracker.ledger import ROLLING
    from tracker.render.deliveries import print_deliveries, to_json

    if form is Format.JSON:
        session.write(to_json(made.name, made.period_key, deliveries, len(audience.untold), dry_run=dry_run))
    else:
        print_deliveries(deliveries, session.out)
    to_people = bool(audience.recipients) or not any(delivery.channel == ROLLING for delivery in deliveries)
    if to_people and not audience.recipients:
        session.say("closeout: nobody is to get this report: name people, teams or addresses in its `to`")
    if any(delivery.outcome is DeliveryOutcome.HELD_BACK for delivery in deliveries):
        session.say("closeout: who is held back is served by a later run in the same period: `closeout serve` does it")
    if to_people and audience.untold:
        session.say(
            f"closeout: {len(audience.untold)} open items are told to nobody: no owner who can be reached\n"
            "  Name a `fallback` in [reports.NAME], or add the owners to [people]."
        )
    return 3 if any(delivery.lacking for delivery in deliveries) else 0
