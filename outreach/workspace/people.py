"""Who writes: the shop, and the people or teams whose names stand under its messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass

from outreach.rules.yaml_section import Section

SHOP_KEYS = ("name", "email", "phone", "url", "address")
OWNER_KEYS = ("name", "first_name")
_ADDRESS = re.compile(r"[^\s@<>\",;]+@[^\s@<>\",;]+\.[^\s@<>\",;]+")


@dataclass(frozen=True)
class Shop:
    """What templates know as `shop`; `address` is the postal one. Empty where nothing is said."""

    name: str = ""
    email: str = ""
    phone: str = ""
    url: str = ""
    address: str = ""

    def context(self) -> dict[str, str]:
        """Return it as templates read it."""
        return asdict(self)


@dataclass(frozen=True)
class Owner:
    """What templates know as `owner`: who answers for a rule."""

    email: str = ""
    name: str = ""
    first_name: str = ""

    def context(self) -> dict[str, str]:
        """Return it as templates read it."""
        return asdict(self)


def read_shop(section: Section) -> Shop:
    """Read `shop:`."""
    part = section.section("shop", SHOP_KEYS)
    if part is None:
        return Shop()
    return Shop(
        name=_line(part, "name"),
        email=_line(part, "email", parse_address),
        phone=_line(part, "phone"),
        url=_line(part, "url", _parse_url),
        address=_line(part, "address"),
    )


def read_owners(section: Section) -> dict[str, Owner]:
    """Read `owners:`, by the address that rules name."""
    found = {}
    named = section.named("owners")
    inside = section.section("owners", [address.text for address, _ in named])
    for address, _ in named:
        section.parsed_scalar(address, parse_address)
        part = inside.section(address.text, OWNER_KEYS) if inside else None
        if part:
            part.need("name")
            name, first_name = _line(part, "name"), _line(part, "first_name")
            found[address.text] = Owner(address.text, name, first_name)
    return found


def parse_address(text: str) -> str:
    """Return an e-mail address without a name; raises ValueError."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"`{text}` is not an e-mail address: write it like care@shop.example")
    return text


def _line(part: Section, key: str, parse: Callable[[str], str] | None = None) -> str:
    """Return a text of one line: it ends up in mail headers."""
    scalar = part.scalar(key)
    if scalar is None:
        return ""
    if not scalar.is_one_line or "\n" in scalar.text:
        part.report("E010", f"`{key}` must be one line", scalar)
        return ""
    return (part.parsed_scalar(scalar, parse) if parse else scalar.text) or ""


def _parse_url(text: str) -> str:
    if not re.fullmatch(r"https?://\S+", text):
        raise ValueError(f"`{text}` is not a web address: write it like https://shop.example")
    return text
