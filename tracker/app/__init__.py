"""The composition root: use cases over settings, store, trackers and clock. Only here are they wired together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial

from connectors import IssueTracker, LocalSettings
from connectors.factory import open_forge, open_tracker
from connectors.forge import Forge
from tracker import deliver
from tracker.app import commenting, deciding, moving, proposing, reporting, reviewing, syncing, writing_back
from tracker.app.commenting import Commented
from tracker.app.deciding import Decided
from tracker.app.desk import Desk
from tracker.app.doctor import examine, unusable
from tracker.app.moving import Moved
from tracker.app.reading import explain_paths, lint_paths, parse_paths
from tracker.app.reporting import Status, Story, Wanted
from tracker.app.reviewing import Review, verdict_for
from tracker.app.syncing import Agree, Prepared, Synced
from tracker.applied import Progress
from tracker.audience import Audience
from tracker.brake import Consent
from tracker.decisions import Saying, Verdict
from tracker.errors import UsageError
from tracker.identity import Doubt
from tracker.policy import Entry
from tracker.render.doctor import Examined
from tracker.report import Report
from tracker.settings_file import Loaded, read_secret
from tracker.store import Store
from tracker.writeback import Mode, Written

__all__ = [
    "App",
    "Commented",
    "Consent",
    "Decided",
    "Examined",
    "Mode",
    "Moved",
    "Prepared",
    "Review",
    "Status",
    "Story",
    "Synced",
    "Wanted",
    "Written",
    "examine",
    "explain_paths",
    "lint_paths",
    "parse_paths",
    "unusable",
    "verdict_for",
]


class App:
    """Everything that a person or a schedule can ask for.

    Args:
        loaded: the settings and where they came from.
        progress: who is told of long work.
        clock: the present time; tests and demonstrations bring their own.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        loaded: Loaded,
        progress: Progress,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = loaded.settings
        self.root = loaded.root
        self.progress = progress
        self.clock = clock
        self.sleep = sleep

    def plan(self, paths: Sequence[str], agree: Agree | None = None) -> Prepared:
        """What `sync` would do; see `tracker.app.syncing.plan`."""
        with self.store(create=False) as store:
            return syncing.plan(self._desk(store), paths, agree)

    def sync(
        self,
        paths: Sequence[str],
        consent: Consent,
        still_fits: Callable[[Prepared], bool] = lambda _: True,
        agree: Agree | None = None,
    ) -> Synced:
        """Bring documents and issues in step; see `tracker.app.syncing.sync`."""
        with self.store() as store:
            return syncing.sync(self._desk(store), paths, consent, still_fits, agree)

    def write_back(
        self, synced: Synced, paths: Sequence[str], mode: Mode, consent: Consent
    ) -> tuple[Written, Synced | None]:
        """After a sync: put links and check marks into the documents; see `tracker.app.writing_back`, `proposing`."""
        if mode is Mode.NONE:
            return Written(mode), None
        with self.store() as store:
            if mode is Mode.FILES:
                return writing_back.write_files(self._desk(store), synced, paths, consent)
            return proposing.written(self._desk(store), self.open_forge, paths), None

    def comment(self, prepared: Prepared, number: int) -> Commented:
        """Say on a pull request what a plan would do; see `tracker.app.commenting`."""
        with self.store(create=False) as store:
            return commenting.keep_comment(self._desk(store), self.open_forge, prepared, number)

    def open_forge(self, home: proposing.Home) -> Forge:
        """The repository that the documents live in."""
        settings = self.settings.write_back
        secret = self._secret(settings, "pull requests")
        return open_forge(settings, home.repository, home.base_url, secret=secret)

    def preview_write_back(self, prepared: Prepared, paths: Sequence[str], mode: Mode) -> Written:
        """What `write_back` would do after a sync that carries out these plans."""
        if mode is Mode.NONE:
            return Written(mode)
        with self.store(create=False) as store:
            return writing_back.preview(self._desk(store), prepared, paths, mode)

    def status(self, wanted: Wanted, *, refresh: bool = False, check_links: bool = False) -> Status:
        """What the store knows; with `refresh` after reading the issues again, with `check_links` all of them."""
        with self.store(create=refresh or check_links) as store:
            if refresh or check_links:
                syncing.refresh(self._desk(store), check_links=check_links)
            return reporting.status(store, self.settings, wanted, self.clock())

    def report(self, name: str, day: date | None = None, period_of: date | None = None) -> Report:
        """Build a report; see `tracker.app.reporting.make_report`."""
        with self.store(create=False) as store:
            return reporting.make_report(store, self.settings, name, self.clock(), day, period_of)

    def send(self, report: Report, *, dry_run: bool = False) -> tuple[Audience, tuple[deliver.Delivery, ...]]:
        """Mail a report to its owners; see `tracker.app.reporting.send_report`."""
        with self.store(create=not dry_run) as store:
            return reporting.send_report(report, store, self.settings, self._mailer, self.clock(), dry_run=dry_run)

    def history(self, text: str | None = None, limit: int | None = None) -> Story:
        """The story of one item, or the latest events; see `tracker.app.reporting.history`."""
        with self.store(create=False) as store:
            return reporting.history(store, self.settings, text, self.clock(), limit)

    def review(self) -> Review:
        """What could not be decided; see `tracker.app.reviewing.review`."""
        with self.store(create=False) as store:
            return reviewing.review(store, self.settings, self.root, self.clock())

    def decide_doubt(self, doubt: Doubt, verdict: Verdict, who: str | None, why: str = "") -> None:
        """Remember what a person said of a doubt."""
        with self.store() as store:
            reviewing.record(store, doubt, verdict, Saying(deciding.whoever(self.root, who), self.clock(), why))

    def link(self, item: str, issue: str, who: str | None, why: str = "") -> Decided:
        """Tie an item to an issue; see `tracker.app.deciding`, also for the decisions below."""
        with self.store() as store:
            return deciding.link(self._desk(store), item, issue, deciding.whoever(self.root, who), why)

    def unlink(self, item: str, who: str | None, why: str) -> Decided:
        """Take an item's issue from it."""
        with self.store() as store:
            return deciding.unlink(self._desk(store), item, deciding.whoever(self.root, who), why)

    def move(self, item: str, to: str, who: str | None, why: str, sure: Callable[[Entry], bool]) -> Moved | None:
        """Take an item's issue to another target; None when `sure` said no. See `tracker.app.moving`."""
        with self.store() as store:
            saying = Saying(deciding.whoever(self.root, who), self.clock(), why)
            return moving.move(self._desk(store), item, to, saying, sure)

    def ignore(self, item: str, who: str | None, why: str, *, undo: bool = False) -> Decided:
        """Set an item aside, or take that back."""
        with self.store() as store:
            return deciding.ignore(self._desk(store), item, deciding.whoever(self.root, who), why, undo=undo)

    def snooze(self, item: str, until: date | None, who: str | None, why: str) -> Decided:
        """Keep an item out of reports until a day; None takes that back."""
        with self.store() as store:
            return deciding.snooze(self._desk(store), item, until, deciding.whoever(self.root, who), why)

    def extend(self, item: str, to: date | None, who: str | None, why: str) -> Decided:
        """Let another day count than the document's; None takes that back."""
        with self.store() as store:
            return deciding.extend(self._desk(store), item, to, deciding.whoever(self.root, who), why)

    def verify(self, item: str, who: str | None, why: str, *, undo: bool = False) -> Decided:
        """Say that an item is really done, or take that back."""
        with self.store() as store:
            return deciding.verify(self._desk(store), item, deciding.whoever(self.root, who), why, undo=undo)

    def embedded(self, name: str | None = None) -> IssueTracker:
        """The embedded tracker of this name, or the one there is.

        Raises:
            UsageError: the settings have none, or several and no name was given.
        """
        names = [key for key, target in self.settings.targets.items() if isinstance(target, LocalSettings)]
        if name is None and len(names) == 1:
            return self.open_tracker(names[0])
        if name in names:
            return self.open_tracker(name)
        raise UsageError(
            "the settings have no such embedded tracker"
            if name or not names
            else "there are several embedded trackers",
            where=name or "closeout.toml",
            advice=f"Choose one with --target: {', '.join(names)}"
            if names
            else 'Add [targets.local] with kind = "local".',
        )

    def open_tracker(self, name: str) -> IssueTracker:
        """The tracker of a target; its secret is looked up only if it needs one."""
        target = self.settings.targets[name]
        return open_tracker(name, target, token=self._secret(target, f"target {name}"), root=self.root, now=self.clock)

    def _secret(self, settings: object, what: str) -> Callable[[], str]:
        """Looks up what these settings sign in with: an app's private key, or a token."""
        kind = "private_key" if getattr(settings, "app_id", None) is not None else "token"
        variable, file = getattr(settings, f"{kind}_env", ""), getattr(settings, f"{kind}_file", None)
        return partial(read_secret, variable, file, self.root, purpose=f"{kind.replace('_', ' ')} for {what}")

    def store(self, *, create: bool = True) -> Store:
        """The store. Unless `create`, one that does not exist reads as empty and is not made."""
        return Store.open(self.settings.database, self.root, create=create)

    def _desk(self, store: Store) -> Desk:
        return Desk(self.settings, self.root, store, self.open_tracker, self.clock, self.sleep, self.progress)

    def _mailer(self) -> deliver.SmtpMailer:
        mail = self.settings.mail
        if mail is None:
            raise UsageError(
                "there is no mail server", where="closeout.toml", advice="Add a [mail] table; see docs/settings.md."
            )
        password = None
        if mail.username:
            password = read_secret(mail.password_env, mail.password_file, self.root, purpose="mail password")
        return deliver.SmtpMailer(mail, password)
