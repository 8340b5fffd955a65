"""Files that are whole or not there: temp, fsync, rename; and CSV cells that no spreadsheet will run."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Cell = str | int | float | None

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` if the block succeeds, remove it if not."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8 with Unix line ends, all of it or nothing."""
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def write_json(path: Path, content: object) -> None:
    """Write a JSON file with a fixed layout."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write a CSV file; return its number of rows."""
    text, count = csv_text(header, rows)
    write_text(path, text)
    return count


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, raw: bool = False) -> tuple[str, int]:
    """Return rows as CSV, and their number. Floats are written shortest-exact, at most 10 significant digits.

    ``raw`` leaves text as it is; otherwise what a spreadsheet would run is written so that it is shown.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    count = 0
    for row in rows:
        writer.writerow([value if raw and isinstance(value, str) else _cell(value) for value in row])
        count += 1
    return stream.getvalue(), count


def safe_text(value: str) -> str:
    """Return a text cell that spreadsheets show instead of running it (OWASP: CSV injection).

    >>> safe_text("=cmd()"), safe_text("Amanat")
    ("'=cmd()", 'Amanat')
    """
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return safe_text(value) if isinstance(value, str) else str(value)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object with a ``checksum`` over all the rest of it, so that an edit by hand shows.

    >>> is_sealed(sealed({"draws": 5})), is_sealed({**sealed({"draws": 5}), "draws": 6}), is_sealed({"draws": 5})
    (True, False, False)
    """
    return {**content, "checksum": _checksum(content)}


def is_sealed(content: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is as ``sealed`` left it."""
    return content.get("checksum") == _checksum({key: value for key, value in content.items() if key != "checksum"})


def _checksum(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
