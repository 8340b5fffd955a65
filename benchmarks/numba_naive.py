"""The obvious numba kernel: one draw after the other, float64, ``np.random``, the law in 64-bit integers.

What a good programmer writes first. It fills the same tallies as the product.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from benchmarks.law import ListLaw, list_law, majority_of
from forecast.kernel.draw import Tallies
from forecast.kernel.plan import Plan

NAME = "naive numba"

random_numbers = np.random  # inside numba this is numba's own generator


def simulate(plan: Plan, draws: int, seed: int) -> Tallies:
    """Simulate ``draws`` draws in one thread."""
    tallies = plan.tallies()
    _simulate(plan.voters, numbers(list_law(plan)), list_law(plan).lengths, majority_of(plan), draws, seed, tallies)
    return tallies


def count_lists(law: ListLaw, votes: Any, ballots: Any) -> Any:
    """Return ``seats[list, election]`` of given ballots ``votes[list, election]``."""
    seats = np.zeros(votes.shape, np.int64)
    for election in range(votes.shape[1]):
        counted, passed = np.zeros(len(votes), np.int64), np.zeros(len(votes), np.int64)
        own = np.ascontiguousarray(votes[:, election], np.int64)
        count(own, int(ballots[election]), numbers(law), law.lengths, counted, passed)
        seats[:, election] = counted
    return seats


def numbers(law: ListLaw) -> Any:
    """Return the numbers of a list law as an array."""
    return np.array(
        [
            law.seats,
            law.numerator,
            law.denominator,
            law.coefficient_numerator,
            law.coefficient_denominator,
            law.minimum_seats,
        ]
    )


@numba.njit
def count(votes: Any, ballots: Any, law: Any, lengths: Any, seats: Any, passed: Any) -> None:
    """Count one list tier: seats, and which lists pass."""
    house, numerator, denominator = law[0], law[1], law[2]
    lists = len(votes)
    total, passing, first = 0, 0, 0
    for p in range(lists):
        seats[p] = 0
        passed[p] = 1 if votes[p] > 0 and votes[p] * denominator >= ballots * numerator else 0
        if passed[p]:
            total += votes[p]
            passing += 1
            first = p
    if passing == 1:
        second = -1
        for p in range(lists):
            if p != first and (second < 0 or votes[p] > votes[second]):
                second = p
        both = votes[first] + votes[second]
        seats[second] = max(law[3] * house * votes[second] // (law[4] * both), law[5])
        seats[first] = house - seats[second]
    elif passing > 1:
        left = house
        remainder = np.full(lists, -1)
        for p in range(lists):
            if passed[p]:
                seats[p] = votes[p] * house // total
                remainder[p] = votes[p] * house % total
                left -= seats[p]
        for _ in range(left):
            best = 0
            for p in range(1, lists):
                if remainder[p] > remainder[best]:
                    best = p
            seats[best] += 1
            remainder[best] = -1
    for p in range(lists):
        seats[p] = min(seats[p], lengths[p])


@numba.njit
def _simulate(voters: Any, law: Any, lengths: Any, house_majority: Any, draws: Any, seed: Any, tallies: Any) -> None:
    random_numbers.seed(seed)
    utility = np.zeros(len(voters.location))
    strength = np.zeros((len(voters.region_weight), len(voters.group_option)))
    work = house_work(voters)
    for _ in range(draws):
        draw_house(voters, law, lengths, house_majority, utility, strength, work, tallies)


@numba.njit
def house_work(voters: Any) -> Any:
    """Return the arrays that ``draw_house`` works in, so that it allocates nothing."""
    options, lists, groups = len(voters.location), voters.parties[0], len(voters.group_option)
    return (
        np.zeros(options),
        np.zeros(options),
        np.zeros(options, np.int64),
        np.zeros((len(voters.region_weight), groups)),
        np.zeros(lists, np.int64),
        np.zeros(lists, np.int64),
        np.zeros(groups, np.int64),
        np.zeros(groups, np.int64),
    )


@numba.njit
def draw_house(
    voters: Any, law: Any, lengths: Any, house_majority: Any, utility: Any, strength: Any, work: Any, tallies: Any
) -> Any:
    """Draw and tally the house once; leave utilities and regional strengths, return the valid ballots."""
    options, lists = len(voters.location), voters.parties[0]
    groups, regions = len(voters.group_option), len(voters.region_weight)
    districts = len(voters.district_region)
    normal, weight, votes, shock, seats, passed, nominal, total = work
    for o in range(options):
        z = random_numbers.standard_normal()
        normal[o] = z + voters.tail[0] * z**3
    sum_of_weights = 0.0
    for o in range(options):
        utility[o] = voters.location[o]
        for k in range(o + 1):
            utility[o] += voters.scale[o, k] * normal[k]
        weight[o] = np.exp(utility[o])
        sum_of_weights += weight[o]
    logit = voters.turnout[0] + voters.turnout[1] * random_numbers.standard_normal()
    ballots = max(int(voters.turnout[2] / (1 + np.exp(-logit)) + 0.5), 1)
    running, before = 0.0, 0
    for o in range(options):
        running += weight[o]
        reached = int(running / sum_of_weights * ballots + 0.5) if o < options - 1 else ballots
        votes[o] = reached - before
        before = reached
        tallies.shares[o, 1000 * votes[o] // ballots] += 1

    nominal[:] = 0
    if districts > 0:
        for g in range(groups):
            mean = 0.0
            for r in range(regions):
                shock[r, g] = voters.regional_sd[g] * random_numbers.standard_normal()
                mean += voters.region_weight[r] * np.exp(shock[r, g])
            if voters.group_option[g] >= 0:
                own = utility[voters.group_option[g]]
            else:
                own = voters.group_location[g] + voters.group_sd[g] * random_numbers.standard_normal()
            for r in range(regions):
                strength[r, g] = own + shock[r, g] - np.log(mean)
    for d in range(districts):
        best, winner = -np.inf, 0
        for c in range(voters.district_first[d], voters.district_first[d + 1]):
            u = strength[voters.district_region[d], voters.candidate_group[c]]
            u += voters.candidate_sd[c] * random_numbers.standard_normal()
            if u > best:
                best, winner = u, c
        tallies.wins[0, winner] += 1
        nominal[voters.candidate_group[winner]] += 1

    count(votes[:lists], ballots, law, lengths, seats, passed)
    for g in range(groups):
        total[g] = nominal[g]
        tallies.district_seats[0, g, nominal[g]] += 1
        if g < lists:
            total[g] += seats[g]
            tallies.list_seats[0, g, seats[g]] += 1
            tallies.passed[0, g] += passed[g]
        tallies.seats[0, g, total[g]] += 1
    _tally_house(total[:lists], house_majority, tallies)
    return ballots


@numba.njit
def _tally_house(total: Any, house_majority: Any, tallies: Any) -> None:
    lists = len(total)
    most, holders, represented = 0, 0, 0
    for p in range(lists):
        most = max(most, total[p])
    for p in range(lists):
        holders += total[p] == most
        represented += total[p] > 0
    for p in range(lists):
        if holders == 1 and total[p] == most:
            tallies.largest[0, p] += 1
    tallies.parties[0, represented] += 1
    for coalition in range(1, 2**lists):
        seats, least = 0, 1000000
        for p in range(lists):
            if coalition >> p & 1:
                seats += total[p]
                least = min(least, total[p])
        if seats >= house_majority:
            tallies.majority[0, coalition] += 1
            if seats - least < house_majority:
                tallies.minimal[0, coalition] += 1
