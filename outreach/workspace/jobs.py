"""jobs/*.yaml: which pass the daemon runs when. One job a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from outreach.errors import Problem
from outreach.model import Position
from outreach.rules.yaml_section import Section
from outreach.rules.yaml_source import read
from outreach.timing.durations import Duration, parse_duration
from outreach.timing.hours import EVERY_DAY, parse_clock, parse_days
from outreach.workspace.file_format import check_format

KEYS = ("format", "job", "description", "pass", "every", "at", "days")
MINUTE, HOUR, DAY = Duration(minutes=1), Duration(minutes=60), Duration(days=1)


class Pass(StrEnum):
    """What a job can do, in the order a message takes its way."""

    INTAKE = "intake"
    INBOX = "inbox"
    ENROL = "enrol"
    PLAN = "plan"
    HANDOFFS = "handoffs"
    RECONCILE = "reconcile"
    SEND = "send"
    SWEEP = "sweep"
    HOUSEKEEPING = "housekeeping"
    REPORT = "report"


@dataclass(frozen=True)
class Job:
    """A pass and its clock: `every` so often, or on `days` (Monday = 0) `at` a time.

    The time is read on the clock of the workspace's zone.
    """

    name: str
    does: Pass
    every: Duration | None = None
    at: time | None = None
    days: frozenset[int] = EVERY_DAY
    description: str = ""
    position: Position = Position("", 0)


#: what runs in a workspace without a jobs folder; the starter's jobs say the same
DEFAULT_JOBS = (
    Job("intake", Pass.INTAKE, every=MINUTE),
    Job("inbox", Pass.INBOX, every=Duration(minutes=2)),
    Job("enrol", Pass.ENROL, every=MINUTE),
    Job("plan", Pass.PLAN, every=MINUTE),
    Job("handoffs", Pass.HANDOFFS, every=MINUTE),
    Job("send", Pass.SEND, every=MINUTE),
    Job("reconcile", Pass.RECONCILE, every=Duration(minutes=5)),
    Job("sweep", Pass.SWEEP, every=HOUR),
    Job("housekeeping", Pass.HOUSEKEEPING, at=time(3, 30)),
    Job("weekly-report", Pass.REPORT, at=time(7)),
)


def read_jobs(texts: Mapping[str, str], problems: list[Problem]) -> tuple[Job, ...]:
    """Read all jobs, adding everything wrong with them to `problems`."""
    jobs: dict[str, Job] = {}
    for file, text in texts.items():
        root = read(text, file, problems)
        if root is None:
            continue
        section = Section(root, "a job", KEYS, problems)
        job = _job(section)
        if job is None:
            continue
        if job.name in jobs:
            first = jobs[job.name].position
            said = f"there is a job `{job.name}` already, in {first.file}"
            section.report("E402", said, section.node.get("job"))
        jobs.setdefault(job.name, job)
    return tuple(jobs.values())


def _job(section: Section) -> Job | None:
    section.need("format", "job", "pass")
    section.parsed("format", check_format)
    name = section.scalar("job")
    does = section.choice("pass", Pass)
    every = section.parsed("every", _parse_every)
    at, days = section.parsed("at", parse_clock), section.parsed("days", parse_days)
    if ("every" in section) == ("at" in section):
        section.report("E010", "a job needs either `every: 5 minutes` or `at: 03:30`", "every")
    if "days" in section and "at" not in section:
        section.report("E010", "`days` goes with `at`", "days")
    if name is None or does is None or not (every or at):
        return None
    return Job(
        name=name.text,
        does=does,
        every=every,
        at=at,
        days=days or EVERY_DAY,
        description=section.text("description"),
        position=name.position,
    )


def _parse_every(text: str) -> Duration:
    every = parse_duration(text)
    if every.is_business:
        raise ValueError(f"`{text}`: jobs know no calendars; write `at:` and `days:` instead")
    if every.fixed > DAY.fixed:
        raise ValueError(f"`{text}`: at most 1 day, as a restart of the daemon starts it anew")
    return every
