"""The catalogue of fields: one list for SQL, schema, docs, completion and "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from outreach.model import IncidentStatus, Kind
from outreach.rules.fields import CustomField, Field, FieldType, Source

ORDER_STATUSES = (
    "placed",
    "paid",
    "packed",
    "shipped",
    "out_for_delivery",
    "delivered",
    "cancelled",
    "refunded",
    "returned",
)
CARRIER_STATUSES = (
    "unknown",
    "pre_transit",
    "in_transit",
    "out_for_delivery",
    "available_for_pickup",
    "delivered",
    "returning",
    "exception",
)
TICKET_STATUSES = ("new", "open", "waiting_on_us", "waiting_on_customer", "resolved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
PARTIES = ("agent", "customer")
SETTLERS = ("agent", "customer", "automation")
ANSWERED_BY = ("page", "sms")
SENTIMENTS = ("angry", "unhappy", "neutral", "happy")
#: what can be said of the newest promise: an earlier one may be replaced, the newest is not
PROMISES = ("open", "kept", "broken", "void")


class UnknownField(LookupError):
    """There is no such field; `suggestion` is the likely intended one, or empty."""

    def __init__(self, kind: Kind, path: str, suggestion: str) -> None:
        super().__init__(path)
        self.kind = kind
        self.path = path
        self.suggestion = suggestion

    def __str__(self) -> str:
        hint = f" Did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"`{self.kind.value}` has no field {self.path!r}.{hint}"


@dataclass(frozen=True)
class _Column:
    """A built-in field before it is reached from a subject."""

    name: str
    type: FieldType
    label: str
    example: str = ""
    choices: tuple[str, ...] = ()
    history: bool = False
    indexed: bool = False


def _text(name: str, label: str, example: str = "") -> _Column:
    return _Column(name, FieldType.TEXT, label, example)


def _time(name: str, label: str, *, indexed: bool = True) -> _Column:
    return _Column(name, FieldType.TIME, label, "2026-11-20 12:00", indexed=indexed)


def _choice(name: str, label: str, choices: tuple[str, ...], *, history: bool = False) -> _Column:
    return _Column(name, FieldType.CHOICE, label, choices[0], choices, history=history)


CUSTOMER_COLUMNS = (
    _text("id", "the shop's own id of the customer", "C-7"),
    _text("name", "full name", "Ana Ruiz"),
    _text("first_name", "the name to greet with", "Ana"),
    _text("email", "e-mail address", "ana@example.com"),
    _text("phone", "phone number with country code", "+4915550123"),
    _text("locale", "language and country", "de-AT"),
    _text("zone", "time zone", "Europe/Berlin"),
    _text("country", "country of the address, two letters", "DE"),
    _text("region", "state or province", "BY"),
    _text("postal_code", "postal code", "80331"),
    _text("city", "city", "Munich"),
    _text("tier", "how the shop ranks the customer", "gold"),
    _Column("tags", FieldType.LIST, "labels", "wholesale"),
    _time("created_at", "when the customer became known"),
    _time("first_order_at", "when the first order was placed"),
    _time("last_order_at", "when the latest order was placed"),
    _Column("open_tickets", FieldType.NUMBER, "tickets not yet resolved or closed", "1"),
    _Column("open_handoffs", FieldType.NUMBER, "cases with people that are not done", "1"),
    _time("last_contact_at", "when we last wrote, in any rule"),
    _Column("last_score", FieldType.NUMBER, "what they answered last, in any survey", "4"),
    _time("last_answered_at", "when they last answered a survey"),
    _time("updated_at", "when the source last changed the row", indexed=False),
)
ORDER_COLUMNS = (
    _text("id", "the shop's own id of the order", "A-1042"),
    _text("number", "the number customers know", "A-1042"),
    _choice("status", "where the order stands", ORDER_STATUSES, history=True),
    _time("status_changed_at", "since when it has this status"),
    _text("carrier", "who delivers", "DHL"),
    _text("tracking_number", "the carrier's number", "JD0123"),
    _text("tracking_url", "where to follow the parcel", "https://track.example/JD0123"),
    _choice("carrier_status", "what the carrier says", CARRIER_STATUSES, history=True),
    _time("carrier_status_changed_at", "since when the carrier says so"),
    _time("placed_at", "when it was ordered"),
    _time("shipped_at", "when it was handed to the carrier"),
    _time("promised_at", "the delivery date we promised"),
    _time("estimated_at", "when it will arrive as far as we know now"),
    _time("delivered_at", "when it arrived"),
    _time("cancelled_at", "when it was cancelled"),
    _time("refunded_at", "when the money went back"),
    _time("return_requested_at", "when the customer asked to return it"),
    _Column("total", FieldType.MONEY, "what the order cost", "79.90 EUR"),
    _text("item_summary", "what was ordered, in words", "Desk lamp and 2 more"),
    _Column("tags", FieldType.LIST, "labels", "pre-order"),
    _choice("promise", "what became of the delivery date we last wrote", PROMISES, history=True),
    _time("promise_changed_at", "since when it stands so with that promise"),
    _time("promised_again_at", "the delivery date we last wrote"),
    _choice("refund_promise", "what became of the refund date we wrote", PROMISES, history=True),
    _time("refund_promise_changed_at", "since when it stands so with that promise"),
    _time("refund_promised_at", "the refund date we last wrote"),
    _Column("broken_promises", FieldType.NUMBER, "dates we wrote and did not keep", "1"),
    _time("updated_at", "when the source last changed the row", indexed=False),
)
TICKET_COLUMNS = (
    _text("id", "the help desk's own id of the ticket", "T-88"),
    _text("number", "the number customers know", "88"),
    _text("subject", "the ticket's title", "Where is my parcel?"),
    _text("order_id", "the order it is about", "A-1042"),
    _choice("status", "where the ticket stands", TICKET_STATUSES, history=True),
    _time("status_changed_at", "since when it has this status"),
    _choice("priority", "how urgent it is", PRIORITIES, history=True),
    _time("priority_changed_at", "since when it has this priority"),
    _text("reason", "what it is about", "delivery"),
    _text("contact_channel", "how the customer reached us", "email"),
    _text("team", "who works on it", "care"),
    _time("opened_at", "when it was opened"),
    _time("first_replied_at", "when we first answered"),
    _time("last_reply_at", "when anybody last wrote"),
    _choice("last_reply_by", "who wrote last", PARTIES),
    _choice("settled_by", "who settled it; a timer is `automation`", SETTLERS),
    _time("due_at", "when it should be resolved"),
    _time("next_update_at", "when we said we would write again"),
    _time("resolved_at", "when it was resolved"),
    _time("closed_at", "when it was closed"),
    _Column("reopen_count", FieldType.NUMBER, "how often it was reopened", "0"),
    _Column("tags", FieldType.LIST, "labels", "vip"),
    _time("updated_at", "when the source last changed the row", indexed=False),
)
RESPONSE_COLUMNS = (
    _text("id", "the id of the answer", "R-5"),
    _text("survey", "the name of the survey", "csat"),
    _Column("score", FieldType.NUMBER, "what was answered, on the survey's scale", "4"),
    _text("comment", "what was written beside it", "Quick and friendly"),
    _time("received_at", "when it was answered"),
    _choice("answered_by", "how it was answered", ANSWERED_BY),
    _text("survey_message", "the message that asked", "0197c3"),
    _Column("counts", FieldType.YES_NO, "the last answer to its message, and not suspected", "yes"),
    _Column("suspected", FieldType.YES_NO, "probably answered by a machine", "no"),
    _choice("sentiment", "how the comment sounds", SENTIMENTS),
    _text("topic", "what the comment is about", "delivery"),
    _text("order_id", "the order it is about", "A-1042"),
    _text("ticket_id", "the ticket it is about", "T-88"),
    _time("updated_at", "when the source last changed the row", indexed=False),
)
INCIDENT_COLUMNS = (
    _text("id", "the number of the incident", "INC-9"),
    _text("title", "what happened, in a few words", "Hub Leipzig closed"),
    _choice("status", "where it stands", tuple(IncidentStatus)),
    _time("opened_at", "when it was told here"),
    _time("resolved_at", "when it was over"),
    _text("message", "what customers are told of it", "A storm has closed the roads."),
)
COLUMNS: dict[Kind, tuple[_Column, ...]] = {
    Kind.CUSTOMER: CUSTOMER_COLUMNS,
    Kind.ORDER: ORDER_COLUMNS,
    Kind.TICKET: TICKET_COLUMNS,
    Kind.RESPONSE: RESPONSE_COLUMNS,
    Kind.INCIDENT: INCIDENT_COLUMNS,
}
#: the rows a rule about a kind can look at, by the prefix that reaches them
REACH: dict[Kind, dict[str, Kind]] = {
    Kind.CUSTOMER: {"": Kind.CUSTOMER},
    Kind.ORDER: {
        "": Kind.ORDER,
        "customer.": Kind.CUSTOMER,
        "open_incident.": Kind.INCIDENT,
    },
    Kind.TICKET: {"": Kind.TICKET, "customer.": Kind.CUSTOMER, "order.": Kind.ORDER},
    Kind.RESPONSE: {
        "": Kind.RESPONSE,
        "customer.": Kind.CUSTOMER,
        "order.": Kind.ORDER,
        "ticket.": Kind.TICKET,
    },
    Kind.INCIDENT: {"": Kind.INCIDENT},
}
#: what became of the dates we wrote to customers
PROMISE_FIELDS = (
    *("promise", "promise_changed_at", "promised_again_at"),
    *("refund_promise", "refund_promise_changed_at", "refund_promised_at"),
    "broken_promises",
)
#: fields the product works out itself; no source may set them
DERIVED = {
    Kind.CUSTOMER: frozenset(
        {
            *("first_order_at", "last_order_at", "open_tickets", "last_contact_at"),
            *("last_score", "last_answered_at", "open_handoffs"),
        }
    ),
    Kind.ORDER: frozenset(
        {
            *("status_changed_at", "carrier_status_changed_at", "open_incident_id"),
            *PROMISE_FIELDS,
        }
    ),
    Kind.TICKET: frozenset({"status_changed_at", "priority_changed_at"}),
    Kind.RESPONSE: frozenset({"counts", "suspected", "survey_message", "sentiment"}),
    Kind.INCIDENT: frozenset(column.name for column in INCIDENT_COLUMNS),
}


class Catalogue:
    """Every field of every kind of subject, the workspace's own ones included."""

    def __init__(self, custom: Iterable[CustomField] = ()) -> None:
        self.custom = tuple(custom)

    @cached_property
    def _fields(self) -> dict[Kind, dict[str, Field]]:
        return {kind: {f.path: f for f in self._reachable(kind)} for kind in Kind}

    def _reachable(self, kind: Kind) -> Iterable[Field]:
        for prefix, owner in REACH[kind].items():
            for field in self.own_fields(owner):
                yield replace(field, path=prefix + field.path)

    def own_fields(self, kind: Kind) -> list[Field]:
        """Return the fields that stand in a kind's own row, built-in ones first."""
        return list(self._own[kind])

    @cached_property
    def _own(self) -> dict[Kind, tuple[Field, ...]]:
        built_in = {kind: [_built_in(kind, column) for column in COLUMNS[kind]] for kind in Kind}
        custom = [(f.kind, _custom(f)) for f in self.custom]
        return {k: (*built_in[k], *(f for kind, f in custom if kind is k)) for k in Kind}

    def fields(self, kind: Kind) -> list[Field]:
        """Return all fields that rules about this kind can name, but for `last_sent.<rule>`."""
        return list(self._fields[kind].values())

    def field(self, kind: Kind, path: str) -> Field:
        """Return the field of that name; raises UnknownField with a suggestion."""
        known = self._fields[kind]
        if found := known.get(path):
            return found
        for prefix, owner in REACH[kind].items():
            start = f"{prefix}last_sent."
            if path.startswith(start) and len(path) > len(start):
                return _last_sent(path, owner, path.removeprefix(start))
        raise UnknownField(kind, path, suggestion(path, known))


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or an empty string."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), "")


def _built_in(kind: Kind, column: _Column) -> Field:
    return Field(
        path=column.name,
        type=column.type,
        owner=kind,
        name=column.name,
        label=column.label,
        choices=column.choices,
        changed_at=f"{column.name}_changed_at" if column.history else None,
        indexed=column.indexed,
        example=column.example,
    )


def _custom(field: CustomField) -> Field:
    return Field(
        path=field.name,
        type=field.type,
        owner=field.kind,
        name=field.name,
        label=field.label or field.name.replace("_", " "),
        choices=field.choices,
        source=Source.CUSTOM,
    )


def _last_sent(path: str, owner: Kind, rule: str) -> Field:
    label = f"when {rule} last wrote about this {owner.value}"
    return Field(
        path,
        FieldType.TIME,
        owner,
        f"last_sent.{rule}",
        label,
        source=Source.LAST_SENT,
        indexed=True,
        rule=rule,
    )
