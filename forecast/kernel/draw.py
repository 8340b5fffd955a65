"""The fused loop: a block of draws goes from random numbers to tallies without leaving the cache."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import kernel_function, row_function
from forecast.kernel.contests import (
    AGAINST_VOIDS,
    NOBODY,
    TWO_ROUNDS,
    add_weight,
    ballots_cast,
    ballots_of_district,
    ballots_until,
    choose_finalist,
    rank_first_two,
    settle_first_round,
    settle_second_round,
)
from forecast.kernel.gumbel import noise_row
from forecast.kernel.random import BLOCK, WORDS, normal_row
from forecast.kernel.seats import HAS_LIST, HOUSE, MAJORITY, TWO_THIRDS, list_tier
from forecast.kernel.tally import (
    alone_largest,
    coalitions,
    count_above,
    crossings,
    histogram,
    histogram_of_elected,
    holders,
    most_seats,
    represented,
    shifted_difference,
    small_histogram,
    won_by_group,
)
from forecast.kernel.votes import (
    add_row,
    add_scaled,
    ballots_in_all,
    ballots_per_weight,
    challenge,
    challenge_two,
    copy_row,
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
    turnout: F64  # mean and sd on the logit scale, most valid ballots there can be, valid share of ballots cast
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
    run_off_keys: U64  # [C, 2] noise of a second round
    noise: I64  # [1] the law of the candidates' noise, ``gumbel.NORMAL`` or ``gumbel.GUMBEL``
    district_part: F64  # [D] share of the expected ballots
    against_option: I64  # [1] the option "against all", -1 for none
    parties: I64  # [1] number of lists; they are the first options and the first groups


class Laws(NamedTuple):
    """Electoral systems as flat arrays. K systems, P lists."""

    law: I64  # [K, LAW_COLUMNS]
    list_lengths: I32  # [K, P]
    contests: I64  # [Q, CONTEST_COLUMNS] the different ways in which districts are won
    contest_of: I64  # [K] the way of each system, -1 for a system without districts


class Tallies(NamedTuple):
    """Integer accumulators; tallies of disjoint ranges of draws add up."""

    list_seats: I64  # [K, P, seats]
    district_seats: I64  # [Q, G, seats]
    seats: I64  # [K, G, seats]
    passed: I64  # [K, P] draws in which the list takes a list seat
    largest: I64  # [K, G] draws in which the group alone has the most seats
    parties: I64  # [K, P + 1] number of parties with a seat
    majority: I64  # [K, 2**min(P, COALITION_PARTIES)] sets of parties with a majority
    minimal: I64  # [K, 2**...] of these, sets that need every member
    wins: I64  # [Q, C] districts won
    shares: I64  # [O, SHARE_BINS]
    cases: I64  # [K, CASES]
    difference: I64  # [K - 1, G, 2 * house + 1] seats less those under the first system, shifted by the house
    crossings: I64  # [K - 1, G, 4] majority gained, lost, two thirds gained, lost against the first system


class Record(NamedTuple):
    """Single draws, written where a record is asked for; arrays of no rows otherwise."""

    votes: I32  # [draw, O]
    list_seats: I32  # [draw, K, P]
    winners: I32  # [draw, Q, D] number of the winner within the district, -1 for nobody
    utilities: F32  # [draw, C], no rows where not asked for
    run_off: F32  # [draw, C + 1] utilities of a second round, then of "against all"; no rows where not asked for
    ballots: I32  # [draw, C + D] ballots of candidates, then "against all", no rows where not asked for or not made


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
    base: I32
    cast: I32
    field: F32
    contest: I32
    weight: F64
    spare: I64
    joint: I32
    least: I32


def needs_ballots(laws: Laws) -> bool:
    """Tell whether a system asks for whole ballots of candidates."""
    return bool((laws.contests[:, (TWO_ROUNDS, AGAINST_VOIDS)] != 0).any())


def field_of(voters: Voters) -> int:
    """Return the largest number of candidates in a district."""
    return int(np.diff(voters.district_first).max(initial=0))


def scratch_for(voters: Voters, laws: Laws) -> Scratch:
    """Return work rows for one thread."""
    ways = max(len(laws.contests), 1)
    field = field_of(voters) if needs_ballots(laws) else 1
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
        normal=floats(max(options + 1, 2)),
        eta=floats(options),
        running=floats(options),
        factor=np.zeros(width, np.float64),
        reached=whole(2),
        votes=whole(options),
        ballots=whole(),
        shock=floats(max(regions * groups, 1)),
        centre=floats(groups),
        best=floats(),
        winner=whole(ways * max(districts, 1)),
        seats=whole(lists),
        remainder=whole(lists),
        rank=whole(lists),
        admitted=whole(lists),
        lane=whole(6),
        estimate=floats(),
        nominal=whole(ways * groups),
        total=whole(groups),
        base=whole(groups),
        cast=whole(),
        field=floats(max(field, 1)),
        contest=whole(10),
        weight=np.zeros((2, width), np.float64),
        spare=np.zeros(3 * max(int(laws.law[:, HOUSE].max()), districts, field_of(voters)) + 3, np.int64),
        joint=whole(members),
        least=whole(members),
    )


@row_function
def national_votes(voters, block, scratch):
    """Draw the national utilities, the valid ballots, and the whole ballots of every option."""
    options = voters.location.size
    bits = scratch.words.view(np.int32)
    key = voters.turnout_key[0]
    normal_row(key[0], key[1], block, scratch.words, bits, scratch.normal[options])
    for o in range(options):
        normal_row(
            voters.national_keys[o, 0], voters.national_keys[o, 1], block, scratch.words, bits, scratch.normal[o]
        )
    votes_of_normals(voters, scratch)


@row_function
def votes_of_normals(voters, scratch):
    """Turn the normals of every option, and of the turnout after them, into utilities and whole ballots."""
    options = voters.location.size
    for o in range(options):
        set_row(scratch.eta[o], voters.location[o])
        for k in range(o + 1):
            if voters.scale[o, k] != np.float32(0):
                add_scaled(scratch.eta[o], voters.scale[o, k], scratch.normal[k])
    ballots_in_all(
        scratch.normal[options],
        np.float32(voters.turnout[0]),
        np.float32(voters.turnout[1]),
        voters.turnout[2],
        scratch.ballots,
    )
    ballots_cast(scratch.ballots, voters.turnout[3], scratch.cast)
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
def keep_utility(voters, scratch, record, row, lanes, c, normal, strength, first):
    """Keep a candidate's utilities: for a contest on whole ballots, or for the record."""
    out = scratch.field[(c - first) % scratch.field.shape[0]]
    utility_row(normal, voters.candidate_sd[c], strength, out)
    if record.utilities.shape[0] > 0:
        for i in range(lanes):
            record.utilities[row + i, c] = out[i]


