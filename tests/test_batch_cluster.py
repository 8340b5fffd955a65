"""A batch on a real dask cluster: a scheduler and two workers, each a process of its own; then they are killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import forecast
from forecast import __version__
from forecast.batch.cluster import Cluster, check_address
from forecast.batch.conduct import conduct
from forecast.batch.folder import BatchFolder
from forecast.batch.session import Ways, perform
from forecast.errors import EnvironmentTrouble
from tests.batches import Silent, agenda_of, bytes_of, document, finished, inline

Client = pytest.importorskip("distributed", reason="distributed is not installed; the extra 'cluster' has it").Client

SEEDS = "[vary]\nseed = [1, 2, 3, 4, 5]\n"
PACKAGE = Path(forecast.__file__).parent
DASK = [sys.executable, "-m", "dask"]
LOCAL = ["--host", "127.0.0.1", "--no-dashboard"]
WORKER = [*DASK, "worker", *LOCAL, "--nthreads", "1", "--local-directory"]
ALONE, NANNY = "--no-nanny", "--nanny"

Processes = list["subprocess.Popen[bytes]"]


@pytest.fixture
def cluster(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, Processes]]:
    """Yield the address of a scheduler, and its process followed by those of two workers, alone or with a nanny."""
    workers = getattr(request, "param", (ALONE, ALONE))
    note = tmp_path / "scheduler.json"
    started = [_started([*DASK, "scheduler", *LOCAL, "--port", "0", "--scheduler-file", str(note)], PACKAGE.parent)]
    try:
        end = time.monotonic() + 60
        while not (note.exists() and note.read_text(encoding="utf-8").endswith("}")):
            assert time.monotonic() < end
            time.sleep(0.05)
        address = json.loads(note.read_text(encoding="utf-8"))["address"]
        started += [_started([*WORKER, str(tmp_path), address, how], PACKAGE.parent) for how in workers]
        yield address, started
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _started(command: list[str], place: Path) -> subprocess.Popen[bytes]:
    """Start a process in a folder, whose modules come before those that are installed."""
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=place,
        env={**os.environ, "PYTHONPATH": str(place)},
    )  # fmt: skip


def test_a_batch_survives_a_worker_then_all_workers_then_the_scheduler(
    cluster: tuple[str, Processes], tmp_path: Path
) -> None:
    address, (scheduler, first, second) = cluster
    path, root = document(tmp_path, SEEDS), tmp_path / "shared storage"
    inline(path, tmp_path / "whole")

    class Killing(Silent):
        def progress(self, draws: int) -> None:
            if finished(root) >= 2 and first.poll() is None:
                first.kill()
                first.wait()

    agenda, crew = agenda_of(path), Cluster(address, patience=30)
    closing = perform(agenda, BatchFolder(root), lambda: crew, Killing(), Ways())
    assert first.poll() is not None
    assert (closing.computed, closing.failed) == (6, {})
    assert bytes_of(root) == bytes_of(tmp_path / "whole")

    more = agenda_of(document(tmp_path, SEEDS, draws=3_000_000_000))
    work = [more.assignment(item, str(root), threads=1, timeout=None, force=False) for item in more.items]

    class KillingAll(Silent):
        def progress(self, draws: int) -> None:
            if any(root.glob("scenarios/.*.partial")) and second.poll() is None:
                second.kill()

    with pytest.raises(EnvironmentTrouble, match="no worker is left"):
        conduct(Cluster(address, patience=3), BatchFolder(root), work, KillingAll())
    with pytest.raises(EnvironmentTrouble, match="has no workers; start some: dask worker"):
        Cluster(address, patience=1)
    scheduler.kill()
    scheduler.wait()
    with pytest.raises(EnvironmentTrouble, match="no scheduler answers"):
        Cluster(address, patience=1)
    assert finished(root) == 6


def _spawned_by(pid: int) -> list[int]:
    """Return the processes that were spawned by a dask worker to do its work: those at the end of their line."""
    found = []
    lists = Path(f"/proc/{pid}/task").glob("*/children")  # of each thread
    for child in " ".join(path.read_text(encoding="ascii") for path in lists).split():
        command = Path(f"/proc/{child}/cmdline").read_bytes()
        if b"spawn_main" in command:
            found += _spawned_by(int(child)) or [int(child)]
    return found


@pytest.mark.parametrize("cluster", [(NANNY,)], ids=["nanny"], indirect=True)
def test_a_scenario_that_hangs_on_a_worker_is_killed_after_its_timeout_and_the_worker_goes_on(
    cluster: tuple[str, Processes], tmp_path: Path
) -> None:
    address, (_, worker) = cluster
    root = tmp_path / "out"
    stopped: list[int] = []
    endless, sound = (
        agenda.assignment(agenda.items[0], str(root), threads=1, timeout=timeout, force=False)
        for agenda, timeout in (
            (agenda_of(document(tmp_path, "", draws=10**12)), 1.0),
            (agenda_of(document(tmp_path, "")), 60.0),
        )
    )

    class Stopping(Silent):
        def progress(self, draws: int) -> None:
            if not stopped and any(root.glob("scenarios/.*.partial")):
                stopped.extend(_spawned_by(worker.pid))
                for number in stopped:
                    os.kill(number, signal.SIGSTOP)

    folder = BatchFolder(root)
    folder.prepare()
    outcome = conduct(Cluster(address, patience=30), folder, [endless, sound], Stopping())
    assert len(stopped) == 1
    assert not Path(f"/proc/{stopped[0]}").exists()
    assert outcome.failed == {endless.digest: "no result after 1 s; killed"}
    assert outcome.done == {sound.digest}
    assert worker.poll() is None


def test_a_worker_of_another_version_or_without_seatcast_is_refused(
    cluster: tuple[str, Processes], tmp_path: Path
) -> None:
    address, started = cluster
    other = tmp_path / "other" / "forecast"
    shutil.copytree(PACKAGE, other, ignore=shutil.ignore_patterns("__pycache__"))
    (other / "__init__.py").write_text(
        (PACKAGE / "__init__.py").read_text(encoding="utf-8").replace(f'"{__version__}"', '"9.9"'), encoding="utf-8"
    )
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "sitecustomize.py").write_text(
        "import sys\nsys.modules['forecast'] = None\n", encoding="utf-8"
    )
    for path, words in (
        (tmp_path / "other", f"seatcast {__version__} here and 9.9 there"),
        (tmp_path / "none", "a worker cannot import seatcast"),
    ):
        client = Client(address, set_as_default=False)
        gone = set(client.nthreads())
        for process in started[1:]:
            process.kill()
            process.wait()
        started[1:] = [_started([*WORKER, str(tmp_path), address, ALONE], path)]
        end = time.monotonic() + 60
        while not (names := set(client.nthreads())) or names & gone:
            assert time.monotonic() < end
            time.sleep(0.1)
        client.close()
        with pytest.raises(EnvironmentTrouble, match=words):
            Cluster(address, patience=30)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tls://localhost:8786", "tcp://[::1]:8786"])
def test_a_scheduler_on_this_machine_is_taken(address: str) -> None:
    check_address(address, trusted=False)


@pytest.mark.parametrize("address", ["tcp://0.0.0.0:8786", "tcp://cluster.example:8786", "tls://192.168.1.7:8786"])
def test_a_scheduler_elsewhere_needs_to_be_trusted(address: str) -> None:
    with pytest.raises(EnvironmentTrouble, match="--trust-network"):
        check_address(address, trusted=False)
    check_address(address, trusted=True)
