"""`expect:`, `waiting:` and `why_not:`: what must be so once a line of the timeline has passed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from outreach.model import SUBJECTS, Channel, Kind, MessageState, SubjectRef
from outreach.proving.scenarios.document import Silence, Waits, Wanted, WantedCase
from outreach.proving.scenarios.keys import (
    CASE_KEYS,
    SILENCE_KEYS,
    WAITS_KEYS,
    WANTED_KEYS,
    section_of,
)
from outreach.proving.scenarios.subjects import Cast
from outreach.rules.document import Rule, Ruleset
from outreach.rules.yaml_nodes import Mapping, Scalar, Sequence
from outreach.rules.yaml_section import Section, did_you_mean, parse_whole
from outreach.timing.durations import Duration, parse_duration
from outreach.timing.moments import parse_moment

NOTHING = "nothing"
#: how a test says that a message goes without its coupon
NO_OFFER = "none"


@dataclass(frozen=True)
class Expecting:
    """Reads the expectations of one line, at `now`; what it names must exist."""

    cast: Cast
    ruleset: Ruleset
    now: datetime

    def wanted(self, line: Section) -> tuple[Wanted, ...] | None:
        """Read `expect:`, None where it is not said."""
        if "expect" not in line:
            return None
        node = line.node.get("expect")
        if isinstance(node, Scalar) and not node.is_empty:
            if node.text != NOTHING:
                said = f"expect a list of messages, or `nothing`, not `{node.text}`"
                line.report("E010", said, node)
            return ()
        parts = self._parts(line, "expect", WANTED_KEYS)
        return tuple(self._wanted(part) for part in parts if "handoff" not in part)

    def cases(self, line: Section) -> tuple[WantedCase, ...]:
        """Read the cases under `expect:`; what is wrong with its items was told with the rest."""
        node = line.node.get("expect")
        items = node.items if isinstance(node, Sequence) else ()
        mine = [item for item in items if isinstance(item, Mapping) and item.key("handoff")]
        named = "an expected case"
        parts = [Section(item, named, WANTED_KEYS, line.problems) for item in mine]
        return tuple(self._case(part) for part in parts)

    def waiting(self, line: Section) -> tuple[Waits, ...]:
        """Read `waiting:`."""
        return tuple(self._waits(part) for part in self._parts(line, "waiting", WAITS_KEYS))

    def why_not(self, line: Section) -> tuple[Silence, ...]:
        """Read `why_not:`."""
        found = (self._silence(part) for part in self._parts(line, "why_not", SILENCE_KEYS))
        return tuple(silence for silence in found if silence)

    def counts(self, line: Section) -> dict[MessageState, int] | None:
        """Read `expect_counts:`, None where it is not said."""
        part = line.section("expect_counts", [state.value for state in MessageState])
        if part is None:
            return None
        read = {state: part.parsed(state.value, parse_whole) for state in MessageState}
        return {state: number for state, number in read.items() if number is not None}

    def _parts(self, line: Section, key: str, keys: Collection[str]) -> list[Section]:
        problems = line.problems
        found = []
        for item in line.items(key):
            if isinstance(item, Mapping):
                found.append(section_of(item, f"an item of `{key}`", keys, problems))
            else:
                said = f"an item of `{key}` has keys of its own: `- {{rule: …, to: …}}`"
                problems.append(item.problem("E004", said))
        return found

    def _wanted(self, part: Section) -> Wanted:
        rule = self._rule(part)
        for key in ("title_says", "due"):
            if key in part:
                part.report("E310", f"`{key}` means nothing without `handoff`", key)
        if not part.node.entries:
            part.report("E005", "say at least which `rule` it is, or whom it goes `to`")
        return Wanted(
            position=part.node.position,
            rule=rule.name if rule else "",
            step=self._step(part, rule),
            to=self._known(part, "to", self.cast.known[Kind.CUSTOMER], "customer"),
            via=part.choice("via", Channel),
            template=self._known(part, "template", self._templates(), "template"),
            locale=part.text("locale"),
            offer=self._known(part, "offer", [*self.pools, NO_OFFER], "pool of coupons"),
            about=tuple(self._about(scalar, part) for scalar in part.scalars("about")),
            at=part.parsed("at", self._moment),
            says=tuple(scalar.text for scalar in part.scalars("says")),
            never_says=tuple(scalar.text for scalar in part.scalars("never_says")),
        )

    def _case(self, part: Section) -> WantedCase:
        rule, about = self._rule(part), part.scalar("about")
        for key in WANTED_KEYS:
            if key in part and key not in CASE_KEYS:
                part.report("E310", f"`{key}` is said of messages, and this is a `handoff`", key)
        due = part.scalar("due")
        length = _length(due.text) if due else None
        return WantedCase(
            position=part.node.position,
            team=self._known(part, "handoff", self._teams(), "team"),
            rule=rule.name if rule else "",
            step=self._step(part, rule),
            to=self._known(part, "to", self.cast.known[Kind.CUSTOMER], "customer"),
            about=self._about(about, part) if about else "",
            at=part.parsed("at", self._moment),
            title_says=tuple(scalar.text for scalar in part.scalars("title_says")),
            due=length,
            due_at=part.parsed("due", self._moment) if due and length is None else None,
        )

    def _teams(self) -> list[str]:
        return [step.handoff.team for rule in self.ruleset for step in rule.steps if step.handoff]

    def _waits(self, part: Section) -> Waits:
        rule, about = self._rule(part), part.scalar("about")
        return Waits(
            position=part.node.position,
            rule=rule.name if rule else "",
            to=self._known(part, "to", self.cast.known[Kind.CUSTOMER], "customer"),
            about=self._about(about, part) if about else "",
            until=part.parsed("until", self._moment),
            because=part.text("because"),
        )

    def _silence(self, part: Section) -> Silence | None:
        part.need("rule", "about")
        if "failed" not in part and "because" not in part:
            part.report("E005", "say which sentence `failed`, or `because` of what it was silent")
        rule, about = self._rule(part), part.scalar("about")
        if rule is None or about is None:
            return None
        name = self._about(about, part)
        ref = SubjectRef(rule.about, name)
        if name and name not in self.cast.known[rule.about]:
            part.report("E010", f"'{rule.name}' is about {rule.about}s: '{name}' is none", about)
        return Silence(
            part.node.position, rule.name, ref, part.text("failed"), part.text("because")
        )

    @property
    def pools(self) -> list[str]:
        """The pools that the rules offer coupons of."""
        steps = (step for rule in self.ruleset for step in rule.steps)
        return list(dict.fromkeys(step.offer.coupon for step in steps if step.offer))

    def _rule(self, part: Section) -> Rule | None:
        name = self._known(part, "rule", [rule.name for rule in self.ruleset], "rule")
        return self.ruleset.get(name) if name else None

    def _step(self, part: Section, rule: Rule | None) -> str:
        if "step" in part and "rule" not in part:
            part.report("E310", "`step` means nothing without `rule`", "step")
        if rule is None:
            return ""
        return self._known(part, "step", [step.id for step in rule.steps], "step")

    def _templates(self) -> list[str]:
        return [step.template for rule in self.ruleset for step in rule.steps if step.template]

    def _known(self, part: Section, key: str, known: Collection[str], what: str) -> str:
        scalar = part.scalar(key)
        if scalar is None:
            return ""
        if scalar.text not in known:
            said = f"there is no {what} '{scalar.text}' in this test."
            part.report("E204", said + did_you_mean(scalar.text, known), scalar)
        return scalar.text

    def _about(self, scalar: Scalar, part: Section) -> str:
        known = [own_id for kind in SUBJECTS for own_id in self.cast.known[kind]]
        if scalar.text not in known:
            said = f"nothing is called '{scalar.text}' in this test."
            part.report("E204", said + did_you_mean(scalar.text, known), scalar)
        return scalar.text

    @property
    def _moment(self) -> Callable[[str], datetime]:
        return lambda text: parse_moment(text, self.now, self.cast.zone)


def _length(text: str) -> Duration | None:
    """Return `2 business hours` as a length, None for what may be an instant."""
    try:
        return parse_duration(text)
    except ValueError:
        return None
