"""References to issues, pull requests and tickets: as URL, `#12`, `owner/repo#12` or `KEY-123`.

Other links (documentation, dashboards, commits) are none, nor are the many words that only look like a ticket key.
"""

from __future__ import annotations

import re

from tracker.parsing.vocabulary import Vocabulary, fold

URL = re.compile(r"https?://[^\s<>\"'`|\]）】]{3,2000}")
_TICKET_URL = re.compile(
    r"/(?:issues|issue|pull|pulls|pull-requests|pullrequest|merge_requests|work_items|_workitems/edit|bugs?|tickets?|tasks|story|stories)/[\w-]*\d"
    r"|/browse/[A-Z][A-Z0-9_]+-\d|selectedIssue=[A-Z]|show_bug\.cgi\?id=\d|/story/show/\d|linear\.app/.+/issue/|trello\.com/c/|app\.asana\.com/\d|/T\d{2,}\b",
)
_NUMBER = re.compile(
    r"(?<![\w/&#.-])(?P<repo>[A-Za-z0-9][\w.-]{0,38}/[\w.-]{1,100})?(?P<short>[A-Za-z][\w.-]{0,60})?(?P<mark>#|!)(?P<n>\d{1,6})(?![\w-])"
)
_KEY = re.compile(r"(?P<key>[A-Z](?<![\w/.-][A-Z])[A-Z0-9_]{1,11})-(?P<n>\d{1,6})(?![\w-]|\.\d)")
_SOURCE = re.compile(r"/(?:commit|commits|blob|tree|compare|releases?|tags?)/")
_TAB = re.compile(r"(?<=\d)/(?:files|commits|checks|diffs)/?(?:[?#].*)?$")
_LONGEST_NAME = 2500  # characters of a link's words
_CLOSING = ".,;:!?)*_'\""


def ticket(url: str) -> str:
    """The address of the ticket itself: a pull request's, not that of its changed files."""
    return _TAB.sub("", url)


def is_source(url: str) -> bool:
    """True for the address of a commit, a file or a release: it shows work, and tracks none."""
    return _SOURCE.search(url) is not None


def is_key(text: str, words: Vocabulary) -> bool:
    """True for a text that is one ticket key and nothing else."""
    match = _KEY.fullmatch(text.strip())
    return match is not None and match["key"] not in words.not_tickets


def is_ticket_url(url: str) -> bool:
    """True for the address of one issue, pull request or ticket."""
    return len(url) < 2000 and url.startswith(("http://", "https://")) and _TICKET_URL.search(url) is not None  # noqa: PLR2004 - longer ones are data, not addresses


def urls(text: str) -> list[tuple[int, int, str]]:
    """Bare addresses in a text, with their character ranges; the sentence's punctuation left off."""
    out: list[tuple[int, int, str]] = []
    if "://" not in text:
        return out
    for match in URL.finditer(text):
        url = match.group().rstrip(_CLOSING)
        out.append((match.start(), match.start() + len(url), url))
    return out


def short_references(text: str, words: Vocabulary) -> list[tuple[int, int, str]]:
    """References such as `#12`, `owner/repo#12` and `KEY-123` in a text, with their character ranges, in order."""
    out: list[tuple[int, int, str]] = []
    if "#" in text or "!" in text:
        out += [(*m.span(), m.group()) for m in _NUMBER.finditer(text) if _is_issue(text, m, words)]
    if "-" in text and not text.islower():
        out += [(*m.span(), m.group()) for m in _KEY.finditer(text) if m["key"] not in words.not_tickets]
    return sorted(out)


def _is_issue(text: str, match: re.Match[str], words: Vocabulary) -> bool:
    """True for "#12", "shop#12" and "owner/shop!12"; false for "pipeline #7" and "C#7"."""
    if match["repo"]:
        return True
    if match["mark"] == "!" or int(match["n"]) == 0:
        return False
    before = fold(text[max(0, match.start() - 20) : match.start()]).rsplit(" ", 1)[-1]
    return before not in words.not_issues and len(match["short"] or "repo") > len("C#")


def only_names(text: str, words: Vocabulary) -> bool:
    """True for "Issue", "see PR #12", "ABC-123" or an address; false for words that say what the work is."""
    if len(text) > _LONGEST_NAME:
        return False
    for start, end, _ in urls(text) + short_references(text, words):
        text = text[:start] + " " * (end - start) + text[end:]
    folded = fold(text)
    return folded in words.link_words or all(word.isdigit() or word in words.link_words for word in folded.split())
