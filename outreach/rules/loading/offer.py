"""`offer:` of a step: which coupon it adds to its message, and how many of them."""

from __future__ import annotations

from collections.abc import Collection

from outreach.errors import Level
from outreach.model import Channel, Mode
from outreach.rules.limits import Rate
from outreach.rules.loading.keys import OFFER_KEYS
from outreach.rules.loading.references import Loading
from outreach.rules.offer import Offer, WhenSpent, parse_budget
from outreach.rules.phrases import read_rate
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section


def read_offer(
    step: Section, mode: Mode, via: Collection[Channel], loading: Loading
) -> Offer | None:
    """Return what a step offers; what is wrong with it is reported."""
    part = step.section("offer", OFFER_KEYS)
    if part is None:
        return None
    part.need("coupon")
    coupon = part.scalar("coupon")
    pool = loading.pool(coupon) if coupon else None
    if coupon and mode is Mode.LIVE and Channel.EMAIL in via:
        _check_address(part, coupon, loading)
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


def _check_address(part: Section, coupon: Scalar, loading: Loading) -> None:
    """Warn where the law of many countries wants to read in an advertisement whose it is."""
    if not loading.names.has_postal_address:
        said = "a mail with a coupon is advertising, and the shop's postal address is not below it"
        hint = "in outreach.yaml, shop: {address: …}"
        part.report("W411", said, coupon, hint=hint, level=Level.WARNING)


def _rate(part: Section, key: str) -> Rate | None:
    scalar = part.scalar(key)
    return read_rate(scalar, part.problems) if scalar else None
