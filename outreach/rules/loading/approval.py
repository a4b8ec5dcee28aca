"""`approval` and `batch_by`: whether a person lets messages go, and which of them together."""

from __future__ import annotations

from outreach.model import Approval
from outreach.rules.fields import Field
from outreach.rules.phrases import read_group_field
from outreach.rules.sentences import Setting
from outreach.rules.yaml_section import Section


def read_approval(section: Section) -> Approval:
    """Return whether a person decides; nobody does where the rule does not say."""
    return section.choice("approval", Approval) or Approval.NEVER


def read_batch_by(section: Section, setting: Setting | None) -> Field | None:
    """Return the field whose value messages share that are decided on together."""
    scalar = section.scalar("batch_by")
    if scalar is None:
        return None
    if section.text("approval") != Approval.ALWAYS.value:
        said = "`batch_by` means nothing without `approval: always`"
        section.report("E310", said, "batch_by", hint="approval: always")
    return read_group_field(scalar, setting, section.problems) if setting else None
