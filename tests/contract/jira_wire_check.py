"""Holds every request to Jira Cloud against Atlassian's own description of its REST API v3."""

from __future__ import annotations

from pathlib import Path

from contract.wire_check import Described

DESCRIPTION = Path(__file__).with_name("jira-openapi.json")


class JiraDescription(Described):
    def __init__(self) -> None:
        super().__init__(DESCRIPTION, "https://your-domain.atlassian.net")

    def plain(self, url: str) -> str:
        """What a site is, a client asks before it knows which version that speaks: v2 is on every Jira."""
        return super().plain(url).replace("/rest/api/2/serverInfo", "/rest/api/3/serverInfo", 1)
