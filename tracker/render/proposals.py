"""Open issues that read like items: how they are shown, and asked about."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from tracker.render import escape
from tracker.similar import Proposal


def print_proposals(proposals: Sequence[Proposal], console: Console) -> None:
    """What `sync --adopt similar` would ask about."""
    for each in proposals:
        head = f"{each.issue.ref.key} reads like {each.item.id}"
        body = f"“{escape.plain(each.issue.title)}” and “{escape.plain(each.item.text)}” ({each.likeness:.0f} of 100)"
        console.print(Text.assemble("  ", (f"{head}: ", "yellow"), body), soft_wrap=True)
    if proposals:
        console.print(Text("  `closeout sync --adopt similar` asks about each before it opens issues\n", style="dim"))


def question(proposal: Proposal) -> str:
    """The question to a person, both sides one above the other."""
    where = f"{proposal.issue.ref.key} {proposal.issue.ref.url}".strip()
    return (
        f"\n  item   {escape.plain(proposal.item.text)}\n  issue  {escape.plain(proposal.issue.title)}  ({where})\n"
        "Is this the same work? Then the issue is linked, and nothing is written to it"
    )
