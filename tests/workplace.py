"""A folder with postmortems, settings, store and embedded tracker; time in the test's hands, faults on demand."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors import Issue, IssueDraft, IssuePatch, IssueRef, Listing, OutcomeUnknown, TargetUnreachable
from tracker.app import App, Consent
from tracker.app.syncing import Prepared, Synced
from tracker.settings_file import load

SETTINGS = """
target = "local"
[targets.local]
kind = "local"
[teams.dba]
name = "DBA team"
email = "dba@example.com"
[people.jo]
name = "Jo Smith"
email = "jo@example.com"
[people.maria]
name = "Maria Gomez"
aliases = ["Maria"]
"""

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Silent:
    """Progress that nobody watches; it remembers the waits and what was told."""

    def __init__(self):
        self.waits = []
        self.told = []

    def phase(self, what, total=None):
        pass

    def advance(self):
        pass

    def tell(self, what):
        self.told.append(what)

    def waiting(self, until, why):
        self.waits.append((until, why))

    def finish(self):
        pass


class Faulty:
    """The embedded tracker behind a bad line. `faults` are taken one per write: `lost` after it, `before` it."""

    def __init__(self, inner, faults, writes, hidden):
        self.inner, self.faults, self.writes, self.hidden = inner, faults, writes, hidden

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def _write(self, name, call):
        self.writes.append(name)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, Exception):
            raise fault
        if fault == "before":
            raise TargetUnreachable("refused", where="local")
        if fault == "maybe":
            raise OutcomeUnknown("no answer", where="local")
        done = call()
        if fault == "lost":
            raise OutcomeUnknown("the answer was lost", where="local")
        return done

    def changed_since(self, cursor, on_page=None) -> Listing:
        listing = self.inner.changed_since(cursor, on_page)
        seen = tuple(issue for issue in listing.issues if issue.ref.number not in self.hidden)
        return Listing(seen, listing.cursor)

    def create(self, draft: IssueDraft) -> Issue:
        return self._write("create", lambda: self.inner.create(draft))

    def update(self, issue: Issue, patch: IssuePatch) -> Issue:
        return self._write("update", lambda: self.inner.update(issue, patch))

    def comment(self, ref: IssueRef, body: str):
        return self._write("comment", lambda: self.inner.comment(ref, body))


class Workplace(App):
    """An app whose tracker can fail, whose clock stands still, and whose sleep moves the clock."""

    def __init__(self, root: Path, settings: str = SETTINGS):
        (root / "postmortems").mkdir(exist_ok=True)
        file = root / "closeout.toml"
        if not file.exists():
            file.write_text(settings, "utf-8")
        self.now = START
        self.faults: list = []
        self.writes: list[str] = []
        self.hidden: set[int] = set()
        super().__init__(load(file, {}), Silent(), clock=lambda: self.now, sleep=self.pass_time)

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def open_tracker(self, name):
        return Faulty(super().open_tracker(name), self.faults, self.writes, self.hidden)

    def document(self, name: str, text: str) -> Path:
        file = self.root / "postmortems" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def run(self, *paths: str, consent: Consent | None = None) -> Synced:
        """One sync, a minute after the last one; returns what it did, with the writes it sent in `writes`."""
        self.now += timedelta(minutes=1)
        self.writes.clear()
        return self.sync(paths, consent or Consent())

    def look(self, *paths: str) -> Prepared:
        return self.plan(paths)

    def issues(self, name: str = "local") -> list[Issue]:
        with closing(super().open_tracker(name)) as tracker:
            return sorted(tracker.changed_since(None).issues, key=lambda issue: issue.ref.number)

    def issue(self, number: int) -> Issue:
        return self.issues()[number - 1]

    def by_hand(self, number: int, **patch) -> None:
        """What a person does on an issue."""
        self.now += timedelta(minutes=1)
        with closing(super().open_tracker("local")) as tracker:
            tracker.update(tracker.get(self.issue(number).ref), IssuePatch(**patch))

    def known(self):
        with self.store() as store:
            return store.known()

    def states(self) -> dict[str, str]:
        return {item.text: item.state.value for item in self.known().items.values()}


def postmortem(*items: str, title: str = "Outage of the checkout", date: str = "2026-11-02") -> str:
    lines = "\n".join(f"- {item}" for item in items)
    return f"# {title}\n\nDate: {date}\n\n## Summary\n\nIt was down.\n\n## Action items\n\n{lines}\n"
