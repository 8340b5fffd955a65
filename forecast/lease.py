"""A lease: a file that says who works here, for file systems without locks.

Its holder renews it every ``BEAT`` seconds. It is taken over when it is stale: at once where its process is seen to be
dead on this machine, else when it was not renewed for ``STALE`` seconds by the file system's own clock. A holder on this
machine that lives is never stale.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import secrets
import tempfile
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecast.files import write_json

BEAT = 10.0  # seconds
STALE = 120.0  # seconds: beyond what a network file system keeps of a file's times
NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK})  # what flock says there


def locked(handle: int) -> bool:
    """Lock an open file or folder, until it is closed; False where another has. OSError of ``NO_LOCKS`` says that none can."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Lease:
    """A lease of this process; ``lost`` when another has taken it over, or it could not be renewed for too long."""

    def __init__(self, path: Path) -> None:
        pid = os.getpid()
        self.path, self.lost = path, False
        self.note = {
            "pid": pid,
            "host": platform.node(),
            "started_utc": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": _machine(),
            "born": _born(pid),
            "token": secrets.token_hex(8),
        }
        self._ended = threading.Event()
        self._renewing = threading.Thread(target=self._renew, daemon=True)

    def take(self) -> bool:
        """Take the lease, and renew it from now on; False where another has it."""
        if not self._created() and not self._taken_over():
            return False
        self._renewing.start()
        return True

    def release(self) -> None:
        """Give the lease back; one that was lost is left to whoever has it now."""
        self._ended.set()
        self._renewing.join()
        with suppress(OSError):
            if self._is_ours():
                self.path.unlink()

    def _created(self) -> bool:
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            return False
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(self.note, stream)
        return True

    def _taken_over(self) -> bool:
        if is_live(self.path):
            return False
        gate = self.path.with_name(f"{self.path.name}.gate")  # one at a time: who comes second looks again
        try:
            gate.mkdir()
        except FileExistsError:
            with suppress(OSError):
                if _now(gate.parent) - gate.stat().st_mtime > STALE:  # left by one that was killed here
                    gate.rmdir()
            return False
        try:
            if is_live(self.path) or not self.path.exists():
                return False
            write_json(self.path, self.note)
        finally:
            gate.rmdir()
        return True

    def _renew(self) -> None:
        renewed = time.monotonic()
        while not self._ended.wait(BEAT):
            try:
                if not self._is_ours():
                    self.lost = True
                    return
                os.utime(self.path)
                renewed = time.monotonic()
            except OSError:
                if time.monotonic() - renewed > STALE:
                    self.lost = True
                    return

    def _is_ours(self) -> bool:
        note, _ = _read(self.path)
        return note is not None and note.get("token") == self.note["token"]


def is_live(path: Path) -> bool:
    """Return whether somebody holds a lease."""
    try:
        note, renewed = _read(path)
    except FileNotFoundError:
        return False
    if note is not None and note.get("machine") and note.get("machine") == _machine():
        return note.get("born") is not None and _born(note.get("pid")) == note.get("born")
    return _now(path.parent) - renewed <= STALE


def _read(path: Path) -> tuple[dict[str, Any] | None, float]:
    """Return what a lease says, None where it cannot be understood, and when it was renewed.

    It is opened anew each time: a network file system looks at a file's times afresh when it is opened.
    """
    with path.open("rb") as stream:
        renewed = os.fstat(stream.fileno()).st_mtime
        try:
            note = json.loads(stream.read(10_000))
        except ValueError:
            note = None
    return note if isinstance(note, dict) else None, renewed


def _now(folder: Path) -> float:
    """Return the time by the clock of a folder's file system; by our own where we may not write there."""
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".", suffix=".tmp") as probe:
            return os.fstat(probe.fileno()).st_mtime
    except OSError:
        return time.time()


def _machine() -> str:
    """Return what tells this machine, since it was started, and its space of process numbers from any other."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _born(pid: object) -> str | None:
    """Return when a process of this machine was started, in ticks; None if it is dead."""
    try:
        state, *fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return None
    return None if state in "ZX" else fields[18]
