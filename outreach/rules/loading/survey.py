"""`survey:` of a step: which survey its message asks."""

from __future__ import annotations

from outreach.model import Purpose
from outreach.rules.loading.references import Loading
from outreach.rules.yaml_section import Section


def read_survey(section: Section, purpose: Purpose | None, loading: Loading) -> str | None:
    """Return the name of the survey a step asks, None when it asks none."""
    scalar = section.scalar("survey")
    if scalar is None or not loading.check_survey(scalar):
        return None
    if purpose is not None and purpose is not Purpose.SURVEY:
        said = f"a rule with the purpose {purpose} asks no survey: people can refuse surveys"
        section.report("E310", said, scalar, hint="purpose: survey")
    return scalar.text
