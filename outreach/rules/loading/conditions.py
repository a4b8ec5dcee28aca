"""Lists of conditions: sentences, and the groups `any`, `all` and `none`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.errors import Problem
from outreach.rules.conditions import AllOf, AnyOf, Condition, NoneOf
from outreach.rules.loading.keys import GROUP_KEYS
from outreach.rules.sentences import Setting, read_sentence
from outreach.rules.yaml_nodes import Mapping, Node, Scalar
from outreach.rules.yaml_nodes import Sequence as List
from outreach.rules.yaml_section import Section, did_you_mean

#: groups inside groups; whoever needs more has two rules
DEEPEST = 3
_GROUPS: dict[str, type[AllOf | AnyOf | NoneOf]] = {"any": AnyOf, "all": AllOf, "none": NoneOf}


def read_conditions(section: Section, key: str, setting: Setting | None) -> tuple[Condition, ...]:
    """Return the conditions in the list at a key; without a setting they cannot be read."""
    items = section.items(key)
    if not items and isinstance(section.node.get(key), List):
        section.report("E005", f"`{key}` is empty: it needs a condition", key)
    return _Reader(setting, section.problems).read(items, 0) if setting else ()


@dataclass(frozen=True)
class _Reader:
    """Reads items of a list, groups included; what is wrong is left out."""

    setting: Setting
    problems: list[Problem]

    def read(self, items: Sequence[Node], depth: int) -> tuple[Condition, ...]:
        found = (self._item(item, depth) for item in items)
        return tuple(condition for condition in found if condition)

    def _item(self, item: Node, depth: int) -> Condition | None:
        if isinstance(item, Scalar) and not item.is_empty:
            return read_sentence(item, self.setting, self.problems)
        if isinstance(item, Mapping) and item.entries:
            return self._group(item, depth)
        said = "a condition is a sentence, like `- carrier is missing`"
        self.problems.append(item.problem("E004", said))
        return None

    def _group(self, item: Mapping, depth: int) -> Condition | None:
        key, value = item.entries[0]
        if key.text not in _GROUPS:
            self.problems.append(self._no_group(key, value))
            return None
        for other, _ in item.entries[1:]:
            said = f"`{other.text}` does not belong into the group `{key.text}`"
            hint = "give each group its own `- ` line"
            self.problems.append(other.problem("E004", said, hint=hint))
        if depth == DEEPEST:
            said = f"groups go {DEEPEST} deep at most: make two rules of this one"
            self.problems.append(key.problem("E304", said))
            return None
        if not isinstance(value, List) or not value.items:
            said = f"`{key.text}` must be a list of conditions"
            self.problems.append(key.problem("E004", said))
            return None
        parts = self.read(value.items, depth + 1)
        return _GROUPS[key.text](parts=parts, position=key.position)

    def _no_group(self, key: Scalar, value: Node) -> Problem:
        said = f"`{key.text}:` is no group.{did_you_mean(key.text, GROUP_KEYS)}"
        if isinstance(value, Scalar) and value.is_one_line:
            hint = f"a condition is a sentence: `{key.text} is {value.text}`"
        else:
            hint = "groups are `any:`, `all:` and `none:`"
        return key.problem("E003", said, hint=hint)
