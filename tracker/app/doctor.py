"""`closeout doctor`: whether all is there that the other commands need, and how to mend what is not. Writes nothing."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from connectors import ConnectorError, Finding, IssueTracker
from connectors.database import resolve_url
from connectors.inspection import inspect_database
from tracker.errors import CloseoutError, UsageError
from tracker.ledger import MAIL
from tracker.people import PeopleBook
from tracker.render.doctor import Examined
from tracker.settings import MailSettings, PersonSettings, Settings, TeamSettings
from tracker.settings_file import Loaded, read_secret
from tracker.sources import find_checkout, read_documents
from tracker.store.engine import MIGRATIONS
from tracker.store.tables import HEAD, VERSION_TABLE


def unusable(error: UsageError) -> Examined:
    """Settings that can't be read: all that can be said."""
    findings = tuple(_trouble(line) for line in error.message.splitlines()[:-1])
    last = error.message.splitlines()[-1]
    return Examined(f"settings {error.where}".rstrip(), (*findings, Finding(last, trouble=True, advice=error.advice)))


def examine(
    loaded: Loaded, open_tracker: Callable[[str], IssueTracker], targets: Sequence[str] = ()
) -> Iterator[Examined]:
    """Look at one part after the other; with `targets` at those alone.

    Raises:
        UsageError: the settings have no such target.
    """
    settings, root = loaded.settings, loaded.root
    unknown = [name for name in targets if name not in settings.targets]
    if unknown:
        near = difflib.get_close_matches(unknown[0], settings.targets, 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(
            "the settings have no such target",
            where=unknown[0],
            advice=f"{hint}There are: {', '.join(settings.targets)}.",
        )
    yield Examined("settings", (Finding(f"{loaded.file or 'defaults'} is valid"),))
    if not targets:
        yield _store(settings, root)
        yield Examined("documents", tuple(_documents(settings, root)))
    for name in targets or settings.targets:
        yield _target(settings, name, open_tracker)
    if not targets:
        yield Examined("people", tuple(_people(settings)))
        yield Examined("mail", tuple(_mail(settings, root)))
        if settings.channels:
            yield Examined("channels", tuple(_channels(settings, root)))


def _store(settings: Settings, root: Path) -> Examined:
    found = inspect_database("the store", resolve_url(settings.database, root), VERSION_TABLE, HEAD, MIGRATIONS)
    return Examined("store", (found,), reached=not found.trouble)


def _target(settings: Settings, name: str, open_tracker: Callable[[str], IssueTracker]) -> Examined:
    """A tracker's own findings; its first one says whether it was reached."""
    part = f"target {name} ({settings.targets[name].kind})"
    try:
        with closing(open_tracker(name)) as tracker:
            findings = tuple(tracker.check())
    except (CloseoutError, ConnectorError) as error:
        return Examined(part, (Finding(error.message, trouble=True, advice=error.advice),))
    return Examined(part, findings, reached=not (findings and findings[0].trouble))


def _documents(settings: Settings, root: Path) -> Iterator[Finding]:
    checkout = find_checkout(root)
    try:
        found = read_documents([str(root / place) for place in settings.documents.paths], root, settings.documents)
    except CloseoutError as error:
        yield Finding(f"{error.where}: {error.message}", trouble=True, advice="Mend `documents.paths`.")
        return
    count = len(found.documents)
    for path, why in found.unreadable:
        yield _trouble(f"{path} can't be read: {why}", "Until then its items keep their last known state.")
    if not count:
        places = ", ".join(settings.documents.paths)
        yield _trouble(f"there are no postmortems in {places}", "Mend `documents.paths`, `include` or `exclude`.")
    else:
        yield Finding(f"{count} postmortem{'s' if count > 1 else ''} in {', '.join(settings.documents.paths)}")
    if checkout is None:
        yield Finding(f"{root} is in no git work tree with a commit", advice="Issues can't link to an item's line.")
    elif checkout.page is None:
        yield Finding(
            f"git work tree {checkout.top}, whose remote `origin` names no web page",
            advice="Issues name an item's file and line, and don't link to it.",
        )
    else:
        yield Finding(f"git work tree {checkout.top}: issues link to {checkout.page.rsplit('/blob/')[0]}")


def _people(settings: Settings) -> Iterator[Finding]:
    """Spellings and logins that two entries claim mean neither of them."""
    book = PeopleBook.from_settings(settings)
    claims: dict[str, list[str]] = {}
    entries: Mapping[str, PersonSettings | TeamSettings] = {**settings.people, **settings.teams}
    for key, entry in entries.items():
        for spelling in dict.fromkeys((key, entry.name, *entry.aliases)):
            if [owner.key for owner in book.resolve(spelling).known] != [key]:
                claims.setdefault(" ".join(spelling.casefold().split()), []).append(key)
    for spelling, keys in claims.items():
        yield _trouble(
            f"{spelling!r} could be {' or '.join(keys)}, and so means nobody", "Give the spelling to one of them only."
        )
    kinds = dict.fromkeys(target.kind for target in settings.targets.values())
    for kind in kinds:
        yield from _logins(settings, book, kind)
    if not settings.people and not settings.teams:
        yield Finding("nobody is in the people book", advice="Owners are not assigned and get no mail; see [people].")
    elif not claims:
        yield Finding(f"{len(settings.people)} people and {len(settings.teams)} teams, each known by its own names")


def _logins(settings: Settings, book: PeopleBook, kind: str) -> Iterator[Finding]:
    owners = [owner for key in settings.people if (owner := book.get(key))]
    shared = sorted({login for owner in owners if (login := owner.login(kind)) and book.by_login(kind, login) is None})
    for login in shared:
        yield _trouble(f"several people have the {kind} login {login}", "Give each their own.")
    without = [owner.key for owner in owners if not owner.login(kind)]
    if without:
        yield Finding(
            f"no {kind} login: {', '.join(without)}",
            advice=f"Issues of theirs stay unassigned; add `{kind}` to their entries.",
        )


def _channels(settings: Settings, root: Path) -> Iterator[Finding]:
    """Whether each address is where the settings say, and who is told things there; nothing is sent to it."""
    owners: Mapping[str, PersonSettings | TeamSettings] = {**settings.people, **settings.teams}
    for name, channel in settings.channels.items():
        try:
            read_secret(channel.url_env, channel.url_file, root, purpose=f"address of channel {name}")
        except UsageError as error:
            yield Finding(f"{error.where}: {error.message}", trouble=True, advice=error.advice)
        told = [key for key, owner in owners.items() if name in owner.channels]
        advice = "" if told else "Name it in `channels` of a person or team."
        yield Finding(f"channel {name} is for {', '.join(told) or 'nobody'}", advice=advice)


def _mail(settings: Settings, root: Path) -> Iterator[Finding]:
    mail = settings.mail
    if mail is None:
        sending = sorted(name for name, schedule in settings.schedules.items() if schedule.run == "report")
        ways = {way for owner in PeopleBook.from_settings(settings).owners.values() for way in owner.ways}
        if sending and ways and MAIL not in ways:
            yield Finding("no mail server, and nobody who would be mailed to: all are told by channels")
        elif sending:
            yield _trouble(
                f"schedule {', '.join(sending)} sends reports, and there is no mail server",
                "Add [mail], or [channels.NAME] and NAME to the `channels` of those who are told things.",
            )
        else:
            yield Finding("no mail server: reports are printed only", advice="Add [mail] to send them.")
        return
    yield from _mail_server(mail, root)


def _mail_server(mail: MailSettings, root: Path) -> Iterator[Finding]:
    """The server as the settings have it; nothing is sent to it."""
    if mail.username:
        try:
            read_secret(mail.password_env, mail.password_file, root, purpose="mail password")
        except UsageError as error:
            yield Finding(f"{error.where}: {error.message}", trouble=True, advice=error.advice)
        if mail.security == "none":
            yield _trouble("the mail password would travel in the clear", 'Set security = "starttls" or "tls".')
    yield Finding(f"reports go out by {mail.host}:{mail.port} ({mail.security}) as {mail.sender}")


def _trouble(what: str, advice: str = "") -> Finding:
    return Finding(what, trouble=True, advice=advice)
