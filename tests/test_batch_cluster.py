"""A batch on a real dask cluster: a scheduler and two workers, each a process of its own; then they are killed."""

from __future__ import annotations

import json
import os
import shutil
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
WORKER = [*DASK, "worker", *LOCAL, "--nthreads", "1", "--no-nanny", "--local-directory"]

Processes = list["subprocess.Popen[bytes]"]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, Processes]]:
    """Yield the address of a scheduler, and its process followed by those of two workers."""
    note = tmp_path / "scheduler.json"
    started = [_started([*DASK, "scheduler", *LOCAL, "--port", "0", "--scheduler-file", str(note)], PACKAGE.parent)]
    try:
        end = time.monotonic() + 60
        while not (note.exists() and note.read_text(encoding="utf-8").endswith("}")):
            assert time.monotonic() < end
            time.sleep(0.05)
        address = json.loads(note.read_text(encoding="utf-8"))["address"]
        started += [_started([*WORKER, str(tmp_path), address], PACKAGE.parent) for _ in range(2)]
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


def test_a_worker_of_another_version_or_without_seatcast_is_refused_and_an_endless_scenario_given_up(
    cluster: tuple[str, Processes], tmp_path: Path
) -> None:
    address, started = cluster
    endless = agenda_of(document(tmp_path, "", draws=10**12))
    work = [
        endless.assignment(item, str(tmp_path / "out"), threads=1, timeout=0.5, force=False) for item in endless.items
    ]
    folder = BatchFolder(tmp_path / "out")
    folder.prepare()
    assert conduct(Cluster(address, patience=30), folder, work, Silent()).failed == {
        work[0].digest: "no result after 0.5 s; given up"
    }

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
        started[1:] = [_started([*WORKER, str(tmp_path), address], path)]
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
