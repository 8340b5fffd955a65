"""What may happen to a batch's processes: killed, interrupted, hanging, without disk, without another's lock."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from forecast.batch.conduct import conduct
from forecast.batch.folder import BatchFolder
from forecast.batch.pool import Hand, Pool
from forecast.batch.scenario import Assignment, Receipt
from forecast.kernel.compiler import cache_directory
from tests.batches import Silent, agenda_of, bytes_of, document, finished, inline

# The cache of compiled code is that of the other tests; there is no other place to write than the batch's folder.
WITHOUT_HOME = {**os.environ, "HOME": "/nonexistent", "FORECAST_CACHE_DIR": str((cache_directory() or Path()).parent)}
SEEDS = "[vary]\nseed = [1, 2, 3, 4]\n"
ENDLESS = f"{SEEDS}[[scenario]]\nname = 'endless'\nset = {{draws = 1_000_000_000_000}}\n"


def command(path: Path, root: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "forecast", "batch", str(path), "--out", str(root), "--workers", "1", *options]


def started(path: Path, root: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(path, root, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=path.parent,
        env=WITHOUT_HOME, start_new_session=True,
    )  # fmt: skip


def wait_for(true: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def _has_finished(root: Path, number: int) -> bool:
    return finished(root) >= number


def left_over(root: Path) -> list[str]:
    return [path.name for path in root.rglob(".*") if path.name not in (".lock", ".holder.json")]


def test_a_batch_killed_at_random_moments_ends_with_the_bytes_of_an_unbroken_one(tmp_path: Path) -> None:
    path, rng = document(tmp_path, SEEDS), random.Random(3)
    inline(path, tmp_path / "whole")
    root = tmp_path / "пакет сценариев 🗳"
    for number in (1, 3):
        with started(path, root) as batch:
            wait_for(partial(_has_finished, root, number))
            time.sleep(rng.uniform(0, 0.4))
            os.kill(batch.pid, signal.SIGKILL)  # its worker ends by itself
            batch.communicate()
    done = subprocess.run(command(path, root), capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr
    assert bytes_of(root) == bytes_of(tmp_path / "whole")
    assert not left_over(root)


@pytest.mark.parametrize(
    ("number", "times", "code"), [(signal.SIGINT, 1, 130), (signal.SIGINT, 2, 130), (signal.SIGTERM, 1, 143)]
)
def test_a_signal_stops_a_batch_in_order_and_a_second_batch_is_refused_meanwhile(
    tmp_path: Path, number: int, times: int, code: int
) -> None:
    path, root = document(tmp_path, ENDLESS), tmp_path / "out"
    with started(path, root) as batch:
        wait_for(lambda: finished(root) == 5 and any(root.glob("scenarios/.*.partial")))
        if number == signal.SIGTERM:
            second = subprocess.run(command(path, root), capture_output=True, text=True, cwd=tmp_path, timeout=60)
            assert second.returncode == 5
            holder = f"process {batch.pid} on {os.uname().nodename}, since 20"
            assert holder in second.stderr
            shown = subprocess.run(
                [sys.executable, "-m", "forecast", "status", str(root)], capture_output=True, text=True, timeout=60
            )
            assert f"At work: {holder}" in shown.stdout
        begun = time.monotonic()
        for _ in range(times):
            batch.send_signal(number)
            time.sleep(0.05)
        output, words = batch.communicate(timeout=30)
        assert time.monotonic() - begun < 5
    assert batch.returncode == code
    assert "The same command goes on from there" in (output if times == 1 else words)
    assert finished(root) == 5
    if times == 1:
        assert not left_over(root)


@pytest.mark.parametrize(
    ("limited", "most", "words"),
    [(resource.RLIMIT_FSIZE, 4096, "File too large"), (resource.RLIMIT_NOFILE, 8, "Too many open files")],
)
def test_a_full_disk_or_table_of_files_ends_with_four_and_the_batch_goes_on_later(
    tmp_path: Path, limited: int, most: int, words: str
) -> None:
    path, root = document(tmp_path, ""), tmp_path / "out"

    def little_room() -> None:
        resource.setrlimit(limited, (most, most))

    full = subprocess.run(
        command(path, root), capture_output=True, text=True, cwd=tmp_path, timeout=300, preexec_fn=little_room
    )
    assert full.returncode == 4, full.stderr
    assert words in full.stderr
    assert "Traceback" not in full.stderr
    assert finished(root) == 0
    inline(path, root)
    inline(path, tmp_path / "whole")
    assert bytes_of(root) == bytes_of(tmp_path / "whole")
    assert not left_over(root)


def assignments(path: Path, root: Path, timeout: float | None = None) -> list[Assignment]:
    agenda, folder = agenda_of(path), BatchFolder(root)
    folder.prepare()
    return [agenda.assignment(item, str(root), threads=1, timeout=timeout, force=False) for item in agenda.items]


class Killing(Pool):
    """A pool whose first process is killed as soon as it has begun to simulate."""

    killed = False

    def receipts(self, seconds: float) -> list[Receipt]:
        if not self.killed and self.draws_under_way():
            self.killed = True
            os.kill(self.hands[0].process.pid or 0, signal.SIGKILL)
        return super().receipts(seconds)


def test_what_a_killed_worker_was_at_is_done_by_another(tmp_path: Path) -> None:
    path, heard = document(tmp_path, "", draws=5_000_000), Silent()
    pool = Killing(1)
    outcome = conduct(pool, BatchFolder(tmp_path / "out"), assignments(path, tmp_path / "out"), heard)
    assert pool.killed
    assert heard.heard == [("base", "lost", False), ("base", "done", True)]
    assert len(outcome.done) == 1
    assert not left_over(tmp_path / "out")


def test_a_worker_that_died_while_it_had_nothing_to_do_loses_nothing(tmp_path: Path) -> None:
    (assignment,) = assignments(document(tmp_path, ""), tmp_path / "out")
    pool, hand = Pool(1), Hand()
    hand.process.kill()
    hand.process.join()
    pool.hands = [hand]
    hand.take(assignment)
    (receipt,) = pool.receipts(1)
    assert (receipt.state, receipt.assignment) == ("lost", assignment)
    assert "SIGKILL" in receipt.error


class Stopping(Pool):
    """A pool whose first process is stopped, and hangs, as soon as it has begun to simulate."""

    stopped = False

    def receipts(self, seconds: float) -> list[Receipt]:
        if not self.stopped and self.draws_under_way():
            self.stopped = True
            os.kill(self.hands[0].process.pid or 0, signal.SIGSTOP)
        return super().receipts(seconds)


def test_a_scenario_that_hangs_is_killed_after_its_timeout_and_others_go_on(tmp_path: Path) -> None:
    path, heard = document(tmp_path, ""), Silent()
    sound = assignments(path, tmp_path / "out", timeout=600)[0]
    endless = document(tmp_path, "", draws=10**12)
    hanging = replace(assignments(endless, tmp_path / "out")[0], name="endless", timeout=1.0)
    folder = BatchFolder(tmp_path / "out")
    pool = Stopping(1)
    outcome = conduct(pool, folder, [hanging, sound], heard)
    assert pool.stopped
    assert heard.heard == [("endless", "failed", True), ("base", "done", True)]
    assert outcome.done == {sound.digest}
    note = folder.failure_note(hanging.digest)
    assert note is not None
    assert note["error"] == "no result after 1 s; killed"


def test_workers_are_spawned_and_end_with_their_parent() -> None:
    script = (
        "import json, sys, time\n"
        "from forecast.batch import pool\n"
        "if __name__ == '__main__':\n"
        "    hand = pool.Hand()\n"
        "    hand.ours.send(None)\n"  # no assignment: it answers as soon as it is up
        "    hand.ours.poll(60)\n"
        "    print(json.dumps([pool._SPAWN.get_start_method(), hand.process.pid]), flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        method, worker = json.loads(parent.stdout.readline())
        parent.kill()
    assert method == "spawn"
    wait_for(lambda: not Path(f"/proc/{worker}/stat").exists() or " Z " in Path(f"/proc/{worker}/stat").read_text(), 5)
