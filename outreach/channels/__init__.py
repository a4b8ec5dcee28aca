"""Channels: the ways a rendered message leaves. Each provider is one file with one protocol."""

from outreach.channels.opening import open_sender
from outreach.channels.outgoing import Outgoing, Receipted, Sender
from outreach.channels.settings import Channels, ChannelSettings, yaml_path

__all__ = [
    "ChannelSettings",
    "Channels",
    "Outgoing",
    "Receipted",
    "Sender",
    "open_sender",
    "yaml_path",
]
