"""How fast the parser is, on demand: `python tests/benchmarks/bench_parse.py [FOLDER]`.

Prints documents and megabytes a second, the ratio to markdown-it-py merely tokenising the same documents in that run
(medians of several rounds, taken in turn), with what the parser remembers of names forgotten before each round ("cold")
and not ("warm"); how the time grows when the document does; time and memory for large and for hostile documents, each
in a process of its own; and what all cores gain. `--quick` leaves the last two out.
"""

from __future__ import annotations

import functools
import gc
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from markdown_it import MarkdownIt

from tracker.parsing import many, parse

ROUNDS = 9
EXAMPLES = Path(__file__).parents[2] / "examples" / "postmortems"
GROWING = {
    "bullets": "- Add an alert (@jo, due 2026-05-01) [Issue](https://github.com/a/b/issues/1)\n",
    "table rows": "| Add an alert | Jo | 2026-05-01 |\n",
    "sentences": "We will add an alert on saturation. ",
    "one long bullet": "and **more** of [it](https://example.org), Owner: Jo; ",
    "nested quotes": ">",
    "brackets": "([",
    "references": "#12 ",
}
LARGE = 10_000_000  # bytes
HOSTILE = {"nested quotes": ">", "nested brackets": "[", "nested emphasis": "*a ", "nested lists": "- "}
OPENINGS = {
    "table rows": "| Action | Owner | Due |\n|--|--|--|\n",
    "one long bullet": "- Add this ",
    "references": "- Add this ",
}


def seconds(work: Callable[[str], object], texts: Iterable[str]) -> float:
    """The time that work takes on all texts, in seconds."""
    start = time.perf_counter()
    for text in texts:
        work(text)
    return time.perf_counter() - start


def forget() -> None:
    """Empty the parser's caches of names; what it made of its vocabulary stays."""
    for each in gc.get_objects():
        if isinstance(each, functools._lru_cache_wrapper) and str(each.__module__).startswith("tracker.parsing"):
            each.cache_clear() if each.cache_parameters()["maxsize"] is not None else None


def compare(texts: list[str]) -> None:
    """Print speed, and the ratio to markdown-it-py."""
    tokenise = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts)} documents, {size:.2f} MB, median of {ROUNDS - 1} rounds")
    for state, prepare in (("cold", forget), ("warm", lambda: None)):
        rounds = []
        for _ in range(ROUNDS):
            prepare()
            rounds.append((seconds(lambda text: parse("p.md", text), texts), seconds(tokenise, texts)))
        ours, theirs = (statistics.median(column) for column in zip(*rounds[1:], strict=True))
        print(f"closeout parse, {state} {len(texts) / ours:8.0f} documents/s  {size / ours:6.2f} MB/s")
        print(
            f"markdown-it-py       {len(texts) / theirs:8.0f} documents/s  {size / theirs:6.2f} MB/s  (tokenising only)"
        )
        print(f"ratio, {state}          {theirs / ours:8.2f} times as fast")


def grow() -> None:
    """Print the time for a document, for ten times the document, and how they relate: 10 is linear."""
    print(f"{'growth':16} {'1x':>9} {'10x':>9} {'ratio':>6}")
    for name, piece in GROWING.items():
        opening = f"# T\n\n## Action items\n\n{OPENINGS.get(name, '')}"
        small, large = (opening + piece * (times * 60_000 // len(piece)) + "\n" for times in (1, 10))
        once = statistics.median(seconds(lambda text: parse("p.md", text), [small]) for _ in range(3))
        tenfold = statistics.median(seconds(lambda text: parse("p.md", text), [large]) for _ in range(3))
        print(f"{name:16} {once * 1000:7.0f}ms {tenfold * 1000:7.0f}ms {tenfold / once:6.1f}")


def large(name: str) -> str:
    """A large or hostile document."""
    plan = "# T\n\n## Action items\n\n"
    prose = "We looked at the graphs for an hour. Nobody knew what to make of 3500 errors. "
    if name in HOSTILE:
        return plan + HOSTILE[name] * 100_000 + "a\n"
    if name == "ordinary text":
        piece = "\n\n".join(path.read_text("utf-8") for path in sorted(EXAMPLES.rglob("*.md"))) + "\n\n"
    elif name == "table rows":
        plan, piece = plan + OPENINGS[name], GROWING[name]
    elif name == "no action section":
        plan, piece = "# T\n\n", f"## Timeline\n\n- 10:03 first alert\n- 10:05 more of them\n\n{prose}\n\n"
    else:
        piece = prose
    return plan + piece * (LARGE // len(piece.encode()))


def measure(name: str) -> tuple[int, float, int]:
    """Bytes, seconds and the bytes of memory that parsing adds at its peak."""
    text = large(name)
    parse("p.md", "# T\n\n## Action items\n\n- Add an alert by May 5\n")
    before = peak()
    took = seconds(lambda each: parse("p.md", each), [text])
    return len(text.encode()), took, peak() - before


def peak() -> int:
    """The most memory this process has held, in bytes. `getrusage` would count what its parent held, too."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
    return int(status["VmHWM"].removesuffix("kB")) * 1024


def size_up() -> None:
    """Print what large and hostile documents take, each in a process of its own."""
    print(f"{'large documents':22} {'size':>8} {'time':>9} {'speed':>12} {'memory':>9} {'a byte':>7}")
    for name in (*HOSTILE, "ordinary text", "one line", "table rows", "no action section"):
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            size, took, memory = process.submit(measure, name).result()
        speed, each = size / took / 1e6, memory / size
        print(f"{name:22} {size / 1e6:5.1f} MB {took:7.2f} s {speed:7.2f} MB/s {memory / 1e6:6.0f} MB {each:7.0f}")


def share_out(texts: list[str]) -> None:
    """Print what all cores gain on so many documents that each has enough to do."""
    cores = os.cpu_count() or 1
    times = 1 + 2 * cores * many.SHARE // sum(map(len, texts))
    documents = [(f"{number}.md", text) for number in range(times) for text in texts]
    start = time.perf_counter()
    alone = [parse(path, text) for path, text in documents]
    one = time.perf_counter() - start
    start = time.perf_counter()
    together = many.parse_many(documents, ({}, {}, {}), day_first=None, workers=cores)
    every = time.perf_counter() - start
    same = "the same" if together == alone else "DIFFERENT"
    print(f"{len(documents)} documents: 1 core {one:.2f} s, {cores} cores {every:.2f} s, 1 : {one / every:.2f}, {same}")


def main() -> int:
    """Run all."""
    named = [argument for argument in sys.argv[1:] if argument != "--quick"]
    folder = Path(named[0]) if named else EXAMPLES
    texts = [path.read_text("utf-8") for path in sorted(folder.rglob("*.md"))]
    if not texts:
        print(f"no Markdown files in {folder}; name a folder that holds some", file=sys.stderr)
        return 2
    compare(texts)
    grow()
    if "--quick" not in sys.argv:
        size_up()
        share_out(texts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
