"""A batch on a real dask cluster: a scheduler and two workers, each a process of its own; then they are killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecast.batch.cluster import Cluster, check_address
from forecast.batch.conduct import conduct
from forecast.batch.folder import BatchFolder
from forecast.batch.session import Ways, perform
from forecast.errors import EnvironmentTrouble
from tests.batches import Silent, agenda_of, bytes_of, document, finished, inline

pytest.importorskip("distributed", reason="distributed is not installed; the extra 'cluster' has it")

SEEDS = "[vary]\nseed = [1, 2, 3, 4, 5]\n"
LOCAL = ["--host", "127.0.0.1", "--no-dashboard"]

Processes = list["subprocess.Popen[bytes]"]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, Processes]]:
    """Yield the address of a scheduler, and its process followed by those of two workers."""
    note = tmp_path / "scheduler.json"
    tool = [sys.executable, "-m", "dask"]
    started = [_started([*tool, "scheduler", *LOCAL, "--port", "0", "--scheduler-file", str(note)])]
    worker = [*tool, "worker", "--scheduler-file", str(note), *LOCAL, "--nthreads", "1", "--no-nanny"]
    try:
        end = time.monotonic() + 60
        while not (note.exists() and note.read_text(encoding="utf-8").endswith("}")):
            assert time.monotonic() < end
            time.sleep(0.05)
        address = json.loads(note.read_text(encoding="utf-8"))["address"]
        started += [_started([*worker, "--local-directory", str(tmp_path / f"worker {n}")]) for n in range(2)]
        yield address, started
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_batch_survives_a_worker_then_all_workers_then_the_scheduler(
    cluster: tuple[str, Processes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, (scheduler, first, second) = cluster
    path, root = document(tmp_path, SEEDS), tmp_path / "shared storage"
    inline(path, tmp_path / "whole")

    with monkeypatch.context() as other:
        other.setattr("forecast.batch.cluster.check_versions", _as_if_of_another_version)
        with pytest.raises(EnvironmentTrouble, match=r"seatcast 9\.9 here and .* there"):
            Cluster(address, patience=30)

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


def _as_if_of_another_version(client: dict[str, str], worker: dict[str, str], where: str) -> None:
    from forecast.batch.versions import check_versions

    check_versions({**client, "seatcast": "9.9"}, worker, where)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tls://localhost:8786", "tcp://[::1]:8786"])
def test_a_scheduler_on_this_machine_is_taken(address: str) -> None:
    check_address(address, trusted=False)


@pytest.mark.parametrize("address", ["tcp://0.0.0.0:8786", "tcp://cluster.example:8786", "tls://192.168.1.7:8786"])
def test_a_scheduler_elsewhere_needs_to_be_trusted(address: str) -> None:
    with pytest.raises(EnvironmentTrouble, match="--trust-network"):
        check_address(address, trusted=False)
    check_address(address, trusted=True)
