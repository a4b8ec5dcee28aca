"""The report's figures on real data equal what plain arithmetic gives on the files themselves."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import sqrt
from pathlib import Path
from statistics import median, quantiles
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from outreach.deciding.reporting.surveys import Measure
from outreach.model import Kind
from outreach.passes.intake import import_file
from outreach.passes.reporting.whole import Asked, make_report
from outreach.rules.catalogue import Catalogue
from outreach.sources.reading import Columns
from outreach.sources.settings import read_map_file
from outreach.store.database import Store, open_store
from outreach.store.frames import table_of
from outreach.timing.weeks import between

ROOT = Path(__file__).resolve().parents[2]
UTC_ZONE, SAO_PAULO = ZoneInfo("UTC"), ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
#: one incident in so many
PART = 8
HOUR = timedelta(hours=1)


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """Which database it is makes no difference to sums: that is tested elsewhere."""
    file = tmp_path / "outreach.db"
    shutil.copy(sqlite_template, file)
    opened = open_store(f"sqlite:///{file}")
    yield opened
    opened.close()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def at(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)


def test_how_long_incidents_took(store: Store, shared_data: Path, tmp_path: Path) -> None:
    every = rows(shared_data / "incidents" / "events_2016-04-04_to_10.csv")
    some = [row for row in every if not int(row["number"][3:]) % PART]
    part = tmp_path / "incidents.csv"
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(every[0]))
        writer.writeheader()
        writer.writerows(some)
    catalogue = Catalogue()
    mapping = read_map_file(ROOT / "docs/examples/incidents.map.yaml", catalogue, UTC_ZONE, [])
    columns = Columns(catalogue, UTC_ZONE, mapping, Kind.TICKET)
    import_file(store, part, columns, now=NOW, folder=tmp_path)

    since, until = datetime(2016, 4, 4, tzinfo=UTC), datetime(2016, 5, 2, tzinfo=UTC)
    last = {row["number"]: row for row in some}
    ended = {
        number: (at(row["opened_at"]), at(row["resolved_at"]))
        for number, row in last.items()
        if row["resolved_at"] not in ("", "?")
    }
    hours = [(b - a) / HOUR for a, b in ended.values() if since <= b < until]
    _, resolution = make_report(store, Asked(between(since, until, UTC_ZONE)), now=NOW).handling
    assert len(hours) > 100
    assert resolution.whole.count == len(hours)
    assert resolution.whole.median is not None
    assert resolution.whole.most is not None
    assert resolution.whole.median / HOUR == pytest.approx(median(hours))
    ninth = quantiles(hours, n=10, method="inclusive")[-1]
    assert resolution.whole.most / HOUR == pytest.approx(ninth)
    by_week = Counter((b - since).days // 7 for _, b in ended.values() if since <= b < until)
    assert [week.count for week in resolution.weeks] == [by_week[n] for n in range(4)]


def test_what_reviews_come_to(store: Store, shared_data: Path) -> None:
    reviews = rows(shared_data / "olist" / "order_reviews.csv")
    answers = [
        {
            "id": f"{number}",
            "survey": "review",
            "score": int(row["review_score"]),
            "received_at": datetime.fromisoformat(row["review_answer_timestamp"]).replace(
                tzinfo=SAO_PAULO
            ),
            "counts": True,
            "suspected": False,
        }
        for number, row in enumerate(reviews)
    ]
    with store.write() as connection:
        connection.execute(insert(table_of(Kind.RESPONSE)), answers)
    since, until = datetime(2016, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)
    (survey,) = make_report(store, Asked(between(since, until, SAO_PAULO)), now=NOW).surveys
    assert survey.measure is Measure.CSAT
    assert survey.tally == Counter(int(row["review_score"]) for row in reviews)
    found = survey.figure
    assert found is not None
    content = sum(row["review_score"] in "45" for row in reviews)
    assert (found.value, found.count) == (content / len(reviews), len(reviews))
    # Wilson's bounds are where the score test just does not reject: found by halving
    assert found.low == pytest.approx(bound(content, len(reviews), 0.0), abs=1e-9)
    assert found.high == pytest.approx(bound(content, len(reviews), 1.0), abs=1e-9)


def bound(hits: int, count: int, end: float) -> float:
    """Return the share between the one found and an end of the scale that is 1.96 errors away."""
    inside, outside = hits / count, end
    for _ in range(100):
        middle = (inside + outside) / 2
        error = sqrt(middle * (1 - middle) / count)
        if abs(hits / count - middle) < 1.959963984540054 * error:
            inside = middle
        else:
            outside = middle
    return inside
