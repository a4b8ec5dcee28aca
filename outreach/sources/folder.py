"""A folder of files, each taken once: what lies there, and what tells a file we know."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from outreach.errors import DataError
from outreach.sources.files import CSV_SUFFIXES, JSON_SUFFIXES

DEFAULT_FILES = tuple(f"*{suffix}" for suffix in (*CSV_SUFFIXES, *JSON_SUFFIXES))
#: what programs call a file they are still writing
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")


@dataclass(frozen=True)
class FileMark:
    """What a file was when it was taken."""

    size: int
    changed: int  # its time of change, in nanoseconds
    digest: str = ""

    @classmethod
    def of(cls, path: Path) -> FileMark:
        """Return what a file is now, without reading it; raises DataError when it is gone."""
        try:
            stat = path.stat()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from None
        return cls(stat.st_size, stat.st_mtime_ns)

    @classmethod
    def parse(cls, text: str) -> FileMark:
        """Return what `str` wrote."""
        return cls(*json.loads(text))

    def __str__(self) -> str:
        return json.dumps([self.size, self.changed, self.digest])

    def looks_like(self, other: FileMark) -> bool:
        """Whether size and time are the same, so that it need not be read."""
        return (self.size, self.changed) == (other.size, other.changed)


def files_in(folder: Path, patterns: Sequence[str]) -> list[Path]:
    """Return the files that fit a pattern, by name; hidden and unfinished ones are left alone.

    Raises DataError when there is no such folder: better than taking it for an empty one.
    """
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}")
    found = {path for pattern in patterns or DEFAULT_FILES for path in folder.glob(pattern)}
    return sorted(
        path
        for path in found
        if path.is_file()
        and not path.name.startswith(".")
        and not path.name.lower().endswith(UNFINISHED)
    )
