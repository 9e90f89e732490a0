"""Documents in files and folders."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tracker.errors import UsageError
from tracker.model import Document
from tracker.settings import DocumentSettings
from tracker.sources.git import Checkout

_LARGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """What was read, and the paths that could not be read, each with the reason: those keep their last known state."""

    documents: tuple[Document, ...]
    unreadable: tuple[tuple[str, str], ...]


def read_documents(
    paths: Iterable[str], root: Path, settings: DocumentSettings, checkout: Checkout | None = None
) -> Found:
    """Read every postmortem below `paths` (files as they are; folders through the settings' globs).

    Args:
        paths: absolute, or relative to the working directory.
        root: the folder that document paths are told relative to.
        settings: which files in a folder are postmortems.
        checkout: the git checkout they stand in, for revisions and links.

    Raises:
        UsageError: a path does not exist.
    """
    documents: dict[str, Document] = {}
    unreadable: dict[str, str] = {}
    for file in _files(paths, settings):
        name = document_path(file, root)
        try:
            if file.stat().st_size > _LARGEST:
                unreadable[name] = f"larger than {_LARGEST // 1_000_000} MB"
                continue
            data = file.read_bytes()
        except OSError as error:
            unreadable[name] = error.strerror or str(error)
            continue
        revision, web_url = checkout.describe(file) if checkout else (None, None)
        documents[name] = Document(name, decode(data), hashlib.sha256(data).hexdigest(), revision, web_url)
    return Found(tuple(documents[name] for name in sorted(documents)), tuple(sorted(unreadable.items())))


def document_path(file: Path, root: Path) -> str:
    """How `file` is named: POSIX, relative to `root` if below it."""
    absolute = Path(os.path.abspath(file))  # noqa: PTH100 - symbolic links keep their own name
    base = Path(os.path.abspath(root))  # noqa: PTH100
    return PurePosixPath(absolute.relative_to(base) if absolute.is_relative_to(base) else absolute).as_posix()


def decode(data: bytes) -> str:
    """The text of a file: UTF-8 (with or without a mark), else Latin-1, which takes any bytes."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _files(paths: Iterable[str], settings: DocumentSettings) -> Iterator[Path]:
    for path in paths:
        place = Path(path)
        if place.is_dir():
            yield from _in_folder(place, settings)
        elif place.exists():
            yield place
        else:
            raise UsageError(
                "no such file or folder", where=path, advice="Check the path, or `documents.paths` in closeout.toml."
            )


def _in_folder(folder: Path, settings: DocumentSettings) -> list[Path]:
    found = {
        file
        for pattern in settings.include
        for file in folder.glob(pattern)
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    }
    return sorted(file for file in found if not any(_matches(file, folder, pattern) for pattern in settings.exclude))


def _matches(file: Path, folder: Path, pattern: str) -> bool:
    """`Path.match` knows no `**` before Python 3.13; a leading `**/` also means "right here"."""
    return file.relative_to(folder).match(pattern.removeprefix("**/")) or file.relative_to(folder).match(pattern)
