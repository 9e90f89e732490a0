"""Who asks: somebody with a token, or a GitHub App with its private key. PyGithub signs; here it is made ready.

An app signs a short-lived JSON Web Token with its key and gets a token of its installation for it, which lives for an
hour. It is fetched before the request that needs it, through the same wire: a failure there leaves no write in doubt,
and becomes the same errors as any other.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from github.Auth import AppAuth, Auth, Token

from connectors.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[[str, str, str], Any]
    """Sends verb and path as the app itself, for the purpose named third; gives the answer's JSON."""

_EARLY = timedelta(minutes=1)
"""A token is replaced this long before it expires: the request it is for must still find it alive."""
_TOKENS = "/access_tokens"


class _NoTokens(logging.Filter):
    """PyGithub logs every answer when somebody turns its debugging on; a new token's must not be."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not any(isinstance(value, str) and value.endswith(_TOKENS) for value in record.args or ())


logging.getLogger("github.Requester").addFilter(_NoTokens())


@dataclass(frozen=True, slots=True)
class AppKey:
    """A GitHub App: its ID (or client ID), its private key, and which installation acts, if that is known."""

    app_id: str
    key: str = field(repr=False)
    installation: int | None = None


class Credentials(Protocol):
    """What signs requests."""

    @property
    def auth(self) -> Auth:
        """For requests to the repository."""
        ...

    @property
    def app(self) -> Auth | None:
        """For what only an app itself may ask; None when this is no app."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown to anybody."""
        ...

    def refresh(self, ask: Ask) -> None:
        """Have a valid token at hand."""
        ...


class TokenCredentials:
    """A token, as it was given.

    Raises:
        NotAllowed: no token looks like this.
    """

    app = None

    def __init__(self, token: str, where: str) -> None:
        token = token.strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise NotAllowed(
                "the token is empty or holds characters that no token has",
                where=where,
                advice="Check the variable or file that the settings name for it.",
            )
        self.auth = Token(token)
        self.secrets = (token,)

    def refresh(self, ask: Ask) -> None:
        """Nothing to do: it lives as long as it lives."""


class AppCredentials:
    """An app's installation, whose token is fetched when it is first wanted and again before it expires.

    Raises:
        NotAllowed: the key is none.
    """

    def __init__(self, key: AppKey, repository: str, where: str, now: Callable[[], datetime]) -> None:
        self._installation, self._repository, self._now = key.installation, repository, now
        # An environment variable often holds it as one line.
        pem = key.key.strip() if "\n" in key.key.strip() else key.key.strip().replace("\\n", "\n")
        try:
            self.app = _App(key.app_id, pem)
            self.app.create_jwt()
        except Exception:  # noqa: BLE001  (each library under it has errors of its own)
            raise NotAllowed(
                "the app's private key is no PEM with an RSA key",
                where=where,
                advice="Give the whole file that GitHub made, with its BEGIN and END lines, by `private_key_file` or "
                "in the variable that `private_key_env` names.",
            ) from None  # whose text may hold pieces of the key
        self.auth = _Installation()
        self._pem = pem

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self.auth.current, self.app.last, self._pem) if secret)

    def refresh(self, ask: Ask) -> None:
        """Fetch a token unless the present one is good for another minute."""
        if self.auth.current and self._now() < self.auth.expires - _EARLY:
            return
        if self._installation is None:
            found = ask("GET", f"/repos/{self._repository}/installation", "installation")
            self._installation = int(found["id"])
        made = ask("POST", f"/app/installations/{self._installation}{_TOKENS}", "token")
        expires = datetime.fromisoformat(made["expires_at"])
        self.auth.expires = expires if expires.tzinfo else expires.replace(tzinfo=UTC)
        self.auth.current = str(made["token"])


class _App(AppAuth):
    """PyGithub's, which also remembers what it signed last: should a server quote it, it is hidden."""

    last = ""

    @property
    def token(self) -> str:
        self.last = super().token
        return self.last


class _Installation(Auth):
    current = ""
    expires = datetime.min.replace(tzinfo=UTC)

    @property
    def token_type(self) -> str:
        return "token"

    @property
    def token(self) -> str:
        return self.current
