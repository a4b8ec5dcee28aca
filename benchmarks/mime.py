"""T11: an email as bytes, beside the standard library's EmailMessage with the same content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime

from benchmarks.figures import Figure, Target
from benchmarks.letters import TEMPLATES
from benchmarks.measuring import Disagreement, side_by_side
from benchmarks.rendering import context, writer
from benchmarks.shop import NOW
from benchmarks.sizes import Sizes
from outreach.channels.envelope import Envelope, address
from outreach.channels.mime import build_email
from outreach.channels.outgoing import Outgoing
from outreach.deciding.rendering.templates import Rendered, Templates
from outreach.model import Channel, Purpose
from outreach.passes.wording import outgoing

OURS, STANDARD = "ours", "EmailMessage"
FROM = "Mara at Nordlicht <care@nordlicht.example>"
CARE = "care@nordlicht.example"
Build = Callable[[Outgoing], bytes]


def mime(sizes: Sizes) -> Iterator[Figure]:
    """Measure building many emails, each with a text part, a page, and headers of ours."""
    write = writer(Templates.from_folder(TEMPLATES))
    letters = [_letter(number, write(context(number))) for number in range(sizes.letters)]
    for letter in letters[:20]:
        _must_read_the_same(_ours(letter), _standard(letter))

    def many(build: Build) -> Callable[[], int]:
        return lambda: sum(bool(build(letter)) for letter in letters)

    timings, count = side_by_side(
        "building emails", {STANDARD: many(_standard), OURS: many(_ours)}, sizes.few_repeats
    )
    what = f"building {count:,} emails ÷ building them with EmailMessage"
    yield Figure(Target.T11, what, "", timings.ratio(OURS, STANDARD))


def _letter(number: int, words: Rendered) -> Outgoing:
    name = f"m-{1_000_000 + number}"
    to = f"ana{number}@example.com"
    return outgoing(to, Channel.EMAIL, Purpose.SURVEY, words, unsubscribe=CARE, message_id=name)


def _envelope(letter: Outgoing) -> Envelope:
    return address("bench", letter, from_=FROM, reply_to=CARE)


def _ours(letter: Outgoing) -> bytes:
    return build_email(letter, _envelope(letter), NOW)


def _standard(letter: Outgoing) -> bytes:
    envelope = _envelope(letter)
    email = EmailMessage(policy=policy.SMTP)
    email["From"] = f"{envelope.from_.name} <{envelope.from_.address}>"
    email["To"] = envelope.to
    email["Reply-To"] = CARE
    email["Subject"] = letter.subject
    email["Date"] = format_datetime(NOW)
    email["Message-ID"] = f"<{letter.message_id}@{envelope.from_.domain}>"
    for name, value in envelope.headers.items():
        email[name] = value
    email.set_content(letter.body_text)
    email.add_alternative(letter.body_html, subtype="html")
    return email.as_bytes()


def _must_read_the_same(ours: bytes, standard: bytes) -> None:
    """Make sure that a mail program reads the same from both."""
    if _read(ours) != _read(standard):
        raise Disagreement("the emails read differently")


def _read(content: bytes) -> list[str]:
    email = message_from_bytes(content, policy=policy.default)
    assert isinstance(email, EmailMessage)
    headers = [str(email[name]).strip() for name in ("From", "To", "Reply-To", "Subject", "Date")]
    headers += [
        str(email[name]).strip() for name in ("Message-ID", "List-Unsubscribe", "Auto-Submitted")
    ]
    parts = [part.get_content().strip() for part in email.iter_parts()]
    return headers + parts
