"""Chains of edits, each followed by what a sync does to recognise documents and items, held against the truth."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from machine.edits import EDITS
from machine.pages import Library, Line, Page

from tracker.documents import FormerDocument, FoundDocument, match_documents
from tracker.identity import Identified, identify, item_id
from tracker.model import Item, ItemState, ParsedDocument, ParsedItem
from tracker.parsing import parse
from tracker.spelling import normalise

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOP = Path(__file__).resolve().parents[2]
DEV = TOP.parent / "shared" / "corpus" / "dev"
FATES = ("kept", "doubt", "lost", "false", "exchanged")


@dataclass(frozen=True)
class Case:
    """A survivor that did not keep its identity."""

    fate: str
    edits: tuple[str, ...]
    path: str
    before: str
    after: str
    got: str = ""
    seed: str = ""


@dataclass
class Tally:
    """Fates of survivors, by the edits that touched them; `untouched` for bystanders."""

    fates: dict[str, Counter[str]] = field(default_factory=dict)
    edits: Counter[str] = field(default_factory=Counter)
    cases: list[Case] = field(default_factory=list)
    doubted_new: int = 0
    new: int = 0
    unread: int = 0
    documents_lost: int = 0

    def count(self, edits: Sequence[str], fate: str) -> None:
        for edit in edits or ("untouched",):
            self.fates.setdefault(edit, Counter())[fate] += 1

    def total(self, fate: str) -> int:
        """How many survivors had this fate, each counted once."""
        return self.once[fate]

    once: Counter[str] = field(default_factory=Counter)

    def share(self, *, touched: bool = False) -> float:
        """The share of survivors that kept their identity; `touched`: of those that an edit was about."""
        counts = self.once
        if touched:
            counts = counts - self.fates.get("untouched", Counter())
        return (counts["kept"] + counts["exchanged"]) / max(1, counts.total())


def real_documents() -> list[tuple[str, str]]:
    """The examples and, where it stands beside the repository, the corpus without every third document."""
    paths = sorted((TOP / "examples" / "postmortems").glob("*.md"))
    if DEV.is_dir():
        numbered = sorted(DEV.glob("*.md"))
        paths += [path for path in numbered if int("".join(filter(str.isdigit, path.stem.split("-")[0])) or 0) % 3]
    return [(path.name, path.read_text("utf-8")) for path in paths]


class Team:
    """Some documents, and all that a store would know of them. Every item has an issue: everything is at stake."""

    def __init__(
        self, documents: Sequence[tuple[str, str]], promises: Sequence[str], seed: str, without: Sequence[str] = ()
    ) -> None:
        self.seed = seed
        self.kinds = {name: weight for name, (_, weight) in EDITS.items() if name not in without}
        pages = [Page(path, [Line(text) for text in body.splitlines()]) for path, body in documents]
        self.library = Library(pages, random.Random(seed), promises)  # noqa: S311 - no secret
        self.keys: dict[str, tuple[str, str]] = {}
        self.known: dict[str, Item] = {}
        self.id_of: dict[int, str] = {}
        self.label_of: dict[str, int] = {}
        self.key_truth: dict[int, str] = {}
        self.absent: set[int] = set()
        self.says: dict[int, str] = {}
        self.step(Tally(), {}, first=True)

    def edit(self, tally: Tally, most: int) -> int:
        """One revision: some edits, then what is recognised. Returns how many edits were made."""
        library = self.library
        touched: dict[int, list[str]] = {}
        made = 0
        for _ in range(library.random.randint(1, most)):
            (name,) = library.random.choices(list(self.kinds), list(self.kinds.values()))
            labels = EDITS[name][0](library)
            if labels is None:
                continue
            made += 1
            tally.edits[name] += 1
            for label in labels:
                touched.setdefault(label, []).append(name)
        self.step(tally, touched)
        return made

    def step(self, tally: Tally, touched: Mapping[int, list[str]], *, first: bool = False) -> None:
        truth: dict[int, int] = {}
        documents: dict[str, ParsedDocument] = {}
        for page in self.library.pages:
            labels = self.library.read(page, first=first)
            documents[page.path] = parse(page.path, page.text)
            items = documents[page.path].items
            self.absent |= {label for line in page.lines for label in line.labels} - set(labels.values())
            truth |= {id(items[place]): label for place, label in labels.items()}
            tally.unread += sum(len(line.labels) for line in page.lines) - len(labels)
        keys = self._match_documents(documents, tally)
        parsed = {keys[path]: document for path, document in documents.items()}
        named = {f"#{number}": self.id_of[label] for label, number in self.library.numbers.items()}
        gone = frozenset(self.keys) - set(parsed)
        before = dict(self.known)
        identified = identify(parsed, self.known.values(), named, gone, NOW, frozenset(self.known))
        self.keys = {keys[page.path]: (page.path, page.text) for page in self.library.pages}
        self._judge(identified, parsed, truth, touched, tally, before, first=first)

    def _match_documents(self, documents: Mapping[str, ParsedDocument], tally: Tally) -> dict[str, str]:
        digests = {page.path: page.text for page in self.library.pages}
        found = [
            FoundDocument(path, document.id, digests[path], frozenset(normalise(item.text) for item in document.items))
            for path, document in documents.items()
        ]
        texts: dict[str, set[str]] = {}
        for item in self.known.values():
            if item.state is not ItemState.REMOVED:
                texts.setdefault(item.document, set()).add(normalise(item.text))
        former = [
            FormerDocument(key, path, digest, frozenset(texts.get(key, ())), path not in documents)
            for key, (path, digest) in self.keys.items()
        ]
        keys = match_documents(found, former)
        for page in self.library.pages:
            key = self.key_truth.setdefault(id(page), keys[page.path])
            tally.documents_lost += key != keys[page.path]
            self.key_truth[id(page)] = keys[page.path]
        return keys

    def _judge(
        self,
        identified: Identified,
        parsed: Mapping[str, ParsedDocument],
        truth: Mapping[int, int],
        touched: Mapping[int, list[str]],
        tally: Tally,
        before: Mapping[str, Item],
        *,
        first: bool,
    ) -> None:
        self.known = {item.id: item for item in identified.items}
        doubted = {id(doubt.parsed) for doubt in identified.doubts}
        found = list(self._pairs(identified, parsed, doubted))
        holder = {truth[id(item)]: got for _, item, got in found if id(item) in truth and got}
        self.says = {truth[id(item)]: normalise(item.text) for _, item, _ in found if id(item) in truth}
        for key, item, got in found:
            label = truth.get(id(item))
            if label is None:  # the parser reads something as an item that nobody promised
                label = self.label_of.get(got, 0) or self.library.fresh()
                if got:
                    self.label_of.setdefault(got, label)
                continue
            edits = [*touched.get(label, []), "returned"] if label in self.absent else touched.get(label, [])
            self.absent.discard(label)
            self._one(key, item, got, label, holder, edits, tally, before, first=first)
        for doubt in identified.doubts:
            self._decide(doubt.document, doubt.parsed, truth.get(id(doubt.parsed)))
        for label, known in self.id_of.items():
            self.library.numbers.setdefault(label, len(self.library.numbers) + 1)
            self.label_of[known] = label

    def _pairs(
        self, identified: Identified, parsed: Mapping[str, ParsedDocument], doubted: set[int]
    ) -> Iterator[tuple[str, ParsedItem, str]]:
        """Each parsed item with its document's key and the id that it was given; none while in doubt."""
        given: dict[tuple[str, int, str, int], list[str]] = {}
        for item in identified.items:
            if item.state is not ItemState.REMOVED:
                given.setdefault((item.document, item.line, item.text, item.ordinal), []).append(item.id)
        for key, document in parsed.items():
            ordinals: Counter[str] = Counter()
            for item in document.items:
                text = normalise(item.text)
                ordinal, ordinals[text] = ordinals[text], ordinals[text] + 1
                ids = given.get((key, item.line, item.text, ordinal), [])
                yield key, item, "" if id(item) in doubted or not ids else ids.pop(0)

    def _one(
        self,
        key: str,
        item: ParsedItem,
        got: str,
        label: int,
        holder: Mapping[int, str],
        edits: Sequence[str],
        tally: Tally,
        before: Mapping[str, Item],
        *,
        first: bool,
    ) -> None:
        mine = self.id_of.get(label)
        if mine is None:
            tally.new += not first
            tally.doubted_new += not got
            fate = self._fate_of_new(item, got, label, before)
        else:
            fate = self._fate(mine, got, label, holder, before)
        if fate:
            tally.count(edits, fate)
            tally.once[fate] += 1
        if fate not in ("", "kept"):
            was = before[mine].text if mine else "(new)"
            other = before[got].text if got in before else ""
            tally.cases.append(Case(fate, tuple(edits), key, was, item.text, other, self.seed))
        if got:
            self.id_of[label] = got
            if mine is None:
                self.label_of[got] = label

    def _fate_of_new(self, item: ParsedItem, got: str, label: int, before: Mapping[str, Item]) -> str:
        """A new promise is no survivor: it counts only when it took what was somebody else's."""
        owner = self.label_of.get(got)
        if owner is None or owner in self.library.alike(label):
            return ""
        same = got in before and normalise(before[got].text) == normalise(item.text)
        return "exchanged" if same else "false"

    def _fate(self, mine: str, got: str, label: int, holder: Mapping[int, str], before: Mapping[str, Item]) -> str:
        owner, same = self.label_of.get(got), self.library.same
        if not got:
            return "doubt"
        if got == mine:
            return "kept"
        if owner is None or owner == label:
            if any(label in others and holder.get(other) == mine for other, others in same.items()):
                return "kept"  # by the other part of what was split
            taken = any(given == mine and other not in self.id_of for other, given in holder.items())
            return "exchanged" if taken else "lost"  # a new one that says the very same came first
        if owner in self.library.alike(label):
            return "kept"
        same_before = normalise(before[mine].text) == normalise(before[got].text)
        return "exchanged" if same_before or self.says[label] == self.says.get(owner) else "false"

    def _decide(self, key: str, parsed: ParsedItem, label: int | None) -> None:
        """A person says which one it is."""
        mine = self.id_of.get(label or 0)
        if mine is not None and mine in self.known:
            self.known[mine] = replace(
                self.known[mine], document=key, text=parsed.text, line=parsed.line, section=parsed.section
            )
        elif label is not None:
            ordinal = 1_000 + len(self.known)
            new = item_id(key, parsed.text, ordinal)
            self.known[new] = Item(new, key, parsed.text, ordinal, parsed.kind, parsed.section, parsed.line, NOW)
            self.id_of[label], self.label_of[new] = new, label


def run(
    documents: Sequence[tuple[str, str]],
    edits: int,
    seed: int,
    *,
    most: int = 4,
    team: int = 3,
    without: Sequence[str] = (),
) -> Tally:
    """Edit teams of documents, sixty revisions each, until so many edits were made; none of the kinds in `without`."""
    tally = Tally()
    chooser = random.Random(seed)  # noqa: S311 - no secret
    rich = [document for document in documents if len(parse(*document).items) >= 3]
    made = round_ = 0
    while made < edits:
        chosen = chooser.sample(rich, team)
        names = {path for path, _ in chosen}
        promises = [i.text for path, body in rich if path not in names for i in parse(path, body).items]
        group = Team(chosen, [text for text in promises if len(text.split()) > 3], f"{seed}-{round_}", without)
        for _ in range(60):
            made += group.edit(tally, most)
            if made >= edits:
                break
        round_ += 1
    return tally
