"""The fused loop: a block of draws goes from random numbers to tallies without leaving the cache."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import kernel_function, row_function
from forecast.kernel.random import BLOCK, WORDS, normal_row
from forecast.kernel.seats import HAS_LIST, HAS_NOMINAL, MAJORITY, list_tier
from forecast.kernel.tally import (
    alone_largest,
    coalitions,
    count_above,
    histogram,
    holders,
    most_seats,
    represented,
    won_by_group,
)
from forecast.kernel.votes import (
    add_row,
    add_scaled,
    ballots_in_all,
    ballots_per_weight,
    challenge,
    difference,
    first_weight,
    next_weight,
    recentre,
    set_row,
    share_bins,
    tilt,
    utility_row,
    whole_ballots,
)

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

COALITION_PARTIES = 8  # joint majorities are tallied for all sets of at most this many parties


class Voters(NamedTuple):
    """The vote model as flat arrays. O options, G groups (parties, then the self-nominated), R regions, D, C."""

    location: F32  # [O] log scale
    scale: F32  # [O, O] lower triangular
    national_keys: U64  # [O, 2]
    turnout: F64  # mean and sd on the logit scale, most valid ballots there can be
    turnout_key: U64  # [1, 2]
    group_option: I64  # [G] the option whose national draw moves the group, -1 for none
    group_location: F32  # [G] for groups without an option
    group_sd: F32  # [G]
    group_keys: U64  # [G, 2]
    region_weight: F32  # [R] share of the expected ballots
    regional_sd: F32  # [G]
    region_keys: U64  # [R, G, 2]
    district_region: I64  # [D]
    district_first: I64  # [D + 1] first candidate of each district
    candidate_group: I64  # [C] ascending within a district
    candidate_sd: F32  # [C]
    candidate_keys: U64  # [C, 2]
    parties: I64  # [1] number of lists; they are the first options and the first groups


class Laws(NamedTuple):
    """Electoral systems as flat arrays. K systems, P lists."""

    law: I64  # [K, LAW_COLUMNS]
    list_lengths: I32  # [K, P]


class Tallies(NamedTuple):
    """Integer accumulators; tallies of disjoint ranges of draws add up."""

    list_seats: I64  # [K, P, seats]
    district_seats: I64  # [G, seats]
    seats: I64  # [K, G, seats]
    passed: I64  # [K, P] draws in which the list takes a list seat
    largest: I64  # [K, G] draws in which the group alone has the most seats
    parties: I64  # [K, P + 1] number of parties with a seat
    majority: I64  # [K, 2**min(P, COALITION_PARTIES)] sets of parties with a majority
    minimal: I64  # [K, 2**...] of these, sets that need every member
    wins: I64  # [C] districts won
    shares: I64  # [O, SHARE_BINS]
    cases: I64  # [K, CASES]


class Record(NamedTuple):
    """Single draws, written where a record is asked for; arrays of no rows otherwise."""

    votes: I32  # [draw, O]
    list_seats: I32  # [draw, K, P]
    winners: I32  # [draw, D] number of the winner within the district
    utilities: F32  # [draw, C], no columns where not asked for


class Scratch(NamedTuple):
    """Work rows of one block; padded, so that rows do not fall into the same cache sets."""

    words: U64
    normal: F32
    eta: F32
    running: F32
    factor: F64
    reached: I32
    votes: I32
    ballots: I32
    shock: F32
    centre: F32
    best: F32
    winner: I32
    seats: I32
    remainder: I32
    rank: I32
    admitted: I32
    lane: I32
    estimate: F32
    nominal: I32
    total: I32
    joint: I32
    least: I32


def scratch_for(voters: Voters) -> Scratch:
    """Return work rows for one thread."""
    width = BLOCK + 16
    options, groups = len(voters.location), len(voters.group_option)
    regions, districts, lists = len(voters.region_weight), len(voters.district_region), int(voters.parties[0])
    members = min(lists, COALITION_PARTIES) + 1

    def floats(*rows: int) -> F32:
        return np.zeros((*rows, width), np.float32)

    def whole(*rows: int) -> I32:
        return np.zeros((*rows, width), np.int32)

    return Scratch(
        words=np.zeros(WORDS, np.uint64),
        normal=floats(max(options, 2)),
        eta=floats(options),
        running=floats(options),
        factor=np.zeros(width, np.float64),
        reached=whole(2),
        votes=whole(options),
        ballots=whole(),
        shock=floats(max(regions * groups, 1)),
        centre=floats(groups),
        best=floats(),
        winner=whole(max(districts, 1)),
        seats=whole(lists),
        remainder=whole(lists),
        rank=whole(lists),
        admitted=whole(lists),
        lane=whole(6),
        estimate=floats(),
        nominal=whole(groups),
        total=whole(groups),
        joint=whole(members),
        least=whole(members),
    )


@row_function
def national_votes(voters, block, scratch):
    """Draw the national utilities, the valid ballots, and the whole ballots of every option."""
    options = voters.location.size
    bits = scratch.words.view(np.int32)
    for o in range(options):
        normal_row(
            voters.national_keys[o, 0], voters.national_keys[o, 1], block, scratch.words, bits, scratch.normal[o]
        )
    for o in range(options):
        set_row(scratch.eta[o], voters.location[o])
        for k in range(o + 1):
            if voters.scale[o, k] != np.float32(0):
                add_scaled(scratch.eta[o], voters.scale[o, k], scratch.normal[k])
    normal_row(voters.turnout_key[0, 0], voters.turnout_key[0, 1], block, scratch.words, bits, scratch.normal[0])
    ballots_in_all(
        scratch.normal[0],
        np.float32(voters.turnout[0]),
        np.float32(voters.turnout[1]),
        voters.turnout[2],
        scratch.ballots,
    )
    first_weight(scratch.eta[0], scratch.running[0])
    for o in range(1, options):
        next_weight(scratch.eta[o], scratch.running[o - 1], scratch.running[o])
    ballots_per_weight(scratch.ballots, scratch.running[options - 1], scratch.factor)
    set_row(scratch.reached[0], np.int32(0))
    for o in range(options - 1):
        whole_ballots(scratch.running[o], scratch.factor, scratch.reached[(o + 1) & 1])
        difference(scratch.reached[(o + 1) & 1], scratch.reached[o & 1], scratch.votes[o])
    difference(scratch.ballots, scratch.reached[(options - 1) & 1], scratch.votes[options - 1])


@row_function
def regional_strengths(voters, block, scratch):
    """Draw the regional shocks and leave each group's strength in each region in ``shock[region * G + group]``."""
    groups, regions = voters.group_option.size, voters.region_weight.size
    bits = scratch.words.view(np.int32)
    normal = scratch.normal[0]
    for g in range(groups):
        total = scratch.best
        set_row(total, np.float32(0))
        for r in range(regions):
            normal_row(voters.region_keys[r, g, 0], voters.region_keys[r, g, 1], block, scratch.words, bits, normal)
            tilt(normal, voters.regional_sd[g], voters.region_weight[r], scratch.shock[r * groups + g], total)
        centre = scratch.centre[g]
        option = voters.group_option[g]
        if option >= 0:
            recentre(scratch.eta[option], total, centre)
        else:
            normal_row(voters.group_keys[g, 0], voters.group_keys[g, 1], block, scratch.words, bits, normal)
            own = scratch.normal[1]
            set_row(own, voters.group_location[g])
            add_scaled(own, voters.group_sd[g], normal)
            recentre(own, total, centre)
        for r in range(regions):
            add_row(centre, scratch.shock[r * groups + g])


