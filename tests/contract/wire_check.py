"""Watches every request that leaves through `requests`, and holds it against GitHub's own description of its APIs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from contract.graph_github import SCHEMA
from graphql import parse, validate
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

_ELSEWHERE = re.compile(r"^(https://api\.github\.com:443|http://127\.0\.0\.1:\d+)/(api/v3/)?")
DESCRIPTION = Path(__file__).with_name("github-openapi.json")


class UnknownParameter(Exception):
    """GitHub would ignore it without a word."""


class GitHubDescription:
    def __init__(self) -> None:
        self.raw: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
        self._openapi = OpenAPI.from_dict(self.raw, config=Config(additional_properties_default_policy="forbid"))

    def check(self, request: requests.PreparedRequest) -> None:
        """Raises when GitHub's description does not allow `request`."""
        if urlsplit(request.url or "").path.endswith("/graphql"):
            problems = validate(SCHEMA, parse(json.loads(request.body or "")["query"]))
            if problems:
                raise problems[0]
            return
        plain = request.copy()
        # PyGithub names the port, and servers of our own are on loopback; the description knows neither
        plain.url = _ELSEWHERE.sub("https://api.github.com/", request.url or "")
        self._openapi.validate_request(RequestsOpenAPIRequest(plain))
        known = set(self._query_names(request))
        sent = set(parse_qs(urlsplit(request.url or "").query, keep_blank_values=True))
        if sent - known:
            raise UnknownParameter(", ".join(sorted(sent - known)))

    def _query_names(self, request: requests.PreparedRequest) -> Iterator[str]:
        parts = urlsplit(_ELSEWHERE.sub("https://api.github.com/", request.url or "")).path.strip("/").split("/")
        for path, operations in self.raw["paths"].items():
            pattern = path.strip("/").split("/")
            if len(pattern) == len(parts) and all(
                each.startswith("{") or each == part for each, part in zip(pattern, parts, strict=True)
            ):
                for parameter in operations[(request.method or "").lower()].get("parameters", ()):
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
