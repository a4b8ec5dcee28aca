"""The lint of rules: all of a workspace, each with its comments about what is meant so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from outreach.deciding.lint.ignoring import apply_ignores, comments_in
from outreach.deciding.lint.passages import Source
from outreach.deciding.lint.reach import lint_reach
from outreach.deciding.lint.rule_text import rule_texts
from outreach.deciding.lint.schedule import Surroundings, lint_schedule
from outreach.deciding.lint.wording import is_apology
from outreach.deciding.rendering.templates import Templates
from outreach.errors import Problem
from outreach.model import Mode
from outreach.rules.document import Ruleset


def lint_rules(
    ruleset: Ruleset, files: Mapping[str, str], around: Surroundings
) -> Iterator[Problem]:
    """Yield what is wrong with when and whether rules speak; one that is off says nothing wrong.

    `files` are the rule files by the path that positions name.
    """
    found: dict[str, list[Problem]] = defaultdict(list)
    starts: dict[str, list[int]] = defaultdict(list)
    for text in rule_texts(ruleset.rules, files):
        starts[text.file].append(text.rule.position.line)
        if text.rule.mode is not Mode.OFF:
            found[text.file] += lint_schedule(text, around)
            found[text.file] += lint_reach(text, ruleset.rules, around)
    for file, words in files.items():
        ignores, unreadable = comments_in(file, words, starts[file])
        yield from unreadable
        yield from apply_ignores(file, words, sorted(set(found[file])), ignores)


def words_of_templates(templates: Templates) -> tuple[dict[str, list[str]], set[str]]:
    """Return the texts of each template by its name, and the names of those that say sorry."""
    texts: dict[str, list[str]] = defaultdict(list)
    apologies: set[str] = set()
    for file, words in templates.files():
        texts[file.name].append(words)
        if is_apology(Source(file, words)):
            apologies.add(file.name)
    return dict(texts), apologies
