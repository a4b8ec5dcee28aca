"""Real reviews put in as answers: the scores that come out are those that arithmetic gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import sqrt
from pathlib import Path
from statistics import mean

import pytest
from sqlalchemy import func, select

from outreach.deciding.statistics import share
from outreach.model import Kind
from outreach.passes.intake import import_rows
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.responses import is_late
from outreach.store.survey_counts import answers
from tests.real_data.conftest import local, read_rows

NOW = datetime(2019, 1, 1, tzinfo=UTC)
SPAN = (NOW - timedelta(days=2000), NOW)
Rows = list[dict[str, str]]


@pytest.fixture
def reviews(store: Store, shared_data: Path) -> Rows:
    """Put orders and reviews in; a review's id stands for several orders now and then."""
    rows = read_rows(shared_data / "olist" / "order_reviews.csv")
    orders = read_rows(shared_data / "olist" / "orders.csv")
    records = [*map(order, orders), *(response(n, row) for n, row in enumerate(rows))]
    report = import_rows(store, records, now=NOW, source="olist")
    assert report.rows == report.new == len(orders) + len(rows)
    return rows


def order(row: dict[str, str]) -> Record:
    delivered = row["order_delivered_customer_date"]
    values = {
        "status": "delivered" if delivered else "shipped",
        "promised_at": local(row["order_estimated_delivery_date"]),
        "delivered_at": local(delivered) if delivered else None,
    }
    return Record(Kind.ORDER, row["order_id"], values)


def response(number: int, row: dict[str, str]) -> Record:
    values = {
        "survey": "csat",
        "score": int(row["review_score"]),
        "order_id": row["order_id"],
        "received_at": local(row["review_answer_timestamp"]),
    }
    return Record(Kind.RESPONSE, f"{row['review_id']}-{number}", values)


def test_the_share_of_the_content_is_that_of_the_file(store: Store, reviews: Rows) -> None:
    with store.read() as connection:
        scores = [row.score for row in answers(connection, "csat", *SPAN) if row.counts]
    assert sorted(scores) == sorted(int(row["review_score"]) for row in reviews)
    n, content = len(reviews), sum(row["review_score"] in "45" for row in reviews)
    found = share(sum(score >= 4 for score in scores), len(scores))
    assert found
    # Wilson's interval as the roots of (p - x)² = z² x (1 - x) / n
    z, p = 1.959963984540054, content / n
    a, b, c = 1 + z * z / n, -(2 * p + z * z / n), p * p
    root = sqrt(b * b - 4 * a * c)
    assert (found.value, found.low, found.high) == pytest.approx(
        (p, (-b - root) / (2 * a), (-b + root) / (2 * a))
    )


def test_late_orders_score_lower_than_those_on_time(
    store: Store, reviews: Rows, shared_data: Path
) -> None:
    said, known = table_of(Kind.RESPONSE).c, table_of(Kind.ORDER).c
    joined = select(func.count(), func.avg(said.score)).join(
        table_of(Kind.ORDER), known.id == said.order_id
    )
    was_late = known.delivered_at > known.promised_at
    with store.read() as connection:
        found = [
            tuple(connection.execute(joined.where(split)).one())
            for split in (was_late, ~was_late, is_late(NOW))
        ]
    orders = {r["order_id"]: r for r in read_rows(shared_data / "olist" / "orders.csv")}
    expected: list[list[int]] = [[], [], []]
    for row in reviews:
        of = orders[row["order_id"]]
        delivered = of["order_delivered_customer_date"]
        place = 2 if not delivered else 0 if delivered > of["order_estimated_delivery_date"] else 1
        expected[place].append(int(row["review_score"]))
    assert [count for count, _ in found] == [len(scores) for scores in expected]
    for (_, average), scores in zip(found, expected, strict=True):
        assert float(average) == pytest.approx(mean(scores))
    assert mean(expected[1]) - mean(expected[0]) > 1.5
