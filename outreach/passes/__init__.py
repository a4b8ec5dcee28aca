"""Passes: each does what is due at `now`; nothing else moves a message."""
