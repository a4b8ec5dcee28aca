"""Real orders become rule tests of the starter rules: they pass, and they tell of nobody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from outreach.model import Kind, SubjectRef
from outreach.passes.intake import import_rows
from outreach.passes.setup import Setup
from outreach.proving.real_cases import as_test
from outreach.proving.scenarios.gathering import gather
from outreach.proving.scenarios.running import run_scenario
from outreach.proving.scenarios.stage import Stage
from outreach.releases import read_release, setup_of
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.workspace import Workspace
from tests.real_data.conftest import END

ROOT = Path(__file__).resolve().parents[2]
#: orders that are played, one in so many of those of the month
CASES, EVERY = 8, 11


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_cases_of_real_orders_pass_as_they_are_printed(
    store: Store, a_month_of_records: Sequence[Record]
) -> None:
    stage = Stage(read_release(Workspace.open(ROOT)))
    release = stage.release
    setup = setup_of(release, release.workspace, store, env={}, with_senders=False)
    orders = [record.id for record in a_month_of_records if record.kind is Kind.ORDER]
    chosen = list(dict.fromkeys(orders))[: CASES * EVERY : EVERY]
    left = 0
    for order in chosen:
        text = told(setup, stage, order, a_month_of_records)
        found = gather(release, {"rules/case.test.yaml": text})
        assert found.problems == ()
        assert run_scenario(stage, found.scenarios[0]).failure is None
        assert order[:8] not in text
        left += text.count("{rule: ")
    assert left > CASES
    stage.close()


def told(setup: Setup, stage: Stage, order: str, month: Sequence[Record]) -> str:
    """Take in all versions of an order when they came, and return it as a test."""
    versions = [record for record in month if record.id == order]
    person = versions[0].values["customer_id"]
    who = next(record for record in month if record.id == person)
    for record in (who, *versions):
        assert record.updated_at is not None
        import_rows(setup.store, [record], now=record.updated_at, source="olist")
    return as_test(setup, stage, SubjectRef(Kind.ORDER, order), now=END)
