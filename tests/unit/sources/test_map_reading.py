"""A mapping is read strictly: what it says, and every mistake at its place."""

from __future__ import annotations

from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from outreach.errors import Problem
from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import CustomField, FieldType
from outreach.sources.column_map import ColumnMap, Join, Piece
from outreach.sources.map_reading import read_map

CATALOGUE = Catalogue(
    [
        CustomField(Kind.ORDER, "gift", FieldType.YES_NO),
        CustomField(Kind.ORDER, "size", FieldType.CHOICE, ("small", "large")),
    ]
)
BERLIN = ZoneInfo("Europe/Berlin")


def read(text: str) -> tuple[ColumnMap | None, list[Problem]]:
    problems: list[Problem] = []
    return read_map(dedent(text).lstrip(), "shop.map.yaml", CATALOGUE, BERLIN, problems), problems


def good(text: str) -> ColumnMap:
    mapping, problems = read(text)
    assert not problems
    assert mapping
    return mapping


def test_a_column_by_its_name_alone() -> None:
    order = good("order: {fields: {id: order_no, status: state}}").of(Kind.ORDER)
    assert order
    assert {mapped.field.name: mapped.column for mapped in order.fields} == {
        "id": "order_no",
        "status": "state",
    }


def test_every_key_of_a_field() -> None:
    order = good(
        """
        times: ["%d.%m.%Y"]
        order:
          fields:
            id: {text: "{shop}-{number|slug}"}
            status: {column: state, values: {done: delivered}, otherwise: placed}
            placed_at: {column: date, format: "%Y%m%d", zone: UTC}
            promised_at: promised
            total: {column: sum, currency: {column: cur}, decimal: ","}
            tags: {column: labels, separator: "|"}
            carrier: {value: DHL}
            gift: is_gift
            updated_at: {column: changed, then: version}
        """
    ).main
    by_name = {mapped.field.name: mapped for mapped in order.fields}
    assert by_name["id"].pieces == (Piece(column="shop"), Piece("-"), Piece("", "number", True))
    assert by_name["status"].values == {"done": "delivered"}
    assert by_name["status"].otherwise == "placed"
    assert by_name["placed_at"].formats == ("%Y%m%d",)
    assert by_name["placed_at"].zone == ZoneInfo("UTC")
    assert by_name["promised_at"].formats == ("%d.%m.%Y",)  # as `times:` says for all
    assert by_name["promised_at"].zone == BERLIN  # the workspace's
    assert by_name["total"].currency_column == "cur"
    assert by_name["tags"].separator == "|"
    assert by_name["carrier"].value == "DHL"
    assert by_name["gift"].field.type is FieldType.YES_NO  # the workspace's own
    assert by_name["updated_at"].then == "version"


def test_what_stands_around_the_kinds() -> None:
    mapping = good(
        """
        zone: America/Sao_Paulo
        missing: ["?", n/a]
        encoding: latin-1
        phone_region: Brazil
        ignore: [internal_note]
        skip: {is_test: ["true"], shop: [demo, training]}
        join:
          - {file: customers.csv, on: customer_id}
          - {file: lines.csv, on: {order_id: id}}
        order: {fields: {id: order_id, placed_at: at}}
        """
    )
    assert mapping.missing == {"", "?", "n/a"}
    assert mapping.encoding == "latin-1"
    assert mapping.phone_region == "BR"
    assert mapping.skip == {"is_test": {"true"}, "shop": {"demo", "training"}}
    assert mapping.joins == (
        Join("customers.csv", "customer_id", "customer_id"),
        Join("lines.csv", "order_id", "id"),
    )
    placed = mapping.main.get("placed_at")
    assert placed
    assert placed.zone == ZoneInfo("America/Sao_Paulo")


def test_history_by_status_or_one_column_for_all() -> None:
    order = good(
        """
        order:
          fields: {id: id, status: status, carrier_status: tracking}
          history:
            status: {placed: bought, shipped: {column: sent, format: unix}}
            carrier_status: tracked_at
        """
    ).main
    assert {value: m.column for value, m in order.history["status"].items()} == {
        "placed": "bought",
        "shipped": "sent",
    }
    assert order.history["status"]["shipped"].formats == ("unix",)
    assert {m.column for m in order.history["carrier_status"].values()} == {"tracked_at"}
    assert "delivered" in order.history["carrier_status"]


def test_rows_of_two_kinds_belong_together() -> None:
    mapping = good(
        """
        order: {fields: {id: order_id}}
        customer: {fields: {id: buyer}}
        """
    )
    order = mapping.of(Kind.ORDER)
    assert order
    assert mapping.main is order
    assert order.column_of("customer_id") == "buyer"  # without being said


