"""A tier of list seats in any number of districts, as frozen values: the rules of proportional representation.

Every rule is a tagged value that any system may use; none belongs to a country. Names are those of the literature:
Gallagher (1991) "Proportionality, disproportionality and electoral systems"; Balinski and Young (2001) "Fair
Representation"; Pukelsheim (2017) "Proportional Representation".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from forecast.rules.ties import TieRule

QuotaName = Literal["hare", "droop", "hagenbach-bischoff", "imperiali"]
DivisorName = Literal["d'hondt", "sainte-lague", "danish", "imperiali", "adams", "huntington-hill"]
Base = Literal["valid ballots", "party votes", "ballots cast"]
Comparison = Literal["at least", "more than"]
Area = Literal["tier", "region", "district", "any region", "any district", "every region", "every district"]


@dataclass(frozen=True, slots=True)
class QuotaFormula:
    """Whole quotas first, then the seats left over.

    quota
        Hare: votes / seats. Hagenbach-Bischoff: votes / (seats + 1). Droop: the whole part of that, plus one.
        Imperiali: votes / (seats + 2).
    rounding
        What is done with a fraction of the quota.
    leftovers
        Who gets the seats left over: the largest remainders, one each; the lists in the order of their votes, one
        each and round again; the largest list, all of them; or nobody (they stay with an upper tier).
    over_allocation
        A quota below Hare's may promise too many seats. ``smallest remainders yield`` takes one seat from each list
        with the smallest remainder; ``larger quota`` divides by one seat less until the promises fit.
    quota_votes
        The quota is made of the votes of the lists admitted, or of all valid votes.
    """

    quota: QuotaName = "hare"
    rounding: Literal["exact", "down", "nearest", "up"] = "exact"
    leftovers: Literal["largest remainders", "order of votes", "largest list", "nobody"] = "largest remainders"
    over_allocation: Literal["smallest remainders yield", "larger quota"] = "smallest remainders yield"
    quota_votes: Literal["admitted lists", "valid ballots"] = "admitted lists"
    law: str = ""


@dataclass(frozen=True, slots=True)
class DivisorFormula:
    """Highest averages: every seat goes to the list whose votes, divided by its next divisor, are the most.

    ``first_divisor`` replaces the first divisor of the series 1, 2, 3 (d'Hondt), 1, 3, 5 (Sainte-Lague) or 1, 4, 7
    (Danish): 7/5 is modified Sainte-Lague. Adams and Huntington-Hill begin with 0: a first seat comes before all else.
    """

    divisors: DivisorName = "d'hondt"
    first_divisor: Fraction | None = None
    law: str = ""


Formula = QuotaFormula | DivisorFormula


@dataclass(frozen=True, slots=True)
class District:
    """A district and its magnitude; ``region`` is what it belongs to, ``levelling`` its seats of an upper tier.

    ``population`` is what its magnitude is made of, where the seats are shared among the districts.
    """

    name: str
    seats: int
    region: str = ""
    levelling: int = 0
    population: int = 0


@dataclass(frozen=True, slots=True)
class ShareBar:
    """A share of the votes that a list must reach.

    ``area``: in the whole tier; in the region or the district, for the seats there; in any or in every one of them.
    ``coalitions`` holds (members, share): a coalition of so many parties or more needs that share.
    """

    share: Fraction
    of: Base = "valid ballots"
    area: Area = "tier"
    comparison: Comparison = "at least"
    coalitions: tuple[tuple[int, Fraction], ...] = ()
    law: str = ""


@dataclass(frozen=True, slots=True)
class QuotaBar:
    """So many Hare quotas of the area, by its own seats: one is the natural threshold."""

    quotas: Fraction = Fraction(1)
    of: Base = "valid ballots"
    area: Area = "tier"
    law: str = ""


@dataclass(frozen=True, slots=True)
class SeatsBar:
    """Seats that a list must have won in the tier called ``tier``: 1 electorate, 3 constituencies, 5 districts."""

    seats: int
    tier: str
    law: str = ""


@dataclass(frozen=True, slots=True)
class AverageBar:
    """Votes per seat that a list must reach in ``regions`` regions: the valid votes of the region over its seats."""

    regions: int
    tier: str
    law: str = ""


@dataclass(frozen=True, slots=True)
class FirstBar:
    """The list with the most votes of the district takes part there, whatever its share."""

    law: str = ""


@dataclass(frozen=True, slots=True)
class Admission:
    """Which lists take part: every bar of ``all_of``, or one of ``any_of``, or a list that is exempt.

    No bar at all admits every list. ``minimum_lists`` and ``joint_share``: where fewer lists pass, or lists with no
    more than this share of the base of the first bar together, the next largest are admitted until both are met.
    """

    all_of: tuple[ShareBar | QuotaBar, ...] = ()
    any_of: tuple[ShareBar | QuotaBar | SeatsBar | AverageBar | FirstBar, ...] = ()
    exempt: tuple[str, ...] = ()
    minimum_lists: int = 0
    joint_share: Fraction | None = None
    none_passes: Literal["vacant", "all lists"] = "vacant"


@dataclass(frozen=True, slots=True)
class Alliances:
    """Lists that are first counted as one; its seats are then shared among them.

    groups
        The members by the alliance's name.
    pass_as
        ``lists``: every member must pass by itself (agreements on surplus votes). ``alliance``: the alliance passes
        with its members' votes together, and all of them with it.
    share
        What an alliance needs where it passes as one; left out, the tier's own bar.
    counts_from
        Members below this share add nothing to their alliance.
    member_share
        Members below this share get no seat of their alliance; exempt lists do.
    best_loser
        The largest member below ``member_share`` gets in too.
    formula
        How an alliance's seats are shared among its members; left out, by the formula of the tier.
    """

    groups: Mapping[str, tuple[str, ...]]
    pass_as: Literal["lists", "alliance"] = "lists"
    share: Fraction | None = None
    counts_from: Fraction = Fraction(0)
    member_share: Fraction = Fraction(0)
    best_loser: bool = False
    formula: Formula | None = None
    law: str = ""


@dataclass(frozen=True, slots=True)
class Bonus:
    """Seats for the largest list or alliance, if it has ``share`` of the valid votes.

    ``at least``: it gets ``seats`` where it would have fewer, and the others share what is left. ``on top``: it gets
    ``seats`` first, and all share what is left.
    """

    seats: int
    kind: Literal["at least", "on top"] = "at least"
    share: Fraction = Fraction(0)
    law: str = ""


@dataclass(frozen=True, slots=True)
class ExtraSeats:
    """Further seats beside the first ones, by a formula of their own (minority seats handed to the lists)."""

    seats: int
    formula: Formula
    law: str = ""


@dataclass(frozen=True, slots=True)
class MinimumOpposition:
    """The lists beside the largest hold at least ``share`` of the house, which grows by seats for them if need be.

    The further seats are shared in proportion to the seats they have.
    """

    share: Fraction
    law: str = ""


@dataclass(frozen=True, slots=True)
class Cap:
    """No list may hold more of a ``house`` than ``factor`` times its share of the votes ``plus`` a share, or ``most``.

    Its district seats (of ``tier``, if any) count towards it; what is above goes to the other lists by the formula.
    """

    factor: Fraction
    house: int
    tier: str = ""
    plus: Fraction = Fraction(0)
    most: int | None = None
    law: str = ""


@dataclass(frozen=True, slots=True)
class PooledRemainders:
    """Second scrutiny: what the lists did not use in the districts is added up, and the seats left are shared there."""

    formula: QuotaFormula
    law: str = ""


@dataclass(frozen=True, slots=True)
class Scrutinies:
    """Three steps: whole quotas of the region in its districts, then in the region, and the rest in the nation.

    The tier's own formula makes the quota of a region, of its votes and seats. ``formula`` shares all seats of the
    tier; what a list has already is deducted, and a list with more than its due keeps it and leaves the third step.
    ``seat_admits``: a seat of the first step admits a list to the others, whatever its share.
    """

    formula: Formula
    seat_admits: bool = True
    law: str = ""


@dataclass(frozen=True, slots=True)
class Fused:
    """One vote for a candidate and the candidate's list: the list votes are those of the candidates in ``tier``.

    ``regions`` says in which district of this tier each of theirs lies; left out where this tier has none.
    """

    tier: str
    regions: Mapping[str, str] = field(default_factory=dict)
    law: str = ""


@dataclass(frozen=True, slots=True)
class AdditionalMember:
    """In each district the divisors go on from the seats that a list won in the single-member districts inside it.

    ``tier`` are those districts, ``regions`` says in which district of this tier each of them lies. Fixed size.
    """

    tier: str
    regions: Mapping[str, str]
    law: str = ""


@dataclass(frozen=True, slots=True)
class MixedMember:
    """All ``house`` seats by the formula; a list keeps what it won in ``tier`` beyond that (overhang).

    ``sublists`` shares a party's seats among its regional lists first, and finds overhang region by region.
    District seats of parties that take no part are deducted from the house.
    """

    tier: str
    house: int
    regions: Mapping[str, str] = field(default_factory=dict)
    sublists: bool = False
    law: str = ""


@dataclass(frozen=True, slots=True)
class Levelled:
    """The house grows until the formula on national votes gives every party its minimum.

    Regions first get seats by ``population``, and in each the lists by the formula. A party's minimum in a region is
    the larger of that and its district seats, or (``half``) of its district seats and the rounded-up mean of both;
    its sum is at least the first. Up to ``free_overhang`` seats stay without compensation.
    """

    tier: str
    house: int
    regions: Mapping[str, str]
    population: Mapping[str, int]
    minimum: Literal["full", "half"] = "full"
    free_overhang: int = 0
    law: str = ""


@dataclass(frozen=True, slots=True)
class Covered:
    """Size fixed: district winners sit only as far as their regional list's seats cover them, by share of votes."""

    tier: str
    house: int
    regions: Mapping[str, str]
    law: str = ""


@dataclass(frozen=True, slots=True)
class Levelling:
    """National seats that level the result of ``tier``, list seats or single-member districts; the size is fixed.

    total
        Seats that the formula is applied to: districts' and levelling seats. Seats of lists that take no part are
        deducted.
    over_represented
        A list with more district seats than its due: ``removed``, with its seats, and the rest counted again;
        ``continued``: the divisors go on from the district seats, so it only gains nothing more.
    placement
        Where levelling seats sit. ``share``: each in turn where the list's share of the votes over its next seat is
        largest. ``relative average``: everywhere the largest votes / (2 seats + 1), relative to the district's votes
        per seat. ``regions``: first by region, where a list's votes / (2 seats + 1) are the most, then in its
        districts by votes / (3 seats + 1); seats that a list has there are passed over. ``none``: not placed.
    """

    tier: str
    total: int
    over_represented: Literal["removed", "continued"] = "removed"
    placement: Literal["none", "share", "relative average", "regions"] = "none"
    law: str = ""


@dataclass(frozen=True, slots=True)
class Biproportional:
    """Double proportionality (Pukelsheim): districts keep their seats, lists theirs from all votes; standard rounding.

    weights
        ``voters``: a list's votes are divided by the district's seats before they are added, because a voter has as
        many votes as the district has seats; ``votes``: added as they are.
    strongest_list
        The list with the most votes of a district gets a seat there at least.
    """

    weights: Literal["voters", "votes"] = "voters"
    strongest_list: bool = False
    law: str = ""


Linkage = AdditionalMember | MixedMember | Levelled | Covered | Levelling


@dataclass(frozen=True, slots=True)
class ProportionalTier:
    """List seats in one or many districts.

    Parameters
    ----------
    seats
        Of the tier, without overhang. Where the districts' magnitudes follow from the votes, what is shared out.
    districts
        Left out: one nationwide district called ``""``.
    level
        ``districts``: the formula is applied in each district; ``nation``: to the votes of all districts together.
    magnitudes
        Left out: those of the districts. A formula shares ``seats`` among the districts by their population, or, where
        they have none, by their votes; every district has ``initial_magnitude`` seats before.
    initial_seats
        Every list admitted gets so many before the formula.
    minimum_seats
        A list admitted gets at least so many, at the expense of the others.
    coalition_members
        Number of parties in each list that is a coalition.
    exhausted
        Seats of a list that runs out of candidates: the ``next list`` by the formula gets them (what linked tiers
        hand out stays vacant all the same), or they stay ``vacant``.
    """

    name: str
    seats: int
    formula: Formula
    districts: tuple[District, ...] = ()
    level: Literal["districts", "nation"] = "districts"
    magnitudes: Formula | None = None
    initial_magnitude: int = 0
    admission: Admission = Admission()
    ties: TieRule = "registration order"
    initial_seats: int = 0
    minimum_seats: int = 0
    coalition_members: Mapping[str, int] = field(default_factory=dict)
    alliances: Alliances | None = None
    bonus: Bonus | None = None
    extra: ExtraSeats | None = None
    opposition: MinimumOpposition | None = None
    cap: Cap | None = None
    remainders: PooledRemainders | None = None
    scrutinies: Scrutinies | None = None
    biproportional: Biproportional | None = None
    linkage: Linkage | None = None
    fused: Fused | None = None
    exhausted: Literal["next list", "vacant"] = "next list"
    law: str = ""
