"""What happens on a line besides changes in the data: what people and providers do."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.model import Kind, Position, SubjectRef
from outreach.proving.scenarios.document import ABOUT_A_MESSAGE, Deed, DeedKind
from outreach.proving.scenarios.subjects import Cast
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section, did_you_mean

ALL = "all"
#: what each deed is said of, where it is not about somebody
_OF = {
    DeedKind.APPROVE: ALL,
    DeedKind.REJECT: ALL,
    DeedKind.PAUSE: ALL,
    DeedKind.RESUME: ALL,
    DeedKind.RESTART: "true",
}


def read_deeds(line: Section, cast: Cast) -> Iterator[Deed]:
    """Yield what a line lets happen, in the order it is written."""
    for key, _ in line.node.entries:
        if key.text not in list(DeedKind):
            continue
        kind = DeedKind(key.text)
        for scalar in line.scalars(key.text):
            if kind in _OF:
                if scalar.text == _OF[kind]:
                    yield Deed(kind, _place(key))
                else:
                    said = f"write `{kind}: {_OF[kind]}`, not `{scalar.text}`"
                    line.report("E010", said, scalar)
            elif whom := _whom(line, scalar, kind, cast):
                yield Deed(kind, _place(key), whom)


def _place(key: Scalar) -> Position:
    return key.position


def _whom(line: Section, scalar: Scalar, kind: DeedKind, cast: Cast) -> SubjectRef | None:
    kinds = (Kind.CUSTOMER, Kind.ORDER, Kind.TICKET)
    for subject in kinds if kind in ABOUT_A_MESSAGE else kinds[:1]:
        if scalar.text in cast.known[subject]:
            return SubjectRef(subject, scalar.text)
    known = cast.known[Kind.CUSTOMER]
    what = "nothing" if kind in ABOUT_A_MESSAGE else "no customer"
    said = f"{what} is called '{scalar.text}' in this test.{did_you_mean(scalar.text, known)}"
    line.report("E204", said, scalar)
    return None
