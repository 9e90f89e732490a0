"""Watches every request that leaves through `requests`, and holds it against a service's own description of its API."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests
from contract.graph_github import SCHEMA
from graphql import parse, validate
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

DESCRIPTION = Path(__file__).with_name("github-openapi.json")


class UnknownParameter(Exception):
    """The service would ignore it without a word."""


class Described:
    """A service's own description of its API. `origin` is where it says that it is.

    Servers of our own are on loopback, and clients name ports; the description knows neither.
    """

    def __init__(self, description: Path, origin: str) -> None:
        self.raw: dict[str, Any] = json.loads(description.read_text(encoding="utf-8"))
        self._origin = origin
        self._openapi = OpenAPI.from_dict(self.raw, config=Config(additional_properties_default_policy="forbid"))
        self._allowed: set[tuple[Any, ...]] = set()
        """What was checked before: a check takes longer than most requests."""

    def plain(self, url: str) -> str:
        """The address as the description has it."""
        return re.sub(rf"^({re.escape(self._origin)}(:443)?|http://127\.0\.0\.1:\d+)/", f"{self._origin}/", url)

    def check(self, request: requests.PreparedRequest) -> None:
        """Raises when the description does not allow `request`."""
        plain = request.copy()
        plain.url = self.plain(request.url or "")
        known_by = (plain.method, plain.url, plain.body, plain.headers.get("Content-Type"))
        if known_by in self._allowed:
            return
        self._openapi.validate_request(RequestsOpenAPIRequest(plain))
        known = set(self._query_names(plain))
        sent = set(parse_qs(urlsplit(plain.url).query, keep_blank_values=True))
        if sent - known:
            raise UnknownParameter(", ".join(sorted(sent - known)))
        self._allowed.add(known_by)

    def _query_names(self, request: requests.PreparedRequest) -> Iterator[str]:
        parts = urlsplit(request.url or "").path.strip("/").split("/")
        for path, operations in self.raw["paths"].items():
            pattern = path.strip("/").split("/")
            if len(pattern) == len(parts) and all(
                each.startswith("{") or each == part for each, part in zip(pattern, parts, strict=True)
            ):
                for parameter in operations.get((request.method or "").lower(), {}).get("parameters", ()):
                    found = self._resolved(parameter)
                    if found["in"] == "query":
                        yield found["name"]

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in node:
            return node
        found = self.raw
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found


class GitHubDescription(Described):
    def __init__(self) -> None:
        super().__init__(DESCRIPTION, "https://api.github.com")

    def plain(self, url: str) -> str:
        return super().plain(url).replace("https://api.github.com/api/v3/", "https://api.github.com/", 1)

    def check(self, request: requests.PreparedRequest) -> None:
        """Raises when GitHub's descriptions, of REST and GraphQL, do not allow `request`."""
        if not urlsplit(request.url or "").path.endswith("/graphql"):
            super().check(request)
        elif problems := validate(SCHEMA, parse(json.loads(request.body or "")["query"])):
            raise problems[0]


@dataclass
class Sent:
    """The requests of one test, as they went out."""

    requests: list[requests.PreparedRequest] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def verbs(self) -> list[str]:
        return [request.method or "" for request in self.requests]

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.requests if isinstance(request.body, str | bytes)]

    def clear(self) -> None:
        self.requests.clear()


@contextmanager
def watching(description: Described, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """Every request from now on; one that the description does not allow raises here, and again at the end."""
    sent = Sent()
    send = requests.Session.send

    def watched(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        try:
            description.check(request)
        except Exception as error:
            sent.violations.append(f"{request.method} {request.url}: {error!r} {error.__cause__!r}")
            raise
        sent.requests.append(request)
        return send(self, request, **options)

    monkeypatch.setattr(requests.Session, "send", watched)
    yield sent
    assert sent.violations == []
