"""``python -m benchmarks.generator``: how good the random numbers are, against stated levels.

Normals and Gumbel numbers of the kernel: moments, tails to 5 sigma, chi-square of the values, and joint chi-square
over lanes of a block, slots (blocks) of a stream, and streams. Every line is one test at the level printed; with some
40 tests at 1e-4 a good generator fails one of them in 1 of 250 seeds. ``--words N`` writes raw 32-bit words to stdout
instead, for dieharder: ``python -m benchmarks.generator --words 250000000 | dieharder -a -g 200``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from forecast.kernel.gumbel import gumbels
from forecast.kernel.random import BLOCK, normals, stream_keys

LEVEL = 1e-4
CELLS = 16  # a side of the joint tests
STANDARD_GUMBEL = stats.gumbel_r(-np.euler_gamma * np.sqrt(6) / np.pi, np.sqrt(6) / np.pi)
GRID = np.linspace(-12, 60, 720_001)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Finding:
    """One test: what was looked at, and the probability of something so odd by chance."""

    name: str
    p: float

    @property
    def passes(self) -> bool:
        """Whether the level is kept."""
        return self.p > LEVEL


def sample(law: str, streams: int, blocks: int, seed: int) -> Floats:
    """Return numbers ``[stream, draw]`` of so many whole blocks."""
    out = np.empty((streams, blocks * BLOCK), np.float32)
    keys = stream_keys(seed, [f"{law}/{number}" for number in range(streams)])
    (gumbels if law == "gumbel" else normals)(keys, 0, blocks, out)
    return out.astype(np.float64)


def findings(law: str, numbers: Floats) -> Iterator[Finding]:
    """Yield every test of one sample."""
    known = STANDARD_GUMBEL if law == "gumbel" else stats.norm
    ranks = known.cdf(numbers)
    flat, n = numbers.ravel(), numbers.size
    for power in (1, 2, 3, 4, 6):
        mean, square = (float(np.trapezoid(GRID**k * known.pdf(GRID), GRID)) for k in (power, 2 * power))
        z = ((flat**power).mean() - mean) / np.sqrt((square - mean**2) / n)
        yield Finding(f"moment {power}", float(2 * stats.norm.sf(abs(z))))
    for limit in (3.0, 4.0, 5.0):
        for side, count, p in (
            ("above", (flat > limit).sum(), known.sf(limit)),
            ("below", (flat < -limit).sum(), known.cdf(-limit)),
        ):
            yield Finding(f"tail {side} {limit:g} sigma", float(stats.binomtest(int(count), n, float(p)).pvalue))
    counts = np.bincount((ranks.ravel() * 1024).astype(int).clip(0, 1023), minlength=1024)
    yield Finding("values, 1,024 cells", float(stats.chisquare(counts).pvalue))
    blocks = ranks.reshape(ranks.shape[0], -1, BLOCK)
    for distance in (1, 2, 16, BLOCK // 4, BLOCK // 2):
        yield joint(f"lanes {distance} apart", blocks[:, :, :-distance], blocks[:, :, distance:])
    for distance in (1, 2, 64):
        yield joint(f"slots {distance} apart", blocks[:, :-distance], blocks[:, distance:])
    for distance in (1, 2, 7):
        yield joint(f"streams {distance} apart", ranks[:-distance], ranks[distance:])


def joint(name: str, one: Floats, other: Floats) -> Finding:
    """Return the chi-square test of independence of pairs of ranks, over ``CELLS`` squared cells."""
    cells = [(ranks.ravel() * CELLS).astype(int).clip(0, CELLS - 1) for ranks in (one, other)]
    counts = np.bincount(cells[0] * CELLS + cells[1], minlength=CELLS**2)
    return Finding(name, float(stats.chisquare(counts).pvalue))


def write_words(number: int, seed: int) -> None:
    """Write raw random words of 32 bits, as ``dieharder -g 200`` reads them: streams in turn, a block of each."""
    from forecast.kernel.random import raw_words

    left, first = number, 0
    keys = stream_keys(seed, [f"words/{stream}" for stream in range(64)])
    out = np.empty((len(keys), BLOCK), np.int32)
    while left > 0:
        raw_words(keys, first, out)
        sys.stdout.buffer.write(out.ravel()[:left].tobytes())
        left, first = left - out.size, first + 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Test both laws; return 1 where a test fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generator", description=__doc__)
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--blocks", type=int, default=1_000, help=f"of {BLOCK} numbers, a stream")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--words", type=int, metavar="N", help="write N raw words to stdout instead")
    options = parser.parse_args(arguments)
    if options.words:
        write_words(options.words, options.seed)
        return 0
    failed = 0
    for law in ("normal", "gumbel"):
        numbers = sample(law, options.streams, options.blocks, options.seed)
        print(f"{law}: {numbers.size:,} numbers, every test at the level {LEVEL:g}")
        for one in findings(law, numbers):
            failed += not one.passes
            print(f"  {one.name:24} p = {one.p:.4f}{'' if one.passes else '   FAILED'}")
    print(f"{failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
