"""Email over TLS through SendGrid's own client, on our kept connections and as it comes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

from sendgrid import SendGridAPIClient  # type: ignore[import-untyped]

from benchmarks.certificates import certificate
from benchmarks.dispatch import FROM, KEY, mail, settings
from benchmarks.figures import Figure, Target
from benchmarks.letters import TEMPLATES
from benchmarks.measuring import side_by_side
from benchmarks.provider import ROOT, Provider, provider
from benchmarks.rendering import Context, context, writer
from benchmarks.shop import NOW
from benchmarks.sizes import Sizes
from outreach.channels.outgoing import Outgoing
from outreach.channels.sendgrid import SendGridSender
from outreach.deciding.rendering.templates import Rendered, Templates
from outreach.model import Channel, Purpose
from outreach.passes.wording import outgoing

#: where Python's TLS looks for the authorities it trusts
TRUSTED = "SSL_CERT_FILE"
OURS, STOCK = "our connections", "the stock client"
#: a connection for each takes its time
FEWER = 10


def tls(sizes: Sizes) -> Iterator[Figure]:
    """Measure sending the same emails, one after another, in a process that trusts the provider."""
    letters = max(sizes.letters // FEWER, 5)
    with certificate() as (own, trusted), provider(certificate=own) as far:
        words = [sys.executable, "-m", "benchmarks.tls", far.url, str(letters)]
        ended = subprocess.run(
            [*words, str(sizes.few_repeats)],
            cwd=ROOT,
            env={**os.environ, TRUSTED: str(trusted)},
            stdout=subprocess.PIPE,
            check=True,
        )
    what = f"{letters:,} emails over TLS: emails/s ÷ those of SendGrid's client as it comes"
    yield Figure(Target.NONE, what, "", float(ended.stdout))


def compare(url: str, letters: int, repeats: int) -> float:
    """Return how many times as many emails our connections take in the same time."""
    far, words = Provider(url), writer(Templates.from_folder(TEMPLATES))
    contexts = [context(number) for number in range(letters)]
    mails = [mail(about, words(about)) for about in contexts]
    ready = [_outgoing(about, words(about)) for about in contexts]
    ours = SendGridSender(settings(url, 1), KEY)
    stock = SendGridAPIClient(api_key=KEY["SENDGRID_API_KEY"], host=url)
    timings, _ = side_by_side(
        "email over TLS",
        {
            STOCK: lambda: sum(stock.send(each).status_code == 202 for each in mails),
            OURS: lambda: sum(bool(ours.send(each, now=NOW).provider_id) for each in ready),
        },
        repeats,
        count=far.newly_taken,
    )
    ours.close()
    return 1 / timings.ratio(OURS, STOCK)


def _outgoing(about: Context, words: Rendered) -> Outgoing:
    to, name = f"{about['customer']['id']}@example.com", about["message"]["id"]
    purpose = Purpose.TRANSACTIONAL
    return outgoing(to, Channel.EMAIL, purpose, words, unsubscribe=FROM, message_id=name)


if __name__ == "__main__":
    print(compare(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