@row_function
def district_winners(voters, block, scratch, record, row, lanes):
    """Hold the contests: ``winner[district]`` is the winner's number within the district."""
    groups = voters.group_option.size
    bits = scratch.words.view(np.int32)
    normal = scratch.normal[0]
    own = scratch.normal[1]
    for d in range(voters.district_region.size):
        first = voters.district_first[d]
        winner = scratch.winner[d]
        set_row(scratch.best, np.float32(-np.inf))
        set_row(winner, np.int32(0))
        for c in range(first, voters.district_first[d + 1]):
            normal_row(voters.candidate_keys[c, 0], voters.candidate_keys[c, 1], block, scratch.words, bits, normal)
            strength = scratch.shock[voters.district_region[d] * groups + voters.candidate_group[c]]
            challenge(normal, voters.candidate_sd[c], strength, np.int32(c - first), scratch.best, winner)
            if record.utilities.shape[1] > 0:
                utility_row(normal, voters.candidate_sd[c], strength, own)
                for i in range(lanes):
                    record.utilities[row + i, c] = own[i]


@row_function
def tally_districts(voters, scratch, tallies, lanes):
    """Count the winners, and give every group its district seats in ``nominal[group]``."""
    groups = voters.group_option.size
    for g in range(groups):
        set_row(scratch.nominal[g], np.int32(0))
    for d in range(voters.district_region.size):
        first, beyond = voters.district_first[d], voters.district_first[d + 1]
        histogram(scratch.winner[d], lanes, tallies.wins[first:beyond])
        start = first
        while start < beyond:
            group = voters.candidate_group[start]
            end = start + 1
            while end < beyond and voters.candidate_group[end] == group:
                end += 1
            won_by_group(scratch.winner[d], np.int32(start - first), np.int32(end - first), scratch.nominal[group])
            start = end
    for g in range(groups):
        histogram(scratch.nominal[g], lanes, tallies.district_seats[g])


