"""The text of a file and back: what is written keeps the encoding and the byte order mark that were there."""

from __future__ import annotations

import codecs

_MARKS = (
    # UTF-32 first: its little-endian mark begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes) -> str:
    """The text of a file: as its byte-order mark says, else UTF-8, else Latin-1, which takes any bytes.

    Raises:
        ValueError: it is no text.
    """
    mark, encoding = _encoding(data)
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError("is no text") from error
    # Parsed nevertheless, a picture or an unmarked UTF-16 file would look like a document whose items have all left.
    if "\0" in text:
        raise ValueError("is no text")
    return text


def encode(text: str, like: bytes) -> bytes:
    """`text` as the file with the bytes `like` is written.

    Raises:
        ValueError: its encoding has no such character, or these bytes would not come back as they are.
    """
    mark, encoding = _encoding(like)
    if mark + decode(like).encode(encoding) != like:
        raise ValueError(f"is not {encoding} as it is usually written")
    try:
        return mark + text.encode(encoding)
    except UnicodeEncodeError as error:
        raise ValueError(f"is {encoding}, which has no {error.object[error.start : error.end]!r}") from error


def _encoding(data: bytes) -> tuple[bytes, str]:
    """The byte order mark that is no part of the text, and the encoding."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return mark, encoding
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return b"", "latin-1"
    return b"", "utf-8"
