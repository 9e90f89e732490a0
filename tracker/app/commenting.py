"""`plan --comment`: one comment on a pull request that says what merging it would do, kept up to date."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from connectors.forge import Forge
from tracker.app.desk import Desk
from tracker.app.proposing import Home, find_home
from tracker.app.syncing import Prepared
from tracker.render.comment import MARK, comment, says_something


@dataclass(frozen=True, slots=True)
class Commented:
    """What became of the comment: `made`, `updated`, `unchanged`, or `needless`; and its address."""

    what: str
    url: str = ""


def keep_comment(desk: Desk, open_forge: Callable[[Home], Forge], prepared: Prepared, number: int) -> Commented:
    """Say what the plan is on pull request `number`, in the comment that says so already if there is one.

    A plan that does nothing is no reason to comment, but one to reword what stands there.

    Raises:
        UsageError: nothing tells which repository holds the documents.
        ConnectorError: the pull request can't be read or commented on. A comment that may have been made is found by
            the next run.
    """
    body = comment(prepared.plans, prepared.reading.documents)
    with closing(open_forge(find_home(desk))) as forge:
        mine = next((remark for remark in forge.remarks(number) if remark.body.startswith(MARK)), None)
        if mine is None:
            return (
                Commented("made", forge.remark(number, body).url)
                if says_something(prepared.plans)
                else Commented("needless")
            )
        if mine.body.replace("\r\n", "\n").strip() == body.strip():
            return Commented("unchanged", mine.url)
        return Commented("updated", forge.reword(mine, body).url)