MISTAKES = [
    # text, code, line:column of the first problem, a part of what is said
    ("orders: {fields: {id: a}}", "E003", "1:1", "Did you mean `order`?"),
    ("zone: Europe/Berlin", "E005", "1:1", "needs `customer:` or `order:`"),
    ("order: {fields: {status: a}}", "E005", "1:9", "needs `id:`"),
    ("order: {history: {}}", "E005", "1:8", "needs the key `fields`"),
    ("order: {fields: {id: a, promissed_at: b}}", "E201", "1:25", "Did you mean `promised_at`?"),
    ("order: {fields: {id: a, colour: b}}", "E201", "1:25", "no field `colour`"),
    ("order: {fields: {id: a, status_changed_at: b}}", "E203", "1:25", "no source sets it"),
    ("customer: {fields: {id: a, open_tickets: b}}", "E203", "1:28", "no source sets it"),
    ("order: {fields: {id: [a]}}", "E004", "1:22", "must be keys of its own"),
    ("order: {fields: {id: }}", "E005", "1:18", "`id` has no value"),
    ("order: {fields: {id: {colum: a}}}", "E003", "1:23", "Did you mean `column`?"),
    ("order: {fields: {id: {column: a, value: b}}}", "E005", "1:34", "one of `column:`"),
    ("order: {fields: {id: a, total: {}}}", "E005", "1:32", "one of `column:`"),
    (
        "order: {fields: {id: a, status: {column: s, values: {x: shiped}}}}",
        "E203",
        "1:57",
        "Did you mean `shipped`?",
    ),
    ("order: {fields: {id: a, size: {value: huge}}}", "E203", "1:39", "`huge`"),
    ("order: {fields: {id: a, placed_at: {value: soon}}}", "E203", "1:44", "not a time"),
    (
        "order: {fields: {id: a, carrier: {column: c, format: iso}}}",
        "E010",
        "1:46",
        "`format` is for time, and `carrier` is text",
    ),
    ("order: {fields: {id: a, placed_at: {column: c, format: DD.MM}}}", "E010", "1:56", "%d/%m"),
    ("order: {fields: {id: a, placed_at: {column: c, zone: CET/Berlin}}}", "E010", "1:54", "zone"),
    ("order: {fields: {id: a, total: {column: t, currency: euro}}}", "E010", "1:54", "EUR"),
    ("order: {fields: {id: {text: a}}}", "E010", "1:29", "no column stands in it"),
    ("order: {fields: {id: {text: '{a'}}}", "E010", "1:29", "columns stand in braces"),
    ("order: {fields: {id: {column: a, then: b}}}", "E010", "1:34", "`then` orders rows"),
    ("order: {fields: {id: {column: a, otherwise: b}}}", "E010", "1:34", "`otherwise` is for"),
    ("order: {fields: {id: a}, history: {carrier: b}}", "E201", "1:36", "keeps no history"),
    (
        "order: {fields: {id: a}, history: {status: {deliverd: b}}}",
        "E203",
        "1:45",
        "Did you mean `delivered`?",
    ),
    (
        "order: {fields: {id: a}, blank_until: {delivered_at: b}}",
        "E201",
        "1:40",
        "not a time among the fields",
    ),
    ("zone: Berlin\norder: {fields: {id: a}}", "E010", "1:7", "`Berlin`"),
    ("times: dd.mm\norder: {fields: {id: a}}", "E010", "1:8", "no format"),
    ("encoding: klingon\norder: {fields: {id: a}}", "E010", "1:11", "no encoding"),
    ("phone_region: Mars\norder: {fields: {id: a}}", "E010", "1:15", "not a country"),
    ("join: [{file: a.csv}]\norder: {fields: {id: a}}", "E005", "1:8", "needs the key `on`"),
    (
        "join: [{file: a.csv, on: {a: b, c: d}}]\norder: {fields: {id: a}}",
        "E004",
        "1:22",
        "`on` names one column",
    ),
    ("skip: [a]\norder: {fields: {id: a}}", "E004", "1:7", "must be keys of its own"),
    ("order:\n- id", "E004", "2:1", "must be keys of its own"),
]


@pytest.mark.parametrize(("text", "code", "place", "said"), MISTAKES)
def test_a_mistake_is_shown_where_it_stands(text: str, code: str, place: str, said: str) -> None:
    _, problems = read(text)
    first = problems[0]
    assert (first.code, f"{first.line}:{first.column}") == (code, place)
    assert said in first.message
    assert first.file == "shop.map.yaml"


def test_all_mistakes_are_found_in_one_pass() -> None:
    _, problems = read(
        """
        zoen: UTC
        order:
          fields: {id: a, colour: b, status: {column: s, values: {x: y}}}
          history: {carrier: c}
        """
    )
    assert sorted(problem.code for problem in problems) == ["E003", "E201", "E201", "E203"]
