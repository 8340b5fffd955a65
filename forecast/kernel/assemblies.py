"""Local assemblies in the same draw: their lists counted as whole ballots, their districts by plurality.

A block of draws goes through ``simulate_blocks`` first, which leaves the regional strengths of all groups, the
utility of "against all" and the valid ballots in its scratch; here each assembly adds a shock of its own to them.
Every row of normals is used at once and forgotten, so memory grows with neither draws nor candidates.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import kernel_function, row_function
from forecast.kernel.contests import ballots_of_district, share_out, strongest
from forecast.kernel.random import BLOCK, HALF, counters, normal_pair
from forecast.kernel.seats import HAS_LIST, MAJORITY, ListRows, list_rows, list_tier
from forecast.kernel.tally import IDLE, elected_of, histograms, in_run, one_histogram, rows_in_eights, won_by_group
from forecast.kernel.vectors import LANES, choose, count, fma, load, short_ones, shorts, spread, store
from forecast.kernel.votes import copy_row, set_row

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I16 = npt.NDArray[np.int16]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

FEW = 8  # seats up to which counting number by number is faster than a histogram

_ZERO = np.int16(0)


class Assemblies(NamedTuple):
    """Local assemblies as flat arrays. A assemblies, L lists of all of them, W districts, C candidates, G groups."""

    region: I64  # [A]
    law: I64  # [A, LAW_COLUMNS]
    ballots_part: F64  # [A] the region's share of the expected ballots
    valid_share: F64  # [1] valid share of ballots cast
    against_option: I64  # [1] the option "against all", -1 for none
    noise_keys: U64  # [A, G, 2]
    noise_sd: F32  # [G]
    shift: F32  # [G] location here less that in the national contests
    present: I64  # [A, G] 1 where the group has a list or a candidate
    most: I64  # [A, G] the most seats a group can have
    first_list: I64  # [A + 1]
    list_group: I64  # [L] ascending within an assembly
    list_length: I32  # [L]
    first_ward: I64  # [A + 1]
    first_candidate: I64  # [W + 1]
    candidate_group: I64  # [C] ascending within a district
    candidate_sd: F32  # [C]
    candidate_keys: U64  # [C, 2]
    noise: I64  # [1] as in ``draw.Voters``
    parties: I64  # [1] number of parties; they are the first groups


class AssemblyTallies(NamedTuple):
    """Integer accumulators; tallies of disjoint ranges of draws add up."""

    assembly_seats: I64  # [A, G, seats]
    assembly_parties: I64  # [A, P + 1] number of parties with a seat
    assembly_cases: I64  # [A, CASES]
    all_seats: I64  # [G, seats of all assemblies]
    controlled: I64  # [G + 1, A + 1] assemblies in which the group has a majority; last row: in which nobody has


class AssemblyRecord(NamedTuple):
    """One draw of a block, written where a record is asked for; arrays of no rows otherwise."""

    votes: I32  # [1, L] ballots of the lists
    valid: I32  # [1, A] valid ballots of the list tier, "against all" included
    list_seats: I32  # [1, L]
    winners: I32  # [1, W] number of the winner within the district
    utilities: F32  # [1, C]


class AssemblyScratch(NamedTuple):
    """Work rows of one block; padded, so that rows do not fall into the same cache sets."""

    strength: F32  # [G] local strengths
    standing: F32  # [P] of the lists that stand
    field: F32  # [candidates of a district] utilities
    winner: I32
    elected: I16
    votes: I32  # [P]
    valid: I32
    cast: I32
    rest: I32  # ballots of "against all"
    list_work: ListRows
    seats: I32  # [P] list seats
    passed: I64  # [P] lists past the threshold, which nobody asks for
    nominal: I16  # [G] seats
    number: I16  # [1] parties with a seat
    all_seats: I16  # [G]
    controlled: I16  # [G + 1]
    idle: I64  # [IDLE] counters of rows that nobody asks for


def assembly_scratch(assemblies: Assemblies) -> AssemblyScratch:
    """Return work rows for one thread."""
    groups, width = len(assemblies.noise_sd), BLOCK + LANES
    lists = max(int(np.diff(assemblies.first_list).max(initial=0)), 1)
    field = max(int(np.diff(assemblies.first_candidate).max(initial=0)), 1)

    def floats(*rows: int) -> F32:
        return np.zeros((*rows, width), np.float32)

    def whole(*rows: int) -> I32:
        return np.zeros((*rows, width), np.int32)

    def short(*rows: int) -> I16:
        return np.zeros((*rows, width), np.int16)

    return AssemblyScratch(
        strength=floats(groups),
        standing=floats(lists),
        field=floats(field),
        winner=whole(),
        elected=short(),
        votes=whole(lists),
        valid=whole(),
        cast=whole(),
        rest=whole(),
        list_work=list_rows(lists),
        seats=whole(lists),
        passed=np.zeros(lists, np.int64),
        nominal=short(groups),
        number=short(1),
        all_seats=rows_in_eights(groups),
        controlled=rows_in_eights(groups + 1),
        idle=np.zeros(IDLE, np.int64),
    )


@row_function
def local_strengths(assemblies, a, shock, block, strength):
    """Add the assembly's own shocks to the region's strengths, and move groups that stand elsewhere here."""
    groups = assemblies.noise_sd.size
    regional = shock[assemblies.region[a] * groups :]
    for g in range(groups):
        if assemblies.present[a, g]:
            shift, sd = assemblies.shift[g], assemblies.noise_sd[g]
            for i in range(0, HALF, LANES):
                low, high = normal_pair(
                    assemblies.noise_keys[a, g, 0], assemblies.noise_keys[a, g, 1], counters(block, i)
                )
                store(strength[g], i, fma(low, sd, load(regional[g], i) + shift))
                store(strength[g], i + HALF, fma(high, sd, load(regional[g], i + HALF) + shift))


@row_function
def list_votes(assemblies, a, eta, ballots, scratch):
    """Turn the local strengths of the lists that stand, and of "against all", into whole ballots."""
    first, beyond = assemblies.first_list[a], assemblies.first_list[a + 1]
    option = assemblies.against_option[0]
    against = eta[option : option + 1] if option >= 0 else eta[:0]
    ballots_of_district(ballots, assemblies.ballots_part[a], assemblies.valid_share[0], scratch.valid, scratch.cast)
    for e in range(first, beyond):
        copy_row(scratch.strength[assemblies.list_group[e]], scratch.standing[e - first])
    share_out(scratch.standing, beyond - first, against, scratch.valid, scratch.votes, scratch.rest)


@row_function
def ward_winners(assemblies, a, block, scratch, record, lane):
    """Hold the district contests of an assembly, and give every group its seats in ``nominal[group]``."""
    keep = record.utilities.shape[0] > 0
    for g in range(assemblies.noise_sd.size):
        set_row(scratch.nominal[g], _ZERO)
    for w in range(assemblies.first_ward[a], assemblies.first_ward[a + 1]):
        first, beyond = assemblies.first_candidate[w], assemblies.first_candidate[w + 1]
        strongest(
            assemblies.noise[0], assemblies.candidate_keys, assemblies.candidate_sd, assemblies.candidate_group, first, beyond,
            scratch.strength, block, scratch.field, keep, scratch.winner,
        )  # fmt: skip
        if keep:
            for c in range(first, beyond):
                record.utilities[0, c] = scratch.field[c - first, lane]
            record.winners[0, w] = scratch.winner[lane]
        elected_of(scratch.winner, BLOCK, scratch.elected)
        start = first
        while start < beyond:
            group = assemblies.candidate_group[start]
            end = start + 1
            while end < beyond and assemblies.candidate_group[end] == group:
                end += 1
            won_by_group(scratch.elected, np.int16(start - first), np.int16(end - first), scratch.nominal[group])
            start = end


@row_function
def count_assembly_lists(assemblies, a, scratch, record, lane, lanes, tallies):
    """Count an assembly's list tier and add its seats to those from the districts."""
    first, beyond = assemblies.first_list[a], assemblies.first_list[a + 1]
    list_tier(
        scratch.votes, beyond - first, scratch.valid, scratch.cast, assemblies.law[a],
        assemblies.list_length[first:beyond], scratch.list_work, scratch.seats, lanes, tallies.assembly_cases[a],
        scratch.passed,
    )  # fmt: skip
    for e in range(first, beyond):
        add_shorts(scratch.seats[e - first], scratch.nominal[assemblies.list_group[e]])
        if record.votes.shape[0] > 0:
            record.votes[0, e] = scratch.votes[e - first, lane]
            record.list_seats[0, e] = scratch.seats[e - first, lane]
    if record.votes.shape[0] > 0:
        record.valid[0, a] = scratch.valid[lane]


