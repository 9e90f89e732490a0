"""Whether a GitHub repository has what a sync needs. Asks, writes nothing, and raises nothing.

The first finding says whether the host was reached at all; where that or the credentials fail, nothing more is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors import answers
from connectors.errors import ConnectorError, IssueNotFound, NotAllowed, TargetUnreachable
from connectors.interface import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connectors.github.values import Repository
    from connectors.github.wire import Answer, Wire

FEW = 0.1
"""Less of a limit than this share is left when it is worth a word."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one repository. `app`: an app asks, and no account."""

    wire: Wire
    repository: Repository
    now: Callable[[], datetime]
    app: bool

    def findings(self) -> Iterator[Finding]:
        """All of it, as it is found out."""
        try:
            answer = self._read(self.repository.path)
            yield Finding(f"GitHub answers at {self.repository.api_host}")
        except ConnectorError as error:
            if not isinstance(error, TargetUnreachable):
                yield Finding(f"GitHub answers at {self.repository.api_host}")
            yield Finding(error.message, trouble=True, advice=error.advice)
            return
        yield from self._clock(answer)
        for step in (self._who, self._limit):
            try:
                yield from step(answer.data)
            except ConnectorError as error:
                yield Finding(error.message, trouble=True, advice=error.advice)
            except (AttributeError, KeyError, TypeError, ValueError):
                yield Finding(
                    "GitHub's answer can't be read; not all of this target is checked",
                    trouble=True,
                    advice="Check `base_url`, and run this again.",
                )

    def _read(self, path: str) -> Answer:
        return self.wire.read(path, self.repository.where())

    def _clock(self, answer: Answer) -> Iterator[Finding]:
        harm = "an app's key is refused by a wrong clock, and waits end too early or late"
        yield from answers.clock_apart(answer.date, self.now(), "GitHub", harm)

    def _who(self, repository: Mapping[str, Any]) -> Iterator[Finding]:
        """Who asks, and what they may do there. GitHub tells an account's rights, but not those of a token."""
        login = "" if self.app else self._login()
        yield Finding(f"signed in as {login}" if login else "signed in as an app")
        yield from self._open(repository)
        allowed = repository.get("permissions") or {}
        if login and not (allowed.get("triage") or allowed.get("push")):
            yield Finding(
                f"{login} may not label, assign or close issues of {self.repository.full_name}",
                trouble=True,
                advice="Give the account the role Triage or Write there.",
            )

    def _login(self) -> str:
        try:
            return str(self._read("/user").data["login"])
        except (NotAllowed, IssueNotFound):
            return ""  # a token of an installation, as workflows have one

    def _open(self, repository: Mapping[str, Any]) -> Iterator[Finding]:
        name = self.repository.full_name
        if repository["has_issues"] is False:
            yield Finding(
                f"issues are switched off in {name}",
                trouble=True,
                advice="Switch them on in the repository's settings, under General > Features.",
            )
        elif repository["archived"] is True:
            yield Finding(
                f"{name} is archived: it takes no writes",
                trouble=True,
                advice="Unarchive it in the repository's settings, or name another repository.",
            )
        else:
            yield Finding(f"repository {name} keeps issues")

    def _limit(self, _repository: Mapping[str, Any]) -> Iterator[Finding]:
        try:
            core = self._read("/rate_limit").data["resources"]["core"]
        except IssueNotFound:
            return  # GitHub Enterprise Server, where limits are switched off
        left, limit, reset = int(core["remaining"]), int(core["limit"]), datetime.fromtimestamp(int(core["reset"]), UTC)
        if left < FEW * limit:
            said = f"only {left} of {limit} requests are left until {reset:%H:%M} UTC"
            yield Finding(said, advice="Syncs wait when they are used up. Does something else use the same account?")
        else:
            yield Finding(f"{left} of {limit} requests an hour are left")
