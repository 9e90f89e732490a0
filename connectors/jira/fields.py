"""What Jira's create screens demand and take, and the fields that the settings add to new issues.

What does not fit is told before anything is sent, all of it together, with the lines to add.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors import templates
from connectors.errors import RequestRejected
from connectors.interface import FACTS
from connectors.jira import forms
from connectors.jira.forms import Field, Place, Unfit
from connectors.jira.screens import Screen, Screens, nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connectors.interface import IssueDraft
    from connectors.jira.wire import Wire
    from connectors.settings import FieldValue, JiraSettings

    People = Callable[[str], Mapping[str, Any] | None]

SET_BY_CLOSEOUT = frozenset({"summary", "description", "project", "issuetype", "labels"})
"""Fields of every new issue, which the settings can't set a second time."""

_OF_DRAFTS = {"assignee": "assignees", "duedate": "due", "priority": "priority"}
"""Fields that a draft may tell; the settings' value counts for one that does not."""

_SET_BY_JIRA = frozenset({"reporter"})
"""Told as required without a default, and is the account that creates where nobody else is named."""

_SEVERAL = frozenset({"owner", "services"})
"""Facts that can hold several names, with commas between."""


@dataclass(frozen=True, slots=True)
class MissingField:
    """A required field that nothing fills. `line` would, in `[targets.NAME.fields]`.

    `sometimes`: items that tell it can be opened, the others not.
    """

    id: str
    name: str
    line: str
    sometimes: bool = False


class Fields:
    """The create screens of one project, and what the settings put into them.

    Attributes:
        table: what the fields stand under in the settings file.

    Args:
        wire: to Jira, of the version that creates issues.
        settings: of the target.
        where: how errors name the project.
        name: the target's name in the settings, for lines to add to them.
    """

    def __init__(self, wire: Wire, settings: JiraSettings, where: str, name: str = "NAME") -> None:
        self._wire, self._settings, self._where = wire, settings, where
        self._screens = Screens(wire, settings, where)
        self.table = f"[targets.{name}.fields]"

    def of_new(self, draft: IssueDraft, people: People) -> dict[str, Any]:
        """The further fields of an issue that is about to be created, in Jira's forms.

        Args:
            draft: what the tracker sets of it itself is not in the answer.
            people: who is meant by a name, as Jira wants to be told; None for nobody.

        Raises:
            RequestRejected: a field that Jira demands has no value, or one does not take what the settings give it.
            NotAllowed: issues can't be created here.
            TargetUnreachable, RateLimited: the screen could not be read.
        """
        screen = self.screen(whole=draft.whole)
        entries, problems = self._configured(screen, whole=draft.whole)
        told = {id_ for id_, attribute in _OF_DRAFTS.items() if getattr(draft, attribute)}
        made: dict[str, Any] = {}
        refused: dict[str, frozenset[str]] = {}
        for each, value in entries:
            given = () if each.id in told else tuple(_given(each, value, draft))
            try:
                form = forms.to_json(each, given, Place(self._wire.version, people)) if given else None
            except Unfit as error:
                problems.append(f"{each.name}: {error}")
                refused[each.id] = frozenset(map(forms.written, given))
                continue
            if form is None and given and not _names_facts(value):
                problems.append(f"{each.name}: nobody is known as {', '.join(map(forms.written, given))}")
            elif form is not None:
                made[each.id] = form
        self._name_epic(screen, draft, made)
        wanting = {each.id: value for each, value in entries}
        missing = []
        for each in _demanded(screen):
            if each.id in wanting and each.id not in {*made, *told, *refused}:
                problems.append(f"{each.name}: {_untold(wanting[each.id])}")
            elif each.id not in {*made, *told, *refused}:
                missing.append(each)
        if problems or missing:
            raise self._rejected(screen, problems, missing, refused)
        return made

    def missing(self, *, whole: bool = False) -> tuple[MissingField, ...]:
        """Required fields that neither the settings nor Jira nor the tracker fills.

        Raises:
            as `of_new`.
        """
        screen = self.screen(whole=whole)
        entries, _ = self._configured(screen, whole=whole)
        filled = {each.id for each, _ in entries}
        if whole and (epic_name := screen.custom(forms.EPIC_NAME)):
            filled.add(epic_name.id)
        return tuple(
            MissingField(each.id, each.name, _line(screen, each) + _choice(each), sometimes=each.id in _OF_DRAFTS)
            for each in _demanded(screen)
            if each.id not in filled
        )

    def problems(self) -> tuple[str, ...]:
        """What of the settings' fields can't be so, whatever the item: unknown names, constants that don't fit.

        Raises:
            as `of_new`.
        """
        screen = self.screen()
        entries, problems = self._configured(screen, whole=False)
        for each, value in entries:
            if _names_facts(value) and not each.left_alone:
                continue
            try:
                forms.to_json(each, _listed(value), Place(self._wire.version, lambda name: {"name": name}))
            except Unfit as error:
                problems.append(f"{each.name}: {error}")
        return tuple(problems)

    def has(self, id_: str, *, whole: bool = False) -> bool:
        """Whether the create screen takes this field; what it does not take must not be sent.

        Raises:
            as `of_new`.
        """
        return id_ in self.screen(whole=whole).fields

    def parent(self, *, whole: bool = False) -> str | None:
        """The id of the field that holds what an issue is a part of: `parent`, else the epic link; None without one.

        Raises:
            as `of_new`.
        """
        screen = self.screen(whole=whole)
        if "parent" in screen.fields:
            return "parent"
        link = screen.custom(forms.EPIC_LINK)
        return link.id if link else None

    def screen(self, *, whole: bool = False) -> Screen:
        """The create screen of items' issues, or of the issues that postmortems themselves get.

        Raises:
            as `of_new`.
        """
        return self._screens.of(self._settings.parent_type if whole else self._settings.issue_type)

    def _configured(self, screen: Screen, *, whole: bool) -> tuple[list[tuple[Field, FieldValue]], list[str]]:
        """The settings' fields that this screen has, with their values, and what is wrong with the others.

        What the issue of a postmortem itself lacks is no problem: the settings are for those of items.
        """
        entries: list[tuple[Field, FieldValue]] = []
        problems = []
        for name, value in self._settings.fields.items():
            fitting = screen.named(name)
            if len(fitting) > 1:
                ids = ", ".join(sorted(each.id for each in fitting))
                problems.append(f"{name}: several fields are called so; write the id of one: {ids}")
            elif not fitting and not whole:
                near = nearest(name, [each.name for each in screen.fields.values()])
                hint = f"; did you mean {near!r}?" if near else ""
                problems.append(f"{name}: the create screen of {screen.type_name} has no such field{hint}")
            elif fitting and fitting[0].id in SET_BY_CLOSEOUT:
                problems.append(f"{name}: Closeout sets it by itself{_instead(fitting[0].id)}")
            elif fitting:
                entries.append((fitting[0], value))
        return entries, problems

    def _name_epic(self, screen: Screen, draft: IssueDraft, made: dict[str, Any]) -> None:
        """On Data Center an epic has a short name besides its summary, and can't be without it."""
        found = screen.custom(forms.EPIC_NAME) if draft.whole else None
        if found and found.id not in made:
            made[found.id] = forms.to_json(found, [draft.title], Place(self._wire.version, lambda _: None))

    def _rejected(
        self, screen: Screen, problems: Sequence[str], missing: Sequence[Field], refused: Mapping[str, frozenset[str]]
    ) -> RequestRejected:
        said = list(problems)
        advice = ["Mend these in closeout.toml."] if problems else []
        if missing:
            names = ", ".join(each.name for each in missing)
            said.append(f"Jira demands a value for {names} of each new {screen.type_name}, and there is none")
            lines = ", ".join(f"`{_line(screen, each)}`" for each in missing)
            advice.append(f"Add under {self.table}: {lines} (`closeout doctor` prints the lines).")
        return RequestRejected(
            "; ".join(said),
            where=self._where,
            advice=" ".join(advice),
            refused={**refused, **{each.id: frozenset() for each in missing}},
        )


