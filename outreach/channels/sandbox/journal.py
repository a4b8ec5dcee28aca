"""The journal: what each request met and whether its message was taken, a line of JSON each.

For whoever has to explain afterwards why a message stands as it does.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

from outreach.channels.sandbox.arrivals import Arrived


class Journal:
    """Adds to a file, line by line. Safe to write from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def note(self, message: Arrived, met: str, *, was_taken: bool) -> None:
        """Write down one request; `met` is empty when nothing went wrong."""
        line = {
            "at": message.at.isoformat(),
            "channel": message.channel.value,
            "message": message.message_id,
            "met": met,
            "taken": was_taken,
        }
        with self._lock:
            self._file.write(json.dumps(line) + "\n")

    def close(self) -> None:
        self._file.close()
