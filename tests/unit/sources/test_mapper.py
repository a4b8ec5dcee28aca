"""From a row to records: what is taken, what is left empty, what is refused and where."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outreach.errors import Problem
from outreach.model import Kind, Money
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import CustomField, FieldType
from outreach.sources.map_reading import read_map
from outreach.sources.mapper import BadRow, Mapper, Reading
from outreach.sources.records import Fault, RawRow, Record

CATALOGUE = Catalogue(
    [
        CustomField(Kind.ORDER, "gift", FieldType.YES_NO),
        CustomField(Kind.ORDER, "weight", FieldType.NUMBER),
        CustomField(Kind.ORDER, "deposit", FieldType.MONEY),
        CustomField(Kind.ORDER, "packed_at", FieldType.TIME),
    ]
)


def mapper(text: str) -> Mapper:
    problems: list[Problem] = []
    mapping = read_map(dedent(text).lstrip(), "m.yaml", CATALOGUE, ZoneInfo("UTC"), problems)
    assert not problems
    assert mapping
    return Mapper(mapping)


def read(text: str, **values: Any) -> Reading:
    reading = mapper(text).read(RawRow(7, values))
    assert reading is not None
    return reading


def one(text: str, **values: Any) -> Record:
    (record,) = read(text, **values).records
    return record


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_fields_have_their_types() -> None:
    record = one(
        """
        order:
          fields:
            id: no
            status: {column: state, values: {fertig: delivered}}
            placed_at: date
            total: {column: sum, currency: EUR}
            tags: labels
            carrier: {value: DHL}
            item_summary: {text: "{count} × {thing}"}
            gift: gift
            weight: kilos
            deposit: {column: paid, currency: EUR}
            packed_at: packed
        """,
        no=1042,
        state="fertig",
        date="2026-11-20",
        sum="79.90",
        labels="a,b",
        count=2,
        thing="lamp",
        gift="yes",
        kilos="1.5",
        paid="10",
        packed="2026-11-21",
    )
    assert (record.kind, record.id) == (Kind.ORDER, "1042")
    assert record.values == {
        "status": "delivered",
        "placed_at": at("2026-11-20"),
        "total": Money(Decimal("79.9"), "EUR"),
        "tags": ["a", "b"],
        "carrier": "DHL",
        "item_summary": "2 × lamp",
        "gift": True,
        "weight": 1.5,
        "deposit": "10 EUR",
        "packed_at": at("2026-11-21"),
    }


def test_an_empty_column_is_no_value_and_an_absent_one_says_nothing() -> None:
    text = "order: {fields: {id: no, carrier: by, tracking_number: code}}"
    assert one(text, no="1", by=" ", code=None).values == {
        "carrier": None,
        "tracking_number": None,
    }
    assert one(text, no="1", by="DHL").values == {"carrier": "DHL"}


def test_a_text_with_a_hole_is_no_value() -> None:
    text = """
        missing: ["?"]
        customer: {fields: {id: no, email: {text: "{who|slug}@example.com"}}}
    """
    assert one(text, no="1", who="Caller 5212").values == {"email": "caller-5212@example.com"}
    for nobody in ("", None, "?", "!!"):
        assert one(text, no="1", who=nobody).values == {"email": None}


def test_words_for_missing_count_before_anything_is_read() -> None:
    text = """
        missing: ["?", "0"]
        order: {fields: {id: no, placed_at: date, total: {column: sum, currency: EUR}}}
    """
    assert one(text, no="1", date="?", sum=0).values == {"placed_at": None, "total": None}


def test_otherwise_is_for_what_is_not_translated() -> None:
    text = """
        ticket:
          fields: {id: no, status: {column: s, values: {Done: resolved}, otherwise: open}}
    """
    assert one(text, no="1", s="Done").values == {"status": "resolved"}
    assert one(text, no="1", s="-100").values == {"status": "open"}
    assert one(text, no="1", s="").values == {"status": None}


def test_what_is_not_known_yet_is_blank() -> None:
    text = """
        ticket:
          fields: {id: no, resolved_at: resolved, updated_at: updated}
          blank_until: {resolved_at: updated}
    """
    row = {"no": "1", "resolved": "2016-04-05 11:55"}
    assert one(text, **row, updated="2016-04-05 11:54").values == {"resolved_at": None}
    for later in ("2016-04-05 11:55", "2016-04-06", ""):
        assert one(text, **row, updated=later).values == {"resolved_at": at("2016-04-05 11:55")}


def test_rows_of_one_time_keep_their_order() -> None:
    text = "ticket: {fields: {id: no, updated_at: {column: changed, then: version}}}"
    first = one(text, no="1", changed="2016-04-05 11:55", version="3")
    second = one(text, no="1", changed="2016-04-05 11:55", version="12")
    assert first.at == second.at == at("2016-04-05 11:55")
    assert first.updated_at is not None
    assert second.updated_at is not None
    assert first.updated_at < second.updated_at


def test_history_is_what_the_columns_say() -> None:
    text = """
        order:
          fields: {id: no, status: s}
          history: {status: {placed: bought, shipped: sent, delivered: arrived}}
    """
    record = one(text, no="1", s="shipped", bought="2026-11-01", sent="2026-11-03", arrived="")
    assert record.history == {"status": {"placed": at("2026-11-01"), "shipped": at("2026-11-03")}}


def test_a_row_holds_an_order_and_its_customer() -> None:
    text = """
        customer: {fields: {id: buyer, email: mail}}
        order: {fields: {id: no}}
    """
    customer, order = read(text, no="1", buyer="C-7", mail="ana@Example.com").records
    assert (customer.kind, customer.id, customer.values["email"]) == (
        Kind.CUSTOMER,
        "C-7",
        "ana@example.com",
    )
    assert order.values["customer_id"] == "C-7"
    (guest,) = read(text, no="2", buyer="", mail="").records
    assert (guest.kind, guest.values["customer_id"]) == (Kind.ORDER, None)


def test_numbers_are_of_the_customers_country() -> None:
    text = "customer: {fields: {id: no, phone: tel, country: land}}"
    assert one(text, no="1", tel="0171 2345678", land="Germany").values["phone"] == "+491712345678"
    everywhere = "phone_region: BR\ncustomer: {fields: {id: no, phone: tel}}"
    assert one(everywhere, no="1", tel="(11) 96123-4567").values["phone"] == "+5511961234567"


def test_what_is_of_no_use_is_left_empty_with_a_word() -> None:
    text = "customer: {fields: {id: no, email: mail, phone: tel, country: land}}"
    reading = read(text, no="1", mail="nobody", tel="0171 2345678", land="Atlantis")
    assert reading.records[0].values == {"email": None, "phone": None, "country": None}
    assert [(doubt.line, doubt.column) for doubt in reading.doubts] == [
        (7, "mail"),
        (7, "land"),
        (7, "tel"),
    ]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"no": ""}, Fault(7, "no", "the order has no id")),
        ({}, Fault(7, "no", "the order has no id")),
        ({"no": "1", "date": "soon"}, "date: `soon` is not a time"),
        ({"no": "1", "s": "lost"}, "s: `lost` is not one of our words"),
        ({"no": "1", "sum": "free"}, "sum: `free` is not an amount"),
        ({"no": "1", "arrived": "soon"}, "arrived: `soon` is not a time"),  # of the history
        ({"no": "1", "v": "x"}, "v: `x` is not a number"),
        ({"no": "1", "v": "1000000"}, "v: `1000000` is too large"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_column(
    values: dict[str, Any], fault: Fault | str
) -> None:
    text = """
        order:
          fields:
            id: no
            placed_at: date
            status: s
            total: {column: sum, currency: EUR}
            updated_at: {column: changed, then: v}
          history: {status: {delivered: arrived}}
    """
    row = {"changed": "2026-11-20", "v": "1", **values}
    with pytest.raises(BadRow) as refused:
        mapper(text).read(RawRow(7, row))
    found = refused.value.fault
    assert found == fault or str(found).startswith(f"line 7, {fault}")


def test_rows_can_be_skipped() -> None:
    ready = mapper("skip: {test: [yes, 'true']}\norder: {fields: {id: no}}")
    assert ready.read(RawRow(1, {"no": "", "test": True})) is None  # not even its id counts
    assert ready.read(RawRow(2, {"no": "1", "test": "no"})) is not None


def test_a_broken_row_is_refused() -> None:
    with pytest.raises(BadRow, match="line 3: has 2 values"):
        mapper("order: {fields: {id: no}}").read(RawRow(3, {}, "has 2 values", "a,b"))
