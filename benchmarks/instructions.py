"""``python -m benchmarks.instructions``: instructions a draw, counted by callgrind; the gate that a busy host cannot move.

A process of its own simulates under valgrind and tells it where to begin and to end counting, so that start-up costs
little time and no figure. valgrind knows AVX2 and not AVX-512, so the kernel is compiled for AVX2, in a cache of its own.
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
from typing import Any

import numba
from llvmlite import binding, ir
from numba import types

from forecast.bench.measure import step_of
from forecast.bench.subjects import Subject, subjects, under_five_laws
from forecast.kernel.blocks import Counts, Workspace, draw_blocks
from forecast.kernel.compiler import instruction
from forecast.kernel.random import BLOCK
from forecast.simulate import warm_up

PROCESSOR = "haswell"  # AVX2 and FMA
STEPS = 4  # of draws
DUMP, ZERO, START = 0x43540000, 0x43540001, 0x43540004  # what callgrind.h calls its client requests
TOLERANCE = 5.0  # percent


def main(arguments: Sequence[str] | None = None) -> int:
    """Count and print; return 1 where a subject needs more instructions than before, beyond the tolerance."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.instructions", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="figures of an earlier --json")
    parser.add_argument("--fail-above", type=float, default=TOLERANCE, metavar="PCT", help=f"percent ({TOLERANCE:g})")
    parser.add_argument("--simulate", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.simulate:
        return _simulate()
    if shutil.which("valgrind") is None:
        print("valgrind is not installed; nothing counted", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found = instructions(Path(folder))
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


def counted() -> tuple[Subject, ...]:
    """Return what is counted: the benchmark's subjects, and the Mazhilis under five laws."""
    return (*subjects(), under_five_laws())


def instructions(folder: Path) -> dict[str, float]:
    """Return the instructions a draw of every subject."""
    environment = {
        **os.environ, "NUMBA_CPU_NAME": PROCESSOR, "NUMBA_CPU_FEATURES": "+avx2,+fma", "PYTHONHASHSEED": "0",
        "FORECAST_CACHE_DIR": str(folder / "cache"),
    }  # fmt: skip
    own = [sys.executable, "-m", "benchmarks.instructions", "--simulate"]
    subprocess.run(own, env=environment, check=True)  # compiles, without valgrind
    out = folder / "counts"
    tool = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
    subprocess.run([*tool, *own], env=environment, check=True, capture_output=True)
    found = {}
    for number, subject in enumerate(counted(), 1):
        (total,) = re.findall(r"^totals: (\d+)", out.with_name(f"{out.name}.{number}").read_text(), re.MULTILINE)
        found[subject.name] = int(total) / (STEPS * step_of(subject.plan))
    return found


@instruction
def ask(typingctx: Any, request: Any) -> Any:
    """Make a client request of callgrind: instructions that do nothing, but where valgrind looks at them."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        words = ir.ArrayType(word, 6)
        block = builder.alloca(words)
        builder.store(ir.Constant(words, None), block)
        first = builder.bitcast(block, word.as_pointer())
        builder.store(arguments[0], first)
        kind = ir.FunctionType(word, [first.type, word])
        preamble = "".join(f"rolq $${bits}, %rdi\n" for bits in (3, 13, 61, 51))
        return builder.asm(
            kind, f"{preamble}xchgq %rbx, %rbx", "={rdx},{rax},0,~{memory}", [first, ir.Constant(word, 0)], True
        )

    return types.int64(types.int64), code


@numba.njit
def _ask(request: Any) -> Any:
    return ask(request)


def _simulate() -> int:
    """Draw some steps of every subject, between requests to count."""
    binding.initialize_native_asmparser()  # for the requests; numba itself writes no assembly
    for subject in counted():
        warm_up(subject.plan)
    _ask(START)
    for subject in counted():
        plan, draws = subject.plan, STEPS * step_of(subject.plan)
        work, counts, record = Workspace.of(plan), Counts.of(plan), plan.record(0)
        _ask(ZERO)
        draw_blocks(plan, 0, draws // BLOCK, draws, work, counts, record)
        _ask(DUMP)
    return 0


if __name__ == "__main__":
    sys.exit(main())
