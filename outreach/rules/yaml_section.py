"""Strict reading of keys: unknown ones, missing ones and wrong shapes become problems at once.

Reading goes on after a mistake, so that one pass finds them all; what is wrong is read as absent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from enum import Enum
from typing import TypeVar

from outreach.errors import Level, Problem
from outreach.rules.catalogue import suggestion
from outreach.rules.yaml_nodes import Mapping, Node, Scalar, Sequence

T = TypeVar("T")
N = TypeVar("N", bound=Node)
E = TypeVar("E", bound=Enum)

_EXPECTED: dict[type[Node], str] = {
    Scalar: "a single value",
    Sequence: "a list: one `- ` line for each",
    Mapping: "keys of its own: indented `key: value` lines",
}


class Section:
    """The keys of one mapping in a file. `name` is what problems call it: "a rule", "`limits`"."""

    def __init__(
        self, node: Mapping, name: str, keys: Collection[str], problems: list[Problem]
    ) -> None:
        self.node = node
        self.name = name
        self.problems = problems
        for key, _ in node.entries:
            if key.text not in keys:
                said = f"{name} has no key `{key.text}`.{did_you_mean(key.text, keys)}"
                known = "" if suggestion(key.text, keys) else _listed(keys)
                problems.append(key.problem("E003", said, hint=known))

    def __contains__(self, key: str) -> bool:
        return self.node.key(key) is not None

    def report(
        self,
        code: str,
        message: str,
        at: str | Node | None = None,
        *,
        hint: str = "",
        level: Level = Level.ERROR,
    ) -> None:
        """Add a problem at a key, at a part of the file, or with the section as a whole."""
        where = (self.node.key(at) if isinstance(at, str) else at) or self.node
        self.problems.append(where.problem(code, message, hint=hint, level=level))

    def need(self, *keys: str) -> None:
        """Report each of the keys that is not there."""
        for key in keys:
            if key not in self:
                self.report("E005", f"{self.name} needs the key `{key}`")

    def scalar(self, key: str) -> Scalar | None:
        """Return a single value with its place; None when absent, or wrong and reported."""
        node = self._present(key)
        return self._shaped(node, Scalar, key) if node else None

    def text(self, key: str, default: str = "") -> str:
        """Return a single value as text."""
        scalar = self.scalar(key)
        return scalar.text if scalar else default

    def parsed(self, key: str, parse: Callable[[str], T], *, code: str = "E010") -> T | None:
        """Return what a phrase means; `parse` says in a ValueError what is wrong with it."""
        scalar = self.scalar(key)
        return self.parsed_scalar(scalar, parse, code=code) if scalar else None

    def parsed_scalar(
        self, scalar: Scalar, parse: Callable[[str], T], *, code: str = "E010"
    ) -> T | None:
        """Return what one value means, its ValueError reported where it stands."""
        try:
            return parse(scalar.text)
        except ValueError as error:
            self.problems.append(scalar.problem(code, str(error)))
            return None

    def choice(self, key: str, choices: Iterable[E]) -> E | None:
        """Return the member of an enum, or of some of its members, whose value is written."""
        scalar = self.scalar(key)
        return self.chosen(scalar, choices) if scalar else None

    def chosen(self, scalar: Scalar, choices: Iterable[E]) -> E | None:
        """Return the member that a value names."""
        known = {str(member.value): member for member in choices}
        if scalar.text not in known:
            said = f"`{scalar.text}` is not known here.{did_you_mean(scalar.text, known)}"
            self.problems.append(scalar.problem("E010", said, hint=_listed(known)))
        return known.get(scalar.text)

    def whole(self, key: str) -> int | None:
        """Return a whole number that is not negative."""
        return self.parsed(key, parse_whole)

    def yes_no(self, key: str) -> bool | None:
        """Return whether `true` or `false` is written."""
        return self.parsed(key, parse_yes_no)

    def items(self, key: str) -> tuple[Node, ...]:
        """Return the items of a list; empty when absent, or wrong and reported."""
        node = self._present(key)
        sequence = self._shaped(node, Sequence, key) if node else None
        return sequence.items if sequence else ()

    def scalars(self, key: str) -> tuple[Scalar, ...]:
        """Return a list of single values; one value may stand without being a list."""
        if isinstance(self.node.get(key), Scalar):
            one = self.scalar(key)
            return (one,) if one else ()
        found = (self._shaped(item, Scalar, key, "an item of ") for item in self.items(key))
        return tuple(scalar for scalar in found if scalar)

    def section(self, key: str, keys: Collection[str], name: str = "") -> Section | None:
        """Return the keys under a key."""
        node = self._present(key)
        mapping = self._shaped(node, Mapping, key) if node else None
        return Section(mapping, name or f"`{key}`", keys, self.problems) if mapping else None

    def sections(self, key: str, keys: Collection[str], name: str) -> list[Section]:
        """Return the items of a list whose items have keys."""
        found = (self._shaped(item, Mapping, key, "an item of ") for item in self.items(key))
        return [Section(node, name, keys, self.problems) for node in found if node]

    def named(self, key: str) -> tuple[tuple[Scalar, Node], ...]:
        """Return what stands under a key whose own keys are names the operator chose."""
        node = self._present(key)
        mapping = self._shaped(node, Mapping, key) if node else None
        return mapping.entries if mapping else ()

    def _present(self, key: str) -> Node | None:
        node = self.node.get(key)
        if isinstance(node, Scalar) and node.is_empty:
            comment = node.swallowed
            hint = f"`{comment}` is a comment; put it in quotes if it is the value"
            self.report("E005", f"`{key}` has no value", key, hint=hint if comment else "")
            return None
        return node

    def _shaped(self, node: Node, shape: type[N], key: str, what: str = "") -> N | None:
        if isinstance(node, Scalar) and node.is_empty:
            self.problems.append(node.problem("E005", f"{what}`{key}` has no value"))
            return None
        if isinstance(node, shape):
            return node
        said = f"{what}`{key}` must be {_EXPECTED[shape]}"
        self.problems.append(node.problem("E004", said))
        return None


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return the sentence that names the known word probably meant, or nothing."""
    meant = suggestion(word, known)
    return f" Did you mean `{meant}`?" if meant else ""


def parse_whole(text: str) -> int:
    """Return a whole number that is not negative; raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise ValueError(f"`{text}` is not a whole number")
    return int(text)


def parse_yes_no(text: str) -> bool:
    """Return what `true` or `false` says; raises ValueError."""
    if text not in ("true", "false"):
        raise ValueError(f"write `true` or `false`, not `{text}`")
    return text == "true"


def _listed(known: Collection[str]) -> str:
    return "known: " + " · ".join(known)
