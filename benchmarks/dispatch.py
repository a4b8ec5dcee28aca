"""T9: whole send passes to a provider, beside a loop that only writes letters and posts them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchmarks.figures import Figure, Target
from benchmarks.letters import TEMPLATES, add_letters, setup_for, take_back
from benchmarks.measuring import side_by_side
from benchmarks.provider import Provider, provider
from benchmarks.rendering import Context, context, writer
from benchmarks.shop import NOW
from benchmarks.sizes import Sizes
from outreach.channels.sendgrid import SendGridSender
from outreach.channels.settings import SendGridSettings
from outreach.channels.wire import Wire
from outreach.deciding.rendering.templates import Rendered, Templates
from outreach.passes.send import BATCH, send_due
from outreach.store.database import Store

OURS, BARE = "send pass", "render and POST"
FROM = "care@nordlicht.example"
KEY = {"SENDGRID_API_KEY": "SG.bench"}
HEADERS = {"Authorization": "Bearer SG.bench", "Content-Type": "application/json"}
LATENCY, AT_A_TIME = 0.05, 8
#: letters in a round in which each takes the provider's time
FEWER = 5


def dispatch(kind: str, store: Store, sizes: Sizes) -> Iterator[Figure]:
    """Measure sending over one kept connection, and over several to a provider that takes time."""
    add_letters(store, sizes.queued, sizes.letters)
    with provider() as near:
        ratio = _ratio(kind, store, near, sizes.letters, 1, sizes.few_repeats)
    what = f"sending {sizes.letters:,} letters: letters/s ÷ those of render and POST"
    yield Figure(Target.T9, f"{what} over the same kept connection", kind, ratio)
    fewer = max(sizes.letters // FEWER, BATCH)  # whole batches: a pass ends after one
    with provider(LATENCY) as far:
        ratio = _ratio(kind, store, far, fewer, AT_A_TIME, sizes.few_repeats)
    what = f"sending {fewer:,} letters, each answered after 50 ms: letters/s ÷ those of render"
    yield Figure(Target.T9, f"{what} and POST over {AT_A_TIME} kept connections", kind, ratio)


def settings(url: str, at_a_time: int) -> SendGridSettings:
    """Return the settings of a channel to a provider of ours."""
    given = {"provider": "sendgrid", "from": FROM, "url": url, "concurrency": at_a_time}
    return SendGridSettings.model_validate(given)


def _ratio(
    kind: str, store: Store, to: Provider, letters: int, at_a_time: int, repeats: int
) -> float:
    sender = SendGridSender(settings(to.url, at_a_time), KEY)
    setup = setup_for(store, sender, at_a_time=at_a_time)
    wire = Wire(to.url, timeout=10, connections=at_a_time)
    write = writer(Templates.from_folder(TEMPLATES))
    post = partial(_post, wire, f"{to.url}/v3/mail/send", write)
    contexts = [context(number) for number in range(letters)]

    def bare() -> int:
        with ThreadPoolExecutor(at_a_time) as pool:
            return sum(pool.map(post, contexts))

    try:
        timings, _ = side_by_side(
            f"{kind}: sending, {at_a_time} at a time",
            {BARE: bare, OURS: lambda: send_due(setup, now=NOW, limit=letters).sent},
            repeats,
            before=lambda: take_back(store),
            count=to.newly_taken,
        )
    finally:
        wire.close()
        sender.close()
    return 1 / timings.ratio(OURS, BARE)


def mail(about: Context, words: Rendered) -> dict[str, object]:
    """Return an email as SendGrid takes it, with all that ours says."""
    tracking = ("click_tracking", "open_tracking", "subscription_tracking")
    return {
        "from": {"email": FROM, "name": words.from_name},
        "personalizations": [{"to": [{"email": f"{about['customer']['id']}@example.com"}]}],
        "subject": words.subject,
        "content": [
            {"type": "text/plain", "value": words.text},
            {"type": "text/html", "value": words.html},
        ],
        "headers": {"Auto-Submitted": "auto-generated"},
        "custom_args": {"outreach_id": about["message"]["id"]},
        "tracking_settings": {name: {"enable": False} for name in tracking},
    }


def _post(wire: Wire, url: str, write: Callable[[Context], Rendered], about: Context) -> bool:
    body = json.dumps(mail(about, write(about))).encode()
    return wire.request("POST", url, headers=HEADERS, body=body).status == 202
