"""From whole ballots to seats, exactly as ``rules/count.py`` does, a block of draws at a time.

The same law by another way: no fractions, no sorting. Thresholds become the smallest passing vote, whole quotas and
remainders come from a float estimate corrected in integers, and left-over seats go by rank, counted pair by pair.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import kernel_function, row_function, to_int32
from forecast.kernel.random import BLOCK
from forecast.kernel.votes import add_row

# Columns of a system's row of the law.
(
    HAS_LIST,
    SEATS,
    SHARE_NUMERATOR,
    SHARE_DENOMINATOR,
    BASE,
    AGAINST_ABSENT,
    MORE_THAN,
    SECOND_LIST,
    COEFFICIENT_NUMERATOR,
    COEFFICIENT_DENOMINATOR,
    MINIMUM_SEATS,
    NO_LIST_ADMITS_ALL,
    SECOND_LIST_YIELDS,
    ONLY_LIST_VACANT,
    HOUSE,
    MAJORITY,
    TWO_THIRDS,
    LAW_COLUMNS,
) = range(18)

# Values of BASE: what a threshold or a majority is a share of.
VALID_BALLOTS, PARTY_VOTES, BALLOTS_CAST = range(3)

# Silent or rare cases, counted in every run.
NO_LIST, SECOND_LIST_USED, MINIMUM_OVERFLOWS, SHORT_LIST, ONLY_ONE_LIST, SECOND_PLACE_TIE, REMAINDER_TIE, CASES = range(
    8
)

_ZERO, _UNIT = np.int32(0), np.int32(1)
_BELOW = np.float32(1 - 2**-20)  # keeps the quotient's estimate from ever being too large


@row_function
def smallest_passing(base, numerator, denominator, more_than, least):
    """Smallest vote that reaches the threshold: ceil(base * share), or floor + 1 where more is asked.

    All products stay below 2**53, so float64 holds them exactly; the quotient is mended by one where it rounded.
    """
    num, den = np.float64(numerator), np.float64(denominator)
    for i in range(BLOCK):
        asked = np.float64(base[i]) * num
        whole = to_int32(asked / den)
        reached = np.float64(whole) * den
        whole = np.int32(whole - _UNIT) if reached > asked else whole
        reached = np.float64(whole) * den
        up = more_than or reached < asked
        vote = np.int32(whole + _UNIT) if up else whole
        least[i] = vote if vote > _UNIT else _UNIT


@row_function
def admit(votes, least, admitted, total, lists):
    """Votes of a list if it passes, else 0; adds to the passing total and to the number of passing lists."""
    for i in range(BLOCK):
        passes = votes[i] >= least[i]
        admitted[i] = votes[i] if passes else _ZERO
        total[i] = np.int32(total[i] + (votes[i] if passes else _ZERO))
        lists[i] = np.int32(lists[i] + (_UNIT if passes else _ZERO))


@row_function
def seats_per_vote(total, seats, estimate):
    """Seats over votes, a little too small; 1 stands for no votes at all."""
    top = np.float32(seats) * _BELOW
    for i in range(BLOCK):
        w = total[i] if total[i] > _UNIT else _UNIT
        estimate[i] = top / np.float32(w)


@row_function
def whole_quotas(admitted, estimate, total, seats, number, seat, remainder):
    """Whole quotas and remainder of a list: votes * seats = quotas * total + remainder.

    The estimate is exact or one too small (five float32 roundings against a bias of 16 ulp, seats <= 798,000); the
    difference fits int32 although its terms may wrap. Lists that did not pass get the distinct remainders -1, -2, ...
    """
    absent = np.int32(-1 - number)
    for i in range(BLOCK):
        v = admitted[i]
        w = total[i]
        q = to_int32(np.float32(v) * estimate[i])
        r = np.int32(np.int32(np.int32(v * seats) - np.int32(q * w)) - w)
        low = np.int32(r >> np.int32(31))
        q = np.int32(q + np.int32(_UNIT + low))
        r = np.int32(r + np.int32(w & low))
        seat[i] = q if v > _ZERO else _ZERO
        remainder[i] = r if v > _ZERO else absent


@row_function
def subtract(row, left):
    """Take a row of seats off what is left."""
    for i in range(BLOCK):
        left[i] = np.int32(left[i] - row[i])


@row_function
def compare_remainders(earlier, later, rank_earlier, rank_later, tied):
    """Rank two lists by remainder; equal remainders favour the list registered earlier, and are noted."""
    for i in range(BLOCK):
        after = later[i] > earlier[i]
        rank_earlier[i] = np.int32(rank_earlier[i] + (_UNIT if after else _ZERO))
        rank_later[i] = np.int32(rank_later[i] + (_ZERO if after else _UNIT))
        tied[i] = _UNIT if later[i] == earlier[i] else tied[i]


@row_function
def award(rank, left, seat):
    """One more seat for a list whose remainder ranks among the left-over seats."""
    for i in range(BLOCK):
        seat[i] = np.int32(seat[i] + (_UNIT if rank[i] < left[i] else _ZERO))


@row_function
def list_tier(
    votes, lists, ballots, cast, law, lengths, seats, remainder, rank, admitted, lane, estimate, lanes, cases
):
    """Count the list tier of one system for a block.

    ``votes[list, draw]``, ``ballots[draw]`` (valid ballots, "against all" included) and ``cast[draw]`` (invalid ones
    too) in, ``seats[list, draw]`` out;
    ``lane[0..4]`` are work rows; ``cases`` counts rare and silent cases of the first ``lanes`` draws.
    """
    base, least, total, passing, left = lane[0], lane[1], lane[2], lane[3], lane[4]
    tied = lane[5]
    house = np.int32(law[SEATS])
    for i in range(BLOCK):
        total[i] = _ZERO
        passing[i] = _ZERO
        tied[i] = _ZERO
        left[i] = house
        base[i] = ballots[i]
    if law[BASE] == BALLOTS_CAST:
        for i in range(BLOCK):
            base[i] = cast[i]
    if law[BASE] == PARTY_VOTES or law[AGAINST_ABSENT]:
        for i in range(BLOCK):
            base[i] = np.int32(base[i] - ballots[i])
        for p in range(lists):
            add_row(votes[p], base)
    smallest_passing(base, law[SHARE_NUMERATOR], law[SHARE_DENOMINATOR], law[MORE_THAN] != 0, least)
    for p in range(lists):
        admit(votes[p], least, admitted[p], total, passing)
    seats_per_vote(total, house, estimate)
    for p in range(lists):
        whole_quotas(admitted[p], estimate, total, house, p, seats[p], remainder[p])
        subtract(seats[p], left)
        for i in range(BLOCK):
            rank[p, i] = _ZERO
    for p in range(lists):
        for q in range(p + 1, lists):
            compare_remainders(remainder[p], remainder[q], rank[p], rank[q], tied)
    for p in range(lists):
        award(rank[p], left, seats[p])
    rare = 0
    for i in range(BLOCK):
        rare += tied[i] + (1 if passing[i] <= _UNIT else 0)
    if rare > 0:
        for i in range(BLOCK):
            if passing[i] <= _UNIT:
                few_lists(votes, lists, passing[i], law, seats, i, i < lanes, cases)
            elif tied[i] > _ZERO and i < lanes:
                cases[REMAINDER_TIE] += decided_by_order(remainder, rank, left, lists, i)
    short = 0
    for p in range(lists):
        if lengths[p] < house:
            short = 1
    if short:
        missing = least
        for i in range(BLOCK):
            missing[i] = _ZERO
        for p in range(lists):
            cut_to_length(seats[p], lengths[p], missing)
        for i in range(lanes):
            cases[SHORT_LIST] += missing[i]


@row_function
def cut_to_length(seat, length, missing):
    """Leave vacant what a list has no people for, and mark the draws in which that happened."""
    for i in range(BLOCK):
        missing[i] = _UNIT if seat[i] > length else missing[i]
        seat[i] = length if seat[i] > length else seat[i]


@row_function
def decided_by_order(remainder, rank, left, lists, i):
    """Tell whether equal remainders lie on both sides of the last left-over seat of draw ``i``."""
    for p in range(lists):
        for q in range(p + 1, lists):
            if remainder[p, i] == remainder[q, i] and rank[p, i] < left[i] <= rank[q, i]:
                return 1
    return 0


@row_function
def few_lists(votes, lists, passing, law, seats, i, counted, cases):
    """Count draw ``i`` in which no list or one list passes; plain 64-bit integers, one draw at a time."""
    house = law[SEATS]
    once = 1 if counted else 0
    if passing == 0:
        cases[NO_LIST] += once
        for p in range(lists):
            seats[p, i] = _ZERO
        if law[NO_LIST_ADMITS_ALL]:
            if lists == 1 and votes[0, i] > 0:
                cases[ONLY_ONE_LIST] += once
            if lists > 1 or not law[ONLY_LIST_VACANT]:
                largest_remainders(votes, lists, house, seats, i, once, cases)
        return
    first = 0
    for p in range(lists):
        if seats[p, i] > 0:
            first = p
    if lists == 1:
        cases[ONLY_ONE_LIST] += once
        if law[ONLY_LIST_VACANT]:
            seats[0, i] = _ZERO
        return
    if not law[SECOND_LIST]:
        return
    cases[SECOND_LIST_USED] += once
    second = -1
    tied = 0
    for p in range(lists):
        if p != first:
            if second < 0 or votes[p, i] > votes[second, i]:
                second = p
                tied = 0
            elif votes[p, i] == votes[second, i]:
                tied = once
    cases[SECOND_PLACE_TIE] += tied
    both = np.int64(votes[first, i]) + np.int64(votes[second, i])
    reduced = law[COEFFICIENT_NUMERATOR] * house * np.int64(votes[second, i]) // (law[COEFFICIENT_DENOMINATOR] * both)
    share = max(reduced, law[MINIMUM_SEATS])
    whole = house * np.int64(votes[first, i]) // both
    if whole + share > house:
        cases[MINIMUM_OVERFLOWS] += once
        if law[SECOND_LIST_YIELDS]:
            share = house - whole
    seats[second, i] = np.int32(share)
    seats[first, i] = np.int32(house - share)


@row_function
def largest_remainders(votes, lists, house, seats, i, once, cases):
    """Hare quota and largest remainders over every list with a vote, for draw ``i``."""
    total = np.int64(0)
    for p in range(lists):
        total += votes[p, i]
    if total == 0:
        return
    left = house
    for p in range(lists):
        seats[p, i] = np.int32(house * np.int64(votes[p, i]) // total)
        left -= seats[p, i]
    limit_remainder = total
    limit_list = -1
    for _ in range(left):
        best, best_remainder = -1, np.int64(-1)
        for p in range(lists):
            r = house * np.int64(votes[p, i]) % total
            if (r < limit_remainder or (r == limit_remainder and p > limit_list)) and r > best_remainder:
                best, best_remainder = p, r
        seats[best, i] += _UNIT
        limit_remainder, limit_list = best_remainder, best
    for p in range(limit_list + 1, lists):
        if left > 0 and house * np.int64(votes[p, i]) % total == limit_remainder:
            cases[REMAINDER_TIE] += once
            return


@kernel_function
def count_lists(votes, ballots, cast, law, lengths, seats, cases):
    """Count given ballots under many systems: one block of elections a system.

    ``votes[system, list, election]``, ``ballots[system, election]`` and ``cast[system, election]`` in,
    ``seats[system, list, election]`` out;
    ``law[system]``, ``lengths[system, list]`` and ``cases[system]`` as in a plan. Elections come in blocks of BLOCK.
    """
    lists = votes.shape[1]
    remainder = np.zeros((lists, BLOCK), np.int32)
    rank = np.zeros((lists, BLOCK), np.int32)
    admitted = np.zeros((lists, BLOCK), np.int32)
    lane = np.zeros((6, BLOCK), np.int32)
    estimate = np.zeros(BLOCK, np.float32)
    for k in range(votes.shape[0]):
        list_tier(
            votes[k], lists, ballots[k], cast[k], law[k], lengths[k], seats[k], remainder, rank, admitted, lane, estimate,
            BLOCK, cases[k],
        )  # fmt: skip
