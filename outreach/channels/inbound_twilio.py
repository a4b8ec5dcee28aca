"""Texts that people send us, as Twilio posts them: signed, and often answered by Twilio itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from outreach.channels.addresses import is_phone_number
from outreach.channels.inbound import Inbound, clean_text
from outreach.channels.receipts import Malformed, is_id
from outreach.channels.twilio_form import SignedForms
from outreach.deciding.replies.meaning import Meaning
from outreach.model import Channel

PROVIDER = "twilio"
#: words Twilio acts on and answers itself, alone in a text, unless advanced opt-out is set up;
#: then it says so in each call
_KEYWORDS = {
    Meaning.STOP: ["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"],
    Meaning.START: ["START", "YES", "UNSTOP"],
    Meaning.HELP: ["HELP", "INFO"],
}
_OPT_OUT_TYPES = {each.value.upper(): each for each in (Meaning.STOP, Meaning.START, Meaning.HELP)}


class TwilioReplies:
    """Reads the texts that Twilio hands on. `url` is the address written into its console."""

    def __init__(self, auth_token: str, url: str) -> None:
        self._forms = SignedForms(auth_token, url)

    def read(
        self, body: bytes, headers: Mapping[str, str], query: str, *, now: datetime
    ) -> Inbound | None:
        """Return what a person wrote, None when no phone did; raises Forged or Malformed."""
        form = self._forms.read(body, headers, query)
        sid = form.get("MessageSid") or form.get("SmsSid") or ""
        from_ = form.get("From", "")
        if not is_id(sid) or not from_:
            raise Malformed("MessageSid or From is missing")
        if not is_phone_number(from_):
            return None  # a short code, or another channel: nobody we text
        text = clean_text(form.get("Body", ""))
        kind = form.get("OptOutType", "").strip().upper()
        meaning = _OPT_OUT_TYPES.get(kind) or _by_keyword(text)
        return Inbound(
            PROVIDER,
            sid,
            Channel.SMS,
            from_,
            clean_text(form.get("To", "")),
            text,
            now,
            meaning=meaning,
            is_answered=bool(kind) or meaning is not None,
        )


def _by_keyword(text: str) -> Meaning | None:
    said = text.strip().upper()
    return next((meaning for meaning, words in _KEYWORDS.items() if said in words), None)
