"""What happens on a line besides changes in the data: what people and providers do."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.model import Kind, SubjectRef
from outreach.proving.scenarios.document import ABOUT_A_MESSAGE, OF_A_TEAM, Deed, DeedKind
from outreach.proving.scenarios.subjects import Cast
from outreach.rules.yaml_nodes import Mapping, Scalar
from outreach.rules.yaml_section import Section, did_you_mean

ALL = "all"
#: what each deed is said of, where it is not about somebody
_OF = {
    DeedKind.APPROVE: ALL,
    DeedKind.REJECT: ALL,
    DeedKind.PAUSE: ALL,
    DeedKind.RESUME: ALL,
    DeedKind.RESOLVE: ALL,
    DeedKind.RESTART: "true",
}


def read_deeds(line: Section, cast: Cast) -> Iterator[Deed]:
    """Yield what a line lets happen, in the order it is written."""
    for key, node in line.node.entries:
        if key.text not in list(DeedKind):
            continue
        kind = DeedKind(key.text)
        if kind in (DeedKind.APPLY, DeedKind.ANSWER):
            continue
        if kind is DeedKind.REPLY and isinstance(node, Mapping):
            yield from _replies(line, key, node, cast)
            continue
        for scalar in line.scalars(key.text):
            if kind in _OF:
                if scalar.text == _OF[kind]:
                    yield Deed(kind, key.position)
                else:
                    said = f"write `{kind}: {_OF[kind]}`, not `{scalar.text}`"
                    line.report("E010", said, scalar)
            elif whom := read_whom(line, scalar, kind, cast):
                yield Deed(kind, key.position, whom)


def _replies(line: Section, key: Scalar, node: Mapping, cast: Cast) -> Iterator[Deed]:
    """Yield replies that are written out: who, and their words."""
    words = Section(node, "`reply`", [name.text for name, _ in node.entries], line.problems)
    for name, _ in node.entries:
        whom = read_whom(line, name, DeedKind.REPLY, cast)
        said = words.text(name.text)
        if whom and said:
            yield Deed(DeedKind.REPLY, key.position, whom, said)


def read_whom(line: Section, scalar: Scalar, kind: DeedKind, cast: Cast) -> SubjectRef | None:
    """Return whom a deed is about; None where nobody is called that, which is reported."""
    kinds: tuple[Kind, ...] = (Kind.CUSTOMER, Kind.ORDER, Kind.TICKET)
    what = "nothing"
    if kind is DeedKind.INCIDENT:
        kinds, what = (Kind.ORDER,), "no order"
    elif kind not in ABOUT_A_MESSAGE | OF_A_TEAM:
        kinds, what = (Kind.CUSTOMER,), "no customer"
    for subject in kinds:
        if scalar.text in cast.known[subject]:
            return SubjectRef(subject, scalar.text)
    known = cast.known[kinds[0]]
    said = f"{what} is called '{scalar.text}' in this test.{did_you_mean(scalar.text, known)}"
    line.report("E204", said, scalar)
    return None
