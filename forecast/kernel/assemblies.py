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
from forecast.kernel.contests import add_weight, ballots_cast, ballots_of_district, ballots_until
from forecast.kernel.gumbel import noise_row
from forecast.kernel.random import BLOCK, WORDS, normal_row
from forecast.kernel.seats import HAS_LIST, MAJORITY, list_tier
from forecast.kernel.tally import count_above, histogram, represented, won_by_group
from forecast.kernel.votes import add_row, add_scaled, challenge, set_row, utility_row

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

FEW = 4  # seats up to which counting number by number is faster than a histogram

_ZERO, _UNIT = np.int32(0), np.int32(1)


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
    noise: I64  # [1] the law of the candidates' noise, as in ``draw.Voters``
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
    """Work rows of one block."""

    words: U64
    normal: F32
    strength: F32
    best: F32
    winner: I32
    seats: I32
    nominal: I32
    votes: I32
    valid: I32
    cast: I32
    reached: I32
    remainder: I32
    rank: I32
    admitted: I32
    lane: I32
    estimate: F32
    weight: F64
    number: I32
    all_seats: I32
    controlled: I32


def assembly_scratch(assemblies: Assemblies) -> AssemblyScratch:
    """Return work rows for one thread."""
    groups, width = len(assemblies.noise_sd), BLOCK + 16
    lists = max(int(np.diff(assemblies.first_list).max(initial=0)), 1)

    def floats(*rows: int) -> F32:
        return np.zeros((*rows, width), np.float32)

    def whole(*rows: int) -> I32:
        return np.zeros((*rows, width), np.int32)

    return AssemblyScratch(
        words=np.zeros(WORDS, np.uint64),
        normal=floats(2),
        strength=floats(groups),
        best=floats(),
        winner=whole(),
        seats=whole(lists),
        nominal=whole(groups),
        votes=whole(lists),
        valid=whole(),
        cast=whole(),
        reached=whole(),
        remainder=whole(lists),
        rank=whole(lists),
        admitted=whole(lists),
        lane=whole(6),
        estimate=floats(),
        weight=np.zeros((2, width), np.float64),
        number=whole(),
        all_seats=whole(groups),
        controlled=whole(groups + 1),
    )


@row_function
def local_strengths(assemblies, a, shock, block, scratch):
    """Add the assembly's own shocks to the region's strengths, and move groups that stand elsewhere here."""
    groups = assemblies.noise_sd.size
    bits = scratch.words.view(np.int32)
    normal = scratch.normal[0]
    for g in range(groups):
        if assemblies.present[a, g]:
            key = assemblies.noise_keys[a, g]
            normal_row(key[0], key[1], block, scratch.words, bits, normal)
            moved(shock[assemblies.region[a] * groups + g], assemblies.shift[g], scratch.strength[g])
            add_scaled(scratch.strength[g], assemblies.noise_sd[g], normal)


@row_function
def moved(row, shift, out):
    """Write a row plus a constant."""
    for i in range(BLOCK):
        out[i] = row[i] + shift


@row_function
def list_votes(assemblies, a, eta, ballots, scratch):
    """Turn the local strengths of the lists that stand, and of "against all", into whole ballots."""
    first, beyond = assemblies.first_list[a], assemblies.first_list[a + 1]
    against_option = assemblies.against_option[0]
    total, running = scratch.weight[0], scratch.weight[1]
    ballots_of_district(ballots, assemblies.ballots_part[a], scratch.valid)
    ballots_cast(scratch.valid, assemblies.valid_share[0], scratch.cast)
    set_row(total, 0.0)
    set_row(running, 0.0)
    set_row(scratch.reached, _ZERO)
    for e in range(first, beyond):
        add_weight(scratch.strength[assemblies.list_group[e]], total)
    if against_option >= 0:
        add_weight(eta[against_option], total)
    for e in range(first, beyond):
        ballots_until(
            scratch.strength[assemblies.list_group[e]], running, total, scratch.valid, scratch.reached,
            scratch.votes[e - first],
        )  # fmt: skip


