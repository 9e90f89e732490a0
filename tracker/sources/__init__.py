"""Where postmortems come from: folders, with what git knows about them."""

from tracker.sources.folder import Found, document_path, read_documents
from tracker.sources.git import Checkout, Origin, find_checkout, find_origin, find_renames, git_person
from tracker.sources.text import decode, encode

__all__ = [
    "Checkout",
    "Found",
    "Origin",
    "decode",
    "document_path",
    "encode",
    "find_checkout",
    "find_origin",
    "find_renames",
    "git_person",
    "read_documents",
]
