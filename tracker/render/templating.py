"""Jinja for reports: the built-in page, and templates of the user's own in a sandbox. Words of strangers stay words.

Whatever a template puts out is cleaned for its format on the way, so that none can forget it. Only what a template
itself marks as `safe` is not.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import cache
from inspect import isfunction
from types import SimpleNamespace

from jinja2 import (
    ChoiceLoader,
    Environment,
    FunctionLoader,
    PackageLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from tracker.errors import UsageError
from tracker.render import escape, wording, words
from tracker.report import Report, Wording

ENDINGS = {"html": ".html.j2", "markdown": ".md.j2", "text": ".txt.j2"}
_ADVICE = "docs/reports.md tells what a template is given."
# A module in a template's hands would lead to everything that it imports, so it gets the functions alone.
_WORDS = SimpleNamespace(
    GROUPS=words.GROUPS,
    person=wording.person,
    stamp=wording.stamp,
    **{name: each for name, each in vars(words).items() if isfunction(each) and each.__module__ == words.__name__},
)


def own(report: Report, fmt: str) -> Wording | None:
    """The user's template for this format, if there is one."""
    return next((each for each in report.wordings if each.name.endswith(ENDINGS[fmt])), None)


def render(report: Report, fmt: str, **values: object) -> str:
    """The report by the user's template, else the built-in page.

    Raises:
        UsageError: the user's template is broken; the error names its line.
    """
    found = own(report, fmt)
    if found is None:
        return _builtin().get_template("report.html.j2").render(report=report, **values)
    try:
        return _sandbox(fmt, found).get_template(found.name).render(report=report, **values)
    except TemplateSyntaxError as error:
        where = f"{error.filename or error.name or found.name}:{error.lineno}"
        raise UsageError(f"the template can't be read: {error.message}", where=where, advice=_ADVICE) from error
    except Exception as error:
        if not isinstance(error, TemplateError) and not _line(error, found):
            raise
        problem = f"the template fails: {error} ({type(error).__name__})"
        raise UsageError(problem, where=f"{found.name}{_line(error, found)}", advice=_ADVICE) from error


def piece(name: str, **values: object) -> Markup:
    """A built-in template that is a part of a page."""
    return Markup(_builtin().get_template(name).render(**values))  # noqa: S704 - what the template escaped


@cache
def _builtin() -> Environment:
    return _dressed(Environment(autoescape=True, loader=PackageLoader("tracker.render")), "html")


def _sandbox(fmt: str, wording: Wording) -> Environment:
    """An environment that knows the user's template and the built-in ones, and lets neither reach the system."""

    def find(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        return (wording.text, wording.name, lambda: True) if name == wording.name else None

    loader = ChoiceLoader([FunctionLoader(find), PackageLoader("tracker.render")])
    # On for Markdown and text, too: so what was cleaned can be told apart from what has to be.
    return _dressed(ImmutableSandboxedEnvironment(autoescape=True, loader=loader), fmt)


def _dressed(environment: Environment, fmt: str) -> Environment:
    clean = _CLEAN[fmt]
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.finalize = lambda value: value if isinstance(value, Markup) else clean(str(value))
    environment.filters["web"] = escape.url
    environment.globals["words"] = _WORDS
    return environment


def _markdown(text: str) -> str:
    return Markup(escape.markdown(text))  # noqa: S704 - clean already, and no HTML


def _text(text: str) -> str:
    return Markup(escape.plain(text))  # noqa: S704 - clean already, and no HTML


_CLEAN: dict[str, Callable[[str], str]] = {"html": escape.plain, "markdown": _markdown, "text": _text}


def _line(error: Exception, wording: Wording) -> str:
    """`:12`, the last line of the user's template that was at work; empty when it was none."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == wording.name]
    return f":{frames[-1].lineno}" if frames else ""
