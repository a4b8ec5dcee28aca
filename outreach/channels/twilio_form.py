"""A form that Twilio posts: its fields, and whether they are signed for our public address."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import (  # type: ignore[import-untyped]
    RequestValidator,
)

from outreach.channels.receipts import Forged, Malformed

SIGNATURE = "X-Twilio-Signature"
_MOST_FIELDS = 200


class Form(dict[str, str]):
    """A form's fields with all their values, in the way the SDK asks for them."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        super().__init__(fields)
        self._fields = fields

    def getall(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for key, value in self._fields if key == name]


class SignedForms:
    """Reads forms that Twilio signed. `url` is the address that Twilio was told to call."""

    def __init__(self, auth_token: str, url: str) -> None:
        self._validator = RequestValidator(auth_token)
        parts = urlsplit(url)
        self._url = parts._replace(query="", fragment="").geturl()
        self._fragment = f"#{parts.fragment}" if parts.fragment else ""

    def read(self, body: bytes, headers: Mapping[str, str], query: str) -> Form:
        """Return the fields of a request; raises Forged or Malformed.

        `headers` ignore the case of names, `query` is as it came. What a proxy made of the
        address does not count: Twilio signed the one it was told.
        """
        form = _form(body)
        if not self._is_signed(form, query, headers.get(SIGNATURE)):
            raise Forged("the signature does not fit")
        return form

    def _is_signed(self, form: Form, query: str, signature: str | None) -> bool:
        if not signature:
            return False
        url = f"{self._url}?{query}" if query else self._url
        # whether the fragment is signed along is documented nowhere: both need the same secret
        urls = [url, url + self._fragment] if self._fragment else [url]
        return any(self._validator.validate(each, form, signature) for each in urls)


def _form(body: bytes) -> Form:
    try:
        text = body.decode("ascii")
        fields = parse_qsl(
            text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise Malformed("the body is no form") from None
    return Form(fields)
