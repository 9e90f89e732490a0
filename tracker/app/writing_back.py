"""Write-back: links and check marks that documents lack are put into their files. The edge: reads and replaces them.

What is wanted comes from the store, so documents that lack nothing are not even opened. A file is replaced as a whole,
and only if it is still the one that the store knows. Then the edited documents are read once more, so that the store
and the issues know at once what they say now: the next sync finds nothing to do.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from connectors import ConnectorError, Issue, IssueRef, IssueTracker, Listing, PageSeen
from tracker.actions import Action, Create, Update
from tracker.app import syncing
from tracker.app.desk import Desk
from tracker.app.reading import reader_of
from tracker.app.syncing import Prepared, Synced
from tracker.brake import Consent
from tracker.errors import CloseoutError
from tracker.model import Event, Item, KnownDocument, Link
from tracker.same_work import Shared, shared
from tracker.sources import decode, document_path, encode
from tracker.store import Store
from tracker.writeback import NEW_ISSUE, DocumentWritten, Edited, Mode, PullRequest, Wish, Written, wishes, write_back

WRITTEN = "document written"
"""The event of an item whose document got its link or check mark: `link` is the issue's key, `done` the mark."""

_BOX = re.compile(r"\[[ xX]\]")
_LINES = re.compile(r"\r\n|\r|\n")
_NEXT = "The next sync tries again."


class Unwritable(Exception):
    """A file can't be edited; the message says why, `advice` what to do."""

    def __init__(self, message: str, advice: str = _NEXT) -> None:
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Page:
    """A document's text with the edits that it takes."""

    document: KnownDocument
    data: bytes
    edited: Edited

    @property
    def told(self) -> DocumentWritten:
        """What that comes to."""
        return DocumentWritten(self.document, self.edited.granted, self.edited.refusals)


def preview(desk: Desk, prepared: Prepared, paths: Sequence[str], mode: Mode) -> Written:
    """What a sync would write back after carrying out these plans; writes nothing."""
    items = {item.id: item for item in prepared.identified.items}
    links = dict(prepared.known.links)
    opened: list[Item] = []
    for action in (action for made in prepared.plans for action in made.actions):
        items[action.item.id] = action.item
        if (link := _link_after(action)) is not None:
            links[action.item.id] = link
        elif isinstance(action, Create):
            opened.append(action.item)
    links = _with_shared(items, links)
    wanted = _wanted(desk, items.values(), links, prepared.reading.documents, paths)
    for item in opened:
        if _is_below(desk, prepared.reading.documents[item.document], paths):
            wanted[item.document].append(Wish(item, NEW_ISSUE))
    pages = _pages(desk, wanted, prepared.reading.documents)
    told = tuple(page.told if isinstance(page, Page) else page for page in pages)
    request = PullRequest("planned", desk.settings.write_back.branch) if mode is Mode.PR and told else None
    return Written(mode, told, request)


def write_files(desk: Desk, synced: Synced, paths: Sequence[str], consent: Consent) -> tuple[Written, Synced | None]:
    """Put what documents lack into their files; returns what was written, and what the edited ones' own sync did.

    Args:
        desk: what to work with.
        synced: the sync that went before.
        paths: the documents that were synced; all when empty.
        consent: what a person agreed to beforehand.

    Raises:
        Unavailable: the store failed.
    """
    known = desk.store.known()
    links = _with_shared(known.items, known.links)
    wanted = _wanted(desk, known.items.values(), links, known.documents, paths)
    done: list[DocumentWritten] = []
    if wanted:
        desk.progress.phase("writing into documents")
    for page in _pages(desk, wanted, known.documents):
        told = page if isinstance(page, DocumentWritten) else _write(desk, page, links)
        done += [told] if told.granted or told.refusals or told.problem else []
    written = Written(Mode.FILES, tuple(done))
    files = [str(desk.root / each.document.path) for each in written.changed]
    if not files:
        return written, None
    try:
        settled = _settle(desk, synced, files, consent)
    except (CloseoutError, ConnectorError) as error:
        problem = f"the documents are written, but the issues were not told: {error}"
        return replace(written, problem=problem, advice=error.advice or _NEXT), None
    issues = sum(isinstance(done.action, Update) for applied in settled.applied.values() for done in applied.done)
    return replace(written, issues=issues), settled


