"""Batches under fire: what survives kill -9, a lost worker and a second pair of hands, measured for real.

``python -m benchmarks.batch kill`` runs 200 scenarios undisturbed, then again with ten kill -9 at random moments, and
compares every byte; ``cluster`` does the same on two dask workers, one of them killed midway; ``efficiency`` times 64
scenarios that differ only in their seed on one worker and on two.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

APART = {"run.json", "index.sqlite", ".lock", ".holder.json"}  # times, the state index, the lock


def document(folder: Path, scenarios: int, draws: int) -> Path:
    """Write a batch whose scenarios differ in seed, threshold and turnout; the base is one of them."""
    path = folder / "fire.toml"
    seeds = -(-scenarios // 10)
    path.write_text(
        f'name = "Under fire"\nforecast = "kazakhstan-2023"\nset = {{draws = {draws}, seed = 1}}\n[vary]\n'
        f"seed = {{from = 1, to = {seeds}}}\n"
        '"system.tier.party lists.threshold.share" = [0.03, 0.04, 0.05, 0.06, 0.07]\n'
        '"model.turnout.sd" = [0.05, 0.1]\n',
        encoding="utf-8",
    )
    return path


def seeds_document(folder: Path, scenarios: int, draws: int) -> Path:
    """Write a batch whose scenarios differ only in their seed."""
    path = folder / "seeds.toml"
    path.write_text(
        f'name = "Seeds"\nforecast = "kazakhstan-2023"\nset = {{draws = {draws}, seed = 1}}\n'
        f"[vary]\nseed = {{from = 1, to = {scenarios}}}\n",
        encoding="utf-8",
    )
    return path


def command(grid: Path, out: Path, *options: str) -> list[str]:
    """Return the command that runs a batch."""
    return [sys.executable, "-m", "forecast", "-q", "batch", str(grid), "--out", str(out), "--json", *options]


def bytes_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every result file, by its path in the batch's folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in APART
    }


def finished(folder: Path) -> int:
    """Return how many scenarios have a run folder."""
    return len(list((folder / "scenarios").glob("[!.]*/run.json")))


def run_to_end(grid: Path, out: Path, *options: str) -> dict[str, object]:
    """Run a batch and return its outcome."""
    done = subprocess.run(command(grid, out, *options), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"exit {done.returncode}: {done.stderr}")
    outcome: dict[str, object] = json.loads(done.stdout)
    return outcome


def under_kill(folder: Path, scenarios: int, draws: int, kills: int, seed: int) -> None:
    """Kill a batch at random moments; then let it end, and compare."""
    grid, rng = document(folder, scenarios, draws), random.Random(seed)
    start = time.monotonic()
    run_to_end(grid, folder / "whole", "--workers", "2")
    undisturbed = time.monotonic() - start
    print(f"undisturbed: {finished(folder / 'whole')} scenarios of {draws:,} draws in {undisturbed:.0f} s", flush=True)
    out = folder / "killed"
    for number in range(kills):
        with subprocess.Popen(command(grid, out, "--workers", "2"), stdout=subprocess.DEVNULL) as batch:
            began, before = time.monotonic(), finished(out)
            # Every third is killed wherever it is, while it still reads the documents too; the others while they compute.
            while number % 3 and finished(out) == before and batch.poll() is None:
                time.sleep(0.05)
            time.sleep(rng.uniform(0, 6 if number % 3 == 0 else 1.5 * undisturbed / kills))
            batch.send_signal(signal.SIGKILL)
        print(f"kill {number + 1} after {time.monotonic() - began:.1f} s: {finished(out)} finished", flush=True)
    print(f"to the end: {run_to_end(grid, out, '--workers', '2')}")
    report(folder / "whole", out)


def report(whole: Path, other: Path) -> None:
    """Print whether two batches have the same bytes."""
    one, two = bytes_of(whole), bytes_of(other)
    left = [path for path in other.rglob(".*") if path.name not in APART]
    print(f"files: {len(one)} and {len(two)}; equal bytes: {one == two}; left over: {len(left)}", flush=True)
    if one != two or left:
        raise SystemExit(f"different: {sorted(name for name in {*one, *two} if one.get(name) != two.get(name))[:5]}")


@contextlib.contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start ``dask scheduler`` and ``dask worker`` processes on loopback; yield the address and the workers."""
    tool = [sys.executable, "-m", "dask"]
    note = folder / "scheduler.json"
    log = (folder / "dask.log").open("wb")
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    started = [subprocess.Popen([*tool, "scheduler", *local, "--port", "0", "--scheduler-file", str(note)], stderr=log)]
    try:
        while not note.exists() or not note.read_text(encoding="utf-8"):
            time.sleep(0.1)
        address = json.loads(note.read_text(encoding="utf-8"))["address"]
        started += [
            subprocess.Popen(
                [*tool, "worker", address, *local, "--nthreads", "1", "--no-nanny", "--local-directory", str(folder)],
                stderr=log,
            )
            for _ in range(workers)
        ]
        yield address, started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
        log.close()


def on_cluster(folder: Path, scenarios: int, draws: int) -> None:
    """Run a batch on two dask workers, kill one midway, and compare with a run here."""
    grid = document(folder, scenarios, draws)
    run_to_end(grid, folder / "whole", "--workers", "2")
    print(f"here: {finished(folder / 'whole')} scenarios", flush=True)
    out = folder / "cluster"
    with dask_cluster(folder, 2) as (address, workers):
        with subprocess.Popen(command(grid, out, "--scheduler", address), stdout=subprocess.PIPE, text=True) as batch:
            while finished(out) < scenarios // 2 and batch.poll() is None:
                time.sleep(0.2)
            workers[0].kill()
            print(f"worker killed when {finished(out)} of {scenarios} were finished", flush=True)
            text, _ = batch.communicate()
        print(f"exit {batch.returncode}: {json.loads(text)}")
    report(folder / "whole", out)


def efficiency(folder: Path, scenarios: int, draws: int, pairs: int) -> None:
    """Time a batch on one worker and on two, in pairs, one thread in each worker."""
    grid = seeds_document(folder, scenarios, draws)
    os.environ["FORECAST_THREADS"] = "1"
    ratios = []
    for number in range(pairs):
        seconds = []
        for workers in (1, 2):
            start = time.monotonic()
            run_to_end(grid, folder / f"{number}-{workers}", "--workers", str(workers))
            seconds.append(time.monotonic() - start)
        ratios.append(seconds[1] / seconds[0])
        print(f"one worker {seconds[0]:.1f} s, two {seconds[1]:.1f} s: {ratios[-1]:.3f}", flush=True)
    print(f"two workers take {sorted(ratios)[len(ratios) // 2]:.3f} of the time of one (median of {pairs} pairs)")


def main() -> None:
    """Run one of the trials."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trial", choices=["kill", "cluster", "efficiency"])
    parser.add_argument("--scenarios", type=int)
    parser.add_argument("--draws", type=int)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        if given.trial == "kill":
            under_kill(Path(place), given.scenarios or 200, given.draws or 5_000, given.kills, given.seed)
        elif given.trial == "cluster":
            on_cluster(Path(place), given.scenarios or 200, given.draws or 5_000)
        else:
            efficiency(Path(place), given.scenarios or 64, given.draws or 1_000_000, given.pairs)


if __name__ == "__main__":
    main()
