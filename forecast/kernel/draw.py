"""The fused loop: a block of draws goes from random numbers to tallies without leaving the cache."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import kernel_function, row_function
from forecast.kernel.contests import (
    AGAINST_VOIDS,
    COVERED,
    TWO_ROUNDS,
    ballots_of_district,
    first_round,
    second_round,
    share_out,
    strongest,
)
from forecast.kernel.posterior import pick_rows
from forecast.kernel.random import BLOCK, HALF, counters, normal_pair, normal_row
from forecast.kernel.rows import by_address
from forecast.kernel.seats import HAS_LIST, MAJORITY, TWO_THIRDS, ListRows, list_rows, list_tier
from forecast.kernel.tally import (
    IDLE,
    ROW,
    coalitions,
    elected_of,
    histograms,
    rows_in_eights,
    share_bins,
    tally_difference,
    tally_parties,
    tally_winners,
)
from forecast.kernel.vectors import LANES, fma, load, shorts, spread, store
from forecast.kernel.votes import (
    copy_row,
    exp_of,
    national_utilities,
    recentred,
    set_row,
    valid_and_cast,
    whole_ballots,
)

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I16 = npt.NDArray[np.int16]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

COALITION_PARTIES = 8  # joint majorities are tallied for all sets of at most this many parties
MARKS = 3


class Voters(NamedTuple):
    """The vote model as flat arrays. O options, G groups (parties, then the self-nominated), R regions, D, C."""

    location: F32  # [O] log scale
    scale: F32  # [O, O] lower triangular
    tail: F32  # [1] weight of the cube of the national normals
    national_keys: U64  # [O, 2]
    turnout: F64  # mean and sd on the logit scale, most valid ballots there can be, valid share of ballots cast
    turnout_key: U64  # [1, 2]
    group_option: I64  # [G] the option whose national draw moves the group, -1 for none
    group_location: F32  # [G] for groups without an option
    group_sd: F32  # [G]
    group_keys: U64  # [G, 2]
    region_weight: F32  # [R] share of the expected ballots
    regional_sd: F32  # [G]
    region_lean: F32  # [R, G] how far a group's strength in a region lies from the national one
    region_keys: U64  # [R, G, 2]
    district_region: I64  # [D]
    district_first: I64  # [D + 1] first candidate of each district
    candidate_group: I64  # [C] ascending within a district
    candidate_sd: F32  # [C]
    candidate_keys: U64  # [C, 2]
    run_off_keys: U64  # [C, 2] noise of a second round
    noise: I64  # [1] law of the candidates' noise: NORMAL or GUMBEL
    district_part: F64  # [D] share of the expected ballots
    against_option: I64  # [1] the option "against all", -1 for none
    parties: I64  # [1] number of lists; they are the first options and the first groups
    posterior: F32  # [2, rows, O] log shares and cumulative shares that stand in for the family; no rows: none do
    posterior_key: U64  # [1, 2]


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
    sizes: I64  # [K, members] members of the house; no systems where every house has one size
    marks: I64  # [K, G, MARKS] majority, two thirds, blocking third of the members; likewise


class Record(NamedTuple):
    """Single draws, written where a record is asked for; arrays of no rows otherwise."""

    votes: I32  # [draw, O]
    list_seats: I32  # [draw, K, P]
    winners: I32  # [draw, Q, D] number of the winner within the district, -1 for nobody
    utilities: F32  # [draw, C], no rows where not asked for
    run_off: F32  # [draw, C + 1] utilities of a second round, then of "against all"; no rows where not asked for
    ballots: I32  # [draw, C + D] ballots of candidates, then "against all", no rows where not asked for or not made
    regional: I32  # [draw, R, O] list ballots by region, no rows where not asked for or not made


class Scratch(NamedTuple):
    """Work rows of one block; padded, so that rows do not fall into the same cache sets."""

    normal: F32  # [O + 1] of the options, then of the turnout
    eta: F32  # [O]
    running: F32  # [O]
    votes: I32  # [O]
    ballots: I32  # valid ones
    cast: I32
    bins: I16  # [O]
    shock: F32  # [R * G] regional strengths
    field: F32  # [candidates of a district] utilities
    run_off: F32  # [candidates of a district] utilities of a second round
    papers: I32  # [candidates of a district + 5] ballots; "against all", valid, cast, first, second
    winner: I32  # [Q * D]
    elected: I16
    nominal: I16  # [Q, G] district seats
    list_work: ListRows
    seats: I32  # [P] list seats
    list_seats: I16  # [P]
    total: I16  # [G]
    base: I16  # [G] total under the first system
    apart: I16  # [G]
    joint: I16  # [sets of either half of the parties, LANES]
    lost: I64  # [sets, draws / 64] a bit a draw
    idle: I64  # [IDLE] counters of rows that nobody asks for
    strip: F32  # [2 R, LANES] regional shocks of one group


def needs_ballots(laws: Laws) -> bool:
    """Tell whether a system asks for whole ballots of candidates."""
    return bool((laws.contests[:, (TWO_ROUNDS, AGAINST_VOIDS, COVERED)] != 0).any())


def field_of(voters: Voters) -> int:
    """Return the largest number of candidates in a district."""
    return int(np.diff(voters.district_first).max(initial=0))


def scratch_for(voters: Voters, laws: Laws) -> Scratch:
    """Return work rows for one thread."""
    ways, width = max(len(laws.contests), 1), ROW
    options, groups, field = len(voters.location), len(voters.group_option), max(field_of(voters), 1)
    regions, districts, lists = len(voters.region_weight), len(voters.district_region), int(voters.parties[0])
    members = min(lists, COALITION_PARTIES)

    def floats(*rows: int) -> F32:
        return np.zeros((*rows, width), np.float32)

    def whole(*rows: int) -> I32:
        return np.zeros((*rows, width), np.int32)

    def short(*rows: int) -> I16:
        return np.zeros((*rows, width), np.int16)

    return Scratch(
        normal=floats(options + 1),
        eta=floats(options),
        running=floats(options),
        votes=whole(options),
        ballots=whole(),
        cast=whole(),
        bins=rows_in_eights(options),
        shock=floats(max(regions * groups, 1)),
        field=floats(field),
        run_off=floats(field if needs_ballots(laws) else 1),
        papers=whole(field + 5 if needs_ballots(laws) else 5),
        winner=whole(ways * max(districts, 1)),
        elected=short(),
        nominal=np.stack([rows_in_eights(groups)] * ways),
        list_work=list_rows(lists),
        seats=whole(lists),
        list_seats=rows_in_eights(lists),
        total=rows_in_eights(groups),
        base=short(groups),
        apart=rows_in_eights(groups),
        joint=np.zeros((2 ** (members // 2) + 2 ** (members - members // 2), LANES), np.int16),
        lost=np.zeros((2**members, BLOCK // 64), np.int64),
        idle=np.zeros(IDLE, np.int64),
        strip=np.zeros((2 * max(regions, 1), LANES), np.float32),
    )


@row_function
def national_votes(voters, block, scratch):
    """Draw the national utilities, the valid ballots, and the whole ballots of every option."""
    options = voters.location.size
    for o in range(options):
        normal_row(voters.national_keys[o, 0], voters.national_keys[o, 1], block, scratch.normal[o])
    normal_row(voters.turnout_key[0, 0], voters.turnout_key[0, 1], block, scratch.normal[options])
    national_utilities(voters.location, voters.scale, voters.tail, scratch.normal, scratch.eta, scratch.running)
    if voters.posterior.shape[1] > 0:
        key = voters.posterior_key
        pick_rows(voters.posterior, key[0, 0], key[0, 1], block, scratch.eta, scratch.running)
    ballots_of_options(voters, scratch)


@row_function
def votes_of_normals(voters, scratch):
    """Turn the normals of every option, and of the turnout after them, into utilities and whole ballots."""
    national_utilities(voters.location, voters.scale, voters.tail, scratch.normal, scratch.eta, scratch.running)
    ballots_of_options(voters, scratch)


@row_function
def ballots_of_options(voters, scratch):
    """Turn the turnout's normals and the options' running weights into whole ballots."""
    valid_and_cast(scratch.normal[voters.location.size], voters.turnout, scratch.ballots, scratch.cast)
    whole_ballots(scratch.running, scratch.ballots, scratch.votes)


@row_function
def regional_strengths(voters, block, shock, eta, strip):
    """Draw the regional shocks and leave each group's strength in each region in ``shock[region * G + group]``.

    Shocks are recentred, so that the regions' weighted exponentials give back the national one in every draw. They
    wait in ``strip`` for their mean, so that the far rows are written once and never read.
    """
    groups, regions = voters.group_option.size, voters.region_weight.size
    for g in range(groups):
        sd, option = voters.regional_sd[g], voters.group_option[g]
        for i in range(0, HALF, LANES):
            counter = counters(block, i)
            total, other_total = spread(np.float32(0)), spread(np.float32(0))
            for r in range(regions):
                low, high = normal_pair(voters.region_keys[r, g, 0], voters.region_keys[r, g, 1], counter)
                lean = voters.region_lean[r, g]
                low, high = fma(low, sd, lean), fma(high, sd, lean)
                store(strip[2 * r], 0, low)
                store(strip[2 * r + 1], 0, high)
                total = fma(exp_of(low), voters.region_weight[r], total)
                other_total = fma(exp_of(high), voters.region_weight[r], other_total)
            if option >= 0:
                low, high = load(eta[option], i), load(eta[option], i + HALF)
            else:
                low, high = normal_pair(voters.group_keys[g, 0], voters.group_keys[g, 1], counter)
                low = fma(low, voters.group_sd[g], voters.group_location[g])
                high = fma(high, voters.group_sd[g], voters.group_location[g])
            low, high = recentred(low, total), recentred(high, other_total)
            for r in range(regions):
                store(shock[r * groups + g], i, load(strip[2 * r], 0) + low)
                store(shock[r * groups + g], i + HALF, load(strip[2 * r + 1], 0) + high)


@row_function
def district_winners(voters, laws, block, scratch, record, row, lanes):
    """Hold the contests of every district."""
    for d in range(voters.district_region.size):
        district_winner(voters, laws, d, block, scratch, record, row, lanes)


@row_function
def district_winner(voters, laws, d, block, scratch, record, row, lanes):
    """Hold a district's contest: ``winner[way * D + district]`` is the winner's number within the district.

    The candidate with the largest utility wins a plurality; ways that ask for ballots follow.
    """
    groups, districts = voters.group_option.size, voters.district_region.size
    keep_field = laws.contests.shape[0] > 1 or record.utilities.shape[0] > 0
    first, beyond = voters.district_first[d], voters.district_first[d + 1]
    strengths = scratch.shock[voters.district_region[d] * groups :]
    strongest(
        voters.noise[0], voters.candidate_keys, voters.candidate_sd, voters.candidate_group, first, beyond, strengths,
        block, scratch.field, keep_field, scratch.winner[d],
    )  # fmt: skip
    if record.utilities.shape[0] > 0:
        for c in range(first, beyond):
            keep_column(scratch.field[c - first], lanes, record.utilities, row, c)
    for way in range(1, laws.contests.shape[0]):
        contest_by_ballots(
            voters, laws.contests[way], d, block, scratch, record, row, lanes, scratch.winner[way * districts + d]
        )


@row_function
def keep_column(values, lanes, table, row, column):
    """Write a row into a column of the record, from ``row`` on."""
    for i in range(lanes):
        table[row + i, column] = values[i]


@row_function
def contest_by_ballots(voters, rule, d, block, scratch, record, row, lanes, winner):
    """Hold one district's contest on whole ballots, with a second round of new utilities where the rule asks for it."""
    groups, first, beyond = voters.group_option.size, voters.district_first[d], voters.district_first[d + 1]
    number, candidates, own = beyond - first, voters.candidate_group.size, scratch.papers.shape[0] - 5
    option = voters.against_option[0]
    against = scratch.eta[option : option + 1] if option >= 0 else scratch.eta[:0]
    rest, valid, cast = scratch.papers[own], scratch.papers[own + 1], scratch.papers[own + 2]
    leader, runner_up = scratch.papers[own + 3], scratch.papers[own + 4]
    ballots_of_district(scratch.ballots, voters.district_part[d], voters.turnout[3], valid, cast)
    share_out(scratch.field, number, against, valid, scratch.papers, rest)
    if record.ballots.shape[0] > 0:
        for c in range(number):
            keep_column(scratch.papers[c], lanes, record.ballots, row, first + c)
        keep_column(rest, lanes, record.ballots, row, candidates + d)
    if first_round(rule, number, scratch.papers, rest, valid, cast, leader, runner_up, winner) > 0:
        strengths = scratch.shock[voters.district_region[d] * groups :]
        strongest(
            voters.noise[0], voters.run_off_keys, voters.candidate_sd, voters.candidate_group, first, beyond, strengths,
            block, scratch.run_off, True, cast,
        )  # fmt: skip
        if record.run_off.shape[0] > 0:
            for c in range(number):
                keep_column(scratch.run_off[c], lanes, record.run_off, row, first + c)
            for i in range(lanes):
                record.run_off[row + i, candidates] = against[0, i] if option >= 0 else np.float32(-80)
        second_round(rule, scratch.run_off, number, against, leader, runner_up, winner)


