"""Folding versions of subjects into the stored rows: the newest wins, and changes are noted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from outreach.model import Kind
from outreach.rules.catalogue import COLUMNS, DERIVED
from outreach.store.arrivals import Arrival, Outcome, RawValues, micros, raw_values
from outreach.store.change_log import LoggedChange
from outreach.store.frames import table_of

#: when a subject came to be, if its source says nothing of when it changed
NATURAL = {
    Kind.CUSTOMER: "created_at",
    Kind.ORDER: "placed_at",
    Kind.TICKET: "opened_at",
    Kind.RESPONSE: "received_at",
}
#: columns that decide what is worked out about a customer
COUNTED = {
    Kind.CUSTOMER: frozenset[str](),
    Kind.ORDER: frozenset({"customer_id", "placed_at"}),
    Kind.TICKET: frozenset({"customer_id", "status"}),
    Kind.RESPONSE: frozenset({"customer_id", "score", "received_at", "counts"}),
}
#: a ticket in one of these is not open
SETTLED = ("resolved", "closed")
#: what a new row has where nobody gave it a value
USUAL: dict[Kind, dict[str, Any]] = {
    Kind.CUSTOMER: {"open_tickets": 0},
    Kind.ORDER: {},
    Kind.TICKET: {},
    Kind.RESPONSE: {"counts": True, "suspected": False},
}


class Tally(NamedTuple):
    """Something that counts for a customer: open tickets more or fewer, an order, an answer.

    `answer` is when it was received, and its score.
    """

    customer: str
    at: int
    tickets: int = 0
    placed_at: int | None = None
    answer: tuple[int, int | None] | None = None


@dataclass
class Fold:
    """The rows of one kind that a batch is about, as they become. All times are microseconds.

    `last` is when each stored row changed last, `new` when each new one appeared. `written` are
    the rows to write, `tallies` what customers are to be counted anew for.
    """

    kind: Kind
    now: int
    rows: dict[str, dict[str, Any]]
    last: dict[str, int]
    new: dict[str, int] = field(default_factory=dict)
    written: dict[str, None] = field(default_factory=dict)
    changes: list[LoggedChange] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    #: where the version stands that is being folded in
    place: str = ""

    def take(self, arrival: Arrival) -> Outcome:
        """Fold one version in; later ones of the same subject see what it did."""
        self.place = arrival.place
        row = self.rows.get(arrival.id)
        if row is None:
            self._create(arrival)
            return Outcome.NEW
        if row.get("erased_at") is not None:
            return Outcome.ERASED
        updated, known = micros(arrival.updated_at), row["updated_at"]
        if updated is not None and known is not None and updated < known:
            return Outcome.STALE
        outcome = self._change(arrival, row)
        if updated is not None and updated != known:
            # even of an equal row: what is older than this one must not overwrite it
            row["updated_at"] = updated
            self.written[arrival.id] = None
        return outcome

    def _create(self, arrival: Arrival) -> None:
        raw = raw_values(self.kind, arrival.values)
        row = dict(_empty_row(self.kind)) | raw.columns
        row |= {"id": arrival.id, "updated_at": micros(arrival.updated_at)}
        row["custom"] = {k: v for k, v in raw.custom.items() if v is not None} or None
        natural = row[NATURAL[self.kind]]
        began = _began(arrival)
        times = (t for began_at in began.values() for t in began_at.values())
        latest = max((t for t in times if t <= self.now), default=None)
        known = _first(micros(arrival.at), latest, natural, self.now)
        for name in fields_with_history(self.kind):
            if row[name] is not None:
                own = began.get(name, {}).get(row[name])
                row[f"{name}_changed_at"] = _first(own, known)
                self.changes += self._past(arrival.id, name, began.get(name, {}), row)
        at = min(known, self.now)
        self.changes.append(
            LoggedChange(self.kind, arrival.id, "", None, None, at, place=self.place)
        )
        self.rows[arrival.id] = row
        self.last[arrival.id] = at
        self.new[arrival.id] = at
        self.written[arrival.id] = None
        self._tally(row, at, 1)

    def _past(
        self, subject: str, name: str, began: Mapping[str, int], row: Mapping[str, Any]
    ) -> Iterator[LoggedChange]:
        """Yield the values a new subject had before, ending in the one it has."""
        if not began:
            return
        value, since = row[name], row[f"{name}_changed_at"]
        # what would have begun after the present value contradicts it
        past = [(t, v) for v, t in began.items() if v != value and t <= since]
        old = None
        for at, new in [*sorted(past, key=lambda known: known[0]), (since, value)]:
            yield LoggedChange(
                self.kind, subject, name, old, new, at, history=True, place=self.place
            )
            old = new

    def _change(self, arrival: Arrival, row: dict[str, Any]) -> Outcome:
        raw = raw_values(self.kind, arrival.values)
        changed = {k: v for k, v in raw.columns.items() if row[k] != v}
        custom = dict(_changed_custom(raw, row["custom"] or {}))
        began = _began(arrival)
        moved = dict(self._moved(arrival, row, changed, began))
        if not (changed or custom or moved):
            return Outcome.UNCHANGED
        at = self._instant(arrival, changed, began)
        before = dict(row)
        row |= changed | moved
        for name in (*changed, *moved):
            self._log(arrival.id, name, before[name], row[name], at)
        if custom:
            self._change_custom(arrival.id, row, custom, at)
        self.last[arrival.id] = at
        self.written[arrival.id] = None
        if changed.keys() & COUNTED[self.kind]:
            self._tally(before, at, -1)
            self._tally(row, at, 1)
        return Outcome.CHANGED

    def _moved(
        self,
        arrival: Arrival,
        row: Mapping[str, Any],
        changed: Mapping[str, Any],
        began: Mapping[str, Mapping[str, int]],
    ) -> Iterator[tuple[str, int | None]]:
        """Yield the `*_changed_at` columns that become another time."""
        for name in fields_with_history(self.kind):
            value = changed.get(name, row[name])
            column = f"{name}_changed_at"
            own = began.get(name, {}).get(value)
            if name in changed:
                since = None if value is None else _first(own, micros(arrival.at), self.now)
            else:
                since = row[column] if own is None else own
            if since != row[column]:
                yield column, since

    def _instant(
        self,
        arrival: Arrival,
        changed: Mapping[str, Any],
        began: Mapping[str, Mapping[str, int]],
    ) -> int:
        """Return when this version came to be: one instant for all of it, never going back."""
        own = [
            times[changed[name]]
            for name, times in began.items()
            if name in changed and changed[name] in times
        ]
        known = _first(micros(arrival.at), max(own, default=None), self.now)
        return max(min(known, self.now), self.last.get(arrival.id, 0))

    def _change_custom(
        self, subject: str, row: dict[str, Any], custom: Mapping[str, Any], at: int
    ) -> None:
        stored = row["custom"] or {}
        for name, value in custom.items():
            self._log(subject, name, stored.get(name), value, at)
        kept = {k: v for k, v in {**stored, **custom}.items() if v is not None}
        row["custom"] = kept or None

    def _log(self, subject: str, name: str, old: Any, new: Any, at: int) -> None:
        self.changes.append(LoggedChange(self.kind, subject, name, old, new, at, place=self.place))

    def _tally(self, row: Mapping[str, Any], at: int, number: int) -> None:
        customer = row["id"] if self.kind is Kind.CUSTOMER else row["customer_id"]
        if customer is not None:
            is_open = self.kind is Kind.TICKET and row["status"] not in SETTLED
            placed_at = row["placed_at"] if self.kind is Kind.ORDER and number > 0 else None
            tickets = number if is_open else 0
            answer = _answer(row) if self.kind is Kind.RESPONSE and number > 0 else None
            self.tallies.append(Tally(customer, at, tickets, placed_at, answer))


@cache
def fields_with_history(kind: Kind) -> tuple[str, ...]:
    """Return the columns of sources beside which another says since when they have their value."""
    names = (column.name for column in COLUMNS[kind] if column.history)
    return tuple(name for name in names if name not in DERIVED[kind])


@cache
def _empty_row(kind: Kind) -> Mapping[str, Any]:
    return dict.fromkeys(table_of(kind).c.keys()) | USUAL[kind]


def _answer(row: Mapping[str, Any]) -> tuple[int, int | None] | None:
    """Return when an answer that counts was received, and its score."""
    is_one = row["counts"] and row["received_at"] is not None
    return (row["received_at"], row["score"]) if is_one else None


def _began(arrival: Arrival) -> dict[str, dict[str, int]]:
    return {
        name: {value: micros(at) or 0 for value, at in times.items()}
        for name, times in arrival.history.items()
    }


def _changed_custom(raw: RawValues, stored: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in raw.custom.items():
        if stored.get(name) != value:
            yield name, value


def _first(*instants: int | None) -> int:
    return next(instant for instant in instants if instant is not None)
