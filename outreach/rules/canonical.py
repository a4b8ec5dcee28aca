"""A rule as plain JSON that says what it means and nothing else: hashed, compared and shown.

Left out are descriptions, owners, comments, places and spellings: to change them changes no rule.
What a rule refers to is written out, so that another calendar is another rule.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from outreach.model import Approval
from outreach.rules.conditions import AllOf, AnyOf, Condition, NoneOf
from outreach.rules.document import Age, OncePer, Rule, Step, Wait
from outreach.rules.handoff import Handoff
from outreach.rules.offer import Offer
from outreach.rules.sentences import canonical
from outreach.timing.calendars import Calendar
from outreach.timing.hours import format_days
from outreach.timing.windows import SendWindow

Json = dict[str, Any]
_GROUPS: dict[type, str] = {AllOf: "all", AnyOf: "any", NoneOf: "none"}
#: what decides who is enrolled, and under which key
_MATCHING = ("about", "when", "audience", "age", "once_per", "calendar")


def rule_json(rule: Rule) -> Json:
    """Return what a rule means; what is not said in it is left out."""
    limits = rule.limits
    return _without_nothing(
        {
            "rule": rule.name,
            "about": rule.about.value,
            "purpose": rule.purpose.value,
            "mode": _mode(rule),
            "when": conditions_json(rule.when),
            "audience": conditions_json(rule.audience),
            "cancel_if": conditions_json(rule.cancel_if),
            "age": _age(rule.age),
            "once_per": once_per_words(rule.once_per, rule),
            "calendar": _calendar(rule.calendar),
            "send_window": _window(rule.window),
            "holdout": f"{rule.holdout.normalize():f}%" if rule.holdout else None,
            "sample": f"{rule.sample.normalize():f}%" if rule.sample < 100 else None,
            "steps": [_step(step) for step in rule.steps],
            "limits": _without_nothing(
                {
                    "cooldown": _text(limits.cooldown),
                    "per_customer": _text(limits.per_customer),
                    "total": _text(limits.total),
                    "hold_above": _text(limits.hold_above),
                }
            ),
            "combine_within": _text(rule.combine_within),
            "expires_after": str(rule.expires_after),
            "takes_over": sorted(rule.takes_over),
            "renamed_from": list(rule.renamed_from),
            "approval": rule.approval.value if rule.approval is Approval.ALWAYS else None,
            "batch_by": rule.batch_by.path if rule.batch_by else None,
        }
    )


def _mode(rule: Rule) -> str:
    return "live after a day in shadow" if rule.is_mode_default else rule.mode_words


def rule_digest(rule: Rule) -> str:
    """Return what names the meaning of a rule."""
    return _digest(rule_json(rule))


@lru_cache(maxsize=1024)  # every pass asks it of every rule
def conditions_digest(rule: Rule) -> str:
    """Return what names whom a rule enrols, whatever it then does."""
    whole = rule_json(rule)
    return _digest({key: whole.get(key) for key in _MATCHING})


def ruleset_digest(rules: Iterable[Rule]) -> str:
    """Return what names the meaning of all rules together; their order means nothing."""
    return _digest(sorted((rule_json(rule) for rule in rules), key=lambda r: str(r["rule"])))


def conditions_json(conditions: Sequence[Condition]) -> list[Any]:
    """Return conditions as sentences in their one spelling, and groups as keys."""
    return [_condition(condition) for condition in conditions]


def once_per_words(once: OncePer, rule: Rule) -> str:
    """Return what makes an occurrence, as it is written: `order and status`."""
    subject = "customer" if once.customer else rule.about.value
    words = [subject, *(field.path for field in once.fields)]
    return " and ".join([*words, once.period.value] if once.period else words)


def _condition(condition: Condition) -> Any:
    if isinstance(condition, AllOf | AnyOf | NoneOf):
        return {_GROUPS[type(condition)]: conditions_json(condition.parts)}
    return canonical(condition)


def _step(step: Step) -> Json:
    repeat = step.repeat
    return _without_nothing(
        {
            "id": step.id,
            "send": step.template,
            "survey": step.survey,
            "wait": _wait(step.wait),
            "via": [channel.value for channel in step.via] if step.template else None,
            "if_undelivered": _text(step.next_channel_after),
            "repeat": {"every": str(repeat.every), "times": repeat.times} if repeat else None,
            "until": conditions_json(step.until),
            "stop_if": conditions_json(step.stop_if),
            "skip_if": conditions_json(step.skip_if),
            "handoff": _handoff(step.handoff),
            "offer": _offer(step.offer),
        }
    )


def _handoff(handoff: Handoff | None) -> Json | None:
    if handoff is None:
        return None
    is_business = handoff.due is not None and handoff.due.is_business
    return _without_nothing(
        {
            "team": handoff.team,
            "title": handoff.title,
            "due": _text(handoff.due),
            "note": handoff.note,
            "stop_outreach": _text(handoff.stop_outreach),
            "calendar": _calendar(handoff.calendar) if is_business else None,
        }
    )


def _offer(offer: Offer | None) -> Json | None:
    if offer is None:
        return None
    return _without_nothing(
        {
            "coupon": offer.coupon,
            "per_customer": _text(offer.per_customer),
            "total": _text(offer.total),
            "budget": f"{offer.budget} per month" if offer.budget else None,
            "when_spent": offer.when_spent.value,
        }
    )


def _wait(wait: Wait | None) -> Json | None:
    if wait is None:
        return None
    return _without_nothing(
        {
            "duration": None if wait.until else str(wait.duration),
            "after": wait.after.path if wait.after else None,
            "until": wait.until.path if wait.until else None,
            "at": f"{wait.at:%H:%M}" if wait.at else None,
        }
    )


def _age(age: Age | None) -> Json | None:
    if age is None:
        return None
    return {"field": age.field.path, "length": str(age.length)}


def _calendar(calendar: Calendar | None) -> Json | None:
    if calendar is None:
        return None
    return _without_nothing(
        {
            "name": calendar.name,
            "days": format_days(calendar.days),
            "hours": str(calendar.hours),
            "zone": calendar.zone.key,
            "country": calendar.country,
            "subdivision": calendar.subdivision,
            "closed": [day.isoformat() for day in sorted(calendar.closed)],
        }
    )


def _window(window: SendWindow) -> Json:
    return _without_nothing(
        {
            "name": window.name,
            "days": format_days(window.days),
            "hours": str(window.hours),
            "holidays_of": window.holidays_of,
        }
    )


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)


def _without_nothing(whole: Json) -> Json:
    return {key: value for key, value in whole.items() if value not in (None, [], {})}


def _digest(meaning: Any) -> str:
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
