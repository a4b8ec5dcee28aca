"""Which message that left is which that was expected, and where one differs from the other."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from outreach.proving.scenarios.document import Wanted
from outreach.proving.scenarios.playing import Came
from outreach.proving.scenarios.post import text_of, words_of
from outreach.proving.scenarios.told import told_time

#: how much of a message's words a report shows
MOST_WORDS = 200


def differences(wanted: Wanted, came: Came, zone: ZoneInfo) -> list[str]:
    """Say in what a message is not the one that was expected, most telling first."""
    entry = came.entry
    said = [
        ("rule", wanted.rule, entry.rule),
        ("to", wanted.to, entry.customer),
        ("step", wanted.step, entry.step),
        ("via", wanted.via.value if wanted.via else "", entry.channel.value),
        ("template", wanted.template, entry.template),
        ("locale", wanted.locale, entry.locale),
        ("offer", wanted.offer, came.offer or "none"),
    ]
    found = [f"{what} is {is_}, not {not_}" for what, not_, is_ in said if not_ not in ("", is_)]
    if wanted.about and sorted(wanted.about) != sorted(came.about):
        found.append(f"it is about {', '.join(came.about)}, not {', '.join(wanted.about)}")
    if wanted.at is not None and wanted.at != entry.at:
        found.append(f"it left {told_time(entry.at, zone)}, not {told_time(wanted.at, zone)}")
    text, words = text_of(came.letter), words_of(came.letter)
    found += [f'it does not say "{each}"' for each in wanted.says if _plain(each) not in text]
    found += [f'it says "{each}"' for each in wanted.never_says if _plain(each) in words]
    return found


def matched(
    wanted: Sequence[Wanted], came: Sequence[Came], zone: ZoneInfo
) -> tuple[list[Wanted], list[Came]]:
    """Return what was expected and did not come, and what came and was not expected.

    As many as possible find their match, in whatever order they are written.
    """
    fits = {
        number: [place for place, one in enumerate(came) if not differences(each, one, zone)]
        for number, each in enumerate(wanted)
    }
    taken: dict[int, int] = {}

    def find(number: int, tried: set[int]) -> bool:
        for place in fits[number]:
            if place in tried:
                continue
            tried.add(place)
            if place not in taken or find(taken[place], tried):
                taken[place] = number
                return True
        return False

    missing = [each for number, each in enumerate(wanted) if not find(number, set())]
    return missing, [one for place, one in enumerate(came) if place not in taken]


def nearest(wanted: Wanted, came: Sequence[Came], zone: ZoneInfo) -> Came | None:
    """Return what was probably meant: the same rule, or the same person, with few differences."""
    near = [one for one in came if wanted.rule in ("", one.entry.rule)]
    return min(near, key=lambda one: len(differences(wanted, one, zone)), default=None)


def words_for(came: Came) -> str:
    """Return the beginning of what a message says, for a report about its words."""
    text = text_of(came.letter)
    return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 1]}…"


def _plain(text: str) -> str:
    return " ".join(text.split())
