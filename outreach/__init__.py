"""Outreach writes to customers before they have to ask."""

__version__ = "0.1.0"
