"""Templates: the messages of a workspace by name, channel and language, made by `render`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from outreach.deciding.promises import Stated, once_each
from outreach.deciding.rendering.checking import check_templates, used_names
from outreach.deciding.rendering.facts import Given, Missing, child
from outreach.deciding.rendering.formats import Formats, formats_for
from outreach.deciding.rendering.front_matter import Placed
from outreach.deciding.rendering.headers import unsubscribe_link
from outreach.deciding.rendering.library import Library, TemplateFile
from outreach.deciding.rendering.locales import Choice, choose
from outreach.deciding.rendering.mail import Layout, Skeleton
from outreach.deciding.rendering.sandbox import run
from outreach.deciding.rendering.sms import count_segments
from outreach.deciding.rendering.suggestions import did_you_mean
from outreach.deciding.rendering.words import Compiler, Passage, Words, compile_words
from outreach.errors import Problem, RenderError
from outreach.model import Channel, Kind, Purpose

UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Rendered:
    """A message in words: of an SMS only `text`, of an e-mail everything but the segments."""

    text: str
    subject: str = ""
    preheader: str = ""
    html: str = ""
    from_name: str = ""
    segments: int = 0
    encoding: str = ""
    locale: str = ""
    why_locale: str = ""
    file: str = ""
    #: the dates that its words promise
    promises: tuple[Stated, ...] = ()
    #: it carries a coupon, which makes any message advertising
    advertises: bool = False


class Templates:
    """The templates of a workspace, compiled when first used and kept.

    `texts` maps paths such as `delay-apology/de.email.md` to their text; `locale` and `zone` are
    the workspace's, for readers whose own are not known; `folder` goes before paths people see.
    """

    def __init__(
        self,
        texts: Mapping[str, str],
        locale: str = "en",
        zone: ZoneInfo = UTC,
        *,
        folder: str = "templates",
    ) -> None:
        self.locale = locale
        self.zone = zone
        self._library = Library(texts, folder)
        self._compiler = Compiler()
        self._words: dict[TemplateFile, Words] = {}
        self._chosen: dict[tuple[str, Channel, str], tuple[Words, Choice]] = {}
        self._footers: dict[str, Words] = {}
        self._lines: dict[str, Passage] = {}
        self._layout: Layout | None = None

    @classmethod
    def from_folder(cls, path: Path, locale: str = "en", zone: ZoneInfo = UTC) -> Templates:
        """The templates in a folder; raises RenderError when there is none, or for bad UTF-8."""
        if not path.is_dir():
            raise RenderError(f"there is no folder {path}")
        texts = {}
        for file in sorted(path.rglob("*")):
            place = file.relative_to(path)
            if file.is_file() and not any(part.startswith(".") for part in place.parts):
                texts[place.as_posix()] = _read(file)
        return cls(texts, locale, zone, folder=path.name)

    @property
    def compilations(self) -> int:
        """How often Jinja has compiled something: it stands still once every template was used."""
        return self._compiler.compilations

    def names(self) -> tuple[str, ...]:
        """Every template, by name."""
        return self._library.names()

    def files(self) -> tuple[tuple[TemplateFile, str], ...]:
        """Every file of words with what it says, footers aside."""
        return tuple((file, self._library.text(file)) for file in self._library.files)

    def channels(self, name: str) -> tuple[Channel, ...]:
        """The channels that a template has words for."""
        return self._library.channels(name)

    def locales(self, name: str, channel: Channel) -> tuple[str, ...]:
        """The languages that a template has words in, for one channel."""
        return tuple(sorted(self._library.by_locale(name, channel)))

    def about(self, name: str) -> Kind:
        """What a template speaks of, going by the values it uses."""
        used = used_names(self._library, name)
        if "response" in used:
            return Kind.RESPONSE
        if used & {"ticket", "tickets"}:
            return Kind.TICKET
        return Kind.ORDER if used & {"order", "orders", "subjects"} else Kind.CUSTOMER

    def check(self, fields: Mapping[str, Collection[str]] | None = None) -> list[Problem]:
        """Everything that is wrong with the templates.

        `fields` holds the field names of `order`, `ticket` and `customer`, workspace fields too;
        without it only the names before the dot are checked.
        """
        return check_templates(self._library, fields or {}, self.locale)

    def render(
        self,
        name: str,
        channel: Channel,
        context: Mapping[str, Any],
        *,
        now: datetime,
        locale: str | None = None,
        zone: ZoneInfo | None = None,
        purpose: Purpose = Purpose.SERVICE,
    ) -> Rendered:
        """One message for one reader, whose locale and zone are given if known.

        `now` is when it is sent: a day that has passed must not be announced as one to come.

        Raises RenderError when a value is missing that would be shown or is needed, and for every
        other reason the message cannot be sent as it is.
        """
        words, choice = self._choose(name, channel, locale or "")
        formats = formats_for(choice.formats, zone or self.zone)
        given = Given(context, now=now)
        words.require(given)
        if channel is Channel.SMS:
            rendered = self._sms(words, given, formats, choice)
        else:
            rendered = self._mail(words, given, formats, choice, purpose)
        promises = once_each(given.promises)
        return replace(rendered, promises=promises, advertises=_advertises(given))

    def line(self, text: str, context: Mapping[str, Any], *, now: datetime, zone: ZoneInfo) -> str:
        """One line for the workspace's own people, such as the title of a task.

        Raises RenderError when a value is missing, or the text is no template.
        """
        passage = self._lines.get(text)
        if passage is None:
            passage = self._lines[text] = self._compiler.passage(Placed(text, 1), "title")
        formats = formats_for(self.locale, zone)
        return " ".join(run(passage.template, Given(context, now=now), formats, []).split())

    def _sms(self, words: Words, given: Given, formats: Formats, choice: Choice) -> Rendered:
        text = _tidy(words.say(words.body, given, formats, []))
        if not text:
            raise RenderError(f"{words.file}: the message came out empty")
        cost = count_segments(text)
        return Rendered(
            text=text,
            segments=cost.count,
            encoding=cost.encoding.value,
            locale=choice.locale,
            why_locale=choice.why,
            file=words.file,
        )

    def _mail(
        self,
        words: Words,
        given: Given,
        formats: Formats,
        choice: Choice,
        purpose: Purpose,
    ) -> Rendered:
        subject = words.say_line(words.subject, given, formats)
        preheader = words.say_line(words.preheader, given, formats)
        brand = child(given["shop"], "name")
        values = [subject, preheader, formats.show(brand) if isinstance(brand, str) else ""]
        body = words.say(words.body, given, formats, values)
        if not subject or not body.strip():
            raise RenderError(f"{words.file}: the message came out empty")
        words_below = self._footer(choice.locale)
        given_below = given.also(
            purpose=purpose.value,
            unsubscribe=_refusal(given, purpose),
            refuse_offers=_refusal_of_offers(given, purpose),
        )
        footer = words_below.say(words_below.body, given_below, formats, values)
        skeleton = Skeleton(body, footer, choice.locale, bool(preheader), bool(values[2]))
        html, text = self._filled(words, skeleton, values)
        return Rendered(
            text=text,
            subject=subject,
            preheader=preheader,
            html=html,
            from_name=words.say_line(words.from_name, given, formats),
            locale=choice.locale,
            why_locale=choice.why,
            file=words.file,
        )

    def _filled(self, words: Words, skeleton: Skeleton, values: list[str]) -> tuple[str, str]:
        letter = words.letters.get(skeleton)
        if letter is None:
            letter = self._laid_out().letter(skeleton)
            words.keep(skeleton, letter)
        try:
            return letter.fill(values)
        except RenderError as error:
            raise RenderError(f"{words.file}: {error}") from error

    def _choose(self, name: str, channel: Channel, locale: str) -> tuple[Words, Choice]:
        key = (name, channel, locale)
        chosen = self._chosen.get(key)
        if chosen is None:
            file, choice = self._find(name, channel, locale)
            chosen = self._chosen[key] = (self._compiled(file), choice)
        return chosen

    def _find(self, name: str, channel: Channel, locale: str) -> tuple[TemplateFile, Choice]:
        files = self._library.by_locale(name, channel)
        choice = choose(files, locale, self.locale)
        if choice is not None:
            return files[choice.locale], choice
        if name not in self._library.names():
            msg = f"there is no template {name!r}.{did_you_mean(name, self._library.names())}"
        elif not files:
            msg = f"template {name!r} has no words for {channel.value}"
        else:
            spoken = ", ".join(sorted(files))
            msg = f"template {name!r} speaks {spoken}, but not {locale or self.locale}"
        raise RenderError(msg)

    def _compiled(self, file: TemplateFile) -> Words:
        words = self._words.get(file)
        if words is None:
            text = self._library.text(file)
            words = compile_words(file, text, self._compiler)
            self._words[file] = words
        return words

    def _footer(self, locale: str) -> Words:
        words = self._footers.get(locale)
        if words is None:
            words = self._compiled(self._library.footer(locale, self.locale))
            self._footers[locale] = words
        return words

    def _laid_out(self) -> Layout:
        if self._layout is None:
            self._layout = Layout(*self._library.layout)
        return self._layout


def _refusal(given: Given, purpose: Purpose) -> Any:
    """How a reader can say no, for the footer; a purpose that asks for it raises without it."""
    page = child(given["links"], "unsubscribe")
    if isinstance(page, str) and purpose is not Purpose.TRANSACTIONAL:
        return page
    address, message_id = given["unsubscribe"], child(given["message"], "id")
    if not isinstance(address, str):
        address = child(given["shop"], "email")
    may_do_without = purpose is Purpose.SERVICE and not isinstance(address, str)
    if purpose is Purpose.TRANSACTIONAL or may_do_without:
        return Missing("unsubscribe")
    reply_to = address if isinstance(address, str) else ""
    return unsubscribe_link(purpose, reply_to, message_id if isinstance(message_id, str) else "")


def _advertises(given: Given) -> bool:
    """Ask whether the words asked for a coupon, and got one."""
    return bool(given.get("coupon"))


def _refusal_of_offers(given: Given, purpose: Purpose) -> Any:
    """How a reader says no to offers below a mail that carries a coupon and is no advertisement."""
    if purpose is Purpose.MARKETING or not _advertises(given):
        return Missing("refuse_offers")
    page = child(given["links"], "preferences")
    return page if isinstance(page, str) else _refusal(given, Purpose.MARKETING)


def _tidy(text: str) -> str:
    """An SMS as it is sent: no blanks at line ends, no gaps where a value was left out."""
    for space in _WIDE_SPACES:
        text = text.replace(space, " ")
    lines = [line.strip() for line in text.strip().split("\n")]
    return re.sub("\n{3,}", "\n\n", re.sub(" {2,}", " ", "\n".join(lines)))


#: Babel writes 1 047,90 with these; one of them would make the whole SMS cost double
_WIDE_SPACES = ("\u00a0", "\u202f", "\u2009", "\u2007")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise RenderError(f"{file}: this is not UTF-8 text ({error.reason})") from error
