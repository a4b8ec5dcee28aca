"""What a template may say: show, choose, repeat. It cannot call, include or look behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import nodes

from outreach.deciding.rendering.facts import SENDER_FIELDS
from outreach.deciding.rendering.suggestions import did_you_mean

ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.Name,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Filter,
    nodes.Test,
    nodes.If,
    nodes.For,
    nodes.Assign,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
    nodes.Concat,
    nodes.Add,
    nodes.Sub,
    nodes.Neg,
    nodes.List,
    nodes.Tuple,
    nodes.Keyword,
)
#: how an operator would call what is not allowed
_CALLED = {
    nodes.Call: "a call",
    nodes.Include: "{% include %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% from … import %}",
    nodes.Extends: "{% extends %}",
    nodes.Block: "{% block %}",
    nodes.Macro: "{% macro %}",
    nodes.CallBlock: "{% call %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.AssignBlock: "{% set %} … {% endset %}",
    nodes.Mul: "multiplication",
    nodes.Pow: "a power",
}
_LISTS = {"subjects": "[a subject]", "orders": "[order]", "tickets": "[ticket]"}
_KEEP_ITEMS = frozenset({"selectattr", "rejectattr", "sort", "unique"})
_PICK_ITEM = frozenset({"first", "last"})


@dataclass(frozen=True)
class Mistake:
    """Something wrong at a line of a template's text (1-based); `word` is what to point at."""

    line: int
    code: str
    message: str
    word: str = ""
    hint: str = ""


def unsafe_constructs(
    ast: nodes.Template, filters: Collection[str], tests: Collection[str]
) -> Iterator[Mistake]:
    """Every construct, filter or test that templates do not have."""
    for node in _walk(ast):
        if not isinstance(node, ALLOWED):
            called = _CALLED.get(type(node), type(node).__name__.lower())
            yield Mistake(node.lineno, "M201", f"templates cannot use {called}")
        elif isinstance(node, nodes.Filter) and node.name not in filters:
            yield _no_such("filter", node.name, node.lineno, filters)
        elif isinstance(node, nodes.Test) and node.name not in tests:
            yield _no_such("test", node.name, node.lineno, tests)
        elif isinstance(node, nodes.Name) and node.name == "self":
            yield Mistake(node.lineno, "M201", "templates cannot use `self`", "self")
        elif isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
            yield Mistake(node.lineno, "M201", f"{node.attr!r} is not a field", node.attr)
        elif isinstance(node, nodes.For) and node.recursive:
            yield Mistake(node.lineno, "M201", "templates cannot use recursive loops", "recursive")


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    # what stands inside a forbidden construct is not worth a second complaint
    if isinstance(node, ALLOWED):
        for inner in node.iter_child_nodes():
            yield from _walk(inner)


def _no_such(what: str, name: str, line: int, known: Collection[str]) -> Mistake:
    return Mistake(line, "M201", f"there is no {what} {name!r}.{did_you_mean(name, known)}", name)


class Names:
    """The names a template uses, checked against what a context can hold.

    `fields` gives the field names of `order`, `ticket`, `response` and `customer`; a kind that is
    not in it is not checked. A shape is a kind (`order`), a list of one (`[order]`), or "" for a
    value that has no checked fields.
    """

    def __init__(self, roots: Collection[str], fields: Mapping[str, Collection[str]]) -> None:
        self.used: set[str] = set()
        self.mistakes: list[Mistake] = []
        self._roots = roots
        self._fields: dict[str, frozenset[str]] = dict(SENDER_FIELDS)
        for kind, names in fields.items():
            self._fields[kind] = frozenset(name.partition(".")[0] for name in names)
        if {"order", "ticket"} <= self._fields.keys():
            self._fields["a subject"] = (
                self._fields["order"] | self._fields["ticket"] | self._fields.get("customer", set())
            )

    def read(self, ast: nodes.Template) -> None:
        """Note every name that `ast` uses and every one that does not exist."""
        scope = {root: _LISTS.get(root, root) for root in self._roots}
        self._block(ast.body, scope)

    def _block(self, body: Sequence[nodes.Node], scope: dict[str, str]) -> None:
        for node in body:
            self._statement(node, scope)

    def _statement(self, node: nodes.Node, scope: dict[str, str]) -> None:
        if isinstance(node, nodes.For):
            items = self._shape(node.iter, scope)
            inner = {**scope, "loop": ""}
            for target in node.target.find_all(nodes.Name):
                inner[target.name] = ""
            if isinstance(node.target, nodes.Name):
                inner[node.target.name] = items.strip("[]") if items.startswith("[") else ""
            if node.test is not None:
                self._shape(node.test, inner)
            self._block(node.body, inner)
            self._block(node.else_, scope)
        elif isinstance(node, nodes.If):
            self._shape(node.test, scope)
            for branch in (node.body, node.elif_, node.else_):
                self._block(branch, scope)
        elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            scope[node.target.name] = self._shape(node.node, scope)
        else:
            for inner_node in node.iter_child_nodes():
                self._shape(inner_node, scope)

    def _shape(self, node: nodes.Node, scope: dict[str, str]) -> str:
        if isinstance(node, nodes.Name):
            return self._name(node, scope)
        if isinstance(node, nodes.Getattr):
            return self._field(self._shape(node.node, scope), node.attr, node)
        if isinstance(node, nodes.Getitem):
            shape = self._shape(node.node, scope)
            if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
                return self._field(shape, node.arg.value, node)
            return shape.strip("[]") if shape.startswith("[") else ""
        for inner in node.iter_child_nodes():
            if not (isinstance(node, nodes.Filter) and inner is node.node):
                self._shape(inner, scope)
        if isinstance(node, nodes.Filter) and node.node is not None:
            return self._filtered(node, self._shape(node.node, scope))
        return ""

    def _name(self, node: nodes.Name, scope: dict[str, str]) -> str:
        if node.name in scope:
            if node.name in self._roots:
                self.used.add(node.name)
            return scope[node.name]
        hint = did_you_mean(node.name, scope)
        self.mistakes.append(
            Mistake(node.lineno, "M203", f"there is no value {node.name!r}.{hint}", node.name)
        )
        return ""

    def _field(self, shape: str, name: str, node: nodes.Expr) -> str:
        known = self._fields.get(shape)
        if known is None:
            return ""
        if name not in known and name != "id":
            message = f"{shape} has no value {name!r}.{did_you_mean(name, known)}"
            self.mistakes.append(Mistake(node.lineno, "M203", message, name))
        return name if name in self._fields else ""

    def _filtered(self, node: nodes.Filter, shape: str) -> str:
        if not shape.startswith("["):
            return ""
        if node.name == "list" and node.args and isinstance(node.args[0], nodes.Const):
            self._field(shape.strip("[]"), str(node.args[0].value), node)
        if node.name in _PICK_ITEM:
            return shape.strip("[]")
        return shape if node.name in _KEEP_ITEMS else ""
