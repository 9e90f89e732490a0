"""Acting as a GitHub App: tokens fetched, kept and fetched anew, and secrets that never show."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from contract.faults import Answer, FaultServer, Seen
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from workplace import Silent

from connectors import factory
from connectors.errors import ConnectorError, NotAllowed, RateLimited, TargetUnreachable
from connectors.github import GitHubTracker
from connectors.github.credentials import AppKey
from connectors.interface import IssueDraft
from connectors.marker import Marker
from connectors.settings import GitHubSettings
from tracker.app import App
from tracker.errors import UsageError
from tracker.settings_file import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contract.wire_check import Sent

APP, INSTALLATION = "4711", 815
DRAFT = IssueDraft("Do it", "Why", Marker("i", "d.md", "x"))


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    kind = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()).decode()


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = pem_of(KEY)


@dataclass
class AppHub:
    """Gives tokens to who signs with `KEY`, and lists of nothing to who brings the newest."""

    now: datetime = datetime(2026, 3, 1, 9, tzinfo=UTC)
    prefix: str = ""
    issued: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    instead: dict[str, Answer] = field(default_factory=dict)

    def answer(self, seen: Seen) -> Answer:
        path = seen.path.removeprefix(self.prefix)
        self.requests.append(f"{seen.verb} {path}")
        for part, answer in self.instead.items():
            if path.endswith(part):
                return answer
        scheme, _, given = seen.headers["authorization"].partition(" ")
        if path.endswith(("/installation", "/access_tokens")):
            return self._as_app(path) if scheme == "Bearer" and signed(given) else Answer(401, {"message": "Bad JWT"})
        if (scheme, given) != ("token", self.issued[-1]):
            return Answer(401, {"message": f"Bad credentials {given}"})
        if path == "/repos/acme/ops/issues":
            return Answer(data=[])
        return Answer(data={"full_name": "acme/ops", "private": True})

    def _as_app(self, path: str) -> Answer:
        if path == "/repos/acme/ops/installation":
            return Answer(data={"id": INSTALLATION, "app_id": int(APP)})
        if path != f"/app/installations/{INSTALLATION}/access_tokens":
            return Answer(404, {"message": "Integration not found"})
        self.issued.append(f"ghs_5ecret{len(self.issued)}")
        expires = self.now + timedelta(hours=1)
        return Answer(201, {"token": self.issued[-1], "expires_at": f"{expires:%Y-%m-%dT%H:%M:%SZ}"})


def signed(token: str) -> bool:
    """Whether GitHub would take it: signed by the app's key, of the app, not longer than ten minutes."""
    try:
        claims = jwt.decode(token, KEY.public_key(), algorithms=["RS256"], issuer=APP)
    except jwt.PyJWTError:
        return False
    return bool(claims["exp"] - time.time() <= 600 and claims["iat"] <= time.time())


@pytest.fixture
def hub(sent: Sent) -> AppHub:
    return AppHub()


@contextmanager
def acting(hub: AppHub, key: str = PEM, **settings: Any) -> Iterator[GitHubTracker]:
    with FaultServer(hub.answer) as server:
        known = {"repository": "acme/ops", "base_url": server.url + hub.prefix, "app_id": APP, "timeout": 5}
        made = GitHubSettings.model_validate(known | settings)
        app = AppKey(str(made.app_id), key, made.installation_id)
        tracker = GitHubTracker("ops", made, app, read_pauses=(), now=lambda: hub.now)
        try:
            yield tracker
        finally:
            tracker.close()


FIND, TOKEN = "GET /repos/acme/ops/installation", f"POST /app/installations/{INSTALLATION}/access_tokens"
READ = "GET /repos/acme/ops"


def test_one_token_for_an_hour_of_requests(hub: AppHub) -> None:
    with acting(hub) as tracker:
        for _ in range(3):
            tracker.is_public()
        assert hub.requests == [FIND, TOKEN, READ, READ, READ]
        hub.now += timedelta(minutes=58)
        tracker.is_public()
        assert len(hub.issued) == 1
        hub.now += timedelta(minutes=1, seconds=1)
        tracker.is_public()
        assert hub.requests[-2:] == [TOKEN, READ]
        assert len(hub.issued) == 2


def test_an_installation_that_is_named_is_not_looked_for(hub: AppHub) -> None:
    with acting(hub, installation_id=INSTALLATION) as tracker:
        tracker.is_public()
    assert hub.requests == [TOKEN, READ]


def test_on_an_enterprise_server(hub: AppHub) -> None:
    hub.prefix = "/api/v3"
    with acting(hub) as tracker:
        tracker.changed_since(None)
        assert "/app/" in tracker.capabilities.budget_key
    assert hub.requests == [FIND, TOKEN, "GET /repos/acme/ops/issues"]


@pytest.mark.parametrize("key", [PEM, PEM.replace("\n", "\\n"), f"\n{PEM}\n\n", PEM.replace("\n", "\r\n")])
def test_the_key_as_people_keep_it(hub: AppHub, key: str) -> None:
    with acting(hub, key) as tracker:
        assert tracker.is_public() is False


