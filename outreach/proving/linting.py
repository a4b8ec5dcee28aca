"""Linting a workspace: its rules, and its messages as they send them from its own shop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.deciding.lint.messages import Score, lint_messages
from outreach.deciding.lint.rules import lint_rules, words_of_templates
from outreach.deciding.lint.schedule import Surroundings
from outreach.deciding.lint.settings import lint_job, lint_settings
from outreach.deciding.lint.trials import Sending, Shop, Trial
from outreach.deciding.rendering.templates import Templates
from outreach.errors import Problem
from outreach.model import Channel, Kind, Purpose
from outreach.releases.channels import check_channels
from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Rule, Ruleset
from outreach.rules.loader import check_rules
from outreach.workspace.files import SETTINGS, matching, read_settings_text
from outreach.workspace.opening import Workspace

#: which of a template's purposes asks the most of it
_STRICTEST = (Purpose.MARKETING, Purpose.SURVEY, Purpose.SERVICE, Purpose.TRANSACTIONAL)


@dataclass(frozen=True)
class Linted:
    """What lint finds in a workspace, and how much it looked at."""

    problems: tuple[Problem, ...]
    scores: tuple[Score, ...]
    messages: int
    rules: int


def lint_workspace(
    workspace: Workspace, now: datetime, *, real: Mapping[str, Sequence[Trial]] | None = None
) -> Linted:
    """Return what lint finds; `real` are trials with real subjects, by the name of a template.

    Rules with mistakes are not linted: their mistakes are told instead.
    """
    settings = workspace.settings
    files = workspace.rule_files()
    ruleset, problems = check_rules(files, workspace.names())
    templates = Templates(
        workspace.template_files(), settings.locale, settings.zone, folder=settings.templates
    )
    catalogue = Catalogue(settings.fields)
    fields = {kind.value: [f.name for f in catalogue.own_fields(kind)] for kind in Kind}
    sendings = sendings_of(workspace, ruleset, real or {})
    messages = lint_messages(templates, sendings, shop_of(workspace), now, fields)
    found = {*problems, *messages.problems}
    if ruleset is not None:
        texts, apologies = words_of_templates(templates)
        around = Surroundings(settings.zone, now, settings.contact_policy, texts, apologies)
        found.update(lint_rules(ruleset, files, around))
    found.update(lint_settings(SETTINGS, read_settings_text(workspace.folder)))
    for file, text in matching(workspace.folder, settings.jobs).items():
        found.update(lint_job(file, text, settings.zone, now))
    return Linted(
        tuple(sorted(found)),
        messages.scores,
        messages=len(templates.files()),
        rules=len(ruleset) if ruleset else 0,
    )


def sendings_of(
    workspace: Workspace, ruleset: Ruleset | None, real: Mapping[str, Sequence[Trial]]
) -> dict[str, Sending]:
    """Return how every template is sent that a rule sends, by its name."""
    senders: dict[str, list[Rule]] = defaultdict(list)
    for rule in ruleset or ():
        for step in rule.steps:
            if step.template:
                senders[step.template].append(rule)
    found = {}
    for template, rules in senders.items():
        purposes = {rule.purpose for rule in rules}
        owner = workspace.owner(rules[0].owner).context()
        found[template] = Sending(
            rules=tuple(dict.fromkeys(rule.name for rule in rules)),
            purpose=next(purpose for purpose in _STRICTEST if purpose in purposes),
            owner={name: value or None for name, value in owner.items()},
            trials=tuple(real.get(template, ())),
        )
    return found


def shop_of(workspace: Workspace) -> Shop:
    """Return what all messages of a workspace share; what is not said is left to invention."""
    channels, _ = check_channels(workspace)
    said = workspace.settings.shop.context()
    limits = {
        channel: found.max_segments
        for channel in Channel
        if channels and (found := channels.of(channel)) and found.max_segments
    }
    return Shop({name: value for name, value in said.items() if value}, limits)
