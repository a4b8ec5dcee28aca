"""`offer:` of a step: which coupon it adds to its message, and how many of them."""

from __future__ import annotations

from outreach.rules.limits import Rate
from outreach.rules.loading.keys import OFFER_KEYS
from outreach.rules.loading.references import Loading
from outreach.rules.offer import Offer, WhenSpent, parse_budget
from outreach.rules.phrases import read_rate
from outreach.rules.yaml_section import Section


def read_offer(step: Section, loading: Loading) -> Offer | None:
    """Return what a step offers; what is wrong with it is reported."""
    part = step.section("offer", OFFER_KEYS)
    if part is None:
        return None
    part.need("coupon")
    coupon = part.scalar("coupon")
    pool = loading.pool(coupon) if coupon else None
    budget = part.parsed("budget", parse_budget, code="E203")
    if budget and pool and budget.currency != pool.value.currency:
        said = f"a coupon of {pool.name} is worth {pool.value}, so its budget is in "
        part.report("E203", said + pool.value.currency, part.scalar("budget"))
    return Offer(
        coupon=coupon.text if coupon else "",
        per_customer=_rate(part, "per_customer"),
        total=_rate(part, "total"),
        budget=budget,
        when_spent=part.choice("when_spent", WhenSpent) or WhenSpent.SEND_WITHOUT,
    )


def _rate(part: Section, key: str) -> Rate | None:
    scalar = part.scalar(key)
    return read_rate(scalar, part.problems) if scalar else None
