"""Waking: what is put off at the moment at which its pause ends is not left to sleep."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.passes.claim import claim
from outreach.passes.pausing import Scope, pause, resume

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("drops", [False, True])
def test_a_pause_does_not_end_while_a_claim_decides(shop: Any, noon: datetime, drops: bool) -> None:
    """SQLite has one writer: there the one comes after the other anyway."""
    shop.late_orders(2).plan()
    pause(shop.store, Scope.RULE, "late", reason="x", who="anna", now=noon)
    later = noon + MINUTE
    resumed = threading.Event()
    dropping = shop.setup.ruleset if drops else None

    def go_on() -> None:
        resume(shop.store, Scope.RULE, "late", who="anna", now=later, dropping=dropping)
        resumed.set()

    thread = threading.Thread(target=go_on)
    with shop.store.write() as connection:
        _, put_off = claim(connection, shop.setup, owner="w", now=later, limit=10)
        assert sum(put_off.values()) == 2
        thread.start()
        assert not resumed.wait(0.3)
    thread.join(10)
    assert resumed.is_set()
    assert [due_at for (due_at,) in shop.messages("due_at")] == [later, later]
