"""What is known about one subject, as sentences and templates see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from outreach.model import SubjectRef
from outreach.rules.fields import Field


@dataclass(frozen=True)
class StepEvent:
    """Something that happened to what a step of this enrollment sent."""

    step: str
    event: str
    at: datetime


@dataclass(frozen=True)
class Facts:
    """One subject's values by field path; a missing value is None or absent.

    Times are aware UTC datetimes, money is `Money`, lists are tuples of texts. `events` belong to
    one enrollment and are empty where there is none.
    """

    subject: SubjectRef
    values: Mapping[str, Any]
    events: tuple[StepEvent, ...] = field(default=())

    def get(self, wanted: Field) -> Any:
        """Return the value of a field, None when missing."""
        return self.value(wanted.path)

    def value(self, path: str) -> Any:
        """Return the value at a path, None when missing; an empty text or list is missing."""
        value = self.values.get(path)
        return None if value in ("", ()) else value

    def changed_at(self, wanted: Field) -> datetime | None:
        """Return since when a field with history has had its value."""
        if wanted.changed_at is None:
            return None
        prefix = wanted.path.removesuffix(wanted.name)
        return self.values.get(prefix + wanted.changed_at)
