"""The generator: moments, independence, and numbers that belong to their stream alone."""

from __future__ import annotations

import numpy as np
from scipy import stats

from forecast.kernel.random import BLOCK, normals, stream_keys


def sample(names: list[str], blocks: int, seed: int = 7) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    out = np.empty((len(names), blocks * BLOCK), np.float32)
    normals(stream_keys(seed, names), 0, blocks, out)
    return out


def test_normals_have_the_moments_of_normals() -> None:
    """Limits of 5 standard errors for 2 million numbers: a false alarm in fewer than 1 of 100,000 runs."""
    z = sample(["a", "b", "c", "d"], 1_000).astype(np.float64).ravel()
    n = len(z)
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10_170)):
        assert abs((z**power).mean() - moment) < 5 * np.sqrt(variance / n), power


def test_normals_pass_a_kolmogorov_smirnov_test() -> None:
    """At the level 1e-5; fixed seeds, so the outcome cannot change from run to run."""
    for seed in (1, 2, 3):
        assert stats.kstest(sample(["a"], 2_000, seed)[0].astype(np.float64), "norm").pvalue > 1e-5


def test_a_kolmogorov_smirnov_test_would_notice_a_wrong_scale() -> None:
    z = 1.02 * sample(["a"], 2_000)[0].astype(np.float64)
    assert stats.kstest(z, "norm").pvalue < 1e-5


def test_tails_are_as_heavy_as_they_should_be() -> None:
    z = np.abs(sample([str(i) for i in range(8)], 4_000).ravel())
    for limit in (3.0, 4.0, 5.0):
        expected = 2 * stats.norm.sf(limit) * len(z)
        assert abs((z > limit).sum() - expected) < 5 * np.sqrt(expected) + 1, limit
    assert z.max() < 6.7


def test_streams_lanes_and_partners_are_uncorrelated() -> None:
    z = sample(["a", "b", "c"], 2_000).astype(np.float64)
    n = z.shape[1]
    blocks = z[0].reshape(-1, BLOCK)
    pairs = [
        (z[0], z[1]), (z[1], z[2]), (z[0, :-1], z[0, 1:]), (blocks[:, : BLOCK // 2].ravel(), blocks[:, BLOCK // 2 :].ravel()),
        (z[0] ** 2, z[1] ** 2), (blocks[:, : BLOCK // 2].ravel() ** 2, blocks[:, BLOCK // 2 :].ravel() ** 2),
    ]  # fmt: skip
    for x, y in pairs:
        assert abs(np.corrcoef(x, y)[0, 1]) < 5 / np.sqrt(min(len(x), n // 2))


def test_a_stream_does_not_depend_on_its_neighbours() -> None:
    alone = sample(["candidate/1/A"], 2)
    together = sample(["candidate/1/B", "candidate/1/A", "candidate/2/A"], 2)
    np.testing.assert_array_equal(alone[0], together[1])
    assert (sample(["candidate/1/A"], 2, seed=8) != alone).mean() > 0.99


def test_golden_numbers_freeze_the_stream() -> None:
    assert sample(["golden"], 1)[0, :4].tolist() == GOLDEN


GOLDEN = [0.33948028087615967, -1.0025123357772827, 1.1928739547729492, -0.06120821461081505]