@row_function
def add_shorts(seats, row):
    """Add int32 seats to a row of int16."""
    for i in range(0, BLOCK, LANES):
        store(row, i, load(row, i) + shorts(load(seats, i)))


@row_function
def tally_majorities(nominal, groups, parties, majority, all_seats, controlled, number):
    """Add an assembly's seats to those of all, and note who controls it, if anybody, and how many parties sit in it."""
    for i in range(0, BLOCK, LANES):
        nobody, represented = spread(np.int16(1)), spread(_ZERO)
        for g in range(groups):
            seats = load(nominal[g], i)
            reaches = seats >= majority
            nobody = choose(reaches, _ZERO, nobody)
            store(controlled[g], i, load(controlled[g], i) + short_ones(reaches))
            store(all_seats[g], i, load(all_seats[g], i) + seats)
            if g < parties:
                represented = represented + short_ones(seats > 0)
        store(controlled[groups], i, load(controlled[groups], i) + nobody)
        store(number, i, represented)


@row_function
def count_values(row, most, lanes, counts):
    """Count the values ``0 .. most`` of a row, over the whole row for each."""
    for i in range(0, BLOCK, LANES):
        counted, values = in_run(i, lanes), load(row, i)
        for value in range(most + 1):
            counts[value] += count(counted & (values == np.int16(value)))


