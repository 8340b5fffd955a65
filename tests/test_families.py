"""Fitting vote distributions at the edges: nothing random, everything random, hardly any votes."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.voteshare.families import logistic_normal_with, normal_nodes, power_normal, power_variance


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


@pytest.mark.parametrize("tail", [0.0, 0.04, 0.2])
def test_the_cubic_of_a_normal_has_its_variance_and_tails_grow_with_it(tail: float) -> None:
    """Monte Carlo of a million; the variance of w^2 is below 60 var^2, so 4 % are 5 standard errors."""
    w = power_normal(np.random.default_rng(7).standard_normal(1_000_000), tail)
    assert w.var() == pytest.approx(float(power_variance(tail)), rel=0.04)
    beyond = (np.abs(w) > 3 * w.std()).mean()
    assert (beyond > 0.004) == (tail > 0)


@pytest.mark.parametrize("tail", [0.0, 0.04, 0.2])
def test_tails_leave_the_means_and_spreads_that_were_asked_for(tail: float) -> None:
    mean = np.array([0.55, 0.2, 0.12, 0.08, 0.05])
    sd = 0.06 * np.sqrt(mean * (1 - mean))
    shares = logistic_normal_with(mean, sd, tail).sample(400_000, np.random.default_rng(3))
    np.testing.assert_allclose(shares.mean(axis=0), mean, atol=5 * float(sd.max()) / 400_000**0.5 + 2e-4)
    np.testing.assert_allclose(shares.std(axis=0), sd, rtol=0.02 + 0.05 * tail)


def test_a_family_without_tails_is_the_logistic_normal_to_the_last_bit() -> None:
    mean, normals = np.array([0.6, 0.3, 0.1]), normal_nodes(3)
    family = logistic_normal_with(mean, 0.05 * np.sqrt(mean * (1 - mean)))
    utility = family.location + normals @ family.scale.T
    np.testing.assert_array_equal(family.utilities(normals), utility)
