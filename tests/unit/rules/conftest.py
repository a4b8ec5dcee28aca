"""A small workspace for rules to refer to, and where their example files are."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from outreach.model import Channel, Kind, Money
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import CustomField, FieldType
from outreach.rules.names import Names
from outreach.rules.offer import Pool
from outreach.timing.calendars import Calendar
from outreach.timing.hours import EVERY_DAY, Hours
from outreach.timing.windows import ANY_TIME, SendWindow

BERLIN = ZoneInfo("Europe/Berlin")
DAYTIME = SendWindow("daytime", EVERY_DAY, Hours(9 * 60, 20 * 60))
EARLY = SendWindow("early", EVERY_DAY, Hours(7 * 60, 20 * 60))
TEMPLATES = {
    "apology": (Channel.EMAIL, Channel.SMS),
    "update": (Channel.EMAIL,),
    "out-for-delivery": (Channel.SMS,),
    "check-in": (Channel.EMAIL, Channel.SMS),
    "score-request": (Channel.EMAIL,),
}


@pytest.fixture(scope="session")
def names() -> Names:
    """What the rules of the tests can refer to."""
    return Names(
        catalogue=Catalogue([CustomField(Kind.CUSTOMER, "wants_no_updates", FieldType.YES_NO)]),
        zone=BERLIN,
        default_window=DAYTIME,
        windows={window.name: window for window in (DAYTIME, EARLY, ANY_TIME)},
        calendars={"de": Calendar("de", BERLIN, frozenset(range(5)), Hours(540, 1020), "DE")},
        templates=TEMPLATES,
        teams=dict.fromkeys(("desk", "care-team", "shipping-desk", "vip-desk")),
        surveys=("csat",),
        pools={
            name: Pool(name, f"{name}.csv", Money(Decimal(5), "EUR"))
            for name in ("five", "goodwill-5eur")
        },
    )


@pytest.fixture(scope="session")
def rule_files(pytestconfig: pytest.Config) -> dict[str, str]:
    """Good rule files by name: those of the tests, and the starters that we ship."""
    root = pytestconfig.rootpath
    paths = [*(root / "tests/data/good").glob("*.yaml"), *(root / "rules").glob("*.yaml")]
    rules = [path for path in sorted(paths) if not path.name.endswith(".test.yaml")]
    return {str(Path(path).relative_to(root)): path.read_text("utf-8") for path in rules}
