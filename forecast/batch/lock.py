"""One batch a folder: a lock that ends with its process, and a note that says who holds it.

Where the file system has no locks, a lease stands in for the lock.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from forecast.errors import OutputExists
from forecast.files import write_json
from forecast.lease import BEAT, NO_LOCKS, STALE, Lease, is_live, locked

LOCK = ".lock"
HOLDER = ".holder.json"
LEASE = ".batch.lease"
_PATIENCE = 0.3  # seconds: a look at the lock by `forecast status` is shorter


@contextmanager
def holding(root: Path, say: Callable[[str], None] = lambda text: None) -> Iterator[Callable[[], bool]]:
    """Hold a batch's folder; yield a question to ask now and then: has another taken it over?

    Raises
    ------
    OutputExists
        Another process holds it; the text names it.
    """
    handle, lease = _opened(root), Lease(root / LEASE)
    try:
        try:
            is_ours, is_locked = _patiently(lambda: locked(handle)) and not is_live(root / LEASE), True
        except OSError as fault:
            if fault.errno not in NO_LOCKS:
                raise
            is_ours, is_locked = _patiently(lease.take), False
        if not is_ours:
            raise OutputExists(f"{root}: another batch is at work here: {holder(root)}; forecast status shows it")
        if not is_locked:
            say(
                f"the file system has no locks (flock): the lease file {LEASE} stands in for one, renewed every {BEAT:g} s; "
                f"another batch may take it over when this one is dead, or has not renewed it for {STALE:g} s"
            )
        try:
            write_json(root / HOLDER, {name: lease.note[name] for name in ("pid", "host", "started_utc")})
            yield lambda: lease.lost
        finally:
            if not lease.lost:
                (root / HOLDER).unlink(missing_ok=True)
            if not is_locked:
                lease.release()
    finally:
        os.close(handle)


def _opened(root: Path) -> int:
    return os.open(root / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)


def _patiently(take: Callable[[], bool]) -> bool:
    end = time.monotonic() + _PATIENCE
    while not take():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def holder(root: Path) -> str:
    """Return who holds a folder, in words."""
    for name in (LEASE, HOLDER):
        try:
            note = json.loads((root / name).read_text(encoding="utf-8"))
            return f"process {note['pid']} on {note['host']}, since {note['started_utc']}"
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return "a process that has only just begun"


def is_held(root: Path) -> bool:
    """Return whether a batch is at work in a folder."""
    if is_live(root / LEASE):
        return True
    if not (root / LOCK).exists():
        return False
    try:
        handle = _opened(root)
    except OSError:
        return (root / HOLDER).exists()
    try:
        return not locked(handle)
    except OSError as fault:
        return fault.errno not in NO_LOCKS and (root / HOLDER).exists()
    finally:
        os.close(handle)