@row_function
def district_winners(voters, laws, block, scratch, record, row, lanes):
    """Hold the contests: ``winner[way * D + district]`` is the winner's number within the district.

    The candidate with the largest utility wins a plurality; ways that ask for ballots follow for each district.
    """
    groups, districts = voters.group_option.size, voters.district_region.size
    bits = scratch.words.view(np.int32)
    normal, own = scratch.normal[0], scratch.normal[1]
    keep_field = scratch.field.shape[0] > 1 or record.utilities.shape[0] > 0
    for d in range(districts):
        first, beyond = voters.district_first[d], voters.district_first[d + 1]
        winner = scratch.winner[d]
        set_row(scratch.best, np.float32(-np.inf))
        set_row(winner, np.int32(0))
        strengths = voters.district_region[d] * groups
        for c in range(first, beyond - 1, 2):
            key, other_key = voters.candidate_keys[c], voters.candidate_keys[c + 1]
            noise_row(voters.noise[0], key[0], key[1], block, scratch.words, bits, normal)
            noise_row(voters.noise[0], other_key[0], other_key[1], block, scratch.words, bits, own)
            one = scratch.shock[strengths + voters.candidate_group[c]]
            other = scratch.shock[strengths + voters.candidate_group[c + 1]]
            challenge_two(
                normal, own, voters.candidate_sd[c], voters.candidate_sd[c + 1], one, other, np.int32(c - first),
                scratch.best, winner,
            )  # fmt: skip
            if keep_field:
                keep_utility(voters, scratch, record, row, lanes, c, normal, one, first)
                keep_utility(voters, scratch, record, row, lanes, c + 1, own, other, first)
        if (beyond - first) & 1:
            c = beyond - 1
            key = voters.candidate_keys[c]
            noise_row(voters.noise[0], key[0], key[1], block, scratch.words, bits, normal)
            strength = scratch.shock[strengths + voters.candidate_group[c]]
            challenge(normal, voters.candidate_sd[c], strength, np.int32(c - first), scratch.best, winner)
            if keep_field:
                keep_utility(voters, scratch, record, row, lanes, c, normal, strength, first)
        for way in range(1, laws.contests.shape[0]):
            contest_by_ballots(
                voters, laws.contests[way], d, block, scratch, record, row, lanes, scratch.winner[way * districts + d]
            )


