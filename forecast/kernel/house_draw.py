"""Draws for the laws of any parliament: list votes by region, and district contests where candidates lean.

A block goes from random numbers to what a law is counted on: whole list ballots of every region that add up to the
national ones, and the winner of every district. The seats follow in ``house_count.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from forecast.kernel.compiler import kernel_function, row_function
from forecast.kernel.contests import COVERED
from forecast.kernel.draw import (
    F32,
    F64,
    I64,
    Scratch,
    Voters,
    district_winner,
    national_votes,
    regional_strengths,
)
from forecast.kernel.random import BLOCK
from forecast.kernel.rows import by_address
from forecast.kernel.vectors import LANES, fma, load, store
from forecast.kernel.votes import exp_of

SWEEPS = 4  # of proportional fitting: region and list totals then agree within some ballots in a million


class Houses(NamedTuple):
    """What laws of other parliaments need to know of the voters, as flat arrays. O options, D districts, C candidates."""

    option_group: I64  # [O] the group whose strength in a region moves the option, -1: as in the nation
    shift: F32  # [C] how far a candidate stands from the group's strength in the region, log scale
    follow: F32  # [C] part of the national utility of the candidate's option that is added to it
    contested: Voters  # the voters as a district's contest sees them: a group of its own for every candidate
    regional: I64  # [1] whether lists are voted on by region
    covered: I64  # [1] the way of contests whose winners sit as far as their lists cover them, -1 for none


class HouseScratch(NamedTuple):
    """What one block leaves for the count, and work rows. R regions, P lists, G groups, Q ways, D districts."""

    part: F32  # [R * O, BLOCK] weight of a region's voters of an option
    weight: F64  # [R, O] of one draw
    factor: F64  # [R]
    votes: I64  # [BLOCK, R, P] list ballots
    against: I64  # [BLOCK, R]
    invalid: I64  # [BLOCK, R]
    whole: I64  # [BLOCK, 1, P] those of the nation
    whole_against: I64  # [BLOCK, 1]
    whole_invalid: I64  # [BLOCK, 1]
    elected: I64  # [Q, BLOCK, D] group of the winner, -1 for nobody
    won_votes: I64  # [BLOCK, D] ballots of the winner, where winners must be covered
    won_valid: I64  # [BLOCK, D]
    local: Scratch  # the block's scratch, but for the strengths of one district's candidates


def house_scratch(voters: Voters, houses: Houses, ways: int, scratch: Scratch) -> HouseScratch:
    """Return work rows for one thread, beside the ``scratch`` of its blocks."""
    options, lists = len(voters.location), int(voters.parties[0])
    regions = len(voters.region_weight) if houses.regional[0] else 0
    districts = len(voters.district_region)
    field = int(np.diff(voters.district_first).max(initial=1))
    covered = districts if houses.covered[0] >= 0 else 0

    def whole(*shape: int) -> I64:
        return np.zeros((BLOCK, *shape), np.int64)

    return HouseScratch(
        part=np.zeros((max(regions * options, 1), BLOCK + LANES), np.float32),
        weight=np.zeros((max(regions, 1), options)),
        factor=np.zeros(max(regions, 1)),
        votes=whole(regions, lists),
        against=whole(regions),
        invalid=whole(regions),
        whole=whole(1, lists),
        whole_against=whole(1),
        whole_invalid=whole(1),
        elected=np.zeros((ways, BLOCK, districts), np.int64),
        won_votes=whole(covered),
        won_valid=whole(covered),
        local=scratch._replace(shock=np.zeros((field, BLOCK + LANES), np.float32)),
    )


@row_function
def regional_parts(voters, houses, shock, eta, part):
    """Write the weight of each region's voters of each option: the region's part of the ballots times its strength."""
    groups, options = voters.group_option.size, voters.location.size
    for r in range(voters.region_weight.size):
        weight = voters.region_weight[r]
        for o in range(options):
            group = houses.option_group[o]
            strength = shock[r * groups + group] if group >= 0 else eta[o]
            for i in range(0, BLOCK, LANES):
                store(part[r * options + o], i, exp_of(load(strength, i)) * weight)


@row_function
def fitted_factors(voters, votes, i, work):
    """Fit factors of regions, by iterative proportional fitting (Deming and Stephan 1940), in one draw.

    ``work.weight`` times a factor of the region and one of the option then gives every region its part of the ballots
    and every option its national ones.
    """
    regions, options = work.weight.shape
    ballots = 0.0
    for o in range(options):
        ballots += votes[o, i]
    for r in range(regions):
        work.factor[r] = 1.0
        for o in range(options):
            work.weight[r, o] = work.part[r * options + o, i]
    for _ in range(SWEEPS):
        for o in range(options):
            total = 0.0
            for r in range(regions):
                total += work.factor[r] * work.weight[r, o]
            column = votes[o, i] / total if total > 0.0 else 0.0
            for r in range(regions):
                work.weight[r, o] *= column
        for r in range(regions):
            total = 0.0
            for o in range(options):
                total += work.weight[r, o]
            work.factor[r] = voters.region_weight[r] * ballots / total if total > 0.0 else 0.0


@row_function
def invalid_ballots(valid, valid_share):
    """Return the invalid ballots beside so many valid ones, as ``votes.cast_of`` rounds them."""
    return max(np.int64(valid / valid_share + 0.5), valid) - valid


@row_function
def regional_ballots(voters, votes, lists, lanes, work):
    """Share every option's national ballots out among the regions by cumulative rounding, and find the invalid ones."""
    regions, options = work.weight.shape
    for i in range(lanes):
        fitted_factors(voters, votes, i, work)
        for r in range(regions):
            work.against[i, r] = 0
        for o in range(options):
            total, running, before = 0.0, 0.0, np.int64(0)
            for r in range(regions):
                total += work.factor[r] * work.weight[r, o]
            for r in range(regions):
                running += work.factor[r] * work.weight[r, o]
                reached = np.int64(running / total * votes[o, i] + 0.5 if total > 0.0 else votes[o, i])
                if o < lists:
                    work.votes[i, r, o] = reached - before
                else:
                    work.against[i, r] += reached - before
                before = reached
        for r in range(regions):
            valid = work.against[i, r]
            for p in range(lists):
                valid += work.votes[i, r, p]
            work.invalid[i, r] = invalid_ballots(valid, voters.turnout[3])


