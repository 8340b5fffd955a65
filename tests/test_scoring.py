"""Scores against the scoringrules package, against their definitions, and at their edges."""

from __future__ import annotations

import numpy as np
import pytest
import scoringrules

from forecast import scoring

RNG = np.random.default_rng(20260101)


def test_the_crps_of_draws_is_that_of_scoringrules() -> None:
    draws, outcome = RNG.normal(size=(300, 7)), RNG.normal(size=7)
    expected = scoringrules.crps_ensemble(outcome, draws.T, estimator="fair")
    np.testing.assert_allclose(scoring.crps_of_draws(draws, outcome), expected, rtol=1e-12)


def test_the_crps_of_a_normal_is_that_of_scoringrules() -> None:
    mean, sd, outcome = RNG.normal(size=50), RNG.uniform(0.1, 3, 50), RNG.normal(size=50)
    expected = scoringrules.crps_normal(outcome, mean, sd)
    np.testing.assert_allclose(scoring.crps_of_normal(mean, sd, outcome), expected, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(scoring.crps_of_normal([1.0], 0.0, [3.0]), [2.0])


def test_the_crps_of_draws_tends_to_that_of_their_normal() -> None:
    draws = RNG.normal(0.3, 0.02, 200_000)
    closed = scoring.crps_of_normal(0.3, 0.02, 0.33)
    # sd of the estimator is below 1e-4 of the unit here: five of them
    assert scoring.crps_of_draws(draws, 0.33) == pytest.approx(float(closed), abs=5e-4 * 0.5)


def test_the_energy_score_is_that_of_scoringrules() -> None:
    draws, outcome = RNG.normal(size=(120, 5)), RNG.normal(size=5)
    expected = scoringrules.es_ensemble(outcome, draws, estimator="fair")
    assert scoring.energy_score(draws, outcome) == pytest.approx(float(expected), rel=1e-12)


def test_the_energy_score_of_one_dimension_is_the_crps() -> None:
    draws = RNG.normal(size=400)
    assert scoring.energy_score(draws[:, None], [0.3]) == pytest.approx(float(scoring.crps_of_draws(draws, 0.3)))


def test_the_brier_and_log_scores_are_those_of_scoringrules() -> None:
    chance, happened = RNG.uniform(0.01, 0.99, 40), RNG.integers(0, 2, 40)
    np.testing.assert_allclose(scoring.brier_score(chance, happened), scoringrules.brier_score(happened, chance))
    np.testing.assert_allclose(scoring.log_loss(chance, happened), scoringrules.log_score(happened, chance))


def test_the_ranked_probability_score_is_the_crps_of_the_count() -> None:
    pmf = RNG.dirichlet(np.ones(12))
    for outcome in (0, 5, 11, 14):
        seats = np.arange(12)
        crps = (pmf * np.abs(seats - outcome)).sum() - (
            np.outer(pmf, pmf) * abs(np.subtract.outer(seats, seats))
        ).sum() / 2
        assert scoring.ranked_probability_score(pmf, outcome) == pytest.approx(crps)
    rps = scoringrules.rps_score(np.array([4]), pmf[None, :])
    assert scoring.ranked_probability_score(pmf, 3) == pytest.approx(float(np.ravel(rps)[0]))


def test_a_fair_score_does_not_reward_few_draws() -> None:
    outcomes = RNG.normal(size=20_000)
    few = scoring.crps_of_draws(RNG.normal(size=(3, 20_000)), outcomes).mean()
    # E CRPS of the true standard normal is 1/sqrt(pi); se of the mean is about .006: five of them
    assert few == pytest.approx(1 / np.sqrt(np.pi), abs=0.03)


def test_calibrated_draws_cover_as_they_say_and_have_flat_transforms() -> None:
    draws, outcomes = RNG.normal(size=(400, 4_000)), RNG.normal(size=4_000)
    for level in scoring.LEVELS:
        # sd of a share of 4,000 is at most .008: five of them
        assert scoring.is_covered(draws, outcomes, level).mean() == pytest.approx(level, abs=0.04)
    transforms = scoring.pit_of_draws(draws, outcomes)
    assert scoring.flatness(scoring.pit_histogram(transforms)) > 1e-4
    too_sure = scoring.pit_of_draws(0.5 * draws, outcomes)
    assert scoring.flatness(scoring.pit_histogram(too_sure)) < 1e-4


def test_equal_draws_count_half_in_the_transform() -> None:
    assert scoring.pit_of_draws(np.array([1.0, 2.0, 2.0, 3.0]), 2.0) == pytest.approx(0.5)
    assert scoring.pit_of_pmf([0.2, 0.3, 0.5], 2) == pytest.approx(0.75)
    assert scoring.pit_of_pmf([0.2, 0.8], 5) == pytest.approx(1.0)


def test_a_paired_bootstrap_sees_a_constant_lead_and_no_lead() -> None:
    scores = RNG.uniform(0.5, 2, 30)
    lead = scoring.paired_bootstrap(scores - 0.1, scores, np.random.default_rng(1))
    assert lead.mean == pytest.approx(-0.1)
    assert lead.is_clear
    assert lead.better == 1.0
    noise = scoring.paired_bootstrap(
        scores + RNG.permutation(np.r_[[1.0] * 15, [-1.0] * 15]), scores, np.random.default_rng(1)
    )
    assert not noise.is_clear
