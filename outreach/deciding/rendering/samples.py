"""Invented people and orders: what a template is shown with when there is no data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from outreach.model import Kind, Money

_TRACKING = "https://track.parcel.example/t/00340434161094042557?lang=auto"
#: where the sample survey is answered
SURVEY_LINK = "https://hooks.shop.example/s/sample"
STATUS_LINK = "https://hooks.shop.example/o/sample"
_LONG_FIRST = "Maximiliane-Alexandra"
_LONG_NAME = f"{_LONG_FIRST} von Hohenstaufen-Wittgenstein de la Cruz"
#: what may be empty in real data, and so is empty in the worst sample
_OPTIONAL = {
    Kind.CUSTOMER: (
        "name", "first_name", "phone", "locale", "zone", "country", "region", "postal_code",
        "city", "tier", "first_order_at", "last_order_at", "last_contact_at", "last_score",
        "last_answered_at",
    ),
    Kind.ORDER: (
        "carrier", "tracking_url", "tracking_number", "carrier_status", "carrier_status_changed_at",
        "shipped_at", "estimated_at", "delivered_at", "cancelled_at", "refunded_at",
        "return_requested_at", "total", "item_summary",
        "promise", "promise_changed_at", "promised_again_at", "refund_promise",
        "refund_promise_changed_at", "refund_promised_at",
    ),
    Kind.TICKET: (
        "subject", "reason", "contact_channel", "team", "order_id", "first_replied_at",
        "last_reply_at", "last_reply_by", "settled_by", "due_at", "next_update_at", "resolved_at",
        "closed_at",
    ),
    Kind.RESPONSE: (
        "comment", "answered_by", "survey_message", "sentiment", "topic", "order_id", "ticket_id",
    ),
}  # fmt: skip
_ITEMS = {
    "en": ("Wool blanket, oak tray", "Reading lamp", "Two linen shirts", "Tea set for four"),
    "de": ("Wolldecke, Tablett aus Eiche", "Leselampe", "Zwei Leinenhemden", "Teeservice"),
}
_COMMENTS = {
    "en": ("Nobody called me back", "Slow", "The second parcel was wrong, too", "Never again"),
    "de": ("Niemand rief zurück", "Zu langsam", "Auch das zweite Paket war falsch", "Nie wieder"),
}
_TITLES = {
    "en": ("Refund for the blanket", "Parcel left in the rain", "Change of address", "Voucher"),
    "de": ("Geld zurück für die Decke", "Paket lag im Regen", "Neue Adresse", "Gutschein"),
}

_HAPPENED = {
    "en": "A storm has closed the roads around our warehouse in Leipzig.",
    "de": "Ein Sturm hat die Straßen rund um unser Lager in Leipzig gesperrt.",
}


@dataclass(frozen=True)
class Sample:
    """A context and what is special about it."""

    title: str
    context: dict[str, Any]


def sample_context(
    kind: Kind, now: datetime, *, locale: str = "en", count: int = 1
) -> dict[str, Any]:
    """A context as a template gets it, with every value present and `count` subjects."""
    customer = _customer(now, locale)
    orders = [_order(n, now, customer) for n in range(count if kind is Kind.ORDER else 1)]
    tickets = [_ticket(n, now, customer, orders[0]) for n in range(count)]
    answers = [_answer(n, now, customer, tickets[n]) for n in range(count)]
    about: dict[Kind, list[dict[str, Any]]] = {
        Kind.ORDER: orders,
        Kind.TICKET: tickets,
        Kind.RESPONSE: answers,
        Kind.CUSTOMER: [customer],
    }
    return {
        "customer": customer,
        "order": orders[0] if kind in (Kind.ORDER, Kind.RESPONSE) else None,
        "ticket": tickets[0] if kind in (Kind.TICKET, Kind.RESPONSE) else None,
        "response": answers[0] if kind is Kind.RESPONSE else None,
        "subjects": about[kind],
        "orders": orders if kind is Kind.ORDER else [],
        "tickets": tickets if kind is Kind.TICKET else [],
        "owner": {"name": "Mara Lindqvist", "first_name": "Mara", "email": "mara@shop.example"},
        "shop": {
            "name": "Nordlicht",
            "email": "care@nordlicht.example",
            "phone": "+49 30 5550 0100",
            "url": "https://nordlicht.example",
            "address": "Lindenweg 4, 10999 Berlin",
        },
        "survey": _survey(locale),
        "links": {
            "unsubscribe": None,
            "preferences": None,
            "survey": SURVEY_LINK,
            "status": STATUS_LINK,
        },
        "message": {"id": "m-4711", "step": "apology", "number": 1},
        "rule": {"name": "delayed-order-apology", "purpose": "service"},
        "promise": {"date": now - timedelta(days=2), "state": "broken", "count": 1},
        "incident": _incident(now, locale),
        "coupon": {
            "code": "GOODWILL-7QX4M2",
            "value": Money(Decimal(5), "EUR"),
            "expires_at": now + timedelta(days=60),
        },
    }


def samples(kind: Kind, now: datetime, *, locale: str = "en") -> Iterator[Sample]:
    """The contexts a template must read well with: one, several, nothing optional, long names."""
    yield Sample("everything known", sample_context(kind, now, locale=locale))
    yield Sample("two at once", sample_context(kind, now, locale=locale, count=2))
    yield Sample("four at once", sample_context(kind, now, locale=locale, count=4))
    yield Sample("hardly anything known", bare(sample_context(kind, now, locale=locale)))
    several = bare(sample_context(kind, now, locale=locale, count=3))
    yield Sample("three of which hardly anything is known", several)
    yield Sample("one known, one hardly", _mixed(kind, now, locale))
    yield Sample("a long name", _long(sample_context(kind, now, locale=locale)))
    for path in _single_gaps(kind):
        yield Sample(f"no {path}", without(sample_context(kind, now, locale=locale, count=2), path))


def bare(context: dict[str, Any]) -> dict[str, Any]:
    """The same context with every value empty that may be; only the shop keeps its name."""
    emptied = {**context, "owner": None, "coupon": None, "shop": {**context["shop"]}}
    emptied["promise"] = {"date": None, "state": None, "count": 0}
    emptied["incident"] = {**context["incident"], "message": None, "resolved_at": None}
    emptied["shop"] |= dict.fromkeys(("email", "phone", "url", "address"))
    emptied["customer"] = _emptied(context["customer"], Kind.CUSTOMER)
    for kind, many in ((Kind.ORDER, "orders"), (Kind.TICKET, "tickets")):
        emptied[many] = [_emptied(one, kind) for one in context[many]]
        if context[many]:
            emptied[kind.value] = emptied[many][0]
            emptied["subjects"] = emptied[many]
    if context["response"]:
        emptied["subjects"] = [_emptied(one, Kind.RESPONSE) for one in context["subjects"]]
        emptied |= {"response": emptied["subjects"][0], "order": None, "ticket": None}
    return emptied


def without(context: dict[str, Any], path: str) -> dict[str, Any]:
    """The same context with one value (`order.total`) empty, in every subject."""
    root, name = path.split(".")
    many = f"{root}s"
    if context.get(many):
        emptied = [{**one, name: None} for one in context[many]]
        return {**context, many: emptied, root: emptied[0], "subjects": emptied}
    if root == Kind.RESPONSE:
        emptied = [{**one, name: None} for one in context["subjects"]]
        return {**context, root: emptied[0], "subjects": emptied}
    return {**context, root: {**context[root], name: None}}


def _single_gaps(kind: Kind) -> Iterator[str]:
    yield from (f"customer.{name}" for name in ("first_name", "name"))
    yield from (f"owner.{name}" for name in ("first_name", "name"))
    if kind is not Kind.CUSTOMER:
        yield from (f"{kind.value}.{name}" for name in _OPTIONAL[kind])


def _emptied(values: dict[str, Any], kind: Kind) -> dict[str, Any]:
    return {**values, **dict.fromkeys(_OPTIONAL[kind])}


def _mixed(kind: Kind, now: datetime, locale: str) -> dict[str, Any]:
    context = sample_context(kind, now, locale=locale, count=2)
    if kind is Kind.CUSTOMER:
        return context
    known, other = context["subjects"]
    mixed = [known, _emptied(other, kind)]
    if kind is Kind.RESPONSE:
        return {**context, "subjects": mixed}
    return {**context, f"{kind.value}s": mixed, "subjects": mixed}


def _long(context: dict[str, Any]) -> dict[str, Any]:
    customer = {**context["customer"], "name": _LONG_NAME, "first_name": _LONG_FIRST}
    owner = {**context["owner"], "name": _LONG_NAME, "first_name": _LONG_FIRST}
    return {**context, "customer": customer, "owner": owner}


def _customer(now: datetime, locale: str) -> dict[str, Any]:
    return {
        "id": "C-881",
        "name": "Ana Ribeiro",
        "first_name": "Ana",
        "email": "ana.ribeiro@mail.example",
        "phone": "+4915550100",
        "locale": locale,
        "zone": "Europe/Berlin",
        "country": "DE",
        "region": "BE",
        "postal_code": "10437",
        "city": "Berlin",
        "tier": "gold",
        "tags": [],
        "created_at": now - timedelta(days=400),
        "updated_at": now - timedelta(days=1),
        "first_order_at": now - timedelta(days=390),
        "last_order_at": now - timedelta(days=9),
        "open_tickets": 0,
        "open_handoffs": 0,
        "last_contact_at": now - timedelta(days=40),
        "last_score": 2,
        "last_answered_at": now - timedelta(days=90),
    }


def _order(n: int, now: datetime, customer: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"A-{1042 + n}",
        "number": f"A-{1042 + n}",
        "status": "shipped",
        "status_changed_at": now - timedelta(days=6),
        "carrier": "DHL",
        "tracking_number": f"0034043416109404255{n}",
        "tracking_url": f"{_TRACKING}&n={n}",
        "carrier_status": "in_transit",
        "carrier_status_changed_at": now - timedelta(days=2),
        "placed_at": now - timedelta(days=9 - n),
        "shipped_at": now - timedelta(days=6 - n),
        "promised_at": now - timedelta(days=1),
        "estimated_at": now + timedelta(days=2 + n),
        "delivered_at": now - timedelta(hours=70),
        "cancelled_at": now - timedelta(hours=2),
        "refunded_at": now - timedelta(hours=1),
        "return_requested_at": now - timedelta(days=1),
        "total": Money(Decimal("1047.90") + n, "EUR"),
        "item_summary": _words(_ITEMS, customer)[n % 4],
        "tags": [],
        "promise": "broken",
        "promise_changed_at": now - timedelta(days=1),
        "promised_again_at": now - timedelta(days=2),
        "refund_promise": "open",
        "refund_promise_changed_at": now - timedelta(days=1),
        "refund_promised_at": now + timedelta(days=9),
        "broken_promises": 1,
        "updated_at": now - timedelta(hours=1),
    }


def _ticket(
    n: int, now: datetime, customer: dict[str, Any], order: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": f"T-{77 + n}",
        "number": f"T-{77 + n}",
        "order_id": order["id"],
        "subject": _words(_TITLES, customer)[n % 4],
        "status": "waiting_on_us",
        "status_changed_at": now - timedelta(hours=20),
        "priority": "normal",
        "priority_changed_at": now - timedelta(days=2),
        "reason": "refund",
        "contact_channel": "email",
        "team": "care",
        "opened_at": now - timedelta(days=2 + n),
        "first_replied_at": now - timedelta(days=1),
        "last_reply_at": now - timedelta(hours=20),
        "last_reply_by": "customer",
        "settled_by": "agent",
        "due_at": now + timedelta(days=1),
        "next_update_at": now + timedelta(days=1 + n),
        "resolved_at": now - timedelta(days=1),
        "closed_at": now - timedelta(hours=2),
        "reopen_count": 0,
        "tags": [],
        "updated_at": now - timedelta(hours=1),
    }


def _answer(
    n: int, now: datetime, customer: dict[str, Any], ticket: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": f"R-{5 + n}",
        "survey": "csat",
        "score": 1 + n % 2,
        "comment": _words(_COMMENTS, customer)[n % 4],
        "received_at": now - timedelta(hours=1 + n),
        "answered_by": "page",
        "survey_message": "m-4710",
        "counts": True,
        "suspected": False,
        "sentiment": "unhappy",
        "topic": "delivery",
        "order_id": ticket["order_id"],
        "ticket_id": ticket["id"],
        "updated_at": now - timedelta(hours=1),
    }


def _survey(locale: str) -> dict[str, Any]:
    """Return a survey as a template gets it from a step that asks one."""
    question = {"de": "Wie waren wir?"}.get(locale[:2], "How did we do?")
    choices = [{"score": n, "label": str(n)} for n in range(1, 6)]
    return {"name": "csat", "question": question, "choices": choices, "low_end": "", "high_end": ""}


def _incident(now: datetime, locale: str) -> dict[str, Any]:
    said = _HAPPENED.get(locale[:2], _HAPPENED["en"])
    return {
        "id": "INC-9",
        "title": "Hub Leipzig closed",
        "status": "confirmed",
        "opened_at": now - timedelta(hours=5),
        "resolved_at": now - timedelta(hours=1),
        "message": said,
    }


def _words(words: Mapping[str, tuple[str, ...]], customer: dict[str, Any]) -> tuple[str, ...]:
    return words.get(str(customer["locale"])[:2], words["en"])
