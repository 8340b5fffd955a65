"""Who takes the seats of a list: quotas on persons, and each person's chance of a mandate.

Art. 97-1(5) lets a party's governing body choose anybody on its list, and puts the list in alphabetical order if it
does not choose. Nobody can forecast that choice, so a policy is declared, and it is ours: mandates go down the list,
with the fewest changes that the quota asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Literal, TypeVar

Group = Literal["women", "youth", "disability"]
Number = TypeVar("Number", float, Fraction)

POLICY = "mandates go down the list; the last persons outside the groups give way to the first inside, as few as needed"


@dataclass(frozen=True, slots=True)
class Person:
    """A candidate; ``district`` is empty on a list, ``position`` is 0 in a district, ``party`` empty if self-nominated.

    ``residence_years`` are the last years of permanent residence, full ones. ``row`` is the line of the table that
    the person stands in; it is no part of who they are.
    """

    name: str
    position: int
    birth: date
    sex: Literal["female", "male"]
    disability: bool
    citizenship: str
    residence_years: int
    region: str
    party: str
    district: str = ""
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class PersonsQuota:
    """Share of a list or of its mandates that several groups of persons have together at least.

    A person in two groups counts once. ``youth_to`` is the highest age of youth, in full years. ``applies_to`` says
    of what the share is taken; a share that is not whole is rounded up: "not less than" allows nothing else.
    """

    share: Fraction
    groups: tuple[Group, ...]
    youth_to: int
    applies_to: Literal["mandates", "list"]
    rounding: Literal["up"] = "up"
    law: str = ""

    def needed(self, total: int) -> int:
        """Return how many of ``total`` persons the groups must have.

        >>> quota = PersonsQuota(Fraction(3, 10), ("women", "youth", "disability"), 35, "mandates")
        >>> [quota.needed(seats) for seats in (0, 1, 4, 5, 6, 8, 10, 40)]
        [0, 1, 2, 2, 2, 3, 3, 12]
        """
        return ceil(self.share * total)

    def covers(self, person: Person, day: date) -> bool:
        """Return whether a person belongs to at least one of the groups."""
        return any(in_group(person, group, self.youth_to, day) for group in self.groups)


def age_on(birth: date, day: date) -> int:
    """Return the age in full years; a birthday on the day counts.

    >>> age_on(date(1998, 3, 19), date(2023, 3, 19)), age_on(date(1998, 3, 20), date(2023, 3, 19))
    (25, 24)
    """
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def in_group(person: Person, group: Group, youth_to: int, day: date) -> bool:
    """Return whether a person belongs to a group on a day."""
    match group:
        case "women":
            return person.sex == "female"
        case "youth":
            return age_on(person.birth, day) <= youth_to
        case "disability":
            return person.disability


def mandates(people: Sequence[Person], seats: int, quota: PersonsQuota | None, day: date) -> tuple[Person, ...]:
    """Art. 97-1(5), third part: who sits if the party has ``seats`` mandates, in the order of the list.

    The policy is ``POLICY``. A list that cannot meet the quota seats as many of the groups as it has
    (``mandate_shortfall`` says how many are missing); a list shorter than its mandates leaves the rest vacant.

    Parameters
    ----------
    people
        The list; its order is that of ``position``.
    quota
        The quota on mandates; None if the law has none.
    day
        Election day, on which ages are taken.
    """
    listed = sorted(people, key=lambda person: person.position)
    first, waiting = listed[:seats], listed[seats:]
    if quota is None:
        return tuple(first)
    outside = [person for person in first if not quota.covers(person, day)]
    missing = max(0, quota.needed(seats) - (len(first) - len(outside)))
    inside = [person for person in waiting if quota.covers(person, day)][:missing]
    leaving = set(outside[len(outside) - min(len(inside), len(outside)) :])
    return (*(person for person in first if person not in leaving), *inside[: len(leaving)])


def mandate_shortfall(people: Sequence[Person], seats: int, quota: PersonsQuota | None, day: date) -> int:
    """Return how many persons of the groups a party with ``seats`` mandates lacks, whoever of its list sits."""
    if quota is None:
        return 0
    return max(0, quota.needed(seats) - sum(quota.covers(person, day) for person in people))


def mandate_table(
    people: Sequence[Person], most: int, quota: PersonsQuota | None, day: date
) -> tuple[tuple[Person, ...], ...]:
    """Return who sits for every number of mandates from 0 to ``most``."""
    return tuple(mandates(people, seats, quota, day) for seats in range(most + 1))


def mandate_probabilities(table: Sequence[tuple[Person, ...]], pmf: Sequence[Number]) -> dict[Person, Number]:
    """Return each person's chance of a mandate; who sits for no number of seats is not named and has none.

    Parameters
    ----------
    table
        Who sits for 0, 1, 2, ... mandates (``mandate_table``).
    pmf
        Probability of 0, 1, 2, ... mandates; exact if it holds fractions.
    """
    chances: dict[Person, Number] = {}
    for sitting, probability in _outcomes(table, pmf):
        for person in sitting:
            chances[person] = chances[person] + probability if person in chances else probability
    return chances


def group_distribution(
    table: Sequence[tuple[Person, ...]], pmf: Sequence[Number], member: Callable[[Person], bool]
) -> list[Number]:
    """Return the probability that 0, 1, 2, ... of a party's deputies are members of a group.

    >>> table = mandate_table([], 1, None, date(2023, 3, 19))
    >>> group_distribution(table, [Fraction(1, 3), Fraction(2, 3)], lambda person: person.sex == "female")
    [Fraction(1, 1)]
    """
    outcomes = [(sum(map(member, sitting)), probability) for sitting, probability in _outcomes(table, pmf)]
    zero = pmf[0] - pmf[0]
    return [
        sum((probability for found, probability in outcomes if found == number), zero)
        for number in range(max(found for found, _ in outcomes) + 1)
    ]


def _outcomes(table: Sequence[tuple[Person, ...]], pmf: Sequence[Number]) -> list[tuple[tuple[Person, ...], Number]]:
    if not pmf or len(pmf) > len(table):
        raise ValueError(f"probabilities of {len(pmf)} numbers of seats, but the table has {len(table)}")
    return list(zip(table, pmf, strict=False))
