"""Reserving: messages that are planned keep a coupon, so that what is seen is what goes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.planning import PlannedMessage
from outreach.model import MessageState, Mode
from outreach.passes.purse import Purse, Wallet
from outreach.passes.setup import Setup


def reserve(
    connection: Connection,
    setup: Setup,
    offering: Sequence[tuple[dict[str, Any], PlannedMessage]],
    now: datetime,
) -> None:
    """Keep coupons for new messages; a flood that waits for a person takes none from others."""
    wanted = [
        (columns, found)
        for columns, found in offering
        if found.step.offer
        and found.walker.mode is Mode.LIVE
        and columns["state"] == MessageState.PLANNED.value
    ]
    if not wanted:
        return
    rules = [rule for columns, _ in wanted if (rule := setup.ruleset.get(columns["rule"]))]
    mine = [Wallet(each["id"], each["customer_id"], each["rule"]) for each, _ in wanted]
    people = setup.recipients.read(connection, {each.customer for each in mine}, now)
    purse = Purse.open(connection, setup, rules, mine, now)
    for wallet, (_, found) in zip(mine, wanted, strict=True):
        recipient = people.get(wallet.customer)
        if recipient and found.step.offer:
            offered = purse.look(wallet, found.step.offer, recipient, found.channel, now)
            if offered.coupon:
                purse.take(wallet, offered.coupon, now)
    purse.write(connection)
