"""Lanes: threads that run one pass at a time, so that a slow provider delays no other pass."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from outreach.workspace.jobs import Pass


class Lane(threading.Thread):
    """Runs the passes it was woken for, in the order a message takes its way.

    Being woken twice before it comes to a pass is once; being woken while it runs is once more.
    """

    def __init__(self, name: str, passes: Sequence[Pass], run: Callable[[Pass], None]) -> None:
        super().__init__(name=f"lane-{name}")
        self.passes = tuple(passes)
        self._run = run
        self._due: set[Pass] = set()
        self._changed = threading.Condition()
        self._is_ending = False

    def wake(self, which: Pass) -> None:
        """Let a pass run as soon as those before it are done."""
        with self._changed:
            self._due.add(which)
            self._changed.notify()

    def end(self) -> None:
        """Let the thread end when the pass in hand has."""
        with self._changed:
            self._is_ending = True
            self._changed.notify()

    def run(self) -> None:
        while (which := self._next()) is not None:
            self._run(which)

    def _next(self) -> Pass | None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_ending or self._due)
            if self._is_ending:
                return None
            which = next(p for p in self.passes if p in self._due)
            self._due.remove(which)
            return which
