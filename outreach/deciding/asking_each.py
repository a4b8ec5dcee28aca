"""Gates one by one: how each would answer at an instant, and by what, for people who ask why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from outreach.deciding import gates
from outreach.deciding.circumstances import Circumstances, Gate, Judged
from outreach.deciding.verdicts import GO, Decision, Verdict

#: what a gate goes by, once it was asked
Value = Callable[[Circumstances, Judged], str]


@dataclass(frozen=True)
class GateAsked:
    """What one gate would say, and by what; `opens` is when one does that is shut before."""

    name: str
    value: str
    verdict: Verdict
    opens: datetime | None = None


def look_through(seen: Circumstances, now: datetime, due: datetime) -> tuple[GateAsked, ...]:
    """Ask all gates about when a message is due, and which of them are shut until then."""
    shut = {each.name: each.verdict.until for each in ask_each(seen, now)} if due > now else {}
    shut.pop(_NAMES[gates.still_meant][0], None)  # before it is due, that is its wait
    return tuple(
        replace(each, opens=each.verdict.until or shut.get(each.name))
        for each in ask_each(seen, due)
    )


def ask_each(seen: Circumstances, now: datetime) -> tuple[GateAsked, ...]:
    """Ask all gates in their order, also behind one that waits; what stops a message ends it."""
    judged = Judged(GO, seen.subjects)
    found: list[GateAsked] = []
    for gate in gates.GATES:
        verdict = gate(seen, judged, now)
        name, value = _NAMES.get(gate, ("", _nothing))
        if name and (verdict.decision is not Decision.GO or _is_told(gate, seen)):
            found.append(GateAsked(name, value(seen, judged), verdict))
        elif verdict.decision is not Decision.GO:
            found.append(GateAsked("rule", "", verdict))
        if verdict.decision is Decision.STOP:
            break
    return tuple(found)


def _is_told(gate: Gate, seen: Circumstances) -> bool:
    """Whether a gate has anything to ask about this message."""
    rule, step = seen.rule, seen.step
    assert rule is not None
    assert step is not None
    if gate is gates.not_held_out:
        return bool(rule.holdout)
    if gate is gates.fit_to_ask:
        return seen.standing is not None
    if gate is gates.within_limits:
        return bool(_limits(seen, Judged(GO, ())))
    return gate is not gates.offered or step.offer is not None


def _nothing(seen: Circumstances, judged: Judged) -> str:
    return ""


def _channel(seen: Circumstances, judged: Judged) -> str:
    return judged.channel.value if judged.channel else ""


def _limits(seen: Circumstances, judged: Judged) -> str:
    assert seen.rule is not None
    limits = seen.rule.limits
    said = {
        "cooldown": limits.cooldown,
        "per customer": limits.per_customer,
        "in all": limits.total,
    }
    own = [f"{name} {limit}" for name, limit in said.items() if limit]
    mine = [line for line in seen.policy if seen.purpose in line.purposes]
    return " · ".join([*own, *map(str, mine)])


def _words(seen: Circumstances, judged: Judged) -> str:
    return judged.rendered.file if judged.rendered else ""


def _holdout(seen: Circumstances, judged: Judged) -> str:
    return f"{seen.rule.holdout.normalize():f}% get nothing" if seen.rule else ""


def _window(seen: Circumstances, judged: Judged) -> str:
    return f"{seen.rule.window.name}, {seen.rule.window.hours}" if seen.rule else ""


_NAMES: Mapping[Gate, tuple[str, Value]] = {
    gates.not_paused: ("pauses", lambda seen, _: "none" if not seen.pauses else "not this one"),
    gates.reachable: ("channel", _channel),
    gates.fresh: ("data", lambda seen, _: "fresh" if not seen.stale else "not all fresh"),
    gates.still_meant: ("conditions", lambda seen, judged: f"{len(judged.subjects)} still meant"),
    gates.not_held_out: ("holdout", _holdout),
    gates.fit_to_ask: ("survey", _nothing),
    gates.within_limits: ("limits", _limits),
    gates.offered: ("coupon", lambda _, judged: str(judged.offered or "")),
    gates.complete: ("words", _words),
    gates.approved: ("approval", lambda seen, _: "given" if seen.is_approved else "not needed"),
    gates.in_window: ("window", _window),
    gates.not_in_shadow: ("mode", lambda seen, _: seen.rule.mode_words if seen.rule else ""),
}
