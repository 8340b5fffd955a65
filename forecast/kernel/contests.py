"""District contests: by the strongest utility, or by whole ballots where the law asks for them.

Plurality needs no ballots, for rounding keeps the order of utilities. Where the law asks for a majority, or lets
"against all" void a district, utilities become whole ballots, and the law is counted on those, as the reference does.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import row_function
from forecast.kernel.gumbel import GUMBEL, gumbel_pair
from forecast.kernel.random import BLOCK, HALF, counters, normal_pair
from forecast.kernel.seats import BALLOTS_CAST, PARTY_VOTES
from forecast.kernel.vectors import LANES, choose, count, doubles, fma, load, spread, store, wholes
from forecast.kernel.votes import at_least_one, cast_of, exp_of

# Columns of a contest rule.
TWO_ROUNDS, NUMERATOR, DENOMINATOR, BASE, AT_LEAST, AGAINST_ABSENT, AGAINST_VOIDS, COVERED, CONTEST_COLUMNS = range(9)

NOBODY = np.int32(-1)
_OPEN = np.int32(-2)  # the seat goes to a second round

_ZERO = np.int32(0)


@row_function
def strongest(noise, keys, sds, groups, first, beyond, strengths, block, field, keep, winner):
    """Write the number, within ``first .. beyond - 1``, of the candidate with the largest utility of each draw.

    A candidate's utility is the strength of the group here plus noise of the candidate's own stream, under the law
    ``noise``; equal utilities stay with the earlier candidate. With ``keep``, utilities are written to
    ``field[candidate - first]``.
    """
    if noise == GUMBEL:
        strongest_gumbel(keys, sds, groups, first, beyond, strengths, block, field, keep, winner)
    else:
        strongest_normal(keys, sds, groups, first, beyond, strengths, block, field, keep, winner)


@row_function
def strongest_normal(keys, sds, groups, first, beyond, strengths, block, field, keep, winner):
    """Hold a contest under normal noise; arguments as those of ``strongest``."""
    for i in range(0, HALF, LANES):
        counter = counters(block, i)
        best, number = spread(np.float32(-np.inf)), spread(_ZERO)
        other_best, other_number = spread(np.float32(-np.inf)), spread(_ZERO)
        for c in range(first, beyond):
            low, high = normal_pair(keys[c, 0], keys[c, 1], counter)
            strength, here = strengths[groups[c]], np.int32(c - first)
            low = fma(low, sds[c], load(strength, i))
            high = fma(high, sds[c], load(strength, i + HALF))
            if keep:
                store(field[c - first], i, low)
                store(field[c - first], i + HALF, high)
            ahead, other_ahead = low > best, high > other_best
            best, number = choose(ahead, low, best), choose(ahead, here, number)
            other_best, other_number = choose(other_ahead, high, other_best), choose(other_ahead, here, other_number)
        store(winner, i, number)
        store(winner, i + HALF, other_number)


@row_function
def strongest_gumbel(keys, sds, groups, first, beyond, strengths, block, field, keep, winner):
    """Hold a contest under Gumbel noise; arguments as those of ``strongest``.

    A loop of its own, so that the other has no choice to make at every candidate.
    """
    for i in range(0, HALF, LANES):
        counter = counters(block, i)
        best, number = spread(np.float32(-np.inf)), spread(_ZERO)
        other_best, other_number = spread(np.float32(-np.inf)), spread(_ZERO)
        for c in range(first, beyond):
            low, high = gumbel_pair(keys[c, 0], keys[c, 1], counter)
            strength, here = strengths[groups[c]], np.int32(c - first)
            low = fma(low, sds[c], load(strength, i))
            high = fma(high, sds[c], load(strength, i + HALF))
            if keep:
                store(field[c - first], i, low)
                store(field[c - first], i + HALF, high)
            ahead, other_ahead = low > best, high > other_best
            best, number = choose(ahead, low, best), choose(ahead, here, number)
            other_best, other_number = choose(other_ahead, high, other_best), choose(other_ahead, here, other_number)
        store(winner, i, number)
        store(winner, i + HALF, other_number)


@row_function
def ballots_of_district(ballots, part, valid_share, valid, cast):
    """Valid ballots of a district: its part of the expected ballots, times those of the draw, at least 1; and cast."""
    for i in range(0, BLOCK, LANES):
        here = at_least_one(wholes(doubles(load(ballots, i)) * part + 0.5))
        store(valid, i, here)
        store(cast, i, cast_of(here, valid_share))


@row_function
def share_out(utilities, number, against, ballots, votes, rest):
    """Share out ballots among candidates by cumulative rounding of the exponentials of their utilities.

    ``utilities[candidate, draw]`` of the first ``number`` rows, and of "against all" where ``against`` has a row;
    ``votes[candidate, draw]`` out, and ``rest[draw]``, which "against all" gets.
    """
    for i in range(0, BLOCK, LANES):
        total = spread(0.0)
        for c in range(number):
            total = total + doubles(exp_of(load(utilities[c], i)))
        if against.shape[0] > 0:
            total = total + doubles(exp_of(load(against[0], i)))
        valid, running, before = load(ballots, i), spread(0.0), spread(_ZERO)
        for c in range(number):
            running = running + doubles(exp_of(load(utilities[c], i)))
            reached = wholes(running / total * doubles(valid) + 0.5)
            store(votes[c], i, reached - before)
            before = reached
        store(rest, i, valid - before)


@row_function
def first_round(rule, number, votes, against, valid, cast, leader, runner_up, winner):
    """Elect the first where the rule lets them; nobody where the seat stays empty or goes to a second round.

    Equal ballots stay in the order of the paper. Returns the number of draws with a second round. All products stay
    below 2**53.
    """
    need, scale = np.float64(rule[NUMERATOR]), np.float64(rule[DENOMINATOR])
    second_round = _OPEN if number > 2 else NOBODY
    open_seats = 0
    for i in range(0, BLOCK, LANES):
        most, second_most, first, second = spread(NOBODY), spread(NOBODY), spread(_ZERO), spread(_ZERO)
        for c in range(number):
            vote, here = load(votes[c], i), np.int32(c)
            ahead, behind = vote > most, vote > second_most
            second_most = choose(ahead, most, choose(behind, vote, second_most))
            second = choose(ahead, first, choose(behind, here, second))
            most, first = choose(ahead, vote, most), choose(ahead, here, first)
        base, unmarked = load(valid, i), load(against, i)
        if rule[BASE] == BALLOTS_CAST:
            base = load(cast, i)
        if rule[BASE] == PARTY_VOTES or rule[AGAINST_ABSENT]:
            base = base - unmarked
        have, asked = doubles(most) * scale, doubles(base) * need
        elected = have > asked
        if rule[AT_LEAST]:
            elected = have >= asked
        here = choose(elected, first, second_round)
        if not rule[TWO_ROUNDS]:
            here = first
        if rule[AGAINST_VOIDS]:
            here = choose(unmarked > most, NOBODY, here)
        open_seats += count(here == _OPEN)
        store(leader, i, first)
        store(runner_up, i, second)
        store(winner, i, here)
    return open_seats


@row_function
def second_round(rule, utilities, number, against, leader, runner_up, winner):
    """Elect the stronger finalist where the seat is open; equal utilities go to the first of the first round."""
    for i in range(0, BLOCK, LANES):
        first, second = load(leader, i), load(runner_up, i)
        strength, other = spread(np.float32(0)), spread(np.float32(0))
        for c in range(number):
            utility = load(utilities[c], i)
            strength = choose(first == np.int32(c), utility, strength)
            other = choose(second == np.int32(c), utility, other)
        ahead = other > strength
        here = choose(ahead, second, first)
        if rule[AGAINST_VOIDS] and against.shape[0] > 0:
            here = choose(load(against[0], i) > choose(ahead, other, strength), NOBODY, here)
        store(winner, i, choose(load(winner, i) == _OPEN, here, load(winner, i)))
