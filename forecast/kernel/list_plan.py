"""Lowering a tier of list seats: the values of ``rules/proportional.py`` become columns that the kernel counts by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any, TypeAlias

import numpy as np

from forecast.kernel import apportion as f
from forecast.kernel import list_house as house
from forecast.kernel import list_tiers as t
from forecast.rules import proportional as law
from forecast.rules.ballots import Paper
from forecast.rules.linkage import Other
from forecast.rules.system import BlockVote, ElectoralSystem, NominalTier
from forecast.rules.ties import Lots

Ints: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Flags: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

MOST_VOTES = 2**31 - 1  # of a list in the tier: squares of votes stay within 64 bits

_STEPS = {"d'hondt": (1, 1), "sainte-lague": (2, 1), "danish": (3, 1), "imperiali": (1, 2), "adams": (1, 0)}
_PARTS = {"hare": 0, "droop": 1, "hagenbach-bischoff": 1, "imperiali": 2}
_ROUNDING = {"exact": f.EXACT, "down": f.DOWN, "nearest": f.NEAREST, "up": f.UP}
_LEFTOVERS = {
    "largest remainders": f.REMAINDERS,
    "order of votes": f.IN_ORDER,
    "largest list": f.LARGEST,
    "nobody": f.NOBODY,
}
_BASES = {"party votes": t.PARTY, "valid ballots": t.VALID, "ballots cast": t.CAST}
_AREAS = {
    "tier": t.IN_TIER,
    "district": t.IN_DISTRICT,
    "any district": t.IN_ANY,
    "every district": t.IN_EVERY,
    "region": t.IN_REGION,
    "any region": t.IN_ANY_REGION,
    "every region": t.IN_EVERY_REGION,
}


_PLACEMENT = {"none": 0, "share": house.BY_SHARE, "relative average": house.RELATIVE, "regions": house.BY_REGIONS}


@dataclass(frozen=True, slots=True, eq=False)
class ListPlan:
    """A tier as the kernel sees it: names stay here, ``law`` goes to ``list_house.count_tier`` before the votes."""

    lists: tuple[str, ...]
    places: tuple[str, ...]
    law: tuple[Any, ...]
    region: Ints
    regions: int
    magnitude: Ints
    levelling: Ints
    population: Ints


@dataclass(frozen=True, slots=True, eq=False)
class KernelCount:
    """Seats by district, the last row (``""``) for seats in none; winners who do not sit; seats nobody gets."""

    seats: dict[str, dict[str, int]]
    uncovered: tuple[str, ...]
    vacant: int


def beyond_forecasts(system: ElectoralSystem) -> list[str]:
    """Return what a system has that can be counted, but not yet be forecast, a line each."""
    faults = []
    for tier in system.tiers:
        where = f"{system.id}: tier.{tier.name}"
        if isinstance(tier, NominalTier) and isinstance(tier.formula, BlockVote):
            faults.append(f'{where}.formula: "block vote" can be counted (forecast count), but not yet be forecast')
        if isinstance(tier, law.ProportionalTier) and tier.fused is not None:
            faults.append(f"{where}.fused: such votes can be counted (forecast count), but not yet be forecast")
    return faults


def formula_columns(formula: law.Formula | None) -> Ints:
    """Return a formula as a row of whole numbers.

    >>> formula_columns(law.DivisorFormula("sainte-lague", Fraction(7, 5))).tolist()[:5]
    [1, 2, 1, 5, 7]
    """
    row = np.zeros(f.FORMULA_COLUMNS, np.int64)
    row[f.FIRST] = -1
    if isinstance(formula, law.DivisorFormula):
        row[f.BY_DIVISORS] = 1
        row[f.SQUARE] = formula.divisors == "huntington-hill"
        row[f.STEP], row[f.START] = _STEPS.get(formula.divisors, (1, 1))
        row[f.SCALE] = 1
        if (first := formula.first_divisor) is not None:
            power = 2 if row[f.SQUARE] else 1
            twice = 2 if formula.divisors == "imperiali" else 1  # its divisors are halves
            row[f.SCALE], row[f.FIRST] = first.denominator**power, twice * first.numerator**power
    elif formula is not None:
        row[f.PARTS], row[f.DROOP] = _PARTS[formula.quota], formula.quota == "droop"
        row[f.ROUNDING] = _ROUNDING[formula.rounding]
        row[f.LEFTOVERS] = _LEFTOVERS[formula.leftovers]
        row[f.LARGER_QUOTA] = formula.over_allocation == "larger quota"
        row[f.OF_VALID] = formula.quota_votes == "valid ballots"
    return row


def formula_rows(tier: law.ProportionalTier) -> Ints:
    """Return all formulas of a tier: its own, of its magnitudes, of further seats or second scrutiny, of members."""
    rows = np.zeros((t.FORMULAS, f.FORMULA_COLUMNS), np.int64)
    rows[t.OWN] = formula_columns(tier.formula)
    rows[t.OF_MAGNITUDES] = formula_columns(tier.magnitudes)
    further = tier.scrutinies or tier.remainders or tier.extra
    rows[t.OF_FURTHER] = formula_columns(further.formula if further else None)
    members = tier.alliances.formula if tier.alliances else None
    rows[t.OF_MEMBERS] = formula_columns(members or tier.formula)
    return rows


def tier_columns(tier: law.ProportionalTier) -> Ints:
    """Return a tier as a row of whole numbers."""
    row = np.zeros(t.TIER_COLUMNS, np.int64)
    row[t.NATIONAL] = tier.level == "nation" or not tier.districts
    row[t.SEATS], row[t.LARGER], row[t.LOT] = tier.seats, "larger vote" in tier.ties, "lot" in tier.ties
    row[t.INITIAL], row[t.MINIMUM] = tier.initial_seats, tier.minimum_seats
    if tier.bonus is not None:
        row[t.BONUS], row[t.BONUS_ON_TOP] = tier.bonus.seats, tier.bonus.kind == "on top"
        row[t.BONUS_SHARE], row[t.BONUS_OF] = tier.bonus.share.as_integer_ratio()
    row[t.DISTRICT_INITIAL] = tier.initial_magnitude
    row[t.VACATE] = tier.exhausted == "vacant"
    row[t.EXTRA] = tier.extra.seats if tier.extra else 0
    if tier.opposition is not None:
        row[t.OPPOSITION], row[t.OPPOSITION_OF] = tier.opposition.share.as_integer_ratio()
    if tier.cap is not None:
        of = lcm(tier.cap.factor.denominator, tier.cap.plus.denominator)
        row[t.CAP], row[t.CAP_PLUS], row[t.CAP_OF] = int(tier.cap.factor * of), int(tier.cap.plus * of), of
        row[t.CAP_HOUSE] = tier.cap.house
        row[t.CAP_MOST] = tier.cap.house if tier.cap.most is None else tier.cap.most
    rule = tier.admission
    row[t.MINIMUM_LISTS] = rule.minimum_lists
    if rule.joint_share is not None:
        row[t.JOINT], row[t.JOINT_OF] = rule.joint_share.as_integer_ratio()
    row[t.JOINT_BASE] = _BASES[rule.all_of[0].of] if rule.all_of else t.VALID
    row[t.NONE_ADMITS_ALL] = rule.none_passes == "all lists"
    row[t.SHARED_MAGNITUDES] = tier.magnitudes is not None and bool(tier.districts)
    row[t.ALLIED] = tier.alliances is not None
    _link_columns(row, tier)
    return row


def _link_columns(row: Ints, tier: law.ProportionalTier) -> None:
    link = tier.linkage
    if tier.scrutinies is not None:
        row[t.LINK], row[t.SEAT_ADMITS] = t.SCRUTINIES, tier.scrutinies.seat_admits
    elif tier.remainders is not None:
        row[t.LINK] = t.POOLED
    elif tier.biproportional is not None:
        row[t.LINK] = t.TWO_WAYS
        row[t.OPTION] = house.RAW_VOTES * (tier.biproportional.weights == "votes")
        row[t.OPTION] += house.STRONGEST * tier.biproportional.strongest_list
    elif isinstance(link, law.AdditionalMember):
        row[t.LINK] = t.ADDITIONAL
    elif isinstance(link, law.MixedMember):
        row[t.LINK], row[t.HOUSE], row[t.OPTION] = t.MIXED, link.house, house.SUBLISTS * link.sublists
    elif isinstance(link, law.Levelled):
        row[t.LINK], row[t.HOUSE], row[t.FREE] = t.LEVELLED, link.house, link.free_overhang
        row[t.OPTION] = house.HALF * (link.minimum == "half")
    elif isinstance(link, law.Covered):
        row[t.LINK], row[t.HOUSE] = t.COVERED, link.house
    elif isinstance(link, law.Levelling):
        row[t.LINK], row[t.HOUSE] = t.LEVELLING, link.total
        row[t.OPTION] = house.CONTINUED * (link.over_represented == "continued")
        row[t.OPTION] += _PLACEMENT[link.placement]


def lower_tier(tier: law.ProportionalTier, lists: Sequence[str], places: Sequence[str]) -> ListPlan:
    """Lower a tier for lists in order of registration and the districts that have papers."""
    bars, shares = _bar_columns(tier, lists)
    alliances = tier.alliances
    exempt = np.array([name in tier.admission.exempt for name in lists], np.bool_)
    of = {district.name: district for district in tier.districts}
    regions = list(dict.fromkeys(of[place].region if place in of else "" for place in places))
    region = [regions.index(of[place].region if place in of else "") for place in places]
    group = np.full(len(lists), -1, np.int64)
    for number, members in enumerate(alliances.groups.values() if alliances else ()):
        for name in members:
            if name in lists:
                group[list(lists).index(name)] = number
    people = {place: district.population for place, district in of.items()}
    people |= getattr(tier.linkage, "population", {})
    return ListPlan(
        tuple(lists),
        tuple(places),
        (tier_columns(tier), formula_rows(tier), bars, shares, exempt, _alliance_columns(tier), group),
        np.array(region, np.int64),
        len(regions),
        np.array([of[place].seats if place in of else tier.seats for place in places], np.int64),
        np.array([of[place].levelling if place in of else 0 for place in places], np.int64),
        np.array([people.get(place, 0) for place in places], np.int64),
    )


def _bar_columns(tier: law.ProportionalTier, lists: Sequence[str]) -> tuple[Ints, Ints]:
    rule = tier.admission
    every = (*rule.all_of, *rule.any_of)
    bars = np.zeros((len(every), t.BAR_COLUMNS), np.int64)
    shares = np.zeros((len(every), len(lists), 2), np.int64)
    for b, bar in enumerate(every):
        bars[b, t.ALTERNATIVE] = b >= len(rule.all_of)
        if isinstance(bar, law.SeatsBar):
            bars[b, t.KIND], shares[b, :, 0] = t.SEATS_WON, bar.seats
        elif isinstance(bar, law.AverageBar):
            bars[b, t.KIND], bars[b, t.REGIONS] = t.AVERAGE, bar.regions
        elif isinstance(bar, law.FirstBar):
            bars[b, t.KIND] = t.FIRST_OF_DISTRICT
        elif isinstance(bar, law.QuotaBar):
            bars[b, t.KIND], bars[b, t.BAR_BASE], bars[b, t.AREA] = t.QUOTAS, _BASES[bar.of], _AREAS[bar.area]
            shares[b, :] = bar.quotas.as_integer_ratio()
        else:
            bars[b, t.BAR_BASE], bars[b, t.AREA] = _BASES[bar.of], _AREAS[bar.area]
            bars[b, t.MORE] = bar.comparison == "more than"
            for p, name in enumerate(lists):
                members = tier.coalition_members.get(name, 1)
                needed = max((share for least, share in bar.coalitions if members >= least), default=bar.share)
                shares[b, p] = needed.as_integer_ratio()
    return bars, shares


def _alliance_columns(tier: law.ProportionalTier) -> Ints:
    row = np.zeros(house.ALLIANCE_COLUMNS, np.int64)
    rule = tier.alliances
    if rule is None:
        return row
    bars = [bar for bar in (*tier.admission.all_of, *tier.admission.any_of) if isinstance(bar, law.ShareBar)]
    first = bars[0] if bars else law.ShareBar(Fraction(0))
    row[house.AS_ONE] = rule.pass_as == "alliance"
    share = rule.share if rule.share is not None else first.share
    row[house.ALLIANCE_SHARE], row[house.ALLIANCE_OF] = share.as_integer_ratio()
    row[house.COUNTS_FROM], row[house.COUNTS_OF] = rule.counts_from.as_integer_ratio()
    row[house.MEMBER_SHARE], row[house.MEMBER_OF] = rule.member_share.as_integer_ratio()
    row[house.BEST_LOSER], row[house.BASE] = rule.best_loser, _BASES[first.of]
    return row


def kernel_count(
    tier: law.ProportionalTier,
    papers: Mapping[str, Paper],
    others: Mapping[str, Other] | None = None,
    people: Mapping[str, Mapping[str, int]] | None = None,
    lots: Lots | None = None,
) -> KernelCount:
    """Count one election by the kernel, as ``count_proportional_tier`` does by the reference.

    Raises
    ------
    OverflowError
        A list has more votes than the kernel can compare exactly.
    ArithmeticError
        Two worths of a double apportionment are too near for it to tell.
    """
    others, people = others or {}, people or {}
    lists = list(dict.fromkeys(name for paper in papers.values() for name in paper.votes))
    places = list(papers)
    plan = lower_tier(tier, lists, places)
    votes = np.array([[paper.votes.get(name, 0) for name in lists] for paper in papers.values()], np.int64)
    votes = votes.reshape(len(places), len(lists))
    if len(lists) and int(votes.sum(axis=0).max()) > MOST_VOTES:
        raise OverflowError(f"{tier.name}: at most {MOST_VOTES:,} votes of a list are counted exactly")
    against = np.array([paper.against_all for paper in papers.values()], np.int64)
    invalid = np.array([paper.invalid for paper in papers.values()], np.int64)
    link = tier.linkage
    other = others[link.tier] if link is not None else None
    direct, total, held, here = _elsewhere(plan, link, other)
    seats = np.zeros((len(places) + 1, len(lists)), np.int64)
    left, takes = np.zeros(1, np.int64), np.zeros((1, len(lists)), np.bool_)
    one_draw = (
        *(order_of(plan, lots or {}), votes, against, invalid, _won(tier, lists, others), _capped(tier, lists, others)),
        *(direct, np.array(total), held, here, seats),
    )
    house.count_tiers(
        *plan.law,
        _people(plan, people),
        *(plan.region, plan.regions, plan.magnitude, plan.levelling, plan.population, 1),
        *(array[None] for array in one_draw),
        *(left, takes),
    )
    if left[0] < 0:
        raise ArithmeticError(f"{tier.name}: two worths are too near to tell in floating-point numbers")
    uncovered = _uncovered(plan, link, other, here) if isinstance(link, law.Covered) and other is not None else ()
    rows = {place: dict(zip(lists, row, strict=True)) for place, row in zip(places, seats[:-1].tolist(), strict=True)}
    spare = dict(zip(lists, seats[-1].tolist(), strict=True))
    if any(spare.values()):
        rows[""] = {name: rows.get("", {}).get(name, 0) + number for name, number in spare.items()}
    return KernelCount(rows, uncovered, int(left[0]))


def order_of(plan: ListPlan, lots: Lots) -> Ints:
    """Return the lots ``[district or last, list or last]`` that decide equal claims."""
    columns = (*plan.lists, "")
    return np.array([[lots.get(place, {}).get(name, 0) for name in columns] for place in (*plan.places, "")], np.int64)


def _won(tier: law.ProportionalTier, lists: Sequence[str], others: Mapping[str, Other]) -> Ints:
    every = (*tier.admission.all_of, *tier.admission.any_of)
    won = np.zeros((len(every), len(lists)), np.int64)
    for b, bar in enumerate(every):
        if isinstance(bar, law.SeatsBar) and bar.tier in others:
            seats = others[bar.tier].counted.seats
            won[b] = [seats.get(name, 0) for name in lists]
    return won


def _people(plan: ListPlan, people: Mapping[str, Mapping[str, int]]) -> Ints:
    caps = np.full((len(plan.places) + 1, len(plan.lists)), f.NO_CAP, np.int64)
    for d, place in enumerate((*plan.places, "")):
        for p, name in enumerate(plan.lists):
            caps[d, p] = people.get(place, {}).get(name, f.NO_CAP)
    return caps


def _capped(tier: law.ProportionalTier, lists: Sequence[str], others: Mapping[str, Other]) -> Ints:
    seats = others[tier.cap.tier].counted.seats if tier.cap is not None and tier.cap.tier in others else {}
    return np.array([seats.get(name, 0) for name in lists], np.int64)


def _elsewhere(plan: ListPlan, link: law.Linkage | None, other: Other | None) -> tuple[Ints, int, Ints, Ints]:
    """Return seats of the linked tier by region, of everybody, by list, and by district."""
    lists, places = plan.lists, plan.places
    direct = np.zeros((len(places), len(lists)), np.int64)
    here = np.zeros((len(places), len(lists)), np.int64)
    held = np.zeros(len(lists), np.int64)
    if link is None or other is None:
        return direct, 0, held, here
    held[:] = [other.counted.seats.get(name, 0) for name in lists]
    regions: Mapping[str, str] = getattr(link, "regions", {})
    for name, district in other.counted.districts.items():
        row = here if isinstance(link, law.Levelling) else direct
        place = name if isinstance(link, law.Levelling) else regions.get(name, "")
        number = places.index(place) if place in places else 0
        if place not in places and isinstance(link, law.Levelling):
            continue
        row[number] += [district.seats.get(list_, 0) for list_ in lists]
    return direct, sum(other.counted.seats.values()), held, here


def _uncovered(plan: ListPlan, link: law.Covered, other: Other, cover: Ints) -> tuple[str, ...]:
    names = list(other.counted.districts)
    winner, place = np.full(len(names), -1, np.int64), np.zeros(len(names), np.int64)
    votes, valid = np.zeros(len(names), np.int64), np.ones(len(names), np.int64)
    for n, (name, district) in enumerate(other.counted.districts.items()):
        party = next((one for one, seats in district.seats.items() if seats), None)
        if district.winner is None or party not in plan.lists:
            continue
        winner[n], place[n] = plan.lists.index(party), plan.places.index(link.regions[name])
        votes[n], valid[n] = other.papers[name].votes[district.winner], max(other.papers[name].valid, 1)
    sits = np.zeros(len(names), np.bool_)
    house.sitting_winners(winner, place, votes, valid, cover, sits)
    return tuple(name for n, name in enumerate(names) if winner[n] >= 0 and not sits[n])
