"""``python -m benchmarks.instructions``: instructions a draw, counted by callgrind; the gate that a busy host cannot move.

Two numbers of draws are simulated in processes of their own under valgrind and the counts subtracted, so that start-up
drops out. valgrind knows AVX2 and not AVX-512, so the kernel is compiled for AVX2, in a cache of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from forecast.bench.measure import step_of
from forecast.bench.subjects import subjects
from forecast.kernel.blocks import Counts, Workspace, draw_blocks
from forecast.kernel.random import BLOCK
from forecast.simulate import warm_up

PROCESSOR = "haswell"  # AVX2 and FMA
STEPS = 4  # of draws between the two counts
TOLERANCE = 5.0  # percent


def main(arguments: Sequence[str] | None = None) -> int:
    """Count and print; return 1 where a subject needs more instructions than before, beyond the tolerance."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.instructions", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="figures of an earlier --json")
    parser.add_argument("--fail-above", type=float, default=TOLERANCE, metavar="PCT", help=f"percent ({TOLERANCE:g})")
    parser.add_argument("--simulate", nargs=2, metavar=("SUBJECT", "DRAWS"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.simulate:
        return _simulate(options.simulate[0], int(options.simulate[1]))
    if shutil.which("valgrind") is None:
        print("valgrind is not installed; nothing counted", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found = {subject.name: per_draw(subject.name, step_of(subject.plan), Path(folder)) for subject in subjects()}
    for name, count in found.items():
        print(f"{name}: {count:,.0f} instructions a draw ({PROCESSOR})")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    if options.compare is None:
        return 0
    before = json.loads(options.compare.read_text())
    worse = [name for name, count in found.items() if count > before.get(name, count) * (1 + options.fail_above / 100)]
    for name in worse:
        print(f"{name}: {before[name]:,.0f} instructions a draw before", file=sys.stderr)
    return int(bool(worse))


def per_draw(subject: str, step: int, folder: Path) -> float:
    """Return the instructions a draw of one subject."""
    environment = {
        **os.environ, "NUMBA_CPU_NAME": PROCESSOR, "NUMBA_CPU_FEATURES": "+avx2,+fma", "PYTHONHASHSEED": "0",
        "FORECAST_CACHE_DIR": str(folder / "cache"),
    }  # fmt: skip
    own = [sys.executable, "-m", "benchmarks.instructions", "--simulate", subject]
    subprocess.run([*own, str(step)], env=environment, check=True)  # compiles, without valgrind
    counts = []
    for draws in (step, (1 + STEPS) * step):
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder / 'callgrind'}", *own, str(draws)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        (collected,) = re.findall(r"Collected : (\d+)", done.stderr)
        counts.append(int(collected))
    return (counts[1] - counts[0]) / (STEPS * step)


def _simulate(name: str, draws: int) -> int:
    (plan,) = (subject.plan for subject in subjects() if subject.name == name)
    warm_up(plan)
    draw_blocks(plan, 0, -(-draws // BLOCK), draws, Workspace.of(plan), Counts.of(plan), plan.record(0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
