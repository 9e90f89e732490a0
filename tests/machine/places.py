"""Workplaces on the small GitHub, and on two targets, for processes that are killed and for figures."""

from __future__ import annotations

from pathlib import Path

from contract.little_jira import EMAIL, SECRET
from workplace import SETTINGS, Workplace

from connectors import IssueTracker
from connectors.github import GitHubTracker
from connectors.jira import JiraTracker
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


class OnLittleJira(Workplace):
    """Issues at `url`, where a `LittleJira` answers, whose time is the workplace's. `more` stands in the settings."""

    def __init__(self, root: Path, url: str, more: str = "") -> None:
        target = f'kind = "jira"\nurl = "{url}"\nproject = "OPS"'
        super().__init__(root, f'target = "jira"\n[targets.jira]\n{target}\n{more}')

    def open_tracker(self, name: str) -> IssueTracker:
        settings = self.settings.targets[name].model_copy(update={"email": EMAIL, "timeout": 5.0})
        return JiraTracker(name, settings, SECRET, read_pauses=(), now=self.clock)


class BetweenTwo(Workplace):
    """The embedded tracker `local`, and `other`: a second one, or at `url`, where a `LittleGitHub` answers."""

    def __init__(self, root: Path, url: str, more: str = "") -> None:
        other = 'kind = "github"\nrepository = "acme/ops"' if url else 'kind = "local"\ndatabase = "sqlite:///other.db"'
        people = SETTINGS.replace('name = "Jo Smith"', 'name = "Jo Smith"\ngithub = "jo-smith"')
        super().__init__(root, f"{people}[targets.other]\n{other}\n{more}")
        self.url = url

    def open_tracker(self, name: str) -> IssueTracker:
        if name == "local" or not self.url:
            return super().open_tracker(name)
        settings = GitHubSettings.model_validate({"repository": "acme/ops", "base_url": self.url, "timeout": 5})
        return GitHubTracker(name, settings, "token", read_pauses=(), now=self.clock)
