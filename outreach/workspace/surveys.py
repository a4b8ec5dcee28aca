"""`surveys:`, the questions that steps can ask, each with its words by locale."""

from __future__ import annotations

from outreach.rules.survey import Said, Scale, Survey
from outreach.rules.yaml_nodes import Mapping, Scalar
from outreach.rules.yaml_section import Section, parse_whole
from outreach.timing.durations import Duration, parse_duration
from outreach.workspace.zones import parse_locale

SURVEY_KEYS = (
    *("question", "scale", "low", "low_end", "high_end"),
    *("comment", "thanks", "link_expires"),
)
#: nearly all who answer do so within a week
LINK_EXPIRES = Duration(days=14)


def read_surveys(section: Section) -> dict[str, Survey]:
    """Read `surveys:`, by the names the operator gave them."""
    named = section.named("surveys")
    inside = section.section("surveys", [name.text for name, _ in named])
    found = {}
    for name, _ in named:
        part = (
            inside.section(name.text, SURVEY_KEYS, f"the survey `{name.text}`") if inside else None
        )
        if part and (survey := _survey(name, part)):
            found[name.text] = survey
    return found


def _survey(name: Scalar, part: Section) -> Survey | None:
    part.need("question", "scale")
    scale = part.choice("scale", Scale)
    if scale is None:
        return None
    low = part.parsed("low", lambda text: _score(text, scale))
    return Survey(
        name=name.text,
        question=_said(part, "question"),
        scale=scale,
        low=scale.low if low is None else low,
        link_expires=part.parsed("link_expires", _plain) or LINK_EXPIRES,
        comment=_said(part, "comment"),
        ends=(_said(part, "low_end"), _said(part, "high_end")),
        thanks=_said(part, "thanks"),
    )


def _said(part: Section, key: str) -> Said:
    """Return a text for all, or one for each locale."""
    if key not in part:
        return {}
    if not isinstance(part.node.get(key), Mapping):
        return {"": part.text(key)}
    named = part.named(key)
    inside = part.section(key, [locale.text for locale, _ in named])
    for locale, _ in named:
        part.parsed_scalar(locale, parse_locale)
    return {locale.text: inside.text(locale.text) for locale, _ in named} if inside else {}


def _score(text: str, scale: Scale) -> int:
    score = parse_whole(text)
    if score not in scale.scores:
        raise ValueError(f"`{text}` is no score of {scale}")
    return score


def _plain(text: str) -> Duration:
    duration = parse_duration(text)
    if duration.is_business:
        raise ValueError("business time is not counted here: write hours, days or weeks")
    return duration
