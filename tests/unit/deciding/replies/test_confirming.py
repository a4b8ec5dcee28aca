"""Confirming: one short text in the customer's language."""

from __future__ import annotations

import pytest

from outreach.deciding.rendering.sms import count_segments
from outreach.deciding.replies.confirming import confirmation
from outreach.model import StopScope


@pytest.mark.parametrize(
    ("locale", "workspace", "words"),
    [
        ("en", "de", "no more text messages from Nordlicht"),
        ("de-AT", "en", "keine SMS mehr von Nordlicht"),
        (None, "de", "keine SMS mehr"),
        ("fr", "en", "no more text messages"),
        ("fr", "nl", "no more text messages"),  # neither is there
    ],
)
def test_it_is_in_their_language(locale: str | None, workspace: str, words: str) -> None:
    for_all = confirmation(StopScope.ALL, shop="Nordlicht", locale=locale, workspace=workspace)
    assert words in for_all
    assert "START" in for_all


@pytest.mark.parametrize("scope", StopScope)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_it_is_one_segment(scope: StopScope, locale: str) -> None:
    said = confirmation(scope, shop="N" * 200, locale=locale, workspace="en")
    assert count_segments(said).count == 1


def test_a_stop_of_one_kind_says_so() -> None:
    said = confirmation(StopScope.CLASS, shop="", locale="en", workspace="en")
    assert said.startswith("You will get no more text messages of this kind from us.")
