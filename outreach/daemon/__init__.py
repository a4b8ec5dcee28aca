"""The daemon: passes on the clock that `jobs/*.yaml` sets, until it is told to stop."""

from outreach.daemon.lock import only_one
from outreach.daemon.once import RoundReport, run_once
from outreach.daemon.service import Daemon

__all__ = ["Daemon", "RoundReport", "only_one", "run_once"]