@pytest.mark.parametrize(
    "key",
    [
        "",
        "hunter2",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
        PEM[: len(PEM) // 2],
        pem_of(ec.generate_private_key(ec.SECP256R1())),
        "ghp_token",
    ],
)
def test_a_key_that_is_none_is_refused_before_anything_is_sent(hub: AppHub, key: str) -> None:
    with pytest.raises(NotAllowed, match="no PEM") as caught, acting(hub, key):
        pass
    assert "private_key_file" in caught.value.advice
    assert caught.value.where == "ops (acme/ops)"
    assert caught.value.__cause__ is None
    assert "hunter2" not in str(caught.value)
    assert hub.requests == []


@pytest.mark.parametrize(
    ("part", "answer", "error", "words"),
    [
        ("/installation", Answer(404, {"message": "Not Found"}), NotAllowed, "not installed"),
        ("/installation", Answer(401, {"message": "A JSON web token could not be decoded"}), NotAllowed, "decoded"),
        ("/installation", Answer(data={"hello": "world"}), TargetUnreachable, "no token"),
        ("/access_tokens", Answer(404, {"message": "Not Found"}), NotAllowed, "not installed"),
        ("/access_tokens", Answer(401, {"message": "'Expiration' is too far in the future"}), NotAllowed, "Expiration"),
        ("/access_tokens", Answer(403, {"message": "This installation has been suspended"}), NotAllowed, "suspended"),
        ("/access_tokens", Answer(502), TargetUnreachable, "502"),
        ("/access_tokens", Answer(cut="read"), TargetUnreachable, "no usable answer"),
        ("/access_tokens", Answer(201, {"token": "x"}), TargetUnreachable, "no token"),
        ("/access_tokens", Answer(201, {"token": "x", "expires_at": "soon"}), TargetUnreachable, "no token"),
        ("/access_tokens", Answer(429, None, {"Retry-After": "9"}), RateLimited, "limit"),
    ],
)
def test_without_a_token_no_write_is_in_doubt(
    hub: AppHub, part: str, answer: Answer, error: type[ConnectorError], words: str
) -> None:
    hub.instead[part] = answer
    with acting(hub) as tracker:
        for call in (lambda: tracker.create(DRAFT), lambda: tracker.changed_since(None)):
            with pytest.raises(error, match=words) as caught:
                call()
            assert caught.value.advice
            assert caught.value.where == "ops (acme/ops)"
    assert not any(request.endswith("/issues") for request in hub.requests)


def test_another_apps_key_is_refused_by_the_server(hub: AppHub) -> None:
    other = pem_of(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    with acting(hub, other) as tracker, pytest.raises(NotAllowed, match="Bad JWT") as caught:
        tracker.changed_since(None)
    assert "clock" in caught.value.advice


def test_no_secret_shows(hub: AppHub, caplog: pytest.LogCaptureFixture) -> None:
    """Not in errors, not in what libraries log at their most talkative, not in what objects say of themselves."""
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    with acting(hub) as tracker:
        tracker.is_public()
        secret = hub.issued[-1]
        hub.issued.append("another")  # the server forgets the first, and quotes it in its refusal
        for _ in range(2):
            with pytest.raises(NotAllowed) as caught:
                tracker.changed_since(None)
            shown += [str(caught.value), repr(caught.value), str(vars(caught.value)), repr(caught.value.__cause__)]
        shown += [repr(tracker), repr(AppKey(APP, PEM)), repr(tracker._wire._credentials)]
    shown += [record.getMessage() for record in caplog.records]
    for hidden in (secret, PEM, PEM.splitlines()[5]):
        assert not any(hidden in text for text in shown)
    assert any("***" in text for text in shown)


class TestSettings:
    def app(self, root: Path) -> App:
        file = root / "closeout.toml"
        file.write_text(
            'target = "ops"\n[targets.ops]\nkind = "github"\nrepository = "acme/ops"\napp_id = 4711\n'
            'private_key_file = "app.pem"\nprivate_key_env = "CLOSEOUT_KEY"\n'
        )
        return App(load(file, {"CLOSEOUT_KEY": "is no misspelt setting"}), Silent())

    def test_find_the_key_beside_them(self, tmp_path: Path) -> None:
        (tmp_path / "app.pem").write_text(PEM)
        tracker = self.app(tmp_path).open_tracker("ops")
        assert isinstance(tracker, GitHubTracker)
        tracker.close()

    def test_say_where_the_key_should_be(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="private key for target ops") as caught:
            self.app(tmp_path).open_tracker("ops")
        assert caught.value.where == "app.pem"

    def test_make_a_tracker(self, tmp_path: Path) -> None:
        settings = GitHubSettings.model_validate({"repository": "acme/ops", "app_id": 4711})
        tracker = factory.open_tracker("ops", settings, token=lambda: PEM, root=tmp_path)
        assert tracker.capabilities.budget_key == "github:api.github.com/app/4711"
        tracker.close()

    @pytest.mark.parametrize(
        "wrong", [{"installation_id": 8}, {"app_id": ""}, {"app_id": "a b"}, {"app_id": 1, "installation_id": 0}]
    )
    def test_that_cannot_be_are_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"app_id|installation_id"):
            GitHubSettings.model_validate({"repository": "acme/ops"} | wrong)