def wanted_now(desk: Desk, paths: Sequence[str]) -> dict[str, list[Wish]]:
    """What the documents below `paths` lack, by their keys, as the store knows them."""
    known = desk.store.known()
    return _wanted(desk, known.items.values(), _with_shared(known.items, known.links), known.documents, paths)


def edit(desk: Desk, document: KnownDocument, text: str, wanted: Sequence[Wish]) -> Edited:
    """The edits that a document's text takes. Nothing is parsed for a mark where no box stands."""
    lines = _LINES.split(text)
    in_reach = [
        wish for wish in wanted if wish.link is not None or any(map(_BOX.search, _around(lines, wish.item.line)))
    ]
    if not in_reach:
        return Edited(text)
    parse, words = reader_of(desk.settings.parser)
    return write_back(text, in_reach, partial(parse, document.path), words)


def record(desk: Desk, page: DocumentWritten, links: Mapping[str, Link]) -> None:
    """Tell the audit log what a document says now."""
    now = desk.clock()
    desk.store.record_events(
        Event(
            now,
            "closeout",
            WRITTEN,
            wish.item.id,
            wish.item.document,
            {"link": links[wish.item.id].ref.key if wish.link else None, "done": wish.done},
        )
        for wish in page.granted
    )


def _around(lines: Sequence[str], number: int) -> Sequence[str]:
    """The line on which an item begins, and the next: a box may stand below its bullet."""
    return lines[max(number - 1, 0) : number + 1]


def _link_after(action: Action) -> Link | None:
    """The link as it stands after an action; None for one that leaves it alone."""
    if isinstance(action, Update):
        state = action.patch.state or action.link.issue.state
        return replace(action.link, base=action.base, issue=replace(action.link.issue, state=state))
    link: Link | None = getattr(action, "link", None)
    return link


def _wanted(
    desk: Desk,
    items: Iterable[Item],
    links: Mapping[str, Link],
    documents: Mapping[str, KnownDocument],
    paths: Sequence[str],
) -> defaultdict[str, list[Wish]]:
    chosen = {key: document for key, document in documents.items() if _is_below(desk, document, paths)}
    with ExitStack() as stack:
        trackers: dict[str, IssueTracker] = {}

        def names(item: Item, ref: IssueRef) -> bool:
            if not item.links:
                return False
            if ref.url in item.links or ref.key in item.links:
                return True
            if ref.target in desk.settings.targets and ref.target not in trackers:
                trackers[ref.target] = desk.open_tracker(ref.target)
                stack.callback(trackers[ref.target].close)
            tracker = trackers.get(ref.target)
            told = (tracker.reference(text) for text in item.links) if tracker is not None else ()
            return any(found is not None and found.key == ref.key for found in told)

        here = (item for item in items if item.document in chosen)
        found = wishes(here, links, chosen, desk.settings.policy, names, partial(_was_ticked, desk.store))
    return defaultdict(list, found)


def _with_shared(items: Mapping[str, Item], links: Mapping[str, Link]) -> dict[str, Link]:
    """The links, and those of items that go with another one: their documents name its issue, too."""

    def link(item: Item, tie: Shared) -> Link:
        agreed_on = {"document": {"state": "done" if item.done else "open"}}  # its box has nothing to say to the issue
        return replace(tie.link, item=item.id, base=agreed_on)

    return {**links, **{item: link(items[item], tie) for item, tie in shared(items, links).items()}}


def _was_ticked(store: Store, item: Item) -> bool:
    """Whether the last check mark in the item's story is ours, and set."""
    marks = [event.detail.get("done") for event in store.events(item.id) if event.what == WRITTEN]
    told = [mark for mark in marks if mark is not None]
    return bool(told and told[-1])


