"""What differs between two releases, and what applying one does, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import TYPE_CHECKING, Any

from outreach.cli.output import Output, counted
from outreach.cli.output_tables import Cell, Column, table
from outreach.cli.session import Session
from outreach.model import REASON_TEXT, Reason

if TYPE_CHECKING:
    from outreach.releases import Changes, Effect, Fate, Release, RuleChange, Touched

#: the parts of a change in the order they are told: key, sign, colour, what it is
PARTS = (
    ("added", "+", "green", "new rule"),
    ("removed", "-", "red", "rule removed"),
    ("templates_added", "+", "green", "new template"),
    ("templates_removed", "-", "red", "template removed"),
    ("templates_changed", "~", "yellow", "words changed"),
    ("settings", "~", "yellow", "setting changed"),
)
#: keys of a rule that are told line by line
LISTS = ("when", "audience", "cancel_if", "steps")
#: rules that are named one by one with their numbers
FEW_RULES = 5
#: messages that are listed one by one
FEW = 20


def print_changes(
    session: Session, before: Release | None, changes: Changes, effect: Effect, what: str
) -> None:
    """Print what differs from what is applied, and the effect on messages."""
    out = session.out
    out.line(out.style(f"{what} compared with {_applied(session, before)}", dim=True))
    out.line()
    for line in _lines(out, changes, effect, is_first=before is None):
        out.line(line)
    out.line()
    for line in _effect_lines(session, effect):
        out.line(line)
    out.line(_sum(changes))


def print_touched(session: Session, effect: Effect) -> None:
    """List the messages that an edit touches, one by one."""
    if not effect.touched:
        return
    columns = (
        Column(""),
        Column("Due"),
        Column("Message"),
        Column("Customer", shrinks=True),
        Column("Rule"),
        Column("Why", shrinks=True),
    )
    shown = sorted(effect.touched, key=lambda m: (m.rule, m.due_at, m.id))[:FEW]
    session.out.line()
    table(session.out, columns, [_touched_row(session, each) for each in shown])
    if len(effect.touched) > len(shown):
        session.out.note(f"… and {len(effect.touched) - len(shown):,} more: --json has them all")


def effect_json(effect: Effect) -> dict[str, Any]:
    """Return the numbers of an effect, and its messages."""
    from outreach.releases import Fate

    fates = {fate.value: effect.by_rule(fate) for fate in Fate}
    return {
        "counts": {fate.value: effect.count(fate) for fate in Fate},
        "by_rule": {fate: rules for fate, rules in fates.items() if rules},
        "tasks": effect.tasks,
        "unchanged": effect.unchanged,
    }


def _touched_row(session: Session, message: Touched) -> list[str | Cell]:
    when = session.when(message.due_at).partition(" (")[0]
    if message.was is not None:
        when = f"{session.when(message.was).partition(' (')[0]} → {when}"
    why = REASON_TEXT[Reason(message.reason)]
    named = (message.id[:8], message.customer, message.rule)
    return [message.fate.value.replace("_", ", "), when, *named, why]


def _applied(session: Session, before: Release | None) -> str:
    if before is None:
        return "nothing, as this is the first time"
    from outreach.store import rulesets

    with session.store.read() as connection:
        row = rulesets.read_version(connection, before.version or 0)
    if row is None:
        return f"version {before.version}"
    day = session.clock(row.applied_at)
    return f"version {before.version} (applied {day} by {row.applied_by})"


def _lines(
    out: Output, changes: Changes, effect: Effect, *, is_first: bool = False
) -> Iterator[str]:
    from outreach.releases import Fate

    cancelled = effect.by_rule(Fate.CANCELLED)
    for change in changes.changed:
        yield from _rule_lines(out, change)
    for old, new in changes.carried:
        yield f"{out.style('→', 'yellow')} {old} renamed to {new}: its history goes on"
    for old, new in changes.renamed:
        yield f"{out.style('!', 'yellow')} {old} is now called {new}: to us, another rule (E320)"
        yield f"    write `renamed_from: {old}` in it, and it goes on with its history"
    for rule in changes.rekeyed:
        said = "once_per is another, so all are contacted anew (E321)"
        yield f"{out.style('!', 'yellow')} {rule}: {said}"
    # the first time every template is new: their number says as much as their names
    parts = [part for part in PARTS if not (is_first and part[0] == "templates_added")]
    width = max((len(n) for key, *_ in parts for n in getattr(changes, key)), default=0)
    for key, sign, color, what in parts:
        for name in getattr(changes, key):
            count = cancelled.get(name) if key == "removed" else None
            more = f" ({count:,} planned)" if count else ""
            yield f"{out.style(sign, color)} {name:<{width}}   {what}{more}"


def _effect_lines(session: Session, effect: Effect) -> Iterator[str]:
    from outreach.releases import Fate

    if not effect:
        yield "Effect if applied now: none on what is planned"
        return
    out, today = session.out, session.now.astimezone(session.zone).date()
    yield "Effect if applied now"
    if new := effect.count(Fate.NEW, Fate.NEW_HELD):
        yield _line(out, "+", "green", new, "new message", effect, Fate.NEW, Fate.NEW_HELD)
    if held := effect.count(Fate.NEW_HELD):
        yield f"        {out.mark('waiting')} {held:,} would be held → outreach approve"
    if shadow := effect.count(Fate.NEW_SHADOW):
        yield _line(out, "+", "green", shadow, "recorded in shadow", effect, Fate.NEW_SHADOW)
    if effect.tasks:
        yield f"  {out.style('+', 'green')} {counted(effect.tasks, 'case')} for people"
    if moved := effect.count(Fate.MOVED):
        line = _line(out, "~", "yellow", moved, "moved", effect, Fate.MOVED)
        due = effect.moved_to(today, session.zone)
        yield f"{line}   {due:,} of them to today" if due else line
    for reason, held in effect.held().items():
        why = REASON_TEXT[Reason(reason)]
        yield f"  {out.style('!', 'yellow')} {f'{held:,} held':<20} {why}"
    if freed := effect.count(Fate.FREED):
        yield _line(out, "!", "yellow", freed, "go on", effect, Fate.FREED)
    if gone := effect.count(Fate.CANCELLED):
        yield _line(out, "-", "red", gone, "cancelled", effect, Fate.CANCELLED)
    yield out.style(f"    {effect.unchanged:,} unchanged", dim=True)


def _line(
    out: Output, sign: str, color: str, number: int, what: str, effect: Effect, *fates: Fate
) -> str:
    words = counted(number, what) if what.endswith("message") else f"{number:,} {what}"
    rules: dict[str, int] = {}
    for fate in fates:
        for rule, count in effect.by_rule(fate).items():
            rules[rule] = rules.get(rule, 0) + count
    named = list(rules.items())[:FEW_RULES]
    said = ", ".join(f"{rule} {count:,}" if len(rules) > 1 else rule for rule, count in named)
    more = f" and {len(rules) - FEW_RULES} more rules" if len(rules) > FEW_RULES else ""
    return f"  {out.style(sign, color)} {words:<20} {said}{more}"


def _rule_lines(out: Output, change: RuleChange) -> Iterator[str]:
    yield f"{out.style('~', 'yellow')} {out.style(change.rule, bold=True)}"
    for key in change.keys:
        if not key.before and not key.after:
            yield f"    {key.key}   another order"
        elif key.key in LISTS:
            yield f"    {key.key}"
            yield from (out.style(f"      - {line}", "red") for line in key.before)
            yield from (out.style(f"      + {line}", "green") for line in key.after)
        else:
            before, after = (", ".join(lines) or "nothing" for lines in (key.before, key.after))
            yield f"    {key.key}   {before} → {after}"


def _sum(changes: Changes) -> str:
    rules = _counts(changes.added, changes.changed, changes.removed, renamed=changes.carried)
    templates = _counts(
        changes.templates_added, changes.templates_changed, changes.templates_removed
    )
    parts = [f"Rules: {rules or 'no change'}", f"templates: {templates}" if templates else ""]
    return " · ".join(filter(None, parts))


def _counts(added: Sized, changed: Sized, removed: Sized, *, renamed: Sized = ()) -> str:
    counts: list[tuple[int, str]] = [
        (len(added), "new"),
        (len(changed), "changed"),
        (len(renamed), "renamed"),
        (len(removed), "removed"),
    ]
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)
