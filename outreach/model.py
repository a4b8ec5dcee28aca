"""The product's words as closed sets and small values; nothing here knows a file or a database."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a rule is about."""

    CUSTOMER = "customer"
    ORDER = "order"
    TICKET = "ticket"
    RESPONSE = "response"
    INCIDENT = "incident"


#: what sources bring and rules are about; an incident is said here, and reached from its orders
SUBJECTS = tuple(kind for kind in Kind if kind is not Kind.INCIDENT)


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    CONFIRMED = "confirmed"
    RESOLVED = "resolved"


class Purpose(StrEnum):
    """Why we write: decides consent, quiet hours, caps and the unsubscribe header."""

    TRANSACTIONAL = "transactional"
    SERVICE = "service"
    SURVEY = "survey"
    MARKETING = "marketing"


#: what people may do without: "no more messages" in a mail means these
NON_ESSENTIAL = frozenset(Purpose) - {Purpose.TRANSACTIONAL}


class Channel(StrEnum):
    """The way a message reaches a person."""

    EMAIL = "email"
    SMS = "sms"


class Mode(StrEnum):
    """Whether a rule sends, only records what it would have sent, or does nothing."""

    LIVE = "live"
    SHADOW = "shadow"
    OFF = "off"


class EnrollmentState(StrEnum):
    """Where a subject stands in a rule's steps."""

    ACTIVE = "active"
    DONE = "done"
    CANCELLED = "cancelled"
    HELD_OUT = "held_out"


class MessageState(StrEnum):
    """Where a message stands; a change of state is kept with its reason."""

    PLANNED = "planned"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    FAILED = "failed"
    UNKNOWN = "unknown"


#: states in which the customer may have heard from us: they count for every cap
COUNTS_AS_SENT = frozenset(
    {MessageState.SENDING, MessageState.SENT, MessageState.DELIVERED, MessageState.UNKNOWN}
)
#: states that still lead somewhere without a person's help
IS_WAITING = frozenset({MessageState.PLANNED, MessageState.HELD})