def _demanded(screen: Screen) -> list[Field]:
    """The required fields that neither every new issue has nor Jira fills."""
    without = SET_BY_CLOSEOUT | _SET_BY_JIRA
    return [
        each for each in screen.fields.values() if each.required and not each.has_default and each.id not in without
    ]


def _instead(id_: str) -> str:
    return {"labels": "; name more of them in `labels`", "issuetype": "; see `issue_type`"}.get(id_, "")


def _listed(value: FieldValue) -> tuple[forms.Given, ...]:
    return value if isinstance(value, tuple) else (value,)


def _names_facts(value: FieldValue) -> bool:
    return any(templates.names(each) for each in _listed(value) if isinstance(each, str))


def _untold(value: FieldValue) -> str:
    """Why a field that Jira demands is empty though the settings fill it."""
    asked = [name for each in _listed(value) if isinstance(each, str) for name in templates.names(each)]
    unknown = next(iter(asked), "value")
    return f"Jira demands it, and the item tells no {unknown}; what counts then stands after a bar: {{{unknown}|…}}"


def _given(wanted: Field, value: FieldValue, draft: IssueDraft) -> Iterator[forms.Given]:
    """The settings' value with the item's facts in it; what needs one that is not known is left out.

    An owner's name is no account: in a field of people `{owner}` is whom the draft assigns.
    """
    facts = {name: fact for name, fact in draft.facts.items() if name != "owner" or wanted.holds != "user"}
    for each in _listed(value):
        if not isinstance(each, str):
            yield each
        elif wanted.holds == "user" and templates.names(each) == ("owner",) and draft.assignees:
            yield from sorted(draft.assignees) if wanted.type == "array" else sorted(draft.assignees)[:1]
        elif (text := templates.fill(each, facts)) is not None and text.strip():
            several = wanted.type == "array" and _SEVERAL.intersection(templates.names(each))
            yield from filter(None, (part.strip() for part in text.split(","))) if several else [text]


def _line(screen: Screen, missing: Field) -> str:
    """What would fill it, as it would stand in the settings."""
    name = missing.name if len(screen.named(missing.name)) == 1 else missing.id
    return f"{quoted(name)} = {_suggested(missing)}"


def _choice(missing: Field) -> str:
    """A comment for that line: what else could stand there."""
    if missing.id in _OF_DRAFTS:
        return "  # for items that have none"
    listed = [quoted(name) for name in missing.names()]
    return f"  # one of: {forms.listed(listed)}" if listed else ""


def _suggested(missing: Field) -> str:
    """What may stand behind `=` for this field: the fact of its name, else a value that it takes."""
    named = missing.name.casefold().replace(" ", "_")
    fact = next((each for each in FACTS if named in (each, f"{each}_date", each.rstrip("s"))), None)
    if fact and missing.holds in ("string", "date", "user", "option") and missing.id not in _OF_DRAFTS:
        return f'"{{{fact}}}"'
    person = '"somebody@example.com"' if missing.id in _OF_DRAFTS else '"{owner}"'
    plain = {"number": "1", "user": person, "date": '"2026-11-20"', "datetime": '"2026-11-20T09:00:00+00:00"'}
    value = plain.get(missing.holds) or quoted(next(iter(missing.names()), "…"))
    return f"[{value}]" if missing.type == "array" and missing.holds != "user" else value
