"""What `closeout doctor` prints: part by part what is well, what is worth knowing, and what to mend and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.text import Text

from connectors import Finding
from tracker.render import escape
from tracker.render.wire import Wire

Level = Literal["ok", "note", "trouble"]

_MARKS: dict[Level, tuple[str, str, str]] = {
    "ok": ("✓", "green", "ok"),
    "note": ("!", "yellow", "note"),
    "trouble": ("✗", "bold red", "mend"),
}
"""On a terminal, its colour, and elsewhere."""


@dataclass(frozen=True, slots=True)
class Examined:
    """One part of the set-up: what was found, and whether what it needs could be reached at all."""

    part: str
    findings: tuple[Finding, ...]
    reached: bool = True

    @property
    def troubles(self) -> int:
        """How many findings are to be mended."""
        return sum(finding.trouble for finding in self.findings)


class FindingWire(Wire):
    """One thing that is so, that is worth knowing, or that is to be mended. `lines` are for the settings file."""

    level: Level
    what: str
    advice: str
    lines: tuple[str, ...]


class PartWire(Wire):
    """One part of the set-up. `reached`: what it needs answered."""

    part: str
    reached: bool
    findings: tuple[FindingWire, ...]


class DoctorOutput(Wire):
    """`closeout doctor --format json`."""

    version: Literal[1] = 1
    troubles: int
    parts: tuple[PartWire, ...]


def level(finding: Finding) -> Level:
    """How much it matters."""
    if finding.trouble:
        return "trouble"
    return "note" if finding.advice else "ok"


def to_json(parts: Sequence[Examined]) -> str:
    """All parts as JSON, ending in a line break."""
    wires = tuple(
        PartWire(
            part=part.part,
            reached=part.reached,
            findings=tuple(
                FindingWire(level=level(each), what=each.what, advice=each.advice, lines=each.lines)
                for each in part.findings
            ),
        )
        for part in parts
    )
    return DoctorOutput(troubles=sum(part.troubles for part in parts), parts=wires).model_dump_json(indent=2) + "\n"


def print_part(part: Examined, console: Console) -> None:
    """One part: a line for each finding, below it what to do, and below that the lines to add."""
    console.print(Text(escape.plain(part.part), style="bold"), soft_wrap=True)
    for finding in part.findings:
        symbol, style, word = _MARKS[level(finding)]
        mark = f"  {symbol} " if console.is_terminal else f"  {word:<5}"
        console.print(Text.assemble((mark, style), escape.plain(finding.what)), soft_wrap=True)
        indent = " " * len(mark)
        if finding.advice:
            console.print(Text(f"{indent}{escape.plain(finding.advice)}", style="dim"), soft_wrap=True)
        for line in finding.lines:
            console.print(Text(f"{indent}    {escape.visible(line)}", style="cyan"), soft_wrap=True)


def print_end(parts: Sequence[Examined], console: Console) -> None:
    """How much there is to mend, and where."""
    wrong = [part for part in parts if part.troubles]
    if not wrong:
        console.print(Text("all is well", style="bold green"))
        return
    said = ", ".join(f"{part.troubles} in {escape.plain(part.part)}" for part in wrong)
    console.print(Text(f"to mend: {said}", style="bold red"), soft_wrap=True)
