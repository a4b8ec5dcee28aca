"""Two rule engines that look at one row after another, over the same rows as our SQL.

They get their rows for nothing: read, joined and turned into dictionaries before the clock starts.
Our SQL reads its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import rule_engine
import zen
from sqlalchemy import text

from benchmarks.figures import Figure, Target
from benchmarks.measuring import must_agree, side_by_side
from benchmarks.rules import HandWritten, rules
from benchmarks.shop import NOW
from benchmarks.sizes import Sizes
from outreach.model import Kind, SubjectRef
from outreach.rules.catalogue import Catalogue
from outreach.rules.conditions import Edge, Shift
from outreach.rules.document import Rule
from outreach.rules.facts import Facts
from outreach.store.database import Store
from outreach.store.enrolling import Enroller, Window
from outreach.store.facts import read_facts

SQL, COMPILED = "our SQL", "our compiled sentences"
ENGINES = ("zen-engine", "rule-engine")
RULES = 10

Row = dict[str, Any]
#: counts, rule by rule, what matches now
Way = Callable[[], list[int]]


def engines(kind: str, store: Store, sizes: Sizes) -> Iterator[Figure]:
    """Find all that matches now, four ways; each rule must find as many in each."""
    rows = {about: _rows(store, about) for about in ("order", "ticket")}
    by_hand = rules(RULES)[1]
    ways: dict[str, Way] = {
        SQL: _by_sql(store),
        COMPILED: _by_sentences(store, rows),
        "zen-engine": _by_engine(by_hand, rows, lambda said: zen.compile_expression(said).evaluate),
        "rule-engine": _by_engine(by_hand, rows, _rule_engine),
    }
    title = f"{kind}: {RULES} rules, one by one"
    for each in zip(*(way() for way in ways.values()), strict=True):
        must_agree(title, dict(zip(ways, each, strict=True)))
    totals = {name: partial(_total, way) for name, way in ways.items()}
    timings, count = side_by_side(title, totals, sizes.few_repeats)
    over = f"{RULES} rules over {sizes.sample:,} orders, {count:,} matches"
    for name in (COMPILED, *ENGINES):
        yield Figure(Target.NONE, f"{name} ÷ {SQL}: {over}", kind, timings.ratio(name, SQL))
    for name in ENGINES:
        what = f"{name} ÷ {COMPILED}: {over}"
        yield Figure(Target.NONE, what, kind, timings.ratio(name, COMPILED))


def _total(way: Way) -> int:
    return sum(way())


def _by_sql(store: Store) -> Way:
    ruleset, _ = rules(RULES)
    enroller = Enroller(ruleset, store.engine.dialect)

    def count() -> list[int]:
        with store.read() as connection:
            now = Window.at(NOW)
            return [len(enroller.find(connection, rule, "standing", now)) for rule in ruleset]

    return count


def _by_sentences(store: Store, rows: Mapping[str, Sequence[Row]]) -> Way:
    ruleset, _ = rules(RULES)
    facts: dict[str, list[Facts]] = {}
    with store.read() as connection:
        for about, found in rows.items():
            refs = [SubjectRef(Kind(about), row["id"]) for row in found]
            facts[about] = list(read_facts(connection, Catalogue(), refs).values())
    return lambda: [
        sum(_holds(rule, subject) for subject in facts[rule.about.value]) for rule in ruleset
    ]


def _holds(rule: Rule, facts: Facts) -> bool:
    if not all(condition.holds(facts, NOW) for condition in rule.when):
        return False
    if rule.age is None:
        return True
    too_old_at = Edge(rule.age.field, Shift(rule.age.length)).of(facts)
    return too_old_at is not None and too_old_at > NOW


def _by_engine(
    by_hand: Sequence[HandWritten],
    rows: Mapping[str, Sequence[Row]],
    compile_rule: Callable[[str], Callable[[Row], Any]],
) -> Way:
    compiled = [(rule.about, compile_rule(rule.expression_at(NOW))) for rule in by_hand]
    return lambda: [sum(1 for row in rows[about] if matches(row)) for about, matches in compiled]


def _rule_engine(said: str) -> Callable[[Row], Any]:
    context = rule_engine.Context(resolver=rule_engine.resolve_item)
    return rule_engine.Rule(said, context=context).matches


def _rows(store: Store, about: str) -> list[Row]:
    """Return subjects as an engine gets them: joined to what the rules ask of the customer."""
    query = (
        f"SELECT s.*, c.tier, c.country FROM {about}s s "
        "LEFT JOIN customers c ON c.id = s.customer_id"
    )
    with store.read() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]
