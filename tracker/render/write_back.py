"""What a write-back did, or would do, for people and as JSON."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from tracker.render import escape
from tracker.render.wire import Wire
from tracker.writeback import NEW_ISSUE, DocumentWritten, Mode, Wish, Written

_SIGNS = {None: ("+", "green"), True: ("x", "blue"), False: ("o", "yellow")}


class PlacedWire(Wire):
    """What one item's document got: `link` (null for the issue that a plan is yet to open), `done` its check mark."""

    item: str
    text: str
    line: int
    linked: bool
    link: str | None
    done: bool | None


class LeftOutWire(Wire):
    """A link or check mark that could not be placed without changing what else is read, and why."""

    item: str
    text: str
    line: int
    why: str


class DocumentWrittenWire(Wire):
    """One document; `problem` says why it could not be written."""

    document: str
    path: str
    placed: tuple[PlacedWire, ...]
    left_out: tuple[LeftOutWire, ...]
    problem: str | None


class PullRequestWire(Wire):
    """The pull request with the links. `what`: opened, updated, unchanged, closed, declined or planned."""

    what: str
    branch: str
    number: int | None
    url: str | None


class WriteBackWire(Wire):
    """What `--write-back` did, or would do: `mode` is none, files or pr; `problem` kept all of it from happening.

    `issues` counts those that were told at once of what stands in their documents now.
    """

    mode: str
    documents: tuple[DocumentWrittenWire, ...] = ()
    pull_request: PullRequestWire | None = None
    issues: int = 0
    problem: str | None = None


def wire(written: Written) -> WriteBackWire:
    """A write-back as data."""
    request = written.pull_request
    return WriteBackWire(
        mode=written.mode.value,
        documents=tuple(map(_document, written.documents)),
        pull_request=PullRequestWire(
            what=request.what, branch=request.branch, number=request.number, url=request.url or None
        )
        if request
        else None,
        issues=written.issues,
        problem=written.problem or None,
    )


def _document(told: DocumentWritten) -> DocumentWrittenWire:
    return DocumentWrittenWire(
        document=told.document.key,
        path=told.document.path,
        placed=tuple(
            PlacedWire(
                item=wish.item.id,
                text=wish.item.text,
                line=wish.item.line,
                linked=wish.link is not None,
                link=wish.link.told if wish.link and wish.link != NEW_ISSUE else None,
                done=wish.done,
            )
            for wish in told.granted
        ),
        left_out=tuple(
            LeftOutWire(item=each.wish.item.id, text=each.wish.item.text, line=each.line, why=each.why)
            for each in told.refusals
        ),
        problem=told.problem or None,
    )


def print_written(written: Written, console: Console, *, planned: bool = False) -> None:
    """What was put into which document; with `planned` what would be."""
    if written.mode is Mode.NONE:
        return
    console.print(Text.assemble(("documents", "bold"), f"  {summary(written, planned=planned)}"))
    for told in written.changed:
        title = f"{escape.plain(told.document.title)}  " if told.document.title else ""
        console.print(Text.assemble("\n  ", (title, "bold"), (told.document.path, "dim")), soft_wrap=True)
        for wish in told.granted:
            console.print(_line(wish), soft_wrap=True)
    if written.changed:
        console.print()


def summary(written: Written, *, planned: bool = False) -> str:
    """`3 links and 1 check mark written into 2 documents`, `nothing to write`, or `not written` for a problem."""
    links, marks = sum(each.links for each in written.changed), sum(each.marks for each in written.changed)
    parts = [f"{links} link{'s' * (links != 1)}"] if links else []
    parts += [f"{marks} check mark{'s' * (marks != 1)}"] if marks else []
    files = len(written.changed)
    done = f"{' and '.join(parts)} {'to write' if planned else 'written'} into {files} document{'s' * (files != 1)}"
    done += f"; {written.issues} issue{'s' * (written.issues != 1)} told" if written.issues else ""
    request = written.pull_request
    if written.problem and not parts:
        return "not written"
    if request is None:
        return done if parts else "nothing to write"
    name = f"pull request {f'#{request.number}' if request.number else f'on branch {request.branch}'}"
    return f"{done}; {name} {request.what}" if parts else f"nothing to write; {name} {request.what}"


def _line(wish: Wish) -> Text:
    sign, style = _SIGNS[wish.done if wish.link is None else None]
    words = ["link"] if wish.link else []
    words += ["ticked" if wish.done else "unticked"] if wish.done is not None else []
    shown = "new" if wish.link == NEW_ISSUE else wish.link.label if wish.link else ""
    line = Text.assemble("    ", (f"{sign} {' + '.join(words):<9} ", style), (f"{shown:<5} " if shown else "", "bold"))
    line.append(f"{escape.plain(wish.item.text)}")
    line.append(f"  line {wish.item.line}", style="dim")
    return line


def problems(written: Written) -> list[str]:
    """What was left out or failed, for standard error: what, where, and what to do next."""
    lines: list[str] = []
    for told in written.documents:
        for refusal in told.refusals:
            place = f"{told.document.path}:{refusal.line}"
            lines += [f"closeout: {place}: {refusal.why}", _by_hand(refusal.wish)]
        if told.problem:
            lines += [f"closeout: {told.document.path}: no links were written: {told.problem}", f"  {told.advice}"]
    if written.problem:
        lines += [f"closeout: {written.problem}", f"  {written.advice}"]
    return [line for line in lines if line.strip()]


def _by_hand(wish: Wish) -> str:
    if wish.link is None or wish.link == NEW_ISSUE:
        return "  Write it in by hand where it fits."
    shown = f"[{wish.link.label}]({wish.link.url})" if wish.link.url else wish.link.label
    return f"  Write it in by hand where it fits: {escape.plain(shown)}"
