"""The `closeout` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from tracker.cli import run  # noqa: PLC0415 - `import tracker.__main__` must stay cheap for shell completion

    sys.exit(run())


if __name__ == "__main__":
    main()
