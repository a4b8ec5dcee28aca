"""An explanation as people read it: the tree of conditions, what is planned, what would stop it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from outreach.cli.output_fates import fate, gate_lines, message_line
from outreach.cli.output_handoffs import case_line
from outreach.cli.output_message import NAMES
from outreach.cli.output_tables import cells, cut
from outreach.cli.output_values import mask, told
from outreach.cli.session import Session
from outreach.model import REASON_TEXT, Kind, Mode, Purpose, Reason

if TYPE_CHECKING:
    from outreach.deciding.explaining import Line, RuleLines
    from outreach.deciding.recipients import Recipient
    from outreach.passes.explain import Explanation, RuleExplained
    from outreach.rules.document import Rule
    from outreach.store.types import Record

#: how wide the column of sentences may grow
SENTENCES = 58


class Teller:
    """Prints explanations for one session."""

    def __init__(self, session: Session, *, personal: bool) -> None:
        self.session = session
        self.out = session.out
        self.personal = personal

    def heading(self, found: Explanation) -> None:
        """Say what it is about, and when now is."""
        facts, subject = found.facts.values, found.subject
        prefix = "" if subject.kind is Kind.CUSTOMER else "customer."
        name = facts.get(f"{prefix}name") or facts.get(f"{prefix}first_name")
        number = facts.get("number")
        parts = [
            f"{subject.kind.value.title()} {subject.id}",
            f"number {number}" if number and number != subject.id else "",
            str(name) if name else "",
            str(facts.get("status") or facts.get("tier") or ""),
            f"now {self.session.clock(found.now)}",
        ]
        self.out.line(" · ".join(filter(None, parts)))
        if found.is_past:
            said = "What was known then; of messages, what has become of them by now."
            self.out.line(self.out.style(said, dim=True))

    def rule(self, explained: RuleExplained, version: int | None) -> None:
        """Tell one rule in full."""
        lines, rule = explained.lines, explained.rule
        where = "files on disk" if version is None else f"version {version}"
        mark = self.out.mark("ok" if lines.applies else "failed")
        self.out.line()
        self.out.line(f"{self.out.style(rule.name, bold=True)}  ({self._mode(rule)}, {where})")
        self.out.line(f"{mark} {self._stands(explained)}")
        tree = [*lines.when, *lines.audience, *([lines.age] if lines.age else [])]
        self._tree(tree)
        self._outlook(explained)

    def _mode(self, rule: Rule) -> str:
        until = rule.shadow_until
        return f"in shadow until {self.session.when(until)}" if until else rule.mode_words

    def others(self, rules: list[RuleExplained]) -> None:
        """Tell rules in a line each."""
        if not rules:
            return
        self.out.line()
        self.out.line(self.out.style("Other rules", bold=True))
        width = max(len(explained.rule.name) for explained in rules)
        for explained in rules:
            mark = self.out.mark("ok" if explained.lines.applies else "failed")
            name = f"{explained.rule.name:<{width}}"
            self.out.line(f"  {mark} {name}  {self._in_short(explained)}")

    def reach(self, recipient: Recipient | None) -> None:
        """Tell by what the customer can be reached, for which purposes."""
        if recipient is None:
            self.out.line()
            self.out.line(
                f"{self.out.mark('failed')} the customer is not known: nobody to write to"
            )
            return
        zones = " or ".join(zone.key for zone in recipient.zones.zones)
        self.out.line()
        self.out.line(f"Customer {recipient.id} · clock {zones} (from {recipient.zones.source})")
        for channel, name in NAMES.items():
            address = recipient.address(channel)
            if address is None:
                self.out.line(f"  {self.out.mark('none')} {name:<7} no address")
                continue
            shown = address if self.personal else mask(address)
            now = self.session.now
            verdicts = {purpose: recipient.allows(channel, purpose, now) for purpose in Purpose}
            yes = [p.value for p, v in verdicts.items() if v.decision == "go"]
            no = {p.value: REASON_TEXT[v.reason] for p, v in verdicts.items() if v.decision != "go"}
            mark = self.out.mark("ok" if yes else "failed")
            self.out.paragraph(f"  {mark} {name:<7} {shown}   {_allowed(yes, no)}")

    def history(self, messages: Sequence[Record]) -> None:
        """Tell what was said before, the latest first."""
        self.out.line()
        if not messages:
            self.out.line("History   no message yet")
            return
        self.out.line(self.out.style("History", bold=True))
        for row in messages:
            self.out.line(f"  {message_line(self.session, row)}")

    def _stands(self, explained: RuleExplained) -> str:
        lines = explained.lines
        if explained.rule.mode is Mode.OFF:
            return "is off"
        if lines.applies:
            until = f" until {self.session.when(lines.until)}" if lines.until else ""
            return f"applies now{until}"
        if lines.since is not None:
            return f"does not apply now, but from {self.session.when(lines.since)}"
        return "does not apply"

    def _tree(self, lines: list[Line]) -> None:
        flat = [line for top in lines for line in top.flat()]
        widths = [2 * line.depth + cells(line.text) for line in flat]
        width = min(max(widths), SENTENCES, max(24, self.out.width // 2))
        for top in lines:
            missing = {id(line) for line in top.missing()}
            for line in top.flat():
                self._line(line, width, missing)

    def _line(self, line: Line, width: int, missing: set[int]) -> None:
        indent = "  " * line.depth
        found = self._found(line, is_missing=id(line) in missing)
        text = f"{indent}{self.out.mark(_mark(line, missing))} {line.text}"
        used = 2 * line.depth + cells(line.text)
        place = max(width, used)
        if not found:
            self.out.line(f"  {text}")
        elif 7 + place + cells(found) <= self.out.width:
            self.out.line(f"  {text}{' ' * (place - used)}   {self.out.style(found, dim=True)}")
        else:
            self.out.line(f"  {text}")
            self.out.line(f"  {indent}    {self.out.style(found, dim=True)}")

    def _found(self, line: Line, *, is_missing: bool) -> str:
        """Say what a line found, when it changes, and of one that is missing where it stands."""
        value = told(self.session, line.values, personal=self.personal)
        parts = ["" if line.text.endswith(f"is {value}") else value]
        if line.changes_at is not None:
            word = "true until" if line.holds else "true from"
            parts.append(f"{word} {self.session.when(line.changes_at)}")
        elif is_missing:
            parts.append("only data can change that")
        if is_missing:
            parts.append(f"{line.position.file}:{line.position.line}")
        if not line.wanted and line.is_met:
            parts.append("not so, as wanted")
        return " · ".join(filter(None, parts))

    def _outlook(self, explained: RuleExplained) -> None:
        out = self.out
        for row in explained.messages:
            out.line(f"  {message_line(self.session, row)}")
        for row in explained.handoffs:
            out.line(f"  {case_line(self.session, row)}")
        enrollment = explained.enrollment
        if enrollment is not None and not explained.messages and not explained.handoffs:
            why = REASON_TEXT[Reason(enrollment.reason)]
            out.line(
                f"  enrolled {self.session.when(enrollment.enrolled_at)}: {enrollment.state}, {why}"
            )
        if explained.foretold is not None:
            since = explained.lines.since
            comes = since is not None and since > self.session.now and enrollment is None
            start = f"it applies {self.session.when(since)} and " if comes and since else ""
            out.paragraph(f"If nothing changes: {start}{fate(self.session, explained.foretold)}.")
            for line in gate_lines(self.session, explained.foretold):
                out.paragraph(line)
        if explained.stopping and (explained.foretold or explained.lines.applies):
            stops = " · ".join(
                f"{out.mark('failed')} {line.text}" if line.holds else line.text
                for line in explained.stopping
            )
            out.paragraph(f"It stops if: {stops}")
        if explained.foretold is not None and (needed := _needed(explained.lines)):
            out.paragraph(f"It is dropped unless this stays so: {' · '.join(needed)}")

    def _in_short(self, explained: RuleExplained) -> str:
        if explained.lines.applies or explained.messages:
            return f"{self._stands(explained)}: {REASON_TEXT[explained.reason]}"
        if explained.rule.mode is Mode.OFF:
            return "the rule is off"
        missing = list(explained.lines.missing())
        if not missing:
            return self._stands(explained)
        line = missing[0]
        text = f"none of: {line.text}" if not line.wanted else line.text
        values = told(self.session, line.values, personal=self.personal)
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        found = "" if text.endswith(f"is {values}") or not values else f" · {values}"
        return cut(f"{text}{found}{more}", max(40, self.out.width - 34))


def _needed(lines: RuleLines) -> list[str]:
    """Return what is so now, and what only data can change: it is asked again before sending."""
    tops = [line for line in (*lines.when, *lines.audience) if line.is_met]
    return [
        f"{line.text}: {', '.join(part.text for part in line.parts)}" if line.parts else line.text
        for line in tops
        if all(one.changes_at is None for one in line.flat())
    ]


def _mark(line: Line, missing: set[int]) -> str:
    """Return a line's mark: what is not met is only wrong if the rule waits for it."""
    if line.is_met:
        return "ok"
    return "failed" if any(id(part) in missing for part in line.flat()) else "none"


def _allowed(yes: Sequence[str], no: Mapping[str, str]) -> str:
    """Return `for service, survey; not for marketing (no consent)`."""
    parts = [f"for {', '.join(yes)}"] if yes else []
    for why in dict.fromkeys(no.values()):
        purposes = ", ".join(purpose for purpose, reason in no.items() if reason == why)
        parts.append(f"not for {purposes} ({why})")
    return "; ".join(parts)
