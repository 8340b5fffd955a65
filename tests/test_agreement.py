"""The kernel equals the reference: generated systems and ballots, equality without tolerance."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.kernel import seats as column
from forecast.kernel.plan import list_columns
from forecast.kernel.random import BLOCK
from forecast.kernel.seats import CASES, LAW_COLUMNS, count_lists
from forecast.rules.ballots import Paper
from forecast.rules.count import count_list_tier
from forecast.rules.system import ListTier
from forecast.simulate import CASE_NAMES
from tests.elections import Ints, random_ballots, random_tier

FLAGS = (column.MORE_THAN, column.AGAINST_ABSENT, column.SECOND_LIST_YIELDS, column.NO_LIST_ADMITS_ALL)
SYSTEMS = 12  # a number of lists: 12 systems x 512 elections x 10 numbers of lists = 61,440 elections
LISTS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 16)


def lowered(tiers: list[ListTier], lengths: Ints) -> tuple[Ints, np.ndarray[tuple[int, ...], np.dtype[np.int32]]]:
    law = np.zeros((len(tiers), LAW_COLUMNS), np.int64)
    for row, tier in zip(law, tiers, strict=True):
        list_columns(row, tier)
    return law, lengths.astype(np.int32)


def kernel_seats(
    law: Ints, lengths: np.ndarray[tuple[int, ...], np.dtype[np.int32]], ballots: Ints
) -> tuple[Ints, Ints]:
    votes = np.ascontiguousarray(ballots[:, :-1, :], dtype=np.int32)
    valid = ballots.sum(axis=1).astype(np.int32)
    seats = np.zeros_like(votes)
    cases = np.zeros((len(law), CASES), np.int64)
    count_lists(votes, valid, valid + (valid >> 4), law, lengths, seats, cases)
    return seats.astype(np.int64), cases


def elections(lists: int, seed: int, systems: int = SYSTEMS) -> tuple[list[ListTier], Ints, Ints]:
    rng = np.random.default_rng([seed, lists])
    tiers = [random_tier(rng) for _ in range(systems)]
    ballots = np.array([random_ballots(rng, tier, lists) for tier in tiers])
    lengths = np.array([[tier.seats] * lists for tier in tiers])
    for row, tier in zip(lengths, tiers, strict=True):
        if rng.random() < 0.3:
            row[rng.integers(lists)] = rng.integers(0, tier.seats + 1)
    return tiers, ballots, lengths


def reference_seats(tiers: list[ListTier], ballots: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """Count every election with the reference; return seats and cases in the kernel's layout."""
    lists = ballots.shape[1] - 1
    names = [f"list {p}" for p in range(lists)]
    seats = np.zeros((len(tiers), lists, BLOCK), np.int64)
    cases = np.zeros((len(tiers), CASES), np.int64)
    number = {name: case for case, name in CASE_NAMES.items()}
    for k, tier in enumerate(tiers):
        people = dict(zip(names, lengths[k].tolist(), strict=True))
        for e in range(BLOCK):
            votes = dict(zip(names, ballots[k, :-1, e].tolist(), strict=True))
            invalid = int(ballots[k, :, e].sum()) >> 4
            paper = Paper(votes, against_all=int(ballots[k, -1, e]), invalid=invalid)
            counted = count_list_tier(tier, paper, people, steps=False)
            seats[k, :, e] = list(counted.seats.values())
            for name in counted.silent:
                cases[k, number[name]] += 1
            cases[k, column.REMAINDER_TIE] += bool(counted.ties) and "second_place_tie" not in counted.silent
    return seats, cases


@pytest.mark.parametrize("lists", LISTS)
def test_the_kernel_equals_the_reference(lists: int) -> None:
    tiers, ballots, lengths = elections(lists, seed=1)
    seats, cases = kernel_seats(*lowered(tiers, lengths), ballots)
    expected, expected_cases = reference_seats(tiers, ballots, lengths)
    differing = np.argwhere((seats != expected).any(axis=1))
    assert len(differing) == 0, [(tiers[k], ballots[k, :, e].tolist(), seats[k, :, e]) for k, e in differing[:3]]
    named = [case for case in CASE_NAMES if case != column.SECOND_LIST_USED]
    np.testing.assert_array_equal(cases[:, named], expected_cases[:, named])


@pytest.fixture(scope="module")
def certified() -> tuple[list[ListTier], Ints, Ints, Ints]:
    tiers, ballots, lengths = elections(5, seed=2)
    return tiers, ballots, lengths, reference_seats(tiers, ballots, lengths)[0]


@pytest.mark.parametrize(
    "wrong",
    [
        (column.SEATS, 1),
        (column.SHARE_NUMERATOR, 1),
        (column.MINIMUM_SEATS, 1),
        (column.COEFFICIENT_NUMERATOR, 1),
        (column.MORE_THAN, 1),
        (column.AGAINST_ABSENT, 1),
        (column.SECOND_LIST_YIELDS, 1),
        (column.NO_LIST_ADMITS_ALL, 1),
    ],
)
def test_a_wrong_plan_is_caught(certified: tuple[list[ListTier], Ints, Ints, Ints], wrong: tuple[int, int]) -> None:
    tiers, ballots, lengths, expected = certified
    law, people = lowered(tiers, lengths)
    where, step = wrong
    law[:, where] = 1 - law[:, where] if where in FLAGS else law[:, where] + step
    seats, _ = kernel_seats(law, people, ballots)
    assert (seats != expected).any()
