"""The command line. Nothing slow is loaded here: `outreach --help` has to be quick."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code: 0 fine, 1 found something, 2 usage, 3 could not, 4 no.

    `arguments` are those of the process if none are given.
    """
    from outreach.cli.app import build

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal without our signs shows others in their place, rather than a traceback
            stream.reconfigure(errors="replace")
    build()(args=arguments, prog_name="outreach")
