"""From settings to a tracker, with adapters imported only when wanted."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint, EntryPoints
from typing import TYPE_CHECKING, Any

import pytest

from connectors import factory
from connectors.errors import ConnectorError
from connectors.interface import IssueTracker
from connectors.settings import GitHubSettings, LocalSettings

if TYPE_CHECKING:
    from pathlib import Path


def no_token() -> str:
    raise AssertionError("nobody needs a token")


def test_the_embedded_tracker_needs_no_token(tmp_path: Path) -> None:
    tracker = factory.open_tracker("local", LocalSettings(), token=no_token, root=tmp_path)
    assert isinstance(tracker, IssueTracker)
    assert (tracker.name, type(tracker).__name__) == ("local", "LocalTracker")
    tracker.close()


def test_github_gets_the_token(tmp_path: Path) -> None:
    settings = GitHubSettings(repository="acme/ops")
    tracker = factory.open_tracker("ops", settings, token=lambda: "t0ken", root=tmp_path)
    assert isinstance(tracker, IssueTracker)
    assert (tracker.name, type(tracker).__name__) == ("ops", "GitHubTracker")
    tracker.close()


@dataclass(frozen=True)
class GiteaSettings:
    kind: str = "gitea"


def offered(*args: Any, **options: Any) -> Any:
    return args, options


def test_other_distributions_may_offer_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offers = EntryPoints([EntryPoint("gitea", "x:y", factory.ENTRY_POINTS)])
    monkeypatch.setattr(factory, "entry_points", offers.select)
    monkeypatch.setattr(EntryPoint, "load", lambda _: offered)
    settings = GiteaSettings()
    opened: Any = factory.open_tracker("forge", settings, token=no_token, root=tmp_path)
    assert opened == (("forge", settings), {"token": no_token, "root": tmp_path})


def test_a_kind_that_nobody_offers(tmp_path: Path) -> None:
    with pytest.raises(ConnectorError, match="gitea") as caught:
        factory.open_tracker("forge", GiteaSettings(), token=no_token, root=tmp_path)
    assert caught.value.where == "forge"
    assert factory.ENTRY_POINTS in caught.value.advice


def test_the_face_and_the_factory_load_no_adapter() -> None:
    code = (
        "import sys, connectors, connectors.factory;"
        "print(sorted({'github', 'requests', 'sqlalchemy', 'sqlmodel'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
