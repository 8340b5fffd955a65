"""The whole election day in the obvious numba kernel: ``numba_naive``'s house, then one assembly after the other."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from benchmarks.law import law_of_tier, list_law, majority_of
from benchmarks.numba_naive import count, draw_house, house_work, numbers, random_numbers
from forecast.kernel import seats as column
from forecast.kernel.blocks import Counts
from forecast.kernel.plan import AssemblyPlan, Plan
from forecast.rules.system import ListTier


def simulate(plan: Plan, draws: int, seed: int) -> Counts:
    """Simulate ``draws`` draws of house and assemblies in one thread."""
    local = plan.assemblies
    if local is None:
        raise ValueError("the plan elects no assemblies")
    counts, law = Counts.of(plan), list_law(plan)
    _simulate(
        plan.voters, numbers(law), law.lengths, majority_of(plan), local.arrays, laws_of(local), draws, seed,
        counts.house, counts.assemblies,
    )  # fmt: skip
    return counts


def laws_of(local: AssemblyPlan) -> Any:
    """Return the numbers of every assembly's list law ``[assembly, number]``; zeros where it has no list tier."""
    laws = np.zeros((len(local.systems), 6), np.int64)
    for a, system in enumerate(local.systems):
        lists = slice(int(local.arrays.first_list[a]), int(local.arrays.first_list[a + 1]))
        for tier in system.tiers:
            if isinstance(tier, ListTier):
                laws[a] = numbers(law_of_tier(tier, local.arrays.list_length[lists].astype(np.int64), system.id))
    return laws


@numba.njit
def _simulate(
    voters: Any, law: Any, lengths: Any, house_majority: Any, local: Any, laws: Any, draws: Any, seed: Any,
    house: Any, tallies: Any,
) -> None:  # fmt: skip
    random_numbers.seed(seed)
    groups, assemblies = len(voters.group_option), len(local.region)
    utility, strength = np.zeros(len(voters.location)), np.zeros((len(voters.region_weight), groups))
    work, here = house_work(voters), np.zeros(groups)
    seats, everywhere = np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    controlled = np.zeros(groups + 1, np.int64)
    weight, votes = np.zeros(groups), np.zeros(groups, np.int64)
    list_seats, passed = np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    for _ in range(draws):
        ballots = draw_house(voters, law, lengths, house_majority, utility, strength, work, house)
        everywhere[:] = 0
        controlled[:] = 0
        for a in range(assemblies):
            for g in range(groups):
                if local.present[a, g]:
                    here[g] = strength[local.region[a], g] + local.shift[g]
                    here[g] += local.noise_sd[g] * random_numbers.standard_normal()
            seats[:] = 0
            for w in range(local.first_ward[a], local.first_ward[a + 1]):
                best, winner = -np.inf, 0
                for c in range(local.first_candidate[w], local.first_candidate[w + 1]):
                    u = here[local.candidate_group[c]] + local.candidate_sd[c] * random_numbers.standard_normal()
                    if u > best:
                        best, winner = u, c
                seats[local.candidate_group[winner]] += 1
            if laws[a, 0] > 0:
                first, lists = local.first_list[a], local.first_list[a + 1] - local.first_list[a]
                total = np.exp(utility[local.against_option[0]])
                for e in range(lists):
                    weight[e] = np.exp(here[local.list_group[first + e]])
                    total += weight[e]
                valid = max(int(ballots * local.ballots_part[a] + 0.5), 1)
                running, before = 0.0, 0
                for e in range(lists):
                    running += weight[e]
                    reached = int(running / total * valid + 0.5)
                    votes[e] = reached - before
                    before = reached
                count(
                    votes[:lists], valid, laws[a], local.list_length[first : first + lists], list_seats[:lists],
                    passed[:lists],
                )  # fmt: skip
                for e in range(lists):
                    seats[local.list_group[first + e]] += list_seats[e]
            represented, held = 0, False
            for g in range(groups):
                tallies.assembly_seats[a, g, seats[g]] += 1
                everywhere[g] += seats[g]
                if seats[g] >= local.law[a, column.MAJORITY]:
                    controlled[g] += 1
                    held = True
                if g < local.parties[0] and seats[g] > 0:
                    represented += 1
            tallies.assembly_parties[a, represented] += 1
            if not held:
                controlled[groups] += 1
        for g in range(groups):
            tallies.all_seats[g, everywhere[g]] += 1
        for g in range(groups + 1):
            tallies.controlled[g, controlled[g]] += 1
