"""The benchmarks' peers do the same work as the product; otherwise their times would mean nothing."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import numba_naive, numpy_tuned
from benchmarks.agreement import DRAWS, LIMIT, Disagreement, check, counted, farthest, reference_seats, sample_ballots
from benchmarks.law import list_law
from benchmarks.subjects import Subject, subjects
from benchmarks.timing import paired
from forecast.kernel.plan import Plan
from forecast.simulate import simulate


@pytest.fixture(scope="module")
def lists_only() -> Plan:
    return _named("list tier only").plan


@pytest.fixture(scope="module")
def whole() -> Plan:
    return _named("whole Mazhilis").plan


def _named(name: str) -> Subject:
    (found,) = (subject for subject in subjects() if subject.name == name)
    return found


def test_every_variant_counts_like_the_reference(whole: Plan) -> None:
    ballots = sample_ballots(whole)
    expected = reference_seats(whole, ballots)
    assert expected.shape == (whole.lists, 2048)
    for name, seats in counted(whole, ballots).items():
        np.testing.assert_array_equal(seats, expected, name)


def test_the_sample_of_ballots_reaches_the_edges_of_the_law(whole: Plan) -> None:
    ballots, law = sample_ballots(whole), list_law(whole)
    parties, valid = ballots[: whole.lists], ballots.sum(axis=0)
    margin = parties * law.denominator - valid * law.numerator
    passing = ((margin >= 0) & (parties > 0)).sum(axis=0)
    assert {0, 1, 2} <= set(passing.tolist())
    assert (margin[:, valid > 10_000] == 0).any()
    assert (reference_seats(whole, ballots) == law.lengths[:, None]).any()


@pytest.mark.parametrize("subject", ["list tier only", "whole Mazhilis"])
def test_all_variants_draw_the_same_distributions(subject: str) -> None:
    check(_named(subject).plan)


def test_another_model_is_told_apart(lists_only: Plan, whole: Plan) -> None:
    """The test of the test: a threshold of 6 % and a wider personal vote lie beyond the limit."""
    law = lists_only.laws.law.copy()
    law[0, 2:4] = (6, 100)
    changed = simulate_with(lists_only, law=law)
    assert farthest(changed, numpy_tuned.simulate(lists_only, DRAWS, 2), DRAWS)[1] > LIMIT
    wide = whole.voters._replace(candidate_sd=whole.voters.candidate_sd * np.float32(1.1))
    product = simulate(whole, DRAWS).tallies
    from dataclasses import replace

    assert farthest(product, numpy_tuned.simulate(replace(whole, voters=wide), DRAWS, 2), DRAWS)[1] > LIMIT
