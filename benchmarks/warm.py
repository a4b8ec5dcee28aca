"""Daemons without the wait: a process that has loaded everything forks `outreach run` on demand.

What runs is the real command in a process of its own; only loading it, seconds on a busy machine,
is done once. Tests and crashes end hundreds of them.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, NoReturn, Self

ROOT = Path(__file__).resolve().parents[1]
#: seconds between two looks at a process
_STEP = 0.02
_PAUSE = Event()
#: what a daemon may be sent before it can hear it
_EARLY = (signal.SIGHUP, signal.SIGTERM)


class Daemon:
    """One `outreach run` that was started; it ends when it is told to, or with the nursery."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._status: int | None = None

    def send(self, how: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.status is None:
            os.kill(self.pid, how)

    @property
    def status(self) -> int | None:
        """How it ended, as subprocess says it: a signal is negative. None while it runs."""
        if self._status is None:
            self._status = self._nursery.ask(poll=self.pid)
        return self._status

    def wait(self, seconds: float) -> int | None:
        """Wait at most so long for its end; return how it ended, if it did."""
        until = monotonic() + seconds
        while self.status is None and (left := until - monotonic()) > 0:
            _PAUSE.wait(min(left, _STEP))
        return self.status


class Nursery:
    """Starts daemons. Everything it started is killed with it, also when it is killed itself."""

    def __init__(self) -> None:
        self._started: list[Daemon] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.warm"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *words: str, env: Mapping[str, str], log: Path) -> Daemon:
        """Start `outreach` with these words, `env` added to ours; what it says goes to a file."""
        pid = self.ask(words=words, env=dict(env), log=str(log))
        assert pid is not None
        self._started.append(Daemon(self, pid))
        return self._started[-1]

    def kill_all(self) -> None:
        """Let nothing of what was started live on."""
        for daemon in self._started:
            daemon.send(signal.SIGKILL)
            daemon.wait(30)
        self._started.clear()

    def ask(self, **request: Any) -> int | None:
        """Put one request to the warm process and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: int | None = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def main() -> None:
    """Answer one request a line: to start something, or how something ended."""
    _load()
    running: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        if "poll" in request:
            answer = _poll(request["poll"])
            if answer is not None:
                running.remove(request["poll"])
        else:
            answer = _start(request)
            running.add(answer)
        print(json.dumps(answer), flush=True)
    for pid in running:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _load() -> None:
    import outreach.channels.sandbox
    import outreach.channels.sendgrid
    import outreach.channels.twilio
    import outreach.cli.app
    import outreach.cli.commands.run
    import outreach.cli.commands.sandbox
    import outreach.daemon  # noqa: F401 - loaded for those that are forked

    gc.freeze()  # what is loaded stays shared


def _poll(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _start(request: Mapping[str, Any]) -> int:
    signal.pthread_sigmask(signal.SIG_BLOCK, _EARLY)
    pid = os.fork()
    if not pid:
        _become(request)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _EARLY)
    return pid


def _become(request: Mapping[str, Any]) -> NoReturn:
    from outreach.cli import main as outreach

    status: object = 1
    try:
        log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for here, there in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(here, there)
        os.environ.update(request["env"])
        # until it has handlers of its own, it would die of being hurried; and has nothing to end
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _EARLY)
        outreach(request["words"])
    except SystemExit as end:
        status = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 0 if status is None else 1)


if __name__ == "__main__":
    main()
