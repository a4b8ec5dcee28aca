"""What only shows when all rules are looked at together: names, and who takes over from whom.

Also names that rules had before: one of a rule that still stands, or of two, is nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence

from outreach.rules.document import Rule
from outreach.rules.loading.rule import Written


def check_together(rules: Sequence[Written]) -> None:
    """Report names that stand twice, and rules that take over in a circle or across kinds."""
    _check_names(rules)
    _check_old_names(rules)
    by_name = {written.rule.name: written for written in rules}
    for written in rules:
        _check_kinds(written, by_name)
        circle = _circle(written.rule.name, by_name)
        if circle and written.rule.name == min(circle):  # say it once
            said = "these rules take over from each other: " + " → ".join(circle)
            written.section.report("E308", said, "takes_over")


def _check_names(rules: Sequence[Written]) -> None:
    first: dict[str, Written] = {}
    for written in rules:
        name = written.rule.name
        if name and (other := first.setdefault(name, written)) is not written:
            place = other.rule.position
            said = f"there is another rule '{name}', in {place.file}:{place.line}"
            written.section.report("E309", said, written.section.scalar("rule"))


def _check_old_names(rules: Sequence[Written]) -> None:
    standing = {written.rule.name: written.rule for written in rules}
    first: dict[str, Written] = {}
    for written in rules:
        for scalar in written.section.scalars("renamed_from"):
            name, said = scalar.text, ""
            if name == written.rule.name:
                continue
            if other := standing.get(name):
                said = f"there still is a rule '{name}', in {_place(other)}"
            elif (mine := first.setdefault(name, written)) is not written:
                said = f"'{mine.rule.name}' is renamed from '{name}' too, in {_place(mine.rule)}"
            if said:
                written.section.report("E322", said, scalar)


def _place(rule: Rule) -> str:
    return f"{rule.position.file}:{rule.position.line}"


def _check_kinds(written: Written, by_name: dict[str, Written]) -> None:
    about = written.rule.about
    for scalar in written.section.scalars("takes_over"):
        other = by_name.get(scalar.text)
        if other and other.rule.about is not about:
            said = f"'{scalar.text}' is about {other.rule.about}s, and this rule about {about}s"
            written.section.report("E308", said, scalar)


def _circle(start: str, by_name: dict[str, Written]) -> list[str]:
    """Return the way from a rule back to itself, empty when there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        written = by_name.get(way[-1])
        for name in written.rule.takes_over if written else ():
            if name == start:
                return [*way, start]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []
