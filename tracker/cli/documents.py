"""`closeout parse`, `plan`, `sync`: from documents to issues."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.asking import asker
from tracker.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.app import Mode, Prepared, Synced, Written

Paths = Annotated[
    list[str] | None, typer.Argument(metavar="[PATH]...", help="Files or folders (default: documents.paths).")
]


class Adoption(StrEnum):
    """Which issues `--adopt` looks for."""

    SIMILAR = "similar"


Adopt = Annotated[
    Adoption | None,
    typer.Option("--adopt", help="Before opening issues, look for open ones that read alike, to adopt."),
]


class WriteBack(StrEnum):
    """Where `--write-back` puts links and check marks."""

    NONE = "none"
    FILES = "files"
    PR = "pr"


WritingBack = Annotated[
    WriteBack | None,
    typer.Option(
        "--write-back", help="Put links and check marks that documents lack into the files, or into a pull request."
    ),
]


class ParseFormat(StrEnum):
    """Formats of `parse`."""

    TABLE = "table"
    JSON = "json"


class PlanFormat(StrEnum):
    """Formats of `plan` and `sync`."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class LintFormat(StrEnum):
    """Formats of `lint`."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


_KEPT = "\n  Its items keep their last known state."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(parse)
    app.command()(lint)
    app.command()(plan)
    app.command()(sync)


def parse(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files or folders.")],
    form: Annotated[ParseFormat, typer.Option("--format", help="How to print.")] = ParseFormat.TABLE,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the documents, coloured by what was understood, and why.")
    ] = False,
) -> int:
    """Extract action items and print them; needs no settings, store or network."""
    from tracker.app import parse_paths
    from tracker.render import parse as render

    session: Session = context.obj
    if explain:
        return _explain(session, paths, form)
    parsed, unreadable = parse_paths(paths, session.loaded.settings)
    if form is ParseFormat.JSON:
        session.write(render.to_json(parsed))
    else:
        render.print_table(parsed, session.out)
    return _tell_unreadable(session, unreadable)


def _explain(session: Session, paths: list[str], form: ParseFormat) -> int:
    from tracker.app import explain_paths
    from tracker.render import explain as render

    explained, unreadable = explain_paths(paths, session.loaded.settings)
    if form is ParseFormat.JSON:
        session.write(render.to_json(explained))
    else:
        render.print_documents(explained, session.out)
    return _tell_unreadable(session, unreadable)


def lint(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files or folders.")],
    form: Annotated[LintFormat, typer.Option("--format", help="How to print.")] = LintFormat.TEXT,
    fail_on: Annotated[
        str, typer.Option(metavar="RULES", help="Exit 1 on one of these: no-owner,no-due,… or `any`.")
    ] = "",
) -> int:
    """Tell authors which action items lack an owner, a due date or a verb, or can't be read."""
    from importlib.metadata import version

    from tracker.app import lint_paths
    from tracker.lint import Rule
    from tracker.render import lint as render

    session: Session = context.obj
    failing = _rules(fail_on, [rule.value for rule in Rule])
    findings, documents, unreadable = lint_paths(paths, session.loaded.settings)
    match form:
        case LintFormat.JSON:
            session.write(render.to_json(findings))
        case LintFormat.GITHUB:
            session.write(render.to_github(findings))
        case LintFormat.SARIF:
            session.write(render.to_sarif(findings, version("closeout")))
        case LintFormat.TEXT:
            render.print_findings(findings, documents, session.out)
    code = _tell_unreadable(session, unreadable)
    return code or int(any(finding.rule.value in failing for finding in findings))


def _rules(text: str, known: list[str]) -> list[str]:
    chosen = [part.strip() for part in text.split(",") if part.strip()]
    for name in chosen:
        if name != "any" and name not in known:
            raise typer.BadParameter(f"{name!r} is none of: any, {', '.join(known)}", param_hint="--fail-on")
    return known if "any" in chosen else chosen


def plan(
    context: typer.Context,
    paths: Paths = None,
    form: Annotated[PlanFormat, typer.Option("--format", help="How to print.")] = PlanFormat.TEXT,
    out: Annotated[Path | None, typer.Option("--out", help="Keep the plan in a file, for sync --plan.")] = None,
    adopt: Adopt = None,
    write_back: WritingBack = None,
    comment: Annotated[
        int | None,
        typer.Option("--comment", metavar="NUMBER", min=1, help="Keep it as one comment on this pull request, too."),
    ] = None,
) -> int:
    """Show what sync would do; writes nothing but, if asked to, a comment."""
    session: Session = context.obj
    agree = (lambda _: ()) if adopt else None
    prepared = session.app.plan(paths or [], agree)
    written = session.app.preview_write_back(prepared, paths or [], _mode(session, write_back))
    code = _show_plan(session, prepared, written, form, out, paths or [])
    if comment is not None:
        kept = session.app.comment(prepared, comment)
        told = f"{kept.what}: {kept.url}" if kept.url else "none is needed: there is nothing to do"
        session.say(f"the comment on #{comment}: {told}")
    return code


