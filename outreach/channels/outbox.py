"""A folder instead of a provider: one file a message, to be opened in any mail program."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import quote

from outreach.channels.envelope import address
from outreach.channels.mime import build_email
from outreach.channels.outgoing import Outgoing, Receipted
from outreach.channels.settings import EmailOutboxSettings, SmsOutboxSettings
from outreach.errors import Outcome, SendError
from outreach.model import Channel

log = logging.getLogger(__name__)

_PROVIDER = "The outbox"
_NOBODY = "outbox@outreach.example"


class OutboxSender:
    """Writes email as `<message id>.eml` and SMS as `<message id>.txt`.

    A message that comes twice stands there twice, as `<message id>-2.eml`.
    """

    name = "outbox"

    def __init__(
        self, settings: EmailOutboxSettings | SmsOutboxSettings, base_folder: Path
    ) -> None:
        self._settings = settings
        self._folder = base_folder / settings.folder

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        """Write one message; raises SendError when the folder cannot be written."""
        is_email = outgoing.channel is Channel.EMAIL
        content = self._email(outgoing, now) if is_email else self._text(outgoing, now)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._place(outgoing.message_id, ".eml" if is_email else ".txt", content)
        except OSError as error:
            raise _cannot_write(self._folder, error) from None
        return Receipted(path.name, f"written to {self._settings.folder}")

    def check(self) -> str:
        """Write and remove a file."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._folder, prefix=".check-"):
                pass
        except OSError as error:
            raise _cannot_write(self._folder, error) from None
        return f"messages are written to {self._folder}, nothing leaves this machine"

    def close(self) -> None:
        """Nothing is kept open."""

    def _email(self, outgoing: Outgoing, now: datetime) -> bytes:
        from_, reply_to = self._settings.from_ or _NOBODY, self._settings.reply_to
        envelope = address(_PROVIDER, outgoing, from_=from_, reply_to=reply_to)
        return build_email(outgoing, envelope, now)

    def _text(self, outgoing: Outgoing, now: datetime) -> bytes:
        head = {
            "To": outgoing.to,
            "From": self._settings.from_,
            "At": now.isoformat(timespec="seconds"),
            "Segments": str(outgoing.segments or ""),
        }
        lines = [f"{name}: {value}" for name, value in head.items() if value]
        return "\n".join([*lines, "", outgoing.body_text, ""]).encode("utf-8", "replace")

    def _place(self, message_id: str, suffix: str, content: bytes) -> Path:
        """Put the whole file in place at once, under a name that nothing has yet."""
        stem = quote(message_id, safe="")
        with NamedTemporaryFile(dir=self._folder, prefix=".writing-") as draft:
            draft.write(content)
            draft.flush()
            for copy in range(1, 10_000):
                path = self._folder / (stem + (f"-{copy}" if copy > 1 else "") + suffix)
                try:
                    # a link fails where a rename would overwrite
                    os.link(draft.name, path)
                except FileExistsError:
                    continue
                if copy > 1:
                    log.warning("Message %s came %s times to the outbox", message_id, copy)
                return path
        raise FileExistsError(f"{stem} stands there {copy} times")


def _cannot_write(folder: Path, error: OSError) -> SendError:
    why = f"{_PROVIDER} cannot be written: {folder}: {error.strerror or error}"
    return SendError(Outcome.NOT_SENT, why, code="outbox", channel_is_down=True)
