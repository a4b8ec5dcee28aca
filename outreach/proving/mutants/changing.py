"""Every mutant of a rule: each of its conditions, waits, limits and windows changed on purpose.

Left alone is what a rule test cannot show: the mode, and the share of a holdout or a sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from outreach.model import Approval, Position
from outreach.proving.mutants.amounts import other_lengths, other_rates
from outreach.proving.mutants.places import Places, read_places
from outreach.proving.mutants.sentences import changed
from outreach.proving.mutants.steps import amended
from outreach.releases import Release
from outreach.rules.ages import age_of
from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Rule
from outreach.rules.limits import Rate
from outreach.timing.durations import Duration
from outreach.timing.hours import DAY_MINUTES, Hours
from outreach.timing.periods import Period
from outreach.timing.windows import ANY_TIME, SendWindow

LEFT_OUT = "left out"
HOUR = 60
#: the period before and the one after, in which an occurrence is counted
_OTHER_PERIODS = {
    period: tuple(list(Period)[max(place - 1, 0) : place] + list(Period)[place + 1 : place + 2])
    for place, period in enumerate(Period)
}


@dataclass(frozen=True)
class Mutant:
    """A rule with one thing changed: where that stands, and what it was and is."""

    rule: Rule
    position: Position
    change: str


def mutants_of(release: Release, names: Iterable[str]) -> Iterator[Mutant]:
    """Yield every mutant of the rules of these names, in the order of their files."""
    catalogue, wanted = Catalogue(release.settings.fields), frozenset(names)
    places = read_places(release.workspace.rule_files())
    for rule in release.ruleset:
        if rule.name in wanted:
            yield from _Changing(rule, places[rule.name], catalogue).mutants()


@dataclass(frozen=True)
class _Changing:
    rule: Rule
    places: Places
    catalogue: Catalogue

    def mutants(self) -> Iterator[Mutant]:
        yield from self._conditions()
        yield from self._steps()
        yield from self._bounds()
        if any(step.template for step in self.rule.steps):
            yield from self._sending()

    def _mutant(self, *path: str, said: str, **values: Any) -> Iterator[Mutant]:
        """Yield one with other values, if what it is about was written at all."""
        place = self.places.of(*path)
        if place is not None:
            yield Mutant(replace(self.rule, **values), place, said)

    def _conditions(self) -> Iterator[Mutant]:
        rule = self.rule
        written = None if rule.age is None or rule.age.is_default else rule.age.length
        for other in changed(rule.when, needed=True):
            edited = replace(rule, when=other.conditions)
            edited = replace(edited, age=age_of(edited, written, self.catalogue))
            yield Mutant(edited, other.position, other.said)
        for key in ("audience", "cancel_if"):
            for other in changed(getattr(rule, key)):
                edited = replace(rule, **{key: other.conditions})  # type: ignore[arg-type]
                yield Mutant(edited, other.position, other.said)

    def _steps(self) -> Iterator[Mutant]:
        for number, step in enumerate(self.rule.steps):
            for path, edited, said in amended(step):
                place = self.places.of_step(number, *path) or step.position
                who = f"{step.id}: " if len(self.rule.steps) > 1 else ""
                yield Mutant(self._with_step(number, edited), place, who + said)
            for key in ("until", "stop_if", "skip_if"):
                for other in changed(getattr(step, key)):
                    edited = replace(step, **{key: other.conditions})  # type: ignore[arg-type]
                    yield Mutant(self._with_step(number, edited), other.position, other.said)

    def _with_step(self, number: int, step: Any) -> Rule:
        steps = self.rule.steps
        return replace(self.rule, steps=(*steps[:number], step, *steps[number + 1 :]))

    def _bounds(self) -> Iterator[Mutant]:
        """Yield mutants of how often, how late and in whose place a rule acts."""
        rule, limits = self.rule, self.rule.limits
        if rule.age is not None and not rule.age.is_default:
            for length in (None, *other_lengths(rule.age.length)):
                age = age_of(rule, length, self.catalogue)
                said = _said("ignore_older_than", rule.age.length, length)
                yield from self._mutant("ignore_older_than", said=said, age=age)
        yield from self._occurrences()
        for name in rule.takes_over:
            rest = tuple(other for other in rule.takes_over if other != name)
            said = _said("takes_over", name, None)
            yield from self._mutant("takes_over", said=said, takes_over=rest)
        if rule.approval is Approval.ALWAYS:
            said = _said("approval", "always", "never")
            yield from self._mutant("approval", said=said, approval=Approval.NEVER)
        other: Any
        for key in ("per_customer", "total"):
            rate = getattr(limits, key)
            for other in (None, *other_rates(rate)) if rate else ():
                edited = replace(limits, **{key: other})
                yield from self._mutant("limits", key, said=_said(key, rate, other), limits=edited)
        for length in _lengths(limits.cooldown):
            edited = replace(limits, cooldown=length)
            said = _said("cooldown", limits.cooldown, length)
            yield from self._mutant("limits", "cooldown", said=said, limits=edited)

    def _occurrences(self) -> Iterator[Mutant]:
        once = self.rule.once_per
        for field in once.fields:
            rest = tuple(other for other in once.fields if other != field)
            said = _said("once_per", field.path, None)
            yield from self._mutant("once_per", said=said, once_per=replace(once, fields=rest))
        if once.period is not None:
            for period in (None, *_OTHER_PERIODS[once.period]):
                said = _said("once_per", once.period.value, period and period.value)
                other = replace(once, period=period)
                yield from self._mutant("once_per", said=said, once_per=other)
        if once.customer:
            said = _said("once_per", "customer", self.rule.about.value)
            yield from self._mutant("once_per", said=said, once_per=replace(once, customer=False))

    def _sending(self) -> Iterator[Mutant]:
        """Yield mutants of what only messages have: a window, an end, company on their way."""
        rule = self.rule
        for window in _other_windows(rule.window):
            said = _said("send_window", rule.window.hours, window.hours)
            yield from self._mutant("send_window", said=said, window=window)
        for length in other_lengths(rule.expires_after):
            said = _said("expires_after", rule.expires_after, length)
            yield from self._mutant("expires_after", said=said, expires_after=length)
        for together in _lengths(rule.combine_within):
            said = _said("combine_within", rule.combine_within, together)
            yield from self._mutant("combine_within", said=said, combine_within=together)
        flood = rule.limits.hold_above
        for height in (None, *_other_heights(flood)) if flood else ():
            edited = replace(rule.limits, hold_above=height)
            said = _said("hold_above", flood, height)
            yield from self._mutant("limits", "hold_above", said=said, limits=edited)
        if rule.batch_by is not None:
            said = _said("batch_by", rule.batch_by.path, None)
            yield from self._mutant("batch_by", said=said, batch_by=None)


def _other_windows(window: SendWindow) -> Iterator[SendWindow]:
    """Yield a window that is always open, or those that open and close an hour off.

    One that is always open already opens at nine instead.
    """
    if window.hours == ANY_TIME.hours and window.days == ANY_TIME.days:
        yield replace(window, hours=Hours(9 * HOUR, DAY_MINUTES))
        return
    yield ANY_TIME
    opens, closes = window.hours.opens, window.hours.closes
    for by in (HOUR, -HOUR):
        if 0 <= opens + by < closes + by <= DAY_MINUTES:
            yield replace(window, hours=Hours(opens + by, closes + by))


def _other_heights(flood: Rate) -> Iterator[Rate]:
    """Yield floods one higher and one lower: to show another hour takes a crowd for each rule."""
    return (other for other in other_rates(flood) if other.per == flood.per)


def _lengths(length: Duration | None) -> Iterator[Duration | None]:
    if length is not None:
        yield None
        yield from other_lengths(length)


def _said(key: str, was: Any, is_: Any) -> str:
    return f"{key}: {was} → {LEFT_OUT if is_ is None else is_}"