@row_function
def national_ballots(voters, votes, lists, regional, lanes, work):
    """Write the ballots of the nation: those of the draw; invalid ones are the regions' where lists have regions."""
    for i in range(lanes):
        valid, against = 0, 0
        for o in range(votes.shape[0]):
            valid += votes[o, i]
            if o < lists:
                work.whole[i, 0, o] = votes[o, i]
            else:
                against += votes[o, i]
        work.whole_against[i, 0] = against
        invalid = 0
        for r in range(work.invalid.shape[1]):
            invalid += work.invalid[i, r]
        work.whole_invalid[i, 0] = invalid if regional else invalid_ballots(valid, voters.turnout[3])


@row_function
def candidate_strengths(voters, houses, d, shock, eta, strength):
    """Write the strength of every candidate of a district: the group's in the region, and how the candidate leans."""
    groups, first = voters.group_option.size, voters.district_first[d]
    for c in range(first, voters.district_first[d + 1]):
        group = voters.candidate_group[c]
        row, option = shock[voters.district_region[d] * groups + group], max(voters.group_option[group], 0)
        for i in range(0, BLOCK, LANES):
            moved = load(row, i) + houses.shift[c]
            store(strength[c - first], i, fma(load(eta[option], i), houses.follow[c], moved))


@row_function
def elected_groups(voters, winner, d, lanes, elected):
    """Write the group of a district's winner in each draw, -1 where nobody wins."""
    first = voters.district_first[d]
    for i in range(lanes):
        elected[i, d] = voters.candidate_group[first + winner[i]] if winner[i] >= 0 else -1


@row_function
def keep_regional(work, lists, lanes, record, row):
    """Write the regions' list ballots into the record; "against all" comes last."""
    for i in range(lanes):
        for r in range(work.votes.shape[1]):
            for p in range(lists):
                record.regional[row + i, r, p] = work.votes[i, r, p]
            if record.regional.shape[2] > lists:
                record.regional[row + i, r, lists] = work.against[i, r]


@by_address
@kernel_function
def draw_house(voters, laws, houses, block, lanes, scratch, work, record, row):
    """Draw one block: list ballots of nation and regions, and the winner of every district under every way."""
    lists, districts, ways = voters.parties[0], voters.district_region.size, laws.contests.shape[0]
    national_votes(voters, block, scratch)
    if voters.region_weight.size > 0:
        regional_strengths(voters, block, scratch.shock, scratch.eta, scratch.strip)
    if houses.regional[0]:
        regional_parts(voters, houses, scratch.shock, scratch.eta, work.part)
        regional_ballots(voters, scratch.votes, lists, lanes, work)
    national_ballots(voters, scratch.votes, lists, houses.regional[0] != 0, lanes, work)
    if record.regional.shape[0] > 0:
        keep_regional(work, lists, lanes, record, row)
    for d in range(districts):
        candidate_strengths(voters, houses, d, scratch.shock, scratch.eta, work.local.shock)
        district_winner(houses.contested, laws, d, block, work.local, record, row, lanes)
        for way in range(ways):
            winner = scratch.winner[way * districts + d]
            elected_groups(voters, winner, d, lanes, work.elected[way])
            if laws.contests[way, COVERED]:
                own = scratch.papers.shape[0] - 5
                for i in range(lanes):
                    work.won_votes[i, d] = scratch.papers[max(winner[i], 0), i]
                    work.won_valid[i, d] = scratch.papers[own + 1, i]
