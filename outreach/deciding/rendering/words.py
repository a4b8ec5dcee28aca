"""One template file, compiled once: its head, its words, and the letters made of it so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Template

from outreach.deciding.rendering.facts import Given, Missing, Unknown, find
from outreach.deciding.rendering.formats import Formats
from outreach.deciding.rendering.front_matter import FrontMatter, Placed, parse_front_matter
from outreach.deciding.rendering.library import TemplateFile
from outreach.deciding.rendering.mail import Letter, Skeleton
from outreach.deciding.rendering.sandbox import (
    BadTemplate,
    LocatedError,
    environment,
    mark,
    run,
    show,
)
from outreach.deciding.rendering.slots import RESERVED
from outreach.errors import RenderError
from outreach.model import Channel

#: more shapes than this of one template are not worth keeping
_LETTERS_KEPT = 256


@dataclass(frozen=True)
class Passage:
    """A compiled piece of a template and the line of the file it begins on."""

    template: Template
    line: int


class Compiler:
    """Turns template texts into passages, and counts: nothing is compiled twice."""

    def __init__(self) -> None:
        self.compilations = 0

    def passage(self, placed: Placed, file: str, *, marked: bool = False) -> Passage:
        """Compile; raises RenderError that names file and line."""
        self.compilations += 1
        if RESERVED.search(placed.text):
            raise RenderError(f"{file}: private-use characters U+E000 to U+E003 cannot be used")
        try:
            return Passage(environment(mark if marked else show).build(placed.text), placed.line)
        except BadTemplate as error:
            mistake = error.mistakes[0]
            msg = f"{file}:{placed.line + mistake.line - 1}: {mistake.message}"
            raise RenderError(msg) from error


@dataclass
class Words:
    """A compiled template file."""

    file: str
    head: FrontMatter
    body: Passage
    subject: Passage | None = None
    preheader: Passage | None = None
    from_name: Passage | None = None
    letters: dict[Skeleton, Letter] = field(default_factory=dict)

    def say(
        self, passage: Passage | None, given: Given, formats: Formats, values: list[str]
    ) -> str:
        """Render one passage; raises RenderError that names file and line."""
        if passage is None:
            return ""
        try:
            return run(passage.template, given, formats, values)
        except LocatedError as error:
            msg = f"{self.file}:{passage.line + error.line - 1}: {error}"
            raise RenderError(msg) from error

    def say_line(self, passage: Passage | None, given: Given, formats: Formats) -> str:
        """A passage that must be one line, such as a subject."""
        return " ".join(self.say(passage, given, formats, []).split())

    def require(self, given: Given) -> None:
        """Raise RenderError for the first value under `needs` that is not there, in any subject."""
        for need in self.head.needs:
            for path, value in _everywhere(given, need.text):
                if isinstance(value, Missing | Unknown) or value == ():
                    why = "missing" if not isinstance(value, Unknown) else _reason(value)
                    raise RenderError(f"{self.file}:{need.line}: needs {path}: {why}")

    def keep(self, skeleton: Skeleton, letter: Letter) -> None:
        """Remember a letter; forgetting all at once is simpler than ranking, and rare."""
        if len(self.letters) >= _LETTERS_KEPT:
            self.letters.clear()
        self.letters[skeleton] = letter


def compile_words(file: TemplateFile, text: str, compiler: Compiler) -> Words:
    """Read and compile one file; raises RenderError with the first thing that is wrong."""
    head = parse_front_matter(text, file.path, file.channel)
    if head.problems:
        raise RenderError(str(head.problems[0]))
    is_mail = file.channel is Channel.EMAIL
    if is_mail and head.subject is None and not file.is_footer:
        raise RenderError(f"{file.path}:1: an e-mail needs a `subject`")

    def passage(placed: Placed | None) -> Passage | None:
        return compiler.passage(placed, file.path) if placed else None

    return Words(
        file=file.path,
        head=head,
        body=compiler.passage(head.body, file.path, marked=is_mail),
        subject=passage(head.subject),
        preheader=passage(head.preheader),
        from_name=passage(head.from_name),
    )


def _everywhere(given: Given, path: str) -> Iterator[tuple[str, Any]]:
    """The value at a path, for a combined message in each of its orders or tickets."""
    root, _, rest = path.partition(".")
    several = given[f"{root}s"] if root in {"order", "ticket"} else None
    if isinstance(several, tuple) and len(several) > 1 and rest:
        for n, one in enumerate(several, start=1):
            yield f"{root}s[{n}].{rest}", find(Given({}, **{root: one}), path)
    else:
        yield path, find(given, path)


def _reason(value: Unknown) -> str:
    try:
        return str(value)
    except RenderError as error:
        return str(error)
