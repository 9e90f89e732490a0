"""Where the settings file is: found without reading it, so that nothing has to be imported for it."""

from __future__ import annotations

from pathlib import Path

FILE_NAME = "closeout.toml"


def find_file(start: Path) -> Path | None:
    """The nearest `closeout.toml` in `start` or above it."""
    return next((file for folder in (start, *start.parents) if (file := folder / FILE_NAME).is_file()), None)
