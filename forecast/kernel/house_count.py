"""The seats of a block under a law of any parliament, from tier to tier and into the tallies.

A tier is counted by ``list_house.count_tiers``; this file carries seats between tiers that answer for one another, and
fills the tallies of a house whose size may differ from draw to draw.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import inner_function, kernel_function, row_function
from forecast.kernel.draw import (
    COALITION_PARTIES,
    add_up,
    keep,
    tally_districts,
)
from forecast.kernel.list_house import sitting_winners
from forecast.kernel.rows import by_address
from forecast.kernel.seats import HAS_LIST, HOUSE, MAJORITY, TWO_THIRDS, list_tier
from forecast.kernel.tally import histograms, share_bins, tally_parties
from forecast.kernel.votes import set_row


@kernel_function
def seats_elsewhere(elected, place, lanes, direct, total, held):
    """Add up the seats of a tier of single-member districts: by place and list, of everybody, and by list."""
    districts, lists = elected.shape[1], held.shape[1]
    direct[:lanes] = 0
    total[:lanes] = 0
    held[:lanes] = 0
    for i in range(lanes):
        for d in range(districts):
            group = elected[i, d]
            if group < 0:
                continue
            total[i] += 1
            if group < lists:
                held[i, group] += 1
                direct[i, place[d], group] += 1


@kernel_function
def seat_covered_winners(elected, place, votes, valid, cover, lists, lanes, winners):
    """Take the seat from every winner whose list does not cover it: ``winners[district, draw]`` become -1 there."""
    districts = elected.shape[1]
    winner, sits = np.empty(districts, np.int64), np.empty(districts, np.bool_)
    for i in range(lanes):
        for d in range(districts):
            winner[d] = elected[i, d] if elected[i, d] < lists else -1
        sitting_winners(winner, place, votes[i], valid[i], cover[i], sits)
        for d in range(districts):
            if winner[d] >= 0 and not sits[d]:
                winners[d, i] = -1


@row_function
def majorities(law, total, groups, left, lanes, size, need):
    """Write each draw's members, and the seats of a majority and of two thirds of them, ``need[draw]``."""
    for i in range(lanes):
        members = left[i]
        for g in range(groups):
            members += total[g, i]
        size[i] = max(members, law[HOUSE])
        fixed = size[i] == law[HOUSE]
        need[i, 0] = law[MAJORITY] if fixed else size[i] // 2 + 1
        need[i, 1] = law[TWO_THIRDS] if fixed else -(-2 * size[i] // 3)


@row_function
def cut_to(rows, number, most, lanes):
    """Cut seats to the most that a tally has room for; ``sizes`` shows a house that grew so far."""
    for r in range(number):
        for i in range(lanes):
            rows[r, i] = min(rows[r, i], most)


@inner_function
def tally_sets(total, members, need, lanes, majority, minimal):
    """Tally every set of the first ``members`` parties, as ``tally.coalitions`` does, where majorities differ by draw."""
    sets = 1 << members
    joint, least = np.zeros(sets, np.int64), np.zeros(sets, np.int64)
    for i in range(lanes):
        least[0] = 2**31
        for s in range(1, sets):
            last = 0
            while s >> (last + 1):
                last += 1
            before, seats = s - (1 << last), total[last, i]
            joint[s] = joint[before] + seats
            least[s] = min(least[before], seats)
            if joint[s] >= need[i, 0]:
                majority[s] += 1
                minimal[s] += joint[s] - least[s] < need[i, 0]


@row_function
def tally_marks(total, groups, size, need, lanes, sizes, marks):
    """Count the sizes of the house, and the draws in which a group has a majority, two thirds, a blocking third."""
    for i in range(lanes):
        sizes[min(size[i], sizes.size - 1)] += 1
        for g in range(groups):
            marks[g, 0] += total[g, i] >= need[i, 0]
            marks[g, 1] += total[g, i] >= need[i, 1]
            marks[g, 2] += total[g, i] > size[i] - need[i, 1]


@row_function
def tally_changes(total, base, groups, need, base_need, lanes, difference, crossings):
    """Tally how seats differ from those under the first system, and majorities and two thirds gained and lost."""
    shift = (difference.shape[1] - 1) // 2
    for i in range(lanes):
        for g in range(groups):
            difference[g, total[g, i] - base[g, i] + shift] += 1
            for mark in range(2):
                now, then = total[g, i] >= need[i, mark], base[g, i] >= base_need[i, mark]
                crossings[g, 2 * mark] += now and not then
                crossings[g, 2 * mark + 1] += then and not now


@by_address
@kernel_function
def tally_votes(voters, laws, scratch, lanes, tallies):
    """Add a block's vote shares and district winners to the tallies."""
    share_bins(scratch.votes, scratch.ballots, scratch.bins)
    histograms(scratch.bins, voters.location.size, lanes, tallies.shares, scratch.idle)
    tally_districts(voters, laws, scratch, tallies, lanes)


@by_address
@kernel_function
def tally_house(
    voters, laws, k, counted, seats, left, takes, size, need, base_need, scratch, tallies, record, row, lanes
):
    """Add a block's seats under system ``k`` to the tallies.

    ``seats[draw, list]`` are its list seats where they are ``counted`` already, else the kernel's list tier counts them.
    The first system leaves its majorities in ``base_need``.
    """
    lists, groups, way = voters.parties[0], voters.group_option.size, laws.contest_of[k]
    law = laws.law[k]
    if counted:
        for p in range(lists):
            for i in range(lanes):
                scratch.seats[p, i] = seats[i, p]
                tallies.passed[k, p] += takes[i, p]
    elif law[HAS_LIST]:
        list_tier(
            scratch.votes, lists, scratch.ballots, scratch.cast, law, laws.list_lengths[k], scratch.list_work,
            scratch.seats, lanes, tallies.cases[k], tallies.passed[k],
        )  # fmt: skip
    else:
        for p in range(lists):
            set_row(scratch.seats[p], np.int32(0))
    add_up(scratch, lists, groups, counted or law[HAS_LIST] != 0, way)
    majorities(law, scratch.total, groups, left, lanes, size, need)
    cut_to(scratch.list_seats, lists, tallies.seats.shape[2] - 1, lanes)
    cut_to(scratch.total, groups, tallies.seats.shape[2] - 1, lanes)
    if counted or law[HAS_LIST]:
        histograms(scratch.list_seats, lists, lanes, tallies.list_seats[k], scratch.idle)
    histograms(scratch.total, groups, lanes, tallies.seats[k], scratch.idle)
    if k == 0:
        for g in range(groups):
            for i in range(lanes):
                scratch.base[g, i] = scratch.total[g, i]
        for i in range(lanes):
            base_need[i, 0], base_need[i, 1] = need[i, 0], need[i, 1]
    else:
        tally_changes(
            scratch.total,
            scratch.base,
            groups,
            need,
            base_need,
            lanes,
            tallies.difference[k - 1],
            tallies.crossings[k - 1],
        )
    tally_parties(scratch.total, lists, lanes, tallies.largest[k], tallies.parties[k])
    tally_sets(scratch.total, min(lists, COALITION_PARTIES), need, lanes, tallies.majority[k], tallies.minimal[k])
    if tallies.sizes.shape[0] > 0:
        tally_marks(scratch.total, groups, size, need, lanes, tallies.sizes[k], tallies.marks[k])
    if record.votes.shape[0] > 0:
        keep(voters, scratch, record, row, k, lanes)
