"""The crash harness: bad providers, a daemon that dies all the time, and every message counted."""
