"""JQL as strictly as Jira takes it, in the forms that Closeout has a use for. What is not known here is refused.

Times without an offset are in the asker's time zone and have no seconds
(https://support.atlassian.com/jira-software-cloud/docs/jql-fields/#Updated).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
"""What can be asked of an issue: its `id` (a number), `key`, `project`, `labels` (a set), `updated`, …"""
Test = Callable[[Row], bool]

_TOKEN = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([(),])|(!=|>=|<=|[=<>])|([^\s(),=<>!"']+))""")
_COUNTS = frozenset({"development[pullrequests].open"})
"""https://support.atlassian.com/jira-software-cloud/docs/jql-developer-status/"""
_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?: (\d{1,2}):(\d{2}))?")
_AGO = re.compile(r"([+-]?\d+)([wdhm])")
_SPANS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_TIMES = frozenset({"updated", "created", "resolved"})
_NAMES = frozenset({"project", "labels", "key", "id", "issuetype", "status", "statuscategory", "parent", "assignee"})
_ALIASES = {"issuekey": "key", "issue": "key", "type": "issuetype", "resolutiondate": "resolved", "label": "labels"}
_SORTABLE = frozenset({"updated", "created", "key", "id"})


class BadJql(Exception):
    """Jira answers with 400 and this message."""


@dataclass(frozen=True)
class Asker:
    """Who asks, when, of what: literals depend on it. `fold`: which of two equal times of a clock set back is meant."""

    zone: ZoneInfo
    now: datetime
    projects: Collection[str]
    issues: Collection[str]
    """Keys and ids (as text) that there are."""
    fold: int = 0
    development: bool = False
    """Whether a development tool is connected."""


@dataclass(frozen=True)
class _Word:
    text: str
    quoted: bool = False

    def says(self, *words: str) -> bool:
        return not self.quoted and self.text.casefold() in words


def search(jql: str, rows: Iterable[Row], asker: Asker) -> list[Row]:
    """The rows that `jql` finds, in the order that it asks for.

    Raises:
        BadJql: Jira would not understand it, or not allow it.
    """
    parser = _Parser(_words(jql), asker)
    found = [row for row in rows if parser.test(row)]
    for name, backward in reversed(parser.order or [("id", True)]):
        found.sort(key=_by_key if name == "key" else lambda row, name=name: row[name], reverse=backward)
    return found


def _by_key(row: Row) -> tuple[str, int]:
    project, _, number = row["key"].rpartition("-")
    return project, int(number)


def _words(jql: str) -> list[_Word]:
    words, at, text = [], 0, jql.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise BadJql(f"Error in the JQL Query: unexpected '{text[at]}' (line 1, character {at + 1}).")
        double, single, mark, sign, bare = found.groups()
        at = found.end()
        if bare is not None and bare not in _COUNTS and not re.fullmatch(r"[\w-]+", bare):
            raise BadJql(f"Error in the JQL Query: '{bare}' has a reserved character and must be quoted.")
        quoted = double if double is not None else single
        plain = mark or sign or bare or ""
        words.append(_Word(plain) if quoted is None else _Word(re.sub(r"\\(.)", r"\1", quoted), quoted=True))
    return words


