"""From files to parsed documents with their keys. What did not change is not parsed again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

from tracker.documents import FormerDocument, FoundDocument, match_documents
from tracker.explanation import Explanation
from tracker.lint import Finding, lint
from tracker.model import Document, Item, ItemState, KnownDocument, ParsedDocument, ParsedItem
from tracker.parsing import Vocabulary, edition, explain, lacks_verb, language_of, many, parse, teach
from tracker.people import PeopleBook
from tracker.settings import ParserSettings, Settings
from tracker.sources import Checkout, Found, document_path, find_checkout, find_renames, read_documents
from tracker.spelling import normalise
from tracker.store import Known


@dataclass(frozen=True, slots=True)
class Reading:
    """What the documents say now.

    `parsed` are the documents that changed, by key; `documents` all that are known now; `gone` the keys of those that
    have left; `unreadable` paths keep their last known state.
    """

    parsed: Mapping[str, ParsedDocument]
    documents: Mapping[str, KnownDocument]
    found: int
    present_before: int
    gone: frozenset[str]
    unreadable: tuple[tuple[str, str], ...]


def parse_paths(paths: Sequence[str], settings: Settings) -> tuple[list[ParsedDocument], tuple[tuple[str, str], ...]]:
    """Parse files and folders for `closeout parse`; also gives the paths that could not be read."""
    found = _found(paths, settings)
    return _parse(found.documents, settings.parser), found.unreadable


def explain_paths(paths: Sequence[str], settings: Settings) -> tuple[list[Explanation], tuple[tuple[str, str], ...]]:
    """Like `parse_paths`, with what was understood of each stretch of the documents, and why."""
    found, words, day_first = _found(paths, settings), _words(settings.parser), settings.parser.day_first
    explained = [explain(each.path, each.text, words=words, day_first=day_first) for each in found.documents]
    return explained, found.unreadable


def _found(paths: Sequence[str], settings: Settings) -> Found:
    # Whoever names a folder here wants to see what is in it, templates included.
    everything = settings.documents.model_copy(update={"exclude": ()})
    return read_documents(paths, Path.cwd(), everything)


def _parse(documents: Sequence[Document], settings: ParserSettings, share: int = many.SHARE) -> list[ParsedDocument]:
    """Parse documents, in their order; on several cores where each has a `share` of characters to read."""
    workers = many.processes([len(document.text) for document in documents], share)
    if workers > 1:
        texts = [(document.path, document.text) for document in documents]
        parsed = many.parse_many(texts, _taught(settings), day_first=settings.day_first, workers=workers)
        if parsed is not None:
            return parsed
    words = _words(settings)
    return [parse(document.path, document.text, words=words, day_first=settings.day_first) for document in documents]


def _taught(settings: ParserSettings) -> tuple[many.Taught, many.Taught, many.Taught]:
    return dict(settings.sections), dict(settings.columns), dict(settings.words)


@lru_cache(maxsize=4)
def _words(settings: ParserSettings) -> Vocabulary:
    return teach(*_taught(settings))


def reader_of(settings: ParserSettings) -> tuple[Callable[[str, str], ParsedDocument], Vocabulary]:
    """How a path and its text are read under these settings, and the words that this goes by."""
    words = _words(settings)
    return partial(parse, words=words, day_first=settings.day_first), words


def reading_rules(settings: Settings) -> str:
    """A digest of what decides how a document is read: the parser's edition and the settings that it takes."""
    told = f"{edition()}\0{settings.parser.model_dump_json()}\0{settings.documents.private}"
    return hashlib.sha256(told.encode()).hexdigest()


def lint_paths(paths: Sequence[str], settings: Settings) -> tuple[list[Finding], int, tuple[tuple[str, str], ...]]:
    """What to mend in files and folders, how many documents there are, and the paths that could not be read."""
    found, words = _found(paths, settings), _words(settings.parser)
    languages = {document.path: language_of(document.text, words) for document in found.documents}

    def verbless(document: ParsedDocument, item: ParsedItem) -> bool:
        language = languages[document.path]
        return language is not None and lacks_verb(item.text, words, language)

    book = PeopleBook.from_settings(settings) if settings.people or settings.teams else None
    findings = lint(_parse(found.documents, settings.parser), book, verbless)
    return findings, len(found.documents), found.unreadable


