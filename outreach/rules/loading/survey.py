"""`survey:` of a step: which survey its message asks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from outreach.errors import Level
from outreach.model import Channel, Mode, Purpose
from outreach.rules.loading.references import Loading
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section


@dataclass(frozen=True)
class Asker:
    """The rule that asks; its purpose is None while nobody has said one."""

    purpose: Purpose | None = None
    mode: Mode = Mode.LIVE


def read_survey(
    section: Section, asker: Asker, via: Collection[Channel], loading: Loading
) -> str | None:
    """Return the name of the survey a step asks, None when it asks none."""
    scalar = section.scalar("survey")
    if scalar is None or not loading.check_survey(scalar):
        return None
    if asker.purpose not in (None, Purpose.SURVEY):
        said = f"a rule with the purpose {asker.purpose} asks no survey: people can refuse surveys"
        section.report("E310", said, scalar, hint="purpose: survey")
    if asker.mode is Mode.LIVE and Channel.EMAIL in via and not loading.names.has_pages:
        _warn_of_no_page(section, scalar)
    return scalar.text


def _warn_of_no_page(section: Section, scalar: Scalar) -> None:
    """Say that mails will be held: a text can be answered, a mail only leads to a page."""
    said = "its mails will be held: there is no page yet on which customers could answer"
    hint = "in outreach.yaml, web: {public_url: https://…, secret: env:OUTREACH_SECRET}"
    section.report("W410", said, scalar, hint=hint, level=Level.WARNING)
