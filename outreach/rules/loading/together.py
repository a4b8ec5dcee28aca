"""What only shows when all rules are looked at together: names, and who takes over from whom."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.rules.loading.rule import Written


def check_together(rules: Sequence[Written]) -> None:
    """Report names that stand twice, and rules that take over in a circle or across kinds."""
    _check_names(rules)
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
