"""Do items keep their identity while people edit? Ten thousand edits of real documents, held against the truth.

    python tests/benchmarks/bench_identity.py [EDITS] [SEED] [--cases]

An item is *kept*, in *doubt* (sent to review), *lost* (taken for a new one), tied *false* (given another item's
identity) or *exchanged* (with one that says the very same). `--cases` prints every one that was not kept.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests")]

from machine.edits import EDITS  # noqa: E402 - after the path is set
from machine.measure import FATES, Tally, real_documents, run  # noqa: E402


def show(tally: Tally, *, cases: bool) -> None:
    """A line per kind of edit, then the sums."""
    print(f"  {'':<22}{'edits':>7}" + "".join(f"{fate:>11}" for fate in FATES) + f"{'share kept':>13}")
    for name in (*EDITS, "returned", "untouched"):
        fates = tally.fates.get(name, Counter())
        share = f"{fates['kept'] / fates.total():.4f}" if fates else "-"
        counts = "".join(f"{fates[fate]:>11}" for fate in FATES)
        print(f"  {name:<22}{tally.edits[name]:>7}{counts}{share:>13}")
    print(f"  {'all, each once':<22}{tally.edits.total():>7}" + "".join(f"{tally.total(f):>11}" for f in FATES), end="")
    print(f"{tally.share():>13.4f}")
    print(f"  of those that an edit was about: {tally.share(touched=True):.4f} kept")
    print(f"  new items {tally.new}, of them in doubt {tally.doubted_new}; documents that lost their key", end=" ")
    print(f"{tally.documents_lost}; lines that the parser no longer reads as items {tally.unread}")
    if cases:
        for case in tally.cases:
            print(f"  {case.fate} after {', '.join(case.edits) or 'nothing'} in {case.path} (team {case.seed})")
            print(f"    before {case.before!r}\n    after  {case.after!r}")
            if case.got:
                print(f"    got    {case.got!r}")


def main() -> None:
    """Measure each size of revision on its own: one edit, as most are, and several at once."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    edits, seed = [*numbers, *(10_000, 1)[len(numbers) :]]
    documents = real_documents()
    print(f"{len(documents)} real documents")
    for most, share in ((1, 10), (4, 4), (10, 2)):
        begin = time.perf_counter()
        tally = run(documents, edits * share // 10, seed, most=most)
        took = time.perf_counter() - begin
        print(f"Revisions of at most {most} edits, {took:.0f} s:")
        show(tally, cases="--cases" in sys.argv)


if __name__ == "__main__":
    main()
