"""What Closeout remembers between runs. Documents and issues give back all but its history."""

from tracker.store.repository import Known, Store

__all__ = ["Known", "Store"]
