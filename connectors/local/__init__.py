"""The embedded tracker: issues in a database beside the settings. The default target and the port's reference."""

from connectors.local.tracker import LocalTracker

__all__ = ["LocalTracker"]
