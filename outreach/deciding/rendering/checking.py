"""Checks of a whole template folder: every mistake with its file, line and column, in one pass."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from outreach.deciding.rendering.constructs import Mistake, Names
from outreach.deciding.rendering.facts import FOOTER_ROOTS, ROOTS
from outreach.deciding.rendering.front_matter import FrontMatter, Placed, parse_front_matter
from outreach.deciding.rendering.library import SHARED, Library, TemplateFile, ending
from outreach.deciding.rendering.locales import is_locale, normal
from outreach.deciding.rendering.mail import Layout
from outreach.deciding.rendering.sandbox import BadTemplate, environment, show
from outreach.deciding.rendering.slots import RESERVED, may_be_written
from outreach.errors import Level, Problem, RenderError
from outreach.model import Channel

#: the field names that are known, by root
Fields = tuple[tuple[str, frozenset[str]], ...]

_LINK = re.compile(r"\]\(\s*<?(?P<target>[^)\s>]*)")
_HTML = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^>]*)?>", re.IGNORECASE)


def check_templates(
    library: Library, fields: Mapping[str, Collection[str]], workspace: str
) -> list[Problem]:
    """Every problem of every file, and of what is not there; see `Templates.check`."""
    problems: list[Problem] = []
    known = tuple((root, frozenset(names)) for root, names in fields.items())
    for file in (*library.files, *library.footers.values()):
        problems += _check_file(file, library.text(file), known).problems
    problems += _stray_files(library)
    problems += _missing_parts(library, normal(workspace))
    try:
        Layout(*library.layout)
    except RenderError as error:
        page = library.layout[1]
        problems.append(Problem(page, 1, 1, "M201", str(error).removeprefix(f"{page}: ")))
    return sorted(problems)


def used_names(library: Library, name: str) -> set[str]:
    """The values (`order`, `ticket`, …) that a message uses in any of its files."""
    files = [file for file in library.files if file.name == name]
    return {used for file in files for used in _check_file(file, library.text(file), ()).used}


@dataclass(frozen=True)
class Checked:
    """What is wrong with a file, and which values it uses."""

    problems: tuple[Problem, ...]
    used: frozenset[str]


@lru_cache(maxsize=1024)  # one command checks the same files more than once
def _check_file(file: TemplateFile, text: str, fields: Fields) -> Checked:
    check = _FileCheck(file, text, dict(fields))
    return Checked(tuple(check.problems()), frozenset(check.used))


class _FileCheck:
    """The checks of one file."""

    def __init__(
        self, file: TemplateFile, text: str, fields: Mapping[str, Collection[str]]
    ) -> None:
        self.file = file
        self.text = text
        self.lines = text.splitlines()
        self.fields = fields
        self.environment = environment(show)
        self.used: set[str] = set()

    def problems(self) -> list[Problem]:
        """Everything wrong with this file."""
        head = parse_front_matter(self.text, self.file.path, self.file.channel)
        found = list(head.problems)
        if not is_locale(self.file.locale):
            message = f"{self.file.locale!r} is not a language: name the file such as de or de-AT"
            found.append(Problem(self.file.path, 1, 1, "M205", message))
        found += self._parts(head)
        for placed in (head.subject, head.preheader, head.from_name, head.body):
            if placed is not None:
                found += self._passage(placed)
        for need in head.needs:
            found += self._expression(need)
        if self.file.channel is Channel.EMAIL:
            found += self._markdown(head.body)
        return found

    def _parts(self, head: FrontMatter) -> Iterator[Problem]:
        is_mail = self.file.channel is Channel.EMAIL and not self.file.is_footer
        if is_mail and head.subject is None and not head.problems:
            yield self._problem(Mistake(1, "M205", "an e-mail needs a `subject`"), 1)
        if not head.body.text.strip():
            yield self._problem(Mistake(1, "M205", "there are no words here"), head.body.line)

    def _passage(self, placed: Placed) -> Iterator[Problem]:
        if RESERVED.search(placed.text):
            message = "private-use characters U+E000 to U+E003 cannot be used"
            yield self._problem(Mistake(1, "M201", message), placed.line)
            return
        names = Names(FOOTER_ROOTS if self.file.is_footer else ROOTS, self.fields)
        try:
            ast = self.environment.read(placed.text)
            names.read(ast)
            mistakes = (*self.environment.unsafe(ast), *names.mistakes)
        except BadTemplate as error:
            mistakes = error.mistakes
        self.used |= names.used
        for mistake in mistakes:
            yield self._problem(mistake, placed.line)

    def _expression(self, need: Placed) -> Iterator[Problem]:
        names = Names(ROOTS, self.fields)
        names.read(self.environment.read("{{ " + need.text.replace("-", "_") + " }}"))
        for mistake in names.mistakes:
            yield self._problem(mistake, need.line)

    def _markdown(self, body: Placed) -> Iterator[Problem]:
        for number, line in enumerate(body.text.splitlines(), start=1):
            for link in _LINK.finditer(line):
                target = link["target"]
                if not target.startswith("{{") and not may_be_written(target):
                    message = f"{target!r} is not a link: begin it with https://, mailto: or tel:"
                    yield self._problem(Mistake(number, "M207", message, target), body.line)
            if html := _HTML.search(line):
                message = f"{html[0]} would be shown as it stands: write Markdown, not HTML"
                mistake = Mistake(number, "M201", message, html[0])
                yield self._problem(mistake, body.line)

    def _problem(self, mistake: Mistake, first_line: int) -> Problem:
        line = first_line + mistake.line - 1
        source = self.lines[line - 1] if line <= len(self.lines) else ""
        column = _column(source, mistake.word)
        return Problem(
            self.file.path,
            line,
            column,
            mistake.code,
            mistake.message,
            source=source,
            width=len(mistake.word) if mistake.word and column else 1,
            hint=mistake.hint,
        )


def _column(source: str, word: str) -> int:
    """Where a word stands, looked for in the tags first; 1 when it does not stand on this line."""
    if not word:
        return 1
    tags = [tag for tag in re.finditer(r"\{[{%].*?[}%]\}", source) if word in tag[0]]
    start = tags[0].start() if tags else 0
    word = re.escape(word)
    for pattern in (rf"(?<=\.){word}(?!\w)", rf"(?<!\w){word}(?!\w)", word):
        if at := re.search(pattern, source[start:]):
            return start + at.start() + 1
    return 1


def _stray_files(library: Library) -> Iterator[Problem]:
    for path in library.strays:
        message = "this file is no template: it would never be used"
        hint = "name it <message>/<locale>.email.md or <message>/<locale>.sms.txt"
        yield Problem(path, 1, 1, "M205", message, Level.WARNING, hint=hint)


def _missing_parts(library: Library, workspace: str) -> Iterator[Problem]:
    """Languages that one channel of a message has and another lacks, and the workspace's own."""
    for name in library.names():
        spoken = {channel: library.by_locale(name, channel) for channel in library.channels(name)}
        wanted = {locale for files in spoken.values() for locale in files} | {workspace}
        for channel, files in spoken.items():
            for locale in sorted(wanted):
                if not any(tag in files for tag in (locale, locale.partition("-")[0])):
                    path = f"{library.folder}/{name}/{locale}.{ending(channel)}"
                    message = f"message {name!r} has no {channel.value} in {locale}"
                    if locale == workspace:
                        message += ", the workspace's own language"
                    yield Problem(path, 1, 1, "M205", message)
    missing = {file.locale.partition("-")[0] for file in library.files} - library.footers.keys()
    for language in sorted(missing):
        path = f"{library.folder}/{SHARED}/{language}.footer.md"
        yield Problem(path, 1, 1, "M205", f"there is no footer in {language}", Level.WARNING)
