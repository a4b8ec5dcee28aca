"""Parts of outreach.yaml that other packages check: plain values, and where each of them stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from outreach.errors import Problem
from outreach.rules.yaml_nodes import Mapping, Node, Scalar
from outreach.rules.yaml_nodes import Sequence as ListNode


@dataclass(frozen=True)
class Block:
    """The settings under a key, in `node` with their places.

    None if the file has no such key: then `default` counts.
    """

    name: str
    node: Mapping | None = None
    default: tuple[tuple[str, Any], ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return keys and values as they are written: every single value is a text."""
        return dict(self.default) if self.node is None else _plain(self.node)

    def names(self) -> tuple[str, ...]:
        """Return the keys that stand there."""
        return tuple(key.text for key, _ in self.node.entries) if self.node else ()

    def problem(
        self,
        path: Sequence[str | int],
        code: str,
        message: str,
        *,
        hint: str = "",
        at_key: bool = False,
    ) -> Problem:
        """Return a problem with what stands at a path of keys and list places, as far as it goes.

        With `at_key` it points at the last key of the path rather than at its value.
        """
        if self.node is None:
            return Problem("outreach.yaml", 1, 1, code, message, hint=hint)
        place = _key(self.node, path) if at_key else None
        return (place or _nearest(self.node, path)).problem(code, message, hint=hint)


def _plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key.text: _plain(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [_plain(item) for item in node.items]
    if isinstance(node, Scalar):
        return None if node.is_empty else node.text
    raise AssertionError(node)


def _nearest(node: Node, path: Sequence[str | int]) -> Node:
    """Return the value at a path; the key itself where the rest of the path leads nowhere."""
    here: Node = node
    for step in path:
        below: Node | None = None
        if isinstance(here, Mapping):
            below = here.get(str(step))
        elif isinstance(here, ListNode) and isinstance(step, int) and step < len(here.items):
            below = here.items[step]
        if below is None:
            return here
        here = below
    return here


def _key(node: Node, path: Sequence[str | int]) -> Scalar | None:
    parent = _nearest(node, path[:-1])
    return parent.key(str(path[-1])) if isinstance(parent, Mapping) and path else None
