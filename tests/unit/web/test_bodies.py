"""Forms, as browsers and mail programs send them, and as nobody should."""

from __future__ import annotations

import pytest

from outreach.web.bodies import MOST_FIELDS, read_form

URLENCODED = "application/x-www-form-urlencoded"
IN_PARTS = "multipart/form-data; boundary=xx"


def part(name: str, value: str) -> bytes:
    head = f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return f"{head}{value}\r\n".encode()


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b"List-Unsubscribe=One-Click", URLENCODED, {"List-Unsubscribe": "One-Click"}),
        (b"a=1&b=&a=2", URLENCODED, {"a": "2", "b": ""}),
        (b"a=%C3%BC+b", f"{URLENCODED}; charset=utf-8", {"a": "ü b"}),
        (b"a=1", "", {"a": "1"}),  # some mail programs name no type
        (part("a", "1") + part("b", "ü") + b"--xx--\r\n", IN_PARTS, {"a": "1", "b": "ü"}),
        (part("a", "1") + b"--xx--\r\n", 'Multipart/Form-Data; boundary="xx"', {"a": "1"}),
        # what is none
        (b"", URLENCODED, {}),
        (b"\xff=\xfe", URLENCODED, {}),
        (b"a=1&" * (MOST_FIELDS + 1), URLENCODED, {}),
        (part("a", "1"), "multipart/form-data", {}),  # without its boundary
        (b"a=1", IN_PARTS, {}),
        (b"--xx\r\n\r\nwithout a name\r\n--xx--", IN_PARTS, {}),
        (part("a", "1"), "multipart/form-data; boundary=xx\r\nX: y", {}),
        (part("a", "1"), 'multipart/form-data; boundary="', {}),
    ],
)
def test_a_form_is_read(body: bytes, kind: str, expected: dict[str, str]) -> None:
    assert read_form(body, kind) == expected
