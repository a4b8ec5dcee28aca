"""Confirming: the one text that says a stop was understood, in the customer's language."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from outreach.deciding.rendering.locales import choose
from outreach.model import StopScope

FOLDER = Path(__file__).parent / "confirmations"
#: when neither the customer's language nor the workspace's is there
LAST_RESORT = "en"
#: of a shop's name, so that it stays one segment
LONGEST_NAME = 60


def confirmation(scope: StopScope, *, shop: str, locale: str | None, workspace: str) -> str:
    """Return what to answer a stop; nothing in it advertises, as the law asks."""
    texts = _texts(scope)
    chosen = choose(texts, locale or "", workspace) or choose(texts, LAST_RESORT, LAST_RESORT)
    assert chosen is not None, "the words of the last resort ship with the package"
    return texts[chosen.locale].format(shop=shop[:LONGEST_NAME] or "us")


@cache
def _texts(scope: StopScope) -> dict[str, str]:
    files = FOLDER.glob(f"*.{scope.value}.txt")
    return {file.name.partition(".")[0]: file.read_text("utf-8").strip() for file in files}
