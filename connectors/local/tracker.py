"""The port over two tables. Each write is one transaction, so its outcome is known unless the commit itself fails."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlmodel import Session, col, select

from connectors import marker
from connectors.database import NewerDatabase, open_engine, resolve_url, revision, upgrade, writing
from connectors.errors import ConnectorError, IssueNotFound, OutcomeUnknown, RequestRejected, TargetUnreachable
from connectors.interface import (
    Capabilities,
    Comment,
    Evidence,
    Finding,
    Issue,
    IssueDraft,
    IssuePatch,
    IssueRef,
    IssueState,
    Listing,
    PageSeen,
)
from connectors.local import checks
from connectors.local.tables import HEAD, VERSION_TABLE, CommentRow, IssueRow
from connectors.reasons import reason_in
from connectors.settings import LocalSettings

# Two processes may commit in another order than they took their time stamps; reading this much again misses neither.
_OVERLAP = timedelta(seconds=2)
_REFERENCE = re.compile(r"#(\d{1,100})")
_MAX_NUMBER = 2**31 - 1  # what the column takes on every engine; some drivers choke on more
_MAX_TITLE = 512
_MAX_BODY = 1_000_000


class LocalTracker:
    """Issues of one embedded target.

    Args:
        name: the target's name in the settings.
        settings: where the database is.
        root: the folder that relative SQLite paths start at.
        now: the clock, for tests and demonstrations.
        author: whose name stands on comments.

    Raises:
        ConnectorError: the database's address is none.
    """

    def __init__(
        self,
        name: str,
        settings: LocalSettings,
        root: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        author: str = "closeout",
    ) -> None:
        self._name = name
        self._settings = settings
        try:
            self._url = resolve_url(settings.database, root)
        except ArgumentError as error:
            raise _bad_address(name, error) from error
        self._now = now
        self._author = author
        self._opened: Engine | None = None

    @property
    def name(self) -> str:
        """The target's name in the settings."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """Due dates and priorities are fields of their own here; reads lag nothing."""
        return Capabilities(
            due=True,
            priority=True,
            max_title=_MAX_TITLE,
            max_body=_MAX_BODY,
            read_lag=timedelta(0),
            place=f"local:{self._settings.database.rsplit('@', 1)[-1]}",  # without credentials
            budget_key=f"local:{self._name}",
        )

    def changed_since(self, cursor: str | None, on_page: PageSeen | None = None) -> Listing:
        """All issues that changed since `cursor`, oldest change first."""
        if self._absent:
            return Listing((), cursor or "")
        query = select(IssueRow).where(IssueRow.target == self._name)
        if cursor:
            query = query.where(col(IssueRow.updated_at) >= datetime.fromisoformat(cursor) - _OVERLAP)
        query = query.order_by(col(IssueRow.updated_at), col(IssueRow.number))
        with self._reading() as session:
            issues = tuple(self._issue(row) for row in session.exec(query))
        if on_page is not None:
            on_page(len(issues))
        return Listing(issues, issues[-1].updated_at.isoformat() if issues else cursor or "")

    def get(self, ref: IssueRef) -> Issue:
        """The issue now."""
        if self._absent:
            raise self._not_found(ref)
        with self._reading() as session:
            return self._issue(self._row(session, ref))

    def create(self, draft: IssueDraft) -> Issue:
        """Store a new issue."""
        self._check(draft.title, draft.managed)
        now = self._now()
        with self._transaction() as session:
            newest = session.exec(select(func.max(IssueRow.number)).where(IssueRow.target == self._name)).one()
            row = IssueRow(
                target=self._name,
                number=(newest or 0) + 1,
                title=draft.title,
                body=marker.write("", draft.managed, draft.marker),
                state=IssueState.OPEN.value,
                labels=sorted(draft.labels),
                assignees=sorted(draft.assignees),
                due=draft.due,
                priority=draft.priority,
                created_at=now,
                updated_at=now,
            )
            session.add(row)
            session.flush()
            return self._issue(row)

    def update(self, issue: Issue, patch: IssuePatch) -> Issue:
        """Apply `patch` to the stored issue; what it does not name stays as it is now, not as it was read."""
        self._check(patch.title or issue.title, patch.managed or "")
        with self._transaction() as session:
            row = self._row(session, issue.ref)
            self._apply(row, patch)
            row.updated_at = self._now()
            session.add(row)
            session.flush()
            return self._issue(row)

    def add_part(self, whole: IssueRef, part: Issue) -> Issue:  # noqa: ARG002 - the port's signature
        raise RequestRejected("the embedded tracker has no issues above others", where=f"{self._name} {whole.key}")

    def comment(self, ref: IssueRef, body: str) -> Comment:
        """Store a comment."""
        now = self._now()
        with self._transaction() as session:
            issue = self._row(session, ref)
            row = CommentRow(issue_id=issue.id or 0, author=self._author, body=body, created_at=now)
            issue.updated_at = now
            session.add_all([row, issue])
            session.flush()
            return _comment(row)

    def comments(self, ref: IssueRef) -> tuple[Comment, ...]:
        """All comments, oldest first."""
        if self._absent:
            raise self._not_found(ref)
        with self._reading() as session:
            issue = self._row(session, ref)
            rows = session.exec(select(CommentRow).where(CommentRow.issue_id == issue.id).order_by(col(CommentRow.id)))
            return tuple(_comment(row) for row in rows)

    def evidence(self, refs: Sequence[IssueRef]) -> dict[IssueRef, Evidence]:
        """People close issues here, and no work with them; of what will not be done their comments tell why."""
        if self._absent:
            return {}
        with self._reading() as session:
            wanted = (IssueRow.target == self._name, IssueRow.state == IssueState.WONT_DO.value)
            rows = list(session.exec(select(IssueRow).where(*wanted)))
            said: dict[int | None, list[Comment]] = defaultdict(list)
            for comment in session.exec(select(CommentRow).join(IssueRow).where(*wanted)):
                said[comment.issue_id].append(_comment(comment))
        by_number = {ref.number: ref for ref in refs}
        return {
            by_number[row.number]: Evidence(row.closed_at, reason=reason_in(said[row.id], row.closed_at, by=""))
            for row in rows
            if row.closed_at is not None and row.number in by_number
        }

    def check(self) -> Iterator[Finding]:
        """The database is all there is to look at."""
        return checks.check(self._url)

    def is_public(self) -> bool:
        """As the settings say."""
        return self._settings.public

    def reference(self, text: str) -> IssueRef | None:
        """`#12` is the twelfth issue here."""
        found = _REFERENCE.fullmatch(text.strip())
        return IssueRef(self._name, int(found[1]), f"#{int(found[1])}") if found else None

    def close(self) -> None:
        """Let go of the database."""
        if self._opened is not None:
            self._opened.dispose()
            self._opened = None

    @property
    def _absent(self) -> bool:
        """True while there is no database yet: reading must not make one."""
        path = self._url.database
        on_disk = self._url.get_backend_name() == "sqlite" and path and path != ":memory:"
        return bool(on_disk and self._opened is None and not Path(path or "").exists())

    def _engine(self) -> Engine:
        if self._opened is None:
            try:
                engine = open_engine(self._url)
            except ArgumentError as error:
                raise _bad_address(self._name, error) from error
            try:
                if revision(engine, VERSION_TABLE) != HEAD:
                    upgrade(engine, Path(__file__).with_name("migrations"))
            except NewerDatabase as error:
                engine.dispose()
                raise TargetUnreachable(
                    f"the embedded tracker's database can't be used: {error}",
                    where=self._name,
                    advice="Update this installation: pip install --upgrade closeout",
                ) from error
            self._opened = engine
        return self._opened

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        try:
            with Session(self._engine(), expire_on_commit=False) as session:
                yield session
        except SQLAlchemyError as error:
            raise TargetUnreachable(_short(error), where=self._name, advice=self._database_advice) from error

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        try:
            session = Session(writing(self._engine()), expire_on_commit=False)
        except SQLAlchemyError as error:
            raise TargetUnreachable(_short(error), where=self._name, advice=self._database_advice) from error
        with session:
            try:
                yield session
            except SQLAlchemyError as error:
                raise TargetUnreachable(_short(error), where=self._name, advice=self._database_advice) from error
            try:
                session.commit()
            except SQLAlchemyError as error:
                raise OutcomeUnknown(_short(error), where=self._name, advice=self._database_advice) from error

    @property
    def _database_advice(self) -> str:
        return f"Check that the embedded tracker's database {self._url.render_as_string()} can be read and written."

    def _row(self, session: Session, ref: IssueRef) -> IssueRow:
        if ref.number > _MAX_NUMBER:
            raise self._not_found(ref)
        query = select(IssueRow).where(IssueRow.target == self._name, IssueRow.number == ref.number)
        row = session.exec(query).first()
        if row is None:
            raise self._not_found(ref)
        return row

    def _not_found(self, ref: IssueRef) -> IssueNotFound:
        return IssueNotFound(
            "there is no such issue", where=f"{self._name} {ref.key}", advice="`closeout issues list` shows them all."
        )

    def _check(self, title: str, managed: str) -> None:
        if not title.strip() or len(title) > _MAX_TITLE:
            raise RequestRejected(
                f"a title has 1 to {_MAX_TITLE} characters, not {len(title)}", where=self._name, advice="Shorten it."
            )
        if len(managed) > _MAX_BODY:
            raise RequestRejected(f"a body has at most {_MAX_BODY} characters", where=self._name, advice="Shorten it.")

    def _apply(self, row: IssueRow, patch: IssuePatch) -> None:
        if patch.title is not None:
            row.title = patch.title
        if patch.managed is not None and patch.marker is not None:
            row.body = marker.write(row.body, patch.managed, patch.marker)
        if patch.state is not None and patch.state.value != row.state:
            row.state = patch.state.value
            row.closed_at = self._now() if patch.state.closed else None
        row.labels = sorted((set(row.labels) | patch.add_labels) - patch.remove_labels)
        if patch.assignees is not None:
            row.assignees = sorted(patch.assignees)
        if patch.due is not None or patch.clear_due:
            row.due = patch.due
        if patch.priority is not None or patch.clear_priority:
            row.priority = patch.priority

    def _issue(self, row: IssueRow) -> Issue:
        managed, tie = marker.read(row.body)
        return Issue(
            ref=IssueRef(self._name, row.number, f"#{row.number}"),
            title=row.title,
            body=row.body,
            managed=managed,
            marker=tie,
            state=IssueState(row.state),
            labels=frozenset(row.labels),
            assignees=frozenset(row.assignees),
            created_at=row.created_at,
            updated_at=row.updated_at,
            closed_at=row.closed_at,
            due=row.due,
            priority=row.priority,
        )


def _comment(row: CommentRow) -> Comment:
    return Comment(str(row.id), row.body, row.author, row.created_at)


def _bad_address(name: str, error: ArgumentError) -> ConnectorError:
    return ConnectorError(
        f"the address of the embedded tracker's database does not work: {str(error).splitlines()[0]}",
        where=name,
        advice=f'Mend targets.{name}.database: "sqlite:///closeout-issues.db" or "postgresql+psycopg://HOST/NAME" '
        '(pip install "closeout[postgres]").',
    )


def _short(error: SQLAlchemyError) -> str:
    """The database's own words, without the statement and its parameters."""
    cause = getattr(error, "orig", None) or error
    return f"the database failed: {str(cause).splitlines()[0]}"
