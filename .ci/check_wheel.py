"""Build sdist and wheel, look into the wheel, and use it as a stranger would: clean environment, another folder.

The wheel is built from the sdist, so that both hold everything; beside it only requirements.lock is installed.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("tracker", "connectors")


def say(text: str) -> None:
    """One line of progress."""
    print(f"wheel: {text}", flush=True)


def run(*command: str | Path, cwd: Path = ROOT, code: int = 0) -> str:
    """Run one command, without the developer's environment, to the exit code that it must have; its standard output."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CLOSEOUT_", "VIRTUAL_ENV"))}
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode != code or "Traceback (most recent call last)" in done.stderr:
        sys.exit(f"{' '.join(words)}: exit code {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def build(out: Path) -> Path:
    """Sdist and wheel, with the locked hatchling of this environment."""
    shutil.rmtree(out, ignore_errors=True)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT)
    (wheel,) = out.glob("*.whl")
    (sdist,) = out.glob("*.tar.gz")
    say(f"built {wheel.name} ({wheel.stat().st_size // 1024} KiB) by way of {sdist.name}")
    return wheel


def check_contents(wheel: Path) -> None:
    """The two packages and nothing else; every file of the tree: templates, vocabulary, migrations, py.typed."""
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if not name.endswith("/")}
    tops = {name.split("/")[0] for name in inside}
    metadata = {name for name in tops if name.endswith(".dist-info")}
    if len(metadata) != 1 or tops - metadata != set(PACKAGES):
        sys.exit(f"the wheel's top-level names are {sorted(tops)}, not {sorted(PACKAGES)} and one .dist-info")
    tree = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in inside if name.split("/")[0] in PACKAGES}
    if packed != tree:
        sys.exit(f"only in the tree: {sorted(tree - packed)}; only in the wheel: {sorted(packed - tree)}")
    missing = [package for package in PACKAGES if f"{package}/py.typed" not in inside]
    if missing:
        sys.exit(f"no py.typed in {missing}")
    say(f"holds all {len(tree)} files of {' and '.join(PACKAGES)}, and nothing else")


def install(wheel: Path, folder: Path) -> Path:
    """A clean environment with the locked packages and the wheel; the path of its `closeout`."""
    venv.create(folder, with_pip=True, clear=True)
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    # This environment's pip, newer than the one that `venv` brings, installs into the other.
    pip = [sys.executable, "-m", "pip", "--quiet", "--quiet", "--python", str(binaries / "python")]
    run(*pip, "install", "--require-hashes", "--no-deps", "--no-input", "--requirement", ROOT / "requirements.lock")
    run(*pip, "install", "--no-deps", "--no-index", wheel)
    run(binaries / "python", "-m", "pip", "check")
    say("installed beside the packages of requirements.lock; pip finds nothing missing")
    return binaries / "closeout"


def issues(folder: Path) -> list[str]:
    """All that the embedded tracker holds."""
    database = folder / "closeout-issues.db"
    if not database.is_file():
        there = sorted(path.name for path in folder.iterdir())
        sys.exit(f"`closeout sync` left no {database.name} beside closeout.toml: {there}")
    connection = sqlite3.connect(database)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def use(closeout: Path, folder: Path) -> None:
    """The first minutes of a new user."""
    examples = ROOT / "examples" / "postmortems"
    print(run(closeout, "--version", cwd=folder), end="")
    run(closeout, "--help", cwd=folder)
    run(closeout, "no-such-command", cwd=folder, code=2)
    parsed = json.loads(run(closeout, "parse", examples, "--format", "json", cwd=folder))
    documents = parsed["documents"]
    expected = len([path for path in examples.rglob("*.md") if path.name != "README.md"])
    if parsed["version"] != 1 or len(documents) != expected or not all(document["items"] for document in documents):
        counts = {document["path"]: len(document["items"]) for document in documents}
        sys.exit(f"parse: version {parsed['version']}, {expected} examples, items per document: {counts}")
    say(f"parse finds {sum(len(document['items']) for document in documents)} items in {len(documents)} documents")

    shutil.copytree(examples, folder / "postmortems")
    run(closeout, "init", cwd=folder)
    run(closeout, "sync", cwd=folder)
    first = issues(folder)
    run(closeout, "sync", cwd=folder)
    if issues(folder) != first:
        sys.exit("the second sync changed the embedded tracker, though no document and no issue had changed")
    run(closeout, "status", cwd=folder)
    say("init, sync, a second sync that writes nothing, status: fine")


def main() -> None:
    """Build, look inside, install, use."""
    wheel = build(ROOT / "dist")
    check_contents(wheel)
    with tempfile.TemporaryDirectory(prefix="closeout-wheel-") as name:
        scratch = Path(name).resolve()
        closeout = install(wheel, scratch / "environment")
        work = scratch / "work"
        work.mkdir()
        use(closeout, work)


if __name__ == "__main__":
    main()
