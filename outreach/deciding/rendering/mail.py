"""The e-mail around the words: one layout, CSS inlined once, and forms that each message fills."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import css_inline
from jinja2 import Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from outreach.deciding.rendering.locales import is_right_to_left
from outreach.deciding.rendering.markdown import read_markdown, to_html, to_text, wrap
from outreach.deciding.rendering.slots import Form, Part, form_of
from outreach.errors import RenderError

#: the first values of every e-mail: these marks stand in the layout
SUBJECT, PREHEADER, BRAND = "\ue0000\ue003", "\ue0001\ue003", "\ue0002\ue003"
_PACKAGED = Path(__file__).parent / "layout"
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)
#: blank letters after the preheader, so that mail programs do not show the body behind it
_PADDING = range(40)


@dataclass(frozen=True)
class Skeleton:
    """Everything about an e-mail but its values: messages of one skeleton share a letter."""

    body: str
    footer: str
    locale: str
    has_preheader: bool
    has_brand: bool


@dataclass(frozen=True)
class Letter:
    """The HTML and text of a skeleton, ready to be filled."""

    html: Form
    text: Form

    def fill(self, values: list[str]) -> tuple[str, str]:
        """The HTML and the text of one message; raises RenderError for an unsafe link."""
        return self.html.fill(values, Part.HTML), wrap(self.text.fill(values, Part.TEXT))


class Layout:
    """The shared HTML page; a workspace may bring its own as `_layout/email.html`."""

    def __init__(self, html: str, file: str = "layout/email.html") -> None:
        self._file = file
        try:
            self._template: Template = ImmutableSandboxedEnvironment().from_string(html)
        except TemplateError as error:
            raise RenderError(f"{file}: {error}") from error

    def letter(self, skeleton: Skeleton) -> Letter:
        """Read the Markdown, lay it out and inline the CSS: once per skeleton."""
        body, footer = read_markdown(skeleton.body), read_markdown(skeleton.footer)
        is_rtl = is_right_to_left(skeleton.locale)
        try:
            html = self._template.render(
                lang=skeleton.locale,
                direction="rtl" if is_rtl else "ltr",
                start="right" if is_rtl else "left",
                subject=SUBJECT,
                preheader=PREHEADER if skeleton.has_preheader else "",
                brand=BRAND if skeleton.has_brand else "",
                body=to_html(body),
                footer=to_html(footer),
                padding=_PADDING,
            )
        except TemplateError as error:
            raise RenderError(f"{self._file}: {error}") from error
        text = to_text(body)
        below = to_text(footer)
        # "-- " is how mail programs know where a signature begins
        text = f"{text}\n\n-- \n{below}\n" if below else f"{text}\n"
        return Letter(form_of(_INLINER.inline(html)), form_of(text))


@lru_cache(maxsize=1)
def packaged_layout() -> str:
    """The layout that Outreach brings along."""
    return (_PACKAGED / "email.html").read_text("utf-8")


@lru_cache(maxsize=1)
def packaged_footers() -> dict[str, str]:
    """The footers that Outreach brings along, by locale."""
    files = sorted(_PACKAGED.glob("*.footer.md"))
    return {file.name.partition(".")[0]: file.read_text("utf-8") for file in files}