def _is_below(desk: Desk, document: KnownDocument, paths: Sequence[str]) -> bool:
    places = [document_path(Path(path), desk.root) for path in paths]
    return not paths or any(
        place in (".", document.path) or document.path.startswith(f"{place.rstrip('/')}/") for place in places
    )


def _pages(
    desk: Desk, wanted: Mapping[str, Sequence[Wish]], documents: Mapping[str, KnownDocument]
) -> Iterable[Page | DocumentWritten]:
    """The documents that want something, edited, or why they can't be; those that take no edit are left out."""
    for key in sorted(wanted, key=lambda key: documents[key].path):
        document = documents[key]
        try:
            page = _page(desk, document, wanted[key])
        except Unwritable as error:
            yield DocumentWritten(document).failed(str(error), error.advice)
            continue
        if page.edited.granted or page.edited.refusals:
            yield page


def _page(desk: Desk, document: KnownDocument, wanted: Sequence[Wish]) -> Page:
    try:
        data = (desk.root / document.path).read_bytes()
    except OSError as error:
        raise Unwritable(f"can't be read: {error.strerror or error}") from error
    if hashlib.sha256(data).hexdigest() != document.digest:
        raise Unwritable("it changed since it was read")
    try:
        return Page(document, data, edit(desk, document, decode(data), wanted))
    except ValueError as error:
        raise Unwritable(str(error), "Save the file as UTF-8, or put the links in by hand.") from error


def _write(desk: Desk, page: Page, links: Mapping[str, Link]) -> DocumentWritten:
    if not page.edited.granted:
        return page.told
    file = desk.root / page.document.path
    try:
        _replace(file, page.data, encode(page.edited.text, page.data))
    except ValueError as error:
        return page.told.failed(str(error), "Save the file as UTF-8, or put the links in by hand.")
    except Unwritable as error:
        return page.told.failed(str(error), error.advice)
    except OSError as error:
        advice = "Let Closeout write to the file and its folder, or use `--write-back pr`."
        return page.told.failed(f"can't be written: {error.strerror or error}", advice)
    record(desk, page.told, links)
    return page.told


def _replace(file: Path, before: bytes, after: bytes) -> None:
    """Put `after` in the place of `before`, at once and with the file's mode; a symbolic link goes on leading there."""
    real = file.resolve()
    if not os.access(real, os.W_OK):
        raise PermissionError(13, "it is read-only")
    handle, name = tempfile.mkstemp(prefix=f".{real.name[:100]}.", dir=real.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(after)
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(real, temporary)
        there = real.stat()
        with suppress(OSError):  # only root may give files away
            os.chown(temporary, there.st_uid, there.st_gid)
        if real.read_bytes() != before:
            raise Unwritable("it changed since it was read")
        temporary.replace(real)
    finally:
        temporary.unlink(missing_ok=True)


def _settle(desk: Desk, synced: Synced, files: Sequence[str], consent: Consent) -> Synced:
    """Sync the edited documents: the store learns what they say, and the markers of ticked items follow.

    The issues were read a moment ago. They are read again only where one could not be, or while a create is in doubt:
    whether it may be repeated must never be decided on an old look.
    """
    in_doubt = any(desk.store.in_doubt(name, "create") for name in desk.settings.targets)
    if in_doubt or synced.prepared.seen.unread:
        return syncing.sync(desk, files, consent)
    known = tuple(link for link in desk.store.known().links.values() if link.gone is None)

    def opened(name: str) -> IssueTracker:
        issues = tuple(link.issue for link in known if link.ref.target == name)
        return cast("IssueTracker", _AsKnown(desk.open_tracker(name), issues))

    return syncing.sync(replace(desk, open_tracker=opened), files, consent)


class _AsKnown:
    """A tracker that is not asked what changed: it tells what is known, once, and then that nothing did."""

    def __init__(self, tracker: IssueTracker, issues: tuple[Issue, ...]) -> None:
        self._tracker, self._issues = tracker, issues

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tracker, name)

    def changed_since(self, cursor: str | None, on_page: PageSeen | None = None) -> Listing:  # noqa: ARG002 - the port's
        issues, self._issues = self._issues, ()
        return Listing(issues, cursor or "")