@row_function
def contest_by_ballots(voters, rule, d, block, scratch, record, row, lanes, winner):
    """Hold one district's contest on whole ballots, with a second round of new utilities where the rule asks for it."""
    groups = voters.group_option.size
    first, beyond = voters.district_first[d], voters.district_first[d + 1]
    against_option = voters.against_option[0]
    valid, cast, votes, reached = scratch.contest[0], scratch.contest[1], scratch.contest[2], scratch.contest[3]
    most, second_most, leader, runner_up = (
        scratch.contest[4],
        scratch.contest[5],
        scratch.contest[6],
        scratch.contest[7],
    )
    against = scratch.contest[8]
    total, running = scratch.weight[0], scratch.weight[1]
    ballots_of_district(scratch.ballots, voters.district_part[d], valid)
    ballots_cast(valid, voters.turnout[3], cast)
    set_row(total, 0.0)
    set_row(running, 0.0)
    set_row(reached, np.int32(0))
    set_row(most, NOBODY)
    set_row(second_most, NOBODY)
    set_row(leader, np.int32(0))
    set_row(runner_up, np.int32(0))
    for c in range(first, beyond):
        add_weight(scratch.field[c - first], total)
    if against_option >= 0:
        add_weight(scratch.eta[against_option], total)
    keep_ballots = record.ballots.shape[0] > 0
    for c in range(first, beyond):
        ballots_until(scratch.field[c - first], running, total, valid, reached, votes)
        rank_first_two(votes, np.int32(c - first), most, second_most, leader, runner_up)
        if keep_ballots:
            for i in range(lanes):
                record.ballots[row + i, c] = votes[i]
    difference(valid, reached, against)
    if keep_ballots:
        for i in range(lanes):
            record.ballots[row + i, beyond_all(voters) + d] = against[i]
    if settle_first_round(rule, beyond - first, most, against, valid, cast, leader, winner) > 0:
        bits = scratch.words.view(np.int32)
        normal, own = scratch.normal[0], scratch.normal[1]
        strength_first, strength_second = scratch.best, scratch.estimate
        for c in range(first, beyond):
            key = voters.run_off_keys[c]
            noise_row(voters.noise[0], key[0], key[1], block, scratch.words, bits, normal)
            strength = scratch.shock[voters.district_region[d] * groups + voters.candidate_group[c]]
            utility_row(normal, voters.candidate_sd[c], strength, own)
            choose_finalist(np.int32(c - first), own, leader, runner_up, strength_first, strength_second)
            if record.run_off.shape[0] > 0:
                for i in range(lanes):
                    record.run_off[row + i, c] = own[i]
        set_row(own, np.float32(-80) if against_option < 0 else np.float32(0))
        if against_option >= 0:
            add_row(scratch.eta[against_option], own)
        if record.run_off.shape[0] > 0:
            for i in range(lanes):
                record.run_off[row + i, voters.candidate_group.size] = own[i]
        settle_second_round(rule, own, strength_first, strength_second, leader, runner_up, winner)


@row_function
def beyond_all(voters):
    """Number of candidates in all districts."""
    return voters.candidate_group.size


@row_function
def tally_districts(voters, laws, scratch, tallies, lanes):
    """Count the winners, and give every group its district seats in ``nominal[way * G + group]``."""
    groups, districts = voters.group_option.size, voters.district_region.size
    for way in range(laws.contests.shape[0]):
        for g in range(groups):
            set_row(scratch.nominal[way * groups + g], np.int32(0))
        for d in range(districts):
            first, beyond = voters.district_first[d], voters.district_first[d + 1]
            winner = scratch.winner[way * districts + d]
            if way == 0:
                small_histogram(winner, lanes, tallies.wins[0, first:beyond], scratch.spare)
            else:
                histogram_of_elected(winner, lanes, tallies.wins[way, first:beyond])
            start = first
            while start < beyond:
                group = voters.candidate_group[start]
                end = start + 1
                while end < beyond and voters.candidate_group[end] == group:
                    end += 1
                won_by_group(
                    winner, np.int32(start - first), np.int32(end - first), scratch.nominal[way * groups + group]
                )
                start = end
        for g in range(groups):
            small_histogram(scratch.nominal[way * groups + g], lanes, tallies.district_seats[way, g], scratch.spare)


