r"""Markdown as Jira's wiki text. Pure.

Jira's renderer (atlassian-renderer) is a chain of regular expressions over the whole text, so a sign is only safe
where none of them can see it. Text is therefore guarded by character references (`&#123;` for a brace): they are kept
as they are up to the browser, while a backslash is taken away halfway, before the later expressions run, and the
search for people to notify reads the raw text: it finds `[~ana]` even where it would be shown as code.

The rules that the guards follow:
- macros `{name}` and links `[…]` are found first, anywhere; a row of a table is cut at `|` before its text is looked at
- a mark opens where no letter or digit stands before it and no space behind it; `{*}` opens and closes anywhere
- inside of marks only letters, digits, spaces, signs and punctuation may stand, and never the mark itself
- `#`, `*`, `-`, `h1.`, `bq.` count at the beginning of a line
- `:)`, `(x)` and their like become pictures; ` -- ` and ` --- ` become dashes; `\\` becomes a line break
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, takewhile
from typing import Final

from connectors.markup.adf import BOXES, RULE
from connectors.markup.tree import Node, Run, code_of, flow, html_as_words, is_task, parse, runs

_BREAK: Final = "\\\\ "
_SIGNS: Final[Mapping[str, str]] = {"strong": "*", "em": "_", "strike": "-"}
_NOTHING: Final = "&#8203;"
"""A space without width: keeps apart what would be read as one."""

_ALWAYS = re.compile(r"[\\{}\[\]|]|&(?=#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)")
_ADDRESS = re.compile(r":(?=//)|(?<=mailto):|(?<=file):", re.IGNORECASE)
_OPENING = re.compile(r"[*_+^~!-](?=\S|$)|-(?=-)")
_DOUBLE = re.compile(r"(?<=-)-|\?(?=\?)")
_PICTURE = re.compile(r"\((?=(?:[/x!+?yin*-]|on|off|\*[rgby]|flag(?:off)?)\))|(?<=[:;])[()]|(?<=:)[DP]")
_IN_MARKS = re.compile(r"[*_+^~!?-]")
_LINE_START = re.compile(r"^[*#-](?=[*#-]*(?:\s|$))|^h(?=[1-6]\.)|^b(?=q\.)")
_UNMARKABLE: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Nl", "No"})
_CUTS: Final = frozenset(' "<>[]{}|\\^`!')
_END: Final = r"\{[\\\s]*%s"
_MENTION = re.compile(r"\[(?=[~@])")


def to_wiki(markdown: str) -> str:
    """`markdown` as wiki text, without an empty line at either end; empty for a text that shows nothing."""
    return "\n\n".join(_blocks(parse(markdown)))


def _blocks(nodes: Iterable[Node], *, quoted: str = "") -> Iterator[str]:
    """The text of each block. `quoted` stands before the words of a quote inside of another one."""
    for node in flow(nodes):
        match node.kind:
            case "List":
                yield "\n".join(_list(node, ""))
            case "CodeBlock":
                yield _code(node)
            case "BlockQuote":
                yield from _quote(node)
            case "Table":
                yield "\n".join(_row(line) for line in node.children)
            case "Rule":
                yield "----"
            case "Heading":
                if words := _words(runs(node.children)):
                    yield f"h{node.data['level'][1:]}. {words}"
            case _:
                if words := _words(_runs(node)):
                    yield quoted + words


def _runs(node: Node) -> list[Run]:
    return html_as_words(node) if node.kind == "HtmlBlock" else runs(node.children)


def _quote(node: Node) -> Iterator[str]:
    """A quote; one inside of it is flattened: the macro can't stand in itself."""
    if inside := "\n\n".join(_unquoted(node.children, "")):
        yield f"{{quote}}\n{inside}\n{{quote}}"


def _unquoted(nodes: Iterable[Node], sign: str) -> Iterator[str]:
    for node in flow(nodes):
        if node.kind == "BlockQuote":
            yield from _unquoted(node.children, f"{sign}> ")
        else:
            yield from _blocks([node], quoted=sign)


def _list(node: Node, above: str) -> Iterator[str]:
    """Lines of a list. The format counts from 1 only: elsewhere the numbers are written."""
    counts = node.data == 1
    sign = above + ("#" if counts else "*")
    for number, item in enumerate(node.children, node.data or 0):
        written = BOXES[is_task(item)] or (f"{number}. " if node.data is not None and not counts else "")
        yield from _item(item, sign, written)


def _item(node: Node, sign: str, written: str) -> Iterator[str]:
    """An item's lines: no empty one, it would end the list; further blocks go on in the line below."""
    head: str | None = None
    for block in flow(node.children):
        if block.kind == "List":
            if head is None:
                head = ""
                yield f"{sign} {written}{_NOTHING}"
            yield from _list(block, sign)
            continue
        for text in _item_block(block):
            yield text if head is not None else f"{sign} {written}{text}"
            head = text
    if head is None:
        yield f"{sign} {written}{_NOTHING}"


def _item_block(node: Node) -> Iterator[str]:
    match node.kind:
        case "Heading":
            pieces = [Run(run.text, run.marks | {"strong"}, run.href, run.code) for run in runs(node.children)]
            yield from filter(None, [_words(pieces)])
        case "Rule":
            yield RULE
        case "BlockQuote":
            yield from (re.sub(r"\n{2,}", "\n", text) for text in _quote(node))
        case _:
            yield from _blocks([node])


