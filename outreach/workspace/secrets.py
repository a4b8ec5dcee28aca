"""Secrets never stand in a file: they are named `env:NAME` and come from the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from outreach.errors import Problem, Problems
from outreach.rules import yaml_nodes
from outreach.rules.yaml_nodes import Scalar

_REFERENCE = re.compile(r"env:(?P<name>.*)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PASSWORD_IN_URL = re.compile(r"\w://[^/@\s:]*:(?P<password>[^/@\s]+)@")


def variable_of(text: str) -> str | None:
    """Return NAME of `env:NAME`, None for a plain value; raises ValueError for no possible name."""
    reference = _REFERENCE.fullmatch(text)
    if reference is None:
        return None
    name = reference["name"]
    if not _NAME.fullmatch(name):
        raise ValueError(f"`{text}` names no environment variable: write for example env:MY_SECRET")
    return name


def value_of(scalar: Scalar, env: Mapping[str, str]) -> str:
    """Return a setting's value, from the environment if it says so; raises Problems if not set."""
    name = variable_of(scalar.text)
    if name is None:
        return scalar.text
    value = env.get(name, "").strip()
    if not value:
        said = f"the environment variable {name} is not set"
        raise Problems([scalar.problem("E401", said, hint=f"set it before you start: {name}=…")])
    return value


def passwords_in(node: yaml_nodes.Node) -> Iterator[Problem]:
    """Yield a problem for every URL with a password in it."""
    for scalar in scalars_in(node):
        if found := _PASSWORD_IN_URL.search(scalar.text):
            said = "a password stands in this address, and a secret never stands in a file"
            hint = "write env:NAME instead of the whole address, and set NAME outside"
            start, end = found.span("password")
            yield scalar.problem_at(start, end, "E401", said, hint=hint)


def scalars_in(node: yaml_nodes.Node) -> Iterator[Scalar]:
    """Yield every single value under a part of a file, in order."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, yaml_nodes.Sequence):
        for item in node.items:
            yield from scalars_in(item)
    elif isinstance(node, yaml_nodes.Mapping):
        for _, value in node.entries:
            yield from scalars_in(value)
