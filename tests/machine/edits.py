"""Realistic edits of real postmortems, made in the Markdown itself.

An edit changes, moves, adds or drops lines and takes their labels along. Each kind is one function in `EDITS`; it
returns the labels that it touched, or None where it can't be made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from machine.pages import ITEM, Library, Line, Page, place_of, say, shape
from machine.phrases import ASIDES, OWNERS, REWORDINGS, SYNONYMS


def _pick(library: Library, where: Callable[[Page], list[int]]) -> Iterator[tuple[Page, int]]:
    """Lines to try, in random order."""
    places = [(page, number) for page in library.pages for number in where(page)]
    library.random.shuffle(places)
    yield from places


Touched = tuple[int, ...] | None


def synonym(library: Library) -> Touched:
    """One or two words become others that mean the same."""
    for page, number in _pick(library, Page.editable):
        line = page.lines[number]
        words = line.said.split(" ")
        known = [n for n, word in enumerate(words) if word.lower() in SYNONYMS]
        if known:
            for place in library.random.sample(known, min(len(known), library.random.choice((1, 1, 2)))):
                other = library.random.choice(SYNONYMS[words[place].lower()])
                words[place] = other.capitalize() if words[place][:1].isupper() else other
            say(line, " ".join(words))
            return line.labels
    return None


def rewording(library: Library) -> Touched:
    """The sentence begins otherwise: "Add alerts" becomes "We should add alerts"."""
    for page, number in _pick(library, Page.editable):
        line = page.lines[number]
        for opening in REWORDINGS:
            if line.said.startswith(opening):
                say(line, line.said.removeprefix(opening))
                line_words = line.said[:1].upper() + line.said[1:]
                say(line, line_words)
                return line.labels
        first = line.said.split(" ")[0]
        if first.lower() in SYNONYMS and len(line.said.split()) > 3:
            opening = library.random.choice(REWORDINGS)
            say(line, opening + line.said[:1].lower() + line.said[1:])
            return line.labels
    return None


def aside(library: Library) -> Touched:
    """A few words more at the end, or those there were taken back."""
    for page, number in _pick(library, Page.editable):
        line = page.lines[number]
        for words in ASIDES:
            if words in line.said:
                say(line, line.said.replace(words, ""))
                return line.labels
        if len(line.said.split()) > 3 and line.said[-1].isalnum():
            say(line, line.said + library.random.choice(ASIDES))
            return line.labels
    return None


def typo_made(library: Library) -> Touched:
    """Two letters change places, or one is missing."""
    for page, number in _pick(library, Page.editable):
        line = page.lines[number]
        words = [word for word in line.said.split(" ") if len(word) > 4 and word.isalpha()]
        if words and line.typo is None:
            word = library.random.choice(words)
            place = library.random.randrange(1, len(word) - 2)
            swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
            wrong = library.random.choice((swapped, word[:place] + word[place + 1 :]))
            line.typo = (wrong, word)
            say(line, line.said.replace(word, wrong, 1))
            return line.labels
    return None


def typo_mended(library: Library) -> Touched:
    for page, number in _pick(library, Page.editable):
        line = page.lines[number]
        if line.typo is not None and line.typo[0] in line.said:
            say(line, line.said.replace(*line.typo, 1))
            line.typo = None
            return line.labels
    return None


def punctuation(library: Library) -> Touched:
    """A full stop more or less, a capital letter, a hyphen, code marks around a word."""
    for page, number in _pick(library, Page.editable):
        line = page.lines[number]
        said = line.said
        change = library.random.randrange(4)
        if change == 0 and not said.endswith("."):
            at = place_of(line) + len(said)
            rest = line.text[at:]
            line.text = line.text[:at] + (rest.removeprefix(".") if rest.startswith(".") else "." + rest)
        elif change == 1 and said[:1].isalpha():
            say(line, said[0].swapcase() + said[1:])
        elif change == 2 and " - " not in said and "," in said:
            say(line, said.replace(",", "", 1))
        elif change == 3 and len(said.split()) > 4 and said.split()[3].isalpha():
            words = said.split(" ")
            words[3] = f"`{words[3]}`"
            at = place_of(line)
            line.text = line.text[:at] + " ".join(words) + line.text[at + len(said) :]
        else:
            continue
        return line.labels
    return None


def reordering(library: Library) -> Touched:
    """Two items of one list change places."""
    for page, number in _pick(library, Page.movable):
        mates = [
            other
            for other in page.movable()
            if other != number and shape(page.lines[other].text) == shape(page.lines[number].text)
        ]
        near = [other for other in mates if all(line.text.strip() for line in page.lines[min(number, other) :][:2])]
        if near:
            other = library.random.choice(near)
            page.lines[number], page.lines[other] = page.lines[other], page.lines[number]
            page.renumber()
            return page.lines[number].labels + page.lines[other].labels
    return None


def _insert_after(page: Page, number: int, line: Line) -> None:
    """`line` as one more item below another, in that one's shape."""
    shape = ITEM.match(page.lines[number].text)
    mine = ITEM.match(line.text)
    assert shape is not None
    own_box, box = (mine[4] if mine else None), shape[4]
    rest = line.text[mine.end() :] if mine else line.text
    line.text = f"{shape[1]}{shape[2]}{shape[3]}{own_box or ('[ ] ' if box else '')}{rest}"
    page.lines.insert(number + 1, line)
    page.renumber()


