"""`[policy]`, `[brake]` and `[write_back]`: what becomes an issue, who wins, and what needs consent."""

from typing import Literal

from pydantic import Field

from connectors.forge import ForgeSettings
from tracker.model import Kind
from tracker.settings.checks import Closed
from tracker.settings.due import DueSettings

Authority = Literal["document", "target"]


class PolicySettings(Closed):
    """What becomes an issue, and when somebody has to be told."""

    kinds: tuple[Kind, ...] = Field(
        default=(Kind.TASK, Kind.IMPROVEMENT), description="Kinds of items that get an issue."
    )
    due_soon_days: int = Field(
        default=7, ge=0, description="An item is due soon from this many days before its due date."
    )
    stale_days: int = Field(
        default=30,
        ge=0,
        description="An open item is stale when nothing moved on it or its issue for this many days; 0: never.",
    )
    due: DueSettings = Field(default_factory=DueSettings, description="When items are due whose documents give no day.")
    removed: Literal["keep", "comment", "close"] = Field(
        default="comment", description="What happens to the open issue of an item that left its document."
    )
    recurring: Literal["offer", "open"] = Field(
        default="offer",
        description="What happens to a new item that promises what an open issue of another postmortem does: `offer` "
        "asks whether it is the same work and opens nothing until somebody says so, `open` opens an issue of its own.",
    )
    allow_public: tuple[str, ...] = Field(
        default=(), description="Public targets, by name, that may hold items of private documents."
    )
    title_authority: Authority = Field(default="document", description="Who wins when both sides changed the title.")
    state_authority: Authority = Field(default="target", description="Who wins when both sides changed the state.")
    assignee_authority: Authority = Field(
        default="target", description="Who wins when both sides changed the assignee."
    )
    due_authority: Authority = Field(default="document", description="Who wins when both sides changed the due date.")
    priority_authority: Authority = Field(
        default="document", description="Who wins when both sides changed the priority."
    )
    uncertain_grace_minutes: float = Field(
        default=5,
        ge=0,
        description="How long a create without an answer is looked for before it is sent again "
        "(never less than the target's read lag).",
    )


class BrakeSettings(Closed):
    """Plans larger than this are refused until somebody consents (`--yes`, `--max-creates`, `--max-closes`)."""

    max_creates: int = Field(default=100, ge=0, description="Issues that one sync may open.")
    max_closes: int = Field(
        default=10, ge=0, description="Issues that one sync may close without looking at the share."
    )
    max_close_share: float = Field(
        default=0.25, ge=0, le=1, description="Share of all open issues that one sync may close (beyond `max_closes`)."
    )


class WriteBackSettings(ForgeSettings):
    """Whether links and check marks go back into the documents, and how. All but `mode` is for pull requests."""

    mode: Literal["none", "files", "pr"] = Field(
        default="none",
        description="What `sync` does with links and check marks that documents lack: nothing, put them into the "
        "files, or keep one pull request with them. `--write-back` wins over it.",
    )
