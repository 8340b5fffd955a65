"""Who sits for a list: each person's chance of a mandate, and how many women, young people and people with disabilities.

The law leaves the choice to the party; ``rules.persons.POLICY`` stands for it. What concerns one list follows exactly
from the distribution of its seats; all lists together need their joint seats, which the first draws of a run have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np

from forecast.compare import Sample
from forecast.distribution import Probability, SeatDistribution, SystemForecast
from forecast.rules.persons import Group, Person, group_distribution, in_group, mandate_probabilities, mandate_table
from forecast.rules.persons_law import PersonsLaw

ListGroup = Group | Literal["any"]
GROUPS: tuple[Group, ...] = get_args(Group)
LIST_GROUPS: tuple[ListGroup, ...] = (*GROUPS, "any")
YOUTH_TO = 35  # highest age of youth under a law that has no quota for them


@dataclass(frozen=True, slots=True, eq=False)
class ListMandates:
    """One party's list under one system: ``table`` says who sits for 0, 1, 2, ... seats, ``seats`` how often."""

    party: str
    people: tuple[Person, ...]
    table: tuple[tuple[Person, ...], ...]
    seats: SeatDistribution
    youth_to: int
    day: date

    def belongs(self, person: Person, group: ListGroup) -> bool:
        """Return whether a person belongs to a group on election day, or to ``any`` of them."""
        groups = GROUPS if group == "any" else (group,)
        return any(in_group(person, one, self.youth_to, self.day) for one in groups)

    def chances(self) -> Iterator[tuple[Person, Probability]]:
        """Yield each person of the list, in its order, with the chance of a mandate."""
        counts = mandate_probabilities(self.table, self.seats.counts.tolist())
        for person in self.people:
            yield person, Probability(int(counts.get(person, 0)), self.seats.draws, self.seats.certain)

    def members(self, group: ListGroup) -> SeatDistribution:
        """Return the distribution of the number of the party's deputies who belong to a group."""
        counts = group_distribution(self.table, self.seats.counts.tolist(), lambda person: self.belongs(person, group))
        return SeatDistribution(np.array(counts, np.int64), self.seats.certain)


def list_mandates(forecast: SystemForecast, people: Sequence[Person]) -> list[ListMandates]:
    """Return the lists of a model's people under one system; none where it has no list tier."""
    tier = forecast.list_tier
    if tier is None:
        return []
    law = forecast.system.persons or PersonsLaw()
    quota = law.mandate_quota
    day = forecast.plan.model.electorate.election_day
    youth_to = next((one.youth_to for one in (quota, law.list_quota) if one is not None), YOUTH_TO)
    made = []
    for party in forecast.parties:
        listed = [person for person in people if person.party == party and not person.district]
        listed.sort(key=lambda person: person.position)
        seats = forecast.list_seats(party)
        most = int(np.flatnonzero(seats.counts)[-1])
        if listed:
            table = mandate_table(listed, most, quota, day)
            made.append(
                ListMandates(
                    party,
                    tuple(listed),
                    table,
                    SeatDistribution(seats.counts[: most + 1], seats.certain),
                    youth_to,
                    day,
                )
            )
    return made


def joint_members(lists: Sequence[ListMandates], sample: Sample, number: int, group: ListGroup) -> SeatDistribution:
    """Return the distribution of a group's number in all lists together, over the sample, under system ``number``."""
    total = np.zeros(sample.draws, np.int64)
    for one in lists:
        members = np.array([sum(one.belongs(person, group) for person in sitting) for sitting in one.table])
        total += members[sample.list_seats[:, number, sample.plan.model.parties.index(one.party)]]
    return SeatDistribution(np.bincount(total), sample.plan.model.is_certain)
