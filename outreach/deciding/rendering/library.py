"""Which file says what: a folder per message, in it a file per language and channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from outreach.deciding.rendering.locales import choose, normal
from outreach.deciding.rendering.mail import packaged_footers, packaged_layout
from outreach.model import Channel

_ENDINGS = {"email.md": Channel.EMAIL, "sms.txt": Channel.SMS}
#: the folder of what messages share: `email.html` and `<locale>.footer.md`
SHARED = "_layout"
_FILE = re.compile(r"(?P<name>.+)/(?P<locale>[^/.]+)\.(?P<ending>email\.md|sms\.txt)")
_FOOTER = re.compile(rf"{SHARED}/(?P<locale>[^/.]+)\.footer\.md")


@dataclass(frozen=True)
class TemplateFile:
    """One file of words: its message, channel, language, and its path as people see it."""

    name: str
    channel: Channel
    locale: str
    path: str

    @property
    def is_footer(self) -> bool:
        """Whether this stands below every e-mail rather than being one."""
        return not self.name


class Library:
    """The template files of a workspace by name, channel and locale."""

    def __init__(self, texts: Mapping[str, str], folder: str) -> None:
        self.folder = folder
        self.strays: list[str] = []
        self.files: list[TemplateFile] = []
        self.footers: dict[str, TemplateFile] = {}
        self.layout = (packaged_layout(), "layout/email.html")
        self._texts: dict[str, str] = {}
        for locale, text in packaged_footers().items():
            self._add_footer(f"layout/{locale}.footer.md", locale, text)
        for path, text in texts.items():
            self._add(path, text)

    def _add(self, path: str, text: str) -> None:
        shown = f"{self.folder}/{path}" if self.folder else path
        if path == f"{SHARED}/email.html":
            self.layout = (text, shown)
        elif footer := _FOOTER.fullmatch(path):
            self._add_footer(shown, footer["locale"], text)
        elif file := _FILE.fullmatch(path):
            channel = _ENDINGS[file["ending"]]
            self.files.append(TemplateFile(file["name"], channel, normal(file["locale"]), shown))
            self._texts[shown] = text
        else:
            self.strays.append(shown)

    def _add_footer(self, path: str, locale: str, text: str) -> None:
        self.footers[normal(locale)] = TemplateFile("", Channel.EMAIL, normal(locale), path)
        self._texts[path] = text

    def text(self, file: TemplateFile) -> str:
        """What the file says."""
        return self._texts[file.path]

    def names(self) -> tuple[str, ...]:
        """Every message that has a file."""
        return tuple(sorted({file.name for file in self.files}))

    def channels(self, name: str) -> tuple[Channel, ...]:
        """The channels a message has words for."""
        found = {file.channel for file in self.files if file.name == name}
        return tuple(channel for channel in Channel if channel in found)

    def by_locale(self, name: str, channel: Channel) -> dict[str, TemplateFile]:
        """The files of one message and channel by their language."""
        return {f.locale: f for f in self.files if f.name == name and f.channel is channel}

    def footer(self, locale: str, workspace: str) -> TemplateFile:
        """The footer for a language; English when neither it nor the workspace's has one."""
        choice = choose(self.footers, locale, workspace)
        return self.footers[choice.locale if choice else "en"]


def ending(channel: Channel) -> str:
    """How the files of a channel end."""
    return next(end for end, known in _ENDINGS.items() if known is channel)
