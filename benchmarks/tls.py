"""Email over TLS through SendGrid's own client, on our kept connections and as it comes."""

from __future__ import annotations

from collections.abc import Iterator

from sendgrid import SendGridAPIClient  # type: ignore[import-untyped]

from benchmarks.certificates import certificate
from benchmarks.dispatch import FROM, KEY, mail, settings
from benchmarks.figures import Figure, Target
from benchmarks.letters import TEMPLATES
from benchmarks.measuring import side_by_side
from benchmarks.provider import provider
from benchmarks.rendering import context, writer
from benchmarks.shop import NOW
from benchmarks.sizes import Sizes
from outreach.channels.sendgrid import SendGridSender
from outreach.deciding.rendering.templates import Templates
from outreach.model import Channel, Purpose
from outreach.passes.wording import outgoing

OURS, STOCK = "our connections", "the stock client"
#: a connection for each takes its time
FEWER = 10


def tls(sizes: Sizes) -> Iterator[Figure]:
    """Measure sending the same emails, one after another."""
    write = writer(Templates.from_folder(TEMPLATES))
    contexts = [context(number) for number in range(max(sizes.letters // FEWER, 5))]
    words = [write(about) for about in contexts]
    mails = [mail(about, said) for about, said in zip(contexts, words, strict=True)]
    letters = [
        outgoing(
            f"{about['customer']['id']}@example.com",
            Channel.EMAIL,
            Purpose.TRANSACTIONAL,
            said,
            unsubscribe=FROM,
            message_id=about["message"]["id"],
        )
        for about, said in zip(contexts, words, strict=True)
    ]
    with certificate() as own, provider(certificate=own) as far:
        ours = SendGridSender(settings(far.url, 1), KEY)
        stock = SendGridAPIClient(api_key=KEY["SENDGRID_API_KEY"], host=far.url)
        taken = [far.taken()]

        def newly_taken() -> int:
            taken.append(far.taken())
            return taken[-1] - taken[-2]

        timings, count = side_by_side(
            "email over TLS",
            {
                STOCK: lambda: sum(stock.send(each).status_code == 202 for each in mails),
                OURS: lambda: sum(bool(ours.send(each, now=NOW).provider_id) for each in letters),
            },
            sizes.few_repeats,
            count=newly_taken,
        )
        ours.close()
    what = f"{count:,} emails over TLS: emails/s ÷ those of SendGrid's client as it comes"
    yield Figure(Target.NONE, what, "", 1 / timings.ratio(OURS, STOCK))
