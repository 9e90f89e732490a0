"""Issues of one GitHub repository, on github.com or GitHub Enterprise.

    tracker.py     the adapter: which requests make up each promise of the port
    listing.py     what changed, page by page; cursors and entity tags
    labels.py      missing labels, made in colour
    milestones.py  the milestone of new issues
    refusals.py    what is refused or dropped of an issue that can do without it
    pulls.py       links in documents: a branch of ours and its pull request
    wire.py        one request, once: PyGithub's requester, kept from repeating or following anything
    credentials.py a token, or an app that gets its own
    failures.py    answers and exceptions -> `connectors.errors`
    whereabouts.py where what was redirected went
    values.py      GitHub's JSON <-> the port's values; what text names an issue

Only `GitHubTracker` is for others.
"""

from connectors.github.tracker import GitHubTracker

__all__ = ["GitHubTracker"]
