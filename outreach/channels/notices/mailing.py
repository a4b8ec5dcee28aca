"""Notices by e-mail, through the channel that customers are written to with."""

from __future__ import annotations

from datetime import datetime

from outreach.channels.notices.notice import Notice
from outreach.channels.outgoing import Outgoing, Sender
from outreach.model import Channel, Purpose


class MailNotifier:
    """Writes a plain mail to a team's own address. Whoever opened the sender closes it."""

    def __init__(self, to: str, sender: Sender) -> None:
        self._to, self._sender = to, sender

    def tell(self, notice: Notice, *, now: datetime) -> None:
        outgoing = Outgoing(
            message_id=notice.id,
            channel=Channel.EMAIL,
            purpose=Purpose.TRANSACTIONAL,
            to=self._to,
            subject=f"[{notice.handoff}] {notice.title}",
            body_text=f"{notice.text()}\n",
            headers={"Auto-Submitted": "auto-generated"},
        )
        self._sender.send(outgoing, now=now)

    def close(self) -> None:
        """Nothing of its own is kept open."""
