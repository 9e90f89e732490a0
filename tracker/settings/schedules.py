"""`[schedules]`: what `closeout serve` runs when."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from tracker.settings.checks import Closed, known_zone


class ScheduleSettings(Closed):
    """One job of `closeout serve`."""

    run: Literal["sync", "report"] = Field(description="What to run.")
    cron: str = Field(
        description="Minute, hour, day, month, weekday, as in crontab(5) (0 and 7 are Sunday).",
        examples=["0 9 * * MON"],
    )
    report: str | None = Field(default=None, description='Which report (for `run = "report"`).')
    timezone: str | None = Field(default=None, description="IANA time zone; the general one when not given.")
    catch_up_hours: float = Field(
        default=24, ge=0, description="After downtime, a missed run is made up for if it is at most this old (once)."
    )

    jitter_seconds: float = Field(
        default=0,
        ge=0,
        le=1800,
        description="A run starts up to this much later than due, at random: several installations don't ask at once.",
    )

    @field_validator("timezone")
    @classmethod
    def _timezone_known(cls, value: str | None) -> str | None:
        return value if value is None else known_zone(value)

    @model_validator(mode="after")
    def _report_named(self) -> "ScheduleSettings":
        if self.run == "report" and not self.report:
            raise ValueError('run = "report" needs report = "NAME", the name of a [reports.NAME] table')
        return self
