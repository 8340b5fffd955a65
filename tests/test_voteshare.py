"""Polls to shares: the closed form checked by hand and by brute force, moments matched, turnout, the self-nominated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecast.errors import DocumentError
from forecast.voteshare.districts import self_nominated_location
from forecast.voteshare.electorate import Option, Poll, PollCentre, Region
from forecast.voteshare.families import logistic_normal_with, normal_nodes
from forecast.voteshare.model import fit
from forecast.voteshare.pooling import CONSTANTS, pooled_vote
from forecast.voteshare.turnout import ballot_model, expected_turnouts
from tests.electorates import assumed, electorate

OPTIONS = (Option("A", "party", 0.5), Option("B", "party", 0.3), Option("C", "party"))
AS_OF = date(2030, 1, 31)


def poll(name: str, end: date, shares: dict[str, float], size: int | None = 1_000, pollster: str | None = None) -> Poll:
    return Poll(name, pollster or name, end, end, size, shares)


def centre(*polls: Poll, kappa: float = 0.0) -> PollCentre:
    return PollCentre(polls, 30, 1_000, "proportional", assumed(kappa))


def test_a_single_poll_is_its_own_mean() -> None:
    pooled = pooled_vote(OPTIONS, centre(poll("x", AS_OF, {"A": 0.6, "B": 0.3, "C": 0.1})), AS_OF)
    np.testing.assert_allclose(pooled.polled, [0.6, 0.3, 0.1])
    p, house, size, industry = pooled.mean[0], CONSTANTS.house, 1_000, CONSTANTS.industry(30)
    np.testing.assert_allclose(pooled.sd[0], np.sqrt(p * (1 - p) * (house**2 + 1 / size + industry**2)))


def test_an_option_new_on_the_ballot_has_a_wider_error() -> None:
    pooled = pooled_vote(OPTIONS, centre(poll("x", AS_OF, {"A": 0.6, "B": 0.2, "C": 0.2})), AS_OF)
    widened = CONSTANTS.house**2 + 1 / 1_000 + (CONSTANTS.new_party(30) * CONSTANTS.industry(30)) ** 2
    np.testing.assert_allclose(pooled.sd[2], np.sqrt(pooled.mean[2] * (1 - pooled.mean[2]) * widened))
    assert pooled.sd[2] > pooled.sd[1]


def test_the_weights_are_those_of_generalised_least_squares() -> None:
    polls = (
        poll("x", date(2030, 1, 1), {"A": 0.5, "B": 0.3, "C": 0.2}, 500),
        poll("y", date(2030, 1, 20), {"A": 0.4, "B": 0.4, "C": 0.2}, 2_000),
        poll("z", date(2030, 1, 21), {"A": 0.4, "B": 0.3, "C": 0.3}, 800, pollster="y"),
    )
    pooled = pooled_vote(OPTIONS, centre(*polls), AS_OF)
    age = np.array([30, 11, 10])
    same = np.array([[1, 0, 0], [0, 1, 1], [0, 1, 1]])
    v = (
        CONSTANTS.drift**2 * np.minimum.outer(age, age)
        + CONSTANTS.house**2 * same
        + np.diag(1 / np.array([500, 2_000, 800]))
    )
    weights = np.linalg.solve(v, np.ones(3))
    np.testing.assert_allclose(pooled.weights[0], weights / weights.sum())
    np.testing.assert_allclose(pooled.polled[0], weights @ [0.5, 0.4, 0.4] / weights.sum())


def test_a_poll_that_leaves_an_option_out_says_nothing_about_it() -> None:
    whole = poll("x", AS_OF, {"A": 0.5, "B": 0.3, "C": 0.2})
    without = poll("y", AS_OF, {"A": 0.5, "B": 0.3})
    pooled = pooled_vote(OPTIONS, centre(whole, without), AS_OF)
    np.testing.assert_allclose(pooled.polled, [0.5, 0.3, 0.2], atol=1e-9)
    assert pooled.weights[2].tolist() == [1.0, 0.0]


def test_undecided_voters_split_like_the_decided_and_widen_the_error() -> None:
    decided = poll("x", AS_OF, {"A": 0.6, "B": 0.3, "C": 0.1})
    undecided = poll("x", AS_OF, {"A": 0.3, "B": 0.15, "C": 0.05})
    sure, unsure = (pooled_vote(OPTIONS, centre(one, kappa=0.3), AS_OF) for one in (decided, undecided))
    np.testing.assert_allclose(sure.mean, unsure.mean)
    assert unsure.undecided[0] == pytest.approx(0.5)
    p = sure.mean[0]
    np.testing.assert_allclose((unsure.sd**2 - sure.sd**2)[0], p * (1 - p) * 2 * (0.3 * 0.5) ** 2)


def test_polls_after_the_as_of_day_are_not_seen() -> None:
    early, late = (
        poll("x", date(2030, 1, 1), {"A": 0.6, "B": 0.3, "C": 0.1}),
        poll("y", AS_OF, {"A": 0.1, "B": 0.3, "C": 0.6}),
    )
    pooled = pooled_vote(OPTIONS, centre(early, late), date(2030, 1, 10))
    np.testing.assert_allclose(pooled.polled, [0.6, 0.3, 0.1])
    with pytest.raises(DocumentError, match="no poll had ended by 2029-12-31"):
        pooled_vote(OPTIONS, centre(early, late), date(2029, 12, 31))


def test_an_option_in_no_poll_is_an_error() -> None:
    with pytest.raises(DocumentError, match="no poll names C"):
        pooled_vote(OPTIONS, centre(poll("x", AS_OF, {"A": 0.6, "B": 0.3})), AS_OF)


@pytest.mark.parametrize("spread", [0.01, 0.06, 0.15])
def test_the_family_has_the_moments_it_was_asked_for(spread: float) -> None:
    mean = np.array([0.55, 0.2, 0.12, 0.08, 0.05])
    sd = spread * np.sqrt(mean * (1 - mean))
    shares = logistic_normal_with(mean, sd).sample(400_000, np.random.default_rng(3))
    np.testing.assert_allclose(shares.mean(axis=0), mean, atol=5 * float(sd.max()) / 400_000**0.5 + 2e-4)
    np.testing.assert_allclose(shares.std(axis=0), sd, rtol=0.02)


def test_small_errors_are_correlated_like_a_multinomial() -> None:
    mean = np.array([0.6, 0.3, 0.1])
    shares = logistic_normal_with(mean, 0.01 * np.sqrt(mean * (1 - mean))).shares(normal_nodes(3))
    odds = mean / (1 - mean)
    expected = -np.sqrt(np.outer(odds, odds))
    off = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(np.atleast_2d(np.corrcoef(shares.T))[off], expected[off], atol=0.02)


def test_a_model_without_error_does_not_move() -> None:
    family = logistic_normal_with(np.array([0.7, 0.3]), np.zeros(2))
    assert family.shares(normal_nodes(2)).std() == pytest.approx(0.2)
    np.testing.assert_allclose(family.shares(normal_nodes(2))[:, 0], 0.7, atol=1e-6)


def test_a_turnout_that_was_not_found_follows_the_other_election() -> None:
    regions = (
        Region("a", {"t1": 0.6, "t2": 0.7}), Region("b", {"t1": 0.4, "t2": 0.5}), Region("c", {"t1": None, "t2": 0.65}),
    )  # fmt: skip
    turnouts = expected_turnouts(replace(electorate(), regions=regions))
    np.testing.assert_allclose(turnouts, [0.65, 0.45, 0.6])


def test_expected_ballots_weigh_the_regions() -> None:
    model = ballot_model(electorate())
    np.testing.assert_allclose(model.weights, [0.3 / 0.55, 0.25 / 0.55])
    assert 1 / (1 + np.exp(-model.mean)) == pytest.approx(0.55, abs=1e-6)
    assert model.most == 970_000


def test_the_self_nominated_win_the_share_of_districts_they_won_before() -> None:
    from forecast.distribution import SystemForecast
    from forecast.kernel.plan import lower
    from forecast.simulate import simulate
    from tests.electorates import system

    model = fit(electorate())
    assert model.electorate.contests is not None
    location = self_nominated_location(model.electorate, model.electorate.contests, model.votes)
    assert location == model.self_location
    plan = lower(model, [system()], 5)
    won = SystemForecast(plan, 0, simulate(plan, 50_000).tallies, 50_000).district_seats("Self-nominated")
    # Three of the four districts have self-nominated candidates, and the rule speaks of those.
    assert won.mean / 3 == pytest.approx(0.25, abs=0.02)
