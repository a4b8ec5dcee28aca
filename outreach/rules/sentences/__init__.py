"""Sentences: the words of a condition, what they mean, and how a condition is written."""

from outreach.rules.sentences.reading import parse, read_sentence
from outreach.rules.sentences.said import Setting
from outreach.rules.sentences.wording import canonical

__all__ = ["Setting", "canonical", "parse", "read_sentence"]
