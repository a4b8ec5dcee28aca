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
}