class _Parser:
    """One query. `test` is its condition, `order` its fields to sort by, each with whether it goes backward."""

    def __init__(self, words: list[_Word], asker: Asker) -> None:
        self.words, self.asker = words, asker
        if not words or words[0].says("order"):
            raise BadJql("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
        self.test = self._either()
        self.order = self._order()

    def _next(self) -> _Word:
        if not self.words:
            raise BadJql("Error in the JQL Query: it ends too early.")
        return self.words.pop(0)

    def _takes(self, *words: str) -> bool:
        if self.words and self.words[0].says(*words):
            self.words.pop(0)
            return True
        return False

    def _either(self) -> Test:
        tests = [self._all()]
        while self._takes("or"):
            tests.append(self._all())
        return lambda row: any(test(row) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._takes("and"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._takes("not"):
            test = self._one()
            return lambda row: not test(row)
        if self._takes("("):
            test = self._either()
            if not self._takes(")"):
                raise BadJql("Error in the JQL Query: expecting ')'.")
            return test
        return self._clause()

    def _clause(self) -> Test:
        said = self._next().text.casefold()
        name = _ALIASES.get(said, said)
        if name in _COUNTS and self.asker.development:
            return self._how_many(name)
        if name not in _TIMES | _NAMES:
            raise BadJql(f"Field '{said}' does not exist or you do not have permission to view it.")
        sign = self._next().text.casefold()
        if sign in ("is", "not", "in"):
            negative = self._takes("not") if sign == "is" else sign == "not"
            if sign == "not" and not self._takes("in"):
                raise BadJql("Error in the JQL Query: expecting 'in' after 'not'.")
            test = self._empty(name) if sign == "is" else self._among(name)
            return (lambda row: not test(row)) if negative else test
        if name in _TIMES:
            return self._when(name, sign)
        if sign not in ("=", "!="):
            raise BadJql(f"The operator '{sign}' is not supported by the '{name}' field.")
        value = self._value(name)
        return lambda row: (sign == "=") == _holds(row[name], value)

    def _how_many(self, name: str) -> Test:
        sign, number = self._next().text, self._next().text
        if sign != ">" or not number.isdigit():
            raise BadJql(f"The operator '{sign}' or the value '{number}' is not supported by the '{name}' field.")
        return lambda row: row[name] > int(number)

    def _empty(self, name: str) -> Test:
        if not self._takes("empty", "null"):
            raise BadJql("Error in the JQL Query: expecting EMPTY after 'is'.")
        return lambda row: not row[name]

    def _among(self, name: str) -> Test:
        if name in _TIMES:
            raise BadJql(f"The operator 'in' is not supported by the '{name}' field.")
        if not self._takes("("):
            raise BadJql("Error in the JQL Query: expecting '(' after 'in'.")
        values = [self._value(name)]
        while self._takes(","):
            values.append(self._value(name))
        if not self._takes(")"):
            raise BadJql("Error in the JQL Query: expecting ')'.")
        return lambda row: any(_holds(row[name], value) for value in values)

    def _value(self, name: str) -> str:
        word = self._next()
        if not word.quoted and word.text in ("(", ")", ",", "=", ""):
            raise BadJql(f"Error in the JQL Query: expecting a value but got '{word.text}'.")
        known = {"project": self.asker.projects, "key": self.asker.issues, "id": self.asker.issues}.get(name)
        if known is not None and word.text.casefold() not in {each.casefold() for each in known}:
            raise BadJql(f"The value '{word.text}' does not exist for the field '{name}'.")
        return word.text

    def _when(self, name: str, sign: str) -> Test:
        text = self._next().text
        limit = self._time(text)
        if limit is None:
            raise BadJql(
                f"Date value '{text}' for field '{name}' is invalid. Valid formats include: 'yyyy-MM-dd HH:mm'"
            )
        compare: dict[str, Callable[[datetime], bool]] = {
            ">=": lambda at: at >= limit,
            ">": lambda at: at > limit,
            "<=": lambda at: at <= limit,
            "<": lambda at: at < limit,
            "=": lambda at: at == limit,
            "!=": lambda at: at != limit,
        }
        return lambda row: row[name] is not None and compare[sign](row[name])

    def _time(self, text: str) -> datetime | None:
        if ago := _AGO.fullmatch(text):
            return self.asker.now + timedelta(**{_SPANS[ago[2]]: int(ago[1])})
        if day := _DATE.fullmatch(text):
            return datetime(*(int(part or 0) for part in day.groups()), tzinfo=self.asker.zone, fold=self.asker.fold)
        return None

    def _order(self) -> list[tuple[str, bool]]:
        order = []
        if self._takes("order"):
            if not self._takes("by"):
                raise BadJql("Error in the JQL Query: expecting 'by' after 'order'.")
            while not order or self._takes(","):
                said = self._next().text.casefold()
                name = _ALIASES.get(said, said)
                if name not in _SORTABLE:
                    raise BadJql(f"Not able to sort using field '{said}'.")
                order.append((name, not self._takes("asc") and self._takes("desc")))
        if self.words:
            raise BadJql(f"Error in the JQL Query: expecting 'OR' or 'AND' but got '{self.words[0].text}'.")
        return order


def _holds(there: Any, value: str) -> bool:
    if isinstance(there, set | frozenset):
        return value in there
    return str(there).casefold() == value.casefold()
