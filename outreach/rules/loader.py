"""Rule files to rules: everything that is wrong with all of them is found in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from outreach.errors import Level, Problem, Problems
from outreach.rules.canonical import ruleset_digest
from outreach.rules.document import Ruleset
from outreach.rules.loading.keys import DEFAULT_KEYS, FILE_KEYS
from outreach.rules.loading.policy import check_policy
from outreach.rules.loading.references import Loading
from outreach.rules.loading.rule import Usual, Written, read_rule, read_usual
from outreach.rules.loading.together import check_together
from outreach.rules.names import Names
from outreach.rules.yaml_nodes import Mapping as Keys
from outreach.rules.yaml_nodes import Node, Scalar, Sequence
from outreach.rules.yaml_section import Section
from outreach.rules.yaml_source import read

FORMAT = "1"


def load_rules(files: Mapping[str, str], names: Names) -> Ruleset:
    """Return the rules of all files, by their texts; raises Problems. Warnings do not stop it."""
    ruleset, problems = check_rules(files, names)
    if ruleset is None:
        raise Problems(problems)
    return ruleset


def check_rules(files: Mapping[str, str], names: Names) -> tuple[Ruleset | None, list[Problem]]:
    """Return the rules and all that is wrong with them; None when it is more than warnings."""
    problems: list[Problem] = []
    roots = [read(text, file, problems) for file, text in sorted(files.items())]
    sections = [Section(root, "a rule file", FILE_KEYS, problems) for root in roots if root]
    known = None if None in roots else {name for s in sections for name in _names(s)}
    loading = Loading(names, known, problems)
    rules = [written for section in sections for written in _rules(section, loading)]
    for written in rules:
        check_policy(written)
    check_together(rules)
    found = sorted(set(problems))
    if any(problem.level is Level.ERROR for problem in found):
        return None, found
    ready = tuple(written.rule for written in rules)
    return Ruleset(ready, ruleset_digest(ready)), found


def _names(section: Section) -> Iterator[str]:
    """Yield the names of a file's rules, before anything else about them is read."""
    for item in _items(section):
        name = item.get("rule") if isinstance(item, Keys) else None
        if isinstance(name, Scalar):
            yield name.text


def _items(section: Section) -> tuple[Node, ...]:
    rules = section.node.get("rules")
    return rules.items if isinstance(rules, Sequence) else ()


def _rules(section: Section, loading: Loading) -> Iterator[Written]:
    section.need("format", "rules")
    written = section.scalar("format")
    if written and written.text != FORMAT:
        said = f"this file has format {written.text}; this version reads format {FORMAT}"
        section.report("E010", said, written)
    usual = Usual(window=loading.names.default_window)
    defaults = section.section("defaults", DEFAULT_KEYS, "`defaults`")
    if defaults:
        usual = read_usual(defaults, usual, loading)
    for item in section.items("rules"):
        if not isinstance(item, Keys):
            said = "a rule has keys of its own: `- rule: its-name` and more lines below"
            loading.problems.append(item.problem("E004", said))
        elif rule := read_rule(item, usual, loading):
            yield rule
