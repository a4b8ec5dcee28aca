"""The floors: a module imports only from its own room or from lower floors (CONTRIBUTING.md).

A new top-level module of `outreach` is given its floor in FLOORS, or these tests fail.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: every module or package directly in outreach/, and the floor it stands on
FLOORS = {
    # words
    "errors": 0,
    "faultpoints": 0,
    "model": 0,
    "clock": 0,
    "timing": 0,
    # the rule language
    "rules": 1,
    # deciding: facts and `now` in, decision out
    "deciding": 2,
    # edges: they do not know each other
    "store": 3,
    "channels": 3,
    "sources": 3,
    "workspace": 3,
    # passes
    "passes": 4,
    # proving
    "proving": 5,
    "releases": 5,
    # doors
    "cli": 6,
    "daemon": 6,
    "web": 6,
}

#: the few rooms that may look into one on their own floor, and why; nothing looks back
NEIGHBOURS = {
    "cli": {"daemon", "web"},  # `outreach run` starts the daemon, `doctor` asks for the web
    "daemon": {"web"},  # it serves the HTTP side in a thread
    "proving": {"releases"},  # the simulator applies rules as an operator does
}

#: too slow to load for `outreach --help`: commands import what needs them when they run
HEAVY = {
    "alembic",
    "apscheduler",
    "babel",
    "fastapi",
    "holidays",
    "jinja2",
    "phonenumbers",
    "sendgrid",
    "sqlalchemy",
    "sqlmodel",
    "twilio",
    "uvicorn",
}


@dataclass(frozen=True)
class Import:
    """One imported name: `target` is its full dotted path, `at_load` whether loading runs it."""

    target: str
    line: int
    at_load: bool


def imports_of(module: str, source: str, *, is_package: bool = False) -> Iterator[Import]:
    """Yield every import of a module, relative ones resolved, the ones inside functions too."""
    package = module if is_package else module.rpartition(".")[0]
    for node, at_load in _nodes(ast.parse(source), at_load=True):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, at_load)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: -(node.level - 1) or None] if node.level else []
            origin = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                yield Import(f"{origin}.{alias.name}", node.lineno, at_load)


def _nodes(tree: ast.AST, *, at_load: bool) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(tree):
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        loads = at_load and not inside and not typing_only
        yield child, loads
        yield from _nodes(child, at_load=loads)


def room_of(dotted: str) -> str | None:
    """Return the top-level module of ours that a dotted path lies in; None for anything else."""
    top, _, rest = dotted.partition(".")
    room = rest.partition(".")[0]
    return room if top == "outreach" and room and not room.startswith("__") else None


def floor_faults(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """Say of each import that goes sideways or upwards where it stands and why it may not."""
    own = room_of(module)
    if own is None:  # outreach/__init__.py lies below every floor
        return [
            f"{module}:{found.line}: the package itself imports nothing of its own"
            for found in imports_of(module, source, is_package=is_package)
            if found.target.startswith("outreach.")
        ]
    faults = []
    for found in imports_of(module, source, is_package=is_package):
        room = room_of(found.target)
        if room in (None, own) or room in NEIGHBOURS.get(own, ()):
            continue
        if room not in FLOORS:
            faults.append(f"{module}:{found.line}: {found.target} has no floor")
        elif FLOORS[room] >= FLOORS[own]:
            faults.append(
                f"{module}:{found.line}: {own} (floor {FLOORS[own]}) imports {found.target}"
                f" (floor {FLOORS[room]})"
            )
    return faults


def our_modules() -> dict[str, Path]:
    """Map the dotted name of every module in outreach/ to its file."""
    found = {}
    for path in sorted((ROOT / "outreach").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def slow_chains(modules: dict[str, tuple[str, bool]], start: str) -> list[str]:
    """Follow what loading `start` loads; return a chain for each heavy package it ends in."""
    chains, seen, waiting = [], {start}, [(start, start)]
    while waiting:
        module, chain = waiting.pop()
        source, is_package = modules[module]
        for found in imports_of(module, source, is_package=is_package):
            if not found.at_load:
                continue
            if found.target.partition(".")[0] in HEAVY:
                chains.append(f"{chain} → {found.target} (line {found.line})")
            # `import a.b.c` loads a, a.b and a.b.c; `from a.b import c` may load a module c
            parts = found.target.split(".")
            for loaded in (".".join(parts[:end]) for end in range(1, len(parts) + 1)):
                if loaded in modules and loaded not in seen:
                    seen.add(loaded)
                    waiting.append((loaded, f"{chain} → {loaded}"))
    return chains


def _sources() -> dict[str, tuple[str, bool]]:
    return {
        module: (path.read_text("utf-8"), path.name == "__init__.py")
        for module, path in our_modules().items()
    }


def test_every_room_has_a_floor() -> None:
    unlisted = {room for module in our_modules() if (room := room_of(module))} - FLOORS.keys()
    assert not unlisted, (
        f"not in FLOORS: {sorted(unlisted)}. Give each the floor it stands on, in this file:"
        " the lowest one that is above everything it imports"
    )


def test_modules_import_downwards_only() -> None:
    faults = [
        fault
        for module, (source, is_package) in _sources().items()
        for fault in floor_faults(module, source, is_package=is_package)
    ]
    assert not faults, "\n".join(faults)


def test_neighbours_look_one_way() -> None:
    for room, others in NEIGHBOURS.items():
        for other in others:
            assert FLOORS[room] == FLOORS[other]
            assert room not in NEIGHBOURS.get(other, ())


def test_the_command_line_loads_nothing_heavy() -> None:
    sources = _sources()
    doors = [module for module in sources if room_of(module) == "cli"]
    chains = sorted(chain for door in doors for chain in slow_chains(sources, door))
    assert not chains, "import inside the command's function instead:\n" + "\n".join(chains)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("outreach.rules.loader", "import outreach.store.tables"),  # upwards, plainly
        ("outreach.rules.loader", "from outreach.store.tables import Order"),
        ("outreach.rules.loader", "from outreach import store"),  # the name is the module
        ("outreach.rules.loader", "from ..store import tables"),  # relative
        ("outreach.rules.loader", "def late():\n    from outreach.passes import send"),
        ("outreach.rules.loader", "if TYPE_CHECKING:\n    from outreach.cli import main"),
        ("outreach.rules.loader", "from outreach.helpful import thing"),  # no floor at all
        ("outreach.store.tables", "from outreach.channels import twilio"),  # edge to edge
        ("outreach.channels.smtp", "from outreach.workspace import Settings"),
        ("outreach.sources.files", "from outreach.store import tables"),
        ("outreach.workspace", "from outreach import sources"),
        ("outreach.daemon", "from outreach.cli import main"),  # a neighbour that looks back
        ("outreach", "from outreach.model import Kind"),  # the package itself
    ],
)
def test_an_import_that_is_not_downwards_is_found(module: str, line: str) -> None:
    assert len(floor_faults(module, line)) == 1


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("outreach.store.tables", "from outreach.rules.catalogue import FIELDS"),  # downwards
        ("outreach.store.tables", "from outreach.store import queries"),  # own room
        ("outreach.store.tables", "from . import queries"),
        ("outreach.cli.run", "from outreach import __version__, daemon"),  # a named neighbour
        ("outreach.model", "import enum"),  # not ours
        ("outreach.model", "from outreachy import store"),  # only looks like ours
    ],
)
def test_an_import_that_is_downwards_is_left_alone(module: str, line: str) -> None:
    assert floor_faults(module, line) == []


@pytest.mark.parametrize(
    ("door", "expected"),
    [
        ("import sqlalchemy.orm", 1),  # at the top of the door itself
        ("from outreach.rules import loader", 1),  # through another module
        ("import outreach.rules.loader", 1),
        ("def run():\n    import sqlalchemy", 0),  # when the command runs
        ("if TYPE_CHECKING:\n    import sqlalchemy", 0),  # never
        ("from outreach import model", 0),
        ("class Door:\n    import sqlalchemy", 1),  # a class body runs when it is loaded
    ],
)
def test_a_heavy_import_is_found_through_other_modules(door: str, expected: int) -> None:
    modules = {
        "outreach": ("", True),
        "outreach.cli": (door, True),
        "outreach.model": ("import enum", False),
        "outreach.rules": ("", True),
        "outreach.rules.loader": ("import jinja2", False),
    }
    assert len(slow_chains(modules, "outreach.cli")) == expected
