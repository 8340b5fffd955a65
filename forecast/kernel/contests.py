"""Contests decided by whole ballots: majorities, second rounds, and districts that "against all" voids.

Plurality needs no ballots, for rounding keeps the order of utilities (``votes.challenge``). Where the law asks for a
majority, the candidates' utilities become whole ballots, and the law is counted on those, as the reference does.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import row_function, to_int32
from forecast.kernel.random import BLOCK
from forecast.kernel.seats import BALLOTS_CAST, PARTY_VOTES
from forecast.kernel.votes import exp_of

# Columns of a contest rule.
TWO_ROUNDS, NUMERATOR, DENOMINATOR, BASE, AT_LEAST, AGAINST_ABSENT, AGAINST_VOIDS, CONTEST_COLUMNS = range(8)

NOBODY = np.int32(-1)

_ZERO, _UNIT = np.int32(0), np.int32(1)


@row_function
def ballots_of_district(ballots, part, out):
    """Valid ballots of a district: its part of the expected ballots, times those of the draw; at least 1."""
    for i in range(BLOCK):
        count = to_int32(np.float64(ballots[i]) * part + 0.5)
        out[i] = count if count > _UNIT else _UNIT


@row_function
def ballots_cast(valid, valid_share, out):
    """Ballots cast: the valid ones over the valid share, rounded; never fewer than the valid ones."""
    for i in range(BLOCK):
        count = to_int32(np.float64(valid[i]) / valid_share + 0.5)
        out[i] = count if count > valid[i] else valid[i]


@row_function
def add_weight(utility, total):
    """Add the exponential of a utility to a float64 total."""
    for i in range(BLOCK):
        total[i] += np.float64(exp_of(utility[i]))


@row_function
def ballots_until(utility, running, total, ballots, reached, out):
    """Ballots of one more candidate: cumulative rounding of the running weight; updates ``running``, ``reached``."""
    for i in range(BLOCK):
        running[i] += np.float64(exp_of(utility[i]))
        count = to_int32(running[i] / total[i] * np.float64(ballots[i]) + 0.5)
        out[i] = np.int32(count - reached[i])
        reached[i] = count


@row_function
def rank_first_two(votes, number, most, second_most, first, second):
    """Keep the two candidates with the most ballots; equal ballots stay in the order of the paper."""
    for i in range(BLOCK):
        v = votes[i]
        ahead = v > most[i]
        behind = v > second_most[i]
        second_most[i] = most[i] if ahead else (v if behind else second_most[i])
        second[i] = first[i] if ahead else (number if behind else second[i])
        most[i] = v if ahead else most[i]
        first[i] = number if ahead else first[i]


@row_function
def settle_first_round(rule, candidates, most, against, valid, cast, first, winner):
    """Elect the first where the rule lets them; NOBODY where the seat goes to a second round or stays empty.

    Returns whether any draw needs the second round. All products stay below 2**53.
    """
    need, scale = np.float64(rule[NUMERATOR]), np.float64(rule[DENOMINATOR])
    open_seats = 0
    for i in range(BLOCK):
        base = valid[i]
        if rule[BASE] == BALLOTS_CAST:
            base = cast[i]
        if rule[BASE] == PARTY_VOTES or rule[AGAINST_ABSENT]:
            base = np.int32(base - against[i])
        have, asked = np.float64(most[i]) * scale, np.float64(base) * need
        elected = (not rule[TWO_ROUNDS]) or have > asked or (rule[AT_LEAST] != 0 and have == asked)
        void = rule[AGAINST_VOIDS] != 0 and against[i] > most[i]
        winner[i] = first[i] if elected and not void else NOBODY
        if not elected and not void and candidates > 2:
            open_seats += 1
            winner[i] = NOBODY - _UNIT
    return open_seats


@row_function
def choose_finalist(number, utility, first, second, strength_first, strength_second):
    """Keep the second-round utility of a candidate in the draws in which they stand in it."""
    for i in range(BLOCK):
        strength_first[i] = utility[i] if first[i] == number else strength_first[i]
        strength_second[i] = utility[i] if second[i] == number else strength_second[i]


@row_function
def settle_second_round(rule, against, strength_first, strength_second, first, second, winner):
    """Elect the stronger finalist where the seat was open; equal utilities go to the first of the first round."""
    for i in range(BLOCK):
        if winner[i] == NOBODY - _UNIT:
            better = second[i] if strength_second[i] > strength_first[i] else first[i]
            strength = strength_second[i] if strength_second[i] > strength_first[i] else strength_first[i]
            winner[i] = NOBODY if rule[AGAINST_VOIDS] and against[i] > strength else better
