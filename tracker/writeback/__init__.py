"""Byte-exact edits that put links and check marks into documents, each proven by reading the new text again. Pure.

wishes.py   what people know and documents don't say yet: which item wants which link or check mark
places.py   where in the source an item's link and check mark stand
outcome.py  what became of it, for those who show it
proving.py  which of the edits leave everything else as it was read before; the others are refused with a reason

    document text, wishes -> edits -> new text, refusals
"""

from tracker.writeback.outcome import DocumentWritten, Mode, PullRequest, Written
from tracker.writeback.places import Edit, Refused
from tracker.writeback.proving import Edited, Refusal, apply_edits, write_back
from tracker.writeback.wishes import NEW_ISSUE, Reference, Wish, reference_to, wishes

__all__ = [
    "NEW_ISSUE",
    "DocumentWritten",
    "Edit",
    "Edited",
    "Mode",
    "PullRequest",
    "Reference",
    "Refusal",
    "Refused",
    "Wish",
    "Written",
    "apply_edits",
    "reference_to",
    "wishes",
    "write_back",
]
