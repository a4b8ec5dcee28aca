"""What came of rule tests, as people read it, as JSON, and as the JUnit report that CI reads."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from outreach.cli.output import Output, counted
from outreach.cli.output_problems import as_json
from outreach.cli.output_tables import cut
from outreach.errors import Problem

if TYPE_CHECKING:
    from outreach.proving.scenarios.coverage import Coverage
    from outreach.proving.scenarios.judging import Failure
    from outreach.proving.scenarios.running import Verdict

#: no line of a report is longer
WIDEST = 100
MOST_BEFORE = 12


class Reporter:
    """Prints verdicts: files with their failures in full, and what passed in a line."""

    def __init__(self, out: Output) -> None:
        self.out = out
        self.width = min(out.width, WIDEST)

    def verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Print file by file."""
        out = self.out
        for file, group in groupby(verdicts, key=lambda verdict: verdict.file):
            found = list(group)
            out.line(out.style(file, bold=True))
            failed = [verdict for verdict in found if not verdict.passed]
            for verdict in found if out.verbose else failed:
                self._verdict(verdict)
            if (passed := len(found) - len(failed)) and not out.verbose:
                more = f"{passed} more" if failed else counted(passed, "test")
                out.line(f"  {out.mark('ok')} {more}")

    def summary(self, verdicts: Sequence[Verdict], problems: int, seconds: float) -> None:
        """Print how many passed and failed, and how long it took."""
        passed = sum(verdict.passed for verdict in verdicts)
        parts = [f"{passed} passed"]
        if failed := len(verdicts) - passed:
            parts.append(self.out.style(f"{failed} failed", "red", bold=True))
        if problems:
            parts.append(self.out.style(counted(problems, "mistake"), "red", bold=True))
        self.out.line(f"{', '.join(parts)} in {seconds:.2f} s")

    def coverage(self, shown: Coverage) -> None:
        """Print how much of the rules was seen, and what was not."""
        out = self.out
        share = round(100 * shown.sentences_seen / shown.sentences) if shown.sentences else 100
        out.line()
        out.line(
            f"Coverage  sentences {shown.sentences_seen}/{shown.sentences} ({share} %)"
            f" · steps {shown.steps_seen}/{shown.steps}"
        )
        places = [f"{gap.position.file}:{gap.position.line}" for gap in shown.gaps]
        wide = max(map(len, places), default=0)
        for gap, place in zip(shown.gaps, places, strict=True):
            what = cut(gap.what, self.width - wide - len(gap.said) - 7)
            out.line(f"  {place:<{wide}}  {what}   {out.style(gap.said, 'yellow')}")

    def _verdict(self, verdict: Verdict) -> None:
        mark = self.out.mark("ok" if verdict.passed else "failed")
        self.out.line(f"  {mark} {verdict.name}")
        if verdict.failure is not None:
            self._failure(verdict.failure)

    def _failure(self, failure: Failure) -> None:
        out = self.out
        said = f"at {failure.said}" if failure.said else ""
        out.line(f"      line {failure.position.line}  {said}  ({failure.at})")
        for fault in failure.faults:
            self._told("expected", fault.expected, "green")
            self._told("got", fault.got, "red")
            for place, why in enumerate(fault.because):
                self._told("" if place else "because", why)
        earlier = failure.before[-MOST_BEFORE:]
        if skipped := len(failure.before) - len(earlier):
            self._told("before", f"{counted(skipped, 'message')} and then")
        for place, came in enumerate(earlier):
            self._told("" if place or skipped else "before", came)

    def _told(self, what: str, said: str, color: str | None = None) -> None:
        first = f"        {what:<10} "
        lines = textwrap.wrap(
            said,
            self.width,
            initial_indent=first,
            subsequent_indent=" " * len(first),
            break_on_hyphens=False,
        )
        head = f"        {self.out.style(f'{what:<10}', color, bold=True)} "
        for place, line in enumerate(lines or [first]):
            self.out.line(line if place else head + line[len(first) :])


def tests_json(
    verdicts: Sequence[Verdict], problems: Sequence[Problem], seconds: float
) -> dict[str, Any]:
    """Return what `test --json` promises."""
    return {
        "passed": sum(verdict.passed for verdict in verdicts),
        "failed": sum(not verdict.passed for verdict in verdicts),
        "seconds": round(seconds, 3),
        "tests": [_verdict_json(verdict) for verdict in verdicts],
        "problems": [as_json(problem) for problem in problems],
    }


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "file": verdict.file,
        "line": verdict.line,
        "name": verdict.name,
        "passed": verdict.passed,
        "seconds": round(verdict.seconds, 3),
        "failure": _failure_json(verdict.failure) if verdict.failure else None,
    }


def _failure_json(failure: Failure) -> dict[str, Any]:
    return {
        "line": failure.position.line,
        "at": failure.at,
        "faults": [
            {
                "line": fault.position.line,
                "expected": fault.expected,
                "got": fault.got,
                "because": list(fault.because),
            }
            for fault in failure.faults
        ],
        "before": list(failure.before),
    }


def coverage_json(shown: Coverage) -> dict[str, Any]:
    """Return what `test --coverage --json` adds."""
    return {
        "sentences": shown.sentences,
        "sentences_seen": shown.sentences_seen,
        "steps": shown.steps,
        "steps_seen": shown.steps_seen,
        "gaps": [
            {
                "file": gap.position.file,
                "line": gap.position.line,
                "what": gap.what.strip('"'),
                "said": gap.said,
            }
            for gap in shown.gaps
        ],
    }


def junit(verdicts: Sequence[Verdict], problems: Sequence[Problem]) -> str:
    """Return a JUnit report: a suite for each file, a case for each test and each mistake."""
    root = ET.Element("testsuites")
    for file, group in groupby(verdicts, key=lambda verdict: verdict.file):
        found = list(group)
        suite = _suite(root, file, found)
        for verdict in found:
            case = ET.SubElement(
                suite, "testcase", classname=file, name=verdict.name, time=f"{verdict.seconds:.3f}"
            )
            if verdict.failure is not None:
                failed = ET.SubElement(case, "failure", message=_short(verdict.failure))
                failed.text = "\n".join(_plain(verdict))
    for problem in problems:
        case = ET.SubElement(root, "testsuite", name=problem.file, tests="1", errors="1")
        case = ET.SubElement(case, "testcase", classname=problem.file, name="the file")
        ET.SubElement(case, "error", message=str(problem))
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, file: str, found: Sequence[Verdict]) -> ET.Element:
    return ET.SubElement(
        root,
        "testsuite",
        name=file,
        tests=str(len(found)),
        failures=str(sum(not verdict.passed for verdict in found)),
        time=f"{sum(verdict.seconds for verdict in found):.3f}",
    )


def _short(failure: Failure) -> str:
    fault = failure.faults[0]
    return f"line {failure.position.line}: expected {fault.expected}, got {fault.got}"


def _plain(verdict: Verdict) -> list[str]:
    failure = verdict.failure
    assert failure is not None
    lines = [f"{verdict.file}:{failure.position.line} at {failure.said} ({failure.at})"]
    for fault in failure.faults:
        lines += [f"expected {fault.expected}", f"got {fault.got}", *fault.because]
    return lines
