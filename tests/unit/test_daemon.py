"""The daemon: when jobs run, what a pass that fails leaves behind, how a new version comes in."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from outreach.clock import MovingClock
from outreach.daemon.lanes import Lane
from outreach.daemon.lock import only_one
from outreach.daemon.once import run_once
from outreach.daemon.running import Runner
from outreach.daemon.service import Daemon
from outreach.daemon.ticking import Ticker
from outreach.daemon.triggers import Daily, Every
from outreach.daemon.workbench import Workbench
from outreach.errors import Outcome, Problems, SendError, StoreError
from outreach.model import Channel
from outreach.store.ledger import Message
from outreach.store.operations import Heartbeat, PassRun
from outreach.store.pulse import Process, beat
from outreach.timing.durations import parse_duration
from outreach.workspace.jobs import Job, Pass

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
on_one_database = pytest.mark.parametrize("database_kind", ["sqlite"])


def job(at: str, days: str = "0123456") -> Job:
    return Job("j", Pass.PLAN, at=time.fromisoformat(at), days=frozenset(map(int, days)))


# when jobs run


def test_what_runs_every_so_often_runs_at_once_and_then_in_its_rhythm(noon: datetime) -> None:
    every = Every(MINUTE)
    assert every.get_next_fire_time(None, noon) == noon
    assert every.get_next_fire_time(noon, noon) == noon + MINUTE


def test_runs_that_were_missed_are_one_run(noon: datetime) -> None:
    every = Every(MINUTE)
    years_later = noon + 900 * DAY
    assert every.get_next_fire_time(noon, years_later) == years_later + MINUTE


@pytest.mark.parametrize(
    ("spec", "start", "fires"),
    [
        # an ordinary day: once, at its time
        (job("03:30"), "2026-11-20T00:00", ["2026-11-20T03:30", "2026-11-21T03:30"]),
        # the night clocks go forward: 02:30 does not exist, so when they jump
        (job("02:30"), "2026-03-28T12:00", ["2026-03-29T03:00", "2026-03-30T02:30"]),
        # the day after, which APScheduler's own trigger leaves out for times past midnight
        (job("00:30"), "2026-03-28T12:00", ["2026-03-29T00:30", "2026-03-30T00:30"]),
        # the night clocks go back: 02:30 comes twice, and it runs once
        (job("02:30"), "2026-10-24T12:00", ["2026-10-25T02:30", "2026-10-26T02:30"]),
        # on some days of the week: Monday and Thursday
        (job("09:00", "03"), "2026-11-20T00:00", ["2026-11-23T09:00", "2026-11-26T09:00"]),
    ],
)
def test_a_daily_job_runs_once_a_day_on_the_workspaces_clock(
    spec: Job, start: str, fires: list[str]
) -> None:
    trigger = Daily(spec, BERLIN)
    now = datetime.fromisoformat(start).replace(tzinfo=BERLIN)
    found, last = [], None
    for _ in fires:
        last = trigger.get_next_fire_time(last, last or now)
        found.append(f"{last.astimezone(BERLIN):%Y-%m-%dT%H:%M}")
    assert found == fires


def test_a_job_ticks_at_once_and_wakes_its_pass() -> None:
    woken = threading.Event()
    often = Job("plan", Pass.PLAN, every=parse_duration("1 minute"))
    ticker = Ticker([often], BERLIN, lambda which: woken.set())
    ticker.start()
    assert woken.wait(10)
    ticker.stop()


def test_a_clock_that_was_set_back_stops_no_job() -> None:
    ticks: list[Pass] = []
    done = threading.Semaphore(0)
    often = Job("plan", Pass.PLAN, every=parse_duration("1 minute"))
    nightly = Job("house", Pass.HOUSEKEEPING, at=time(3, 30))

    def wake(which: Pass) -> None:
        ticks.append(which)
        done.release()

    ticker = Ticker([often, nightly], BERLIN, wake)
    ticker.start()
    assert done.acquire(timeout=10)
    start, elapsed = datetime(2026, 11, 20, tzinfo=UTC), ticker._ticked["plan"]
    assert ticker.watch(start, elapsed + 10) == []
    # three minutes of real time and no tick: the wall's clock went back by an hour
    assert sorted(ticker.watch(start - HOUR, elapsed + 190)) == ["house", "plan"]
    assert done.acquire(timeout=10)
    ticker.stop()
    assert ticks == [Pass.PLAN, Pass.PLAN]


# lanes


def test_a_lane_runs_passes_in_the_order_a_message_takes() -> None:
    ran: list[Pass] = []
    started, go = threading.Event(), threading.Event()

    def run(which: Pass) -> None:
        ran.append(which)
        started.set()
        assert go.wait(10)

    lane = Lane("data", [Pass.INTAKE, Pass.ENROL, Pass.PLAN], run)
    lane.start()
    lane.wake(Pass.PLAN)
    assert started.wait(10)
    for which in (Pass.PLAN, Pass.ENROL, Pass.INTAKE, Pass.PLAN):  # while the first one runs
        lane.wake(which)
    go.set()
    while len(ran) < 4:
        assert lane.is_alive()
    lane.end()
    lane.join(10)
    # the two wakes of PLAN while it ran are one more run, and no wake is lost
    assert ran == [Pass.PLAN, Pass.INTAKE, Pass.ENROL, Pass.PLAN]


def test_a_lane_that_ends_finishes_the_pass_in_hand() -> None:
    ran: list[Pass] = []
    started, go = threading.Event(), threading.Event()

    def run(which: Pass) -> None:
        started.set()
        assert go.wait(10)
        ran.append(which)

    lane = Lane("send", [Pass.SEND], run)
    lane.start()
    lane.wake(Pass.SEND)
    assert started.wait(10)
    lane.wake(Pass.SEND)
    lane.end()
    go.set()
    lane.join(10)
    assert ran == [Pass.SEND]


# one daemon for one file


@on_one_database
def test_a_second_daemon_on_one_file_is_told_of_the_first(shop: Any, noon: datetime) -> None:
    with shop.store.write() as connection:
        beat(connection, Process("a", "mars", 4711, "0", noon), noon)
    second = only_one(shop.store, noon + MINUTE)
    said = r"process 4711 on mars.*stop that one first"
    with only_one(shop.store, noon), pytest.raises(StoreError, match=said):
        second.__enter__()
    with only_one(shop.store, noon + HOUR):  # free again
        pass


@pytest.mark.parametrize("database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)])
def test_several_daemons_may_share_postgresql(shop: Any, noon: datetime) -> None:
    with only_one(shop.store, noon), only_one(shop.store, noon):
        pass


# running a pass


@pytest.fixture
def runner(shop: Any, noon: datetime) -> Any:
    shop.apply()
    bench = Workbench(shop.workspace, shop.store, {}, sends=True)
    made = Runner(bench, MovingClock(noon), {}, lambda: False)
    made.bench = bench
    yield made
    made.close()


def pass_runs(shop: Any) -> dict[str, Any]:
    return {row.name: row for row in shop.rows(PassRun)}


def test_every_pass_keeps_what_it_did(shop: Any, runner: Any, noon: datetime) -> None:
    shop.late_orders(2)
    counts = {which: runner.run(which).counts for which in Pass}
    assert counts[Pass.ENROL]["enrolled"] == 2
    assert counts[Pass.PLAN]["planned"] == 2
    assert counts[Pass.SEND]["sent"] == 2
    assert len(shop.outbox) == 2
    runs = pass_runs(shop)
    assert set(runs) == {which.value for which in Pass}
    assert runs["send"].counts["sent"] == 2
    assert (runs["send"].started_at, runs["send"].finished_at) == (noon, noon)


@on_one_database
def test_a_pass_that_fails_is_kept_and_ends_there(
    shop: Any, runner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*args: Any, **options: Any) -> None:
        raise RuntimeError("no such thing as ana@example.com\nDETAIL: +491701234567")

    with monkeypatch.context() as patch:
        patch.setattr("outreach.daemon.running.plan_due", break_down)
        assert runner.run(Pass.PLAN) is None
    failed = pass_runs(shop)["plan"]
    assert failed.error == "RuntimeError: no such thing as …@…"
    assert failed.failed_at is not None
    assert runner.run(Pass.PLAN) is not None
    assert pass_runs(shop)["plan"].error == ""


def test_a_new_version_is_taken_up_by_the_next_pass(shop: Any, runner: Any, noon: datetime) -> None:
    shop.late_orders(1)
    shop.edit("rules/shop.yaml", "rule: late", "rule: delayed")
    shop.apply()
    runner.run(Pass.ENROL)
    runner.run(Pass.PLAN)
    assert shop.messages("rule", "rule_version") == [("delayed", 2)]


@on_one_database
def test_settings_that_are_being_edited_stop_nothing(shop: Any, runner: Any) -> None:
    shop.late_orders(1)
    shop.edit("rules/shop.yaml", "rule: late", "rule: delayed")
    shop.apply()
    shop.edit("outreach.yaml", "channels:", "chanels:")
    for which in (Pass.ENROL, Pass.PLAN, Pass.SEND):
        runner.run(which)
    assert shop.messages("rule", "state") == [("delayed", "sent")]


@on_one_database
def test_a_channel_that_was_added_for_the_new_rules_is_there(
    shop: Any, runner: Any, noon: datetime
) -> None:
    shop.edit(
        "outreach.yaml", "  sms: {provider: outbox}\n", "  sms: {provider: outbox, folder: texts}\n"
    )
    shop.edit(
        "rules/shop.yaml",
        "        send: note\n  - rule",
        "        send: note\n        via: sms\n  - rule",
    )
    shop.apply()
    shop.late_orders(1).customer("ana1", phone="+491701234567")
    for which in (Pass.ENROL, Pass.PLAN, Pass.SEND):
        runner.run(which)
    assert len(list((shop.folder / "texts").glob("*.txt"))) == 1


@on_one_database
def test_files_are_followed_where_nobody_needs_to_apply(shop: Any, noon: datetime) -> None:
    shop.apply()
    bench = Workbench(shop.workspace, shop.store, {}, sends=False, follows_files=True)
    assert bench.setup(noon).ruleset.version == 1
    shop.edit("rules/shop.yaml", "rule: late", "rule: delayed")
    assert bench.setup(noon).ruleset.version == 2
    shop.edit("rules/shop.yaml", "rule: delayed", "rule: delayed!")  # half typed
    assert bench.setup(noon).ruleset.version == 2
    error = pass_runs(shop)["apply"].error  # status tells it
    assert error.startswith("rules/shop.yaml:4:")
    assert error.endswith("; version 2 stays")
    shop.edit("rules/shop.yaml", "rule: delayed!", "rule: delayed-order")
    assert bench.setup(noon).ruleset.version == 3
    assert pass_runs(shop)["apply"].error == ""


def test_a_stop_comes_between_two_claims(shop: Any, noon: datetime) -> None:
    shop.late_orders(3).plan()
    bench = Workbench(shop.workspace, shop.store, {}, sends=True)
    stopping = Runner(bench, MovingClock(noon), {}, lambda: True)
    assert stopping.run(Pass.SEND).counts["sent"] == 0
    assert [state for (state,) in shop.messages("state")] == ["planned"] * 3
    stopping.close()


# the whole


def test_one_round_takes_a_message_all_the_way(shop: Any, noon: datetime) -> None:
    shop.late_orders(2)
    report = run_once(shop.setup, shop.workspace, (), env={}, clock=MovingClock(noon))
    told = report.as_dict()
    assert told["enrolled"] == {"late": 2}
    assert (told["planned"], told["held"], told["cancelled"]) == (2, 0, 0)
    assert told["sent"] == {"sent": 2, "unknown": 0, "failed": 0, "again": 0}
    assert len(shop.outbox) == 2


def test_a_round_finds_what_no_change_told_of(shop: Any, noon: datetime) -> None:
    shop.late_orders(1).plan()
    with shop.store.write() as connection:  # somebody worked on the table by hand
        connection.execute(text("UPDATE orders SET status = 'shipped'"))
    report = run_once(shop.setup, shop.workspace, (), env={}, clock=MovingClock(noon + HOUR))
    assert report.swept.enrolled == {"shipped": 1}


def test_held_messages_that_came_too_late_make_way_for_the_next_step(
    shop: Any, runner: Any, noon: datetime
) -> None:
    shop.edit(
        "rules/shop.yaml",
        "send_window: daytime",
        "send_window: daytime\n    limits: {hold_above: 1 per hour}",
    )
    shop.edit(
        "rules/shop.yaml",
        "send: note\n",
        "send: note\n      - id: later\n        wait: 1 day\n        send: note\n",
    )
    shop.apply()
    shop.late_orders(2)
    runner.run(Pass.ENROL)
    assert runner.run(Pass.PLAN).counts["held"] == 2
    runner._clock.advance(2 * DAY + HOUR)
    assert runner.run(Pass.PLAN).counts["expired"] == 2
    assert runner.run(Pass.SEND).counts["sent"] == 2


@on_one_database
def test_a_mistake_in_a_source_is_told_before_anything_starts(shop: Any, noon: datetime) -> None:
    shop.edit("outreach.yaml", "channels:", "sources: {orders: {kind: order}}\nchannels:")
    with pytest.raises(Problems, match="needs either `folder:` or `database:`"):
        Daemon(shop.workspace, shop.store, env={}, clock=MovingClock(noon)).run()
    assert shop.rows(Heartbeat) == []


def test_a_round_without_sending_sends_nothing(shop: Any, noon: datetime) -> None:
    shop.late_orders(2)
    report = run_once(shop.setup, shop.workspace, (), env={}, clock=MovingClock(noon), sends=False)
    assert report.as_dict()["sent"] is None
    assert shop.outbox == []


def test_the_daemon_sends_what_comes_in_and_says_that_it_lived(
    shop: Any, tmp_path: Path, noon: datetime
) -> None:
    shop.edit(
        "outreach.yaml", "channels:", "sources: {orders: {folder: in, kind: order}}\nchannels:"
    )
    shop.customer("ana")
    (shop.folder / "in").mkdir()
    late = (noon - 2 * DAY).isoformat()
    rows = f"id,number,customer_id,status,promised_at\nA-1,A-1,ana,placed,{late}\n"
    (shop.folder / "in" / "orders.csv").write_text(rows, "utf-8")
    daemon = Daemon(shop.workspace, shop.store, env={}, clock=MovingClock(noon))
    thread = threading.Thread(target=daemon.run)
    thread.start()
    for _ in range(600):
        if shop.outbox:
            break
        thread.join(0.05)
        assert thread.is_alive()
    daemon.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert shop.outbox == ["ana@example.com"]
    assert shop.messages("state") == [("sent",)]
    [pulse] = shop.rows(Heartbeat)
    assert pulse.stopped_at is not None


def test_a_channel_that_is_down_is_tried_again_later(shop: Any, noon: datetime) -> None:
    shop.late_orders(2).plan()
    bench = Workbench(shop.workspace, shop.store, {}, sends=True)
    error = SendError(Outcome.NOT_SENT, "the key is refused", channel_is_down=True)

    class Down:
        name = "down"

        def send(self, outgoing: Any, *, now: Any) -> Any:
            raise error

        def close(self) -> None:
            pass

    bench.setup(noon).senders[Channel.EMAIL] = Down()
    ran = Runner(bench, MovingClock(noon), {}, lambda: False).run(Pass.SEND)
    assert ran.counts["again"] == 2
    with shop.store.read() as connection:
        assert connection.execute(Message.__table__.select()).first().reason == "provider_error"
    bench.close()
