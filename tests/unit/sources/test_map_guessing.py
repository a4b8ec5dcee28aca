"""Files without a mapping: columns called like our fields, or nearly, are taken."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from outreach.model import SUBJECTS, Kind
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import CustomField, FieldType
from outreach.sources.column_map import ColumnMap, settable_fields
from outreach.sources.map_guessing import SYNONYMS, guess_map, plain

CATALOGUE = Catalogue([CustomField(Kind.ORDER, "gift", FieldType.YES_NO)])


def guess(kind: Kind, *columns: str) -> ColumnMap:
    return guess_map(kind, columns, CATALOGUE, ZoneInfo("Europe/Berlin"))


def fields(mapping: ColumnMap, kind: Kind) -> dict[str, str]:
    found = mapping.of(kind)
    return {mapped.field.name: mapped.column for mapped in found.fields} if found else {}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("Order ID", "order_id"),
        (" promised-at ", "promised_at"),
        ("trackingNumber", "tracking_number"),
        ("customer.email", "customer_email"),  # of JSON
        ("E-Mail", "e_mail"),
    ],
)
def test_spellings_of_a_name(column: str, expected: str) -> None:
    assert plain(column) == expected


def test_our_own_names_come_before_others() -> None:
    mapping = guess(Kind.ORDER, "order_id", "id", "created_at", "placed_at", "Gift", "colour")
    assert fields(mapping, Kind.ORDER) == {"id": "id", "placed_at": "placed_at", "gift": "Gift"}


def test_an_order_brings_its_customer() -> None:
    mapping = guess(
        Kind.ORDER, "Order ID", "Customer ID", "customer.email", "Country", "Order Date", "Status"
    )
    assert fields(mapping, Kind.ORDER) == {
        "id": "Order ID",
        "status": "Status",
        "placed_at": "Order Date",
        "customer_id": "Customer ID",
    }
    # of several orders of one person, the latest has the address that counts
    assert fields(mapping, Kind.CUSTOMER) == {
        "id": "Customer ID",
        "email": "customer.email",
        "country": "Country",
        "updated_at": "Order Date",
    }


def test_without_an_id_a_customer_is_told_by_the_address() -> None:
    mapping = guess(Kind.TICKET, "id", "email")
    assert fields(mapping, Kind.CUSTOMER)["id"] == "email"
    assert fields(mapping, Kind.TICKET)["customer_id"] == "email"


def test_orders_without_anything_personal_bring_no_customer() -> None:
    mapping = guess(Kind.ORDER, "id", "customer_id")
    assert [kind.kind for kind in mapping.kinds] == [Kind.ORDER]


@pytest.mark.parametrize("column", ["Currency", "Total Currency", "currency_code"])
def test_amounts_take_the_currency_beside_them(column: str) -> None:
    total = guess(Kind.ORDER, "id", "total", column).main.get("total")
    assert total
    assert total.currency_column == column


def test_dates_of_ours_say_when_a_status_began() -> None:
    history = guess(Kind.ORDER, "id", "status", "placed_at", "shipped_at").main.history
    assert {value: mapped.column for value, mapped in history["status"].items()} == {
        "placed": "placed_at",
        "shipped": "shipped_at",
    }


@pytest.mark.parametrize("kind", SUBJECTS)
def test_synonyms_are_of_fields_there_are_and_not_of_two(kind: Kind) -> None:
    known = settable_fields(CATALOGUE, kind)
    assert SYNONYMS[kind].keys() <= known.keys()
    for words in SYNONYMS[kind].values():
        assert not set(words) & known.keys() - {"number"}, "a field of its own"
