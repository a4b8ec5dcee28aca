"""Renaming: a rule that says what it was called before goes on with all that it had.

An old version that is applied again takes the names of its time back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TypeGuard

from sqlalchemy import Connection

from outreach.errors import Problem, Problems, Refused
from outreach.releases.release import Release
from outreach.rules.catalogue import suggestion
from outreach.rules.document import Rule, Ruleset
from outreach.rules.yaml_nodes import Mapping as Keys
from outreach.rules.yaml_nodes import Node, Scalar, Sequence
from outreach.rules.yaml_source import read
from outreach.store import renaming
from outreach.store.queue import has_enrollments


def renames(before: Release | None, after: Release) -> dict[str, str]:
    """Return the new names of rules that another release renames, by those they have."""
    found: dict[str, str] = {}
    for rule in after.ruleset:
        old = _old_name(before, after, rule) if before else None
        if old is not None:
            found[old] = rule.name
    return found


def names_then(renamed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return what rules were called before versions renamed them, by what they are called now.

    The versions come the newest first.
    """
    found: dict[str, str] = {}
    for one in renamed:
        for old, new in one.items():
            now = next((today for today, then in found.items() if then == new), new)
            found[now] = old
    return found


def check_renames(before: Release | None, after: Release) -> None:
    """Raise Problems when a new rule says that it was called what no applied rule is called.

    Where nothing was applied yet there is no history to go on with, and nothing to be wrong.
    """
    if before is None or after.names_then is not None:
        return
    made, known = renames(before, after), [rule.name for rule in before.ruleset]
    problems = [
        _nothing(after, rule, known)
        for rule in after.ruleset
        if rule.renamed_from and rule.name not in {*known, *made.values()}
    ]
    if problems:
        raise Problems(problems)


def check_names(
    connection: Connection, before: Release, after: Release, made: Mapping[str, str]
) -> None:
    """Raise Refused where a name has a history of its own that a rename would mix up."""
    for old, new in made.items():
        if has_enrollments(connection, new):
            said = f"'{old}' cannot become '{new}': a rule of that name was there before"
            raise Refused(f"{said}, and has a history. Give it another name")
    known = {rule.name for rule in before.ruleset}
    added = [rule.name for rule in after.ruleset if rule.name not in {*known, *made.values()}]
    if found := renaming.began_as(connection, added):
        said = f"'{found.rule}' was called '{found.known_as}' once"
        raise Refused(f"{said}: give the new rule another name")


def under_new_names(release: Release, made: Mapping[str, str]) -> Release:
    """Return a release whose rules have their new names, and are as they were for the rest."""
    ruleset = release.ruleset
    rules = tuple(replace(rule, name=made.get(rule.name, rule.name)) for rule in ruleset)
    return replace(release, ruleset=Ruleset(rules, ruleset.digest, ruleset.version))


def _old_name(before: Release, after: Release, rule: Rule) -> str | None:
    """Return what a rule is called in the release before, if it has another name there."""
    if before.ruleset.get(rule.name) is not None:
        return None
    then = after.names_then or {}
    names = [*(now for now, name in then.items() if name == rule.name), *rule.renamed_from]
    old = (n for n in names if before.ruleset.get(n) and after.ruleset.get(n) is None)
    return next(old, None)


def _nothing(release: Release, rule: Rule, known: Collection[str]) -> Problem:
    name = rule.renamed_from[0]
    meant = suggestion(name, known)
    said = f"no rule '{name}' is applied." + (f" Did you mean '{meant}'?" if meant else "")
    hint = "without `renamed_from` it is a new rule, and meets everybody anew"
    return _first_name(release, rule).problem("E322", said, hint=hint)


def _first_name(release: Release, rule: Rule) -> Node:
    """Return where a rule says its newest old name."""
    file = rule.position.file
    root = read(release.workspace.rule_files()[file], file, [])
    rules = root.get("rules") if root else None
    assert isinstance(rules, Sequence)
    mine = next(n for n in rules.items if _says(n, rule.name))
    said = mine.get("renamed_from")
    assert said is not None
    return said.items[0] if isinstance(said, Sequence) else said


def _says(node: Node, name: str) -> TypeGuard[Keys]:
    written = node.get("rule") if isinstance(node, Keys) else None
    return isinstance(written, Scalar) and written.text == name
