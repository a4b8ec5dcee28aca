"""The `channels:` block, checked by the channels and reported with its place in outreach.yaml."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from outreach.channels.settings import Channels, TwilioSettings, yaml_path
from outreach.errors import Problem, Problems
from outreach.workspace.block import Block
from outreach.workspace.opening import Workspace

#: what pydantic calls a mistake, and what we do
_CODES = {"extra_forbidden": "E003", "missing": "E005", "union_tag_not_found": "E005"}


def read_channels(workspace: Workspace) -> Channels:
    """Return the channels of a workspace, Twilio told where to call back; raises Problems."""
    channels, problems = check_channels(workspace)
    if channels is None:
        raise Problems(problems)
    sms, web = channels.sms, workspace.settings.web
    if not isinstance(sms, TwilioSettings) or sms.status_callback or not (web and web.public_url):
        return channels
    told = sms.model_copy(update={"status_callback": web.twilio_url})
    return channels.model_copy(update={"sms": told})


def check_channels(workspace: Workspace) -> tuple[Channels | None, list[Problem]]:
    """Return the channels, or None and all that is wrong with them."""
    block = workspace.settings.channels
    try:
        return Channels.model_validate(block.plain()), []
    except ValidationError as error:
        return None, sorted({_problem(block, fault) for fault in error.errors()})


def _problem(block: Block, fault: Any) -> Problem:
    path, kind = yaml_path(fault["loc"]), fault["type"]
    code = _CODES.get(kind, "E010")
    return block.problem(path, code, _said(path, fault), at_key=kind == "extra_forbidden")


def _said(path: tuple[int | str, ...], fault: Any) -> str:
    name = path[-1] if path else block_name(path)
    match fault["type"]:
        case "extra_forbidden":
            return f"no channel setting is called `{name}` here"
        case "missing":
            return f"`{name}` is missing"
        case "union_tag_not_found":
            return f"`{name}` must say its `provider`"
        case "union_tag_invalid":
            known = fault["ctx"]["expected_tags"].replace("'", "")
            return f"`{fault['ctx']['tag']}` is not a provider for {name}: {known} are"
        case _:
            text = fault["msg"].removeprefix("Value error, ")
            return f"`{name}`: {text[:1].lower()}{text[1:]}"


def block_name(path: tuple[int | str, ...]) -> str:
    """Return what a mistake is about that belongs to no single setting."""
    return ".".join(["channels", *map(str, path)])