class HandoffState(StrEnum):
    """Where a task for people stands; one that was called off, or only recorded, is cancelled."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    CANCELLED = "cancelled"


#: states of tasks that people still have to do something about
IS_WITH_PEOPLE = frozenset({HandoffState.OPEN, HandoffState.TAKEN})


class StopScope(StrEnum):
    """How far a stop by text reaches: all texts, or those of the purpose that it answers."""

    ALL = "all"
    CLASS = "class"


class ReplyState(StrEnum):
    """Where a reply stands: nothing is to be done, a person must read it, or has.

    What is due to the customer waits for an `open` one, as it may be a stop; for an `unread` one,
    which is angry or urgent, it does not.
    """

    DONE = "done"
    OPEN = "open"
    UNREAD = "unread"
    READ = "read"
    STOP = "stop"
    NOT_STOP = "not_stop"


class CouponState(StrEnum):
    """Where a code stands: nobody has it, a message that waits, one on its way, or it is out.

    What is given never comes back, and neither does what may have been: a code in doubt belongs
    to its message for ever.
    """

    FREE = "free"
    RESERVED = "reserved"
    SENDING = "sending"
    GIVEN = "given"


class Sentiment(StrEnum):
    """How somebody who wrote to us feels about it, as far as their words show."""

    ANGRY = "angry"
    UNHAPPY = "unhappy"
    NEUTRAL = "neutral"
    HAPPY = "happy"


class Topic(StrEnum):
    """What somebody who wrote to us wrote about; `other` is a complaint about none of these."""

    DELIVERY = "delivery"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    REFUND = "refund"
    QUALITY = "quality"
    SERVICE = "service"
    PRICE = "price"
    OTHER = "other"
    NONE = "none"


class Approval(StrEnum):
    """Whether a person lets the first message of a rule go."""

    NEVER = "never"
    ALWAYS = "always"


class Promised(StrEnum):
    """What a promise is of."""

    DELIVERY = "delivery"
    REFUND = "refund"


class PromiseState(StrEnum):
    """What became of a date that a message stated."""

    STATED = "stated"  # in a message of which it is not known yet whether it went out
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    REPLACED = "replaced"  # by a later date, told before this one had passed
    VOID = "void"  # the order was called off first, or nobody heard it: its message bounced


class Reason(StrEnum):
    """Why a message or an enrollment is where it is. Texts for people: `REASON_TEXT`."""

    MATCHED = "matched"
    SENT = "sent"
    DELIVERED = "delivered"
    APPROVED = "approved"
    FINISHED = "finished"
    # it will not go out
    NOT_MATCHING = "not_matching"
    CANCELLED_BY_DATA = "cancelled_by_data"
    CANCELLED_BY_RULE = "cancelled_by_rule"
    CANCELLED_BY_RULE_EDIT = "cancelled_by_rule_edit"
    CANCELLED_BY_PERSON = "cancelled_by_person"
    RULE_REMOVED = "rule_removed"
    STEP_SKIPPED = "step_skipped"
    OPTED_OUT = "opted_out"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    NO_CUSTOMER = "no_customer"
    SUPPRESSED = "suppressed"
    ERASED = "erased"
    HELD_OUT = "held_out"
    COOLDOWN = "cooldown"
    CUSTOMER_CAP = "customer_cap"
    EXPIRED = "expired"
    TAKEN_OVER = "taken_over"
    SHADOW = "shadow"
    REJECTED = "rejected"
    PROVIDER_REJECTED = "provider_rejected"
    BAD_ADDRESS = "bad_address"
    BOUNCED = "bounced"
    NOT_DELIVERED = "not_delivered"
    REACHED_BEFORE = "reached_before"
    LAPSED = "lapsed"
    OFFER_SPENT = "offer_spent"
    ANSWERED = "answered"
    LATE_ORDER = "late_order"
    OPEN_TICKET = "open_ticket"
    SURVEY_OPEN = "survey_open"
    AUTO_CLOSED = "auto_closed"
    SAMPLED_OUT = "sampled_out"
    ASKED_LATELY = "asked_lately"
    # it waits
    COMBINING = "combining"
    NEXT_CHANNEL = "next_channel"
    DATE_MOVED = "date_moved"
    OUTSIDE_WINDOW = "outside_window"
    CONTACT_POLICY = "contact_policy"
    TOTAL_LIMIT = "total_limit"
    RATE_LIMITED = "rate_limited"
    DAILY_CAP = "daily_cap"
    PROVIDER_ERROR = "provider_error"
    PAUSED = "paused"
    SOURCE_STALE = "source_stale"
    MOVED_BY_PERSON = "moved_by_person"
    MOVED_BY_RULE_EDIT = "moved_by_rule_edit"
    RETRIED_BY_PERSON = "retried_by_person"
    SETTLED_BY_PERSON = "settled_by_person"
    RESENT = "resent"
    WITH_PERSON = "with_person"
    # a person is asked
    OVER_HOLD_LIMIT = "over_hold_limit"
    REWORDED = "reworded"
    RULE_SUSPENDED = "rule_suspended"
    TEMPLATE_HOLE = "template_hole"
    TOO_LONG = "too_long"
    NOT_ALLOWED_HERE = "not_allowed_here"
    IN_DOUBT = "in_doubt"
    PROMISE_PASSED = "promise_passed"
    DEAR_COUPON = "dear_coupon"
    AWAITING_APPROVAL = "awaiting_approval"


REASON_TEXT: dict[Reason, str] = {
    Reason.MATCHED: "the rule applies",
    Reason.SENT: "accepted by the provider",
    Reason.DELIVERED: "delivered",
    Reason.APPROVED: "approved by a person",
    Reason.FINISHED: "all steps done",
    Reason.NOT_MATCHING: "the rule does not apply",
    Reason.CANCELLED_BY_DATA: "no longer true when it was due",
    Reason.CANCELLED_BY_RULE: "stopped by cancel_if or stop_if",
    Reason.CANCELLED_BY_RULE_EDIT: "the edited rule no longer applies",
    Reason.CANCELLED_BY_PERSON: "cancelled by a person",
    Reason.RULE_REMOVED: "the rule was removed",
    Reason.STEP_SKIPPED: "skipped by skip_if",
    Reason.OPTED_OUT: "opted out",
    Reason.NO_CONSENT: "no consent for this purpose",
    Reason.NO_ADDRESS: "no address for any allowed channel",
    Reason.NO_CUSTOMER: "the customer is not known",
    Reason.SUPPRESSED: "address is suppressed",
    Reason.ERASED: "customer was erased",
    Reason.HELD_OUT: "in the holdout group",
    Reason.COOLDOWN: "cooldown",
    Reason.CUSTOMER_CAP: "this customer's limit is reached",
    Reason.EXPIRED: "expired before it could go out",
    Reason.TAKEN_OVER: "another rule speaks for this subject",
    Reason.SHADOW: "rule is in shadow mode",
    Reason.REJECTED: "rejected by a person",
    Reason.PROVIDER_REJECTED: "refused by the provider",
    Reason.BAD_ADDRESS: "the address does not work",
    Reason.BOUNCED: "bounced",
    Reason.NOT_DELIVERED: "accepted by the provider, and not delivered",
    Reason.REACHED_BEFORE: "the channel before reached them after all",
    Reason.LAPSED: "did not leave its provider in time",
    Reason.OFFER_SPENT: "nothing is left of its offer",
    Reason.ANSWERED: "they have answered already",
    Reason.LATE_ORDER: "nobody is asked while an order of theirs is late",
    Reason.OPEN_TICKET: "nobody is asked while a ticket of theirs is open",
    Reason.SURVEY_OPEN: "they were asked before and can still answer",
    Reason.AUTO_CLOSED: "no person has settled it: a timer closed the ticket",
    Reason.SAMPLED_OUT: "not in the share that is asked",
    Reason.ASKED_LATELY: "they heard from us too lately to be asked in time",
    Reason.NEXT_CHANNEL: "the channel before did not reach them",
    Reason.COMBINING: "waiting for more to say in one message",
    Reason.DATE_MOVED: "the date it waits for moved",
    Reason.OUTSIDE_WINDOW: "outside the send window",
    Reason.CONTACT_POLICY: "contact policy",
    Reason.TOTAL_LIMIT: "the rule's total limit is reached",
    Reason.RATE_LIMITED: "waiting for the channel's rate",
    Reason.DAILY_CAP: "the channel's daily cap is reached",
    Reason.PROVIDER_ERROR: "provider error, will be tried again",
    Reason.PAUSED: "paused",
    Reason.SOURCE_STALE: "its source has brought nothing new for too long",
    Reason.MOVED_BY_PERSON: "moved by a person",
    Reason.MOVED_BY_RULE_EDIT: "the edited rule is due at another time",
    Reason.RETRIED_BY_PERSON: "tried again by a person",
    Reason.SETTLED_BY_PERSON: "a person said whether it was sent",
    Reason.RESENT: "in doubt for too long: tried again",
    Reason.WITH_PERSON: "a person looks after this customer",
    Reason.OVER_HOLD_LIMIT: "more than hold_above: waits for approval",
    Reason.REWORDED: "its words changed after it was approved",
    Reason.RULE_SUSPENDED: "its rule is not live any more: kept for a day",
    Reason.TEMPLATE_HOLE: "a needed value is missing",
    Reason.TOO_LONG: "more SMS segments than max_segments",
    Reason.NOT_ALLOWED_HERE: "address is not on send_only_to",
    Reason.IN_DOUBT: "may have been sent: the provider did not answer",
    Reason.PROMISE_PASSED: "the date it would promise has passed",
    Reason.DEAR_COUPON: "its coupon is worth more than approval_above",
    Reason.AWAITING_APPROVAL: "waits for approval, as its rule wants",
}


class SubjectRef(NamedTuple):
    """One order, ticket or customer, by the shop's own id."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind.value} {self.id}"


@dataclass(frozen=True)
class Position:
    """A place in a file an operator wrote; line and column count from 1."""

    file: str
    line: int
    column: int = 1


@dataclass(frozen=True)
class Money:
    """An amount in one currency (ISO 4217 code)."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
