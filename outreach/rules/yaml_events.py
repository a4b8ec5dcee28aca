"""What stands in a YAML text, event by event.

The parser of YAML 1.2 knows best what is wrong and where. Where nothing is wrong, the one in C
tells the same some twenty times faster: it is asked first, and what it does not like, or could
see otherwise, is read again by the other one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml import events as strict

ALIAS = (strict.AliasEvent, yaml.AliasEvent)
DOCUMENT = (strict.DocumentStartEvent, yaml.DocumentStartEvent)
NODE = (strict.NodeEvent, yaml.NodeEvent)
SCALAR = (strict.ScalarEvent, yaml.ScalarEvent)
MAPPING = (strict.MappingStartEvent, yaml.MappingStartEvent)
SEQUENCE = (strict.SequenceStartEvent, yaml.SequenceStartEvent)
END = (strict.CollectionEndEvent, yaml.CollectionEndEvent)


def events(text: str) -> Iterator[Any]:
    """Yield the events of a text; raises YAMLError of `ruamel.yaml`, or ValueError."""
    found: Iterator[Any] = YAML(typ="safe", pure=True).parse(text)
    return found


def quick_events(text: str) -> Iterator[Any]:
    """Yield the same events, ends and empty values by other places; raises YAMLError of `yaml`."""
    if "\t" in text or not yaml.__with_libyaml__:
        raise yaml.YAMLError("of tabs the parsers think differently")
    found: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
    return found
