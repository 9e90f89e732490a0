"""The composition root: use cases over settings, store, trackers and clock. Only here are they wired together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial

from connectors import IssueTracker, LocalSettings
from connectors.factory import open_forge, open_tracker
from connectors.forge import Forge
from tracker import deliver, standing
from tracker.actions import Offer
from tracker.app import (
    commenting,
    deciding,
    delivering,
    evidence,
    measuring,
    moving,
    people,
    proposing,
    reporting,
    reviewing,
    syncing,
    writing_back,
)
from tracker.app.commenting import Commented
from tracker.app.deciding import Decided
from tracker.app.desk import Desk
from tracker.app.doctor import examine, unusable
from tracker.app.moving import Moved
from tracker.app.reading import explain_paths, lint_paths, parse_paths
from tracker.app.reporting import Story
from tracker.app.reviewing import Review, offer_for, verdict_for
from tracker.app.syncing import Agree, Prepared, Synced
from tracker.applied import Progress, Stop, never
from tracker.audience import Audience
from tracker.brake import Consent
from tracker.decisions import Saying, Verdict
from tracker.deliver.channels import Channel
from tracker.errors import UsageError
from tracker.identity import Doubt
from tracker.ledger import MAIL
from tracker.metrics import Metrics
from tracker.policy import Entry
from tracker.render import render_letter
from tracker.render.chat import notice
from tracker.render.doctor import Examined
from tracker.report import Report
from tracker.settings_file import Loaded, read_secret
from tracker.sources.person import whoever
from tracker.standing import Status, Wanted
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
    "offer_for",
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
        self.loaded = loaded
        self.settings = loaded.settings
        self.root = loaded.root
        self.progress = progress
        self.clock = clock
        self.sleep = sleep
        self.stop: Stop = never

    def stop_with(self, event: threading.Event) -> None:
        """Begin nothing more once `event` is set; what waits then waits no longer."""

        def sleep(seconds: float) -> None:
            event.wait(seconds)

        self.stop, self.sleep = event.is_set, sleep

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
            return standing.status(store, self.settings, wanted, self.clock())

    def report(
        self,
        name: str,
        day: date | None = None,
        *,
        owner: str | None = None,
        due_at: datetime | None = None,
        to_send: bool = False,
    ) -> Report:
        """Build a report, or `owner`'s part of it; see `tracker.app.reporting.make_report`.

        One that is `to_send` reminds people: the targets are asked first which issues are in review. What could not be
        asked is told, and what was known stays.
        """
        with self.store(create=to_send) as store:
            for note in evidence.refresh_work(self._desk(store), store.known().items) if to_send else ():
                self.progress.tell(note)
            now = self.clock()
            metrics = measuring.for_report(store, self.settings, name, now, day)
            made = reporting.make_report(
                store, self.settings, self.root, name, now, day, due_at=due_at, metrics=metrics
            )
        return reporting.part_of(made, self.settings, owner) if owner else made

    def metrics(self, first: date | None = None, last: date | None = None) -> Metrics:
        """What is measured over time; see `tracker.app.measuring.measured`."""
        with self.store(create=False) as store:
            return measuring.measured(store, self.settings, self.clock(), first, last)

    def send(self, report: Report, *, dry_run: bool = False) -> tuple[Audience, tuple[deliver.Delivery, ...]]:
        """Send a report to its owners; see `tracker.app.delivering`."""
        with self.store(create=not dry_run) as store:
            return delivering.send_report(report, self._desk(store), self.open_way, dry_run=dry_run)

    def history(self, text: str | None = None, limit: int | None = None) -> Story:
        """The story of one item, or the latest events; see `tracker.app.reporting.history`."""
        with self.store(create=False) as store:
            return reporting.history(store, self.settings, text, self.clock(), limit)

    def review(self) -> Review:
        """What could not be decided; see `tracker.app.reviewing.review`."""
        with self.store(create=False) as store:
            return reviewing.review(store, self.settings, self.root, self.clock())

    def people(self) -> people.People:
        """The people book beside what the documents say now; see `tracker.app.people`."""
        return people.people(self.review(), self.loaded)

    def decide_doubt(self, doubt: Doubt, verdict: Verdict, who: str | None, why: str = "") -> None:
        """Remember what a person said of a doubt."""
        with self.store() as store:
            reviewing.record(store, doubt, verdict, Saying(whoever(self.root, who), self.clock(), why))

    def decide_offer(self, offer: Offer, who: str | None, why: str = "", *, same: bool) -> Decided:
        """Remember what a person said of work that is promised again: it is the same, or gets an issue of its own."""
        with self.store() as store:
            desk, saying = self._desk(store), Saying(whoever(self.root, who), self.clock(), why)
            if same:
                return deciding.same(desk, offer.item.id, offer.of.id, saying)
            return deciding.own_issue(desk, offer.item.id, saying)

    def link(self, item: str, issue: str, who: str | None, why: str = "", *, same: bool = False) -> Decided:
        """Tie an item to an issue; see `tracker.app.deciding`, also for the decisions below."""
        with self.store() as store:
            return deciding.link(self._desk(store), item, issue, whoever(self.root, who), why, same=same)

    def unlink(self, item: str, who: str | None, why: str) -> Decided:
        """Take an item's issue from it."""
        with self.store() as store:
            return deciding.unlink(self._desk(store), item, whoever(self.root, who), why)

    def move(self, item: str, to: str, who: str | None, why: str, sure: Callable[[Entry], bool]) -> Moved | None:
        """Take an item's issue to another target; None when `sure` said no. See `tracker.app.moving`."""
        with self.store() as store:
            saying = Saying(whoever(self.root, who), self.clock(), why)
            return moving.move(self._desk(store), item, to, saying, sure)

    def ignore(self, item: str, who: str | None, why: str, *, undo: bool = False) -> Decided:
        """Set an item aside, or take that back."""
        with self.store() as store:
            return deciding.ignore(self._desk(store), item, whoever(self.root, who), why, undo=undo)

    def snooze(self, item: str, until: date | None, who: str | None, why: str) -> Decided:
        """Keep an item out of reports until a day; None takes that back."""
        with self.store() as store:
            return deciding.snooze(self._desk(store), item, until, whoever(self.root, who), why)

    def extend(self, item: str, to: date | None, who: str | None, why: str) -> Decided:
        """Let another day count than the document's; None takes that back."""
        with self.store() as store:
            return deciding.extend(self._desk(store), item, to, whoever(self.root, who), why)

    def verify(self, item: str, who: str | None, why: str, *, undo: bool = False) -> Decided:
        """Say that an item is really done, or take that back."""
        with self.store() as store:
            return deciding.verify(self._desk(store), item, whoever(self.root, who), why, undo=undo)

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
        return Desk(
            self.settings, self.root, store, self.open_tracker, self.clock, self.sleep, self.progress, self.stop
        )

    def open_way(self, channel: str) -> deliver.Way:
        """The way out of this name: the mail server, or a channel of the settings.

        Raises:
            UsageError: there is no mail server, or a secret is not where the settings say.
        """
        if channel == MAIL:
            return self._mailer()
        settings = self.settings.channels[channel]
        purpose = f"address of channel {channel}"
        address = read_secret(settings.url_env, settings.url_file, self.root, purpose=purpose)
        return Channel(channel, address, settings.timeout, notice)

    def _mailer(self) -> deliver.SmtpMailer:
        mail = self.settings.mail
        if mail is None:
            raise UsageError(
                "there is no mail server",
                where="closeout.toml",
                advice="Add a [mail] table; or a [channels.NAME] table, and NAME to the `channels` of whoever is told "
                "things. See docs/settings.md.",
            )
        password = None
        if mail.username:
            password = read_secret(mail.password_env, mail.password_file, self.root, purpose="mail password")
        return deliver.SmtpMailer(mail, password, render_letter)