@row_function
def tally_system(voters, laws, k, scratch, tallies, lanes):
    """Count one system's seats of the block and add them to the tallies."""
    law = laws.law[k]
    lists, groups = voters.parties[0], voters.group_option.size
    if law[HAS_LIST]:
        list_tier(
            scratch.votes, lists, scratch.ballots, law, laws.list_lengths[k], scratch.seats, scratch.remainder,
            scratch.rank, scratch.admitted, scratch.lane, scratch.estimate, lanes, tallies.cases[k],
        )  # fmt: skip
        for p in range(lists):
            histogram(scratch.seats[p], lanes, tallies.list_seats[k, p])
            tallies.passed[k, p] += count_above(scratch.admitted[p], np.int32(1), lanes)
    else:
        for p in range(lists):
            set_row(scratch.seats[p], np.int32(0))
    for g in range(groups):
        set_row(scratch.total[g], np.int32(0))
        if g < lists:
            add_seats(scratch.seats[g], scratch.total[g])
        if law[HAS_NOMINAL]:
            add_seats(scratch.nominal[g], scratch.total[g])
        histogram(scratch.total[g], lanes, tallies.seats[k, g])
    most, number = scratch.lane[0], scratch.lane[1]
    set_row(most, np.int32(0))
    set_row(number, np.int32(0))
    for p in range(lists):
        most_seats(scratch.total[p], most)
    for p in range(lists):
        holders(scratch.total[p], most, number)
    for p in range(lists):
        tallies.largest[k, p] += alone_largest(scratch.total[p], most, number, lanes)
    set_row(number, np.int32(0))
    for p in range(lists):
        represented(scratch.total[p], number)
    histogram(number, lanes, tallies.parties[k])
    members = min(lists, COALITION_PARTIES)
    coalitions(
        scratch.total, members, np.int32(law[MAJORITY]), lanes, scratch.joint, scratch.least,
        tallies.majority[k], tallies.minimal[k],
    )  # fmt: skip


@row_function
def add_seats(seats, total):
    """Add a row of seats to a total."""
    for i in range(BLOCK):
        total[i] = np.int32(total[i] + seats[i])


@row_function
def keep(voters, scratch, record, row, k, lanes):
    """Write the draws of a block into the record."""
    lists = voters.parties[0]
    for i in range(lanes):
        for p in range(lists):
            record.list_seats[row + i, k, p] = scratch.seats[p, i]
        if k == 0:
            for o in range(voters.location.size):
                record.votes[row + i, o] = scratch.votes[o, i]
            for d in range(voters.district_region.size):
                record.winners[row + i, d] = scratch.winner[d, i]


@kernel_function
def simulate_blocks(voters, laws, first_block, blocks, draws, scratch, tallies, record):
    """Simulate ``blocks`` blocks from ``first_block`` on, of a run of ``draws`` draws; a last block may be cut.

    Adds to ``tallies``; writes ``record`` (row 0 = first draw of the range) where it has rows.
    """
    for b in range(blocks):
        block = first_block + b
        lanes = min(BLOCK, draws - block * BLOCK)
        national_votes(voters, block, scratch)
        bins = scratch.lane[0]
        for o in range(voters.location.size):
            share_bins(scratch.votes[o], scratch.ballots, bins)
            histogram(bins, lanes, tallies.shares[o])
        if voters.district_region.size > 0:
            regional_strengths(voters, block, scratch)
            district_winners(voters, block, scratch, record, b * BLOCK, lanes)
        tally_districts(voters, scratch, tallies, lanes)
        for k in range(laws.law.shape[0]):
            tally_system(voters, laws, k, scratch, tallies, lanes)
            if record.votes.shape[0] > 0:
                keep(voters, scratch, record, b * BLOCK, k, lanes)
