"""From whole ballots to seats, exactly as ``rules/count.py`` does, a block of draws at a time.

The same law by another way: no fractions, no sorting. Thresholds become the smallest passing vote, whole quotas and
remainders come from a float estimate corrected in integers, and left-over seats go by rank, counted pair by pair.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import kernel_function, row_function, vector_function
from forecast.kernel.random import BLOCK
from forecast.kernel.vectors import (
    LANES,
    choose,
    count,
    doubles,
    floats,
    lane_numbers,
    load,
    ones,
    spread,
    store,
    wholes,
)
from forecast.kernel.votes import at_least_one

I32 = npt.NDArray[np.int32]

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


class ListRows(NamedTuple):
    """Work of one list tier, a strip of LANES draws at a time. P lists."""

    admitted: I32  # [P, LANES] votes of passing lists
    remainder: I32  # [P, LANES]
    rank: I32  # [P, LANES] lists with a larger remainder
    left: I32  # [LANES] seats left over
    passing: I32  # [LANES] number of passing lists
    tied: I32  # [LANES] 1 where remainders are equal


def list_rows(lists: int) -> ListRows:
    """Return work rows for so many lists."""
    each = [np.zeros((max(lists, 1), LANES), np.int32) for _ in range(3)]
    return ListRows(*each, *(np.zeros(LANES, np.int32) for _ in range(3)))


@vector_function
def smallest_passing(base, numerator, denominator, more_than):
    """Smallest vote that reaches the threshold: ceil(base * share), or floor + 1 where more is asked.

    All products stay below 2**53, so float64 holds them exactly; the quotient is mended by one where it rounded.
    """
    den = np.float64(denominator)
    asked = doubles(base) * np.float64(numerator)
    whole = wholes(asked / den)
    whole = whole - ones(doubles(whole) * den > asked)
    if more_than:
        return at_least_one(whole + 1)
    return at_least_one(whole + ones(doubles(whole) * den < asked))


@vector_function
def per_vote(seats, total):
    """Seats over votes, a little too small; 1 stands for no votes at all."""
    return spread(np.float32(seats) * _BELOW) / floats(at_least_one(total))


@vector_function
def quotient(votes, seats, total, estimate):
    """Quotient and remainder of votes * seats by total, which is at least as large as the votes.

    The estimate ``per_vote`` leads to a quotient that is exact or one too small (five float32 roundings against a bias
    of 16 ulp, seats <= 798,000); the difference fits int32 although its terms may wrap.
    """
    whole = wholes(floats(votes) * estimate)
    rest = votes * seats - whole * total - total
    low = rest >> 31
    return whole + (low + 1), rest + (total & low)


@row_function
def list_tier(votes, lists, ballots, cast, law, lengths, work, seats, lanes, cases, passed):
    """Count the list tier of one system for a block.

    ``votes[list, draw]``, ``ballots[draw]`` (valid ballots, "against all" included) and ``cast[draw]`` (invalid ones
    too) in, ``seats[list, draw]`` out. ``cases`` counts rare and silent cases of the first ``lanes`` draws, and
    ``passed[list]`` those in which the list passes the threshold.
    """
    house = np.int32(law[SEATS])
    short = shortest(lengths, lists) < house
    for i in range(0, BLOCK, LANES):
        counted = lane_numbers() < np.int32(lanes - i)
        base = load(ballots, i)
        if law[BASE] == BALLOTS_CAST:
            base = load(cast, i)
        if law[BASE] == PARTY_VOTES or law[AGAINST_ABSENT]:
            base = base - load(ballots, i)
            for p in range(lists):
                base = base + load(votes[p], i)
        least = smallest_passing(base, law[SHARE_NUMERATOR], law[SHARE_DENOMINATOR], law[MORE_THAN] != 0)
        total, passing = spread(_ZERO), spread(_ZERO)
        for p in range(lists):
            vote = load(votes[p], i)
            passes = vote >= least
            vote = choose(passes, vote, 0)
            store(work.admitted[p], 0, vote)
            total = total + vote
            passing = passing + ones(passes)
            passed[p] += count(passes & counted)
        left = whole_quotas(lists, house, total, work, seats, i)
        tied = ranks(lists, left, work, seats, i)
        if law[SECOND_LIST] and lists > 1 and count(passing == 1) > 0:
            one_list(votes, lists, law, work, seats, i, passing == 1, counted, cases)
        if lists == 1 or count((tied > 0) | (passing < 1)) > 0:
            store(work.left, 0, left)
            store(work.passing, 0, passing)
            store(work.tied, 0, tied)
            rare_draws(votes, lists, law, work, seats, i, lanes, cases)
        if short:
            cases[SHORT_LIST] += cut_to_lengths(seats, lengths, lists, counted, i)


@vector_function
def whole_quotas(lists, house, total, work, seats, i):
    """Give every list its whole quotas and keep its remainder; returns the seats left over.

    Lists that did not pass get the distinct remainders -1, -2, ...
    """
    left, estimate = spread(house), per_vote(house, total)
    for p in range(lists):
        vote = load(work.admitted[p], 0)
        whole, rest = quotient(vote, house, total, estimate)
        whole = choose(vote > 0, whole, 0)
        store(seats[p], i, whole)
        store(work.remainder[p], 0, choose(vote > 0, rest, np.int32(-1 - p)))
        left = left - whole
    return left


@vector_function
def ranks(lists, left, work, seats, i):
    """One more seat for each list whose remainder ranks among the left-over seats; returns 1 where remainders tie.

    Equal remainders favour the list registered earlier.
    """
    tied = spread(_ZERO)
    for p in range(lists):
        own, rank = load(work.remainder[p], 0), spread(_ZERO)
        for q in range(p):
            rank = rank + ones(load(work.remainder[q], 0) >= own)
        for q in range(p + 1, lists):
            other = load(work.remainder[q], 0)
            rank = rank + ones(other > own)
            tied = tied | ones(other == own)
        store(work.rank[p], 0, rank)
        store(seats[p], i, load(seats[p], i) + ones(rank < left))
    return tied


@vector_function
def one_list(votes, lists, law, work, seats, i, alone, counted, cases):
    """Share the seats between the only passing list and the second one, in the draws in which one is ``alone``.

    Equal votes favour the list registered earlier. All products stay below 2**53, so that a float64 quotient lies on
    the same side of every whole number as the true one.
    """
    house = np.float64(law[SEATS])
    own, most, place, tied = spread(_ZERO), spread(np.int32(-1)), spread(_ZERO), spread(_ZERO)
    for p in range(lists):
        vote, passes = load(votes[p], i), load(work.admitted[p], 0) > 0
        own = choose(passes, vote, own)
        vote = choose(passes, -1, vote)
        ahead = vote > most
        tied = choose(ahead, 0, choose(vote == most, 1, tied))
        most, place = choose(ahead, vote, most), choose(ahead, np.int32(p), place)
    both = doubles(at_least_one(own + most))
    coefficient, scale = np.float64(law[COEFFICIENT_NUMERATOR]) * house, np.float64(law[COEFFICIENT_DENOMINATOR])
    share, least = wholes(doubles(most) * coefficient / (both * scale)), np.int32(law[MINIMUM_SEATS])
    share = choose(share > least, share, least)
    whole = wholes(doubles(own) * house / both)
    over = alone & (whole + share > np.int32(law[SEATS]))
    if law[SECOND_LIST_YIELDS]:
        share = choose(over, np.int32(law[SEATS]) - whole, share)
    for p in range(lists):
        rest = choose(load(work.admitted[p], 0) > 0, np.int32(law[SEATS]) - share, 0)
        store(seats[p], i, choose(alone, choose(place == np.int32(p), share, rest), load(seats[p], i)))
    cases[SECOND_LIST_USED] += count(alone & counted)
    cases[SECOND_PLACE_TIE] += count(alone & counted & (tied > 0))
    cases[MINIMUM_OVERFLOWS] += count(over & counted)


@row_function
def shortest(lengths, lists):
    """Return the number of people on the shortest list."""
    least = np.int32(2**31 - 1)
    for p in range(lists):
        least = lengths[p] if lengths[p] < least else least
    return least


@vector_function
def cut_to_lengths(seats, lengths, lists, counted, i):
    """Leave vacant what lists have no people for; returns the number of draws in which that happened."""
    missing = spread(_ZERO)
    for p in range(lists):
        seat = load(seats[p], i)
        over = seat > lengths[p]
        missing = missing | ones(over)
        store(seats[p], i, choose(over, lengths[p], seat))
    return count((missing > 0) & counted)


@row_function
def rare_draws(votes, lists, law, work, seats, i, lanes, cases):
    """Count, one by one, the draws of a strip in which no list passes, the only list does, or remainders are equal."""
    for j in range(LANES):
        draw = i + j
        if work.passing[j] == _ZERO or lists == 1:
            few_lists(votes, lists, work.passing[j], law, seats, draw, draw < lanes, cases)
        elif work.tied[j] > _ZERO and draw < lanes:
            cases[REMAINDER_TIE] += decided_by_order(work.remainder, work.rank, work.left, lists, j)


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
    """Count draw ``i`` in which no list passes, or the only one does; plain 64-bit integers, one draw at a time."""
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
    cases[ONLY_ONE_LIST] += once
    if law[ONLY_LIST_VACANT]:
        seats[0, i] = _ZERO


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
    rows, strips, passed = (
        np.zeros((3, lists, LANES), np.int32),
        np.zeros((3, LANES), np.int32),
        np.zeros(lists, np.int64),
    )
    work = ListRows(rows[0], rows[1], rows[2], strips[0], strips[1], strips[2])
    for k in range(votes.shape[0]):
        list_tier(
            votes[k], lists, ballots[k], cast[k], law[k], lengths[k], work, seats[k], BLOCK, cases[k], passed,
        )  # fmt: skip
