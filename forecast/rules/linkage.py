"""Tiers that answer for one another: additional members, mixed-member, levelled and capped houses, levelling seats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from forecast.rules.admission import Papers, combined
from forecast.rules.apportion import apportionment, awards, highest_averages
from forecast.rules.ballots import Paper
from forecast.rules.outcome import Tie, TierCount
from forecast.rules.proportional import (
    AdditionalMember,
    Covered,
    DivisorFormula,
    Formula,
    Levelled,
    Levelling,
    MixedMember,
    ProportionalTier,
)
from forecast.rules.ties import TieBreak, TieBreaks

Won = dict[str, dict[str, int]]  # district or region -> party -> seats


@dataclass(frozen=True, slots=True)
class Other:
    """Another tier of the same house: what was counted there, and its papers."""

    counted: TierCount
    papers: Papers


@dataclass(frozen=True, slots=True)
class Spread:
    """Seats of a linked tier by district; ``uncovered`` are (district, winner) of the other tier who do not sit."""

    seats: Won
    ties: tuple[Tie, ...] = ()
    uncovered: tuple[tuple[str, str], ...] = ()
    placement: tuple[tuple[str, str], ...] = ()
    vacant: int = 0


def regional_seats(other: TierCount, regions: Mapping[str, str]) -> Won:
    """Return the seats won in a tier by region and party."""
    found: Won = {}
    for name, district in other.districts.items():
        row = found.setdefault(regions[name], {})
        for party, seats in district.seats.items():
            row[party] = row.get(party, 0) + seats
    return found


def national_votes(papers: Papers, names: tuple[str, ...]) -> dict[str, int]:
    """Return the votes of all districts together for some lists."""
    whole = combined(papers)
    return {name: whole.votes.get(name, 0) for name in names}


def additional_members(
    tier: ProportionalTier,
    link: AdditionalMember,
    papers: Papers,
    lists: Mapping[str, tuple[str, ...]],
    other: Other,
    breaks: TieBreaks,
) -> Spread:
    """Scotland Act 1998, s. 8: regional votes are divided by the seats a party has in the region, plus one."""
    won = regional_seats(other.counted, link.regions)
    seats: Won = {}
    ties: list[Tie] = []
    vacant = 0
    for district in tier.districts:
        paper = papers.get(district.name, Paper({}))
        votes = {name: paper.votes[name] for name in lists.get(district.name, ())}
        assert isinstance(tier.formula, DivisorFormula)
        found = highest_averages(
            tier.formula, votes, district.seats, won.get(district.name), ties=breaks.within(district.name)
        )
        seats[district.name] = found.seats
        ties += found.ties
        vacant += found.unassigned
    return Spread(seats, tuple(ties), vacant=vacant)


def mixed_member(
    tier: ProportionalTier, link: MixedMember, papers: Papers, names: tuple[str, ...], other: Other, breaks: TieBreaks
) -> Spread:
    """Electoral Act 1993 (New Zealand), s. 191-193; Bundeswahlgesetz of 1956 to 2011, s. 6-7: overhang is kept."""
    won = other.counted.seats
    house = link.house - sum(seats for party, seats in won.items() if party not in names)
    due = apportionment(tier.formula, national_votes(papers, names), house, ties=breaks.within())
    if not link.sublists:
        lists = {name: max(due.seats[name] - won.get(name, 0), 0) for name in names}
        return Spread({"": lists}, due.ties, vacant=due.unassigned)
    direct = regional_seats(other.counted, link.regions)
    seats: Won = {region: {} for region in papers}
    ties = list(due.ties)
    for name in names:
        votes = {region: paper.votes[name] for region, paper in papers.items() if paper.votes.get(name, 0)}
        below = apportionment(tier.formula, votes, due.seats[name], ties=breaks.between(name))
        ties += below.ties
        for region, number in below.seats.items():
            seats[region][name] = max(number - direct.get(region, {}).get(name, 0), 0)
    return Spread(seats, tuple(ties), vacant=due.unassigned)


def minimum_seats(
    tier: ProportionalTier, link: Levelled, papers: Papers, names: tuple[str, ...], direct: Won, breaks: TieBreaks
) -> tuple[dict[str, int], tuple[Tie, ...]]:
    """Bundeswahlgesetz, s. 6(2)-(5) of 2013 and 2020: regions by population, lists within, and a party's minimum."""
    regions = apportionment(tier.formula, dict(link.population), link.house, ties=breaks.between())
    ties = list(regions.ties)
    least = dict.fromkeys(names, 0)
    first = dict.fromkeys(names, 0)
    for region, paper in papers.items():
        votes = {name: paper.votes[name] for name in names if paper.votes.get(name, 0)}
        below = apportionment(tier.formula, votes, regions.seats.get(region, 0), ties=breaks.within(region))
        ties += below.ties
        for name in names:
            due, won = below.seats.get(name, 0), direct.get(region, {}).get(name, 0)
            first[name] += due
            least[name] += max(won, due) if link.minimum == "full" else max(won, -(-(won + due) // 2))
    return {name: max(least[name], first[name]) for name in names}, tuple(ties)


def levelled(
    tier: ProportionalTier, link: Levelled, papers: Papers, names: tuple[str, ...], other: Other, breaks: TieBreaks
) -> Spread:
    """Bundeswahlgesetz, s. 6(5)-(6) of 2013 and 2020: the house grows until every party has its minimum.

    The highest averages are monotone in the house, so it grows seat by seat.
    """
    direct = regional_seats(other.counted, link.regions)
    least, ties = minimum_seats(tier, link, papers, names, direct, breaks)
    votes = national_votes(papers, names)
    outsiders = sum(seats for party, seats in other.counted.seats.items() if party not in names)
    now = dict.fromkeys(names, 0)
    assert isinstance(tier.formula, DivisorFormula)
    for size, (winner, _) in enumerate(awards(tier.formula, votes, {}, {}, breaks.within()), 1):
        now[winner] += 1
        short = sum(max(least[name] - now[name], 0) for name in names)
        if size >= link.house - outsiders and short <= link.free_overhang:
            break
    total = {name: max(now[name], least[name]) for name in names}
    seats: Won = {region: {} for region in papers}
    found = list(ties)
    for name in names:
        held = {region: direct.get(region, {}).get(name, 0) for region in papers}
        below_votes = {region: paper.votes[name] for region, paper in papers.items() if paper.votes.get(name, 0)}
        below = highest_averages(
            tier.formula, below_votes, total[name] - sum(held.values()), held, ties=breaks.between(name)
        )
        found += below.ties
        for region, number in below.seats.items():
            seats[region][name] = number
    return Spread(seats, tuple(found))


def covered(
    tier: ProportionalTier, link: Covered, papers: Papers, names: tuple[str, ...], other: Other, breaks: TieBreaks
) -> Spread:
    """Bundeswahlgesetz of 2023, s. 1(3), 4 and 6: winners sit, by their share of votes, as far as their list covers.

    A list that takes no part covers nobody. Winners of no list sit, and are deducted from the house.
    """
    standing = combined(papers).votes
    outsiders = {party for party, seats in other.counted.seats.items() if seats and party not in standing}
    house = link.house - sum(other.counted.seats[party] for party in outsiders)
    due = apportionment(tier.formula, national_votes(papers, names), house, ties=breaks.within())
    ties = list(due.ties)
    seats: Won = {region: {} for region in papers}
    uncovered: list[tuple[str, str]] = []
    for name in standing:
        votes = {region: paper.votes[name] for region, paper in papers.items() if paper.votes.get(name, 0)}
        below = apportionment(tier.formula, votes, due.seats.get(name, 0), ties=breaks.between(name))
        ties += below.ties
        for region in papers:
            winners = [
                (district, winner)
                for district, counted in other.counted.districts.items()
                if (winner := counted.winner) and link.regions[district] == region and counted.seats.get(name, 0)
            ]
            winners.sort(key=lambda pair: -winning_share(other.papers[pair[0]], pair[1]))  # stable: order of districts
            number = below.seats.get(region, 0)
            uncovered += winners[number:]
            seats[region][name] = max(number - len(winners), 0)
    order = list(other.counted.districts)
    uncovered.sort(key=lambda pair: order.index(pair[0]))
    return Spread(seats, tuple(ties), tuple(uncovered), vacant=due.unassigned)


def winning_share(paper: Paper, winner: str) -> Fraction:
    """Return a winner's share of the valid votes of the district.

    >>> winning_share(Paper({"A": 3, "B": 1}), "A")
    Fraction(3, 4)
    """
    return Fraction(paper.votes[winner], max(paper.valid, 1))


def levelling(
    tier: ProportionalTier, link: Levelling, papers: Papers, names: tuple[str, ...], other: Other, breaks: TieBreaks
) -> Spread:
    """Folketing Elections Act, s. 76-77; Valgloven (Norway), s. 11-5 and 11-6; Icelandic Act 24/2000, s. 108."""
    held = {name: other.counted.seats.get(name, 0) for name in names}
    votes = national_votes(papers, names)
    if link.over_represented == "continued":
        assert isinstance(tier.formula, DivisorFormula)
        found = highest_averages(tier.formula, votes, tier.seats, held, ties=breaks.within())
        extra, ties, vacant = found.seats, found.ties, found.unassigned
    else:
        total = link.total - sum(seats for party, seats in other.counted.seats.items() if party not in votes)
        extra, ties, vacant = level_due(tier.formula, votes, held, total, breaks.within())
    places: list[tuple[str, str]] = []
    if link.placement == "share":
        order = _order_of_awards(tier, votes, held, extra, breaks.within())
        places = placed_by_share(tier, papers, other, order, breaks)
    elif link.placement == "relative average":
        places = placed_by_relative_average(tier, papers, other, extra, breaks)
    elif link.placement == "regions":
        places = placed_by_regions(tier, papers, other, extra, breaks)
    else:
        return Spread({"": extra}, ties, vacant=vacant)
    seats: Won = {district: {} for district in papers}
    for district, name in places:
        seats[district][name] = seats[district].get(name, 0) + 1
    return Spread(seats, ties, placement=tuple(places), vacant=vacant + sum(extra.values()) - len(places))


def level_due(
    formula: Formula, votes: Mapping[str, int], held: Mapping[str, int], total: int, ties: TieBreak
) -> tuple[dict[str, int], tuple[Tie, ...], int]:
    """Apply a formula to all seats; lists with more than their due leave with their seats, and it is applied again."""
    left = dict(votes)
    while left:
        due = apportionment(formula, left, total, ties=ties)
        over = [name for name in left if held[name] > due.seats[name]]
        if not over:
            extra = {name: due.seats[name] - held[name] if name in left else 0 for name in votes}
            return extra, due.ties, due.unassigned
        for name in over:
            total -= held[name]
            del left[name]
    return dict.fromkeys(votes, 0), (), max(total, 0)


def _order_of_awards(
    tier: ProportionalTier, votes: Mapping[str, int], held: Mapping[str, int], extra: Mapping[str, int], ties: TieBreak
) -> list[str]:
    assert isinstance(tier.formula, DivisorFormula)
    caps = {name: held[name] + extra[name] for name in votes}
    return [name for name, _ in awards(tier.formula, votes, held, caps, ties)]


def placed_by_share(
    tier: ProportionalTier, papers: Papers, other: Other, order: list[str], breaks: TieBreaks
) -> list[tuple[str, str]]:
    """Place each seat in turn where the list's share of the votes, over its seats there plus one, is largest."""
    free = {district.name: district.levelling for district in tier.districts}
    held = {name: dict(counted.seats) for name, counted in other.counted.districts.items()}
    places = []
    for name in order:
        open_ = [place for place, number in free.items() if number and papers[place].votes.get(name, 0)]
        if not open_:
            continue
        worth = {
            place: Fraction(papers[place].votes[name], papers[place].party_votes * (held[place].get(name, 0) + 1))
            for place in open_
        }
        best = breaks.between(name).largest(worth)
        free[best] -= 1
        held[best][name] = held[best].get(name, 0) + 1
        places.append((best, name))
    return places


def placed_by_relative_average(
    tier: ProportionalTier, papers: Papers, other: Other, extra: Mapping[str, int], breaks: TieBreaks
) -> list[tuple[str, str]]:
    """Place seats where votes / (2 seats + 1), over the district's votes per seat, are largest; fixed seats a district."""
    free = {district.name: district.levelling for district in tier.districts}
    magnitude = {district.name: district.seats for district in tier.districts}
    left = dict(extra)
    worth = sorted(
        (
            (
                -Fraction(
                    paper.votes[name] * magnitude[place],
                    (2 * other.counted.districts[place].seats.get(name, 0) + 1) * paper.party_votes,
                ),
                breaks.within(place).lot(name),
                number,
                place,
                name,
            )
            for number, (place, paper) in enumerate(papers.items())
            for name in extra
            if paper.votes.get(name, 0)
        ),
        key=lambda row: row[:3],
    )
    places = []
    for *_, place, name in worth:
        if left[name] and free[place]:
            left[name] -= 1
            free[place] -= 1
            places.append((place, name))
    return places


def placed_by_regions(
    tier: ProportionalTier, papers: Papers, other: Other, extra: Mapping[str, int], breaks: TieBreaks
) -> list[tuple[str, str]]:
    """Folketing Elections Act, s. 78-79: to the regions by the odd numbers, then to districts by 1, 4, 7 and so on."""
    votes: Won = {}
    held: Won = {}
    free: dict[str, int] = {}
    inside: dict[str, list[str]] = {}
    of = {district.name: district for district in tier.districts}
    for place, paper in papers.items():
        region = of[place].region
        inside.setdefault(region, []).append(place)
        free[region] = free.get(region, 0) + of[place].levelling
        row, have = votes.setdefault(region, {}), held.setdefault(region, {})
        for name in extra:
            row[name] = row.get(name, 0) + paper.votes.get(name, 0)
            have[name] = have.get(name, 0) + other.counted.districts[place].seats.get(name, 0)
    left = dict(extra)
    sent: list[tuple[str, str]] = []
    while True:
        worth = [
            (-Fraction(number, 2 * held[region][name] + 1), breaks.within(inside[region][0]).lot(name), n, region, name)
            for n, (region, row) in enumerate(votes.items())
            for name, number in row.items()
            if number and left[name] and free[region]
        ]
        if not worth:
            break
        *_, region, name = min(worth, key=lambda one: one[:3])
        held[region][name] += 1
        left[name] -= 1
        free[region] -= 1
        sent.append((region, name))
    places = []
    here = {place: dict(counted.seats) for place, counted in other.counted.districts.items()}
    for region, name in sent:
        claims = {
            place: Fraction(papers[place].votes[name], 3 * here[place].get(name, 0) + 1)
            for place in inside[region]
            if papers[place].votes.get(name, 0)
        }
        best = breaks.between(name).largest(claims)
        here[best][name] = here[best].get(name, 0) + 1
        places.append((best, name))
    return places
