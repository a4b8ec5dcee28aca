"""Conditions: each can be asked in SQL for a set, in Python for one, and when it is true.

A condition is a sentence or a group of conditions. Whatever it is, it comes apart into branches
(`branch.py`): an OR of ANDs in which each part is a test of data or an edge in time.
"""

from outreach.rules.conditions.branch import Branch, Condition, Edge, Frame, Sentence, Shift
from outreach.rules.conditions.data import (
    Contains,
    Includes,
    IsOneOf,
    IsPresent,
    IsTrue,
    StartsWith,
)
from outreach.rules.conditions.events import StepHad
from outreach.rules.conditions.groups import AllOf, AnyOf, NoneOf, Opposite
from outreach.rules.conditions.numbers import Between, Compare, Operator
from outreach.rules.conditions.times import (
    Apart,
    BeforeDate,
    BetweenAgo,
    HasBeen,
    InTheFuture,
    InThePast,
    MoreThanAgo,
    MoreThanAway,
    WithinLast,
    WithinNext,
)

__all__ = [
    "AllOf",
    "AnyOf",
    "Apart",
    "BeforeDate",
    "Between",
    "BetweenAgo",
    "Branch",
    "Compare",
    "Condition",
    "Contains",
    "Edge",
    "Frame",
    "HasBeen",
    "InTheFuture",
    "InThePast",
    "Includes",
    "IsOneOf",
    "IsPresent",
    "IsTrue",
    "MoreThanAgo",
    "MoreThanAway",
    "NoneOf",
    "Operator",
    "Opposite",
    "Sentence",
    "Shift",
    "StartsWith",
    "StepHad",
    "WithinLast",
    "WithinNext",
]
