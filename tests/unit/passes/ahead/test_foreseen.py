"""What came and went since the last pass: a preview knows of it as the next pass will."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.passes.ahead import foreseen
from outreach.passes.ahead.outlook import Outcome
from outreach.passes.preview import preview

HOUR = timedelta(hours=1)
RULES = """\
format: 1
defaults: {{send_window: any time, purpose: transactional}}
rules:
  - rule: r
    about: order
    when:
      - {when}
    {more}
    steps: [{{id: one, send: note}}]
"""


def previewed(shop: Any, now: datetime, **ahead: Any) -> list[tuple[str, str, datetime | None]]:
    """Return what a preview says: states and reasons, and when what is sent goes out."""
    found = preview(shop.setup, now=now, **ahead).messages
    return [
        ("sent", "matched", m.due_at)
        if m.outcome is Outcome.WILL_SEND
        else ("cancelled", m.reason.value, None)
        for m in found
    ]


def happened(shop: Any) -> list[tuple[str, str, datetime | None]]:
    found: list[tuple[str, str, datetime | None]] = shop.messages("state", "reason", "sent_at")
    return [(state, "matched" if at else reason, at) for state, reason, at in found]


@pytest.mark.parametrize(
    ("when", "more", "changes", "outcome"),
    [
        # shipped for an hour only
        ("status is shipped", "", [{"status": "shipped"}, {"status": "placed"}], "cancelled"),
        # the window passed by before anybody looked
        (
            "status is shipped\n      - status_changed_at is within the last 30 minutes",
            "",
            [{"status": "shipped", "status_changed_at": 1}],
            "sent",
        ),
        # what changed after it speaks of something else
        (
            "status is shipped\n      - status_changed_at is within the last 30 minutes",
            "",
            [{"status": "shipped", "status_changed_at": 1}, {"carrier": "DHL"}],
            "sent",
        ),
        # each of its values is an occurrence of its own
        (
            "status in [shipped, delivered]",
            "once_per: order and status",
            [{"status": "shipped"}, {"status": "delivered"}],
            "sent",
        ),
        # counted in business time: Friday 14:00 to 16:00 in Berlin
        (
            "status is shipped for more than 30 business minutes",
            "calendar: desk",
            [{"status": "shipped"}, {"status": "placed"}],
            "cancelled",
        ),
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_what_came_and_went_is_foretold(
    shop: Any,
    noon: datetime,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    more: str,
    changes: list[dict[str, Any]],
    outcome: str,
    many: bool,
) -> None:
    if many:  # the next pass looks at all there is, and so does the preview
        monkeypatch.setattr("outreach.passes.enrol.MANY_CHANGES", 0)
        monkeypatch.setattr(foreseen, "MANY_CHANGES", 0)
    desk = "calendars: {desk: {country: DE, days: mon-fri, hours: 09:00-17:00}}\nchannels:"
    shop.edit("outreach.yaml", "channels:", desk)
    shop.write(**{"rules/shop.yaml": RULES.format(when=when, more=more)})
    shop.customer("ana").order("A-1", "ana").run(noon)
    for number, values in enumerate(changes, start=1):
        at = noon + number * HOUR
        timed = {k: noon + v * HOUR if isinstance(v, int) else v for k, v in values.items()}
        shop.order("A-1", at=at, **timed)
    now = noon + 3 * HOUR
    foretold = previewed(shop, now)
    later = previewed(shop, now, until=now + 48 * HOUR)
    assert later == foretold
    shop.run(now).run(now)
    assert foretold == happened(shop)
    # where the next pass looks at the data as it stands, some of it was never seen
    assert {state for state, *_ in foretold} in ([{outcome}, set()] if many else [{outcome}])


def test_a_preview_before_the_last_pass_takes_the_data_as_it_is(shop: Any, noon: datetime) -> None:
    shop.customer("ana").run(noon + 2 * HOUR)
    shop.order("A-1", "ana", at=noon + 3 * HOUR, promised_at=noon - 48 * HOUR)
    assert [m.rule for m in preview(shop.setup, now=noon).messages] == ["late"]
