"""Words that strangers could put into a document, and what reads a page that holds them."""

import re
from html.parser import HTMLParser

from hypothesis import strategies as st

NASTY = (
    "<script>alert(1)</script>",
    "a | b || c",
    "[red]not markup[/red] [link](https://evil.example)",
    "*bold* _it_ `code` ~~no~~ # no & <b>",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b1m \x07",
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@SUM(A1)",
    "\u202egnp.exe",
    "two\nlines\r\nthree\ttabs",
    "ping @everyone and #12",
    "{{ 7 * 7 }} {% raw %}",
    "",
    "\\",
)
WORDS = st.sampled_from(NASTY) | st.text(max_size=60)
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Page(HTMLParser):
    """The text and the tags of a page."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.words, self.tags, self.open = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())
