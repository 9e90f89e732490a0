"""What docs/write-back.md shows is what the program makes."""

import difflib
import re
from pathlib import Path

from entries import document
from writing import known, link, reading

from tracker.parsing import vocabulary
from tracker.render import pull_request
from tracker.writeback import DocumentWritten, Wish, write_back

GUIDE = (Path(__file__).parents[2] / "docs" / "write-back.md").read_text("utf-8")
MARKDOWN = re.findall(r"```markdown\n(.*?)```", GUIDE, re.DOTALL)
[DIFF] = re.findall(r"```diff\n(.*?)```", GUIDE, re.DOTALL)


def written():
    items = known(reading(MARKDOWN[0]))
    wanted = [Wish(item, link(number), True if number == 1 else None) for number, item in enumerate(items, 1)]
    edited = write_back(MARKDOWN[0], wanted, reading, vocabulary.load())
    assert edited.refusals == ()
    return edited


def test_the_example():
    lines = difflib.unified_diff(MARKDOWN[0].splitlines(), written().text.splitlines(), n=0, lineterm="")
    assert [line for line in lines if not line.startswith(("---", "+++", "@@"))] == DIFF.splitlines()


def test_the_example_s_pull_request():
    told = DocumentWritten(document("x", path="postmortems/2026-11-02-checkout.md"), written().granted)
    assert pull_request.body([told], "closeout/links") == MARKDOWN[1]


def test_a_body_stays_within_github_s_limit():
    told = DocumentWritten(document("x", path="postmortems/2026-11-02-checkout.md"), written().granted)
    body = pull_request.body([told] * 1_000, "closeout/links")
    assert len(body) < 65_536
    assert re.search(r"… and \d+ more\n", body)


def test_code_spans_hold_whatever_there_is():
    assert [pull_request.code(text) for text in ("a", "a`b", "`a`", "a``b\nc")] == [
        "`a`", "``a`b``", "`` `a` ``", "```a``b c```"
    ]  # fmt: skip
