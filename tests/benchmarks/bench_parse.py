"""How fast the parser is, on demand: `python tests/benchmarks/bench_parse.py [FOLDER]`.

Prints documents and megabytes a second, the ratio to markdown-it-py merely tokenising the same documents in that run
(both medians of several rounds, taken in turn), and how the time grows when the document does.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from markdown_it import MarkdownIt

from tracker.parsing import parse

ROUNDS = 9
EXAMPLES = Path(__file__).parents[2] / "examples" / "postmortems"
GROWING = {
    "bullets": "- Add an alert (@jo, due 2026-05-01) [Issue](https://github.com/a/b/issues/1)\n",
    "table rows": "| Add an alert | Jo | 2026-05-01 |\n",
    "sentences": "We will add an alert on saturation. ",
    "one long bullet": "and **more** of [it](https://example.org), Owner: Jo; ",
    "nested quotes": ">",
    "brackets": "([",
}
OPENINGS = {"table rows": "| Action | Owner | Due |\n|--|--|--|\n", "one long bullet": "- Add this "}


def seconds(work: Callable[[str], object], texts: Iterable[str]) -> float:
    """The time that work takes on all texts, in seconds."""
    start = time.perf_counter()
    for text in texts:
        work(text)
    return time.perf_counter() - start


def compare(texts: list[str]) -> None:
    """Print speed, and the ratio to markdown-it-py."""
    tokenise = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse
    rounds = [(seconds(lambda text: parse("p.md", text), texts), seconds(tokenise, texts)) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(column) for column in zip(*rounds[1:], strict=True))
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts)} documents, {size:.2f} MB, median of {ROUNDS - 1} rounds")
    print(f"closeout parse   {len(texts) / ours:8.0f} documents/s  {size / ours:6.2f} MB/s")
    print(f"markdown-it-py   {len(texts) / theirs:8.0f} documents/s  {size / theirs:6.2f} MB/s  (tokenising only)")
    print(f"ratio            {theirs / ours:8.2f} times as fast")


def grow() -> None:
    """Print the time for a document, for ten times the document, and how they relate: 10 is linear."""
    print(f"{'growth':16} {'1x':>9} {'10x':>9} {'ratio':>6}")
    for name, piece in GROWING.items():
        opening = f"# T\n\n## Action items\n\n{OPENINGS.get(name, '')}"
        small, large = (opening + piece * (times * 60_000 // len(piece)) + "\n" for times in (1, 10))
        once = statistics.median(seconds(lambda text: parse("p.md", text), [small]) for _ in range(3))
        tenfold = statistics.median(seconds(lambda text: parse("p.md", text), [large]) for _ in range(3))
        print(f"{name:16} {once * 1000:7.0f}ms {tenfold * 1000:7.0f}ms {tenfold / once:6.1f}")


def main() -> int:
    """Run both."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES
    texts = [path.read_text("utf-8") for path in sorted(folder.rglob("*.md"))]
    if not texts:
        print(f"no Markdown files in {folder}; name a folder that holds some", file=sys.stderr)
        return 2
    compare(texts)
    grow()
    return 0


if __name__ == "__main__":
    sys.exit(main())
