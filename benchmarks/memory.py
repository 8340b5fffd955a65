"""``python -m benchmarks.memory``: does memory stay the same, however many draws? Peak RSS of two fresh runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

FORECAST = "kazakhstan-2023"
FEW, MANY = 100_000, 50_000_000
LIMIT = 50.0  # MB


def peak_rss(draws: int) -> float:
    """Return the peak resident memory, in MB, of ``forecast run`` with this many draws, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "forecast", "run", FORECAST, "--draws", str(draws)]
        with subprocess.Popen([*command, "--out", str(Path(folder) / "run")], stdout=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> int:
    """Print both peaks and their difference; return 1 where it exceeds the limit."""
    peak_rss(FEW)  # compiles, where the cache is cold
    few, many = peak_rss(FEW), peak_rss(MANY)
    print(f"{FEW:>12,} draws: {few:7.1f} MB")
    print(f"{MANY:>12,} draws: {many:7.1f} MB")
    print(f"  difference      : {many - few:7.1f} MB (limit {LIMIT:.0f} MB)")
    return int(many - few > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
