"""What `closeout lint` prints: lines for people, annotations for GitHub, SARIF for code scanning, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

from rich.console import Console
from rich.text import Text

from tracker.lint import EXPLAINED, Finding, Rule
from tracker.render import escape
from tracker.render.wire import Wire

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


class FindingWire(Wire):
    """One thing to mend."""

    rule: Rule
    path: str
    line: int
    message: str
    advice: str


class LintOutput(Wire):
    """`closeout lint --format json`."""

    version: Literal[1] = 1
    findings: tuple[FindingWire, ...]


def to_json(findings: Sequence[Finding]) -> str:
    """The findings as JSON, ending in a line break."""
    wire = tuple(FindingWire.model_validate(finding) for finding in findings)
    return LintOutput(findings=wire).model_dump_json(indent=2) + "\n"


def to_github(findings: Sequence[Finding]) -> str:
    """Workflow commands that GitHub shows as annotations on the changed lines.

    Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return "".join(
        f"::warning file={_property(finding.path)},line={finding.line},title={_property(finding.rule.value)}"
        f"::{_data(f'{finding.message} {finding.advice}')}\n"
        for finding in findings
    )


def to_sarif(findings: Sequence[Finding], version: str) -> str:
    """The findings as SARIF 2.1.0, for code scanning."""
    rules = [{"id": rule.value, "shortDescription": {"text": EXPLAINED[rule]}} for rule in Rule]
    driver = {"name": "closeout", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "results": [_result(finding) for finding in findings]}
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def print_findings(findings: Sequence[Finding], documents: int, console: Console) -> None:
    """The findings for people."""
    for finding in findings:
        place = f"{finding.path}:{finding.line}: "
        console.print(
            Text.assemble((place, "bold"), (f"{finding.rule.value} ", "yellow"), escape.plain(finding.message)),
            soft_wrap=True,
        )
        console.print(Text(f"    {finding.advice}", style="dim"), soft_wrap=True)
    console.print(Text(f"{len(findings)} to mend in {documents} documents", style="bold"))


def _result(finding: Finding) -> dict[str, Any]:
    region = {"startLine": finding.line}
    return {
        "ruleId": finding.rule.value,
        "level": "warning",
        "message": {"text": f"{finding.message} {finding.advice}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": quote(finding.path)}, "region": region}}],
    }


def _data(text: str) -> str:
    return escape.plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
