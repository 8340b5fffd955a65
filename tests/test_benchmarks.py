"""The benchmarks' peers do the same work as the product; otherwise their times would mean nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from benchmarks import numba_naive, numpy_tuned
from benchmarks.agreement import DRAWS, LIMIT, Disagreement, check, counted, farthest, reference_seats, sample_ballots
from benchmarks.law import list_law, list_tier_of
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


def test_another_law_or_model_is_told_apart(lists_only: Plan, whole: Plan) -> None:
    """The test of the test: a threshold of 6 %, or a personal vote a tenth wider, lies beyond the limit."""
    (system,), tier = lists_only.systems, list_tier_of(lists_only)
    higher = replace(tier, threshold=replace(tier.threshold, share=Fraction(6, 100)))
    law = replace(lists_only, systems=(replace(system, tiers=(higher,)),))
    assert _distance(lists_only, law) > LIMIT
    voters = whole.voters._replace(candidate_sd=whole.voters.candidate_sd * np.float32(1.1))
    assert _distance(whole, replace(whole, voters=voters)) > LIMIT


def _distance(product: Plan, peer: Plan) -> float:
    return farthest(simulate(product, DRAWS).tallies, numpy_tuned.simulate(peer, DRAWS, 2), DRAWS)[1]


def test_a_variant_that_disagrees_is_not_timed(lists_only: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    right = numba_naive.count_lists
    monkeypatch.setattr(numba_naive, "count_lists", lambda *given: right(*given)[::-1])
    with pytest.raises(Disagreement, match=r"naive numba: .* counted otherwise than by the reference"):
        check(lists_only)


def test_ratios_are_paired_by_round() -> None:
    assert paired([2.0, 40.0, 6.0], [1.0, 10.0, 3.0]).median == 2.0
