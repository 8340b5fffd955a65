"""The law on persons as frozen values: what ``[persons]`` of a system says, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from forecast.rules.persons import PersonsQuota


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What a candidate must be on election day.

    ``residence_years`` are full years in the ``country``, or in the ``area`` of the body, which ``area`` names.
    """

    age: int
    citizenship: str
    residence_years: int = 0
    residence: Literal["country", "area"] = "country"
    area: str = ""
    law: str = ""


@dataclass(frozen=True, slots=True)
class ListSize:
    """How many more persons than seats a list may have, as a share of the seats."""

    extra: Fraction
    rounding: Literal["up", "down"] = "up"
    law: str = ""

    def limit(self, seats: int) -> int:
        """Return the most persons on a list.

        >>> ListSize(Fraction(3, 10)).limit(69), ListSize(Fraction(3, 10), "down").limit(69)
        (90, 89)
        """
        most = seats * (1 + self.extra)
        return ceil(most) if self.rounding == "up" else floor(most)


@dataclass(frozen=True, slots=True)
class Candidacy:
    """Whether a second candidacy of the same person is allowed."""

    allowed: bool = False
    law: str = ""


@dataclass(frozen=True, slots=True)
class DualCandidacy:
    """The ways to stand twice."""

    list_and_district: Candidacy
    two_districts: Candidacy
    two_lists: Candidacy


@dataclass(frozen=True, slots=True)
class PartyRegistration:
    """What a party needs to be registered: members, members in each of ``regions`` branches, initiators."""

    members: int
    members_per_region: int
    regions: int
    initiators: int
    law: str = ""


@dataclass(frozen=True, slots=True)
class DepositStep:
    """A party with ``at_least`` this share last time pays ``pays`` of the deposit."""

    at_least: Fraction
    pays: Fraction


@dataclass(frozen=True, slots=True)
class Deposit:
    """Deposit for a person on a list or in a district, in minimum wages.

    It is given back to lists and candidates with ``returned_at`` of the vote or more, and to candidates who are
    elected. The steps are for lists: of several the one with the highest share reached holds, so that on exactly 3 %,
    where the article names both steps, the party pays the smaller part.
    """

    minimum_wages: Fraction
    steps: tuple[DepositStep, ...]
    returned_at: Fraction
    law: str = ""

    def owed(self, people: int, previous_share: Fraction) -> Fraction:
        """Art. 88(1)-(3): return what a list of ``people`` owes, in minimum wages.

        >>> steps = tuple(DepositStep(Fraction(a, 100), Fraction(p, 10)) for a, p in ((5, 0), (3, 5), (1, 7)))
        >>> deposit = Deposit(Fraction(15), steps, Fraction(1, 20))
        >>> [int(deposit.owed(10, Fraction(share, 1000))) for share in (0, 9, 10, 30, 49, 50)]
        [150, 150, 105, 75, 75, 0]
        """
        reached = [step for step in self.steps if previous_share >= step.at_least]
        pays = max(reached, key=lambda step: step.at_least).pays if reached else Fraction(1)
        return self.minimum_wages * people * pays


@dataclass(frozen=True, slots=True)
class PersonsLaw:
    """The law on persons: who may stand, and who takes the seats. A rule that is None does not exist.

    ``election_day`` is the day on which ages are taken if nothing else is said.
    """

    eligibility: Eligibility | None = None
    list_size: ListSize | None = None
    list_quota: PersonsQuota | None = None
    mandate_quota: PersonsQuota | None = None
    dual_candidacy: DualCandidacy | None = None
    registration: PartyRegistration | None = None
    deposit: Deposit | None = None
    election_day: date | None = None