@row_function
def tally_districts(voters, laws, scratch, tallies, lanes):
    """Count the winners, and give every group its district seats in ``nominal[way * G + group]``."""
    groups, districts = voters.group_option.size, voters.district_region.size
    for way in range(laws.contests.shape[0]):
        nominal = scratch.nominal[way]
        for g in range(groups):
            set_row(nominal[g], np.int16(0))
        for d in range(districts):
            first, beyond = voters.district_first[d], voters.district_first[d + 1]
            elected_of(scratch.winner[way * districts + d], lanes, scratch.elected)
            tally_winners(
                scratch.elected, voters.candidate_group[first:beyond], tallies.wins[way, first:beyond], nominal
            )
        histograms(nominal, groups, lanes, tallies.district_seats[way], scratch.idle)


@row_function
def tally_system(voters, laws, k, scratch, tallies, lanes):
    """Count one system's seats of the block and add them to the tallies."""
    law = laws.law[k]
    lists, groups, way = voters.parties[0], voters.group_option.size, laws.contest_of[k]
    if law[HAS_LIST]:
        list_tier(
            scratch.votes, lists, scratch.ballots, scratch.cast, law, laws.list_lengths[k], scratch.list_work,
            scratch.seats, lanes, tallies.cases[k], tallies.passed[k],
        )  # fmt: skip
    else:
        for p in range(lists):
            set_row(scratch.seats[p], np.int32(0))
    add_up(scratch, voters.parties[0], groups, law[HAS_LIST] != 0, way)
    if law[HAS_LIST] and way >= 0:
        histograms(scratch.list_seats, lists, lanes, tallies.list_seats[k], scratch.idle)
    histograms(scratch.total, groups, lanes, tallies.seats[k], scratch.idle)
    if k == 0:
        for g in range(groups):
            copy_row(scratch.total[g], scratch.base[g])
    else:
        compare_with_first(laws, k, groups, scratch, tallies, lanes)
    tally_parties(scratch.total, lists, lanes, tallies.largest[k], tallies.parties[k])
    members = lists if lists < COALITION_PARTIES else COALITION_PARTIES
    coalitions(
        scratch.total, members, np.int16(law[MAJORITY]), lanes, scratch.joint, scratch.lost,
        tallies.majority[k], tallies.minimal[k],
    )  # fmt: skip


