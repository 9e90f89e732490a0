"""The example of a rolling issue in docs/reports.md: what the program itself says, for `generate.py`."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

REPORT = '[reports.open]\nkind = "postmortems"\nrolling = true\n'
NOW = "2026-11-23T09:00:00+00:00"
BEGIN, END = "<!-- made by docs/generate.py -->\n", "<!-- end -->\n"

EXAMPLE = """
{settings}

After the postmortem of [this story](life.md) was synced,

```console
$ closeout report open --send
{sent}
```

opens an issue with this block, which `--send --dry-run --format json` shows beforehand:

```markdown
{text}
```

"""


class Story(Protocol):
    """A postmortem and the settings that it is synced with."""

    FIRST: str
    SETTINGS: str


def put_into(page: str, story: type[Story], closeout: Callable[[Path, str, str], str]) -> str:
    """`page` with the example between its two comments; `closeout` runs a command line in a folder at a time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "postmortems").mkdir()
        (folder / "closeout.toml").write_text(f"{story.SETTINGS}\n{REPORT}", "utf-8")
        (folder / "postmortems/2026-11-02-checkout.md").write_text(story.FIRST, "utf-8")
        closeout(folder, "sync", "2026-11-09T10:00:00+00:00")
        [would] = json.loads(closeout(folder, "report open --send --dry-run --format json", NOW))["deliveries"]
        sent = closeout(folder, "report open --send", NOW)
    settings = "\n".join(f"    {line}" for line in REPORT.rstrip().splitlines())
    example = EXAMPLE.format(settings=settings, sent=sent.rstrip(), text=would["text"])
    return re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}{example}{END}", page, flags=re.DOTALL)
