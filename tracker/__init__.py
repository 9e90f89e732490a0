"""Closeout: makes sure that what a postmortem promised gets done."""
