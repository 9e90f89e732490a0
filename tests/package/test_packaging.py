"""What ships and what it rests on: lazy imports, locks that fit, a reason for every dependency, no foreign names."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


class TestHelp:
    """`closeout --help` answers at once, because it loads neither store nor adapters."""

    HEAVY = ("alembic", "apscheduler", "github", "jira", "requests", "sqlalchemy", "sqlmodel")

    @pytest.mark.parametrize("arguments", [["--help"], ["sync", "--help"], ["--version"]], ids=" ".join)
    def test_imports_nothing_heavy(self, arguments: list[str]):
        done = run(
            "-c",
            "import sys\n"
            "from tracker.__main__ import main\n"
            f"sys.argv = ['closeout', *{arguments!r}]\n"
            "try:\n    code = main()\n"
            "except SystemExit as stop:\n    code = stop.code\n"
            f"loaded = [name for name in {self.HEAVY!r} if name in sys.modules]\n"
            "print('code', code or 0, 'loaded', *loaded)\n",
        )

        assert done.stdout.splitlines()[-1:] == ["code 0 loaded"], done.stdout + done.stderr


class TestLock:
    """`.ci/check_lock.py`, which CI runs, finds every way in which a lock file can stop fitting."""

    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        for name in ("pyproject.toml", *LOCKS):
            shutil.copy(ROOT / name, tmp_path)
        return tmp_path

    @staticmethod
    def check(project: Path) -> tuple[int, str]:
        done = run(".ci/check_lock.py", project)
        return done.returncode, done.stdout + done.stderr

    @staticmethod
    def change(path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert re.search(old, text, re.MULTILINE)
        path.write_text(re.sub(old, new, text, count=1, flags=re.MULTILINE), encoding="utf-8")

    def test_fits(self):
        assert self.check(ROOT) == (0, "the lock files fit pyproject.toml\n")

    @pytest.mark.parametrize(
        ("file", "old", "new", "complaint"),
        [
            ("pyproject.toml", r'"typer>=[^"]*"', '"typer>=999"', "requirements.lock: pins typer"),
            (
                "pyproject.toml",
                r"^dependencies = \[",
                'dependencies = [\n"nowhere>=1",',
                "requirements.lock: lacks nowhere",
            ),
            ("pyproject.toml", r"^dev = \[", 'dev = [\n"nowhere>=1",', "requirements-dev.lock: lacks nowhere"),
            ("pyproject.toml", r'^  "typer>=[^"]*",$', "", "requirements.lock: still holds typer"),
            ("pyproject.toml", r'"hatchling>=[^"]*"]', '"hatchling>=999"]', "requirements-build.lock: pins hatchling"),
            (
                "requirements.lock",
                r"^typer==\S+",
                "typer==999",
                "pins typer 999, the tests run with",
            ),
            ("requirements.lock", r"^(rich==.*\n)(    --hash=.*\n)+", r"\1", "requirements.lock: rich has no hash"),
            ("requirements.lock", r"^rich==.*$", "rich @ https://example.org/rich.whl", "names a host"),
        ],
    )
    def test_complains(self, project: Path, file: str, old: str, new: str, complaint: str):
        self.change(project / file, old, new)

        code, said = self.check(project)

        assert code == 1
        assert complaint in said


def imports(path: Path) -> set[str]:
    """The top-level names of all that a file imports, at its top or in its functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_what_is_imported_is_declared():
    own = {"tracker", "connectors", *sys.stdlib_module_names}
    exempt = {"pydantic-core"}  # pydantic pins it to one version
    distributions = packages_distributions()
    extras = [text for texts in PYPROJECT["project"]["optional-dependencies"].values() for text in texts]
    declared = {canonicalize_name(Requirement(text).name) for text in (*PYPROJECT["project"]["dependencies"], *extras)}

    imported = {
        canonicalize_name(distributions[name][0])
        for package in ("tracker", "connectors")
        for path in (ROOT / package).rglob("*.py")
        for name in imports(path) - own
    }

    assert imported - declared - exempt == set()


def test_every_dependency_has_its_reason():
    groups = [entry for group in PYPROJECT["dependency-groups"].values() for entry in group if isinstance(entry, str)]
    extras = [text for texts in PYPROJECT["project"]["optional-dependencies"].values() for text in texts]
    named = {Requirement(text).name for text in (*PYPROJECT["project"]["dependencies"], *extras, *groups)}

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## Dependencies\n")[2]
    reasons = set(re.findall(r"^\| `([\w.-]+)` \| .{10,} \|$", text, re.MULTILINE))

    assert reasons == named


def test_no_file_names_a_registry_or_somebodys_machine():
    hosts = ("pypi." + "org", "files.python" + "hosted.org", "registry.npm" + "js.org", "deb.debian" + ".org")
    places = ("/work" + "/main", "/work" + "/shared", "/root" + "/.pyenv", "/opt" + "/pypi")
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    ).stdout.split("\0")
    texts = {name: (ROOT / name).read_bytes() for name in tracked if name and (ROOT / name).is_file()}
    assert len(texts) > len(LOCKS)

    assert [(name, word) for name, text in texts.items() for word in (*hosts, *places) if word.encode() in text] == []
