"""One batch a folder: a lock that ends with its process, and a note that says who holds it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from forecast.errors import OutputExists
from forecast.files import write_json

LOCK = ".lock"
HOLDER = ".holder.json"
_PATIENCE = 0.3  # seconds: a look at the lock by `forecast status` is shorter


@contextmanager
def holding(root: Path) -> Iterator[None]:
    """Hold a batch's folder.

    Raises
    ------
    OutputExists
        Another process holds it; the text names it.
    """
    lock = FileLock(root / LOCK, timeout=_PATIENCE)
    try:
        lock.acquire()
    except Timeout:
        raise OutputExists(f"{root}: another batch is at work here: {holder(root)}; forecast status shows it") from None
    try:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(root / HOLDER, {"pid": os.getpid(), "host": platform.node(), "started_utc": started})
        yield
    finally:
        (root / HOLDER).unlink(missing_ok=True)
        lock.release()


def holder(root: Path) -> str:
    """Return who holds a folder, in words."""
    try:
        note = json.loads((root / HOLDER).read_text(encoding="utf-8"))
        return f"process {note['pid']} on {note['host']}, since {note['started_utc']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that has only just begun"


def is_held(root: Path) -> bool:
    """Return whether a batch is at work in a folder."""
    if not (root / LOCK).exists():
        return False
    lock = FileLock(root / LOCK, timeout=0)
    try:
        lock.acquire()
    except (Timeout, OSError):
        return (root / HOLDER).exists()
    lock.release()
    return False
