"""The page that shows an issue as Closeout opens it: made by the code that makes them, for `generate.py`."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

from connectors.github import GitHubTracker
from connectors.marker import write
from connectors.settings import GitHubSettings
from tracker.draft import TargetFacts, make_draft
from tracker.identity import identify
from tracker.merge import make_marker
from tracker.model import KnownDocument
from tracker.parsing import parse
from tracker.people import PeopleBook
from tracker.settings import Settings

PATH = "postmortems/2026-11-02-checkout.md"
REVISION = "5b1c9f0e7a3d4c6b8a2f1e0d9c8b7a6f5e4d3c2b"
PEOPLE = {"jo": {"name": "Jo Smith", "github": "jo-smith"}}

PAGE = """\
# An issue

Made by `make docs`. For the first row of this table

```markdown
{document}
```

a GitHub target gets an issue with

| title | labels | assignees |
| --- | --- | --- |
| {title} | {labels} | {assignees} |

and this body:

---

{managed}

---

which is, with the two comments that GitHub does not show:

```html
{body}
```

The marker in the second comment is what an empty store is rebuilt from. What people write around the block
stays theirs, to the byte; names of the document mention nobody. [How the sync works](sync.md) tells what
happens to it later, [write-back](write-back.md) how its link comes into the postmortem, and [the plan on a pull
request](plan-comment.md) how it is announced.
"""


def told(document: str) -> str:
    """The page, for a postmortem whose first item is shown."""
    parsed = parse(PATH, document)
    page = f"https://github.com/acme/handbook/blob/{REVISION}/{PATH}"
    known = KnownDocument(
        PATH, PATH, "", parsed.title, parsed.incident_date, parsed.severity, revision=REVISION, web_url=page
    )
    item = identify({PATH: parsed}, [], {}, frozenset(), datetime(2026, 11, 9, 10, tzinfo=UTC)).items[0]
    with closing(GitHubTracker("ops", GitHubSettings(repository="acme/ops"), "token")) as tracker:
        target = TargetFacts("ops", "github", tracker.capabilities, ("postmortem",))
    book = PeopleBook.from_settings(
        Settings.model_validate({"targets": {"local": {"kind": "local"}}, "people": PEOPLE})
    )
    draft = make_draft(item, known, book, target)
    return PAGE.format(
        document=document.split("## Action items")[1].strip(),
        title=draft.title,
        labels=", ".join(f"`{label}`" for label in sorted(draft.labels)),
        assignees=", ".join(sorted(draft.assignees)),
        managed=draft.managed,
        body=write("", draft.managed, make_marker(item, draft.fields(item))),
    )
