"""`steps:`: what a rule does, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.model import Channel
from outreach.rules.document import Step
from outreach.rules.loading.conditions import read_conditions
from outreach.rules.loading.handoffs import read_handoff
from outreach.rules.loading.keys import STEP_KEYS
from outreach.rules.loading.offer import read_offer
from outreach.rules.loading.references import Loading, name_problem
from outreach.rules.loading.survey import Asker, read_survey
from outreach.rules.phrases import read_next_channel, read_repeat, read_wait
from outreach.rules.sentences import Setting
from outreach.rules.yaml_section import Section
from outreach.timing.durations import Duration

WAIT, HANDOFF = "wait", "handoff"


@dataclass(frozen=True)
class Travel:
    """The channels of a message, the first one first, and how long each is given."""

    via: tuple[Channel, ...] = (Channel.EMAIL,)
    next_channel_after: Duration | None = None


def step_sections(rule: Section) -> list[Section]:
    """Return the steps of a rule as they are written."""
    sections = rule.sections("steps", STEP_KEYS, "a step")
    if not sections and "steps" in rule and not rule.items("steps"):
        rule.report("E301", "a rule needs at least one step", "steps")
    return sections


def step_ids(sections: list[Section]) -> list[str]:
    """Return the id of each step: its own, its template's name, `handoff` or `wait`.

    A second one of the same name gets `-2`.
    """
    written = [section.text("id") for section in sections]
    taken: set[str] = set()
    for section, name in zip(sections, written, strict=True):
        scalar = section.scalar("id")
        if scalar and (problem := name_problem(scalar, "step")):
            section.problems.append(problem)
        elif scalar and name in taken:
            section.report("E309", f"there is a step '{name}' before this one", scalar)
        taken.add(name)
    ids = []
    for section, name in zip(sections, written, strict=True):
        usual = HANDOFF if HANDOFF in section else WAIT
        ids.append(name or _free(section.text("send") or usual, taken))
        taken.add(ids[-1])
    return ids


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def read_step(
    section: Section,
    step_id: str,
    setting: Setting | None,
    usual: Travel,
    loading: Loading,
    *,
    asker: Asker,
) -> Step:
    """Return one step; what is wrong with it is reported and left out."""
    _check_keys(section)
    travel = read_travel(section, usual, loading)
    send, wait, repeat = (section.scalar(key) for key in ("send", "wait", "repeat"))
    if send:
        loading.check_template(send, travel.via)
    return Step(
        id=step_id,
        position=section.node.position,
        template=send.text if send else None,
        survey=read_survey(section, asker, travel.via, loading) if send else None,
        wait=read_wait(wait, setting, section.problems) if wait and setting else None,
        via=travel.via,
        next_channel_after=travel.next_channel_after if len(travel.via) > 1 else None,
        repeat=read_repeat(repeat, setting, section.problems) if repeat and setting else None,
        until=read_conditions(section, "until", setting),
        stop_if=read_conditions(section, "stop_if", setting),
        skip_if=read_conditions(section, "skip_if", setting),
        handoff=read_handoff(section, setting.calendar if setting else None, loading),
        offer=read_offer(section, asker.mode, travel.via, loading),
    )


def read_travel(section: Section, usual: Travel, loading: Loading) -> Travel:
    """Return how messages travel by `via` and `if_undelivered`, else as usual."""
    via = loading.via(section) or usual.via
    scalar = section.scalar("if_undelivered")
    after = read_next_channel(scalar, section.problems) if scalar else None
    if after and len(via) < 2:
        said = "there is no next channel to try"
        section.report("E310", said, "if_undelivered", hint="via: [email, sms]")
    return Travel(via, after or usual.next_channel_after)


def _check_keys(section: Section) -> None:
    """Report keys of a step that mean nothing without another one."""
    if not any(key in section for key in ("send", "handoff", "wait")):
        said = "a step sends, asks people or waits: it needs `send`, `handoff` or `wait`"
        section.report("E301", said)
    if "send" in section and "handoff" in section:
        said = "a step either sends or asks people: make two steps of this one"
        section.report("E310", said, "handoff")
    for key, other in _NEEDS.items():
        if key in section and other not in section:
            section.report("E310", f"`{key}` means nothing without `{other}`", key)


_NEEDS = {
    **dict.fromkeys(("survey", "offer", "via", "if_undelivered", "repeat"), "send"),
    "until": "repeat",
    **dict.fromkeys(("title", "due", "note", "stop_outreach"), "handoff"),
}
