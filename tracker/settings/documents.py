"""`[documents]` and `[parser]`: where the postmortems are, and how they are read."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from pydantic import Field, field_validator, model_validator

from tracker.settings.checks import Closed

_Names = tuple[str, ...]


class DocumentSettings(Closed):
    """Where the postmortems are."""

    paths: tuple[str, ...] = Field(
        default=("postmortems",), description="Files or folders, relative to `closeout.toml`.", min_length=1
    )
    include: tuple[str, ...] = Field(
        default=("**/*.md", "**/*.markdown"), description="Which files in those folders are postmortems (globs)."
    )
    exclude: tuple[str, ...] = Field(
        default=("**/README.md", "**/*template*.md"), description="Which of those are not (globs)."
    )
    namespace: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$",
        examples=["payments"],
        description="Where several repositories share a target, a name for each, set before its first sync: their "
        "documents may have equal paths. It goes before each document's key; issues of other namespaces are let be.",
    )
    private: bool = Field(
        default=False, description="Documents are private unless their front matter says otherwise (`private: false`)."
    )

    @field_validator("include", "exclude")
    @classmethod
    def _globs_usable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if problems := [problem for pattern in value if (problem := _glob_problem(pattern))]:
            raise ValueError("; ".join(problems))
        return value


def _glob_problem(pattern: str) -> str | None:
    path = PurePosixPath(pattern)
    if path.is_absolute():
        return f"{pattern!r} is absolute; globs start at the folders of `documents.paths`"
    if not PurePosixPath(pattern.removeprefix("**/")).parts or "\0" in pattern:
        return f"{pattern!r} names no files"
    if ".." in path.parts:
        return f"{pattern!r} leaves the folder; list the other one in `documents.paths`"
    if any("**" in part and part != "**" for part in path.parts):
        return f"{pattern!r} has `**` beside other characters; it stands between slashes, as in **/*.md"
    return None


class SectionNames(Closed):
    """More names of sections, in any language; case, accents and punctuation do not matter."""

    action: _Names = Field(default=(), description="Sections that give work.")
    tasks: _Names = Field(default=(), description="Lists of concrete work inside those.")
    improvement: _Names = Field(default=(), description="Lists of general statements inside those.")
    response: _Names = Field(default=(), description="Sections about what was done during the incident.")
    lessons: _Names = Field(default=(), description="Sections about what was learnt.")
    other: _Names = Field(default=(), description="Other sections that give no work.")


class ColumnNames(Closed):
    """More names of table columns; before a colon they are labels."""

    item: _Names = Field(default=(), description="The promised work.")
    owner: _Names = Field(default=(), description="Whose it is.")
    due: _Names = Field(default=(), description="By when.")
    priority: _Names = Field(default=(), description="How urgent it is.")
    ticket: _Names = Field(default=(), description="Its issue.")
    status: _Names = Field(default=(), description="How far it is.")
    ignored: _Names = Field(default=(), description="None of these.")


class ValueWords(Closed):
    """More words that a team writes for a value."""

    nobody: _Names = Field(default=(), description="In place of an owner: nobody yet.")
    placeholder: _Names = Field(default=(), description="In place of an item: the template left it.")
    done: _Names = Field(default=(), description="As a status: done.")
    open: _Names = Field(default=(), description="As a status: still open.")


class ParserSettings(Closed):
    """How documents are read, beyond what the parser knows by itself."""

    day_first: bool | None = Field(
        default=None,
        description="How to read 04/05/2026: true for 4 May, false for April 5. When not given, the document's other "
        "dates and its language tell.",
    )
    sections: SectionNames = Field(default_factory=SectionNames, description="More names of sections.")
    columns: ColumnNames = Field(default_factory=ColumnNames, description="More names of columns and labels.")
    words: ValueWords = Field(default_factory=ValueWords, description="More words for values.")

    @model_validator(mode="after")
    def _names_are_clear(self) -> "ParserSettings":
        if problems := [
            *_name_problems("sections", dict(self.sections)),
            *_name_problems("columns", dict(self.columns)),
            *_name_problems("words", dict(self.words)),
        ]:
            raise ValueError("; ".join(problems))
        return self


def _name_problems(group: str, names: Mapping[str, _Names]) -> list[str]:
    """Names that say nothing, and names that are given to two places of a group."""
    if not any(names.values()):
        return []
    from tracker.parsing.vocabulary import fold  # noqa: PLC0415 - most teams teach nothing, and need not wait for it

    problems, places = [], dict[str, str]()
    for place, given in names.items():
        for name in given:
            if not fold(name):
                problems.append(f"{group}.{place} holds {name!r}, which names nothing")
            elif places.setdefault(fold(name), place) != place:
                problems.append(f"{group}.{place} and {group}.{places[fold(name)]} both hold {name!r}: choose one")
    return problems
