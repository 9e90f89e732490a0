"""Where postmortems come from: folders, with what git knows about them."""

from tracker.sources.folder import Found, read_documents
from tracker.sources.git import Checkout, find_checkout, git_person

__all__ = ["Checkout", "Found", "find_checkout", "git_person", "read_documents"]
