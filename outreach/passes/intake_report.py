"""What an intake did, in numbers and words: every row of a source is in one of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outreach.model import SUBJECTS, Kind
from outreach.sources.records import Fault
from outreach.store.arrivals import Outcome
from outreach.store.intake_rows import Outcomes

#: how many faults and doubts are kept word for word; the rejects file has all
SHOWN = 20


@dataclass
class IntakeReport:
    """Counts of one intake. `rows` = `taken` + `skipped` + `rejected` + `known_rejects`.

    `outcomes` count records: a row may hold a customer and an order. `failures` are files or
    databases that could not be read at all.
    """

    source: str = ""
    rows: int = 0
    skipped: int = 0
    rejected: int = 0
    known_rejects: int = 0  # rejected before, and reported then
    doubts: int = 0  # values left empty because they were of no use
    outcomes: Outcomes = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    doubtful: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    rejects_files: list[Path] = field(default_factory=list)
    files: int = 0

    @property
    def taken(self) -> int:
        """Rows that went in."""
        return self.rows - self.skipped - self.rejected - self.known_rejects

    @property
    def new(self) -> int:
        """Records of subjects that were not known."""
        return self.count(Outcome.NEW)

    @property
    def changed(self) -> int:
        """Records that changed something."""
        return self.count(Outcome.CHANGED)

    @property
    def unchanged(self) -> int:
        """Records that say what is known."""
        return self.count(Outcome.UNCHANGED)

    @property
    def stale(self) -> int:
        """Records older than what is known: left alone."""
        return self.count(Outcome.STALE)

    @property
    def erased(self) -> int:
        """Records of people who were erased: left alone."""
        return self.count(Outcome.ERASED)

    def count(self, outcome: Outcome, kind: Kind | None = None) -> int:
        """Return how many records came to that, of one kind or of all."""
        return sum(n for (k, o), n in self.outcomes.items() if o is outcome and kind in (None, k))

    def reject(self, fault: Fault) -> None:
        """Count a row that could not be taken."""
        self.rejected += 1
        if len(self.faults) < SHOWN:
            self.faults.append(fault)

    def doubt(self, fault: Fault) -> None:
        """Count a value that was left empty."""
        self.doubts += 1
        if len(self.doubtful) < SHOWN:
            self.doubtful.append(fault)

    def add(self, other: IntakeReport) -> None:
        """Add the numbers and words of a part, such as one file of a folder."""
        for name in ("rows", "skipped", "rejected", "known_rejects", "doubts", "files"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.outcomes += other.outcomes
        self.faults += other.faults[: SHOWN - len(self.faults)]
        self.doubtful += other.doubtful[: SHOWN - len(self.doubtful)]
        self.notes += [note for note in other.notes if note not in self.notes]
        self.failures += other.failures
        self.rejects_files += other.rejects_files

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for `--json`."""
        counts = {
            kind.value: {o.value: self.count(o, kind) for o in Outcome}
            for kind in SUBJECTS
            if any(k is kind for k, _ in self.outcomes)
        }
        names = ("source", "files", "rows", "taken", "skipped", "rejected", "known_rejects")
        return {
            **{name: getattr(self, name) for name in (*names, "doubts", "notes", "failures")},
            **{outcome.value: self.count(outcome) for outcome in Outcome},
            "kinds": counts,
            "faults": [fault._asdict() for fault in self.faults],
            "doubtful": [fault._asdict() for fault in self.doubtful],
            "rejects_files": [str(path) for path in self.rejects_files],
        }
