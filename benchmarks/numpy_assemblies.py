"""The whole election day in tuned NumPy: the house of ``numpy_tuned``, then every local assembly of the same draws.

It fills the same tallies as the product but for ``assembly_cases``. Tried, and what was kept:

* districts of an assembly with the same field are held together, ``[candidate, district, draw]`` (kept), against one
  by one: a third faster, since NumPy's cost of a call is shared;
* seats of the last group of a field are what the others leave (kept), against counting its winners too;
* one joint ``bincount`` an assembly (kept), against one a group; blocks of 512 to 8,192 draws: 2,048.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from benchmarks.law import ListLaw, law_of_tier
from benchmarks.numpy_normals import Ziggurat
from benchmarks.numpy_tuned import Array, Generator, House, Normals, counted_lists
from forecast.kernel import seats as column
from forecast.kernel.assemblies import AssemblyTallies
from forecast.kernel.blocks import Counts
from forecast.kernel.plan import AssemblyPlan, Plan
from forecast.rules.system import ListTier

BLOCK = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Districts of an assembly in which the same groups stand; a run is (first candidate, last + 1, group, sd)."""

    districts: int
    candidates: int
    runs: tuple[tuple[int, int, int, np.float32], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Chamber:
    """One assembly, laid out for NumPy."""

    number: int
    region: int
    present: Array  # numbers of the groups that stand
    majority: int
    law: ListLaw | None
    list_groups: Array
    fields: tuple[Field, ...]


def simulate(plan: Plan, draws: int, seed: int, generator: type[Generator] = Ziggurat) -> Counts:
    """Simulate ``draws`` draws (a multiple of 512) of house and assemblies in one thread."""
    local = plan.assemblies
    if local is None:
        raise ValueError("the plan elects no assemblies")
    normals, tallies = generator(seed), local.tallies()
    house, every = House(plan, normals), list(chambers(local))
    for first in range(0, draws, BLOCK):
        size = min(BLOCK, draws - first)
        utility, strength, ballots = house.draw(size)
        if strength is None:
            raise ValueError("the plan draws no regional strengths")
        against = np.exp(utility[local.arrays.against_option[0]])
        elect(local, every, strength, against, ballots, normals, tallies)
    return Counts(house.tallied(), tallies)


def chambers(local: AssemblyPlan) -> Iterator[Chamber]:
    """Yield the assemblies of a plan in order."""
    arrays = local.arrays
    for a, system in enumerate(local.systems):
        lists = slice(int(arrays.first_list[a]), int(arrays.first_list[a + 1]))
        tiers = [tier for tier in system.tiers if isinstance(tier, ListTier)]
        lengths = arrays.list_length[lists].astype(np.int64)
        yield Chamber(
            number=a,
            region=int(arrays.region[a]),
            present=np.flatnonzero(arrays.present[a]),
            majority=int(arrays.law[a, column.MAJORITY]),
            law=law_of_tier(tiers[0], lengths, system.id) if tiers else None,
            list_groups=arrays.list_group[lists],
            fields=tuple(_fields(local, a)),
        )


def _fields(local: AssemblyPlan, a: int) -> Iterator[Field]:
    arrays = local.arrays
    standing = Counter(
        tuple(
            (int(arrays.candidate_group[c]), np.float32(arrays.candidate_sd[c]))
            for c in range(int(arrays.first_candidate[w]), int(arrays.first_candidate[w + 1]))
        )
        for w in range(int(arrays.first_ward[a]), int(arrays.first_ward[a + 1]))
    )
    for people, districts in standing.items():
        runs, start = [], 0
        for (group, sd), same in groupby(people):
            beyond = start + len(list(same))
            runs.append((start, beyond, group, sd))
            start = beyond
        yield Field(districts, len(people), tuple(runs))


def elect(
    local: AssemblyPlan, every: list[Chamber], strength: Array, against: Array, ballots: Array, normals: Normals,
    tallies: AssemblyTallies,
) -> None:  # fmt: skip
    """Elect all assemblies in a block whose strengths, weight of "against all" and ballots have been drawn."""
    groups, size = len(local.arrays.noise_sd), len(ballots)
    everywhere = np.zeros((groups, size), np.int64)
    controlled = np.zeros((groups + 1, size), np.int64)
    for one in every:
        here = local_strength(local, one, strength, normals)
        seats = np.zeros((groups, size), np.int16)
        for field in one.fields:
            hold(field, here, normals, seats)
        if one.law is not None:
            seats[one.list_groups] += list_seats(local, one, one.law, here, against, ballots)
        everywhere += seats
        tally(local, one, seats, controlled, tallies)
    for rows, counts in ((everywhere, tallies.all_seats), (controlled, tallies.controlled)):
        width = counts.shape[1]
        rows += (np.arange(len(rows)) * width)[:, None]
        counts += np.bincount(rows.reshape(-1), minlength=counts.size).reshape(counts.shape)


def local_strength(local: AssemblyPlan, one: Chamber, strength: Array, normals: Normals) -> Array:
    """Return ``[group, draw]``: the region's strengths, moved and shaken as the assembly's are."""
    arrays = local.arrays
    here = np.zeros((strength.shape[0], strength.shape[2]), np.float32)
    noise = np.empty((len(one.present), strength.shape[2]), np.float32)
    normals(noise)
    noise *= arrays.noise_sd[one.present, None]
    for row, g in zip(noise, one.present, strict=True):
        np.add(strength[g, one.region], row, out=here[g])
        if arrays.shift[g] != 0:
            here[g] += arrays.shift[g]
    return here


def hold(field: Field, here: Array, normals: Normals, seats: Array) -> None:
    """Hold the contests of one field and add the seats to those of the groups."""
    size = here.shape[1]
    noise = np.empty((field.candidates, field.districts, size), np.float32)
    normals(noise)
    for start, beyond, group, sd in field.runs:
        own = noise[start:beyond]
        if sd != 1:
            own *= sd
        own += here[group]
    won = noise == np.maximum.reduce(noise, axis=0)
    held = np.add.reduce(won.view(np.int8), axis=(0, 1), dtype=np.int16)
    if held.sum() != size * field.districts:  # equal utilities: the earlier candidate
        won = noise.argmax(axis=0) == np.arange(field.candidates)[:, None, None]
    left = np.full(size, field.districts, np.int16)
    for start, beyond, group, _ in field.runs[:-1]:
        own_seats = np.add.reduce(won[start:beyond].view(np.int8), axis=(0, 1), dtype=np.int16)
        seats[group] += own_seats
        left -= own_seats
    seats[field.runs[-1][2]] += left


def list_seats(local: AssemblyPlan, one: Chamber, law: ListLaw, here: Array, against: Array, ballots: Array) -> Array:
    """Return an assembly's list seats ``[list, draw]``: its ballots by cumulative rounding, then the law."""
    valid = np.maximum((ballots * local.arrays.ballots_part[one.number] + 0.5).astype(np.int32), 1)
    running = np.cumsum(np.exp(here[one.list_groups]), axis=0, dtype=np.float64)
    running *= valid / (running[-1] + against)
    running += 0.5
    votes = running.astype(np.int32)
    votes[1:] -= votes[:-1].copy()
    return counted_lists(law, votes, valid)[0]


def tally(local: AssemblyPlan, one: Chamber, seats: Array, controlled: Array, tallies: AssemblyTallies) -> None:
    """Add an assembly's seats to the tallies, and to the rows of assemblies that a group controls."""
    size, counts = seats.shape[1], tallies.assembly_seats[one.number]
    width = counts.shape[1]
    code = seats[one.present].astype(np.int64)
    code += (np.arange(len(one.present)) * width)[:, None]
    counts[one.present] += np.bincount(code.reshape(-1), minlength=len(one.present) * width).reshape(-1, width)
    absent = np.ones(len(counts), np.bool_)
    absent[one.present] = False
    counts[absent, 0] += size
    reaches = seats >= one.majority
    controlled[:-1] += reaches
    controlled[-1] += ~reaches.any(axis=0)
    parties = int(local.arrays.parties[0])
    number = np.add.reduce(seats[:parties] > 0, axis=0, dtype=np.int64)
    tallies.assembly_parties[one.number] += np.bincount(number, minlength=tallies.assembly_parties.shape[1])
