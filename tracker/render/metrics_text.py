"""Metrics as plain text for mails, and as Markdown; both say what the HTML shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.metrics import Metrics
from tracker.render import escape
from tracker.render import metrics_words as words

_NAME, _TITLE = 28, 44
_FEWER = 16
"""A line in a row of others has at most this many steps."""


def lines(metrics: Metrics) -> tuple[str, ...]:
    """The figures as lines of plain text, at most some 80 characters wide, with an empty one between parts."""
    return tuple(_lines(metrics))


def _lines(metrics: Metrics) -> Iterator[str]:
    yield words.span(metrics)
    for name, line, trend in _over_time(metrics):
        yield f"{name:<8} {line}  {trend}"
    yield ""
    yield words.closed(metrics.overall)
    if pace := words.pace(metrics.overall):
        yield from pace.split("; ")
    for group in _tables(metrics):
        yield ""
        yield _row(group.title, words.HEADS)
        for spread in group.spreads[: words.MOST_ROWS]:
            yield _row(words.name(spread, group), words.figures(spread))
        if told := words.more(group.spreads):
            yield told
    yield ""
    yield words.share(metrics)
    for title, _, left, line in _burn_downs(metrics):
        yield f"  {_cut(escape.plain(title), _TITLE):<{_TITLE}} {left:<14} {line}".rstrip()


def markdown(metrics: Metrics) -> tuple[str, ...]:
    """The figures as lines of GitHub-flavoured Markdown, without a heading."""
    return tuple(_markdown(metrics))


def _markdown(metrics: Metrics) -> Iterator[str]:
    yield f"{words.span(metrics)}:"
    yield ""
    for name, line, trend in _over_time(metrics):
        yield f"- {name}: {trend} `{line}`"
    yield f"- {words.closed(metrics.overall)}"
    if pace := words.pace(metrics.overall):
        yield f"- {pace}"
    yield f"- {words.share(metrics)}"
    for group in _tables(metrics):
        yield ""
        yield f"| {group.title} | {' | '.join(words.HEADS)} |"
        yield f"| --- |{' ---: |' * len(words.HEADS)}"
        for spread in group.spreads[: words.MOST_ROWS]:
            yield f"| {escape.markdown(words.name(spread, group))} | {' | '.join(words.figures(spread))} |"
        if told := words.more(group.spreads):
            yield ""
            yield told
    if metrics.burn_downs:
        yield ""
        yield "| Postmortem | Since | Left | Open items over time |"
        yield "| --- | --- | --- | --- |"
    for title, opened, left, line in _burn_downs(metrics):
        yield f"| {escape.markdown(title)} | {opened} | {left} | `{line}` |"


def _over_time(metrics: Metrics) -> Iterator[tuple[str, str, str]]:
    """Name, line and trend of what is open and of what is overdue, on one scale."""
    is_open = [day.open for day in metrics.days]
    for name, numbers in (("open", is_open), ("overdue", [day.overdue for day in metrics.days])):
        yield name, words.sparkline(numbers, max(is_open)), words.trend(numbers)


def _burn_downs(metrics: Metrics) -> Iterator[tuple[str, str, str, str]]:
    """Title, first day, what is left and line of each postmortem that was open."""
    for each in metrics.burn_downs:
        numbers = words.fewer([number for _, number in each.left], _FEWER)
        yield (
            each.title,
            f"{each.opened}",
            words.left(each.total, each.left[-1][1]),
            words.sparkline(numbers, each.total),
        )


def _tables(metrics: Metrics) -> list[words.Group]:
    return [group for group in words.groups(metrics).values() if group.tells]


def _row(name: str, figures: Sequence[str]) -> str:
    cells = "".join(f"{figure:>12}" for figure in figures)
    return f"{_cut(name, _NAME):<{_NAME}}{cells}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
