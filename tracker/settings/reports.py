"""`[reports]`: what is reported."""

from typing import Literal

from pydantic import Field

from tracker.settings.checks import Closed


class ReportSettings(Closed):
    """One report: what it selects, for which period, and who gets what belongs to nobody."""

    period: Literal["daily", "weekly", "monthly"] = Field(
        default="weekly", description="One person gets this report at most once in each such period."
    )
    fallback: str | None = Field(
        default=None, description="Person or team (key) that is told of items without a known owner."
    )
    title: str = Field(default="Open corrective actions", description="Heading and mail subject.")
    comment: bool = Field(
        default=False,
        description="Whether `report --send` also reminds of each overdue item on its issue, once a period.",
    )
