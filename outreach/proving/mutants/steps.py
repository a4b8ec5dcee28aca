"""Steps changed on purpose: waits, repetitions, channels, offers and what is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from typing import Any

from outreach.proving.mutants.amounts import (
    other_counts,
    other_lengths,
    other_money,
    other_rates,
)
from outreach.rules.document import Repeat, Step, Wait
from outreach.rules.handoff import Handoff
from outreach.rules.offer import Offer
from outreach.timing.durations import Duration

#: a key of the step, what stands there instead, and what it was and is
Amended = tuple[tuple[str, ...], Step, str]
LEFT_OUT = "left out"


def amended(step: Step) -> Iterator[Amended]:
    """Yield a step with each of its keys changed, conditions aside."""
    if step.wait:
        for wait, said in _other_waits(step.wait):
            yield ("wait",), replace(step, wait=wait), said
    if step.repeat:
        for repeat, said in _other_repeats(step.repeat):
            yield ("repeat",), replace(step, repeat=repeat), said
    if step.template:
        yield from _other_ways(step)
    if step.handoff:
        for key, handoff, said in _other_tasks(step.handoff):
            yield (key,), replace(step, handoff=handoff), said
    if step.offer:
        yield ("offer",), replace(step, offer=None), f"offer → {LEFT_OUT}"
        for key, offer, said in _other_offers(step.offer):
            yield ("offer", key), replace(step, offer=offer), said


def _other_waits(wait: Wait) -> Iterator[tuple[Wait | None, str]]:
    yield None, f"wait → {LEFT_OUT}"
    if wait.duration != Duration():
        for length in other_lengths(wait.duration):
            yield replace(wait, duration=length), _said("wait", wait.duration, length)
    if wait.after:
        said = f"wait after {wait.after.path} → after the step before"
        yield replace(wait, after=None), said
    if wait.at:
        yield replace(wait, at=None), f"wait at {wait.at:%H:%M} → at any time"
        for shift in (1, -1):
            other = _shifted(wait.at, shift)
            said = _said("wait", f"at {wait.at:%H:%M}", f"at {other:%H:%M}")
            yield replace(wait, at=other), said


def _shifted(clock: time, by: int) -> time:
    return clock.replace(hour=(clock.hour + by) % 24)


def _other_repeats(repeat: Repeat) -> Iterator[tuple[Repeat | None, str]]:
    yield None, f"repeat → {LEFT_OUT}"
    for every in other_lengths(repeat.every):
        yield replace(repeat, every=every), _said("repeat", f"every {repeat.every}", every)
    for times in other_counts(repeat.times, least=1):
        said = _said("repeat", f"up to {repeat.times} times", times)
        yield replace(repeat, times=times), said


def _other_ways(step: Step) -> Iterator[Amended]:
    """Yield the channels the other way round and without each of them, and other patience."""
    written = list(step.via)
    others = [] if len(written) < 2 else [written[::-1], *([way] for way in written)]
    for other in others:
        said = _said("via", ", ".join(written), ", ".join(other))
        yield ("via",), replace(step, via=tuple(other)), said
    if step.next_channel_after:
        yield ("if_undelivered",), replace(step, next_channel_after=None), LEFT_OUT
        for length in other_lengths(step.next_channel_after):
            said = _said("next channel after", step.next_channel_after, length)
            yield ("if_undelivered",), replace(step, next_channel_after=length), said


def _other_tasks(handoff: Handoff) -> Iterator[tuple[str, Handoff, str]]:
    for key in ("due", "stop_outreach"):
        length = getattr(handoff, key)
        other: Any
        for other in (None, *other_lengths(length)) if length else ():
            yield key, replace(handoff, **{key: other}), _said(key, length, other)


def _other_offers(offer: Offer) -> Iterator[tuple[str, Offer, str]]:
    for key in ("per_customer", "total"):
        rate = getattr(offer, key)
        other: Any
        for other in (None, *other_rates(rate)) if rate else ():
            yield key, replace(offer, **{key: other}), _said(key, rate, other)
    if offer.budget:
        for money in (None, *other_money(offer.budget)):
            yield "budget", replace(offer, budget=money), _said("budget", offer.budget, money)


def _said(key: str, was: Any, is_: Any) -> str:
    return f"{key}: {was} → {LEFT_OUT if is_ is None else is_}"
