"""Documents in files and folders."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tracker.errors import UsageError
from tracker.model import Document
from tracker.settings import DocumentSettings
from tracker.sources.git import Checkout
from tracker.sources.text import decode

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
    places = list(paths)
    unreadable = {_shown(document_path(folder, root)): why for folder, why in _closed_folders(places)}
    for file in _files(places, root, settings):
        name = document_path(file, root)
        if (shown := _shown(name)) != name:
            # No name for a key, a marker or a page: none of them could hold it.
            unreadable[shown] = "its name is not UTF-8; rename it"
            continue
        try:
            if file.stat().st_size > _LARGEST:
                unreadable[name] = f"larger than {_LARGEST // 1_000_000} MB"
                continue
            data = file.read_bytes()
            text = decode(data)
        except OSError as error:
            unreadable[name] = error.strerror or str(error)
            continue
        except ValueError as error:
            unreadable[name] = str(error)
            continue
        revision, web_url = checkout.describe(file) if checkout else (None, None)
        documents[name] = Document(name, text, hashlib.sha256(data).hexdigest(), revision, web_url)
    return Found(tuple(documents[name] for name in sorted(documents)), tuple(sorted(unreadable.items())))


def document_path(file: Path, root: Path) -> str:
    """How `file` is named: POSIX, relative to `root` if below it."""
    absolute = Path(os.path.abspath(file))  # noqa: PTH100 - symbolic links keep their own name
    base = Path(os.path.abspath(root))  # noqa: PTH100
    return PurePosixPath(absolute.relative_to(base) if absolute.is_relative_to(base) else absolute).as_posix()


def _files(paths: Iterable[str], root: Path, settings: DocumentSettings) -> list[Path]:
    """The files below `paths`, each once: by the name that takes no link if there is one, else by the first."""
    folders = [folder for each in settings.paths if (folder := root / each).is_dir()]
    real_root = root.resolve()
    chosen: dict[Path, Path] = {}
    for path in paths:
        place = Path(path)
        if not place.exists():
            raise UsageError(
                "no such file or folder", where=path, advice="Check the path, or `documents.paths` in closeout.toml."
            )
        files = _in_folder(place, settings) if place.is_dir() else [place]
        # A part that is named by itself gets the names that a reading of the whole folder gives it.
        own = place if place.is_dir() else place.parent
        folder = next((folder for folder in folders if _is_below(place, folder)), own)
        real_folder = folder.resolve()
        for file in files:
            real = file.resolve()
            # A link to another file of the folder is that file; one that leads elsewhere is a document of its own.
            named = folder / real.relative_to(real_folder) if real.is_relative_to(real_folder) else file
            if real not in chosen or document_path(named, root) == document_path(real, real_root):
                chosen[real] = named
    return list(chosen.values())


def _is_below(file: Path, folder: Path) -> bool:
    return Path(os.path.abspath(file)).is_relative_to(os.path.abspath(folder))  # noqa: PTH100 - links stay links


def _shown(name: str) -> str:
    """`name` as it can be written: bytes that are no UTF-8 become replacement characters."""
    return os.fsencode(name).decode("utf-8", "replace")


def _in_folder(folder: Path, settings: DocumentSettings) -> list[Path]:
    found = {
        file
        for pattern in settings.include
        for file in folder.glob(pattern)
        if _is_file(file) and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    }
    return sorted(file for file in found if not any(_matches(file, folder, pattern) for pattern in settings.exclude))


def _closed_folders(paths: Iterable[str]) -> list[tuple[Path, str]]:
    """Folders that may not be listed, with the reason: `Path.glob` passes over them as if they were empty."""
    closed: list[OSError] = []
    for path in filter(os.path.isdir, paths):
        for _, folders, _ in os.walk(path, onerror=closed.append):
            folders[:] = [name for name in folders if not name.startswith(".")]
    return [(Path(str(error.filename)), f"the folder can't be listed: {error.strerror}") for error in closed]


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except PermissionError:
        return True  # reading it tells why not


def _matches(file: Path, folder: Path, pattern: str) -> bool:
    """`Path.match` knows no `**` before Python 3.13; a leading `**/` also means "right here"."""
    return file.relative_to(folder).match(pattern.removeprefix("**/")) or file.relative_to(folder).match(pattern)
