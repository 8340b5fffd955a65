"""An electoral system as frozen values: what a document of ``configs/systems`` says, and nothing else.

Rules are tagged values, not classes for countries. Every value that an article orders carries that article in a
field ``law``; where the law is silent, the choice stands in ``SilentCases`` and is printed as ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal

from forecast.rules.persons_law import PersonsLaw
from forecast.rules.proportional import ProportionalTier

ThresholdBase = Literal["valid ballots", "party votes", "ballots cast"]
Comparison = Literal["at least", "more than"]
Quota = Literal["hare"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Share a list must reach to take part in the distribution.

    ``of`` names the base: ``valid ballots`` are party votes plus "against all"; ``party votes`` leave "against all"
    out; ``ballots cast`` add the invalid ones.
    """

    share: Fraction
    of: ThresholdBase = "valid ballots"
    comparison: Comparison = "at least"
    law: str = ""


@dataclass(frozen=True, slots=True)
class LargestRemainder:
    """Quota and largest remainders: whole quotas first, the rest one by one to the largest fractional parts."""

    quota: Quota = "hare"
    law: str = ""


@dataclass(frozen=True, slots=True)
class RemainderTies:
    """Who wins equal remainders: the list registered earlier (the order of the options is that order)."""

    rule: Literal["registration order"] = "registration order"
    law: str = ""


@dataclass(frozen=True, slots=True)
class SecondList:
    """The rule for exactly one passing list: the next one is admitted with a reduced quotient.

    The second list gets the whole part of ``coefficient`` times its quotient, at least ``minimum_seats``;
    all seats left over go to the list that passed.
    """

    coefficient: Fraction
    minimum_seats: int
    law: str = ""


@dataclass(frozen=True, slots=True)
class SilentCases:
    """What is done where the law says nothing. Every field is our choice and is printed as such.

    no_list_passes
        ``vacant`` leaves the seats empty; ``all lists`` admits every list with a vote; ``error`` stops.
    minimum_overflows
        The second list's minimum and the first list's whole quotas exceed the house: who yields.
    short_list
        A list wins more seats than it has people: the excess stays ``vacant``, or ``error``.
    only_one_list
        A single list stands (and passes): it takes ``all seats``, or they stay ``vacant``, or ``error``.
    second_place_tie
        Lists tied for second place under the second-list rule: earlier in ``registration order``, or ``error``.
    """

    no_list_passes: Literal["vacant", "all lists", "error"] = "vacant"
    minimum_overflows: Literal["first list yields", "second list yields", "error"] = "first list yields"
    short_list: Literal["vacant", "error"] = "vacant"
    only_one_list: Literal["all seats", "vacant", "error"] = "all seats"
    second_place_tie: Literal["registration order", "error"] = "registration order"


@dataclass(frozen=True, slots=True)
class AgainstAll:
    """The line "against all" on a ballot paper.

    use
        ``counted``: published, and part of the valid ballots, but neither list nor candidate. ``not on the ballot``:
        the paper has no such line, and voters who would tick it stay out of every base. ``voids the district``: as
        ``counted``, but where it has more votes than every candidate, nobody is elected.
    """

    use: Literal["counted", "not on the ballot", "voids the district"] = "counted"
    law: str = ""


COUNTED = AgainstAll()


@dataclass(frozen=True, slots=True)
class ListTier:
    """Seats distributed among party lists over one nationwide district."""

    name: str
    seats: int
    threshold: Threshold
    formula: LargestRemainder
    ties: RemainderTies
    second_list: SecondList | None
    silent: SilentCases
    against_all: AgainstAll = COUNTED
    law: str = ""


@dataclass(frozen=True, slots=True)
class Plurality:
    """More votes than every other candidate, one round."""

    law: str = ""


