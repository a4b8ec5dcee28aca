"""One rule: its keys, with what the file's `defaults:` say where it is silent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from outreach.model import SUBJECTS, Channel, Kind, Mode, Purpose
from outreach.rules.ages import age_of
from outreach.rules.conditions import Condition
from outreach.rules.document import OncePer, Rule
from outreach.rules.limits import Limits
from outreach.rules.loading.approval import read_approval, read_batch_by
from outreach.rules.loading.conditions import read_conditions
from outreach.rules.loading.keys import LIMIT_KEYS, RULE_KEYS
from outreach.rules.loading.mode import Running, check_canary, read_mode
from outreach.rules.loading.references import Loading, name_problem
from outreach.rules.loading.steps import Travel, read_step, read_travel, step_ids, step_sections
from outreach.rules.loading.survey import Asker
from outreach.rules.phrases import (
    EXPIRES_AFTER,
    read_fixed_duration,
    read_once_per,
    read_percent,
    read_rate,
)
from outreach.rules.sentences import Setting
from outreach.rules.yaml_nodes import Mapping, Scalar
from outreach.rules.yaml_section import Section
from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration
from outreach.timing.windows import SendWindow


@dataclass(frozen=True)
class Usual:
    """What rules of one file have in common."""

    window: SendWindow
    owner: str = ""
    running: Running | None = None
    purpose: Purpose | None = None
    calendar: Calendar | None = None
    travel: Travel = Travel((Channel.EMAIL,))
    limits: Limits = Limits()
    combine_within: Duration | None = None
    expires_after: Duration | None = None


def read_usual(section: Section, before: Usual, loading: Loading) -> Usual:
    """Return what a section says of what rules can have in common, the rest as it was before."""
    return Usual(
        window=loading.window(section) or before.window,
        owner=section.text("owner", before.owner),
        running=read_mode(section) or before.running,
        purpose=section.choice("purpose", Purpose) or before.purpose,
        calendar=loading.calendar(section) or before.calendar,
        travel=read_travel(section, before.travel, loading),
        limits=_read_limits(section, before.limits),
        combine_within=_duration(section, "combine_within") or before.combine_within,
        expires_after=_duration(section, "expires_after") or before.expires_after,
    )


@dataclass(frozen=True)
class Written:
    """A rule with the place it is written at. Not to be used while there are problems.

    What could not be read is told, so that nothing is concluded from its absence.
    """

    section: Section
    rule: Rule
    has_conditions: bool = True
    has_purpose: bool = True


def read_rule(node: Mapping, usual: Usual, loading: Loading) -> Written | None:
    """Return a rule, or None when too much of it is missing; what is wrong is reported."""
    section = Section(node, "a rule", RULE_KEYS, loading.problems)
    section.need("rule", "about", "when", "steps")
    name, own = _read_name(section), read_usual(section, usual, loading)
    if own.purpose is None and "purpose" not in section:
        section.report("E005", "a rule needs the key `purpose`, or a default one in its file")
    about = section.choice("about", SUBJECTS)
    steps = step_sections(section)
    ids = step_ids(steps)
    before = _setting(about, own, loading)  # nothing has been sent yet
    later = replace(before, steps=ids) if before else None
    matching = _read_matching(section, before)
    running = own.running or Running(Mode.LIVE)
    asker = Asker(own.purpose, running.mode)
    length = _duration(section, "ignore_older_than")
    rule = Rule(
        name=name.text if name else "",
        about=about or Kind.ORDER,
        purpose=own.purpose or Purpose.SERVICE,
        when=matching.when,
        audience=matching.audience,
        cancel_if=read_conditions(section, "cancel_if", later),
        steps=tuple(
            read_step(part, step_id, later, own.travel, loading, asker=asker)
            for part, step_id in zip(steps, ids, strict=True)
        ),
        once_per=_read_once_per(section, before),
        window=own.window,
        window_name=own.window.name,
        calendar=own.calendar,
        mode=running.mode,
        canary=running.canary,
        is_mode_default=own.running is None,
        holdout=_read_share(section, "holdout", Decimal(0)),
        sample=_read_share(section, "sample", Decimal(100)),
        limits=own.limits,
        takes_over=_read_takes_over(section, loading),
        renamed_from=_read_renamed_from(section),
        combine_within=own.combine_within,
        approval=read_approval(section),
        batch_by=read_batch_by(section, before),
        expires_after=own.expires_after or EXPIRES_AFTER[own.purpose or Purpose.SERVICE],
        description=section.text("description"),
        owner=own.owner,
        position=(name or node).position,
    )
    check_canary(section, own.running, sends=any(step.template for step in rule.steps))
    if about is None:
        return None
    rule = replace(rule, age=age_of(rule, length, loading.names.catalogue))
    return Written(section, rule, matching.is_read, own.purpose is not None)


@dataclass(frozen=True)
class _Matching:
    when: tuple[Condition, ...]
    audience: tuple[Condition, ...]
    is_read: bool


def _read_matching(section: Section, setting: Setting | None) -> _Matching:
    so_far = len(section.problems)
    when = read_conditions(section, "when", setting)
    audience = read_conditions(section, "audience", setting)
    return _Matching(when, audience, len(section.problems) == so_far)


def _read_name(section: Section) -> Scalar | None:
    name = section.scalar("rule")
    if name and (problem := name_problem(name, "rule")):
        section.problems.append(problem)
    return name


def _setting(about: Kind | None, own: Usual, loading: Loading) -> Setting | None:
    if about is None:
        return None
    names = loading.names
    return Setting(names.catalogue, about, names.zone, own.calendar, rules=loading.rules)


def _read_limits(section: Section, before: Limits) -> Limits:
    part = section.section("limits", LIMIT_KEYS)
    if part is None:
        return before
    rates = {}
    for key in ("per_customer", "total", "hold_above"):
        scalar = part.scalar(key)
        rate = read_rate(scalar, part.problems) if scalar else None
        rates[key] = rate or getattr(before, key)
    return Limits(cooldown=_duration(part, "cooldown") or before.cooldown, **rates)


def _duration(section: Section, key: str) -> Duration | None:
    scalar = section.scalar(key)
    return read_fixed_duration(scalar, section.problems) if scalar else None


def _read_once_per(section: Section, setting: Setting | None) -> OncePer:
    scalar = section.scalar("once_per")
    if scalar is None or setting is None:
        return OncePer()
    return read_once_per(scalar, setting, section.problems) or OncePer()


def _read_share(section: Section, key: str, usual: Decimal) -> Decimal:
    scalar = section.scalar(key)
    share = read_percent(scalar, section.problems) if scalar else None
    return usual if share is None else share


def _read_renamed_from(section: Section) -> tuple[str, ...]:
    scalars = section.scalars("renamed_from")
    for number, scalar in enumerate(scalars):
        if problem := name_problem(scalar, "rule"):
            section.problems.append(problem)
        elif scalar.text == section.text("rule"):
            section.report("E322", "a rule cannot be renamed from itself", scalar)
        elif scalar.text in (other.text for other in scalars[:number]):
            section.report("E322", f"'{scalar.text}' stands here twice", scalar)
    return tuple(dict.fromkeys(scalar.text for scalar in scalars))


def _read_takes_over(section: Section, loading: Loading) -> tuple[str, ...]:
    scalars = section.scalars("takes_over")
    for scalar in scalars:
        if scalar.text == section.text("rule"):
            section.report("E308", "a rule cannot take over from itself", scalar)
        else:
            loading.check_rule(scalar)
    names = dict.fromkeys(scalar.text for scalar in scalars)
    return tuple(name for name in names if name != section.text("rule"))
