"""A report written by hand, with every part in it: what docs, pages and mails are shown with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from outreach.deciding.reporting.figures import (
    Arm,
    Effect,
    Handled,
    Handling,
    Line,
    Outcomes,
    Report,
    Spell,
    Theme,
)
from outreach.deciding.reporting.surveys import Answer, Lows, Measure, SurveyFigures
from outreach.model import Reason
from outreach.timing.weeks import whole_weeks

#: a Monday, 11:00 in Berlin
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
WEEKS = whole_weeks(8, MONDAY, BERLIN)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
APOLOGIES = (180, 171, 160, 152, 149, 140, 132, 132)
REPLIES = (210, 195, 200, 180, 165, 150, 140, 120)
CSAT = {5: 262, 4: 91, 3: 24, 2: 14, 1: 20}
NPS = {10: 52, 9: 33, 8: 25, 7: 14, 6: 8, 5: 7, 3: 5, 0: 4}
TOPICS = {"delivery": (30, 28, 22, 20, 16, 12, 11, 9), "damaged": (4, 6, 5, 4, 7, 5, 6, 5)}


def _apologies(week: int, sent: int) -> Line:
    texts = sent // 10
    told = {"replied": sent // 30, "opted_out": week % 2, "bounced": 1, "complained": week == 3}
    return Line(
        "delayed-order-apology",
        week,
        "de" if week % 3 else "en",
        Outcomes(sent, sent - texts, texts, 2 * texts, delivered=sent - 2, undelivered=2, **told),
    )


def _check_ins(week: int, sent: int) -> Line:
    outcomes = Outcomes(sent, sent, delivered=sent - 1, undelivered=1, clicked=sent // 5)
    return Line("delivery-check-in", week, "de", outcomes)


def _spell(minutes: int) -> Spell:
    return Spell(50 + minutes % 7, timedelta(minutes=minutes), timedelta(minutes=4 * minutes))


def _answers(scores: dict[int, int]) -> tuple[Answer, ...]:
    """Spread scores over the weeks; in later weeks fewer of the bad ones are left."""
    found = []
    for score, count in scores.items():
        for week in range(8):
            good = score > 3
            part = count // 8 + (week < count % 8 if not good else 7 - week < count % 8)
            if part:
                found.append(Answer(week, "ticket-csat", "de" if week % 2 else "en", score, part))
    return tuple(found)


def a_report() -> Report:
    """Return the report of a shop whose apologies help, and which answers sooner every week."""
    lines = [
        *(_apologies(week, sent) for week, sent in enumerate(APOLOGIES)),
        *(_check_ins(week, 3 * sent) for week, sent in enumerate(APOLOGIES)),
    ]
    return Report(
        at=MONDAY,
        weeks=WEEKS,
        rule="",
        lines=tuple(lines),
        effects=(
            Effect(
                "delayed-order-apology",
                14 * DAY,
                Arm(1216, wrote=38, ordered=146),
                Arm(64, wrote=6, ordered=7),
                waiting=120,
            ),
            Effect("delivery-check-in", 14 * DAY, Arm(3380, 101, 610), Arm(377, 30, 60)),
            Effect("eta-changed", 14 * DAY, Arm(80, 4, 3), Arm(6, 1, 0), moved=2),
        ),
        handling=(
            Handling(
                Handled.FIRST_REPLY,
                "care-team",
                Spell(412, 3 * HOUR, 9 * HOUR),
                tuple(map(_spell, REPLIES)),
                Spell(380, 4 * HOUR, 12 * HOUR),
            ),
            Handling(
                Handled.RESOLUTION,
                "care-team",
                Spell(398, 22 * HOUR, 5 * DAY),
                (*(_spell(7 * minutes) for minutes in REPLIES[:-1]), Spell()),
                Spell(371, 22 * HOUR, 5 * DAY),
            ),
        ),
        themes=(
            Theme("delivery", TOPICS["delivery"], 190),
            Theme("damaged", TOPICS["damaged"], 40),
            Theme("", (0, 0, 1, 0, 0, 2, 0, 0), 3),
        ),
        surveys=(
            SurveyFigures(
                "csat",
                Measure.CSAT,
                _answers(CSAT),
                before=((1, 18), (2, 15), (3, 30), (4, 88), (5, 200)),
                asked=1204,
                answered=411,
                suspected=3,
                spared=((Reason.CANCELLED_BY_RULE, 96), (Reason.OPTED_OUT, 12)),
                lows=Lows(34, handed=34, in_time=31, done=22),
            ),
            SurveyFigures(
                "nps", Measure.NPS, _answers(NPS), asked=610, answered=148, lows=Lows(24)
            ),
            SurveyFigures("ces", Measure.CES, (Answer(0, "effort", "de", 6, 7),)),
        ),
        comments=(Theme("delivery", (4, 3, 3, 2, 1, 1, 0, 1), 19),),
    )
