"""Integer tallies of a block: histograms of seats and shares, who is largest, who can form a majority."""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import row_function
from forecast.kernel.random import BLOCK
from forecast.kernel.votes import set_row

SHARE_BINS = 1001  # thousandths of the valid ballots, 0 to 1

_ZERO, _UNIT = np.int32(0), np.int32(1)


@row_function
def histogram(row, lanes, counts):
    """Count the values of a row of small, non-negative integers."""
    for i in range(lanes):
        counts[np.uint32(row[i])] += 1


@row_function
def small_histogram(row, lanes, counts, spare):
    """Count the values of a row that are often the same: four counters a value, for a processor waits for its stores.

    ``spare`` holds three times as many counters as ``counts``.
    """
    size = counts.size
    second, third = np.uint32(size), np.uint32(2 * size)
    for j in range(3 * size):
        spare[j] = 0
    quarter = lanes >> 2
    for i in range(quarter):
        counts[np.uint32(row[4 * i])] += 1
        spare[np.uint32(row[4 * i + 1])] += 1
        spare[np.uint32(row[4 * i + 2]) + second] += 1
        spare[np.uint32(row[4 * i + 3]) + third] += 1
    for i in range(4 * quarter, lanes):
        counts[np.uint32(row[i])] += 1
    for j in range(size):
        counts[j] += spare[j] + spare[size + j] + spare[2 * size + j]


@row_function
def histogram_of_elected(row, lanes, counts):
    """Count the winners of a district in which the seat may stay empty."""
    for i in range(lanes):
        if row[i] >= _ZERO:
            counts[np.uint32(row[i])] += 1


@row_function
def count_above(row, least, lanes):
    """Return the number of draws in which a row reaches ``least``."""
    count = np.int32(0)
    for i in range(lanes):
        count = np.int32(count + (_UNIT if row[i] >= least else _ZERO))
    return count


@row_function
def won_by_group(winner, first, beyond, seat):
    """Give a group the district's seat where the winner's number lies in ``first .. beyond - 1``."""
    width = np.uint32(beyond - first)
    for i in range(BLOCK):
        inside = np.uint32(winner[i] - first) < width
        seat[i] = np.int32(seat[i] + (_UNIT if inside else _ZERO))


@row_function
def most_seats(row, most):
    """Keep the larger of two rows."""
    for i in range(BLOCK):
        most[i] = row[i] if row[i] > most[i] else most[i]


@row_function
def holders(row, most, number):
    """Count the groups that hold the most seats."""
    for i in range(BLOCK):
        number[i] = np.int32(number[i] + (_UNIT if row[i] == most[i] else _ZERO))


@row_function
def represented(row, number):
    """Count the parties with a seat."""
    for i in range(BLOCK):
        number[i] = np.int32(number[i] + (_UNIT if row[i] > _ZERO else _ZERO))


@row_function
def alone_largest(row, most, number, lanes):
    """Return the number of draws in which a party alone has the most seats."""
    count = np.int32(0)
    for i in range(lanes):
        alone = (row[i] == most[i]) & (number[i] == _UNIT) & (row[i] > _ZERO)
        count = np.int32(count + (_UNIT if alone else _ZERO))
    return count


@row_function
def shifted_difference(row, base, shift, out):
    """Difference of two rows, shifted so that it is never negative."""
    for i in range(BLOCK):
        out[i] = np.int32(np.int32(row[i] - base[i]) + shift)


@row_function
def crossings(row, least, base, base_least, lanes):
    """Return how often ``row`` reaches its mark and ``base`` does not, and the other way round."""
    gained, lost = np.int32(0), np.int32(0)
    for i in range(lanes):
        now, before = row[i] >= least, base[i] >= base_least
        gained = np.int32(gained + (_UNIT if now & (not before) else _ZERO))
        lost = np.int32(lost + (_UNIT if before & (not now) else _ZERO))
    return gained, lost


@row_function
def extend(seats, before, least_before, joint, least, majority, lanes):
    """Add a member to a coalition: its seats, and those of its smallest member.

    Returns how often the coalition has a majority, and how often every member is needed for it.
    """
    wins, minimal = np.int32(0), np.int32(0)
    for i in range(lanes):
        both = np.int32(before[i] + seats[i])
        few = seats[i] if seats[i] < least_before[i] else least_before[i]
        joint[i] = both
        least[i] = few
        reaches = both >= majority
        needed = np.int32(both - few) < majority
        wins = np.int32(wins + (_UNIT if reaches else _ZERO))
        minimal = np.int32(minimal + (_UNIT if reaches & needed else _ZERO))
    return wins, minimal


@row_function
def coalitions(total, members, majority, lanes, joint, least, wins, minimal):
    """Tally every set of the first ``members`` parties; set ``s`` holds party ``p`` where bit ``p`` of ``s`` is set.

    The sets are walked depth first, so that each costs one addition; ``joint`` and ``least`` hold a row a depth, and
    ``chosen`` the party added at each depth, four bits a depth.
    """
    set_row(joint[0], _ZERO)
    set_row(least[0], np.int32(2147483647))
    depth, party, held, chosen = 0, 0, 0, 0
    while True:
        if party < members:
            won, needed = extend(
                total[party], joint[depth], least[depth], joint[depth + 1], least[depth + 1], majority, lanes
            )
            depth += 1
            chosen = chosen << 4 | party
            held |= 1 << party
            wins[held] += won
            minimal[held] += needed
            party += 1
        elif depth > 0:
            held ^= 1 << (chosen & 15)
            party = (chosen & 15) + 1
            chosen >>= 4
            depth -= 1
        else:
            return