@row_function
def add_up(scratch, lists, groups, has_list, way):
    """Add list seats and district seats of every group."""
    for g in range(groups):
        for i in range(0, BLOCK, LANES):
            seats = spread(np.int16(0))
            if has_list and g < lists:
                seats = shorts(load(scratch.seats[g], i))
                store(scratch.list_seats[g], i, seats)
            if way >= 0:
                seats = seats + load(scratch.nominal[way, g], i)
            store(scratch.total[g], i, seats)


@row_function
def compare_with_first(laws, k, groups, scratch, tallies, lanes):
    """Tally how the groups' seats differ from those under the first system, draw by draw."""
    law, first = laws.law[k], laws.law[0]
    least = np.int16(law[MAJORITY]), np.int16(law[TWO_THIRDS])
    base_least = np.int16(first[MAJORITY]), np.int16(first[TWO_THIRDS])
    shift = np.int16((tallies.difference.shape[2] - 1) // 2)
    for g in range(groups):
        tally_difference(
            scratch.total[g], scratch.base[g], shift, least, base_least, lanes, scratch.apart[g],
            tallies.crossings[k - 1, g],
        )  # fmt: skip
    histograms(scratch.apart, groups, lanes, tallies.difference[k - 1], scratch.idle)


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
    """Count the ballots and winners of a block under every system, and keep its draws where a record asks for them."""
    share_bins(scratch.votes, scratch.ballots, scratch.bins)
    histograms(scratch.bins, voters.location.size, lanes, tallies.shares, scratch.idle)
    tally_districts(voters, laws, scratch, tallies, lanes)
    for k in range(laws.law.shape[0]):
        tally_system(voters, laws, k, scratch, tallies, lanes)
        if record.votes.shape[0] > 0:
            keep(voters, scratch, record, row, k, lanes)


@row_function
def list_seats_of_lists_alone(voters, laws, tallies):
    """Copy the tallies of seats to those of list seats where a system has no other seats."""
    for k in range(laws.law.shape[0]):
        if laws.law[k, HAS_LIST] and laws.contest_of[k] < 0:  # all seats are list seats
            for p in range(voters.parties[0]):
                for seats in range(tallies.seats.shape[2]):
                    tallies.list_seats[k, p, seats] = tallies.seats[k, p, seats]


@by_address
@kernel_function
def simulate_blocks(voters, laws, first_block, blocks, draws, scratch, tallies, record):
    """Simulate ``blocks`` blocks from ``first_block`` on, of a run of ``draws`` draws; a last block may be cut.

    Adds to ``tallies``; writes ``record`` (row 0 = first draw of the range) where it has rows.
    """
    for b in range(blocks):
        block = first_block + b
        left = draws - block * BLOCK
        lanes = left if left < BLOCK else BLOCK
        national_votes(voters, block, scratch)
        if voters.district_region.size > 0:
            regional_strengths(voters, block, scratch.shock, scratch.eta, scratch.strip)
            district_winners(voters, laws, block, scratch, record, b * BLOCK, lanes)
        tally_block(voters, laws, scratch, tallies, record, b * BLOCK, lanes)
    list_seats_of_lists_alone(voters, laws, tallies)
