"""Integer tallies of a block: histograms of seats and shares, who is largest, who can form a majority.

Seats are rows of int16. Counts of single values are comparisons and population counts, 32 draws at a time;
histograms go draw by draw, several rows side by side, for a processor waits for a counter that it has just stored.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import row_function, vector_function
from forecast.kernel.random import BLOCK
from forecast.kernel.seats import per_vote, quotient
from forecast.kernel.vectors import LANES, choose, count, lane_numbers, load, short_ones, shorts, spread, store

SHARE_BINS = 1001  # thousandths of the valid ballots, 0 to 1
MOST_SEATS = 2**14 - 1  # differences of two houses stay within int16

_THOUSAND = np.int32(1000)
_ZERO = np.int16(0)
_NOWHERE = np.int16(-2)
_NEVER = np.int16(-(2**15))
_LARGEST = np.int16(2**15 - 1)


@vector_function
def in_run(i, lanes):
    """Tell which lanes from ``i`` on are draws of the run."""
    return lane_numbers() < np.int32(lanes - i)


@row_function
def four_histograms(one, two, three, four, lanes, first, second, third, fourth):
    """Count the values of four rows of small, non-negative integers."""
    for i in range(lanes):
        first[np.uint32(one[i])] += 1
        second[np.uint32(two[i])] += 1
        third[np.uint32(three[i])] += 1
        fourth[np.uint32(four[i])] += 1


@row_function
def histograms(rows, number, lanes, counts):
    """Count the values of ``number`` rows, each into counters of its own: ``counts[row, value]``."""
    for r in range(0, number - 3, 4):
        four_histograms(
            rows[r], rows[r + 1], rows[r + 2], rows[r + 3], lanes,
            counts[r], counts[r + 1], counts[r + 2], counts[r + 3],
        )  # fmt: skip
    rest = number & 3
    for i in range(lanes):
        for r in range(number - rest, number):
            counts[r, np.uint32(rows[r, i])] += 1


@row_function
def share_bins(votes, ballots, bins):
    """Vote shares of every option in whole thousandths: floor(1000 votes / ballots), exactly."""
    for i in range(0, BLOCK, LANES):
        valid = load(ballots, i)
        estimate = per_vote(_THOUSAND, valid)
        for o in range(bins.shape[0]):
            whole, _ = quotient(load(votes[o], i), _THOUSAND, valid, estimate)
            store(bins[o], i, shorts(whole))


@row_function
def elected_of(winner, lanes, elected):
    """Write winners as int16, and nobody beyond the run."""
    for i in range(0, BLOCK, LANES):
        store(elected, i, choose(in_run(i, lanes), shorts(load(winner, i)), _NOWHERE))


@row_function
def count_equal(row, value):
    """Return the number of draws in which a row of int16 has a value."""
    number = 0
    for i in range(0, BLOCK, LANES):
        number += count(load(row, i) == value)
    return number


@row_function
def won_by_group(elected, first, beyond, seat):
    """Give a group the district's seat where the winner's number lies in ``first .. beyond - 1``."""
    for i in range(0, BLOCK, LANES):
        number = load(elected, i)
        store(seat, i, load(seat, i) + short_ones((number >= first) & (number < beyond)))


@row_function
def tally_winners(elected, groups, wins, seats):
    """Count a district's winners by candidate, and give each candidate's group its seat.

    ``groups[candidate]`` ascends, ``wins[candidate]`` counts draws, ``seats[group]`` are rows.
    """
    start = 0
    while start < groups.size:
        end = start + 1
        while end < groups.size and groups[end] == groups[start]:
            end += 1
        won_by_group(elected, np.int16(start), np.int16(end), seats[groups[start]])
        start = end
    for c in range(wins.size):
        wins[c] += count_equal(elected, np.int16(c))


@row_function
def tally_parties(total, lists, lanes, largest, parties):
    """Count in how many draws each party alone has the most seats, and how many parties have a seat."""
    for i in range(0, BLOCK, LANES):
        counted = in_run(i, lanes)
        most, holders, represented = spread(_ZERO), spread(_ZERO), spread(_ZERO)
        for p in range(lists):
            seats = load(total[p], i)
            most = choose(seats > most, seats, most)
        for p in range(lists):
            seats = load(total[p], i)
            holders = holders + short_ones(seats == most)
            represented = represented + short_ones(seats > 0)
        alone = counted & (holders == 1) & (most > 0)
        for p in range(lists):
            largest[p] += count(alone & (load(total[p], i) == most))
        for n in range(lists + 1):
            parties[n] += count(counted & (represented == np.int16(n)))


@row_function
def tally_difference(row, base, shift, least, base_least, lanes, apart, crossings):
    """Write the difference of two rows of seats, shifted so that it is never negative, and count crossings.

    ``least`` and ``base_least`` are the seats of a majority and of two thirds; ``crossings`` counts each gained, lost.
    """
    for i in range(0, BLOCK, LANES):
        counted, seats, before = in_run(i, lanes), load(row, i), load(base, i)
        store(apart, i, seats - before + shift)
        for mark in range(2):
            now, then = seats >= least[mark], before >= base_least[mark]
            crossings[2 * mark] += count(counted & now) - count(counted & now & then)
            crossings[2 * mark + 1] += count(counted & then) - count(counted & now & then)


@row_function
def coalitions(total, members, majority, lanes, joint, least, wins, minimal):
    """Tally every set of the first ``members`` parties; set ``s`` holds party ``p`` where bit ``p`` of ``s`` is set.

    ``wins`` counts draws in which a set has a majority, ``minimal`` those in which it needs every member for that.
    The sets with party p are those of the parties before it, plus p: ``joint[s]`` and ``least[s]`` hold a set's seats
    and those of its smallest member, for LANES draws.
    """
    store(least[0], 0, _LARGEST)
    for i in range(0, BLOCK, LANES):
        store(joint[0], 0, choose(in_run(i, lanes), spread(_ZERO), _NEVER))
        for p in range(members):
            seats, half = load(total[p], i), 1 << p
            last = p == members - 1
            for s in range(half):
                both, few = load(joint[s], 0) + seats, load(least[s], 0)
                few = choose(seats < few, seats, few)
                if not last:
                    store(joint[half + s], 0, both)
                    store(least[half + s], 0, few)
                reaches = both >= majority
                wins[half + s] += count(reaches)
                minimal[half + s] += count(reaches & (both - few < majority))
