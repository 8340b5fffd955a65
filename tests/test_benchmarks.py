"""The benchmarks' peers do the same work as the product; otherwise their times would mean nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from benchmarks import numba_naive, numba_naive_assemblies, numpy_assemblies, numpy_tuned
from benchmarks.agreement import (
    DRAWS,
    LIMIT,
    Disagreement,
    check,
    counted,
    farthest,
    reference_seats,
    sample_ballots,
    tied_remainders,
)
from benchmarks.law import list_law, list_tier_of
from forecast.bench.subjects import Subject, subjects
from forecast.bench.timing import paired
from forecast.kernel.blocks import Counts
from forecast.kernel.plan import Plan
from forecast.simulate import simulate


@pytest.fixture(scope="module")
def lists_only() -> Plan:
    return _named("list tier").plan


@pytest.fixture(scope="module")
def whole() -> Plan:
    return _named("whole Mazhilis").plan


@pytest.fixture(scope="module")
def day() -> Plan:
    return _named("election day").plan


def _named(name: str) -> Subject:
    (found,) = (subject for subject in subjects() if subject.name == name)
    return found


def test_every_variant_counts_like_the_reference(whole: Plan) -> None:
    ballots = sample_ballots(whole)
    expected = reference_seats(whole, ballots)
    assert expected.shape == (whole.lists, 2048)
    ties = tied_remainders(whole, ballots)
    assert 0 < ties.sum() < 400
    for name, seats, in_floats in counted(whole, ballots):
        asked = ~ties if in_floats else np.ones_like(ties)
        np.testing.assert_array_equal(seats[:, asked], expected[:, asked], name)


def test_the_sample_of_ballots_reaches_the_edges_of_the_law(whole: Plan) -> None:
    ballots, law = sample_ballots(whole), list_law(whole)
    parties, valid = ballots[: whole.lists], ballots.sum(axis=0)
    margin = parties * law.denominator - valid * law.numerator
    passing = ((margin >= 0) & (parties > 0)).sum(axis=0)
    assert {0, 1, 2} <= set(passing.tolist())
    assert (margin[:, valid > 10_000] == 0).any()
    assert (reference_seats(whole, ballots) == law.lengths[:, None]).any()


@pytest.mark.parametrize("subject", ["list tier", "whole Mazhilis"])
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
    drawn = Counts(numpy_tuned.simulate(peer, DRAWS, 2), None)
    return farthest(Counts(simulate(product, DRAWS).tallies, None), drawn, DRAWS)[1]


def test_the_peers_elect_the_assemblies_of_a_whole_election_day(day: Plan) -> None:
    draws = 1024
    product = simulate(day, draws)
    for peer in (numpy_assemblies, numba_naive_assemblies):
        drawn = peer.simulate(day, draws, 3)
        assert farthest(Counts(product.tallies, product.assemblies), drawn, draws)[1] < LIMIT, peer.__name__


def test_an_election_day_with_other_candidates_is_told_apart(day: Plan) -> None:
    assert day.assemblies is not None
    draws, arrays = 1024, day.assemblies.arrays
    wider = replace(day.assemblies, arrays=arrays._replace(candidate_sd=arrays.candidate_sd * np.float32(1.3)))
    product = simulate(day, draws)
    drawn = numpy_assemblies.simulate(replace(day, assemblies=wider), draws, 3)
    assert farthest(Counts(product.tallies, product.assemblies), drawn, draws)[1] > LIMIT


def test_a_variant_that_disagrees_is_not_timed(lists_only: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    right = numba_naive.count_lists
    monkeypatch.setattr(numba_naive, "count_lists", lambda *given: right(*given)[::-1])
    with pytest.raises(Disagreement, match=r"naive numba: .* counted otherwise than by the reference"):
        check(lists_only)


def test_ratios_are_paired_by_round() -> None:
    assert paired([2.0, 40.0, 6.0], [1.0, 10.0, 3.0]).median == 2.0
