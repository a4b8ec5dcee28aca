"""The addresses providers post to: what is signed is kept, everything else is a clear answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from outreach.store.frames import table_of
from outreach.store.ledger import Receipt
from outreach.store.permissions import Suppression
from outreach.web import Receivers, WebServer
from outreach.web.tally import FAILED, REFUSED, TAKEN
from outreach.web.webhooks import TWILIO_LIMIT
from outreach.workspace.web import SENDGRID_PATH, TWILIO_PATH
from tests.unit.web.conftest import A_MAIL, A_TEXT, Site


def test_sendgrid_tells_that_it_arrived(site: Site) -> None:
    assert site.sendgrid.post([site.sendgrid.event(A_MAIL, "delivered")]) == 200
    assert site.state("m1") == "delivered"


def test_a_batch_repeated_and_shuffled_is_kept_once(site: Site) -> None:
    names = ("processed", "deferred", "delivered", "open")
    events = [site.sendgrid.event(A_MAIL, name) for name in names]
    assert site.sendgrid.post(events, copies=3, shuffle=Random(7)) == 200
    assert site.sendgrid.post(events) == 200
    assert site.state("m1") == "delivered"
    with site.store.read() as connection:
        assert len(connection.execute(select(table_of(Receipt))).all()) == 3
    counted = site.tally.count(TAKEN, "sendgrid")
    assert (counted["stored"], counted["repeated"], counted["ignored"]) == (3, 3, 4)


def test_a_bounce_suppresses_and_a_block_does_not(site: Site) -> None:
    site.sendgrid.post([site.sendgrid.event(A_MAIL, "bounce", type="blocked")])
    assert site.state("m1") == "undelivered"
    assert site.tally.count(TAKEN, "sendgrid")["suppressed"] == 0
    site.sendgrid.post([site.sendgrid.event(A_MAIL, "bounce", type="bounce")])
    with site.store.read() as connection:
        (row,) = connection.execute(select(table_of(Suppression))).all()
    assert (row.address, row.purpose, row.reason) == ("ana@example.com", None, "bounced")


def test_twilio_calls_back_through_a_proxy(site: Site) -> None:
    assert site.tell_twilio("delivered") == 200
    assert site.tell_twilio("sent") == 200  # later, and said before
    assert site.state("m2") == "delivered"


def test_a_stop_that_twilio_knows_of_counts_for_everything(site: Site) -> None:
    assert site.tell_twilio("failed", error_code="21610") == 200
    assert site.state("m2") == "undelivered"
    with site.store.read() as connection:
        (row,) = connection.execute(select(table_of(Suppression))).all()
    assert (row.channel, row.purpose, row.reason) == ("sms", None, "opted_out")


# what is not taken


def test_what_is_forged_changes_nothing(site: Site) -> None:
    body, headers = site.sendgrid.sign([site.sendgrid.event(A_MAIL, "delivered")])
    assert site.sendgrid.deliver(body.replace(b"delivered", b"processed"), headers) == 403
    assert site.ask("POST", SENDGRID_PATH, body) == 403
    _, form, signature = site.twilio.sign(A_TEXT, "delivered")
    here = site.server.url + TWILIO_PATH
    assert site.twilio.deliver(f"{here}?m=m1", form, signature) == 403
    assert (
        site.twilio.deliver(f"{here}?m=m2", form.replace(b"delivered", b"sent"), signature) == 403
    )
    assert site.ask("POST", f"{TWILIO_PATH}?m=m2", form) == 403
    assert (site.state("m1"), site.state("m2")) == ("sent", "sent")
    assert site.tally.count(REFUSED, "sendgrid") == {"forged": 2}
    assert site.tally.count(REFUSED, "twilio") == {"forged": 3}
    assert not site.tally.count(TAKEN, "twilio")


def test_a_flood_of_forgeries_is_one_line_a_minute_without_an_address(site: Site) -> None:
    event = json.dumps([site.sendgrid.event(A_MAIL, "delivered")]).encode()
    with capture_logs() as lines:
        for _ in range(20):
            site.ask("POST", SENDGRID_PATH, event)
        site.clock.move_to(site.clock.now() + timedelta(minutes=1))
        site.ask("POST", SENDGRID_PATH, event)
    assert [line["forged"] for line in lines] == [1, 20]
    assert {line["log_level"] for line in lines} == {"warning"}
    assert "example.com" not in str(lines)


@pytest.mark.parametrize("events", [{}, "text", None, 17])
def test_a_signed_body_that_is_no_list_is_a_bad_request(site: Site, events: object) -> None:
    body, headers = site.sendgrid.sign(events)  # type: ignore[arg-type]
    assert site.sendgrid.deliver(body, headers) == 400
    assert site.tally.count(REFUSED, "sendgrid") == {"malformed": 1}


def test_what_is_strange_is_counted_and_not_repeated_by_the_provider(site: Site) -> None:
    strange = [site.sendgrid.event(A_MAIL, "new"), {"event": "delivered"}, 17, None]
    unknown = site.sendgrid.event(A_MAIL, "delivered", outreach_id="m9")
    assert site.sendgrid.post([*strange, unknown]) == 200  # type: ignore[list-item]
    counted = site.tally.count(TAKEN, "sendgrid")
    assert (counted["ignored"], counted["unknown"], counted["stored"]) == (4, 1, 0)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/health", 200),
        ("GET", SENDGRID_PATH, 405),
        ("GET", TWILIO_PATH, 405),
        ("POST", "/health", 405),
        ("GET", "/", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("POST", f"{SENDGRID_PATH}/", 404),
    ],
)
def test_the_addresses(site: Site, method: str, path: str, expected: int) -> None:
    assert site.ask(method, path) == expected


def test_a_body_that_is_too_long_is_not_read_to_its_end(site: Site) -> None:
    assert site.ask("POST", TWILIO_PATH, b"a" * (TWILIO_LIMIT + 1)) == 413
    assert site.ask("POST", TWILIO_PATH, b"a" * TWILIO_LIMIT) == 403


def test_who_is_not_set_up_has_no_address(serve: Callable[[Receivers], WebServer]) -> None:
    import urllib3

    server = serve(Receivers())
    for path in (SENDGRID_PATH, TWILIO_PATH):
        assert urllib3.request("POST", server.url + path, retries=False).status == 404


@pytest.mark.parametrize("path", [SENDGRID_PATH, TWILIO_PATH])
@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"[" * 50_000, b"a=%ff", b"=&=&" * 9])
def test_no_noise_is_an_error_of_ours(site: Site, path: str, body: bytes) -> None:
    for headers in ({}, {"X-Twilio-Signature": "\xfc"}, {"Content-Type": "multipart/form-data"}):
        assert site.ask("POST", f"{path}?m=%00&m=%ff", body, **headers) in (400, 403)


def test_what_cannot_be_kept_shall_be_told_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE receipts RENAME TO elsewhere")
    event = site.sendgrid.event(A_MAIL, "delivered")
    try:
        assert site.sendgrid.post([event]) == 503
    finally:
        with site.store.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO receipts")
    assert site.tally.count(FAILED, "sendgrid")
    assert site.sendgrid.post([event]) == 200
    assert site.state("m1") == "delivered"
