"""What runs when: cron lines as triggers, the service that fires them, and the timetable that people read."""

from tracker.schedule.running import Runner, serve, tell
from tracker.schedule.timetable import timetable

__all__ = ["Runner", "serve", "tell", "timetable"]
