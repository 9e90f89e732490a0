"""Cut GitHub's OpenAPI description down to the requests that Closeout sends. For maintainers.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    python tests/contract/prune_openapi.py package

Writes `github-openapi.json` beside this file, which the tests read: the operations in use with their parameters and
bodies, and the components that these reach. Answers, examples and what serves only documentation are left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

OPERATIONS = {
    "/repos/{owner}/{repo}": ("get",),
    "/repos/{owner}/{repo}/issues": ("get", "post"),
    "/repos/{owner}/{repo}/issues/{issue_number}": ("get", "patch"),
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ("get", "post"),
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ("patch",),
    "/repos/{owner}/{repo}/issues/{issue_number}/events": ("get",),
    "/repos/{owner}/{repo}/issues/{issue_number}/sub_issues": ("post",),
    "/repos/{owner}/{repo}/labels": ("get", "post"),
    "/repos/{owner}/{repo}/milestones": ("get", "post"),
    "/repos/{owner}/{repo}/installation": ("get",),
    "/repos/{owner}/{repo}/branches/{branch}": ("get",),
    "/repos/{owner}/{repo}/git/ref/{ref}": ("get",),
    "/repos/{owner}/{repo}/git/refs": ("post",),
    "/repos/{owner}/{repo}/git/refs/{ref}": ("patch", "delete"),
    "/repos/{owner}/{repo}/git/commits": ("post",),
    "/repos/{owner}/{repo}/git/commits/{commit_sha}": ("get",),
    "/repos/{owner}/{repo}/git/trees": ("post",),
    "/repos/{owner}/{repo}/git/trees/{tree_sha}": ("get",),
    "/repos/{owner}/{repo}/git/blobs": ("post",),
    "/repos/{owner}/{repo}/git/blobs/{file_sha}": ("get",),
    "/repos/{owner}/{repo}/pulls": ("get", "post"),
    "/repos/{owner}/{repo}/pulls/{pull_number}": ("patch",),
    "/app/installations/{installation_id}/access_tokens": ("post",),
}
KEPT = ("operationId", "parameters", "requestBody")
DROPPED = frozenset({"example", "examples", "externalDocs"})
RESULT = Path(__file__).with_name("github-openapi.json")


def prune(whole: dict[str, Any], operations: Mapping[str, Sequence[str]], **info: Any) -> dict[str, Any]:
    """What `operations` (verbs by path) need of the description `whole`; `info` says what it is and where from."""
    paths = {
        path: {verb: _operation(whole["paths"][path][verb]) for verb in verbs} for path, verbs in operations.items()
    }
    return {
        "openapi": whole["openapi"],
        "info": info | {"license": whole["info"]["license"]},
        "servers": whole["servers"],
        "paths": paths,
        "components": _reached(whole, paths),
    }


def write(pruned: dict[str, Any], result: Path) -> None:
    text = json.dumps(pruned, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    result.write_text(text + "\n", encoding="utf-8")


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    kept = {key: _without_examples(operation[key]) for key in KEPT if key in operation}
    return kept | {"responses": {"default": {"description": "Not kept."}}}


def _without_examples(node: Any) -> Any:
    if isinstance(node, dict):
        # below "properties" the keys are names of fields, not of OpenAPI's
        return {
            key: {name: _without_examples(each) for name, each in value.items()}
            if key == "properties"
            else _without_examples(value)
            for key, value in node.items()
            if key not in DROPPED
        }
    return [_without_examples(each) for each in node] if isinstance(node, list) else node


def _reached(whole: dict[str, Any], start: Any) -> dict[str, Any]:
    components: dict[str, Any] = {}
    pending = sorted(_references(start))
    while pending:
        _, _, section, name = pending.pop(0).split("/")
        if name in components.setdefault(section, {}):
            continue
        components[section][name] = _without_examples(whole["components"][section][name])
        pending += sorted(_references(components[section][name]))
    return components


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        here = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return here.union(*(_references(value) for value in node.values()))
    return set().union(*(_references(each) for each in node)) if isinstance(node, list) else set()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("package", type=Path, help="the unpacked npm package @octokit/openapi")
    folder: Path = parser.parse_args().package
    whole = json.loads((folder / "generated" / "api.github.com.json").read_text(encoding="utf-8"))
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    pruned = prune(
        whole,
        OPERATIONS,
        title="The part of GitHub's REST API that Closeout uses",
        version=package["version"],
        description=f"Cut from the npm package {package['name']} {package['version']} by prune_openapi.py.",
    )
    write(pruned, RESULT)


if __name__ == "__main__":
    main()
