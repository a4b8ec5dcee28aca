"""Where the keys of rules stand in their files: what nobody wrote has no place, and no mutant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outreach.model import Position
from outreach.rules.yaml_nodes import Mapping as Keys
from outreach.rules.yaml_nodes import Node, Scalar, Sequence
from outreach.rules.yaml_source import read


@dataclass(frozen=True)
class Places:
    """The keys of one rule, and those of its file's `defaults:`."""

    rule: Keys
    defaults: Keys | None = None

    def of(self, *path: str) -> Position | None:
        """Return where a key stands: in the rule, else among the defaults."""
        return _place(self.rule, path) or _place(self.defaults, path)

    def of_step(self, number: int, *path: str) -> Position | None:
        """Return where a key of a step stands: in it, else in the rule, or among the defaults."""
        steps = self.rule.get("steps")
        step = steps.items[number] if isinstance(steps, Sequence) else None
        return _place(step, path) or self.of(*path)


def read_places(texts: Mapping[str, str]) -> dict[str, Places]:
    """Return the places of every rule of some rule files, by its name."""
    found: dict[str, Places] = {}
    for file, text in texts.items():
        root = read(text, file, [])
        rules, defaults = (root.get("rules"), root.get("defaults")) if root else (None, None)
        for rule in rules.items if isinstance(rules, Sequence) else ():
            name = rule.get("rule") if isinstance(rule, Keys) else None
            if isinstance(rule, Keys) and isinstance(name, Scalar):
                found[name.text] = Places(rule, defaults if isinstance(defaults, Keys) else None)
    return found


def _place(node: Node | None, path: tuple[str, ...]) -> Position | None:
    place = None
    for key in path:
        if not isinstance(node, Keys) or (found := node.key(key)) is None:
            return None
        place, node = found.position, node.get(key)
    return place
