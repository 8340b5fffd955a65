"""The kernel's generated code: vector instructions everywhere, and the same bytes with narrower vectors."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from forecast.kernel.random import BLOCK, HALF, normal_row
from forecast.kernel.vectors import LANES, choose, count, fma, load, store
from forecast.simulate import simulate
from tests.electorates import plan
from tests.test_simulate import digest_of

X86 = platform.machine() in ("x86_64", "AMD64")
AVX2 = "+avx2,+avx,+fma,+bmi,+bmi2,+lzcnt,+popcnt,+sse4.2,+sse4.1,+ssse3,+sse3,+sse2,+sse,+cx16,+f16c,+movbe"


def fused_instructions(function: Any) -> tuple[int, int]:
    """Return how many fused multiply-adds work on vectors, and how many on single numbers."""
    (code,) = function.inspect_asm().values()
    return len(re.findall(r"\bvfn?m\w+p[sd]\b.*%[yz]mm", code)), len(re.findall(r"\bvfn?m\w+s[sd]\b", code))


@pytest.mark.skipif(not X86, reason="reads x86-64 instructions")
def test_rows_of_normals_are_vector_code() -> None:
    @numba.njit(error_model="numpy")
    def one_row(block: Any, out: Any) -> None:
        normal_row(np.uint64(1), np.uint64(2), block, out)

    one_row(0, np.zeros(BLOCK, np.float32))
    vectors, scalars = fused_instructions(one_row)
    assert vectors >= 12
    assert scalars == 0


@pytest.mark.skipif(not X86, reason="reads x86-64 instructions")
def test_scalar_code_would_be_noticed() -> None:
    """The test of the test: a running product of single numbers."""

    @numba.njit(error_model="numpy")
    def chain(row: Any) -> Any:
        total = np.float32(1)
        for i in range(row.size):
            total = fma(total, np.float32(0.5), row[i])
        return total

    chain(np.zeros(BLOCK, np.float32))
    vectors, scalars = fused_instructions(chain)
    assert vectors == 0
    assert scalars > 0


def test_vectors_calculate_like_the_plain_numbers_of_their_lanes() -> None:
    @numba.njit(error_model="numpy")
    def lanes(a: Any, b: Any, c: Any, out: Any) -> Any:
        store(out[0], 0, fma(load(a, 0), load(b, 0), load(c, 0)))
        store(out[1], 0, choose(load(a, 0) > load(b, 0), load(a, 0) / load(b, 0), 2 - load(c, 0)))
        return count(load(a, 0) > load(b, 0))

    a, b, c = np.random.default_rng(1).normal(size=(3, LANES)).astype(np.float32)
    out = np.zeros((2, LANES), np.float32)
    assert lanes(a, b, c, out) == (a > b).sum()
    exact = a.astype(np.float64) * b + c
    np.testing.assert_allclose(out[0], exact, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(out[1], np.where(a > b, a / b, np.float32(2) - c))
    assert HALF % LANES == 0


@pytest.mark.skipif(not X86, reason="sets the features of an x86-64 processor")
def test_avx2_alone_gives_the_same_bytes(tmp_path: Path) -> None:
    script = "from tests.test_simulate import *; print(digest_of(simulate(plan(), 2_000).tallies))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False,
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": AVX2, "FORECAST_CACHE_DIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == digest_of(simulate(plan(), 2_000).tallies)
