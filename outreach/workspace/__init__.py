"""The operator's folder, read strictly: outreach.yaml, rules, templates, jobs."""

from outreach.workspace.database import find_database
from outreach.workspace.files import NoWorkspace
from outreach.workspace.opening import Workspace

__all__ = ["NoWorkspace", "Workspace", "find_database"]
