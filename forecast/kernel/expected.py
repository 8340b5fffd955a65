"""Chances of districts to distributions of seats: the Poisson-binomial of a group, added up as whole numbers.

Given the national and regional shocks the districts are independent, so a group's district seats are a sum of
independent coin tosses (Wang 1993, "On the number of successes in independent trials", Statistica Sinica 3); with the
list seats of the draw they give its seats in the house. Probabilities are rounded to ``1 / UNIT`` and added as
integers, so that their order does not matter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import row_function
from forecast.kernel.conditional import I64, fill
from forecast.kernel.random import BLOCK, HALF, counters, two_words
from forecast.kernel.vectors import LANES, floats, store, wholes

UNIT = 2**24  # what a probability of 1 counts in one draw

I32 = npt.NDArray[np.int32]


class Expected(NamedTuple):
    """Integer accumulators in units of ``1 / UNIT`` draws; R randomisations, G groups, E entries of ``Fields``."""

    district_seats: I64  # [R, G, D + 1]
    seats: I64  # [R, G, seats]
    wins: I64  # [R, E]


_UNIT, _HALF, _ONE = np.float32(UNIT), np.float32(0.5), np.float32(1)
_LOW24, _PER_WORD = np.int32(2**24 - 1), np.float32(2.0**-24)


@row_function
def toss(low, high, chance):
    """Add one district to two neighbouring numbers of seats: ``high`` becomes one more than ``low`` by ``chance``."""
    for i in range(BLOCK):
        high[i] = high[i] + chance[i] * (low[i] - high[i])


@row_function
def fail(low, chance):
    """Add one district that is not won, to no seats at all."""
    for i in range(BLOCK):
        low[i] = low[i] - chance[i] * low[i]


@row_function
def total_of(row, lanes):
    """Add up a row of probabilities in whole units."""
    total = np.int64(0)
    for i in range(lanes):
        total += np.int64(wholes(row[i] * _UNIT + _HALF))
    return total


@row_function
def add_shifted(row, seats, number, lanes, counts):
    """Add probabilities of a number of district seats to the seats of the house, list seats included."""
    for i in range(lanes):
        counts[np.uint32(seats[i] + number)] += np.int64(wholes(row[i] * _UNIT + _HALF))


@row_function
def seats_of_group(fields, g, chance, numbers):
    """Convolve a group's districts: ``numbers[k]`` is the chance of k seats; returns how many districts it contests."""
    fill(numbers[0], _ONE)
    contested = 0
    for e in range(fields.group.size):
        if fields.group[e] == g:
            contested += 1
            fill(numbers[contested], np.float32(0))
            for k in range(contested, 0, -1):
                toss(numbers[k - 1], numbers[k], chance[e])
            fail(numbers[0], chance[e])
    return contested


@row_function
def tally_chances(fields, chance, lanes, wins):
    """Add up the chances of every entry."""
    for e in range(fields.group.size):
        wins[e] += total_of(chance[e], lanes)


@row_function
def choose(left, chance, number, winner):
    """Give the district to an entry where what is left of the uniform number falls into its chance.

    What falls there is put far up, so that no later entry gets it.
    """
    for i in range(BLOCK):
        after = left[i] - chance[i]
        winner[i] = number if after < np.float32(0) else winner[i]
        left[i] = np.float32(2) if after < np.float32(0) else after


@row_function
def uniforms(key1, key2, block, out):
    """Write a stream's uniform numbers in [0, 1), 24 bits each."""
    for i in range(0, HALF, LANES):
        low, high = two_words(key1, key2, counters(block, i))
        store(out, i, floats(low & _LOW24) * _PER_WORD)
        store(out, i + HALF, floats(high & _LOW24) * _PER_WORD)
