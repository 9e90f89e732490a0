"""Issues of one Jira project, on Jira Cloud or Jira Data Center.

    tracker.py   the adapter: which requests make up each promise of the port
    opening.py   new issues, one by one or fifty at once
    listing.py   what changed, page by page; cursors
    states.py    what a status and a resolution mean, and which transition is taken
    people.py    who is meant by a name, and whether they can be assigned
    comments.py  comments, told as they were sent
    refusals.py  what is refused of an issue that can do without it
    fields.py    what the settings put into further fields; screens.py what create screens take; forms.py in which form
    checks.py    whether everything is there that a sync needs
    texts.py     descriptions and comments in either format; block.py the managed block and the tie
    values.py    Jira's JSON <-> the port's values; what text names an issue; JQL
    site.py      which Jira it is, and where an issue or the project went
    wire.py      one request, once: the session of the package `jira`, kept from repeating or following anything
    failures.py  answers and exceptions -> `connectors.errors`; reading.py what an answer has to hold

Only `JiraTracker` is for others.
"""

from connectors.jira.tracker import JiraTracker

__all__ = ["JiraTracker"]
