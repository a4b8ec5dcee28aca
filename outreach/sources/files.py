"""Opening files of rows: which form they have, their encoding, how far they are read."""

from __future__ import annotations

import codecs
import hashlib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from outreach.errors import DataError
from outreach.sources.csv_rows import read_csv
from outreach.sources.json_rows import read_json
from outreach.sources.records import RawRow

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
CHUNK = 1024 * 1024


@dataclass
class OpenRows:
    """The rows of an open file. `columns` are known beforehand for CSV only."""

    name: str
    columns: list[str] | None
    rows: Iterator[RawRow]
    stream: BinaryIO | None = None
    size: int = 0

    def share(self) -> float | None:
        """Return which share of the file is read, None when its size is not known."""
        if not self.size or self.stream is None:
            return None
        return min(self.stream.tell() / self.size, 1.0)


@contextmanager
def open_rows(path: Path, *, encoding: str = "utf-8", name: str = "") -> Iterator[OpenRows]:
    """Open a file of rows; `-` is the standard input. `name` is what people call it.

    Raises DataError when it cannot be opened or read.
    """
    if str(path) == "-":
        text, opened = _read(sys.stdin.buffer, "standard input", encoding, suffix="")
        yield opened
        text.detach()  # it is not ours to close
        return
    name = name or path.name
    try:
        # unbuffered below, so that telling how far it is read costs nothing
        raw = path.open("rb", buffering=0)
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}") from None
    with raw:
        text, opened = _read(io.BufferedReader(raw), name, encoding, path.suffix.lower())
        opened.stream, opened.size = raw, path.stat().st_size
        with text:
            yield opened


def _read(
    binary: io.BufferedReader | BinaryIO, name: str, encoding: str, suffix: str
) -> tuple[io.TextIOWrapper, OpenRows]:
    if not isinstance(binary, io.BufferedReader):
        binary = io.BufferedReader(binary)  # type: ignore[type-var]  # a stand-in for stdin
    head = binary.peek(512)
    _check_head(head, name)
    plain = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    is_json = _is_json(head, suffix)
    text = io.TextIOWrapper(binary, plain, newline=None if is_json else "")
    if is_json:
        return text, OpenRows(name, None, _decoded(read_json(text, name), name, encoding))
    columns, rows = _header(text, name, encoding)
    return text, OpenRows(name, columns, rows)


def _header(text: TextIO, name: str, encoding: str) -> tuple[list[str], Iterator[RawRow]]:
    try:
        columns, rows = read_csv(text, name)
    except UnicodeDecodeError as error:
        raise DataError(_not_decodable(name, encoding, error)) from None
    return columns, _decoded(rows, name, encoding)


def _decoded(rows: Iterator[RawRow], name: str, encoding: str) -> Iterator[RawRow]:
    line = 0
    try:
        for row in rows:
            line = row.line
            yield row
    except UnicodeDecodeError as error:
        raise DataError(_not_decodable(name, encoding, error, after=line)) from None


def _not_decodable(name: str, encoding: str, error: UnicodeDecodeError, after: int = 0) -> str:
    where = f"after line {after}" if after else "near its start"
    return (
        f"{name} is not {encoding.upper()}: the byte 0x{error.object[error.start]:02x} {where};"
        " save it as UTF-8, or say `encoding: windows-1252` in the mapping"
    )


def _is_json(head: bytes, suffix: str) -> bool:
    if suffix in CSV_SUFFIXES:
        return False
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return suffix in JSON_SUFFIXES or start.startswith((b"{", b"["))


def _check_head(head: bytes, name: str) -> None:
    if head.startswith(b"PK\x03\x04"):
        raise DataError(f"{name} is a spreadsheet or an archive: save it as CSV")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(f"{name} is UTF-16: save it as UTF-8")


def check_file(path: Path, encoding: str = "utf-8", name: str = "") -> str:
    """Read a file once without keeping it and return its digest.

    Raises DataError when a byte is not of its encoding: better before anything of it is taken.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    digest = hashlib.sha256()
    line = 1
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                _decode(decoder, chunk, name or path.name, encoding, line)
                line += chunk.count(b"\n")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    return digest.hexdigest()


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, name: str, encoding: str, line: int
) -> None:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        _check_head(chunk, name)
        line += error.object[: error.start].count(b"\n")
        raise DataError(
            f"{name}, line {line}: the byte 0x{error.object[error.start]:02x} is not"
            f" {encoding.upper()}; save it as UTF-8, or say `encoding: windows-1252` in the mapping"
        ) from None
