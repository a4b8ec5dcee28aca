"""Releases: the files on disk become the applied rules that the daemon runs, version by version."""

from outreach.releases.applying import (
    Applied,
    applied,
    apply,
    current_release,
    first_release,
    old_release,
    put_live,
    reapply,
)
from outreach.releases.changes import Changes, KeyChange, RuleChange, compare
from outreach.releases.channels import check_channels, read_channels
from outreach.releases.effects import Effect, Fate, Touched, foresee, foresee_moved, once_renamed
from outreach.releases.first_day import in_force, read_starts
from outreach.releases.links import open_links, shown_links
from outreach.releases.opening import (
    close_setup,
    house_of,
    mailbox_of,
    open_senders,
    open_setup,
    setup_at,
    setup_of,
)
from outreach.releases.release import Release, examine, load, read_release, with_files, with_rules
from outreach.releases.renaming import check_renames, renames
from outreach.releases.reports import report_of, weekly
from outreach.releases.sources import check_sources, sources_of

__all__ = [
    "Applied",
    "Changes",
    "Effect",
    "Fate",
    "KeyChange",
    "Release",
    "RuleChange",
    "Touched",
    "applied",
    "apply",
    "check_channels",
    "check_renames",
    "check_sources",
    "close_setup",
    "compare",
    "current_release",
    "examine",
    "first_release",
    "foresee",
    "foresee_moved",
    "house_of",
    "in_force",
    "load",
    "mailbox_of",
    "old_release",
    "once_renamed",
    "open_links",
    "open_senders",
    "open_setup",
    "put_live",
    "read_channels",
    "read_release",
    "read_starts",
    "reapply",
    "renames",
    "report_of",
    "setup_at",
    "setup_of",
    "shown_links",
    "sources_of",
    "weekly",
    "with_files",
    "with_rules",
]
