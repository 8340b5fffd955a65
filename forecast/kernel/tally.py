"""Integer tallies of a block: histograms of seats and shares, who is largest, who can form a majority.

Seats are rows of int16. Counts of single values are comparisons and population counts, 32 draws at a time;
histograms go draw by draw, several rows side by side, for a processor waits for a counter that it has just stored.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import row_function, vector_function
from forecast.kernel.random import BLOCK
from forecast.kernel.seats import per_vote, quotient
from forecast.kernel.vectors import (
    LANES,
    choose,
    count,
    count_flags,
    lane_numbers,
    load,
    short_ones,
    shorts,
    spread,
    store,
    store_flags,
    total_of,
)

I16 = npt.NDArray[np.int16]

SHARE_BINS = 1001  # thousandths of the valid ballots, 0 to 1
MOST_SEATS = 2**14 - 1  # differences of two houses stay within int16
ROW = BLOCK + LANES  # from a row to the next
EIGHT, IDLE = 8, 64

_THOUSAND = np.int32(1000)
_ZERO = np.int16(0)
_NOWHERE = np.int16(-2)
_NEVER = np.int16(-(2**15))


@vector_function
def in_run(i, lanes):
    """Tell which lanes from ``i`` on are draws of the run."""
    return lane_numbers() < np.int32(lanes - i)


def rows_in_eights(number: int) -> I16:
    """Return rows for histograms, and idle ones that make up eights: their numbers go round, so that nobody waits."""
    rows = np.zeros((-(-number // EIGHT) * EIGHT, ROW), np.int16)
    rows[number:] = np.arange(ROW) % IDLE
    return rows


@row_function
def eight_histograms(rows, lanes, a, b, c, d, e, f, g, h):
    """Count the values of eight rows of small, non-negative integers, each into counters of its own.

    ``rows`` is the first one, and goes on into the others: eight counters and one row are as many addresses as there are
    registers for. From the last draw to the first, for LLVM is better at an index that goes down to zero.
    """
    i = lanes
    while i > 0:
        i -= 1
        a[np.uint16(rows[i])] += 1
        b[np.uint16(rows[i + ROW])] += 1
        c[np.uint16(rows[i + 2 * ROW])] += 1
        d[np.uint16(rows[i + 3 * ROW])] += 1
        e[np.uint16(rows[i + 4 * ROW])] += 1
        f[np.uint16(rows[i + 5 * ROW])] += 1
        g[np.uint16(rows[i + 6 * ROW])] += 1
        h[np.uint16(rows[i + 7 * ROW])] += 1


@row_function
def histograms(rows, number, lanes, counts, idle):
    """Count the values of the first ``number`` of ``rows_in_eights``, each into counters of its own.

    A counter that was just stored is ready again after some eight cycles, the time in which eight others are stored.
    ``counts[row, value]``; ``idle`` are IDLE counters for the idle rows.
    """
    for r in range(0, number, EIGHT):
        eight_histograms(
            rows[r],
            lanes,
            counts[r],
            counts[r + 1] if r + 1 < number else idle,
            counts[r + 2] if r + 2 < number else idle,
            counts[r + 3] if r + 3 < number else idle,
            counts[r + 4] if r + 4 < number else idle,
            counts[r + 5] if r + 5 < number else idle,
            counts[r + 6] if r + 6 < number else idle,
            counts[r + 7] if r + 7 < number else idle,
        )


@row_function
def one_histogram(row, lanes, counts):
    """Count the values of one row."""
    for i in range(lanes):
        counts[np.uint16(row[i])] += 1


@row_function
def share_bins(votes, ballots, bins):
    """Vote shares of every option in whole thousandths: floor(1000 votes / ballots), exactly."""
    for i in range(0, BLOCK, LANES):
        valid = load(ballots, i)
        estimate = per_vote(_THOUSAND, valid)
        for o in range(votes.shape[0]):
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
    number = spread(_ZERO)
    for i in range(0, BLOCK, LANES):
        number = number + short_ones(load(row, i) == value)
    return total_of(number)


@row_function
def won_by_one(elected, candidate, seat):
    """Give a group the district's seat where its one candidate wins; return in how many draws that is."""
    number = spread(_ZERO)
    for i in range(0, BLOCK, LANES):
        won = short_ones(load(elected, i) == candidate)
        number = number + won
        store(seat, i, load(seat, i) + won)
    return total_of(number)


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
        if end == start + 1:
            wins[start] += won_by_one(elected, np.int16(start), seats[groups[start]])
        else:
            won_by_group(elected, np.int16(start), np.int16(end), seats[groups[start]])
            for c in range(start, end):
                wins[c] += count_equal(elected, np.int16(c))
        start = end


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
    Where nobody has a majority, nobody has two thirds.
    """
    for i in range(0, BLOCK, LANES):
        seats, before = load(row, i), load(base, i)
        store(apart, i, seats - before + shift)
        if count((seats >= least[0]) | (before >= base_least[0])) > 0:
            counted = in_run(i, lanes)
            for mark in range(2):
                now, then = counted & (seats >= least[mark]), counted & (before >= base_least[mark])
                both = count(now & then)
                crossings[2 * mark] += count(now) - both
                crossings[2 * mark + 1] += count(then) - both


@row_function
def coalitions(total, members, majority, lanes, joint, lost, wins, minimal):
    """Tally every set of the first ``members`` parties; set ``s`` holds party ``p`` where bit ``p`` of ``s`` is set.

    ``wins`` counts draws in which a set has a majority, ``minimal`` those in which it needs every member for that.
    The parties are halved: ``joint`` holds, for LANES draws, the seats of the sets of the first ones, and after them
    what those of the others leave to a majority. ``lost[s]`` has a bit a draw; a set is minimal where all sets with one
    member less have lost.
    """
    few = members // 2
    sets = 1 << few
    for i in range(0, BLOCK, LANES):
        store(joint[0], 0, choose(in_run(i, lanes), spread(_ZERO), _NEVER))
        for p in range(few):
            seats, half = load(total[p], i), 1 << p
            for s in range(half):
                store(joint[half + s], 0, load(joint[s], 0) + seats)
        store(joint[sets], 0, spread(majority))
        for p in range(members - few):
            seats, half = load(total[few + p], i), 1 << p
            for s in range(sets, sets + half):
                store(joint[half + s], 0, load(joint[s], 0) - seats)
        for other in range(1 << (members - few)):
            missing = load(joint[sets + other], 0)
            for s in range(sets):
                store_flags(lost[(other << few) + s], i, missing > load(joint[s], 0))
    for s in range(1, 1 << members):
        own = load(lost[s], 0)
        in_draws = BLOCK - count_flags(own)
        if in_draws > 0:
            without = load(lost[0], 0)
            for p in range(members):
                is_member = (s >> p) & 1
                without = without & load(lost[(s - (1 << p)) * is_member], 0)
            wins[s] += in_draws
            minimal[s] += count_flags(without & (without ^ own))
