"""A queue of letters as somebody would write it on the driver itself: the yardsticks of T8."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from benchmarks.by_hand import driver
from benchmarks.shop import NOW
from outreach.passes.lease import LEASE
from outreach.passes.send import BATCH
from outreach.store.database import Store
from outreach.timing.instants import to_micros

AT, UNTIL = to_micros(NOW), to_micros(NOW + LEASE)
TAKE = """
UPDATE messages SET state = 'sending', lease_owner = 'bench', lease_until = ? WHERE id IN (
  SELECT id FROM messages WHERE state = 'planned' AND due_at <= ?
  ORDER BY due_at LIMIT {batch} {lock}
) RETURNING id
"""
MARK = "UPDATE messages SET state = 'sent', sent_at = ? WHERE id = ?"
DUE = """
SELECT m.id, m.customer_id, c.email, s.enrollment_id, s.subject_id, m.tries + 1 FROM messages m
JOIN customers c ON c.id = m.customer_id JOIN message_subjects s ON s.message_id = m.id
WHERE m.state = 'planned' AND m.due_at <= ? ORDER BY m.due_at LIMIT {batch} {lock}
"""
#: before a letter leaves, and once it has: what we write of it too
INTENT = """
INSERT INTO attempts
  (message_id, number, channel, provider, address, fingerprint, started_at, code, error)
  VALUES (?, ?, 'email', 'null', ?, ?, ?, '', '');
UPDATE messages SET state = 'sending', reason = 'matched', lease_owner = 'bench', lease_until = ?,
  sent_at = ?, provider = 'null', tries = ? WHERE id = ?;
INSERT INTO message_states (message_id, at, state, reason, note, who)
  VALUES (?, ?, 'sending', 'matched', '', '')
"""
OUTCOME = """
UPDATE attempts SET finished_at = ?, outcome = 'accepted', provider_id = ? WHERE message_id = ?;
UPDATE messages SET state = 'sent', reason = 'sent', provider_id = ?, lease_owner = NULL,
  lease_until = NULL WHERE id = ?;
INSERT INTO message_states (message_id, at, state, reason, note, who)
  VALUES (?, ?, 'sent', 'sent', '', '');
INSERT INTO last_sent (kind, subject_id, rule, sent_at) VALUES (?, ?, 'late', ?)
  ON CONFLICT (kind, subject_id, rule) DO UPDATE SET sent_at = excluded.sent_at;
UPDATE customers SET last_contact_at = ? WHERE id = ?;
INSERT INTO changes (kind, subject_id, field, old, new, at, recorded_at, source, history, place)
  VALUES ('customer', ?, 'last_contact_at', NULL, ?, ?, ?, ?, (1 = 0), '');
UPDATE enrollments SET state = 'done', reason = 'finished', ended_at = ?, plan_at = NULL
  WHERE id = ?
"""

Rows = Sequence[Sequence[Any]]


class TwoStatements:
    """The least a queue in a database does: one statement takes a batch, one says it is done."""

    def __init__(self, store: Store) -> None:
        self.store = store
        (self._take,) = self._spelled(TAKE, lock="FOR UPDATE SKIP LOCKED")
        (self._mark,) = self._spelled(MARK)

    def send(self) -> int:
        """Take batch after batch until nothing is due; return how many letters there were."""
        done = 0
        while taken := self._batch():
            done += taken
        return done

    def _batch(self) -> int:
        with self.store.write() as connection:
            rows = self.take(connection)
        if rows:
            with self.store.write() as connection:
                self.mark(connection, rows)
        return len(rows)

    def take(self, connection: Connection) -> Rows:
        """Take a batch, before it leaves."""
        cursor = driver(connection).cursor()
        cursor.execute(self._take, (UNTIL, AT))
        rows: Rows = cursor.fetchall()
        return rows

    def mark(self, connection: Connection, rows: Rows) -> None:
        """Write down that a batch is sent."""
        driver(connection).cursor().executemany(self._mark, [(AT, row[0]) for row in rows])

    def _spelled(self, statements: str, *, lock: str = "") -> list[str]:
        """Return statements with the driver's marks for parameters; SQLite locks no rows."""
        said = statements.format(batch=BATCH, lock="" if self.store.is_sqlite else lock)
        return (said if self.store.is_sqlite else said.replace("?", "%s")).split(";")


class SameRows(TwoStatements):
    """The same with all that we keep of a send: the attempt, its history, who heard from us."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        (self._due,) = self._spelled(DUE, lock="FOR UPDATE OF c SKIP LOCKED")
        self._intent, self._outcome = self._spelled(INTENT), self._spelled(OUTCOME)

    def take(self, connection: Connection) -> Rows:
        """Take a batch and write down what is about to be sent."""
        cursor = driver(connection).cursor()
        cursor.execute(self._due, (AT,))
        rows: Rows = cursor.fetchall()
        words = "0" * 64  # the fingerprint
        self._run(
            connection,
            self._intent,
            [(r[0], r[5], r[2], words, AT) for r in rows],
            [(UNTIL, AT, r[5], r[0]) for r in rows],
            [(r[0], AT) for r in rows],
        )
        return rows

    def mark(self, connection: Connection, rows: Rows) -> None:
        """Write down what became of a batch, and that its customers heard from us."""
        about = [("order", r[4], AT) for r in rows] + [("customer", r[1], AT) for r in rows]
        self._run(
            connection,
            self._outcome,
            [(AT, r[0], r[0]) for r in rows],
            [(r[0], r[0]) for r in rows],
            [(r[0], AT) for r in rows],
            about,
            [(AT, r[1]) for r in rows],
            [(r[1], str(AT), AT, AT, f"message {r[0]}") for r in rows],
            [(AT, r[3]) for r in rows],
        )

    def _run(self, connection: Connection, statements: Sequence[str], *values: Rows) -> None:
        cursor = driver(connection).cursor()
        for statement, rows in zip(statements, values, strict=True):
            if rows:
                cursor.executemany(statement, rows)
