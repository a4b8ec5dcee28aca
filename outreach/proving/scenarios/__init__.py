"""Rule tests: people, a timeline, and what must leave the system on it, played with a moving clock.

A file `*.test.yaml` is read into scenarios, each is played through the real passes on a database
of its own, and what left is held against what was expected.
"""