@row_function
def ward_winners(assemblies, a, block, scratch, record, lane):
    """Hold the district contests of an assembly, and give every group its seats in ``nominal[group]``."""
    bits = scratch.words.view(np.int32)
    normal, own = scratch.normal[0], scratch.normal[1]
    keep = record.utilities.shape[0] > 0
    for g in range(assemblies.noise_sd.size):
        set_row(scratch.nominal[g], _ZERO)
    for w in range(assemblies.first_ward[a], assemblies.first_ward[a + 1]):
        first, beyond = assemblies.first_candidate[w], assemblies.first_candidate[w + 1]
        set_row(scratch.winner, _ZERO)
        for c in range(first, beyond):
            key = assemblies.candidate_keys[c]
            noise_row(assemblies.noise[0], key[0], key[1], block, scratch.words, bits, normal)
            strength, sd = scratch.strength[assemblies.candidate_group[c]], assemblies.candidate_sd[c]
            if c == first:
                utility_row(normal, sd, strength, scratch.best)
            else:
                challenge(normal, sd, strength, np.int32(c - first), scratch.best, scratch.winner)
            if keep:
                utility_row(normal, assemblies.candidate_sd[c], strength, own)
                record.utilities[0, c] = own[lane]
        if keep:
            record.winners[0, w] = scratch.winner[lane]
        start = first
        while start < beyond:
            group = assemblies.candidate_group[start]
            end = start + 1
            while end < beyond and assemblies.candidate_group[end] == group:
                end += 1
            won_by_group(scratch.winner, np.int32(start - first), np.int32(end - first), scratch.nominal[group])
            start = end


@row_function
def count_assembly_lists(assemblies, a, scratch, record, lane, lanes, tallies):
    """Count an assembly's list tier and add its seats to those from the districts."""
    first, beyond = assemblies.first_list[a], assemblies.first_list[a + 1]
    list_tier(
        scratch.votes, beyond - first, scratch.valid, scratch.cast, assemblies.law[a],
        assemblies.list_length[first:beyond], scratch.seats, scratch.remainder, scratch.rank, scratch.admitted,
        scratch.lane, scratch.estimate, lanes, tallies.assembly_cases[a],
    )  # fmt: skip
    for e in range(first, beyond):
        add_row(scratch.seats[e - first], scratch.nominal[assemblies.list_group[e]])
        if record.votes.shape[0] > 0:
            record.votes[0, e] = scratch.votes[e - first, lane]
            record.list_seats[0, e] = scratch.seats[e - first, lane]
    if record.votes.shape[0] > 0:
        record.valid[0, a] = scratch.valid[lane]


@row_function
def note_majority(seats, majority, controlled, number):
    """Note in which draws a group has a majority of an assembly: one more for the group, and ``number`` set."""
    for i in range(BLOCK):
        reaches = seats[i] >= majority
        controlled[i] = np.int32(controlled[i] + (_UNIT if reaches else _ZERO))
        number[i] = _UNIT if reaches else number[i]


@row_function
def count_unset(number, out):
    """Add one where nothing was noted."""
    for i in range(BLOCK):
        out[i] = np.int32(out[i] + (_UNIT - number[i]))


@row_function
def count_seats(row, most, lanes, counts):
    """Histogram of seats; where a group can have but a few, each number is counted over the whole row."""
    if most > FEW:
        histogram(row, lanes, counts)
        return
    above = lanes
    for seats in range(most):
        least = np.int32(seats + 1)
        reached = count_above(row, least, lanes)
        counts[seats] += above - reached
        above = reached
    counts[most] += above


@row_function
def tally_assembly(assemblies, a, scratch, lanes, tallies):
    """Add an assembly's seats to the tallies, and to the rows of all assemblies."""
    groups = assemblies.noise_sd.size
    majority = np.int32(assemblies.law[a, MAJORITY])
    set_row(scratch.number, _ZERO)
    for g in range(groups):
        if assemblies.present[a, g]:
            count_seats(scratch.nominal[g], assemblies.most[a, g], lanes, tallies.assembly_seats[a, g])
            add_row(scratch.nominal[g], scratch.all_seats[g])
            note_majority(scratch.nominal[g], majority, scratch.controlled[g], scratch.number)
        else:
            tallies.assembly_seats[a, g, 0] += lanes
    count_unset(scratch.number, scratch.controlled[groups])
    set_row(scratch.number, _ZERO)
    for p in range(assemblies.parties[0]):
        represented(scratch.nominal[p], scratch.number)
    histogram(scratch.number, lanes, tallies.assembly_parties[a])


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
        local_strengths(assemblies, a, shock, block, scratch)
        ward_winners(assemblies, a, block, scratch, record, lane)
        if assemblies.law[a, HAS_LIST]:
            list_votes(assemblies, a, eta, ballots, scratch)
            count_assembly_lists(assemblies, a, scratch, record, lane, lanes, tallies)
        tally_assembly(assemblies, a, scratch, lanes, tallies)
    for g in range(groups):
        histogram(scratch.all_seats[g], lanes, tallies.all_seats[g])
    for g in range(groups + 1):
        histogram(scratch.controlled[g], lanes, tallies.controlled[g])
