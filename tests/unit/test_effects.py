"""Effects: the numbers that `diff` announces are what applying does, and the passes after it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.proving.scratch import make_hasty, memory_store
from outreach.releases import Effect, Fate
from tests.unit.conftest import Shop

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FILE = "rules/shop.yaml"
RULES = """\
format: 1
defaults: {{send_window: {window}, purpose: transactional}}
rules:
{late}  - rule: shipped
    about: order
    mode: live
    when:
      - status is shipped
    steps:
      - id: notice
        send: note
        wait: 5 hours
"""
LATE = """\
  - rule: late
    about: order
    mode: {mode}
    when:
      - promised_at is more than {late_by} ago
      - status in [{status}]
    {cancel_if}
    limits: {{hold_above: {hold_above} per hour}}
    steps: [{steps}]
"""
STEP_A = "{{id: a, send: note, wait: {wait}}}"
USUAL: dict[str, str] = {
    "late_by": "1 day",
    "status": "placed",
    "cancel_if": "cancel_if: [carrier is Hermes]",
    "hold_above": "9",
    "mode": "live",
    "wait": "3 days",
    "window": "any time",
    "steps": "a",
}
EDITS: dict[str, list[str]] = {
    "late_by": ["1 day", "3 days", "6 hours"],
    "status": ["placed", "placed, packed", "packed"],
    "cancel_if": ["cancel_if: [carrier is Hermes]", "cancel_if: [carrier is DHL]"],
    "hold_above": ["1", "9"],
    "mode": ["live", "shadow", "off"],
    "wait": ["3 days", "1 day", "4 days", "2 days"],
    "window": ["any time", "daytime"],
    "steps": ["a", "b", "none"],
}


def files(**edit: str) -> dict[str, str]:
    told = {**USUAL, **edit}
    step = STEP_A.format(**told).replace("id: a", f"id: {told['steps']}")
    late = "" if told["steps"] == "none" else LATE.format(**{**told, "steps": step})
    return {FILE: RULES.format(late=late, window=told["window"])}


def shown(shop: Any) -> dict[str, Any]:
    columns = ("id", "rule", "state", "reason", "mode", "due_at")
    return {row[0]: row[1:] for row in shop.messages(*columns)}


def announced(effect: Effect) -> Counter[tuple[str, str]]:
    return Counter((m.fate.value, m.rule) for m in effect.touched)


def truth(shop: Any, at: datetime) -> Counter[tuple[str, str]]:
    """Apply the files and run the passes; return what became of messages, by fate and rule."""
    before = shown(shop)
    shop.apply(now=at)
    carried = shown(shop)
    shop.plan(at)
    found: Counter[tuple[str, str]] = Counter()
    for id_, (rule, state, _, _, due_at) in before.items():
        now_state, now_due = carried[id_][1], carried[id_][4]
        if state in ("planned", "held") and now_state not in ("planned", "held"):
            found["cancelled", rule] += 1
        elif state != now_state:
            found["held" if now_state == "held" else "freed", rule] += 1
        elif due_at != now_due:
            found["moved", rule] += 1
    for id_, (rule, state, _, mode, _) in shown(shop).items():
        if id_ not in before:
            fate = "new_shadow" if mode == "shadow" else "new_held" if state == "held" else "new"
            found[fate, rule] += 1
    return found


def fill(shop: Any, noon: datetime) -> None:
    """Let four orders be late in different ways, another be shipped, and plan what is planned."""
    shop.write(**files())
    for number, (status, carrier, late) in enumerate(
        [
            ("placed", "DHL", 2 * DAY),
            ("placed", "UPS", 49 * HOUR),
            ("packed", "UPS", 2 * DAY),
            ("placed", "UPS", 12 * HOUR),
            ("shipped", "UPS", -DAY),
        ]
    ):
        shop.customer(f"bo{number}")
        values = {"status": status, "carrier": carrier, "promised_at": noon - late}
        shop.order(f"B-{number}", f"bo{number}", **values)
    shop.plan(noon)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({"status": "placed, packed"}, {("new", "late"): 1}),
        ({"late_by": "6 hours", "status": "placed, packed"}, {("new", "late"): 2}),
        (
            {"late_by": "6 hours", "status": "placed, packed", "hold_above": "1"},
            {("new_held", "late"): 2},
        ),
        ({"wait": "4 days"}, {("moved", "late"): 2}),
        ({"wait": "1 day"}, {("moved", "late"): 2}),
        ({"wait": "1 day", "hold_above": "1"}, {("held", "late"): 2}),
        ({"cancel_if": "cancel_if: [carrier is DHL]"}, {("cancelled", "late"): 1}),
        ({"mode": "off"}, {("held", "late"): 2}),
        ({"mode": "shadow"}, {("held", "late"): 2}),
        (
            {"mode": "shadow", "status": "placed, packed"},
            {("held", "late"): 2, ("new_shadow", "late"): 1},
        ),
        ({"steps": "b"}, {("cancelled", "late"): 2}),
        ({"steps": "none"}, {("cancelled", "late"): 2}),
        ({"window": "daytime"}, {("moved", "late"): 0}),
    ],
)
def test_what_is_announced_is_what_happens(
    shop: Any, noon: datetime, edit: dict[str, str], expected: dict[tuple[str, str], int]
) -> None:
    make_hasty(shop.store)
    fill(shop, noon)
    at = noon + HOUR
    shop.write(**files(**edit))
    before = shown(shop)
    effect = shop.foresee(at)
    assert shown(shop) == before  # nothing was written
    assert +Counter(expected) <= announced(effect)
    assert effect.unchanged == 3 - len([m for m in effect.touched if m.id in before])
    assert truth(shop, at) == announced(effect)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(
        st.fixed_dictionaries(
            {}, optional={key: st.sampled_from(values) for key, values in EDITS.items()}
        ),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_is_edited(tmp_path: Path, noon: datetime, edits: list[dict[str, str]]) -> None:
    store = memory_store()
    shop = Shop(tmp_path, store)
    fill(shop, noon)
    for number, edit in enumerate(edits):
        at = noon + (1 + 7 * number) * HOUR
        shop.plan(at - MINUTE)  # what comes by itself
        effect = shop.write(**files(**edit)).foresee(at)
        assert truth(shop, at) == announced(effect)
    shop.close()
    store.close()


def test_what_would_be_found_anyway_is_not_put_down_to_an_edit(shop: Any, noon: datetime) -> None:
    fill(shop, noon)
    shop.customer("cy").order("C-1", "cy", promised_at=noon - 2 * DAY, at=noon + MINUTE)
    effect = shop.write(**files(status="placed, packed")).foresee(noon + HOUR)
    assert announced(effect) == Counter({("new", "late"): 1})


def test_what_is_moved_to_today_is_told(shop: Any, noon: datetime) -> None:
    fill(shop, noon)
    effect = shop.write(**files(wait="1 day")).foresee(noon + HOUR)
    assert [m.due_at for m in effect.touched] == [noon + HOUR + 15 * MINUTE] * 2
    berlin = ZoneInfo("Europe/Berlin")
    assert effect.moved_to(noon.date(), berlin) == 2
    assert effect.moved_to(noon.date() - DAY, berlin) == 0
    assert effect.count(Fate.MOVED, rule="late") == 2
