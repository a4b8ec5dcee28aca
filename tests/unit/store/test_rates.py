"""Rates are shared: whoever takes from a channel's bucket, nobody takes what is not there."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Barrier

from outreach.deciding.throttling import BURST, Allowance, Bucket
from outreach.deciding.verdicts import GO
from outreach.model import Channel
from outreach.store import rates
from outreach.store.database import Store
from tests.unit.ledger import DAY, HOUR, NOON

MIDNIGHT = NOON + 11 * HOUR
BOUNDED = Allowance(rate=10 / BURST.total_seconds(), daily_cap=15)
WORKERS, EACH = 4, 8


def take(store: Store, channel: Channel, wanted: int = 1, allowance: Allowance = BOUNDED) -> bool:
    with store.write() as connection:
        bucket = rates.lock_bucket(connection, channel, allowance, NOON)
        verdict = bucket.take(allowance, wanted, NOON, MIDNIGHT)
        rates.write_bucket(connection, channel, bucket, allowance)
    return verdict is GO


def bucket_of(store: Store, channel: Channel) -> Bucket:
    with store.read() as connection:
        return rates.read_buckets(connection)[channel]


def test_threads_never_take_more_than_there_is(store: Store) -> None:
    together = Barrier(WORKERS)

    def work() -> int:
        together.wait()
        return sum(take(store, channel) for _ in range(EACH) for channel in Channel)

    with ThreadPoolExecutor(WORKERS) as pool:
        taken = sum(f.result() for f in [pool.submit(work) for _ in range(WORKERS)])
    assert taken == 2 * 10
    assert [bucket_of(store, channel).used for channel in Channel] == [10, 10]


PROCESS = """
import sys
from outreach.store.database import open_store
from tests.unit.store.test_rates import Channel, take
store = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
print(sum(take(store, Channel.SMS) for _ in range(8)))
"""


def begin(url: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, url], stdin=pipe, stdout=pipe, text=True
    )


def test_processes_never_take_more_than_there_is(store: Store) -> None:
    url = store.engine.url.render_as_string(hide_password=False)
    with ExitStack() as stack:
        running = [stack.enter_context(begin(url)) for _ in range(2)]
        ends = [(each.stdin, each.stdout) for each in running]
        assert [out.readline() for _, out in ends if out] == ["ready\n"] * 2
        for start, _ in ends:
            assert start
            start.close()
        taken = [int(out.read()) for _, out in ends if out]
    assert sum(taken) == 10
    assert bucket_of(store, Channel.SMS).used == 10


def test_what_did_not_go_out_counts_for_no_cap(store: Store) -> None:
    assert take(store, Channel.EMAIL, 3)
    with store.write() as connection:
        rates.give_back(connection, Channel.EMAIL, 2, NOON)
    assert bucket_of(store, Channel.EMAIL).used == 1
    with store.write() as connection:
        rates.give_back(connection, Channel.EMAIL, 1, NOON + DAY)  # that day is over
        rates.give_back(connection, Channel.EMAIL, 9, NOON)
    assert bucket_of(store, Channel.EMAIL).used == 0


def test_what_is_given_back_meanwhile_is_not_lost(store: Store) -> None:
    assert take(store, Channel.EMAIL, 5)
    with store.write() as connection:
        bucket = rates.lock_bucket(connection, Channel.EMAIL, BOUNDED, NOON)
        assert bucket.take(BOUNDED, 1, NOON, MIDNIGHT) is GO
        rates.give_back(connection, Channel.EMAIL, 4, NOON)
        rates.write_bucket(connection, Channel.EMAIL, bucket, BOUNDED)
    assert bucket_of(store, Channel.EMAIL).used == 2


def test_a_longer_wait_is_news_and_a_shorter_one_is_not(store: Store) -> None:
    minute = timedelta(minutes=1)
    with store.write() as connection:
        news = [
            rates.hold_off(connection, Channel.SMS, NOON + n * minute, NOON) for n in (2, 2, 1, 3)
        ]
    assert news == [True, False, False, True]
    assert bucket_of(store, Channel.SMS).not_before == NOON + 3 * minute
    # what is taken by somebody who has not heard of it does not undo it
    with store.write() as connection:
        bucket = Bucket.full(BOUNDED, NOON)
        bucket.take(BOUNDED, 1, NOON, MIDNIGHT)
        rates.write_bucket(connection, Channel.SMS, bucket, BOUNDED)
    assert bucket_of(store, Channel.SMS).not_before == NOON + 3 * minute
