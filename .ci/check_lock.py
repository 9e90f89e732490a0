"""Do the lock files fit pyproject.toml? Needs no network and resolves nothing; `make lock` mends what this finds.

Usage: python .ci/check_lock.py [FOLDER]
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*])?==(?P<version>[^\s;\\]+)")
HASH = re.compile(r"^\s+--hash=sha256:[0-9a-f]{64}( \\)?$")
DIRECT = re.compile(r"closeout \(pyproject\.toml[^)]*\)")  # the lock's own note on why a package is there


class Lock:
    """One lock file: what it pins, what of that pyproject.toml asked for, and what is wrong with the file itself."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.pins: dict[str, Version] = {}
        self.direct: set[str] = set()
        self.problems: list[str] = []
        current, hashes = "", 0
        for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), "end==0"], start=1):
            if pin := PIN.match(line):
                if current and not hashes:
                    self.problems.append(f"{self.name}: {current} has no hash")
                current, hashes = canonicalize_name(pin["name"]), 0
                self.pins[current] = Version(pin["version"])
            elif HASH.match(line):
                hashes += 1
            elif line.lstrip().startswith("#"):
                if DIRECT.search(line):
                    self.direct.add(current)
            elif line.strip():
                self.problems.append(f"{self.name}:{number}: neither a pin nor a hash: {line.strip()}")
            if "://" in line:
                self.problems.append(f"{self.name}:{number}: names a host")
        del self.pins["end"]


def group(groups: dict[str, Any], name: str) -> Iterator[str]:
    """The requirements of one dependency group, included groups among them (PEP 735)."""
    for entry in groups[name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from group(groups, entry["include-group"])


def fit(lock: Lock, wanted: list[str]) -> Iterator[str]:
    """What one lock lacks of what is wanted, holds in another version, or still holds though nobody wants it."""
    yield from lock.problems
    requirements = [Requirement(text) for text in wanted]
    for requirement in requirements:
        pin = lock.pins.get(canonicalize_name(requirement.name))
        if pin is None:
            yield f"{lock.name}: lacks {requirement.name}"
        elif not requirement.specifier.contains(pin, prereleases=True):
            yield f"{lock.name}: pins {requirement.name} {pin}, but pyproject.toml wants {requirement.specifier}"
    for name in sorted(lock.direct - {canonicalize_name(requirement.name) for requirement in requirements}):
        yield f"{lock.name}: still holds {name}, which pyproject.toml no longer names"


def problems(root: Path) -> Iterator[str]:
    """Everything that does not fit."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = settings["project"]["dependencies"]
    extras = [text for texts in settings["project"]["optional-dependencies"].values() for text in texts]
    groups = settings["dependency-groups"]
    everything = Lock(root / "requirements-dev.lock")
    shipped = Lock(root / "requirements.lock")
    build = Lock(root / "requirements-build.lock")
    yield from fit(everything, [*runtime, *extras, *group(groups, "dev")])
    yield from fit(shipped, runtime)
    yield from fit(build, [*group(groups, "build"), *settings["build-system"]["requires"]])
    for lock in (shipped, build):
        for name, version in lock.pins.items():
            if (tested := everything.pins.get(name)) != version:
                yield f"{lock.name}: pins {name} {version}, the tests run with {tested or 'none'} ({everything.name})"


def main() -> int:
    """Print what does not fit; the exit code tells."""
    found = list(problems(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
    for problem in found:
        print(problem)
    print("run `make lock`" if found else "the lock files fit pyproject.toml")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
