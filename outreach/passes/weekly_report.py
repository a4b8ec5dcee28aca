"""The report pass: last week's report goes to people of the house by mail, once a week.

It is no customer's message: no rule, cap or holdout knows of it. What a process that ended left
half sent may have arrived, so it is not sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.channels.outgoing import Outgoing, Sender
from outreach.deciding.reporting.letter import Letter, letter
from outreach.deciding.staging import is_allowed_here
from outreach.errors import Outcome, SendError
from outreach.model import Channel, Purpose
from outreach.passes.reporting.whole import Asked, make_report
from outreach.passes.setup import Setup
from outreach.store.report_mails import MailState, claim_mail, settle_mail

STATES = {
    Outcome.NOT_SENT: MailState.FAILED,
    Outcome.REJECTED: MailState.REFUSED,
    Outcome.IN_DOUBT: MailState.UNKNOWN,
}


@dataclass
class MailedReport:
    """What one report pass did, in mails."""

    sent: int = 0
    failed: int = 0
    unknown: int = 0


def mail_report(setup: Setup, to: Sequence[str], asked: Asked, *, now: datetime) -> MailedReport:
    """Mail the report of the weeks asked about to everybody who has not had it yet."""
    done = MailedReport()
    sender = setup.senders.get(Channel.EMAIL)
    allowed = [address for address in to if is_allowed_here(address, setup.send_only_to)]
    if sender is None or not allowed:
        return done
    found = letter(make_report(setup.store, asked, now=now), str(setup.shop.get("name") or ""))
    if found is None:
        return done
    week = asked.weeks.until.astimezone(asked.weeks.zone).date().isoformat()
    for address in allowed:
        with setup.store.write() as connection:
            is_ours = claim_mail(connection, week, address, now)
        if is_ours:
            _send(setup, sender, week, address, found, done, now=now)
    return done


def _send(
    setup: Setup,
    sender: Sender,
    week: str,
    address: str,
    words: Letter,
    done: MailedReport,
    *,
    now: datetime,
) -> None:
    try:
        receipt = sender.send(_outgoing(week, address, words), now=now)
        state, note = MailState.SENT, receipt.provider_id
        done.sent += 1
    except SendError as error:
        state, note = STATES[error.outcome], str(error)
        if state is MailState.UNKNOWN:
            done.unknown += 1
        else:
            done.failed += 1
    with setup.store.write() as connection:
        settle_mail(connection, week, address, state, note, now)


def _outgoing(week: str, address: str, words: Letter) -> Outgoing:
    return Outgoing(
        message_id=f"report-{week}",
        channel=Channel.EMAIL,
        purpose=Purpose.TRANSACTIONAL,
        to=address,
        subject=words.subject,
        body_text=words.text,
        body_html=words.html,
        headers={"Auto-Submitted": "auto-generated"},
    )
