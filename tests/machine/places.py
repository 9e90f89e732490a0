"""Workplaces on the small GitHub, for processes that are killed and for figures."""

from __future__ import annotations

from pathlib import Path

from workplace import Workplace

from connectors import IssueTracker
from connectors.github import GitHubTracker
from connectors.settings import GitHubSettings

GITHUB = '\ntarget = "ops"\n[targets.ops]\nkind = "github"\nrepository = "acme/ops"\n'


class OnLittleGitHub(Workplace):
    """Issues at `url`, where a `LittleGitHub` answers."""

    def __init__(self, root: Path, url: str) -> None:
        super().__init__(root, GITHUB)
        self.url = url

    def open_tracker(self, name: str) -> IssueTracker:
        settings = GitHubSettings.model_validate({"repository": "acme/ops", "base_url": self.url, "timeout": 5})
        return GitHubTracker(name, settings, "token", read_pauses=(), now=self.clock)
