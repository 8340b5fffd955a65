"""Fitting vote distributions at the edges: nothing random, everything random, hardly any votes."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.voteshare.families import logistic_normal_with, normal_nodes


@pytest.mark.parametrize("spread", [0.0, 1e-12, 0.9, 1.0, 1.5, 1e3, 1e9])
@pytest.mark.parametrize("mean", [[0.6, 0.4], [0.6, 0.3, 0.1], [0.7, 0.3 - 2e-6, 1e-6, 1e-6], [1.0]])
def test_any_spread_gives_finite_shares_with_the_means(mean: list[float], spread: float) -> None:
    shares = np.array(mean)
    family = logistic_normal_with(shares, spread * np.sqrt(shares * (1 - shares)))
    assert np.isfinite(family.location).all()
    assert np.isfinite(family.scale).all()
    assert family.scale.max() <= 20
    drawn = family.shares(normal_nodes(len(mean)))
    assert drawn.sum(axis=1) == pytest.approx(1)
    assert drawn.mean(axis=0)[:1] == pytest.approx(shares[:1], abs=0.02)


def test_a_party_without_votes_stays_without_a_chance() -> None:
    mean = np.array([1 - 1e-6, 1e-6])
    family = logistic_normal_with(mean, 0.03 * np.sqrt(mean * (1 - mean)))
    shares = family.sample(200_000, np.random.default_rng(1))
    assert shares[:, 1].mean() < 1e-5
    assert shares[:, 1].max() < 0.05