def read(paths: Sequence[str], settings: Settings, root: Path, known: Known, marked: Iterable[Item]) -> Reading:
    """Read the documents below `paths`, or below the settings' own paths when none are given.

    Args:
        paths: files and folders; documents elsewhere are left as they are.
        settings: where documents are, and whether they are private.
        root: the settings' folder.
        known: what the store remembers.
        marked: items that only markers tell of: they reveal renamed documents to an empty store.
    """
    whole = not paths
    places = [str(root / place) for place in settings.documents.paths] if whole else list(paths)
    checkout = find_checkout(root)
    read_now = read_documents(places, root, settings.documents, checkout)
    by_path = {document.path: document for document in known.documents.values() if document.present}
    emptied, legible = _without_a_word(read_now.documents, by_path, known)
    unreadable = [*read_now.unreadable, *emptied]
    rules = reading_rules(settings)
    changed = [
        document
        for document in legible
        if document.path not in by_path
        or (by_path[document.path].digest, by_path[document.path].rules) != (document.digest, rules)
    ]
    parsed = {document.path: document for document in _parse(changed, settings.parser)}
    renamed = _renamed(legible, by_path, root, checkout)
    keys = _keys(legible, parsed, known, marked, root, settings.documents.namespace, renamed)
    clashes = _clashes(keys, known)
    unreadable += [(path, f"its id {keys.pop(path)!r} is that of {other}") for path, other in clashes.items()]
    documents = dict(known.documents)
    for document in legible:
        if document.path not in keys:
            continue
        key = keys[document.path]
        now = parsed.get(document.path)
        documents[key] = _known(key, document, now, documents.get(key), private=settings.documents.private, rules=rules)
    here = {*keys.values(), *(key for key, document in documents.items() if _is_unreadable(document, unreadable))}
    gone = frozenset(key for key, document in known.documents.items() if whole and document.present and key not in here)
    documents |= {key: replace(documents[key], present=False) for key in gone}
    return Reading(
        {keys[path]: document for path, document in parsed.items() if path in keys},
        documents,
        len(legible),
        sum(document.present for document in known.documents.values()) if whole else 0,
        gone,
        tuple(unreadable),
    )


def _without_a_word(
    found: Sequence[Document], by_path: Mapping[str, KnownDocument], known: Known
) -> tuple[list[tuple[str, str]], list[Document]]:
    """Files that held items and are empty now were cut off, not emptied on purpose: they count as unreadable."""
    with_items = {item.document for item in known.items.values() if item.state is not ItemState.REMOVED}
    empty = [
        document.path
        for document in found
        if not document.text.strip("\ufeff \t\r\n")
        and document.path in by_path
        and by_path[document.path].key in with_items
    ]
    legible = [document for document in found if document.path not in empty]
    return [(path, "the file is empty, and held action items before") for path in empty], legible


def _keys(
    found: Sequence[Document],
    parsed: Mapping[str, ParsedDocument],
    known: Known,
    marked: Iterable[Item],
    root: Path,
    namespace: str | None,
    renamed: Mapping[str, str],
) -> dict[str, str]:
    texts: dict[str, set[str]] = {key: set() for key in known.documents}
    for item in (*known.items.values(), *marked):
        if item.state is not ItemState.REMOVED:
            texts.setdefault(item.document, set()).add(normalise(item.text))
    prefix = f"{namespace}:" if namespace else ""
    former = [
        FormerDocument(
            key, path, document.digest if document else None, frozenset(texts[key]), not (root / path).exists()
        )
        for key in texts
        for document in [known.documents.get(key)]
        for path in [document.path if document else key.removeprefix(prefix)]
    ]
    key_at = {document.path: key for key, document in known.documents.items() if document.present}
    candidates = []
    for there in found:
        fresh = parsed.get(there.path)
        if fresh is None:
            candidates.append(FoundDocument(there.path, key_at[there.path], there.digest, frozenset()))
        else:
            said = frozenset(normalise(item.text) for item in fresh.items)
            own = f"{prefix}{fresh.id}" if fresh.id is not None else None
            candidates.append(FoundDocument(there.path, own, there.digest, said))
    return match_documents(candidates, former, prefix, renamed)


def _renamed(
    found: Iterable[Document], by_path: Mapping[str, KnownDocument], root: Path, checkout: Checkout | None
) -> dict[str, str]:
    """Where new documents were before, as git tells; it is asked only when others are missing."""
    new = {document.path for document in found} - by_path.keys()
    missing = [document for path, document in by_path.items() if not (root / path).exists()]
    if checkout is None or not new:
        return {}
    renamed: dict[str, str] = {}
    base = root.resolve()
    for revision in sorted({document.revision for document in missing if document.revision is not None}):
        for now, before in find_renames(checkout, revision).items():
            renamed[document_path(now, base)] = document_path(before, base)
    return renamed


def _clashes(keys: Mapping[str, str], known: Known) -> dict[str, str]:
    """Paths whose document has the key of another one, with that one's path: the known one keeps it, else the first."""
    keeper: dict[str, str] = {}
    for path, key in sorted(keys.items()):
        document = known.documents.get(key)
        if key not in keeper or (document is not None and document.path == path):
            keeper[key] = path
    return {path: keeper[key] for path, key in keys.items() if keeper[key] != path}


def _known(
    key: str,
    document: Document,
    parsed: ParsedDocument | None,
    before: KnownDocument | None,
    *,
    private: bool,
    rules: str,
) -> KnownDocument:
    """The document as it will be remembered. An unchanged one keeps the revision it was read at."""
    if parsed is None and before is not None:
        return before
    facts = parsed or ParsedDocument(document.path, None, None, None, ())
    read_at: Document | KnownDocument = document
    if before is not None and (before.path, before.digest) == (document.path, document.digest):
        read_at = before
    return KnownDocument(
        key,
        document.path,
        document.digest,
        facts.title,
        facts.incident_date,
        facts.severity,
        private if facts.private is None else facts.private,
        read_at.revision,
        read_at.web_url,
        rules=rules,
        services=facts.services,
    )


def _is_unreadable(document: KnownDocument, unreadable: Iterable[tuple[str, str]]) -> bool:
    """Whether it could not be read, or stands in a folder that could not be listed."""
    return any(document.path == path or document.path.startswith(f"{path}/") for path, _ in unreadable)