def _code(node: Node) -> str:
    """Code between macros that it does not hold; a name that it mentions to nobody gets a space without width."""
    language, text = code_of(node)
    text = _MENTION.sub("[\u200b", text)
    macro = next((name for name in ("code", "noformat") if not re.search(_END % name, text)), "code")
    text = re.sub(_END % macro, lambda found: f"{{\u200b{found[0][1:]}", text)
    named = f":{language}" if macro == "code" and re.fullmatch(r"[A-Za-z0-9+#.-]+", language) else ""
    return f"{{{macro}{named}}}\n{text}\n{{{macro}}}"


def _row(node: Node) -> str:
    bar = "||" if node.kind == "TableHead" else "|"
    return "".join(f"{bar}{_words(runs(cell.children)) or ' '}" for cell in node.children) + bar


def _words(pieces: Sequence[Run]) -> str:
    """Runs as one line that starts no block by itself; marks open and close where no space is in their way."""
    units = [unit for href, group in groupby(pieces, lambda run: run.href) for unit in _units(href, list(group))]
    line, space = "", ""
    signs: dict[str, str] = {}  # of the marks that are open, outermost first
    for index, (text, marks) in enumerate(units):
        core = text.strip(" ")
        wanted = marks if core else marks & signs.keys()
        still = set(takewhile(wanted.__contains__, signs))
        line += "".join(signs.pop(mark) for mark in reversed(list(signs)) if mark not in still)
        line += space + text[: len(text) - len(text.lstrip(" "))]
        space = text[len(text.rstrip(" ")) :] if core else ""
        ends = {mark: _end(units, index, mark) for mark in wanted - signs.keys()}
        for mark in sorted(ends, key=lambda mark: (-ends[mark], mark)):  # the longest is outside
            signs[mark] = _sign(mark, line[-1:], _between(units, ends[mark]))
            line += signs[mark]
        keeps_apart = _NOTHING if core.startswith("{{") and _is_word(line[-1:]) else ""
        line += keeps_apart + (_at_start(core) if ends or not line else core)
        if core.endswith("}}") and _is_word(_between(units, index + 1)):
            line += _NOTHING
    return line + "".join(reversed(signs.values()))


def _units(href: str, group: Sequence[Run]) -> Iterator[tuple[str, frozenset[str]]]:
    """Guarded texts with their marks. A link is one text: what only a part of it is marked with can't be shown."""
    if not href:
        for run in group:
            text = _code_words(run.text) if run.code else _guard(run.text, run.marks)
            yield _BREAK if run.breaks else text, run.marks
        return
    label = "".join(run.text for run in group).replace("\n", " ")
    words = _code_words(label) if all(run.code for run in group) else _at_start(_guard(label.strip(), _SIGNS))
    address = "".join(f"%{ord(sign):02X}" if sign in _CUTS else sign for sign in href)
    inner = address if label.strip() in {href, ""} else f"{words}|{address}"
    before, after = label[: len(label) - len(label.lstrip())], label[len(label.rstrip()) :]
    yield f"{before}[{inner}]{after}", frozenset.intersection(*(run.marks for run in group))


def _end(units: Sequence[tuple[str, frozenset[str]]], start: int, mark: str) -> int:
    """The first unit from `start` on that has not the mark."""
    return next((index for index in range(start, len(units)) if mark not in units[index][1]), len(units))


def _between(units: Sequence[tuple[str, frozenset[str]]], index: int) -> str:
    """The character behind the unit before `index`, were there no marks; empty at the line's end."""
    if units[index - 1][0].endswith(" "):
        return " "
    return units[index][0][0] if index < len(units) else ""


def _sign(mark: str, before: str, after: str) -> str:
    """What opens and closes a mark: in braces where a word goes on at one of its ends."""
    sign = _SIGNS[mark]
    return f"{{{sign}}}" if _is_word(before) or _is_word(after) else sign


def _at_start(text: str) -> str:
    return _LINE_START.sub(lambda sign: _reference(sign[0]), text)


def _is_word(sign: str) -> bool:
    """Whether a mark can't open right behind, or close right before, this character."""
    return sign == "\\" or unicodedata.category(sign or " ")[0] not in "ZPS"


def _code_words(text: str) -> str:
    """Code within a line. What stands inside is read like any other text, so all signs are guarded."""
    inner = text.strip() or "\u00a0"
    return f"{{{{{_guard(inner, _SIGNS)}}}}}"


def _guard(text: str, marks: Iterable[str]) -> str:
    """Text that reads as itself, whatever it holds; with `marks`, also inside of these."""
    guarded = {found.start() for sign in (_ALWAYS, _ADDRESS, _DOUBLE, _PICTURE) for found in sign.finditer(text)}
    guarded |= {
        at.start() for at in _OPENING.finditer(text) if not _letter_or_digit(text[max(at.start() - 1, 0) : at.start()])
    }
    if marks:
        guarded |= {found.start() for found in _IN_MARKS.finditer(text)}
        guarded |= {at for at, sign in enumerate(text) if unicodedata.category(sign) in _UNMARKABLE}
    pieces = ""
    for at, sign in enumerate(text):
        smiles = sign == ")" and at - 1 in guarded  # a reference ends with a semicolon, which would wink
        pieces += _reference(sign) if at in guarded or smiles else sign
    return pieces


def _letter_or_digit(sign: str) -> bool:
    return bool(sign) and (unicodedata.category(sign)[0] == "L" or unicodedata.category(sign) == "Nd")


def _reference(sign: str) -> str:
    return f"&#{ord(sign)};"
