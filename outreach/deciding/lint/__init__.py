"""Lint: what a message or a schedule says that no customer should read, and what to do instead.

It judges files and never the data: whatever it finds, `check` would let it pass.
"""
