"""File systems without locks: one batch a folder by a lease, renewed by who lives, taken over from who is dead."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from forecast.batch.folder import BatchFolder
from forecast.batch.lock import HOLDER, LEASE, holding, is_held
from forecast.batch.session import Ways, perform
from forecast.errors import OutputBusy, OutputExists
from forecast.lease import STALE, Lease, is_live
from forecast.runs import is_locked, workplace
from tests.batches import Inline, Silent, agenda_of, bytes_of, document, finished, inline
from tests.test_batch_faults import WITHOUT_HOME, command, left_over, wait_for

SEEDS = "[vary]\nseed = [1, 2]\n"
ENDLESS = "[[scenario]]\nname = 'endless'\nset = {draws = 1_000_000_000_000}\n"


@pytest.fixture(params=[errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS], ids=["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
def without_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``flock`` say in this process what it says where a file system has no locks."""

    def missing(handle: int, operation: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", missing)


def elsewhere(path: Path, age: float = 0.0) -> None:
    """Write the lease of a process on another machine, renewed so many seconds ago."""
    note = {"pid": 1, "host": "node7", "started_utc": "2026-01-01T00:00:00+00:00", "machine": "another", "token": "x"}
    path.write_text(json.dumps(note), encoding="utf-8")
    os.utime(path, (time.time() - age,) * 2)


@pytest.mark.parametrize("without_locks", [errno.ENOLCK], indirect=True)
def test_a_second_batch_is_refused_while_the_holder_lives_and_takes_over_when_it_is_killed(
    tmp_path: Path, without_locks: None
) -> None:
    place = tmp_path / "no locks"
    place.mkdir()
    (place / "sitecustomize.py").write_text(
        "import errno, fcntl\ndef missing(handle, operation):\n    raise OSError(errno.ENOLCK, 'No locks available')\n"
        "fcntl.flock = missing\n",
        encoding="utf-8",
    )
    path, root = document(tmp_path, ENDLESS), tmp_path / "out"
    holder = subprocess.Popen(
        command(path, root), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**WITHOUT_HOME, "PYTHONPATH": f"{place}:{Path(__file__).parent.parent}"},
    )  # fmt: skip
    with holder:
        wait_for(lambda: finished(root) == 1 and any(root.glob("scenarios/.*.partial")))
        note = json.loads((root / LEASE).read_text(encoding="utf-8"))
        assert (note["pid"], note["host"]) == (holder.pid, os.uname().nodename)
        os.utime(root / LEASE, (0, 0))  # not renewed for long, but its process lives
        with pytest.raises(OutputExists, match=rf"at work here: process {holder.pid} on {note['host']}, since 20"):
            inline(path, root)
        assert is_held(root)
        holder.send_signal(signal.SIGKILL)
        _, said = holder.communicate()
    assert said.count("has no locks (flock)") == 1
    path = document(tmp_path, "[[scenario]]\nname = 'ends'\nset = {seed = 7}\n")
    assert inline(path, root).computed == 1
    inline(path, tmp_path / "whole")
    assert bytes_of(root) == bytes_of(tmp_path / "whole")
    assert not left_over(root)
    assert not is_held(root)


def test_a_lease_from_another_machine_is_taken_over_only_when_it_is_stale(tmp_path: Path, without_locks: None) -> None:
    path, root = document(tmp_path, ""), tmp_path / "out"
    BatchFolder(root).prepare()
    elsewhere(root / LEASE, STALE - 5)
    with pytest.raises(OutputExists, match="process 1 on node7, since 2026-01-01"):
        inline(path, root)
    elsewhere(root / LEASE, STALE + 1)
    said: list[str] = []
    perform(agenda_of(path), BatchFolder(root), Inline, Silent(), Ways(), say=said.append)
    assert [line.split(":")[0] for line in said if "flock" in line] == ["the file system has no locks (flock)"]
    assert not left_over(root)


def test_a_live_lease_is_respected_by_who_has_locks(tmp_path: Path) -> None:
    elsewhere(tmp_path / LEASE)
    with pytest.raises(OutputExists, match="node7"), holding(tmp_path):
        pass
    assert (tmp_path / LEASE).exists()
    assert not (tmp_path / HOLDER).exists()


def test_a_lease_that_was_taken_over_stops_the_batch_and_is_left_alone(
    tmp_path: Path, without_locks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecast.lease.BEAT", 0.01)
    path, root = document(tmp_path, SEEDS), tmp_path / "out"

    class Overtaken(Silent):
        def progress(self, draws: int) -> None:
            elsewhere(root / LEASE)
            time.sleep(0.2)

    with pytest.raises(OutputExists, match="another batch has taken it over: process 1 on node7"):
        inline(path, root, listener=Overtaken())
    assert json.loads((root / LEASE).read_text(encoding="utf-8"))["host"] == "node7"
    assert finished(root) == 1


def test_a_lease_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast.lease.BEAT", 0.01)
    lease = Lease(tmp_path / "lease")
    assert lease.take()
    os.utime(lease.path, (0, 0))
    wait_for(lambda: lease.path.stat().st_mtime > 1e9, 5)
    lease.release()
    assert not lease.lost
    assert not lease.path.exists()


def _half(path: Path) -> None:
    path.write_text('{"pid": 1, "ho', encoding="utf-8")


def _gone(path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    note = {**Lease(path).note, "pid": dead.pid}
    path.write_text(json.dumps(note), encoding="utf-8")


def _of_another_with_our_number(path: Path) -> None:
    path.write_text(json.dumps({**Lease(path).note, "born": "1"}), encoding="utf-8")


@pytest.mark.parametrize(
    ("left", "live"), [(elsewhere, True), (_half, True), (_gone, False), (_of_another_with_our_number, False)]
)
def test_who_is_seen_to_be_dead_on_this_machine_holds_nothing(
    tmp_path: Path, left: Callable[[Path], None], live: bool
) -> None:
    path = tmp_path / "lease"
    left(path)
    assert is_live(path) is live
    assert Lease(path).take() is not live


def test_two_who_find_a_stale_lease_do_not_both_have_it(tmp_path: Path) -> None:
    path, gate = tmp_path / "lease", tmp_path / "lease.gate"
    elsewhere(path, STALE + 1)
    gate.mkdir()
    assert not Lease(path).take()
    os.utime(gate, (0, 0))  # whoever made it was killed there
    assert not Lease(path).take()
    first, second = Lease(path), Lease(path)
    assert first.take()
    assert not second.take()
    first.release()
    assert not list(tmp_path.iterdir())


def test_a_run_has_its_workplace_alone(tmp_path: Path, without_locks: None) -> None:
    with workplace(tmp_path / "run") as working:
        assert is_locked(working)
        with pytest.raises(OutputBusy, match="another run is writing it just now"), workplace(tmp_path / "run"):
            pass
        (working / "half").write_bytes(b"")
    assert not list(tmp_path.iterdir())
