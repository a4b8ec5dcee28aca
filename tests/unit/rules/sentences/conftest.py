"""A way to read one sentence about an order, with everything it may refer to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outreach.errors import Problem, Problems
from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.rules.conditions import Condition
from outreach.rules.fields import CustomField, FieldType
from outreach.rules.sentences import parse
from outreach.timing.calendars import Calendar
from outreach.timing.hours import Hours

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar("de", BERLIN, frozenset(range(5)), Hours(9 * 60, 17 * 60), "DE")
CATALOGUE = Catalogue(
    [
        CustomField(Kind.ORDER, "gift", FieldType.YES_NO),
        CustomField(Kind.ORDER, "weight", FieldType.NUMBER),
    ]
)


def _said(text: str, **where: Any) -> Condition:
    return parse(
        text,
        CATALOGUE,
        Kind.ORDER,
        **{
            "calendar": OFFICE,
            "zone": BERLIN,
            "steps": ["update", "csat"],
            "rules": ["apology"],
            **where,
        },
    )


@pytest.fixture
def office() -> Calendar:
    """A calendar: Monday to Friday, nine to five, in Berlin."""
    return OFFICE


@pytest.fixture
def said() -> Callable[..., Condition]:
    """Read one sentence; raises Problems."""
    return _said


@pytest.fixture
def refused() -> Callable[..., list[Problem]]:
    """Return what is wrong with a sentence."""

    def problems_of(text: str, **where: Any) -> list[Problem]:
        with pytest.raises(Problems) as caught:
            _said(text, **where)
        return caught.value.problems

    return problems_of
