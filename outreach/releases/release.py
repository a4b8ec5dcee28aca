"""A release: rules, words and the settings they mean something with, from one state of the files.

What is applied is kept as texts and read again when it is needed, so it says where a rule stands.
What belongs to the machine rather than to the rules stays out of it: database, channels, sources,
jobs and safety are always those of outreach.yaml as it is on disk.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from outreach.deciding.rendering.templates import Templates
from outreach.deciding.rendering.titles import check_titles
from outreach.errors import Level, Problem, Problems
from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Ruleset
from outreach.rules.loader import check_rules
from outreach.store.types import Record
from outreach.workspace.files import SETTINGS, read_settings_text
from outreach.workspace.opening import Workspace
from outreach.workspace.settings import Settings, read_settings


@dataclass(frozen=True)
class KeptWorkspace(Workspace):
    """A workspace whose rules and templates come from kept texts rather than from the disk."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def rule_files(self) -> dict[str, str]:
        inside = self._templates_folder
        return {
            path: text
            for path, text in self.texts.items()
            if path != SETTINGS and not path.startswith(inside)
        }

    def template_files(self) -> dict[str, str]:
        inside = self._templates_folder
        return {
            path.removeprefix(inside): text
            for path, text in self.texts.items()
            if path.startswith(inside)
        }

    @property
    def _templates_folder(self) -> str:
        return f"{self.settings.templates}/"


@dataclass(frozen=True)
class Release:
    """One state of the files that holds together; `ruleset.version` is None until applied."""

    workspace: KeptWorkspace
    ruleset: Ruleset
    #: what rules are called in it, by their names today; None when it is no old version
    names_then: Mapping[str, str] | None = None

    @property
    def version(self) -> int | None:
        return self.ruleset.version

    @property
    def texts(self) -> Mapping[str, str]:
        """All files by the path people see."""
        return self.workspace.texts

    @property
    def settings(self) -> Settings:
        return self.workspace.settings

    @cached_property
    def templates(self) -> Templates:
        settings = self.settings
        return Templates(
            self.workspace.template_files(),
            settings.locale,
            settings.zone,
            folder=settings.templates,
        )

    @cached_property
    def digest(self) -> str:
        """What names all that customers could notice: rules, words and who signs them."""
        meaning = {
            "rules": self.ruleset.digest,
            "owners": {rule.name: rule.owner for rule in self.ruleset},
            "templates": self.workspace.template_files(),
            "settings": meaning_of(self.settings),
        }
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode("utf-8")).hexdigest()


def meaning_of(settings: Settings) -> dict[str, Any]:
    """Return the settings that are applied with the rules, by key, in a form to compare.

    Calendars and send windows are missing: a rule that uses one means another when it changes.
    """
    return {
        "timezone": settings.zone.key,
        "locale": settings.locale,
        "shop": settings.shop.context(),
        "owners": {address: owner.context() for address, owner in settings.owners.items()},
        "unsubscribe": settings.unsubscribe,
        "fields": [repr(custom) for custom in settings.fields],
        "contact_policy": [str(line) for line in settings.contact_policy],
        "surveys": [str(survey) for survey in settings.surveys.values()],
        "coupons": [str(pool) for pool in settings.coupons.values()],
    }


def load(workspace: Workspace) -> tuple[Ruleset, Templates]:
    """Return the rules and templates of the files on disk; raises Problems."""
    release = read_release(workspace)
    return release.ruleset, release.templates


def read_release(workspace: Workspace) -> Release:
    """Return the files on disk as a release; raises Problems with all that is wrong with them."""
    release, problems = examine(workspace)
    if release is None:
        raise Problems(problems)
    return release


def examine(workspace: Workspace) -> tuple[Release | None, list[Problem]]:
    """Return the files on disk as a release, and all that is wrong with rules and templates.

    None when it is more than warnings. Channels and sources are not looked at.
    """
    return _read(workspace.folder, texts_of(workspace))


def with_files(release: Release, files: Mapping[str, str]) -> Release:
    """Return a release with other texts for some of its files; raises Problems."""
    edited, problems = _read(release.workspace.folder, {**release.texts, **files})
    if edited is None:
        raise Problems(problems)
    return edited


def with_rules(release: Release, files: Mapping[str, str]) -> Release:
    """Return a release with these rule files and no others; raises Problems."""
    kept = release.texts.keys() - release.workspace.rule_files().keys()
    texts = {path: release.texts[path] for path in kept}
    edited, problems = _read(release.workspace.folder, {**texts, **files})
    if edited is None:
        raise Problems(problems)
    return edited


def stored_release(folder: Path, row: Record) -> Release:
    """Return an applied release; raises Problems when this version of Outreach cannot read it."""
    release, problems = _read(folder, row.files)
    if release is None:
        raise Problems(replace(p, file=f"{p.file} (version {row.version})") for p in problems)
    return replace(release, ruleset=replace(release.ruleset, version=row.version))


def texts_of(workspace: Workspace) -> dict[str, str]:
    """Return all files of a workspace that a release keeps, by the path people see."""
    folder = workspace.settings.templates
    templates = {f"{folder}/{path}": text for path, text in workspace.template_files().items()}
    settings = {SETTINGS: read_settings_text(workspace.folder)}
    return {**workspace.rule_files(), **templates, **settings}


def _read(folder: Path, texts: Mapping[str, str]) -> tuple[Release | None, list[Problem]]:
    problems: list[Problem] = []
    settings = read_settings(texts[SETTINGS], problems)
    if settings is None or problems:
        return None, problems
    kept = KeptWorkspace(folder, settings, texts)
    ruleset, problems = check_rules(kept.rule_files(), kept.names())
    if ruleset is None:
        problems += _template_problems(kept)
        return None, sorted(problems)
    release = Release(kept, ruleset)
    problems += _template_problems(kept)
    problems += check_titles(ruleset, kept.rule_files(), _fields(kept))
    is_broken = any(problem.level is Level.ERROR for problem in problems)
    return (None if is_broken else release), sorted(problems)


def _template_problems(kept: KeptWorkspace) -> list[Problem]:
    settings = kept.settings
    templates = Templates(
        kept.template_files(), settings.locale, settings.zone, folder=settings.templates
    )
    return templates.check(_fields(kept))


def _fields(kept: KeptWorkspace) -> dict[str, list[str]]:
    catalogue = Catalogue(kept.settings.fields)
    return {kind.value: [f.name for f in catalogue.own_fields(kind)] for kind in Kind}
