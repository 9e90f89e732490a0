"""From settings to a tracker. The only module that knows the adapters; each is imported when it is first wanted."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol

from connectors.errors import ConnectorError
from connectors.settings import GitHubSettings, JiraSettings, LocalSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from connectors.forge import Forge, ForgeSettings
    from connectors.github.credentials import AppKey
    from connectors.interface import IssueTracker
    from connectors.settings import TargetSettings

ENTRY_POINTS = "closeout.connectors"
"""The group in which another distribution offers an adapter: its kind = a callable like `open_tracker`."""


class ForeignSettings(Protocol):
    """Settings of a kind that another distribution brings."""

    @property
    def kind(self) -> str: ...


def open_tracker(
    name: str,
    settings: TargetSettings | ForeignSettings,
    *,
    token: Callable[[], str],
    root: Path,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> IssueTracker:
    """The tracker that `settings` describe. Asks the network nothing.

    Args:
        name: the target's name in the settings.
        settings: of one of the kinds known here, or of one that an entry point offers.
        token: fetches the target's secret, which is a private key where the settings name an app; called only when one
            is needed.
        root: the folder that relative paths in the settings start at.
        now: the clock, of targets that keep time themselves.

    Raises:
        NotAllowed: the token cannot be one.
        ConnectorError: nobody offers this kind.
    """
    if isinstance(settings, LocalSettings):
        from connectors.local import LocalTracker  # noqa: PLC0415  (when wanted: databases load slowly)

        return LocalTracker(name, settings, root, now=now)
    if isinstance(settings, GitHubSettings):
        from connectors.github import GitHubTracker  # noqa: PLC0415  (when wanted: PyGithub loads slowly)

        return GitHubTracker(name, settings, _credential(settings, token), now=now)
    if isinstance(settings, JiraSettings):
        from connectors.jira import JiraTracker  # noqa: PLC0415  (when wanted: requests loads slowly)

        return JiraTracker(name, settings, token(), now=now)
    for offer in entry_points(group=ENTRY_POINTS, name=settings.kind):
        tracker: IssueTracker = offer.load()(name, settings, token=token, root=root)
        return tracker
    raise ConnectorError(
        f"no connector for targets of kind {settings.kind!r}",
        where=name,
        advice=f"Install the distribution that offers it (entry-point group `{ENTRY_POINTS}`), or mend `kind`.",
    )


def _credential(settings: GitHubSettings | ForgeSettings, secret: Callable[[], str]) -> str | AppKey:
    if settings.app_id is None:
        return secret()
    from connectors.github.credentials import AppKey  # noqa: PLC0415  (when wanted: PyGithub loads slowly)

    return AppKey(str(settings.app_id), secret(), settings.installation_id)


def open_forge(settings: ForgeSettings, repository: str, base_url: str, *, secret: Callable[[], str]) -> Forge:
    """The repository that documents live in. Asks the network nothing.

    Args:
        settings: which branches, and who acts.
        repository: `owner/name`.
        base_url: the REST API's address.
        secret: fetches the token, or the private key where the settings name an app.

    Raises:
        NotAllowed: the token or key cannot be one.
    """
    from connectors.github.pulls import GitHubForge  # noqa: PLC0415  (when wanted: PyGithub loads slowly)

    return GitHubForge(settings, repository, base_url, _credential(settings, secret))
