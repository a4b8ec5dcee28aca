"""A mapping for files that come without one: columns that are called like our fields, or nearly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import Field, FieldType
from outreach.sources.column_map import (
    UPDATED_AT,
    ColumnMap,
    FieldMap,
    KindMap,
    linked,
    settable_fields,
)

#: what shops and help desks call our fields; the order is the order of trust
SYNONYMS: dict[Kind, dict[str, tuple[str, ...]]] = {
    Kind.CUSTOMER: {
        "id": ("customer_id", "customer", "client_id", "user_id", "contact_id"),
        "name": ("customer_name", "full_name"),
        "first_name": ("given_name", "firstname"),
        "email": ("customer_email", "email_address", "e_mail", "mail"),
        "phone": ("customer_phone", "phone_number", "mobile", "telephone"),
        "locale": ("language", "lang"),
        "zone": ("timezone", "time_zone"),
        "country": ("country_code",),
        "region": ("state", "province"),
        "postal_code": ("zip", "zip_code", "postcode"),
        "tier": ("level", "segment"),
        "created_at": ("created", "signup_date", "registered_at"),
        "updated_at": ("updated", "modified_at", "last_modified"),
    },
    Kind.ORDER: {
        "id": ("order_id", "order", "order_number", "number"),
        "number": ("order_number", "order_no"),
        "customer_id": ("customer", "client_id", "user_id", "buyer_id"),
        "status": ("order_status", "state"),
        "carrier": ("shipping_carrier", "shipping_company", "tracking_company"),
        "tracking_number": ("tracking_no", "tracking_code", "tracking"),
        "tracking_url": ("tracking_link",),
        "carrier_status": ("tracking_status", "shipment_status"),
        "placed_at": ("order_date", "ordered_at", "ordered", "purchased_at", "created_at", "date"),
        "shipped_at": ("shipped", "ship_date", "shipped_date", "dispatched_at"),
        "promised_at": ("promised", "promised_date", "promised_delivery_date"),
        "estimated_at": ("estimated_delivery_date", "estimated_delivery", "eta"),
        "delivered_at": ("delivered", "delivered_date", "delivered_on"),
        "cancelled_at": ("canceled_at", "cancelled_date", "canceled_date"),
        "refunded_at": ("refund_date", "refunded_date"),
        "total": ("total_price", "grand_total", "amount", "order_total"),
        "item_summary": ("items", "products"),
        "updated_at": ("updated", "modified_at", "last_modified"),
    },
    Kind.TICKET: {
        "id": ("ticket_id", "ticket", "case_id", "number"),
        "number": ("ticket_number", "case_number"),
        "customer_id": ("requester_id", "customer", "contact_id", "user_id"),
        "order_id": ("order", "order_number"),
        "subject": ("title", "summary"),
        "status": ("ticket_status", "state"),
        "reason": ("category", "type", "topic"),
        "contact_channel": ("channel", "via", "source"),
        "team": ("group", "assignee_group", "department"),
        "opened_at": ("created_at", "created", "opened"),
        "first_replied_at": ("first_response_at", "first_reply_at"),
        "due_at": ("due_by", "due", "sla_due_at"),
        "resolved_at": ("solved_at", "resolved"),
        "closed_at": ("closed",),
        "updated_at": ("updated", "modified_at", "last_modified"),
    },
    Kind.RESPONSE: {
        "id": ("response_id", "response", "review_id", "answer_id", "number"),
        "customer_id": ("customer", "respondent_id", "contact_id", "user_id"),
        "order_id": ("order", "order_number"),
        "ticket_id": ("ticket", "ticket_number", "case_id"),
        "survey": ("survey_name", "questionnaire"),
        "score": ("rating", "stars", "review_score", "answer"),
        "comment": ("text", "feedback", "review_comment_message", "message"),
        "received_at": ("answered_at", "submitted_at", "review_answer_timestamp", "created_at"),
        "updated_at": ("updated", "modified_at", "last_modified"),
    },
}
#: when a status began, as far as our own dates tell
BEGAN: dict[Kind, dict[str, str]] = {
    Kind.CUSTOMER: {},
    Kind.ORDER: {
        "placed": "placed_at",
        "shipped": "shipped_at",
        "delivered": "delivered_at",
        "cancelled": "cancelled_at",
        "refunded": "refunded_at",
    },
    Kind.TICKET: {"new": "opened_at", "resolved": "resolved_at", "closed": "closed_at"},
    Kind.RESPONSE: {},
}
#: what in a row of orders or tickets can only be the customer's
PERSONAL = ("email", "phone", "locale", "country", "postal_code", "city")
NATURAL = {
    Kind.ORDER: "placed_at",
    Kind.TICKET: "opened_at",
    Kind.RESPONSE: "received_at",
}


@dataclass(frozen=True)
class _Guess:
    """The columns of a source by their plain names, and what fields are read with."""

    columns: Mapping[str, str]
    catalogue: Catalogue
    zone: ZoneInfo

    def kind(self, kind: Kind) -> KindMap:
        """Return what columns of a source about a kind mean."""
        fields = settable_fields(self.catalogue, kind)
        found = [
            mapped
            for name, field in fields.items()
            if (mapped := self._field(field, (name, *SYNONYMS[kind].get(name, ()))))
        ]
        by_name = {mapped.field.name: mapped for mapped in found}
        return KindMap(kind, tuple(found), _history(kind, by_name, self.catalogue))

    def customer_of(self, main: KindMap) -> KindMap | None:
        """Return the customer in a row of another kind, who is told by id or address."""
        fields = settable_fields(self.catalogue, Kind.CUSTOMER)
        found = []
        for name, field in fields.items():
            words = (f"customer_{name}", *([name] if name in PERSONAL else ()))
            also = (w for w in SYNONYMS[Kind.CUSTOMER].get(name, ()) if name in PERSONAL)
            mapped = self._field(field, (*words, *also)) if name != "id" else None
            if mapped is not None and name != UPDATED_AT:
                found.append(mapped)
        link, email = main.get("customer_id"), _named(found, "email")
        source = link or email
        if source is None or not found:
            return None
        known = main.get(UPDATED_AT) or main.get(NATURAL[main.kind])
        ids = [replace(source, field=fields["id"])]
        # of several addresses of one person, the latest order's is the one
        times = [replace(known, field=fields[UPDATED_AT])] if known else []
        return KindMap(Kind.CUSTOMER, (*ids, *found, *times))

    def _field(self, field: Field, words: Iterable[str]) -> FieldMap | None:
        column = next((self.columns[word] for word in words if word in self.columns), None)
        if column is None:
            return None
        currency = ""
        if field.type is FieldType.MONEY:
            named = (f"{field.name}_currency", "currency", "currency_code")
            currency = next((self.columns[word] for word in named if word in self.columns), "")
        return FieldMap(field, column, zone=self.zone, currency_column=currency)


def guess_map(
    kind: Kind, columns: Iterable[str], catalogue: Catalogue, zone: ZoneInfo
) -> ColumnMap:
    """Return the mapping that a source's columns suggest; it may lack an id."""
    guess = _Guess({plain(column): column for column in reversed(list(columns))}, catalogue, zone)
    main = guess.kind(kind)
    customer = guess.customer_of(main) if kind is not Kind.CUSTOMER else None
    return ColumnMap(kinds=linked((customer, main) if customer else (main,)))


def plain(column: str) -> str:
    """Return a column's name as a field's name would be written."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.strip())
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def _named(found: list[FieldMap], name: str) -> FieldMap | None:
    return next((mapped for mapped in found if mapped.field.name == name), None)


def _history(
    kind: Kind, found: Mapping[str, FieldMap], catalogue: Catalogue
) -> dict[str, dict[str, FieldMap]]:
    began = {value: found[name] for value, name in BEGAN[kind].items() if name in found}
    if "status" not in found or not began:
        return {}
    since = next(f for f in catalogue.own_fields(kind) if f.name == "status_changed_at")
    return {"status": {value: replace(m, field=since) for value, m in began.items()}}
