"""Issues of one GitHub repository, on github.com or GitHub Enterprise.

    tracker.py     the adapter: which requests make up each promise of the port
    wire.py        one request, once: PyGithub's requester, kept from repeating or following anything
    failures.py    answers and exceptions -> `connectors.errors`
    whereabouts.py where what was redirected went
    values.py      GitHub's JSON <-> the port's values; what text names an issue

Only `GitHubTracker` is for others.
"""

from connectors.github.tracker import GitHubTracker

__all__ = ["GitHubTracker"]
