"""What people install: a wheel with the package and the starter workspace that works by itself."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import outreach

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8").splitlines()

PIN = re.compile(r"(?P<name>[a-z0-9.-]+)==(?P<version>[\w.]+)( ; [^\\]+)? \\")
CACHES = shutil.ignore_patterns("__pycache__")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def _run(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed and knows nothing of this checkout or the user's settings."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _build(kind: str, source: Path, into: Path) -> Path:
    _run(sys.executable, "-m", "hatchling", "build", "--target", kind, "-d", into, cwd=source)
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the wheel in it, and the dependencies within reach."""
    home = tmp_path_factory.mktemp("bare")
    venv.create(home, symlinks=True)
    pip = (sys.executable, "-m", "pip", "--python", home / "bin" / "python")
    _run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=home)
    # a folder named in a .pth is searched, but its own .pth files (the editable checkout) are not
    site = next(home.glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    return home / "bin"


def test_wheel_installs_the_package_and_nothing_beside_it(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert tops == {"outreach", f"outreach-{outreach.__version__}.dist-info"}


def test_wheel_carries_the_starter_workspace(wheel: Path) -> None:
    starter = {"outreach.yaml", "rules.example.yaml"}
    for folder in ("rules", "templates", "jobs"):
        inside = {str(p.relative_to(ROOT)) for p in (ROOT / folder).rglob("*") if p.is_file()}
        assert inside, f"{folder}/ is empty"
        starter |= inside
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    shipped = {name for name in names if name.startswith("outreach/starter/")}
    assert shipped == {f"outreach/starter/{name}" for name in starter}
    assert not [name for name in shipped if name.endswith(".py")]  # data only


def test_wheel_says_that_it_is_typed_and_licensed(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "outreach/py.typed" in names
    assert f"outreach-{outreach.__version__}.dist-info/licenses/LICENSE" in names


def test_wheel_built_from_the_source_archive_is_the_same(wheel: Path, tmp_path: Path) -> None:
    for folder in ("sdist", "unpacked", "wheel"):
        (tmp_path / folder).mkdir()
    with tarfile.open(_build("sdist", ROOT, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    with ZipFile(wheel) as ours, ZipFile(_build("wheel", source, tmp_path / "wheel")) as theirs:
        assert {i.filename: i.CRC for i in ours.infolist()} == {
            i.filename: i.CRC for i in theirs.infolist()
        }


def test_installed_bare_it_is_not_the_checkout(bare: Path, tmp_path: Path) -> None:
    where = _run(bare / "python", "-c", "import outreach; print(outreach.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(bare.parent)


def test_installed_bare_it_makes_a_workspace_that_checks(bare: Path, tmp_path: Path) -> None:
    _run(bare / "outreach", "init", "shop", cwd=tmp_path)
    for part in ("outreach.yaml", "rules", "templates", "jobs"):
        assert (tmp_path / "shop" / part).exists(), part
    _run(bare / "outreach", "check", "shop", cwd=tmp_path)


def test_container_file_copies_all_that_the_build_needs(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "wheel").mkdir()
    source = tmp_path / "source"
    source.mkdir()
    for line in (ROOT / "deploy" / "Containerfile").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            *names, target = line.split()[1:]
            for name in names:
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, source / target, ignore=CACHES)
                else:
                    shutil.copy(ROOT / name, source)
    with ZipFile(wheel) as ours, ZipFile(_build("wheel", source, tmp_path / "wheel")) as theirs:
        assert set(ours.namelist()) == set(theirs.namelist())


def test_every_library_we_import_is_declared() -> None:
    """One that comes along with another today may be gone tomorrow."""
    homes = packages_distributions()
    undeclared = set()
    for path in (ROOT / "outreach").rglob("*.py"):
        for module in _imported_tops(path.read_text("utf-8")) - {"outreach"}:
            if module in sys.stdlib_module_names:
                continue
            found = {canonicalize_name(name) for name in homes.get(module, [module])}
            if not found & _names(_runtime()):
                undeclared.add(f"{path.relative_to(ROOT)}: {module}")
    assert not undeclared, "add it to the dependencies in pyproject.toml, then `make lock`"


def test_lock_holds_names_versions_and_hashes_only() -> None:
    """An address of a registry would tie everyone to ours."""
    odd = [line for line in LOCK if not PIN.fullmatch(line) and not HASH.fullmatch(line)]
    assert not odd
    bare_pins = [
        line
        for line, below in zip(LOCK, [*LOCK[1:], ""], strict=True)
        if PIN.fullmatch(line) and not HASH.fullmatch(below)
    ]
    assert not bare_pins


def test_lock_satisfies_what_is_declared() -> None:
    pins = {found["name"]: found["version"] for line in LOCK if (found := PIN.fullmatch(line))}
    built_with = PYPROJECT["build-system"]["requires"]
    wanted = _runtime() + [Requirement(text) for text in built_with + _development()]
    amiss = [
        str(requirement)
        for requirement in wanted
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]
    assert not amiss, "`make lock`"
    assert _names(wanted) <= pins.keys(), "`make lock`"


def _runtime() -> list[Requirement]:
    project = PYPROJECT["project"]
    extras = [text for extra in project["optional-dependencies"].values() for text in extra]
    return [Requirement(text) for text in project["dependencies"] + extras]


def _development() -> list[str]:
    return list(PYPROJECT["dependency-groups"]["dev"])


def _names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


def _imported_tops(source: str) -> set[str]:
    tops = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            tops |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            tops.add((node.module or "").partition(".")[0])
    return tops
