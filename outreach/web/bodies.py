"""Bodies of requests: never more than so many bytes, and forms however they are written."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request

#: fields of a form that are looked at; no form of ours has as many
MOST_FIELDS = 50


class Limited:
    """Reads a body as it comes, and no more than so many bytes of it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    async def __call__(self, request: Request) -> bytes:
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self._limit:
                raise HTTPException(413, f"more than {self._limit:,} bytes")
            parts.append(part)
        return b"".join(parts)


def read_form(body: bytes, content_type: str) -> dict[str, str]:
    """Return the fields of a form, {} for what is none; of a field that came twice the last.

    Mail programs send `multipart/form-data` when they unsubscribe, or what browsers send.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            return _parts(body, content_type)
        text = body.decode("utf-8")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except (ValueError, TypeError, LookupError):
        return {}


def _parts(body: bytes, content_type: str) -> dict[str, str]:
    # a line break in it would begin a header of its own
    line = content_type.encode("latin-1", "replace").replace(b"\r", b"").replace(b"\n", b"")
    whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + line + b"\r\n\r\n" + body)
    fields = {}
    for part in list(whole.iter_parts() if whole.is_multipart() else ())[:MOST_FIELDS]:
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields[name] = payload.decode("utf-8", "replace").strip()
    return fields
