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

from forecast.kernel.compiler import row_function, vector_function
from forecast.kernel.conditional import I64
from forecast.kernel.random import BLOCK, HALF, counters, two_words
from forecast.kernel.vectors import LANES, choose, floats, fma, load, spread, store, total_of, wholes

UNIT = 2**24  # what a probability of 1 counts in one draw

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]


class Expected(NamedTuple):
    """Integer accumulators in units of ``1 / UNIT`` draws; R randomisations, G groups, E entries of ``Fields``."""

    district_seats: I64  # [R, G, D + 1]
    seats: I64  # [R, G, seats]
    wins: I64  # [R, E]


class ExpectedRows(NamedTuple):
    """Work rows of one thread; LANES draws at a time but for the first."""

    uniform: F32  # [BLOCK]
    numbers: F32  # [D + 1] chances of 0, 1, ... district seats
    parts: I32  # [D + 1] the same in whole units
    sums: I32  # [D + 1] of these; those of a block are below 2**31


def expected_rows(districts: int) -> ExpectedRows:
    """Return work rows of one thread."""
    strips = (districts + 1, LANES)
    return ExpectedRows(
        np.zeros(BLOCK + LANES, np.float32), np.zeros(strips, np.float32), np.zeros(strips, np.int32),
        np.zeros(strips, np.int32),
    )  # fmt: skip


_UNIT, _HALF, _ZERO, _ONE, _MINUS_ONE = np.float32(UNIT), np.float32(0.5), np.float32(0), np.float32(1), np.float32(-1)
_LOW24, _PER_WORD = np.int32(2**24 - 1), np.float32(2.0**-24)
_LOW16 = np.int32(2**16 - 1)
_TAKEN = np.float32(2)


@vector_function
def in_units(chance):
    """Probabilities in whole units."""
    return wholes(fma(chance, _UNIT, _HALF))


@vector_function
def sum_of(units):
    """Sum of the lanes, which are not negative; that of either half of their bits fits int32."""
    return total_of(units & _LOW16) + (total_of(units >> 16) << 16)


@row_function
def tally_chances(fields, chance, wins):
    """Add up the chances of every entry."""
    for e in range(fields.group.size):
        total = spread(np.int32(0))
        for i in range(0, BLOCK, LANES):
            total = total + in_units(load(chance[e], i))
        wins[e] += sum_of(total)


@row_function
def convolve(fields, g, chance, i, numbers):
    """Leave in ``numbers[k]`` the chance that a group wins k of its districts, in the draws from ``i`` on."""
    store(numbers[0], 0, spread(_ONE))
    first = fields.first_of_group[g]
    for done in range(fields.first_of_group[g + 1] - first):
        wins, before = load(chance[fields.of_group[first + done]], i), load(numbers[done], 0)
        store(numbers[done + 1], 0, before * wins)
        for k in range(done, 0, -1):
            one_less = load(numbers[k - 1], 0)
            store(numbers[k], 0, fma(wins, one_less - before, before))
            before = one_less
        store(numbers[0], 0, fma(wins * _MINUS_ONE, before, before))


@row_function
def add_shifted(parts, contested, seats, counts):
    """Add the numbers of district seats of some draws to the seats of the house; ``seats`` are those of the lists."""
    for lane in range(LANES):
        own = seats[lane]
        for k in range(contested + 1):
            counts[np.uint32(own + np.int32(k))] += np.int64(parts[k, lane])


@row_function
def tally_group(fields, g, listed, chance, seats, rows, in_districts, in_house):
    """Tally a group's district seats, and its seats in the house, which are more by ``seats`` where it is listed."""
    contested = fields.first_of_group[g + 1] - fields.first_of_group[g]
    for k in range(contested + 1):
        store(rows.sums[k], 0, spread(np.int32(0)))
    for i in range(0, BLOCK, LANES):
        convolve(fields, g, chance, i, rows.numbers)
        for k in range(contested + 1):
            units = in_units(load(rows.numbers[k], 0))
            store(rows.parts[k], 0, units)
            store(rows.sums[k], 0, load(rows.sums[k], 0) + units)
        if listed:
            add_shifted(rows.parts, contested, seats[i:], in_house)
    for k in range(contested + 1):
        total = sum_of(load(rows.sums[k], 0))
        in_districts[k] += total
        if not listed:
            in_house[k] += total


@row_function
def draw_entry(left, chance, number, winner):
    """Give the district to an entry where what is left of the uniform number falls into its chance.

    What falls there is put far up, so that no later entry gets it.
    """
    for i in range(0, BLOCK, LANES):
        after = load(left, i) - load(chance, i)
        here = after < _ZERO
        store(winner, i, choose(here, number, load(winner, i)))
        store(left, i, choose(here, _TAKEN, after))


@row_function
def uniforms(key1, key2, block, out):
    """Write a stream's uniform numbers in [0, 1), 24 bits each."""
    for i in range(0, HALF, LANES):
        low, high = two_words(key1, key2, counters(block, i))
        store(out, i, floats(low & _LOW24) * _PER_WORD)
        store(out, i + HALF, floats(high & _LOW24) * _PER_WORD)
