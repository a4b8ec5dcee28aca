"""What a template is tried with: invented subjects, the worst that data can hold, and real ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from outreach.deciding.rendering.samples import SURVEY_LINK, Sample, sample_context, samples
from outreach.model import Channel, Kind, Purpose

#: where readers of every trial say no, by mail or on a page, to find it again in what comes out
REFUSALS = re.compile(r"refusals[.@]lint\.example")
_SAY_NO = {
    "unsubscribe": "refusals@lint.example",
    "links": {
        "unsubscribe": "https://refusals.lint.example/stop",
        "preferences": "https://refusals.lint.example/choose",
        "survey": SURVEY_LINK,
        "status": "https://pages.lint.example/status",
    },
}
#: how a sample is called in which nothing is special
USUAL = "everything known"
#: what real data holds that nobody thinks of: an emoji, letters beyond GSM-7, long compounds
_ODD_NAME = "Zoë Łukasiewicz-Đorđević 🎈"
_LONG_ITEMS = {
    "de": "Donaudampfschifffahrtsgesellschaftskapitänsmütze, Straßenbahnhaltestellenhäuschen",
    "en": "Hand-embroidered mid-century-inspired double-glazed conservatory door, set of two",
}
_ODD_TITLE = {"de": "Größe XL passt nicht 😟", "en": "Size XL doesn’t fit 😟"}


@dataclass(frozen=True)
class Trial:
    """One context; `is_rare` tells what few messages will be like, `is_real` a subject of ours."""

    title: str
    context: Mapping[str, Any]
    zone: ZoneInfo | None = None
    is_rare: bool = True
    is_real: bool = False


@dataclass(frozen=True)
class Sending:
    """How a template is sent: by which rules, what for, by whom. Without rules nobody does."""

    rules: tuple[str, ...] = ()
    purpose: Purpose = Purpose.SERVICE
    owner: Mapping[str, Any] = field(default_factory=dict)
    #: real subjects
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True)
class Shop:
    """What all messages of a workspace share."""

    shop: Mapping[str, Any] = field(default_factory=dict)
    max_segments: Mapping[Channel, int] = field(default_factory=dict)


def trials(kind: Kind, locale: str, sending: Sending, shop: Shop, now: datetime) -> Iterator[Trial]:
    """Yield every context that a template must read well with."""
    for sample in (*samples(kind, now, locale=locale), *_worst(kind, locale, now)):
        context = _as_sent(sample.context, sending, shop)
        yield Trial(sample.title, context, is_rare=sample.title != USUAL)
    for trial in sending.trials:
        yield replace(trial, context={**trial.context, **_SAY_NO})


def _worst(kind: Kind, locale: str, now: datetime) -> Iterator[Sample]:
    language = locale.partition("-")[0]
    context = sample_context(kind, now, locale=locale, count=2)
    customer = {
        **context["customer"],
        "name": _ODD_NAME,
        "first_name": _ODD_NAME.split(maxsplit=1)[0] + " 🎈",
    }
    items = _LONG_ITEMS.get(language, _LONG_ITEMS["en"])
    title = _ODD_TITLE.get(language, _ODD_TITLE["en"])
    orders = [{**one, "item_summary": items} for one in context["orders"]]
    tickets = [{**one, "subject": title} for one in context["tickets"]]
    yield Sample("an emoji in the name", {**context, "customer": customer})
    if kind in (Kind.ORDER, Kind.TICKET):
        about = orders or tickets
        worst = {"orders": orders, "tickets": tickets, "subjects": about, kind.value: about[0]}
        yield Sample("long words, an emoji", {**context, **worst})


def _as_sent(context: Mapping[str, Any], sending: Sending, shop: Shop) -> dict[str, Any]:
    """Return a sample with the shop and the owner of the workspace, as far as they are known."""
    told = {**context, **_SAY_NO}
    if shop.shop and context["shop"].get("email"):
        told["shop"] = {**dict.fromkeys(context["shop"]), **shop.shop}
    if sending.owner and context["owner"] and context["owner"].get("name"):
        told["owner"] = {**dict.fromkeys(context["owner"]), **sending.owner}
    return told
