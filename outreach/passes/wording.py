"""Wording: from facts to what a template sees, from rendered words to what a channel takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from outreach.channels.outgoing import Outgoing
from outreach.deciding.circumstances import Subject
from outreach.deciding.offering import Coupon
from outreach.deciding.recipients import Recipient
from outreach.deciding.rendering.facts import SENDER_FIELDS
from outreach.deciding.rendering.headers import headers_for
from outreach.deciding.rendering.links import LinkTo
from outreach.deciding.rendering.templates import Rendered
from outreach.model import Channel, Kind, Mode, Purpose
from outreach.passes.setup import Setup
from outreach.rules.catalogue import REACH
from outreach.rules.document import Rule, Step
from outreach.rules.facts import Facts
from outreach.rules.survey import Scale, Survey, wording
from outreach.store.handoffs import CaseOf

#: what templates know as `links` where no pages are served
NO_LINKS = dict.fromkeys((to.value for to in LinkTo), None)
#: what shadow messages lead to before there are pages; no such address can exist
NO_PAGE = "https://no-pages-yet.invalid/"


def renderer(
    setup: Setup,
    rule: Rule,
    step: Step,
    repetition: int,
    recipient: Recipient,
    message_id: str,
    cases: Mapping[int, CaseOf] = MappingProxyType({}),
) -> Callable[[Channel, tuple[Subject, ...], datetime, Coupon | None], Rendered]:
    """Return what turns subjects into words for one message; it raises RenderError.

    A person who took the case of one of them signs, or who is on call in the team that was asked.
    """

    def render(
        channel: Channel,
        subjects: tuple[Subject, ...],
        now: datetime,
        coupon: Coupon | None = None,
    ) -> Rendered:
        assert step.template is not None
        facts = [subject.facts for subject in subjects if subject.facts]
        message = {"id": message_id, "step": step.id, "number": repetition}
        locale = recipient.customer.get("locale") or setup.templates.locale
        context = message_context(setup, rule, facts, message, now)
        context |= survey_context(setup, rule, step, message_id, locale, now)
        mine = [cases[each.enrollment_id] for each in subjects if each.enrollment_id in cases]
        context["owner"] = _sender("owner", signer(setup, rule, mine))
        context["coupon"] = coupon.words() if coupon else None
        return setup.templates.render(
            step.template,
            channel,
            context,
            locale=recipient.customer.get("locale"),
            zone=recipient.zones.zones[0],
            purpose=rule.purpose,
            now=now,
        )

    return render


def signer(setup: Setup, rule: Rule, cases: Sequence[CaseOf]) -> Mapping[str, Any]:
    """Return whose name stands under a message, of those who are known under `owners:`."""
    teams = [setup.teams[case.team] for case in cases if case.team in setup.teams]
    asked = [*(case.who for case in cases), *(team.on_call for team in teams), rule.owner]
    known = (setup.owners[name] for name in asked if name in setup.owners)
    return next(known, {"email": rule.owner})


def message_context(
    setup: Setup, rule: Rule, facts: Sequence[Facts], message: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Return what a template sees: the subjects as plain records, and who writes."""
    kind = rule.about
    records = [_records(setup, each) for each in facts]
    subjects = [record[kind.value] for record in records]
    return {
        **records[0],
        "subjects": subjects,
        "orders": subjects if kind is Kind.ORDER else [],
        "tickets": subjects if kind is Kind.TICKET else [],
        "owner": _sender("owner", signer(setup, rule, ())),
        "shop": _sender("shop", setup.shop),
        "message": message,
        "rule": {"name": rule.name, "purpose": rule.purpose.value},
        "unsubscribe": setup.unsubscribe,
        "promise": _promise(records[0].get(Kind.ORDER.value, {})),
        "calendar": rule.calendar,
        "links": _links(setup, message["id"], now),
    }


def survey_context(
    setup: Setup, rule: Rule, step: Step, message_id: str, locale: str, now: datetime
) -> dict[str, Any]:
    """Return what a template sees of the survey that its step asks, nothing for other steps.

    In shadow, where nothing leaves, a link that leads nowhere stands for pages nobody has set up.
    """
    survey = setup.surveys.get(step.survey or "")
    if survey is None:
        return {}
    links = _links(setup, message_id, now)
    if setup.links:
        links["survey"] = setup.links.make(LinkTo.SURVEY, message_id, now)
    elif rule.mode is Mode.SHADOW:
        links["survey"] = NO_PAGE
    return {"links": links, "survey": _asked(survey, locale, setup)}


def _asked(survey: Survey, locale: str, setup: Setup) -> dict[str, Any]:
    said = {
        "question": survey.question,
        "low_end": survey.ends[0],
        "high_end": survey.ends[1],
    }
    words = {name: wording(text, locale, setup.templates.locale) for name, text in said.items()}
    scores = survey.scale.scores
    choices = [{"score": score, "label": label(survey.scale, score)} for score in scores]
    return {"name": survey.name, **words, "choices": choices}


def label(scale: Scale, score: int) -> str:
    """Return what stands on the button of a score."""
    return ("👎", "👍")[score] if scale is Scale.THUMBS else str(score)


def _links(setup: Setup, message_id: str, now: datetime) -> dict[str, str | None]:
    """Return the links of every message; a survey's only those that ask one have."""
    if setup.links is None:
        return dict(NO_LINKS)
    return {**setup.links.both(message_id, now), LinkTo.SURVEY.value: None}


def _records(setup: Setup, facts: Facts) -> dict[str, dict[str, Any]]:
    """Return the rows a subject reaches, each a record of its fields."""
    found = {}
    for prefix, owner in REACH[facts.subject.kind].items():
        fields = setup.catalogue.own_fields(owner)
        record = {field.name: facts.value(prefix + field.name) for field in fields}
        if "number" in record:
            # a shop without numbers of its own shows customers the id
            record["number"] = record["number"] or record["id"]
        if owner is Kind.INCIDENT:
            record["message"] = _in_language(facts, prefix)
        found[owner.value] = record
    return found


def _in_language(facts: Facts, prefix: str) -> str | None:
    """Return what an incident's customers are told, in the language of this one."""
    by_language = facts.value(f"{prefix}messages") or {}
    locale = facts.value("customer.locale") or ""
    own = by_language.get(locale) or by_language.get(locale.partition("-")[0])
    message: str | None = own or facts.value(f"{prefix}message")
    return message


def _promise(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was promised about an order before: the newest date, and how many broke."""
    return {
        "date": order.get("promised_again_at"),
        "state": order.get("promise"),
        "count": order.get("broken_promises"),
    }


def _sender(name: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of the sender's side with every field a template may name."""
    return {field: known.get(field) for field in SENDER_FIELDS[name]}


def outgoing(
    address: str,
    channel: Channel,
    purpose: Purpose,
    rendered: Rendered,
    *,
    unsubscribe: str,
    message_id: str,
    page: str = "",
    expires_at: datetime | None = None,
) -> Outgoing:
    """Return a message as a channel takes it.

    `unsubscribe` is the address where "no more" is said, `page` where a click says it.
    """
    is_email = channel is Channel.EMAIL
    return Outgoing(
        message_id=message_id,
        channel=channel,
        purpose=purpose,
        to=address,
        subject=rendered.subject,
        body_text=rendered.text,
        body_html=rendered.html,
        from_=rendered.from_name if is_email else "",
        headers=headers_for(purpose, unsubscribe, message_id, page, advertises=rendered.advertises)
        if is_email
        else {},
        segments=rendered.segments,
        expires_at=expires_at,
    )
