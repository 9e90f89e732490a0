"""Cut Atlassian's OpenAPI description of Jira Cloud down to the requests that Closeout sends. For maintainers.

    curl -LO https://developer.atlassian.com/cloud/jira/platform/swagger-v3.v3.json
    PYTHONPATH=tests python -m contract.prune_jira swagger-v3.v3.json

Writes `jira-openapi.json` beside this file, which the tests read. The one that is there was cut from the copy in the
public repository SemanS/digital-spiral, which is Atlassian's of 2025; both are under the Apache License 2.0.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from contract.prune_openapi import prune, write

_BELOW = {
    "serverInfo": ("get",),
    "myself": ("get",),
    "mypermissions": ("get",),
    "search/jql": ("get", "post"),
    "issue": ("post",),
    "issue/bulk": ("post",),
    "issue/bulkfetch": ("post",),
    "issue/createmeta/{projectIdOrKey}/issuetypes": ("get",),
    "issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}": ("get",),
    "issue/{issueIdOrKey}": ("get", "put"),
    "issue/{issueIdOrKey}/transitions": ("get", "post"),
    "issue/{issueIdOrKey}/comment": ("get", "post"),
    "issue/{issueIdOrKey}/properties/{propertyKey}": ("get", "put"),
    "issue/{issueIdOrKey}/remotelink": ("get", "post"),
    "comment/list": ("post",),
    "comment/{commentId}/properties/{propertyKey}": ("get",),
    "issueLink": ("post",),
    "issueLinkType": ("get",),
    "user": ("get",),
    "user/search": ("get",),
    "user/assignable/search": ("get",),
    "priority": ("get",),
    "priority/search": ("get",),
    "resolution": ("get",),
    "resolution/search": ("get",),
    "status": ("get",),
    "field": ("get",),
    "issuetype": ("get",),
    "project/{projectIdOrKey}": ("get",),
    "project/{projectIdOrKey}/statuses": ("get",),
}
OPERATIONS = {f"/rest/api/3/{path}": verbs for path, verbs in _BELOW.items()}
RESULT = Path(__file__).with_name("jira-openapi.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("description", type=Path, help="Atlassian's description of Jira Cloud's REST API v3")
    whole = json.loads(parser.parse_args().description.read_text(encoding="utf-8"))
    pruned = prune(
        whole,
        OPERATIONS,
        title="The part of Jira Cloud's REST API v3 that Closeout uses",
        version=whole["info"]["version"],
        description="Cut from Atlassian's OpenAPI description by prune_jira.py.",
    )
    write(pruned, RESULT)


if __name__ == "__main__":
    main()
