"""What differs between two releases, as people read it before they say yes to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outreach.releases.release import Release, meaning_of
from outreach.releases.renaming import renames, under_new_names
from outreach.rules.canonical import once_per_words, rule_json
from outreach.rules.document import Rule, Ruleset

#: what a rule is called, and was
_NAMES = ("rule", "renamed_from")


@dataclass(frozen=True)
class KeyChange:
    """One key of a rule: what of it is gone, and what is new. Lists are told line by line."""

    key: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuleChange:
    """A rule that means something else than before."""

    rule: str
    keys: tuple[KeyChange, ...]


@dataclass(frozen=True)
class Changes:
    """What differs. `renamed` and `rekeyed` could make everybody hear the same thing again."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[RuleChange, ...] = ()
    #: pairs of an old and a new name of a rule that goes on under the new one
    carried: tuple[tuple[str, str], ...] = ()
    #: pairs of an old and a new name with the same rule behind them; also in removed and added
    renamed: tuple[tuple[str, str], ...] = ()
    #: rules whose `once_per` changed; also in changed
    rekeyed: tuple[str, ...] = ()
    templates_added: tuple[str, ...] = ()
    templates_removed: tuple[str, ...] = ()
    templates_changed: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(vars(self).values())

    @property
    def way_out(self) -> str:
        """What to do about that, but for saying that it is meant."""
        if not self.renamed:
            return "Undo it"
        lines = " and ".join(f"`renamed_from: {old}` in '{new}'" for old, new in self.renamed)
        rest = ", undo the other" if self.rekeyed else ""
        return f"To go on with its history write {lines}{rest}"

    @property
    def contacts_again(self) -> tuple[str, ...]:
        """Why customers could hear from us twice about one thing; empty when they cannot."""
        return (
            *(f"E320 '{old}' is now called '{new}'" for old, new in self.renamed),
            *(f"E321 once_per of '{rule}' is another" for rule in self.rekeyed),
        )


def compare(before: Release | None, after: Release) -> Changes:
    """Say what is different after; with nothing before, everything is new."""
    made = renames(before, after)
    old_rules = _by_name(under_new_names(before, made).ruleset) if before else {}
    new_rules = _by_name(after.ruleset)
    added = tuple(name for name in new_rules if name not in old_rules)
    removed = tuple(name for name in old_rules if name not in new_rules)
    both = [name for name in new_rules if name in old_rules]
    words_before = before.workspace.template_files() if before else {}
    words_after = after.workspace.template_files()
    return Changes(
        added=added,
        removed=removed,
        changed=tuple(
            RuleChange(name, keys)
            for name in both
            if (keys := _key_changes(old_rules[name], new_rules[name], name in made.values()))
        ),
        carried=tuple(made.items()),
        renamed=tuple(
            (old, new)
            for old in removed
            for new in added
            if _body(old_rules[old]) == _body(new_rules[new])
        ),
        rekeyed=tuple(name for name in both if _key(old_rules[name]) != _key(new_rules[name])),
        templates_added=_missing_in(words_before, words_after),
        templates_removed=_missing_in(words_after, words_before),
        templates_changed=tuple(
            path
            for path in words_after
            if words_before.get(path, words_after[path]) != words_after[path]
        ),
        settings=_settings(before, after) if before else (),
    )


def _by_name(ruleset: Ruleset) -> dict[str, Rule]:
    return {rule.name: rule for rule in ruleset}


def _missing_in(some: Mapping[str, str], all_: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(path for path in all_ if path not in some)


def _key(rule: Rule) -> str:
    return once_per_words(rule.once_per, rule)


def _body(rule: Rule) -> dict[str, Any]:
    return {key: value for key, value in rule_json(rule).items() if key not in _NAMES}


def _key_changes(before: Rule, after: Rule, is_carried: bool) -> tuple[KeyChange, ...]:
    old = _flat({**rule_json(before), "owner": before.owner})
    new = _flat({**rule_json(after), "owner": after.owner})
    keys = dict.fromkeys(key for key in (*new, *old) if not (is_carried and key in _NAMES))
    return tuple(
        _key_change(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)
    )


def _flat(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule with the keys below its keys written as `limits.cooldown`."""
    flat: dict[str, Any] = {}
    for key, value in rule.items():
        parts = {f"{key}.{k}": v for k, v in value.items()} if isinstance(value, Mapping) else {}
        flat |= parts or {key: value}
    return flat


def _key_change(key: str, before: Any, after: Any) -> KeyChange:
    old, new = _lines(before), _lines(after)
    return KeyChange(
        key,
        tuple(line for line in old if line not in new),
        tuple(line for line in new if line not in old),
    )


def _lines(value: Any) -> list[str]:
    """Return a part of a rule as lines, one for each entry of a list."""
    if value in (None, ""):
        return []
    return [_line(item) for item in value] if isinstance(value, list) else [_line(value)]


def _line(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(_line, value))}]"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_line(item)}" for key, item in value.items())
    return json.dumps(value)


def _settings(before: Release, after: Release) -> tuple[str, ...]:
    old, new = meaning_of(before.settings), meaning_of(after.settings)
    return tuple(key for key in new if old[key] != new[key])