@row_function
def tally_system(voters, laws, k, scratch, tallies, lanes):
    """Count one system's seats of the block and add them to the tallies."""
    law = laws.law[k]
    lists, groups = voters.parties[0], voters.group_option.size
    if law[HAS_LIST]:
        list_tier(
            scratch.votes, lists, scratch.ballots, scratch.cast, law, laws.list_lengths[k], scratch.seats, scratch.remainder,
            scratch.rank, scratch.admitted, scratch.lane, scratch.estimate, lanes, tallies.cases[k],
        )  # fmt: skip
        for p in range(lists):
            small_histogram(scratch.seats[p], lanes, tallies.list_seats[k, p], scratch.spare)
            tallies.passed[k, p] += count_above(scratch.admitted[p], np.int32(1), lanes)
    else:
        for p in range(lists):
            set_row(scratch.seats[p], np.int32(0))
    for g in range(groups):
        set_row(scratch.total[g], np.int32(0))
        if g < lists:
            add_row(scratch.seats[g], scratch.total[g])
        if laws.contest_of[k] >= 0:
            add_row(scratch.nominal[laws.contest_of[k] * groups + g], scratch.total[g])
        small_histogram(scratch.total[g], lanes, tallies.seats[k, g], scratch.spare)
    for g in range(groups):
        if k == 0:
            copy_row(scratch.total[g], scratch.base[g])
        else:
            compare_with_first(laws, k, g, scratch, tallies, lanes)
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
def compare_with_first(laws, k, g, scratch, tallies, lanes):
    """Tally how a group's seats differ from those under the first system, draw by draw."""
    law, first, apart = laws.law[k], laws.law[0], scratch.lane[0]
    shift = np.int32((tallies.difference.shape[2] - 1) // 2)
    shifted_difference(scratch.total[g], scratch.base[g], shift, apart)
    histogram(apart, lanes, tallies.difference[k - 1, g])
    for mark, column in ((0, MAJORITY), (2, TWO_THIRDS)):
        gained, lost = crossings(
            scratch.total[g], np.int32(law[column]), scratch.base[g], np.int32(first[column]), lanes
        )
        tallies.crossings[k - 1, g, mark] += gained
        tallies.crossings[k - 1, g, mark + 1] += lost


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
            districts = voters.district_region.size
            for way in range(record.winners.shape[1]):
                for d in range(districts):
                    record.winners[row + i, way, d] = scratch.winner[way * districts + d, i]


@row_function
def tally_block(voters, laws, scratch, tallies, record, row, lanes):
    """Count the block's votes and winners under every system; write the record where it has rows."""
    bins = scratch.lane[0]
    for o in range(voters.location.size):
        share_bins(scratch.votes[o], scratch.ballots, bins)
        histogram(bins, lanes, tallies.shares[o])
    tally_districts(voters, laws, scratch, tallies, lanes)
    for k in range(laws.law.shape[0]):
        tally_system(voters, laws, k, scratch, tallies, lanes)
        if record.votes.shape[0] > 0:
            keep(voters, scratch, record, row, k, lanes)


@kernel_function
def simulate_blocks(voters, laws, first_block, blocks, draws, scratch, tallies, record):
    """Simulate ``blocks`` blocks from ``first_block`` on, of a run of ``draws`` draws; a last block may be cut.

    Adds to ``tallies``; writes ``record`` (row 0 = first draw of the range) where it has rows.
    """
    for b in range(blocks):
        block = first_block + b
        lanes = min(BLOCK, draws - block * BLOCK)
        national_votes(voters, block, scratch)
        if voters.district_region.size > 0:
            regional_strengths(voters, block, scratch)
            district_winners(voters, laws, block, scratch, record, b * BLOCK, lanes)
        tally_block(voters, laws, scratch, tallies, record, b * BLOCK, lanes)
