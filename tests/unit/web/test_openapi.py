"""Our own OpenAPI document, and every request that can be made from it: none makes us fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import one_of

from outreach.channels.inbound_sendgrid import SendGridReplies
from outreach.channels.inbound_twilio import TwilioReplies
from outreach.channels.receipts_sendgrid import SendGridReceipts
from outreach.channels.receipts_twilio import TwilioReceipts
from outreach.channels.sandbox import SendGridEvents
from outreach.store.database import Store
from outreach.web import Receivers
from outreach.web.tally import FAILED, UNANSWERED
from outreach.workspace.web import (
    SENDGRID_PATH,
    SENDGRID_REPLIES_PATH,
    TWILIO_PATH,
    TWILIO_REPLIES_PATH,
)
from tests.unit.web.front import FORMS, LINKS, PAGES, Front, opened, write_history, write_survey

SECRET = "only-sendgrid-knows-it"

PATHS = {
    ("get", "/health"),
    ("post", SENDGRID_PATH),
    ("post", SENDGRID_REPLIES_PATH + "/{secret}"),
    ("post", TWILIO_PATH),
    ("post", TWILIO_REPLIES_PATH),
    *(("get", to.path + "{token}") for to in PAGES),
    *(("post", to.path + "{token}") for to in FORMS),
}


@pytest.fixture
def front(store: Store) -> Iterator[Front]:
    with store.write() as connection:
        write_history(connection)
        write_survey(connection)
    receivers = Receivers(
        SendGridReceipts(SendGridEvents("").public_key),
        TwilioReceipts("token", LINKS.public_url + TWILIO_PATH),
        TwilioReplies("token", LINKS.public_url + TWILIO_REPLIES_PATH),
        SendGridReplies(SECRET),
    )
    with opened(store, receivers=receivers) as front:
        yield front


def ways(operation: Any, front: Front) -> Iterator[Any]:
    """Yield how an operation can be asked: by the book, with links that open, and wrongly."""
    from schemathesis import GenerationMode

    yield operation.as_strategy()
    if operation.path.startswith(SENDGRID_REPLIES_PATH):
        yield operation.as_strategy(path_parameters={"secret": SECRET})
    bodies = list(GenerationMode) if operation.body else [GenerationMode.POSITIVE]
    for to in PAGES:
        if operation.path.startswith(to.path):
            token = front.path(to=to).removeprefix(to.path)
            for mode in bodies:
                opens = {"path_parameters": {"token": token}}
                yield operation.as_strategy(generation_mode=mode, **opens)


def test_no_request_makes_it_fail(front: Front) -> None:
    import schemathesis  # takes seconds, which other tests need not wait for
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    # no 5xx, and no answer that the document does not tell of
    promised = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
    ]
    document = front.app.openapi()
    assert {(m, path) for path, inner in document["paths"].items() for m in inner} >= PATHS
    session, seen = requests.Session(), set()
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = result.ok()

        @settings(max_examples=25, suppress_health_check=list(HealthCheck), database=None)
        @given(case=one_of(*ways(operation, front)))
        def ask(case: Any) -> None:
            url, path = front.server.url, case.operation.path
            answer = case.call_and_validate(base_url=url, session=session, checks=promised)
            seen.add((case.method, path, answer.status_code))

        ask()
    session.close()
    # what links open was reached, and what they do
    for to in PAGES:
        path = to.path + "{token}"
        assert {("GET", path, 200), ("GET", path, 404)} <= seen
        # a page that is kind about it has failed all the same
        assert not front.tally.count(UNANSWERED, to.value)
    assert not any(front.tally.count(FAILED, provider) for provider in ("sendgrid", "twilio"))
