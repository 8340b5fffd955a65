"""Tallies of local assemblies to distributions: seats and control of each, and of all of them together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.distribution import Probability, SeatDistribution
from forecast.kernel.assemblies import AssemblyTallies
from forecast.kernel.plan import AssemblyPlan, Plan
from forecast.rules.system import ElectoralSystem
from forecast.voteshare.electorate import Assembly


@dataclass(frozen=True, slots=True, eq=False)
class AssembliesForecast:
    """What a forecast says about the local assemblies; everything is a function of the integer tallies."""

    plan: Plan
    local: AssemblyPlan
    tallies: AssemblyTallies
    draws: int

    @property
    def groups(self) -> tuple[str, ...]:
        """Those who can hold seats: the parties, then the self-nominated."""
        return self.plan.model.groups

    @property
    def every(self) -> tuple[tuple[Assembly, ElectoralSystem], ...]:
        """The assemblies, each with its law."""
        return tuple(zip(self.local.every, self.local.systems, strict=True))

    def standing(self, number: int) -> tuple[str, ...]:
        """Return the groups that have a list or a candidate in an assembly."""
        return tuple(group for g, group in enumerate(self.groups) if self.local.arrays.present[number, g])

    def seats(self, number: int, group: str) -> SeatDistribution:
        """Return the distribution of a group's seats in an assembly."""
        house = self.local.systems[number].seats
        return SeatDistribution(self.tallies.assembly_seats[number, self.groups.index(group), : house + 1])

    def control(self, number: int, group: str) -> Probability:
        """Return the probability that a group has an absolute majority of an assembly."""
        return self.seats(number, group).at_least(self.local.systems[number].majority)

    def parties_in(self, number: int) -> SeatDistribution:
        """Return the distribution of the number of parties with a seat in an assembly."""
        return SeatDistribution(self.tallies.assembly_parties[number])

    def all_seats(self, group: str) -> SeatDistribution:
        """Return the distribution of a group's seats in all assemblies."""
        return SeatDistribution(self.tallies.all_seats[self.groups.index(group)])

    def controlled(self, group: str) -> SeatDistribution:
        """Return the distribution of the number of assemblies in which a group has a majority."""
        return SeatDistribution(self.tallies.controlled[self.groups.index(group)])

    def controlled_by_nobody(self) -> SeatDistribution:
        """Return the distribution of the number of assemblies in which no group has a majority."""
        return SeatDistribution(self.tallies.controlled[-1])

    def candidates(self, group: str) -> int:
        """Return how many candidates a group has, on lists and in districts."""
        number, arrays = self.groups.index(group), self.local.arrays
        listed = sum(one.lists.get(group, 0) for one in self.local.every)
        return listed + int(np.count_nonzero(arrays.candidate_group == number))

    def case(self, number: int) -> int:
        """Return how often a rare or silent case of the law occurred, over all draws and assemblies."""
        return int(self.tallies.assembly_cases[:, number].sum())