@dataclass(frozen=True, slots=True)
class TwoRounds:
    """A majority in the first round; where nobody has one, a second round of the first two, by plurality.

    ``share`` of the base ``of`` must be passed (``more than``) or reached (``at least``). Where only two stood in the
    first round and neither has the majority, the law orders new elections and the seat stays undecided.
    ``second_place_tie`` says who goes to the second round where several share the second place; the law is silent.
    """

    share: Fraction = Fraction(1, 2)
    of: ThresholdBase = "valid ballots"
    comparison: Comparison = "more than"
    second_place_tie: Literal["order on the ballot paper", "lot"] = "order on the ballot paper"
    law: str = ""


@dataclass(frozen=True, slots=True)
class BlockVote:
    """The candidates with the most votes, as many as the district has seats, one round.

    How many votes a voter has makes the name: as many as seats (block vote), fewer (limited vote), one (single
    non-transferable vote); the count is the same. ``magnitudes`` name the districts with other than ``seats`` seats.
    """

    seats: int = 1
    magnitudes: Mapping[str, int] = field(default_factory=dict)
    law: str = ""

    def magnitude(self, district: str) -> int:
        """Return the seats of a district."""
        return self.magnitudes.get(district, self.seats)


NominalTieRule = Literal[
    "repeat voting among the tied; repeat elections if only two stood",
    "repeat voting between the first two",
    "lot",
]


@dataclass(frozen=True, slots=True)
class NominalTies:
    """What the law orders where candidates share the top vote; the seat is undecided until then.

    ``repeat voting among the tied; repeat elections if only two stood`` is the rule of the Mazhilis, ``repeat voting
    between the first two`` that of the maslikhats. ``lot`` decides at once.
    """

    rule: NominalTieRule = "repeat voting among the tied; repeat elections if only two stood"
    law: str = ""


@dataclass(frozen=True, slots=True)
class NominalTier:
    """Seats filled by persons in districts, single-member ones but for a block vote."""

    name: str
    districts: int
    formula: Plurality | TwoRounds | BlockVote
    ties: NominalTies
    against_all: AgainstAll
    law: str = ""

    @property
    def seats(self) -> int:
        """Seats of the tier: one a district, or what a block vote fills."""
        if not isinstance(self.formula, BlockVote):
            return self.districts
        named = self.formula.magnitudes
        return sum(named.values()) + (self.districts - len(named)) * self.formula.seats

    def magnitude(self, district: str) -> int:
        """Return the seats of a district."""
        return self.formula.magnitude(district) if isinstance(self.formula, BlockVote) else 1


@dataclass(frozen=True, slots=True)
class AppointedTier:
    """Seats that voters do not fill: somebody else chooses their holders, who belong to no party here."""

    name: str
    seats: int
    by: str
    law: str = ""


Tier = ListTier | NominalTier | AppointedTier | ProportionalTier


@dataclass(frozen=True, slots=True)
class ElectoralSystem:
    """A parliament's electoral law: tiers that are counted side by side (``parallel``) and added up."""

    id: str
    name: str
    in_force: date | None
    linkage: Literal["parallel"]
    tiers: tuple[Tier, ...]
    sources: tuple[str, ...] = ()
    persons: PersonsLaw | None = None

    @property
    def seats(self) -> int:
        """Size of the house."""
        return sum(tier.seats for tier in self.tiers)

    @property
    def majority(self) -> int:
        """Seats of the smallest absolute majority.

        >>> from forecast.rules.system import majority_of
        >>> majority_of(98), majority_of(107)
        (50, 54)
        """
        return majority_of(self.seats)

    @property
    def two_thirds(self) -> int:
        """Seats of the smallest two-thirds majority."""
        return two_thirds_of(self.seats)

    def tier(self, name: str) -> Tier:
        """Return the tier called ``name``; KeyError if there is none."""
        for tier in self.tiers:
            if tier.name == name:
                return tier
        raise KeyError(name)


def majority_of(seats: int) -> int:
    """Return the seats of the smallest absolute majority of a house.

    >>> majority_of(98)
    50
    """
    return seats // 2 + 1


def two_thirds_of(seats: int) -> int:
    """Return the seats of the smallest two-thirds majority of a house.

    >>> two_thirds_of(98)
    66
    """
    return -(-2 * seats // 3)
