"""Segments agree with a slow oracle that encodes every part for real; odd characters get a twin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.deciding.rendering.sms import Encoding, count_segments, gsm_twin, odd_characters

# 3GPP TS 23.038, in the order of the code points 0x00 to 0x7F (0x1B is the escape)
GSM_TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = dict(zip("^{}\\[~]|€", b"\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65", strict=True))


def encode_gsm(text: str) -> bytes | None:
    """The septets of a text, or None when it has a character that GSM-7 lacks."""
    septets = bytearray()
    for character in text:
        if character in GSM_EXTENSION:
            septets += bytes([0x1B, GSM_EXTENSION[character]])
        elif character in GSM_TABLE and character != "\x1b":
            septets.append(GSM_TABLE.index(character))
        else:
            return None
    return bytes(septets)


def slow_count(text: str) -> tuple[int, str]:
    """Cut the longest possible part off the front until nothing is left, encoding every attempt."""
    is_gsm = encode_gsm(text) is not None
    whole, part = (160, 153) if is_gsm else (70, 67)

    def size(piece: str) -> int:
        septets = encode_gsm(piece) if is_gsm else None
        return len(septets) if septets is not None else len(piece.encode("utf-16-be")) // 2

    if size(text) <= whole:
        return (1 if text else 0), "GSM-7" if is_gsm else "UCS-2"
    count = 0
    while text:
        fits = next(n for n in range(min(part, len(text)), 0, -1) if size(text[:n]) <= part)
        text = text[fits:]
        count += 1
    return count, "GSM-7" if is_gsm else "UCS-2"


ENCODABLE = st.characters(exclude_categories=["Cs"])
GSM = st.sampled_from([c for c in GSM_TABLE if c != "\x1b"] + list(GSM_EXTENSION))
TEXTS = st.one_of(
    st.text(GSM, max_size=500),
    st.text(ENCODABLE, max_size=250),
    st.text(st.sampled_from("a€😀ç"), max_size=400),
    st.tuples(st.integers(0, 160), st.text(st.sampled_from("a€^"), max_size=200)).map(
        lambda pair: "a" * pair[0] + pair[1]
    ),
)


@given(TEXTS)
def test_the_count_is_what_real_encoding_gives(text: str) -> None:
    counted = count_segments(text)
    assert (counted.count, counted.encoding) == slow_count(text)


@pytest.mark.parametrize(
    ("text", "count", "encoding"),
    [
        ("", 0, Encoding.GSM_7),
        ("a" * 160, 1, Encoding.GSM_7),
        ("a" * 161, 2, Encoding.GSM_7),
        ("a" * 306, 2, Encoding.GSM_7),
        ("a" * 307, 3, Encoding.GSM_7),
        ("€" * 80, 1, Encoding.GSM_7),  # two septets each
        ("€" * 81, 2, Encoding.GSM_7),
        ("a" * 152 + "€" + "a" * 152, 3, Encoding.GSM_7),  # the pair moves on: 152 and 153 and 1
        ("a" * 151 + "€" + "a" * 153, 2, Encoding.GSM_7),  # here it just fits
        ("ç" * 70, 1, Encoding.UCS_2),  # only the capital is in GSM-7
        ("ç" * 71, 2, Encoding.UCS_2),
        ("😀" * 35, 1, Encoding.UCS_2),  # two units each
        ("😀" * 36, 2, Encoding.UCS_2),
        ("😀" * 67, 3, Encoding.UCS_2),  # 33 emoji a part: one unit of 67 stays empty
        ("a" * 66 + "😀" + "a" * 66, 3, Encoding.UCS_2),  # 66, then the pair and 65, then 1
    ],
)
def test_known_counts(text: str, count: int, encoding: Encoding) -> None:
    counted = count_segments(text)
    assert (counted.count, counted.encoding) == (count, encoding)


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("Grüße aus Köln, €5 [ok]", []),
        ("We’re late…", [("’", 2, "'"), ("…", 10, "...")]),
        ("Łódź", [("Ł", 0, "L"), ("ó", 1, "o"), ("ź", 3, "z")]),
        ("a\u00a0b\u202fc", [("\u00a0", 1, " "), ("\u202f", 3, " ")]),  # what Babel puts in amounts
        ("so sorry 😢 😢", [("😢", 9, "")]),  # once, without a twin
        ("Иван", [("И", 0, ""), ("в", 1, ""), ("а", 2, ""), ("н", 3, "")]),
    ],
)
def test_odd_characters_are_named_with_their_twin(
    text: str, odd: list[tuple[str, int, str]]
) -> None:
    assert [(o.character, o.index, o.twin) for o in odd_characters(text)] == odd


@given(ENCODABLE)
def test_every_twin_is_gsm(character: str) -> None:
    twin = gsm_twin(character)
    assert encode_gsm(twin) is not None


@given(TEXTS)
def test_a_text_is_ucs2_exactly_when_something_odd_is_named(text: str) -> None:
    assert bool(odd_characters(text)) == (count_segments(text).encoding is Encoding.UCS_2)
