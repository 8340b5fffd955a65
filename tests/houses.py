"""Generated tiers anywhere in the language of proportional rules, with what they build on and papers on its edges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeVar

import numpy as np

from forecast.rules.ballots import Paper
from forecast.rules.count import count_nominal_tier
from forecast.rules.linkage import Other
from forecast.rules.proportional import (
    AdditionalMember,
    Admission,
    Alliances,
    Area,
    AverageBar,
    Base,
    Biproportional,
    Bonus,
    Cap,
    Comparison,
    Covered,
    District,
    DivisorFormula,
    ExtraSeats,
    FirstBar,
    Formula,
    Levelled,
    Levelling,
    MinimumOpposition,
    MixedMember,
    PooledRemainders,
    ProportionalTier,
    QuotaBar,
    QuotaFormula,
    QuotaName,
    Scrutinies,
    SeatsBar,
    ShareBar,
)
from forecast.rules.proportional_count import count_proportional_tier
from forecast.rules.system import AgainstAll, BlockVote, NominalTier, NominalTies, Plurality
from forecast.rules.ties import Lots, TieRule

T = TypeVar("T")

DIVISORS: tuple[DivisorFormula, ...] = (
    DivisorFormula("d'hondt"),
    DivisorFormula("sainte-lague"),
    DivisorFormula("sainte-lague", Fraction(7, 5)),
    DivisorFormula("sainte-lague", Fraction(6, 5)),
    DivisorFormula("danish"),
    DivisorFormula("imperiali"),
    DivisorFormula("adams"),
    DivisorFormula("huntington-hill"),
)
QUOTAS: tuple[QuotaFormula, ...] = (
    QuotaFormula("hare"),
    QuotaFormula("hare", rounding="down"),
    QuotaFormula("hare", rounding="up"),
    QuotaFormula("droop"),
    QuotaFormula("hagenbach-bischoff"),
    QuotaFormula("hagenbach-bischoff", rounding="nearest"),
    QuotaFormula("imperiali"),
    QuotaFormula("imperiali", over_allocation="larger quota"),
    QuotaFormula("imperiali", rounding="down", leftovers="order of votes"),
    QuotaFormula("hare", leftovers="order of votes", quota_votes="valid ballots"),
    QuotaFormula("hare", leftovers="largest list"),
)
FORMULAS: tuple[Formula, ...] = (*DIVISORS, *QUOTAS)
TIES: tuple[TieRule, ...] = ("registration order", "larger vote", "lot", "larger vote, then lot")
AREAS: tuple[Area, ...] = (
    "tier", "region", "district", "any region", "any district", "every region", "every district",
)  # fmt: skip
BASES: tuple[Base, ...] = ("valid ballots", "party votes", "ballots cast")
COMPARISONS: tuple[Comparison, ...] = ("at least", "more than")
BONUSES: tuple[Literal["at least", "on top"], ...] = ("at least", "on top")
ROUNDINGS: tuple[Literal["exact", "up"], ...] = ("exact", "up")
MINIMA: tuple[Literal["full", "half"], ...] = ("full", "half")
VOTES: tuple[Literal["admitted lists", "valid ballots"], ...] = ("admitted lists", "valid ballots")
PLACES: tuple[Literal["share", "relative average", "regions"], ...] = ("share", "relative average", "regions")
WHOLE: tuple[QuotaName, ...] = ("hare", "droop", "imperiali")
GROWING = (DivisorFormula("d'hondt"), DivisorFormula("sainte-lague"), DivisorFormula("danish"))
RULES = (
    "plain", "alliances", "bonus", "cap", "extra", "opposition", "scrutinies", "remainders",
    "additional", "mixed", "sublists", "levelled", "covered", "levelling", "placed", "size kept", "two ways",
)  # fmt: skip


@dataclass(frozen=True)
class House:
    """A tier, its papers, the tiers below it, the people on its lists, and the lots."""

    rule: str
    tier: ProportionalTier
    papers: dict[str, Paper]
    others: dict[str, Other]
    people: dict[str, dict[str, int]]
    lots: Lots


def one_of(rng: np.random.Generator, values: tuple[T, ...]) -> T:
    """Return one of some values."""
    return values[int(rng.integers(len(values)))]


def random_papers(rng: np.random.Generator, places: list[str], lists: list[str]) -> dict[str, Paper]:
    """Return papers: few votes, equal ones, none at all, one list alone, or many."""
    scale = one_of(rng, (3, 20, 1000, 10**7))
    papers = {}
    for place in places:
        votes = rng.integers(0, scale + 1, len(lists))
        kind = rng.random()
        if kind < 0.25:
            votes[:] = votes[0]
        elif kind < 0.3:
            votes[:] = 0
        elif kind < 0.35:
            votes[1:] = 0
        beside = rng.integers(0, scale, 2) * int(rng.random() < 0.7)
        papers[place] = Paper(dict(zip(lists, votes.tolist(), strict=True)), int(beside[0]), int(beside[1]))
    return papers


def random_lots(rng: np.random.Generator, places: list[str], names: list[str]) -> Lots:
    """Return few different lots, so that some are equal."""
    return {place: {name: int(rng.integers(0, 4)) for name in (*names, "")} for place in (*places, "")}


def edge_share(rng: np.random.Generator, papers: dict[str, Paper], name: str) -> Fraction:
    """Return a share that a list has exactly, or misses or passes by one vote; else any."""
    valid = sum(paper.valid for paper in papers.values())
    mine = sum(paper.votes[name] for paper in papers.values()) + int(rng.integers(-1, 2))
    if 0 < mine < valid and rng.random() < 0.5:
        return Fraction(mine, valid)
    return Fraction(int(rng.integers(0, 30)), 100)


def random_admission(
    rng: np.random.Generator, papers: dict[str, Paper], lists: list[str], below: list[str], lower: list[str]
) -> Admission:
    """Return bars of every kind."""
    share = edge_share(rng, papers, lists[0])
    bar = ShareBar(
        share,
        one_of(rng, BASES),
        one_of(rng, AREAS),
        one_of(rng, COMPARISONS),
        ((2, share / 2),) if rng.random() < 0.3 else (),
    )
    second = QuotaBar(one_of(rng, (Fraction(1), Fraction(3, 4), Fraction(2))), one_of(rng, BASES), one_of(rng, AREAS))
    either: list[ShareBar | QuotaBar | SeatsBar | AverageBar | FirstBar] = []
    if rng.random() < 0.2:
        either.append(ShareBar(Fraction(1, 4), area="district"))
    if rng.random() < 0.15:
        either.append(FirstBar())
    if rng.random() < 0.15:
        either.append(QuotaBar(area="district"))
    if below and rng.random() < 0.5:
        either.append(SeatsBar(int(rng.integers(1, 4)), below[0]))
    if lower and rng.random() < 0.3:
        either.append(AverageBar(int(rng.integers(1, 3)), lower[0]))
    every: list[ShareBar | QuotaBar] = [bar] if rng.random() < 0.6 else []
    if rng.random() < 0.15:
        every.append(second)
    return Admission(
        tuple(every),
        tuple(either),
        (lists[-1],) if rng.random() < 0.2 else (),
        int(rng.integers(0, 3)) if rng.random() < 0.3 else 0,
        one_of(rng, (Fraction(1, 2), Fraction(9, 10))) if rng.random() < 0.15 else None,
        "all lists" if rng.random() < 0.5 else "vacant",
    )


def nominal_below(
    rng: np.random.Generator, places: list[str], lists: list[str], regions: dict[str, str]
) -> tuple[NominalTier, Other]:
    """Return single-member districts, their winners and papers; ``regions`` are filled."""
    number = int(rng.integers(1, 9))
    names = [f"{n}" for n in range(number)]
    regions.update({name: places[int(rng.integers(len(places)))] for name in names})
    tier = NominalTier("districts", number, Plurality(), NominalTies("lot"), AgainstAll())
    papers = random_papers(rng, names, [*lists, "Nobody's"])
    return tier, Other(count_nominal_tier(tier, papers, steps=False), papers)


def random_house(rng: np.random.Generator, rule: str) -> House:
    """Return a house that follows a rule, with everything else at random."""
    places = [f"D{d}" for d in range(int(rng.integers(1, 4)))]
    lists = [f"L{p}" for p in range(int(rng.integers(1, 7)))]
    sizes = rng.integers(0, 9, len(places)).tolist()
    districts = tuple(
        District(place, size, f"R{d % 2}", int(rng.integers(0, 3)), one_of(rng, (0, 40)) + d)
        for d, (place, size) in enumerate(zip(places, sizes, strict=True))
    )
    papers = random_papers(rng, places, lists)
    seats = max(sum(sizes), 1)
    others: dict[str, Other] = {}
    regions: dict[str, str] = {}
    below, lower = [], []
    formula: Formula = one_of(rng, FORMULAS)
    if rule in ("cap", "additional", "mixed", "sublists", "levelled", "covered", "size kept"):
        nominal, other = nominal_below(rng, places, lists, regions)
        others[nominal.name] = other
        below = [nominal.name]
    elif rule in ("levelling", "placed"):
        local = ProportionalTier("local", seats, one_of(rng, DIVISORS), districts)
        counted, _ = count_proportional_tier(local, papers, steps=False)
        others["local"] = Other(counted, papers)
        below, lower = ["local"], ["local"]
    tier = ProportionalTier(
        "lists",
        seats,
        formula,
        districts,
        "nation" if rng.random() < 0.4 else "districts",
        one_of(rng, FORMULAS) if rng.random() < 0.2 else None,
        int(rng.random() < 0.1 and seats >= len(places)),
        random_admission(rng, papers, lists, below, lower),
        one_of(rng, TIES),
        coalition_members={lists[0]: 2} if rng.random() < 0.3 else {},
        exhausted="next list" if rng.random() < 0.5 else "vacant",
    )
    people: dict[str, dict[str, int]] = {}
    if rng.random() < 0.3:
        people = {place: {lists[0]: int(rng.integers(0, 4))} for place in (*places, "")}
    tier = with_rule(rng, rule, tier, lists, regions, others)
    return House(rule, tier, papers, others, people, random_lots(rng, places, lists))


def with_rule(
    rng: np.random.Generator,
    rule: str,
    tier: ProportionalTier,
    lists: list[str],
    regions: dict[str, str],
    others: dict[str, Other],
) -> ProportionalTier:
    """Return a tier with one rule more."""
    seats, divisors = tier.seats, one_of(rng, DIVISORS)
    won = sum(others["districts"].counted.seats.values()) if "districts" in others else 0
    if rule == "plain":
        return replace(tier, initial_seats=int(rng.random() < 0.3), minimum_seats=2 * int(rng.random() < 0.3))
    if rule == "alliances":
        groups = {"left": tuple(lists[:2]), "right": tuple(lists[3:5])}
        return replace(
            tier,
            bonus=Bonus(max(seats // 2, 1)) if rng.random() < 0.3 else None,
            alliances=Alliances(
                {name: members for name, members in groups.items() if members},
                "alliance" if rng.random() < 0.6 else "lists",
                Fraction(1, 5) if rng.random() < 0.3 else None,
                Fraction(int(rng.integers(0, 10)), 100),
                Fraction(int(rng.integers(0, 20)), 100),
                bool(rng.random() < 0.5),
                one_of(rng, FORMULAS) if rng.random() < 0.4 else None,
            ),
        )
    if rule == "bonus":
        share = one_of(rng, (Fraction(0), Fraction(2, 5)))
        return replace(tier, bonus=Bonus(int(rng.integers(1, seats + 3)), one_of(rng, BONUSES), share))
    if rule == "cap":
        plus = one_of(rng, (Fraction(0), Fraction(2, 25)))
        most = int(rng.integers(1, seats + won + 1)) if rng.random() < 0.3 else None
        factor = one_of(rng, (Fraction(1), Fraction(5, 4)))
        return replace(tier, level="nation", cap=Cap(factor, seats + won, "districts", plus, most))
    if rule == "extra":
        return replace(tier, extra=ExtraSeats(int(rng.integers(1, 5)), one_of(rng, FORMULAS)))
    if rule == "opposition":
        return replace(tier, opposition=MinimumOpposition(one_of(rng, (Fraction(1, 3), Fraction(1, 2)))))
    whole = QuotaFormula(one_of(rng, WHOLE), leftovers="nobody")
    if rule == "scrutinies":
        own = QuotaFormula("hare", one_of(rng, ROUNDINGS), "nobody", quota_votes=one_of(rng, VOTES))
        return replace(
            tier,
            formula=own,
            level="districts",
            magnitudes=None,
            scrutinies=Scrutinies(divisors, bool(rng.random() < 0.7)),
        )
    if rule == "two ways":
        both = Biproportional("votes" if rng.random() < 0.5 else "voters", bool(rng.random() < 0.3))
        sizes = tuple(replace(district, seats=district.seats + 1) for district in tier.districts)
        return replace(
            tier,
            seats=sum(district.seats for district in sizes),
            formula=DivisorFormula("sainte-lague"),
            districts=sizes,
            level="districts",
            magnitudes=None,
            biproportional=both,
        )
    if rule == "remainders":
        second = PooledRemainders(one_of(rng, QUOTAS))
        return replace(tier, formula=whole, level="districts", magnitudes=None, remainders=second)
    tier = replace(tier, magnitudes=None)
    if rule == "additional":
        link = AdditionalMember("districts", regions)
        return replace(tier, formula=divisors, level="districts", linkage=link)
    if rule in ("mixed", "sublists"):
        return replace(tier, linkage=MixedMember("districts", seats + won, regions, rule == "sublists"))
    if rule == "levelled":
        people = {district.name: int(rng.integers(1, 1000)) for district in tier.districts}
        levelled = Levelled("districts", seats + won, regions, people, one_of(rng, MINIMA), int(rng.integers(0, 4)))
        return replace(tier, formula=one_of(rng, GROWING), linkage=levelled)
    if rule == "covered":
        return replace(tier, linkage=Covered("districts", seats + won, regions))
    extra = int(rng.integers(1, 6))
    tier = replace(tier, seats=extra, level="nation")
    if rule == "size kept":
        return replace(tier, linkage=Levelling("districts", won + extra))
    below = others["local"].counted.seats
    total = sum(below.values()) + extra
    if rule == "levelling":
        continued = rng.random() < 0.5
        return replace(
            tier,
            formula=divisors if continued else tier.formula,
            linkage=Levelling("local", total, "continued" if continued else "removed"),
        )
    placement = one_of(rng, PLACES)
    return replace(tier, formula=divisors, linkage=Levelling("local", total, "removed", placement))


def random_block(rng: np.random.Generator) -> tuple[NominalTier, dict[str, Paper], Lots]:
    """Return districts of several seats, and votes with ties over the last of them."""
    names = [f"d{n}" for n in range(int(rng.integers(1, 4)))]
    people = [f"P{n}" for n in range(int(rng.integers(1, 6)))]
    sizes = {name: int(rng.integers(1, 5)) for name in names[1:]}
    law = BlockVote(int(rng.integers(1, 5)), sizes)
    tier = NominalTier("council", len(names), law, NominalTies("lot"), AgainstAll())
    papers = {
        name: Paper({person: int(rng.integers(0, 5)) for person in people if rng.random() < 0.8 or person == people[0]})
        for name in names
    }
    return tier, papers, random_lots(rng, names, people)
