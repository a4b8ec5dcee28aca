"""Every code a problem in an operator's file can carry, with what it stands for."""

from __future__ import annotations

CODES: dict[str, str] = {
    # the file itself
    "E001": "this is not YAML",
    "E002": "a key stands twice",
    "E003": "a key nobody knows",
    "E004": "a list, a single value or keys of its own are expected here",
    "E005": "a key is missing",
    "E006": "a part of YAML that is not used here: anchors, tags, merges, several documents",
    "E007": "a character that cannot stand here, or a file that is not UTF-8",
    "E008": "the file is empty",
    "E009": "nested too deep",
    "E010": "a value that cannot be read or is not one of the known ones",
    # the words of a sentence or phrase
    "E101": "a condition on more than one line",
    "E102": "a word that cannot stand there, or one that is missing",
    # what the words stand for
    "E201": "a field that does not exist",
    "E202": "something that cannot be said about this type of field",
    "E203": "a value the field can never have, or one that makes no sense",
    "E204": "a rule, step, template, calendar or send window that does not exist",
    "E205": "business time without a calendar to count it in",
    "E206": "a sentence about a step where nothing has been sent yet",
    "E207": "a template that is not written for a channel",
    # what a rule must not do, or cannot mean
    "E301": "a rule without a step, or a step that does nothing",
    "E302": "too many combinations of groups for one rule",
    "E303": "a repeat without a maximum",
    "E304": "groups more than three deep",
    "E305": "conditions that are never true together",
    "E306": "a holdout or an offer for transactional messages",
    "E307": "any time for messages that are not transactional",
    "E308": "a rule that takes over from itself, in a circle, or from another kind of rule",
    "E309": "a rule or a step whose name is taken",
    "E310": "a key that means nothing without another one",
    "E322": "a rule renamed from one that is not there, still stands, or is renamed twice",
    # the workspace around the rules
    "E401": "a secret in a file, or one that the environment does not have",
    "E402": "a name that is taken or cannot be used",
    # what is allowed, and perhaps not meant
    "W310": "a rule that reads the whole table at every pass",
    "W410": "a survey by mail in a live rule, and no page to answer on",
    "W411": "a coupon in a live rule's mails, and no postal address below them",
}
