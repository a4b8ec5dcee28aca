"""The language of a message falls back in steps, and says why."""

from __future__ import annotations

import pytest

from outreach.deciding.rendering.locales import choose, is_locale, normal


@pytest.mark.parametrize(
    ("available", "wanted", "workspace", "locale", "formats"),
    [
        (["de-AT", "de", "en"], "de-AT", "en", "de-AT", "de-AT"),
        (["de", "en"], "de-AT", "en", "de", "de-AT"),  # German words, Austrian money
        (["de", "en"], "de_at", "en", "de", "de-AT"),  # however it was spelt
        (["de", "en"], "fr", "en", "en", "en"),  # no French date in an English sentence
        (["de", "en"], "", "de", "de", "de"),
        (["de"], "fr-CA", "de-CH", "de", "de-CH"),  # the workspace falls back as well
        (["zh-Hant", "en"], "zh-Hant-TW", "en", "zh-Hant", "zh-Hant-TW"),
        (["en"], "en-QQ", "en", "en", "en"),  # a country that does not exist
    ],
)
def test_the_nearest_language_is_taken(
    available: list[str], wanted: str, workspace: str, locale: str, formats: str
) -> None:
    choice = choose(available, wanted, workspace)
    assert choice is not None
    assert (choice.locale, choice.formats) == (locale, formats)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("de", "the customer's locale is de"),
        (
            "de-AT",
            "the customer's locale is de-AT, which has no words of its own; de is the nearest",
        ),
        ("fr", "the customer's locale is fr, which has no words; en is the workspace's"),
        ("", "the customer's locale is not known; en is the workspace's"),
    ],
)
def test_the_choice_says_why(wanted: str, why: str) -> None:
    choice = choose(["de", "en"], wanted, "en")
    assert choice is not None
    assert choice.why == why


def test_no_language_in_common_is_no_choice() -> None:
    assert choose(["de"], "fr", "en") is None


@pytest.mark.parametrize(
    ("tag", "spelt"),
    [("de_at", "de-AT"), ("DE", "de"), ("zh_hant_tw", "zh-Hant-TW"), (" en-gb ", "en-GB")],
)
def test_tags_have_one_spelling(tag: str, spelt: str) -> None:
    assert normal(tag) == spelt


@pytest.mark.parametrize(
    ("tag", "known"), [("de", True), ("de-AT", True), ("dee", False), ("", False), ("order", False)]
)
def test_languages_are_known_from_typing_mistakes(tag: str, known: bool) -> None:
    assert is_locale(tag) is known
