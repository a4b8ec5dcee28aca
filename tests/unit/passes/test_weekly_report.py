"""The weekly report goes out once, whoever else sends, and not again when it may have gone out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.channels.outgoing import Outgoing, Receipted
from outreach.deciding.reporting.letter import letter
from outreach.errors import Outcome, SendError
from outreach.model import Channel
from outreach.passes.reporting.whole import Asked
from outreach.passes.setup import Setup
from outreach.passes.weekly_report import MailedReport, mail_report
from outreach.store.report_mails import ReportMail
from outreach.timing.weeks import whole_weeks
from tests.unit.berlin import BERLIN, berlin
from tests.unit.reports import a_report

MONDAY = berlin("2026-11-23 07:00")
DAY = timedelta(days=1)
LEAD, BOSS = "lead@shop.example", "boss@shop.example"


@dataclass
class Post:
    """A sender that fails as it is told, one word a call; then it takes everything."""

    fails: list[Any] = field(default_factory=list)
    taken: list[Outgoing] = field(default_factory=list)
    name: str = "post"

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        if self.fails:
            raise self.fails.pop(0)
        self.taken.append(outgoing)
        return Receipted("p-1")

    def check(self) -> str:
        return "ready"

    def close(self) -> None:
        return


@pytest.fixture
def desk(shop: Any) -> tuple[Any, Post, Setup]:
    """A shop that wrote to two customers last week, and a post that takes its mail."""
    shop.late_orders(2, at=berlin("2026-11-18 12:00")).run(berlin("2026-11-18 12:00"))
    post = Post()
    return shop, post, replace(shop.setup, senders={Channel.EMAIL: post})


def mail(setup: Setup, *to: str, at: datetime = MONDAY) -> MailedReport:
    asked = Asked(whole_weeks(8, at, BERLIN))
    return mail_report(setup, to or (LEAD,), asked, now=at)


def test_each_week_goes_to_each_address_once(desk: Any) -> None:
    _, post, setup = desk
    assert mail(setup, LEAD, BOSS).sent == 2
    for days in range(1, 7):
        assert mail(setup, LEAD, BOSS, at=MONDAY + days * DAY) == MailedReport()
    assert mail(setup, LEAD, at=MONDAY + 7 * DAY).sent == 1
    assert [outgoing.to for outgoing in post.taken] == [LEAD, BOSS, LEAD]
    first, *_ = post.taken
    assert first.subject == "Report, 28 Sep – 22 Nov 2026 · Nordlicht"
    for part in (first.body_text, first.body_html):
        assert "late" in part
        assert "Messages" in part


def test_it_is_no_message_to_a_customer(desk: Any) -> None:
    shop, _, setup = desk
    before = shop.messages()
    mail(setup)
    assert shop.messages() == before


def test_many_processes_at_once_send_one(desk: Any) -> None:
    _, post, setup = desk
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: mail(setup), range(8)))
    assert sum(each.sent for each in done) == len(post.taken) == 1


@pytest.mark.parametrize(
    ("outcome", "state", "again"),
    [
        (Outcome.NOT_SENT, "failed", 1),  # certainly not: the day after once more
        (Outcome.REJECTED, "refused", 0),  # it would be refused again
        (Outcome.IN_DOUBT, "unknown", 0),  # may have arrived
    ],
)
def test_only_what_certainly_did_not_go_out_is_tried_again(
    desk: Any, outcome: Outcome, state: str, again: int
) -> None:
    shop, post, setup = desk
    post.fails.append(SendError(outcome, "no"))
    assert mail(setup).sent == 0
    assert [row.state for row in shop.rows(ReportMail)] == [state]
    assert mail(setup, at=MONDAY + DAY).sent == again
    assert len(post.taken) == again


def test_what_a_process_left_half_sent_is_not_sent_again(desk: Any) -> None:
    shop, post, setup = desk
    post.fails.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        mail(setup)
    assert [row.state for row in shop.rows(ReportMail)] == ["sending"]
    assert mail(setup, at=MONDAY + DAY) == MailedReport()
    assert post.taken == []


def test_it_goes_to_nobody_who_may_not_be_written_to_here(desk: Any) -> None:
    _, post, setup = desk
    mail(replace(setup, send_only_to=("*@SHOP.example",)), LEAD, "other@elsewhere.example")
    assert [outgoing.to for outgoing in post.taken] == [LEAD]


def test_a_time_in_which_nothing_happened_has_no_mail(desk: Any) -> None:
    shop, post, setup = desk
    assert mail(setup, at=MONDAY - 7 * DAY) == MailedReport()
    assert shop.rows(ReportMail) == post.taken == []


def test_without_a_channel_for_mail_there_is_none(desk: Any) -> None:
    _, _, setup = desk
    assert mail(replace(setup, senders={})) == MailedReport()


def test_the_mail_reads_without_pictures_and_scripts() -> None:
    found = letter(a_report(), "Nordlicht")
    assert found is not None
    for never in ("<svg", "<img", "<script", "display: grid", "flex"):
        assert never not in found.html
    assert found.html.count("<table") == found.html.count("</table>") == 11
    for figure in ("1,216", "fewer do", "too few to say", "22 h", "148"):
        assert figure in found.html
        assert figure in found.text
    assert len(found.html) < 50_000
