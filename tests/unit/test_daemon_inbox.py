"""The daemon's inbox pass: quiet without a mailbox, kept and told when the mailbox is away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from structlog.testing import capture_logs

from outreach.clock import MovingClock
from outreach.daemon.running import Ran, Runner
from outreach.daemon.workbench import Workbench
from outreach.store.operations import PassRun
from outreach.workspace.jobs import Pass
from tests.unit.imap_server import PASSWORD, USER, Folder, imap_server

ENV = {"MAIL": PASSWORD}


def runner(shop: Any, now: datetime) -> Runner:
    shop.apply(now=now)
    bench = Workbench(shop.workspace, shop.store, ENV, sends=False)
    return Runner(bench, MovingClock(now), ENV, lambda: False)


def test_without_a_mailbox_there_is_nothing_to_do(shop: Any, noon: datetime) -> None:
    assert runner(shop, noon).run(Pass.INBOX) == Ran({})


def test_what_came_is_counted_and_a_failure_is_kept(shop: Any, noon: datetime) -> None:
    folder = Folder()
    folder.arrive("not interested")
    folder.arrive("stop", From="Mailer <mailer-daemon@example.com>")
    with imap_server(folder) as port:
        where = f"host: 127.0.0.1, port: {port}, security: none"
        mailbox = f"mailbox: {{{where}, user: {USER}, password: env:MAIL}}\n"
        shop.edit("outreach.yaml", "contact_policy: []\n", f"contact_policy: []\n{mailbox}")
        inbox = runner(shop, noon)
        with capture_logs() as logs:
            ran = inbox.run(Pass.INBOX)
        assert ran is not None
        assert ran.counts == {"read": 2, "stops": 0, "uncertain": 1, "ignored": 1, "dropped": 0}
        assert [log["replies"] for log in logs if log["log_level"] == "warning"] == [1]
        folder.hangs_up_on = "LOGIN"
        assert inbox.run(Pass.INBOX) is None
    (kept,) = shop.rows(PassRun)
    assert (kept.name, "cannot be read" in kept.error) == ("inbox", True)
    assert PASSWORD not in kept.error
