"""The words of rule tests: every key, and those that only a later version will know."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from outreach.errors import Problem
from outreach.proving.scenarios.document import DeedKind
from outreach.rules.yaml_nodes import Mapping as Keys
from outreach.rules.yaml_section import Section

FILE_KEYS = ("format", "rules", "start", "people", "tests")
TEST_KEYS = ("name", "start", "only", "people", "given", "timeline")
DEED_KEYS = tuple(kind.value for kind in DeedKind)
LINE_KEYS = (
    *("at", "change", *DEED_KEYS),
    *("expect", "expect_counts", "because", "waiting", "why_not"),
)
WANTED_KEYS = (
    *("rule", "step", "to", "via", "template", "locale", "offer", "about", "at"),
    *("says", "never_says"),
    *("handoff", "title_says", "due"),
)
#: what is said of a case, and of a message never
CASE_KEYS = ("rule", "step", "to", "about", "at", "handoff", "title_says", "due")
WAITS_KEYS = ("rule", "to", "about", "until", "because")
SILENCE_KEYS = ("rule", "about", "failed", "because")
COPIES = "copies"

#: words of the language whose meaning the rules of this version do not have
LATER: Mapping[str, str] = {
    "webhook": "rules call no webhooks yet",
    "holdout": "nobody is in a holdout in a rule test",
}


def section_of(node: Keys, name: str, keys: Collection[str], problems: list[Problem]) -> Section:
    """Return the keys of a part; a word of a later version is told as that."""
    early = [key for key, _ in node.entries if key.text in LATER and key.text not in keys]
    for key in early:
        said = f"`{key.text}` is not known to this version: {LATER[key.text]}"
        problems.append(key.problem("E003", said))
    return Section(node, name, (*keys, *(key.text for key in early)), problems)
