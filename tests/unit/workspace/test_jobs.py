"""Jobs: one pass on one clock, strictly."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from outreach.errors import Problem
from outreach.timing.durations import Duration
from outreach.workspace.jobs import DEFAULT_JOBS, Job, Pass, read_jobs


def said(*texts: str) -> list[Problem]:
    problems: list[Problem] = []
    read_jobs({f"jobs/{n}.yaml": text for n, text in enumerate(texts)}, problems)
    return sorted(problems)


def taken(text: str) -> Job:
    problems: list[Problem] = []
    (job,) = read_jobs({"jobs/a.yaml": text}, problems)
    assert problems == []
    return job


def test_a_job_runs_every_so_often() -> None:
    job = taken("format: 1\njob: quick\npass: send\nevery: 5 minutes\n")
    assert (job.name, job.does, job.every) == ("quick", Pass.SEND, Duration(minutes=5))
    assert (job.position.file, job.position.line) == ("jobs/a.yaml", 2)


def test_a_job_runs_at_a_time_on_some_days() -> None:
    job = taken("format: 1\njob: tidy\npass: housekeeping\nat: 03:30\ndays: mon,sat\n")
    assert (job.every, job.at, job.days) == (None, time(3, 30), frozenset({0, 5}))


@pytest.mark.parametrize(
    ("lines", "place", "code", "part"),
    [
        ("job: a\npass: send\nevery: 1 minute", (1, 1), "E005", "needs the key `format`"),
        ("format: 1\njob: a\npass: sned\nevery: 1 minute", (3, 7), "E010", "`send`"),
        ("format: 1\njob: a\npass: send", (1, 1), "E010", "either `every:"),
        ("format: 1\njob: a\npass: send\nevery: 1 hour\nat: 09:00", (4, 1), "E010", "either"),
        ("format: 1\njob: a\npass: send\nevery: 1 hour\ndays: mon", (5, 1), "E010", "with `at`"),
        ("format: 1\njob: a\npass: send\nevery: 10 seconds", (4, 8), "E010", "is minutes"),
        ("format: 1\njob: a\npass: send\nevery: 2 days", (4, 8), "E010", "at most 1 day"),
        ("format: 1\njob: a\npass: send\nevery: 1 business hour", (4, 8), "E010", "no calendars"),
        ("format: 1\njob: a\npass: send\nat: 25:00", (4, 5), "E010", "25:00"),
        ("format: 1\njob: a\npass: send\nevry: 1 hour\nat: 09:00", (4, 1), "E003", "`every`"),
    ],
)
def test_a_mistake_in_a_job_is_said_where_it_is(
    lines: str, place: tuple[int, int], code: str, part: str
) -> None:
    (problem,) = said(lines)
    assert (problem.line, problem.column, problem.code) == (*place, code)
    assert part in problem.message


def test_two_jobs_of_one_name_are_a_mistake() -> None:
    text = "format: 1\njob: a\npass: send\nevery: 1 minute\n"
    (problem,) = said(text, text)
    assert (problem.file, problem.line, problem.code) == ("jobs/1.yaml", 2, "E402")
    assert "already, in jobs/0.yaml" in problem.message


def test_the_starter_says_what_runs_without_jobs() -> None:
    folder = Path(__file__).resolve().parents[3] / "jobs"
    starter = [taken(file.read_text("utf-8")) for file in folder.glob("*.yaml")]
    assert {(job.name, job.does, job.every, job.at) for job in starter} == {
        (job.name, job.does, job.every, job.at) for job in DEFAULT_JOBS
    }
    assert {job.does for job in starter} == set(Pass)
