"""The flags that items carry; `tracker.policy` gives them. The file imports nothing: `closeout --help` lists them.

    | flag          | of an item that is | says                                                                  |
    | ------------- | ------------------ | --------------------------------------------------------------------- |
    | snoozed       | open               | a person said: not before that day; silences every other flag         |
    | overdue       | open               | its due day is over where its owners are; silences due-soon           |
    | due-soon      | open               | its due day is today or within `policy.due_soon_days`                 |
    | unlinked      | open               | should have an issue and has none; never with those of issues below   |
    | ghost         | open               | its issue is gone; silences drift, in-review and stale, as what is    |
    |               |                    | known of that issue is old                                            |
    | reopened      | open               | its issue was closed before                                           |
    | drift         | open               | its issue says another title, due date or priority than its document  |
    | in-review     | open               | open work would close its issue; silences stale: somebody is at it    |
    | stale         | open               | nothing moved on issue or item for `policy.stale_days`                |
    | unowned       | open               | nobody owns it                                                        |
    | owner-unknown | open               | it has owners, and the people book knows none of them                 |
    | owner-gone    | open               | all its owners that are known have left; of the three only one stands |
    | recurring     | open               | an earlier incident's postmortem promised the same                    |
    | verified      | done               | known to be really done                                               |
    | unexplained   | won't do, ignored  | and nobody said why                                                   |
    | removed       | removed            | it left its document, and its issue is still open                     |

What the table does not silence stands together: an item can be overdue, drift and be without an owner at once. A flag
is only said of what is known: of an issue that was closed as won't do and never asked why, `unexplained` is not.
"""

from enum import StrEnum


class Flag(StrEnum):
    """What is to be said about an item; the table above tells of which, and which silence others."""

    OVERDUE = "overdue"
    DUE_SOON = "due-soon"
    UNLINKED = "unlinked"
    UNOWNED = "unowned"
    OWNER_UNKNOWN = "owner-unknown"
    OWNER_GONE = "owner-gone"
    GHOST = "ghost"
    DRIFT = "drift"
    STALE = "stale"
    IN_REVIEW = "in-review"
    SNOOZED = "snoozed"
    REOPENED = "reopened"
    RECURRING = "recurring"
    VERIFIED = "verified"
    UNEXPLAINED = "unexplained"
    REMOVED = "removed"
