"""`apply:` in a timeline: rules of another file come in place of those that are tested."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from posixpath import normpath

from outreach.errors import OutreachError, Problems
from outreach.proving.scenarios.document import Deed, DeedKind
from outreach.releases import Release, with_files
from outreach.rules.document import Ruleset
from outreach.rules.yaml_nodes import Mapping, Scalar
from outreach.rules.yaml_section import Section, did_you_mean
from outreach.rules.yaml_source import decode


@dataclass(frozen=True)
class Edits:
    """What may be applied by a test: `file` is the test's own, `tested` the rule files of it."""

    release: Release
    file: str
    tested: tuple[str, ...]

    def read(self, line: Section) -> tuple[Deed, Ruleset, Edits] | None:
        """Read `apply:`; return what happens, the rules that hold from then on, and what follows.

        None where nothing is applied, or what is wrong with it is reported.
        """
        node = line.node.get("apply")
        key = line.node.key("apply")
        if node is None or key is None:
            return None
        pairs = self._named(line, node) if isinstance(node, Mapping) else self._only(line)
        files = {path: self._text(line, scalar) for path, scalar in pairs}
        found = {path: text for path, text in files.items() if text is not None}
        if not found or len(found) != len(files):
            return None
        try:
            edited = with_files(self.release, found)
        except Problems as problems:
            first = problems.problems[0]
            said = f"these rules have mistakes: line {first.line}: {first.message}"
            line.report("E010", said, node, hint=first.hint)
            return None
        deed = Deed(DeedKind.APPLY, key.position, files=found)
        rules = tuple(rule for rule in edited.ruleset if rule.position.file in self.tested)
        return deed, replace(edited.ruleset, rules=rules), replace(self, release=edited)

    def _only(self, line: Section) -> list[tuple[str, Scalar]]:
        """Return the one file that is tested, and what comes in its place."""
        scalar = line.scalar("apply")
        if scalar is None:
            return []
        if len(self.tested) != 1:
            said = "which rules does it come in place of? write `apply: {orders.yaml: new.yaml}`"
            line.report("E010", said, scalar)
            return []
        return [(self.tested[0], scalar)]

    def _named(self, line: Section, node: Mapping) -> list[tuple[str, Scalar]]:
        part = Section(node, "`apply`", [name.text for name, _ in node.entries], line.problems)
        found = []
        for name, _ in node.entries:
            path, scalar = self._path(name), part.scalar(name.text)
            if path not in self.tested:
                names = [PurePosixPath(one).name for one in self.tested]
                said = f"'{name.text}' is not tested here.{did_you_mean(name.text, names)}"
                line.report("E204", said, name)
            elif scalar is not None:
                found.append((path, scalar))
        return found

    def _text(self, line: Section, scalar: Scalar) -> str | None:
        path = self._path(scalar)
        try:
            return decode((self.release.workspace.folder / path).read_bytes(), path)
        except (OSError, OutreachError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            line.report("E204", f"{path} cannot be read: {why}", scalar)
            return None

    def _path(self, scalar: Scalar) -> str:
        return normpath(PurePosixPath(self.file).parent / scalar.text)
