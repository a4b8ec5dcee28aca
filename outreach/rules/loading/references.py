"""Names in a rule file that stand for something declared elsewhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from outreach.errors import Problem
from outreach.model import Channel
from outreach.rules.catalogue import suggestion
from outreach.rules.names import Names
from outreach.rules.offer import Pool
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section
from outreach.timing.calendars import Calendar
from outreach.timing.hours import ALL_DAY, EVERY_DAY
from outreach.timing.windows import SendWindow

T = TypeVar("T")
#: names of rules and steps: they stand in sentences, so they are one word
NAME = re.compile(r"[^\W\d_][\w-]{0,79}")


@dataclass(frozen=True)
class Loading:
    """What reading rule files needs: what there is to refer to, and where problems go.

    `rules` are the names of all rules; None when a file could not be read, so not all are known.
    """

    names: Names
    rules: Collection[str] | None
    problems: list[Problem] = field(default_factory=list)

    def calendar(self, section: Section) -> Calendar | None:
        """Return the calendar a section names, None when it names none.

        For one that does not exist another stands in, so that nobody is told to name one.
        """
        scalar = section.scalar("calendar")
        found = self._found(scalar, self.names.calendars, "calendar")
        if scalar is None or found:
            return found
        return Calendar(scalar.text, self.names.zone, EVERY_DAY, ALL_DAY)

    def window(self, section: Section) -> SendWindow | None:
        """Return the send window a section names, None when it names none."""
        return self._found(section.scalar("send_window"), self.names.windows, "send window")

    def via(self, section: Section) -> tuple[Channel, ...]:
        """Return the channels a section names, in order; empty when it names none."""
        found: list[Channel] = []
        for scalar in section.scalars("via"):
            channel = section.chosen(scalar, Channel)
            if channel and channel not in self.names.channels:
                said = (
                    f"`{channel}` is not set up: it is missing under `channels:` in outreach.yaml"
                )
                self.problems.append(scalar.problem("E204", said))
            if channel in found:
                self.problems.append(scalar.problem("E010", f"`{channel}` stands here twice"))
            elif channel:
                found.append(channel)
        return tuple(found)

    def team(self, scalar: Scalar) -> Calendar | None:
        """Return the calendar of the team that is named, None when it keeps none of its own."""
        return self._found(scalar, self.names.teams, "team")

    def pool(self, scalar: Scalar) -> Pool | None:
        """Return the pool of coupons that a name means."""
        return self._found(scalar, self.names.pools, "pool of coupons")

    def check_rule(self, scalar: Scalar) -> None:
        """Report a name that no rule has."""
        if self.rules is not None and scalar.text not in self.rules:
            self.problems.append(_nothing(scalar, "rule", self.rules))

    def check_survey(self, scalar: Scalar) -> bool:
        """Report a survey that nobody declared; return whether it is there."""
        known = self.names.surveys
        if known is not None and scalar.text not in known:
            self.problems.append(_nothing(scalar, "survey", known))
            return False
        return True

    def check_template(self, scalar: Scalar, via: Collection[Channel]) -> None:
        """Report a template that does not exist, or is not written for one of the channels."""
        templates = self.names.templates
        if templates is None:
            return
        if scalar.text not in templates:
            self.problems.append(_nothing(scalar, "template", templates))
            return
        for channel in via:
            if channel not in templates[scalar.text]:
                said = f"template '{scalar.text}' is not written for {channel}"
                hint = f"write templates/{scalar.text}/<locale>.{_ENDING[channel]}"
                self.problems.append(scalar.problem("E207", said, hint=hint))

    def _found(self, scalar: Scalar | None, known: Mapping[str, T], what: str) -> T | None:
        if scalar is None:
            return None
        if scalar.text not in known:
            self.problems.append(_nothing(scalar, what, known))
        return known.get(scalar.text)


_ENDING = {Channel.EMAIL: "email.md", Channel.SMS: "sms.txt"}


def _nothing(scalar: Scalar, what: str, known: Collection[str]) -> Problem:
    said = f"there is no {what} '{scalar.text}'."
    if meant := suggestion(scalar.text, known):
        return scalar.problem("E204", f"{said} Did you mean '{meant}'?")
    few = sorted(known)[:12]
    return scalar.problem("E204", said, hint="known: " + " · ".join(few) if few else "")


def name_problem(scalar: Scalar, what: str) -> Problem | None:
    """Return what is wrong with the name of a rule or a step."""
    if NAME.fullmatch(scalar.text):
        return None
    said = f"'{scalar.text}' cannot name a {what}: letters, digits, `-` and `_`, a letter first"
    return scalar.problem("E010", said)
