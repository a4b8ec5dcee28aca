"""The Jinja environments of templates: sandboxed, strict, and with nothing to call."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from types import CodeType, TracebackType
from typing import Any

from jinja2 import Template, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.exceptions import TemplateError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import LRUCache

from outreach.deciding.rendering.constructs import Mistake, unsafe_constructs
from outreach.deciding.rendering.facts import Facts, Given, Missing, Unknown, child
from outreach.deciding.rendering.formats import FILTERS, Formats
from outreach.deciding.rendering.promising import PROMISES, name_orders, state
from outreach.errors import RenderError
from outreach.model import Promised

#: Jinja's own filters and tests that templates keep; the rest either calls, or marks text as safe
_KEPT_FILTERS = (
    "length", "count", "first", "last", "lower", "upper", "capitalize", "trim", "truncate",
    "selectattr", "rejectattr", "sort", "unique",
)  # fmt: skip
_KEPT_TESTS = (
    "in", "eq", "equalto", "ne", "gt", "ge", "lt", "le", "greaterthan", "lessthan", "odd", "even",
)  # fmt: skip
#: how many compiled passages an environment keeps: a large workspace has a few hundred
_CODE_KEPT = 1024
_LOOP = frozenset({"index", "first", "last", "length"})
#: a line with nothing on it but block tags and comments, up to its line end
_TAGS_ONLY = re.compile(
    r"^[ \t]*((?:(?:\{%(?:(?!%\}).)*%\}|\{#(?:(?!#\}).)*#\})[ \t]*)*?)"
    r"(\{%(?:(?!%\}).)*|\{#(?:(?!#\}).)*)([%#]\})[ \t]*\n",
    re.MULTILINE,
)


class BadTemplate(RenderError):
    """A template that cannot be used; `mistakes` says all that is wrong with it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(mistakes[0].message)


class Reading(Context):
    """One rendering: who reads it, and the values shown so far."""

    formats: Formats
    shown: list[str]

    def resolve_or_missing(self, key: str) -> Any:
        return self.vars[key] if key in self.vars else self.parent[key]

    def mark(self, text: str) -> str:
        """Put a value aside and leave a mark, so that no value is ever read as Markdown or HTML."""
        if ("@" in text or "://" in text) and text in self.shown:
            # an address and the link to it share a mark, so that the text part shows it once
            return f"\ue000{self.shown.index(text)}\ue003"
        self.shown.append(text)
        return f"\ue000{len(self.shown) - 1}\ue003"


