"""What Closeout remembers between runs. Documents and issues give back all but its history."""

from typing import TYPE_CHECKING, Any

from tracker.store.known import Known

if TYPE_CHECKING:
    from tracker.store.repository import Store

__all__ = ["Known", "Store"]


def __getattr__(name: str) -> Any:
    """The store itself when it is asked for: its libraries take longer to import than many an answer to find."""
    if name == "Store":
        from tracker.store.repository import Store  # noqa: PLC0415

        return Store
    raise AttributeError(name)