def sync(
    context: typer.Context,
    paths: Paths = None,
    form: Annotated[PlanFormat, typer.Option("--format", help="How to print.")] = PlanFormat.TEXT,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", help="Carry out exactly this plan, or refuse if the world moved.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Lift the brake: any number of changes.")] = False,
    max_creates: Annotated[int | None, typer.Option(min=0, help="Open at most this many issues.")] = None,
    max_closes: Annotated[int | None, typer.Option(min=0, help="Close at most this many issues.")] = None,
    adopt: Adopt = None,
    write_back: WritingBack = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same as plan.")] = False,
) -> int:
    """Bring items and issues in step."""
    from tracker.app import Consent

    session: Session = context.obj
    if dry_run:
        return plan(context, paths, form, None, adopt, write_back)
    fits = _fits(plan_file) if plan_file else (lambda _: True)
    agree = asker(session, everything=yes) if adopt else None
    consent = Consent(max_creates, max_closes, yes)
    synced = session.app.sync(paths or [], consent, fits, agree)
    written, settled = session.app.write_back(synced, paths or [], _mode(session, write_back), consent)
    return max(_show_synced(session, synced, written, form), _tell_written(session, written, settled))


def _mode(session: Session, asked: WriteBack | None) -> Mode:
    from tracker.app import Mode

    return Mode(asked.value if asked else session.app.settings.write_back.mode)


def _fits(file: Path) -> Callable[[Prepared], bool]:
    from tracker.errors import UsageError
    from tracker.render import plan as render

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the plan can't be read: {error}", where=str(file), advice="Check the path.") from error
    wanted = render.read_fingerprint(text, str(file))
    return lambda prepared: render.fingerprint(prepared.plans, prepared.reading.documents) == wanted


def _show_plan(
    session: Session, prepared: Prepared, written: Written, form: PlanFormat, out: Path | None, paths: list[str]
) -> int:
    from tracker.render import plan as render
    from tracker.render.comment import to_markdown
    from tracker.render.plan_text import print_plan
    from tracker.render.proposals import print_proposals
    from tracker.render.write_back import print_written, wire

    documents = prepared.reading.documents
    session.app.progress.finish()
    if out is not None:
        session.write_file(out, render.to_json(prepared.plans, documents))
        words = shlex.join(["closeout", "sync", *paths, "--plan", str(out)])
        session.say(f"the plan is in {out}; carry it out with: {words}")
    match form:
        case PlanFormat.JSON:
            told = wire(written) if written.mode.writes else None
            session.write(render.to_json(prepared.plans, documents, prepared.proposals, told))
        case PlanFormat.MARKDOWN:
            session.write(to_markdown(prepared.plans, documents))
        case PlanFormat.TEXT:
            print_plan(prepared.plans, documents, session.out)
            print_proposals(prepared.proposals, session.out)
            print_written(written, session.out, planned=True)
    unreadable = _tell_unreadable(session, prepared.reading.unreadable, prepared.notes, _KEPT)
    code = max(unreadable, _tell_written(session, written))
    return 5 if prepared.unreached else 3 if prepared.seen.unread else code


def _show_synced(session: Session, synced: Synced, written: Written, form: PlanFormat) -> int:
    from tracker.render import plan as render
    from tracker.render.comment import to_markdown
    from tracker.render.plan_text import failures, print_applied
    from tracker.render.write_back import print_written, wire

    prepared = synced.prepared
    documents = prepared.reading.documents
    session.app.progress.finish()
    if form is PlanFormat.TEXT:
        for made in prepared.plans:
            print_applied(made, synced.applied[made.target], documents, session.out)
        print_written(written, session.out)
    elif form is PlanFormat.JSON:
        told = wire(written) if written.mode.writes else None
        session.write(render.synced_json(prepared.plans, synced.applied, documents, told))
    else:
        session.write(to_markdown(prepared.plans, documents))
    code = _tell_unreadable(session, prepared.reading.unreadable, prepared.notes, _KEPT)
    for applied in synced.applied.values():
        for line in failures(applied, documents):
            session.say(line)
    if synced.unreached:
        return 5
    return code if synced.clean else 3


def _tell_written(session: Session, written: Written, settled: Synced | None = None) -> int:
    """What did not get into the documents, and what the sync of the edited ones could not do."""
    from tracker.render.plan_text import failures
    from tracker.render.write_back import problems

    lines = problems(written)
    for applied in settled.applied.values() if settled else ():
        lines += failures(applied, settled.prepared.reading.documents) if settled else []
    for line in lines:
        session.say(line)
    return 0 if written.clean and (settled is None or settled.clean) else 3


def _tell_unreadable(
    session: Session, unreadable: tuple[tuple[str, str], ...], notes: tuple[str, ...] = (), consequence: str = ""
) -> int:
    for path, why in unreadable:
        session.say(f"closeout: {path}: can't be read: {why}{consequence}")
    for note in notes:
        session.say(f"closeout: {note}")
    return 3 if unreadable else 0
