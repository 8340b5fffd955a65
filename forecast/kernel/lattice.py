"""The loop of ``--sampler lattice``: evenly spread national draws, districts integrated where the law allows it.

Block b holds points ``b // RANDOMISATIONS * BLOCK ..`` of randomisation ``b % RANDOMISATIONS``: every run of
``RANDOMISATIONS`` blocks is a whole net in each of them, and a longer run continues a shorter one. The national
dimensions and the turnout come from the net, regional shocks from keyed random numbers as ever. Joint events of
several groups need winners: each district draws one, by the chances just integrated.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import kernel_function, row_function
from forecast.kernel.conditional import ContestRows, Fields, chances, contest_rows
from forecast.kernel.draw import (
    Tallies,
    district_winners,
    list_seats_of_lists_alone,
    regional_strengths,
    tally_block,
    votes_of_normals,
)
from forecast.kernel.expected import (
    ExpectedRows,
    draw_entry,
    expected_rows,
    tally_chances,
    tally_group,
    uniforms,
)
from forecast.kernel.random import BLOCK, normal_row
from forecast.kernel.seats import HAS_LIST
from forecast.kernel.sobol import RANDOMISATIONS, Net, net_normal_row
from forecast.kernel.vectors import LANES
from forecast.kernel.votes import set_row

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]


class Lattice(NamedTuple):
    """What the loop needs beside voters and laws. O options, D districts."""

    net: Net
    dimension: I64  # [O + 1] of each option and of the turnout, -1 for those that are drawn plainly
    own: I64  # [G] of the groups without an option, -1 for the others
    own_sd: F32  # [G] of their national shocks; ``Voters`` here have none
    fields: Fields
    integrated: I64  # [1] 1 where districts are integrated, 0 where candidates are drawn
    district_keys: U64  # [D, 2] of the winners that are drawn for joint events
    node_keys: U64  # [D, 2] of the shifts of the nodes


class LatticeRows(NamedTuple):
    """Work rows of one thread."""

    point: U32
    shock: F32
    contests: ContestRows
    expected: ExpectedRows


def lattice_rows(lattice: Lattice) -> LatticeRows:
    """Return work rows of one thread."""
    return LatticeRows(
        np.zeros(BLOCK, np.uint32), np.zeros(BLOCK + LANES, np.float32), contest_rows(lattice.fields),
        expected_rows(len(lattice.district_keys)),
    )  # fmt: skip


@row_function
def spread_normals(voters, lattice, block, scratch, rows):
    """Write the national normals of a block of points, those of the net's dimensions and the plain ones."""
    randomisation, part = block % RANDOMISATIONS, block // RANDOMISATIONS
    options = voters.location.size
    vectors, shift = lattice.net.vectors[randomisation], lattice.net.shift[randomisation]
    for o in range(options + 1):
        j = lattice.dimension[o]
        if j >= 0:
            net_normal_row(vectors[j], shift[j], part, rows.point, scratch.normal[o])
        else:
            key = voters.turnout_key[0] if o == options else voters.national_keys[o]
            normal_row(key[0], key[1], block, scratch.normal[o])


@row_function
def move_groups(voters, lattice, block, scratch, rows):
    """Add the national shocks of the groups without an option to their strengths in every region."""
    groups, regions = voters.group_option.size, voters.region_weight.size
    randomisation, part = block % RANDOMISATIONS, block // RANDOMISATIONS
    for g in range(groups):
        j = lattice.own[g]
        if j >= 0:
            net_normal_row(
                lattice.net.vectors[randomisation, j], lattice.net.shift[randomisation, j], part, rows.point, rows.shock
            )
            sd = lattice.own_sd[g]
            for r in range(regions):
                row = scratch.shock[r * groups + g]
                for i in range(BLOCK):
                    row[i] = row[i] + sd * rows.shock[i]


@row_function
def integrate_districts(voters, lattice, block, scratch, rows):
    """Leave the chances of every district's entries in the rows, and a winner drawn by them in ``scratch.winner``."""
    fields, groups = lattice.fields, voters.group_option.size
    for d in range(voters.district_region.size):
        region, uniform = voters.district_region[d] * groups, rows.expected.uniform
        uniforms(lattice.node_keys[d, 0], lattice.node_keys[d, 1], block, uniform)
        chances(fields, d, scratch.shock[region : region + groups], uniform, rows.contests)
        uniforms(lattice.district_keys[d, 0], lattice.district_keys[d, 1], block, uniform)
        winner = scratch.winner[d]
        first, beyond = fields.first_entry[d], fields.first_entry[d + 1]
        set_row(winner, np.int32(fields.first_candidate[beyond - 1]))
        for e in range(first, beyond - 1):
            draw_entry(uniform, rows.contests.chance[e], np.int32(fields.first_candidate[e]), winner)


@row_function
def tally_expected(voters, laws, lattice, scratch, rows, randomisation, expected):
    """Add the integrated distributions of district seats and of seats in the house, under the one system there is."""
    fields, chance = lattice.fields, rows.contests.chance
    listed = voters.parties[0] if laws.law[0, HAS_LIST] else 0
    tally_chances(fields, chance, expected.wins[randomisation])
    for g in range(voters.group_option.size):
        seats = scratch.seats[g] if g < listed else scratch.ballots
        tally_group(
            fields, g, g < listed, chance, seats, rows.expected,
            expected.district_seats[randomisation, g], expected.seats[randomisation, g],
        )  # fmt: skip


@kernel_function
def lattice_blocks(voters, laws, lattice, first_block, blocks, draws, scratch, rows, tallies, expected, record):
    """Simulate blocks of points; arguments as those of ``draw.simulate_blocks``.

    ``tallies`` and ``expected`` have a leading axis of randomisations. Where a record is asked for, candidates are
    drawn one by one, whatever is integrated otherwise: the reference recounts persons.
    """
    for b in range(blocks):
        block = first_block + b
        lanes = min(BLOCK, draws - block * BLOCK)
        r = block % RANDOMISATIONS
        own = Tallies(
            tallies.list_seats[r], tallies.district_seats[r], tallies.seats[r], tallies.passed[r], tallies.largest[r],
            tallies.parties[r], tallies.majority[r], tallies.minimal[r], tallies.wins[r], tallies.shares[r],
            tallies.cases[r], tallies.difference[r], tallies.crossings[r], tallies.sizes, tallies.marks,
        )  # fmt: skip
        spread_normals(voters, lattice, block, scratch, rows)
        votes_of_normals(voters, scratch)
        integrated = lattice.integrated[0] == 1 and record.votes.shape[0] == 0
        if laws.contest_of[0] >= 0:
            regional_strengths(voters, block, scratch.shock, scratch.eta, scratch.strip)
            move_groups(voters, lattice, block, scratch, rows)
            if integrated:
                integrate_districts(voters, lattice, block, scratch, rows)
            else:
                district_winners(voters, laws, block, scratch, record, b * BLOCK, lanes)
        tally_block(voters, laws, scratch, own, record, b * BLOCK, lanes)
        list_seats_of_lists_alone(voters, laws, own)
        if integrated:
            tally_expected(voters, laws, lattice, scratch, rows, r, expected)