@row_function
def tally_assembly(assemblies, a, scratch, lanes, tallies):
    """Add an assembly's seats to the tallies, and to the rows of all assemblies."""
    groups, parties = assemblies.noise_sd.size, assemblies.parties[0]
    tally_majorities(
        scratch.nominal, groups, parties, np.int16(assemblies.law[a, MAJORITY]), scratch.all_seats, scratch.controlled,
        scratch.number[0],
    )  # fmt: skip
    for g in range(groups):
        most = assemblies.most[a, g]
        if most > FEW:
            one_histogram(scratch.nominal[g], lanes, tallies.assembly_seats[a, g])
        else:
            count_values(scratch.nominal[g], most, lanes, tallies.assembly_seats[a, g])
    count_values(scratch.number[0], parties, lanes, tallies.assembly_parties[a])


@kernel_function
def elect_assemblies(assemblies, chosen, block, lanes, shock, eta, ballots, scratch, tallies, record, lane):
    """Elect the ``chosen`` assemblies in one block, after ``simulate_blocks`` has drawn that block.

    ``shock``, ``eta`` and ``ballots`` are the rows it left in its scratch. Adds the first ``lanes`` draws to
    ``tallies``; the record, where it has a row, gets draw ``lane`` of the block.
    """
    groups = assemblies.noise_sd.size
    for g in range(groups):
        set_row(scratch.all_seats[g], _ZERO)
    for g in range(groups + 1):
        set_row(scratch.controlled[g], _ZERO)
    for position in range(chosen.size):
        a = chosen[position]
        local_strengths(assemblies, a, shock, block, scratch.strength)
        ward_winners(assemblies, a, block, scratch, record, lane)
        if assemblies.law[a, HAS_LIST]:
            list_votes(assemblies, a, eta, ballots, scratch)
            count_assembly_lists(assemblies, a, scratch, record, lane, lanes, tallies)
        tally_assembly(assemblies, a, scratch, lanes, tallies)
    histograms(scratch.all_seats, groups, lanes, tallies.all_seats, scratch.idle)
    histograms(scratch.controlled, groups + 1, lanes, tallies.controlled, scratch.idle)
