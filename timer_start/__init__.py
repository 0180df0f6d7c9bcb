"""Timers: what is done on a schedule."""
