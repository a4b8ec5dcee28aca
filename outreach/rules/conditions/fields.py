"""The fields that conditions ask, whatever groups they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outreach.rules.conditions.branch import Condition, Sentence
from outreach.rules.conditions.groups import AllOf, AnyOf, NoneOf, Opposite
from outreach.rules.conditions.times import Apart
from outreach.rules.fields import Field


def fields_of(conditions: Iterable[Condition]) -> Iterator[Field]:
    """Yield every field that is asked, as often as it is."""
    for condition in conditions:
        match condition:
            case AllOf(parts=parts) | AnyOf(parts=parts) | NoneOf(parts=parts):
                yield from fields_of(parts)
            case Opposite(of=part):
                yield from fields_of([part])
            case Sentence():
                yield condition.field
                if isinstance(condition, Apart):
                    yield condition.other
