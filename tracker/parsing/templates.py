"""Whether a document is a template that nobody has filled in yet: its title or its date is still a placeholder."""

from __future__ import annotations

import re

from tracker.parsing.blocks import HEADING, Source

_TOP = 2_000  # bytes in which a template shows itself
_BLANK_DATE = re.compile(
    r"[:：|*]\s{0,3}[*_`\[<({]{0,3}(?:YYYY[-/.]MM[-/.]DD|(?:DD|MM)[-/.](?:MM|DD)[-/.]YYYY|AAAA[-/.]MM[-/.](?:DD|JJ)"
    r"|(?:DD|JJ)[-/.]MM[-/.]AAAA|TT\.MM\.JJJJ|JJJJ-MM-TT|GG[-/.]MM[-/.]AAAA|RRRR-MM-DD|YYYY年MM月DD日|yyyy[-/.]mm[-/.]dd)"
    r"\s{0,3}[*_`\])}>|]{0,3}\s*$",
    re.MULTILINE,
)
_YEARS = ("YYYY", "AAAA", "JJJJ", "RRRR", "yyyy")
_CODE = re.compile(r"`[^`]*`")
_TAGS = "a|b|i|u|br|em|img|kbd|sub|sup|span|code|small|strong|del|ins|mark"
_BLANK_TITLE = re.compile(
    rf"<(?!/?(?:{_TAGS})\b)[^<>=]{{2,60}}>|\{{\{{"
    r"|\b(?:XXX+|YYYY)\b|\[(?:(?i:incident |short )?(?i:title|name|summary|description|date))\]"
)


def is_template(source: Source, first: int) -> bool:
    """True for a document whose title or date is a placeholder: "# Postmortem: <title>", "Date: YYYY-MM-DD".

    `first` is the byte at which its first item starts: a date that is left out only after it is that of another entry.
    """
    top = source.text(0, min(_TOP, first))
    if any([year in top for year in _YEARS]) and _BLANK_DATE.search(top):  # noqa: C419 - a list is faster
        return True
    title = next((block for block in source.blocks[:10] if block.kind is HEADING), None)
    if title is None or title.detail != 1:
        return False
    words = _CODE.sub("", source.text(title.start, min(title.end, title.start + _TOP)))
    return _BLANK_TITLE.search(words) is not None
