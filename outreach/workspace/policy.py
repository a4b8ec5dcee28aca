"""`contact_policy:` and `safety:`: what no rule may overstep, whatever it says itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from outreach.model import Purpose, StopScope
from outreach.rules.limits import ContactRule, Rate
from outreach.rules.yaml_section import Section, did_you_mean
from outreach.timing.durations import Duration, parse_duration

POLICY_KEYS = ("purpose", "at_most", "gap")
SAFETY_KEYS = (
    *("hold_above", "needs_apply", "send_only_to", "when_unknown", "source_max_age"),
    *("sms_stop_scope", "angry_replies", "pause_rule_above"),
)
HARM_KEYS = ("complaints", "bounces", "opt_outs")
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
    such as `*@shop.example`, nobody else is written to. A message in doubt waits for a person, or
    is sent again after the time that `resend_after` has for its purpose. A source whose data is
    older than `source_max_age`, or than it says itself, lets the messages of its rules wait. A stop
    by text reaches as far as `sms_stop_scope`. The team `angry_replies` is asked to look at replies
    that are angry or urgent. A rule pauses itself that does more harm than `pause_rule_above` says.
    """

    hold_above: Rate | None = Rate(300, Duration(minutes=60))
    needs_apply: bool = True
    send_only_to: tuple[str, ...] = ()
    resend_after: Mapping[Purpose, timedelta] = field(default_factory=dict)
    source_max_age: Duration | None = None
    sms_stop_scope: StopScope = StopScope.ALL
    angry_replies: str = ""
    pause_rule_above: Mapping[str, Any] = field(default_factory=dict)


def read_policy(section: Section) -> tuple[ContactRule, ...]:
    """Read `contact_policy:`, a list of limits on how often one customer hears from us."""
    if "contact_policy" not in section:
        return DEFAULT_POLICY
    parts = section.sections("contact_policy", POLICY_KEYS, "a line of the contact policy")
    return tuple(rule for part in parts if (rule := _contact_rule(part)))


def read_safety(section: Section, teams: Collection[str]) -> Safety:
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
        resend_after=_resend_after(part),
        source_max_age=_length(part, "source_max_age"),
        sms_stop_scope=part.choice("sms_stop_scope", StopScope) or StopScope.ALL,
        angry_replies=_team(part, teams),
        pause_rule_above=_harm(part),
    )


def _team(part: Section, teams: Collection[str]) -> str:
    scalar = part.scalar("angry_replies")
    if scalar and scalar.text not in teams:
        said = f"there is no team '{scalar.text}'.{did_you_mean(scalar.text, teams)}"
        part.report("E204", said, scalar)
    return scalar.text if scalar else ""


def _harm(part: Section) -> dict[str, Any]:
    """Read `pause_rule_above:`, shares of a rule's messages and how many there must be."""
    from outreach.rules.phrases import read_percent

    section = part.section("pause_rule_above", [*HARM_KEYS, "at_least"])
    if section is None:
        return {}
    scalars = {key: scalar for key in HARM_KEYS if (scalar := section.scalar(key))}
    shares = {key: read_percent(scalar, section.problems) for key, scalar in scalars.items()}
    said = {**shares, "at_least": section.parsed("at_least", _parse_messages)}
    return {key: value for key, value in said.items() if value is not None}


def _parse_messages(text: str) -> int:
    number, _, word = text.partition(" ")
    if not number.isdigit() or word not in ("", "messages"):
        raise ValueError(f"`{text}` is no number of messages: write `100 messages`")
    return int(number)


def _resend_after(part: Section) -> dict[Purpose, timedelta]:
    """Read `when_unknown:`, by purpose `hold` or `resend_after 2 hours`."""
    section = part.section("when_unknown", [purpose.value for purpose in Purpose])
    if section is None:
        return {}
    said = {purpose: section.parsed(purpose.value, _parse_doubt) for purpose in Purpose}
    return {purpose: after for purpose, after in said.items() if after}


def _parse_doubt(text: str) -> timedelta | None:
    word, _, length = text.partition(" ")
    if text == "hold":
        return None
    if word != "resend_after" or not length:
        raise ValueError(f"`{text}` is not known here: write `hold`, or `resend_after 2 hours`")
    after = parse_duration(length)
    if after.is_business:
        raise ValueError("business time is not counted here: write hours or days")
    return after.fixed


def _contact_rule(part: Section) -> ContactRule | None:
    part.need("purpose")
    found = [part.chosen(scalar, Purpose) for scalar in part.scalars("purpose")]
    purposes = frozenset(purpose for purpose in found if purpose)
    at_most, gap = _rate(part, "at_most"), _length(part, "gap")
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


def _length(part: Section, key: str) -> Duration | None:
    from outreach.rules.phrases import read_fixed_duration

    scalar = part.scalar(key)
    return read_fixed_duration(scalar, part.problems) if scalar else None


def _parse_pattern(text: str) -> str:
    if not _ADDRESS_PATTERN.fullmatch(text):
        raise ValueError(f"`{text}` fits no address: write like *@shop.example or +49155*")
    return text
