"""`answer:` in a timeline: a person answers a survey, as on the page that its buttons lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from outreach.errors import Refused
from outreach.passes.answering import Answer, answer, find_asked
from outreach.passes.setup import Setup
from outreach.proving.journal import Entry
from outreach.proving.scenarios.document import Deed, DeedKind
from outreach.proving.scenarios.happenings import read_whom
from outreach.proving.scenarios.subjects import Cast
from outreach.rules.survey import Survey
from outreach.rules.yaml_nodes import Mapping as Keys
from outreach.rules.yaml_section import Section, parse_whole


def read_answers(line: Section, surveys: Mapping[str, Survey], cast: Cast) -> Iterator[Deed]:
    """Yield the answers of a line: `csat: 2`, with a comment `csat: 2 It took too long`.

    In place of the survey it may say who answers, or about what: `ana: 2`, `T-1: 2`.
    """
    node = line.node.get(DeedKind.ANSWER)
    if node is None:
        return
    if not isinstance(node, Keys):
        line.report("E004", "say which survey and which score: `answer: {csat: 2}`", node)
        return
    said = Section(node, "`answer`", [name.text for name, _ in node.entries], line.problems)
    for name, _ in node.entries:
        survey = surveys.get(name.text)
        whom = None if survey else read_whom(line, name, DeedKind.ANSWER, cast)
        if survey or whom:
            asked = survey.name if survey else ""
            words = said.parsed(name.text, partial(_checked, survey))
            if words is not None:
                yield Deed(DeedKind.ANSWER, name.position, whom, words, survey=asked)


def give_answer(deed: Deed, setup: Setup, sent: Sequence[Entry], *, now: datetime) -> None:
    """Let the latest survey that is meant be answered. Raises Refused where that cannot be."""
    with setup.store.write() as connection:
        for entry in reversed(sent):
            asked = find_asked(connection, setup.surveys, entry.message, now)
            if asked is None or not _is_meant(deed, entry, asked.survey):
                continue
            if not asked.can_be_answered:
                raise Refused("the page takes no answer now: too late, or it is not settled")
            try:
                score = _score(asked.survey, deed.words)
            except ValueError as error:
                raise Refused(str(error)) from error
            said = Answer(score, deed.words.partition(" ")[2])
            answer(connection, asked, said, locale=entry.locale, now=now)
            return
    name = deed.survey or (deed.whom.id if deed.whom else "")
    raise Refused(f"no survey has left that could be answered: {name}")


def _is_meant(deed: Deed, entry: Entry, survey: Survey) -> bool:
    if deed.whom is None:
        return survey.name == deed.survey
    return deed.whom in entry.subjects or entry.customer == deed.whom.id


def _checked(survey: Survey | None, text: str) -> str:
    _score(survey, text)
    return text.strip()


def _score(survey: Survey | None, text: str) -> int:
    score = parse_whole(text.strip().partition(" ")[0])
    if survey is not None and score not in survey.scale.scores:
        raise ValueError(f"`{score}` is no score of {survey.name}: its scale is {survey.scale}")
    return score
