"""Coverage-guided fuzzing of the parser, on demand: `pip install atheris`, then

    python tests/fuzz/fuzz_parse.py [CORPUS FOLDER] -max_total_time=3600 -timeout=10

Any bytes in: no exception, no hang, spans that stand in the document, and explaining reads as parsing does. The folder
is seeded with the examples. What it finds becomes an example in tests/unit/test_parsing_properties.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tracker.parsing"]):
    from tracker.parsing import explain, parse

EXAMPLES = Path(__file__).parents[2] / "examples" / "postmortems"


def one(data: bytes) -> None:
    """One input: read as files are, mostly as UTF-8, else as Latin-1."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    document = parse("p.md", text)
    size = len(text.encode("utf-8", "surrogatepass"))
    for item in document.items:
        if not (0 <= item.span.start < item.span.end <= size and item.text and item.line >= 1):
            raise AssertionError(f"{item} of {text!r}")
    explanation = explain("p.md", text)
    if explanation.document != document:
        raise AssertionError(f"explained otherwise: {text!r}")


def seed(folder: Path) -> None:
    """Put the examples into the corpus, whole and by section."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in EXAMPLES.rglob("*.md"):
        for number, part in enumerate(path.read_text("utf-8").split("\n## ")):
            (folder / f"{path.stem}-{number}").write_text(f"## {part}", "utf-8")


def main() -> None:
    """Seed the folder that was named, if any, and fuzz."""
    named = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    if named:
        seed(named[0])
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
