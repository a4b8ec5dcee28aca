"""Whom a message is rendered for: somebody invented, or the customer of an order or ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from outreach.cli.session import Session
from outreach.errors import OutreachError
from outreach.model import Purpose

if TYPE_CHECKING:
    from outreach.deciding.rendering.templates import Templates
    from outreach.rules.document import Rule, Ruleset

SAMPLE = "sample"


@dataclass(frozen=True)
class Reader:
    """Whom a message is rendered for: what the template sees, and how to write to them."""

    title: str
    context: dict[str, Any]
    locale: str | None = None
    zone: Any = None
    purpose: Purpose = Purpose.SERVICE


def read_words(session: Session) -> tuple[Templates, Ruleset | None]:
    """Return the templates, and the rules if they are in order: words can be looked at without."""
    from outreach.deciding.rendering.templates import Templates
    from outreach.errors import Problems
    from outreach.rules.loader import load_rules

    workspace = session.workspace
    settings = workspace.settings
    templates = Templates(
        workspace.template_files(), settings.locale, settings.zone, folder=settings.templates
    )
    try:
        return templates, load_rules(workspace.rule_files(), workspace.names())
    except Problems:
        return templates, None


def check_template(templates: Templates, name: str) -> None:
    """Refuse a name that no template has, with the one that was likely meant."""
    from outreach.rules.catalogue import suggestion

    known = templates.names()
    if name not in known:
        meant = suggestion(name, known)
        hint = f"Did you mean '{meant}'?" if meant else f"There are: {', '.join(known)}"
        raise typer.BadParameter(f"there is no template '{name}'. {hint}", param_hint="TEMPLATE")


def rule_of(ruleset: Ruleset | None, template: str) -> Rule | None:
    """Return the first rule that sends a template: it says who signs, and for what purpose."""
    if ruleset is None:
        return None
    return next((r for r in ruleset if any(s.template == template for s in r.steps)), None)


def find_reader(
    session: Session,
    templates: Templates,
    template: str,
    rule: Rule | None,
    *,
    about: str,
    locale: str | None,
) -> Reader:
    """Return whom `about` names, an id or `sample`; `rule` says who signs, and for what purpose."""
    if about == SAMPLE:
        return _sample(session, templates, template, rule, locale)
    return _real(session, about, rule, template)


def _sample(
    session: Session, templates: Templates, template: str, rule: Rule | None, locale: str | None
) -> Reader:
    from outreach.deciding.rendering.samples import SURVEY_LINK, sample_context
    from outreach.passes.wording import NO_LINKS
    from outreach.releases import shown_links

    workspace = session.workspace
    language = locale or workspace.settings.locale
    context = sample_context(templates.about(template), session.now, locale=language)
    shop = {name: value for name, value in workspace.settings.shop.context().items() if value}
    context["shop"] = {**dict.fromkeys(context["shop"]), **shop} if shop else context["shop"]
    if rule is not None:
        owner = workspace.owner(rule.owner).context()
        context["owner"] = {name: value or None for name, value in owner.items()}
        context["rule"] = {"name": rule.name, "purpose": rule.purpose.value}
    links = shown_links(workspace)
    context["links"] = links.both("sample", session.now) if links else NO_LINKS
    context["links"] = {**context["links"], "survey": SURVEY_LINK}
    purpose = rule.purpose if rule else Purpose.SERVICE
    return Reader("invented values", context, locale=language, purpose=purpose)


def _real(session: Session, about: str, rule: Rule | None, template: str) -> Reader:
    from outreach.cli.references import find
    from outreach.passes.wording import message_context, survey_context
    from outreach.store.facts import read_facts

    if rule is None:
        raise OutreachError(f"no rule sends '{template}', so nobody signs it: use --for sample")
    setup = session.setup(applied=False)
    with setup.store.read() as connection:
        ref = find(connection, about)
        assert not isinstance(ref, str)
        if ref.kind is not rule.about:
            raise typer.BadParameter(
                f"'{template}' is sent about an {rule.about}, and {about} is a {ref.kind}",
                param_hint="--for",
            )
        facts = read_facts(connection, setup.catalogue, [ref])[ref]
        customer = facts.values.get("id" if ref.kind is rule.about.CUSTOMER else "customer.id")
        people = setup.recipients.read(connection, {customer}, session.now)
    step = next(s for s in rule.steps if s.template == template)
    message = {"id": "preview", "step": step.id, "number": 1}
    recipient = people.get(customer or "")
    locale = recipient.customer.get("locale") if recipient else None
    context = message_context(setup, rule, [facts], message, session.now)
    said_in = locale or setup.templates.locale
    context |= survey_context(setup, rule, step, "preview", said_in, session.now)
    return Reader(
        str(ref),
        context,
        locale=locale,
        zone=recipient.zones.zones[0] if recipient else None,
        purpose=rule.purpose,
    )