class WordsEnvironment(SandboxedEnvironment):
    """Templates over `Facts`: fields by name, a short list of filters and tests, no globals."""

    context_class = Reading

    def __init__(self, finalize: Callable[[Reading, Any], str]) -> None:
        super().__init__(undefined=Unknown, finalize=finalize, autoescape=False)
        kept = {name: self.filters[name] for name in _KEPT_FILTERS}
        self.filters = {**kept, **{name: _formatter(name) for name in FILTERS}}
        self.filters |= {"default": _default, "plus": _plus}
        self.filters |= {name: _promising(what) for name, what in PROMISES.items()}
        self.tests = {name: self.tests[name] for name in _KEPT_TESTS}
        self.tests |= {"missing": _is_missing, "present": lambda value: not _is_missing(value)}
        self.tests |= {"upcoming": _is_upcoming}
        self.globals.clear()
        self._code: LRUCache = LRUCache(_CODE_KEPT)

    def read(self, source: str) -> nodes.Template:
        """The parsed template; raises BadTemplate when it cannot be parsed."""
        try:
            return self.parse(_swallow_tag_lines(source))
        except TemplateSyntaxError as error:
            raise BadTemplate([_syntax_mistake(error, source)]) from error

    def unsafe(self, ast: nodes.Template) -> list[Mistake]:
        """Every construct of the template that it may not use."""
        return list(unsafe_constructs(ast, self.filters, self.tests))

    def build(self, source: str) -> Template:
        """A compiled template, to be kept; raises BadTemplate."""
        code = self._code.get(source)
        if code is None:
            code = self._code[source] = self._compiled(source)
        return Template.from_code(self, code, {})

    def _compiled(self, source: str) -> CodeType:
        ast = self.read(source)
        if mistakes := self.unsafe(ast):
            raise BadTemplate(mistakes)
        name_orders(ast)
        try:
            code = self.compile(ast)
        except TemplateError as error:
            raise BadTemplate([Mistake(1, "M201", str(error))]) from error
        assert isinstance(code, CodeType)
        return code

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is Facts:
            return obj.pick(attribute)
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return child(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(argument, int) and isinstance(obj, tuple):
            return obj[argument] if -len(obj) <= argument < len(obj) else Missing(f"no. {argument}")
        return child(obj, str(argument))


@cache
def environment(finalize: Callable[[Reading, Any], str]) -> WordsEnvironment:
    """The one environment of the process whose values go through `show` or `mark`."""
    return WordsEnvironment(finalize)


@pass_context
def show(reading: Reading, value: Any) -> str:
    """Finalizer of plain text (subjects, SMS): the value itself, on one line."""
    return reading.formats.show(value)


@pass_context
def mark(reading: Reading, value: Any) -> str:
    """Finalizer of Markdown: the value is put aside until the Markdown has been read."""
    return reading.mark(reading.formats.show(value))


def run(template: Template, given: Given, formats: Formats, values: list[str]) -> str:
    """Render once; `values` collects what was marked. Raises LocatedError."""
    reading = template.new_context(given, shared=True)
    assert isinstance(reading, Reading)
    reading.formats = formats
    reading.shown = values
    try:
        return "".join(template.root_render_func(reading))
    except RenderError as error:
        raise located(error, str(error), template) from error
    except Exception as error:
        # whatever a template does wrong (comparing a day with a word) holds its message, no more
        raise located(error, f"{type(error).__name__}: {error}", template) from error


class LocatedError(RenderError):
    """A RenderError that knows the line of the template text it comes from."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def located(error: Exception, message: str, template: Template) -> LocatedError:
    """The same error with the line of the template where it happened."""
    return LocatedError(message, _line_of(error.__traceback__, template))


def _line_of(traceback: TracebackType | None, template: Template) -> int:
    line = 1
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__jinja_template__") is template:
            line = template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return line


def _swallow_tag_lines(source: str) -> str:
    """Make lines that hold only tags leave nothing behind, not even their line end.

    The line end moves inside the last tag, so line numbers stay right. Jinja's own `trim_blocks`
    would also join the next line to a line that merely ends with a tag.
    """

    def swallow(line: re.Match[str]) -> str:
        before, tag, end = line.groups()
        dash = "-" if tag.endswith("-") else ""
        return f"{before}{tag.removesuffix('-')}\n{dash}{end}"

    return _TAGS_ONLY.sub(swallow, source if source.endswith("\n") else f"{source}\n")


def _formatter(name: str) -> Callable[..., Any]:
    @pass_context
    def formatter(reading: Reading, value: Any, *args: Any, **kwargs: Any) -> str:
        return str(getattr(reading.formats, name)(value, *args, **kwargs))

    return formatter


@pass_context
def _plus(reading: Reading, value: Any, duration: str) -> datetime:
    return reading.formats.plus(value, duration, given_to(reading).calendar)


def _promising(what: Promised) -> Callable[..., Any]:
    @pass_context
    def promising(reading: Reading, value: Any, record: Any) -> datetime:
        return state(given_to(reading), reading.formats, what, value, record)

    return promising


def given_to(reading: Reading) -> Given:
    """Return the context of a message as its template was handed it."""
    assert isinstance(reading.parent, Given)
    return reading.parent


@pass_context
def _is_upcoming(reading: Reading, value: Any) -> bool:
    return reading.formats.is_upcoming(value, reading.parent["now"])


def _default(value: Any, other: Any = "") -> Any:
    """Stand in for a missing value; a name that does not exist stays an error."""
    return other if _is_missing(value) else value


def _is_missing(value: Any) -> bool:
    if isinstance(value, Undefined) and not isinstance(value, Missing):
        str(value)  # raises: a misspelt name is a mistake, not a missing value
    return isinstance(value, Missing) or value in ((), "")


def _syntax_mistake(error: TemplateSyntaxError, source: str) -> Mistake:
    """Jinja's words; for a tag left open its own line, which Jinja does not tell."""
    message = (error.message or "this is not a template").rstrip(".")
    opened: list[tuple[str, int]] = []
    for tag in _OPEN_OR_CLOSE.finditer(source):
        if tag[1].startswith("end"):
            opened = opened[:-1]
        else:
            opened.append((tag[1], source.count("\n", 0, tag.start()) + 1))
    if "Unexpected end of template" in message and opened:
        name, line = opened[-1]
        said = f"{{% {name} … %}} is not closed: add {{% end{name} %}}"
        return Mistake(line, "M201", said, name)
    return Mistake(error.lineno, "M201", message[0].lower() + message[1:])


_OPEN_OR_CLOSE = re.compile(r"\{%[-+]?\s*((?:end)?(?:if|for))\b")
