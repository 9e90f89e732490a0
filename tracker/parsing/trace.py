"""Notes on what was passed over, for `closeout parse --explain`. None are kept unless somebody asked."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Trace:
    """What was passed over in sections that give work: byte ranges with the reason."""

    skipped: list[tuple[int, int, str]] = field(default_factory=list)

    def skip(self, start: int, end: int, why: str) -> None:
        """Note a stretch that is no item."""
        self.skipped.append((start, end, why))
