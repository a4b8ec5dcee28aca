"""`contact_policy:` and `safety:`: what no rule may overstep, whatever it says itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from outreach.model import Purpose
from outreach.rules.limits import ContactRule, Rate
from outreach.rules.yaml_section import Section
from outreach.timing.durations import Duration

POLICY_KEYS = ("purpose", "at_most", "gap")
SAFETY_KEYS = ("hold_above", "needs_apply", "send_only_to")
#: what counts when nothing is said; `contact_policy: []` says that nothing shall
DEFAULT_POLICY = (
    ContactRule(frozenset({Purpose.SERVICE, Purpose.SURVEY}), Rate(2, Duration(days=1))),
    ContactRule(frozenset({Purpose.SURVEY}), Rate(1, Duration(days=30))),
    ContactRule(frozenset({Purpose.SERVICE}), gap=Duration(minutes=4 * 60)),
    # a runaway stop, not a courtesy limit
    ContactRule(frozenset({Purpose.TRANSACTIONAL}), Rate(10, Duration(days=1))),
)
_ADDRESS_PATTERN = re.compile(r"[^\s@]*@[^\s@]+|\+[0-9*]+|\*")


@dataclass(frozen=True)
class Safety:
    """What stands between a mistake and many customers.

    More than `hold_above` waits for approval, over the whole system. With `send_only_to`, patterns
    such as `*@shop.example`, nobody else is written to.
    """

    hold_above: Rate | None = Rate(300, Duration(minutes=60))
    needs_apply: bool = True
    send_only_to: tuple[str, ...] = ()


def read_policy(section: Section) -> tuple[ContactRule, ...]:
    """Read `contact_policy:`, a list of limits on how often one customer hears from us."""
    if "contact_policy" not in section:
        return DEFAULT_POLICY
    parts = section.sections("contact_policy", POLICY_KEYS, "a line of the contact policy")
    return tuple(rule for part in parts if (rule := _contact_rule(part)))


def read_safety(section: Section) -> Safety:
    """Read `safety:`."""
    part = section.section("safety", SAFETY_KEYS)
    if part is None:
        return Safety()
    patterns = (part.parsed_scalar(s, _parse_pattern) for s in part.scalars("send_only_to"))
    needs_apply = part.yes_no("needs_apply")
    return Safety(
        hold_above=_rate(part, "hold_above") or Safety.hold_above,
        needs_apply=Safety.needs_apply if needs_apply is None else needs_apply,
        send_only_to=tuple(filter(None, patterns)),
    )


def _contact_rule(part: Section) -> ContactRule | None:
    part.need("purpose")
    found = [part.chosen(scalar, Purpose) for scalar in part.scalars("purpose")]
    purposes = frozenset(purpose for purpose in found if purpose)
    at_most, gap = _rate(part, "at_most"), _gap(part)
    if "at_most" not in part and "gap" not in part:
        part.report("E005", "say how often: `at_most: 2 per day`, or how far apart: `gap: 4 hours`")
    if not purposes or not (at_most or gap):
        return None
    return ContactRule(purposes, at_most, gap)


def _rate(part: Section, key: str) -> Rate | None:
    # the phrases load the whole language, which a command that only needs the database is spared
    from outreach.rules.phrases import read_rate

    scalar = part.scalar(key)
    return read_rate(scalar, part.problems) if scalar else None


def _gap(part: Section) -> Duration | None:
    from outreach.rules.phrases import read_fixed_duration

    scalar = part.scalar("gap")
    return read_fixed_duration(scalar, part.problems) if scalar else None


def _parse_pattern(text: str) -> str:
    if not _ADDRESS_PATTERN.fullmatch(text):
        raise ValueError(f"`{text}` fits no address: write like *@shop.example or +49155*")
    return text