def moved_in_document(library: Library) -> Touched:
    """An item goes to another list of its document."""
    for page, number in _pick(library, Page.movable):
        others = [other for other in page.movable() if abs(other - number) > 2]
        if others:
            other = library.random.choice(others)
            anchor = page.lines[other]
            line = page.lines.pop(number)
            _insert_after(page, page.lines.index(anchor), line)
            return line.labels
    return None


def moved_to_another_document(library: Library) -> Touched:
    for page, number in _pick(library, Page.movable):
        for other, place in _pick(library, Page.movable):
            if other is not page and len(page.movable()) > 1:
                line = page.lines.pop(number)
                _insert_after(other, place, line)
                page.renumber()
                return line.labels
    return None


def document_renamed(library: Library) -> Touched:
    page = library.random.choice(library.pages)
    stem = page.path.rsplit(".", 1)[0].split("--")[0]
    page.path = f"{stem}--{library.random.randrange(10_000):04}.md"
    return tuple(label for line in page.lines for label in line.labels)


def added(library: Library) -> Touched:
    """A promise that some other team wrote."""
    for page, number in _pick(library, Page.movable):
        words = library.random.choice(library.promises)
        if words not in library.added and not any(words in line.text for each in library.pages for line in each.lines):
            library.added.add(words)
            label = library.fresh()
            _insert_after(page, number, Line(words, (label,), words))
            return (label,)
    return None


def removed(library: Library) -> Touched:
    for page, number in _pick(library, Page.movable):
        if len(page.movable()) > 2:
            del page.lines[number]
            page.renumber()
            return ()
    return None


def split(library: Library) -> Touched:
    """ "Do this and that" becomes two items; either may count as the one there was."""
    for page, number in _pick(library, Page.movable):
        line = page.lines[number]
        first, _, second = line.said.partition(" and ")
        if len(first.split()) > 2 and len(second.split()) > 2:
            label = library.fresh()
            library.same.setdefault(label, set()).add(line.labels[0])
            words = second[:1].upper() + second[1:]
            say(line, first)
            _insert_after(page, number, Line(words, (label,), words))
            return (*line.labels, label)
    return None


def merged(library: Library) -> Touched:
    """Two items become one; it may count as either."""
    for page, number in _pick(library, Page.movable):
        if number + 1 in page.movable():
            line, other = page.lines[number], page.lines[number + 1]
            if len(line.said) + len(other.said) < 160 and line.said[-1].isalnum():
                say(line, f"{line.said} and {other.said[:1].lower()}{other.said[1:]}")
                library.same.setdefault(line.labels[0], set()).add(other.labels[0])
                del page.lines[number + 1]
                page.renumber()
                return line.labels
    return None


def ticked(library: Library) -> Touched:
    for page, number in _pick(library, Page.movable):
        line = page.lines[number]
        shape = ITEM.match(line.text)
        assert shape is not None
        box = "" if shape[4] and "x" in shape[4].lower() else "[x] "
        line.text = line.text[: shape.end(3)] + box + line.text[shape.end() :]
        return line.labels
    return None


def reassigned(library: Library) -> Touched:
    """Another owner, day or priority."""
    for page, number in _pick(library, Page.movable):
        line = page.lines[number]
        owner, day = library.random.choice(OWNERS), library.random.randrange(1, 29)
        rest = line.text[place_of(line) + len(line.said) :]
        if rest.startswith(" (owner: "):
            line.text = re.sub(r"\(owner: [^,]*, due: [^)]*\)", f"(owner: {owner}, due: 2026-12-{day:02})", line.text)
        elif not rest.strip(" ."):
            at = place_of(line) + len(line.said)
            line.text = f"{line.text[:at]} (owner: {owner}, due: 2026-12-{day:02})"
        else:
            continue
        return line.labels
    return None


def issue_named(library: Library) -> Touched:
    """The item's own issue is written into its line."""
    for page, number in _pick(library, Page.movable):
        line = page.lines[number]
        if "#" not in line.text and line.labels[0] in library.numbers:
            at = place_of(line) + len(line.said)
            line.text = f"{line.text[:at]} (#{library.numbers[line.labels[0]]}){line.text[at:]}"
            return line.labels
    return None


def said_twice(library: Library) -> Touched:
    """The very same words once more below."""
    for page, number in _pick(library, Page.movable):
        line = page.lines[number]
        if "#" not in line.text:
            label = library.fresh()
            page.lines.insert(number + 1, Line(line.text, (label,), line.said))
            page.renumber()
            return (*line.labels, label)
    return None


EDITS: dict[str, tuple[Callable[[Library], Touched], int]] = {
    "synonym": (synonym, 12),
    "rewording": (rewording, 6),
    "words added": (aside, 8),
    "typo made": (typo_made, 8),
    "typo mended": (typo_mended, 8),
    "punctuation": (punctuation, 8),
    "reordering": (reordering, 8),
    "moved in document": (moved_in_document, 6),
    "moved to another": (moved_to_another_document, 5),
    "document renamed": (document_renamed, 4),
    "added": (added, 8),
    "removed": (removed, 7),
    "split": (split, 2),
    "merged": (merged, 2),
    "ticked": (ticked, 6),
    "owner or due changed": (reassigned, 6),
    "issue named": (issue_named, 3),
    "said twice": (said_twice, 1),
}
"""Each kind of edit, and how often people make it beside the others."""
