"""The reference count of list seats in any number of districts: one function a legal step, in whole numbers.

Slow and plain; ``forecast.kernel`` is judged by it. What decides is in the values of ``forecast.rules.proportional``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from forecast.rules import linkage as linked
from forecast.rules.admission import Papers, admitted, base_votes, combined, reaches, regional
from forecast.rules.alliances import admitted_members, allied_seats, counted_votes, passing_alliances
from forecast.rules.apportion import Apportionment, apportionment, highest_averages, largest_remainders, quota_of
from forecast.rules.ballots import Paper
from forecast.rules.biproportional import biproportional_seats
from forecast.rules.linkage import Other, Spread
from forecast.rules.outcome import DistrictCount, Tie, TierCount
from forecast.rules.proportional import (
    AdditionalMember,
    Alliances,
    Bonus,
    Cap,
    Covered,
    DivisorFormula,
    Levelled,
    MixedMember,
    PooledRemainders,
    ProportionalTier,
    QuotaFormula,
    Scrutinies,
    ShareBar,
)
from forecast.rules.proportional_steps import proportional_steps
from forecast.rules.ties import Lots, TieBreak, TieBreaks

BY_REGISTRATION = TieBreak()
NO_LOTS = TieBreaks()
NATION = ""


@dataclass(frozen=True, slots=True)
class Allotment:
    """Seats of one distribution; ``groups`` are those of alliances and lone lists on the way."""

    seats: dict[str, int]
    ties: tuple[Tie, ...] = ()
    vacant: int = 0
    groups: dict[str, int] | None = None


def magnitudes(
    tier: ProportionalTier, papers: Papers, breaks: TieBreaks = NO_LOTS
) -> tuple[dict[str, int], tuple[Tie, ...]]:
    """Return the seats of each district: fixed ones, or shared among the districts by population or votes.

    Ley Organica 5/1985 (Spain), art. 162: two seats each first, and the rest in proportion to the population.

    >>> from forecast.rules.proportional import District
    >>> districts = (District("x", 0, population=700), District("y", 0, population=200), District("z", 0, population=100))
    >>> tier = ProportionalTier("lists", 16, QuotaFormula(), districts, magnitudes=QuotaFormula(), initial_magnitude=2)
    >>> magnitudes(tier, {})[0]
    {'x': 9, 'y': 4, 'z': 3}
    """
    if not tier.districts:
        return {NATION: tier.seats}, ()
    if tier.magnitudes is None:
        return {district.name: district.seats for district in tier.districts}, ()
    if any(district.population for district in tier.districts):
        size = {district.name: district.population for district in tier.districts}
    else:
        size = {one.name: papers[one.name].party_votes for one in tier.districts if one.name in papers}
    first = tier.initial_magnitude
    found = apportionment(tier.magnitudes, size, tier.seats - first * len(size), ties=breaks.between())
    return {name: seats + first for name, seats in found.seats.items()}, found.ties


def with_initial(
    tier: ProportionalTier, votes: Mapping[str, int], seats: int, valid: int, ties: TieBreak, caps: Mapping[str, int]
) -> Apportionment:
    """Give every list its initial seats, and share the rest by the formula, to none more than its cap."""
    first = tier.initial_seats
    room = {name: max(cap - first, 0) for name, cap in caps.items()}
    found = apportionment(tier.formula, votes, seats - first * len(votes), valid, caps=room, ties=ties)
    return Apportionment(
        {name: won + first for name, won in found.seats.items()}, found.ties, unassigned=found.unassigned
    )


def with_minimum(
    tier: ProportionalTier, votes: Mapping[str, int], seats: int, valid: int, ties: TieBreak, caps: Mapping[str, int]
) -> Apportionment:
    """Raise lists below the minimum to it; the others share what is left, until nobody is below."""
    raised: dict[str, int] = {}
    while True:
        others = {name: number for name, number in votes.items() if name not in raised}
        found = with_initial(tier, others, seats - sum(raised.values()), valid, ties, caps)
        below = [name for name, won in found.seats.items() if won < tier.minimum_seats]
        if not below:
            won = {name: raised.get(name, found.seats.get(name, 0)) for name in votes}
            return Apportionment(won, found.ties, unassigned=found.unassigned)
        raised |= dict.fromkeys(below, tier.minimum_seats)


def most_seats(cap: Cap, votes: Mapping[str, int], base: int, elsewhere: Mapping[str, int]) -> dict[str, int]:
    """Return the most list seats a list may take: the cap on the house less its district seats.

    >>> most_seats(Cap(Fraction(5, 4), 150, "districts"), {"A": 4815}, 10_000, {"A": 30})
    {'A': 60}
    """
    limit = cap.house if cap.most is None else cap.most
    most = {
        name: min(int(cap.house * (cap.factor * Fraction(number, base) + cap.plus)), limit)
        for name, number in votes.items()
    }
    return {name: max(number - elsewhere.get(name, 0), 0) for name, number in most.items()}


def first_step(
    tier: ProportionalTier,
    votes: Mapping[str, int],
    seats: int,
    paper: Paper,
    others: Mapping[str, Other],
    ties: TieBreak,
    people: Mapping[str, int] | None = None,
) -> Apportionment:
    """Share seats among lists (or alliances): bonus, cap, minimum, further seats and minimum opposition."""
    caps = people or {}
    if tier.cap is not None:
        elsewhere = others[tier.cap.tier].counted.seats if tier.cap.tier in others else {}
        most = most_seats(tier.cap, votes, paper.valid, elsewhere)
        caps = {name: min(most[name], caps.get(name, most[name])) for name in votes}
    if tier.bonus is not None and votes:
        return with_bonus(tier, tier.bonus, votes, seats, paper.valid, ties, caps)
    found = with_minimum(tier, votes, seats, paper.valid, ties, caps)
    if tier.extra is not None:
        more = apportionment(tier.extra.formula, votes, tier.extra.seats, ties=ties)
        together = {name: won + more.seats[name] for name, won in found.seats.items()}
        found = Apportionment(together, (*found.ties, *more.ties), unassigned=found.unassigned + more.unassigned)
    if tier.opposition is not None and votes:
        return with_opposition(tier, tier.opposition.share, found, ties)
    return found


def with_bonus(
    tier: ProportionalTier,
    bonus: Bonus,
    votes: Mapping[str, int],
    seats: int,
    valid: int,
    ties: TieBreak,
    caps: Mapping[str, int],
) -> Apportionment:
    """Italian law 270 of 2005, art. 83; Greek law 3636 of 2008, s. 6: seats for the largest list or alliance.

    >>> tier = ProportionalTier("lists", 10, QuotaFormula())
    >>> votes = {"A": 50, "B": 30, "C": 20}
    >>> with_bonus(tier, Bonus(7), votes, 10, 100, BY_REGISTRATION, {}).seats
    {'A': 7, 'B': 2, 'C': 1}
    >>> with_bonus(tier, Bonus(5, "on top"), votes, 10, 100, BY_REGISTRATION, {}).seats
    {'A': 8, 'B': 1, 'C': 1}
    """
    plain = with_minimum(tier, votes, seats, valid, ties, caps)
    largest = ties.largest(votes)
    prize = min(bonus.seats, seats)
    on_top = bonus.kind == "on top"
    if not reaches(votes[largest], valid, bonus.share) or (not on_top and plain.seats[largest] >= prize):
        return plain
    rest = {name: number for name, number in votes.items() if on_top or name != largest}
    below = with_minimum(tier, rest, seats - prize, valid, ties, caps)
    won = {name: below.seats.get(name, 0) + (prize if name == largest else 0) for name in votes}
    return Apportionment(won, below.ties, unassigned=below.unassigned)


def with_opposition(
    tier: ProportionalTier, share: Fraction, found: Apportionment, ties: TieBreak = BY_REGISTRATION
) -> Apportionment:
    """Add seats for the lists beside the largest until they hold their share of the house.

    >>> from forecast.rules.proportional import MinimumOpposition
    >>> tier = ProportionalTier("lists", 100, QuotaFormula(), opposition=MinimumOpposition(Fraction(1, 3)))
    >>> with_opposition(tier, Fraction(1, 3), Apportionment({"A": 88, "B": 9, "C": 8})).seats
    {'A': 88, 'B': 23, 'C': 21}
    """
    largest = ties.largest(found.seats)
    others = {name: won for name, won in found.seats.items() if name != largest and won}
    need = -int(-(share * found.seats[largest] / (1 - share)) // 1)
    lacking = need - sum(others.values())
    if lacking <= 0 or not others:
        return found
    more = apportionment(tier.formula, others, lacking, ties=ties)
    won = {name: seats + more.seats.get(name, 0) for name, seats in found.seats.items()}
    return Apportionment(won, (*found.ties, *more.ties), unassigned=found.unassigned)


def first_bar(tier: ProportionalTier) -> ShareBar:
    """Return the bar that alliances and joint shares refer to: the first of all."""
    bars = [bar for bar in (*tier.admission.all_of, *tier.admission.any_of) if isinstance(bar, ShareBar)]
    return bars[0] if bars else ShareBar(Fraction(0))


@dataclass(frozen=True, slots=True)
class Alliance:
    """An alliance that takes part: all its members, those that share its seats, and those whose votes add to it."""

    members: tuple[str, ...]
    inside: tuple[str, ...]
    adding: tuple[str, ...]


def standing_alliances(
    tier: ProportionalTier, rule: Alliances, papers: Papers, passing: tuple[str, ...], ties: TieBreak
) -> dict[str, Alliance]:
    """Return the alliances that take part, judged on the votes of the whole tier."""
    whole = combined(papers)
    bar = first_bar(tier)
    base = base_votes(whole, bar.of)
    exempt = tier.admission.exempt
    found = {}
    for name in passing_alliances(rule, whole.votes, base, bar.share, passing, exempt, ties):
        members = rule.groups[name]
        inside = admitted_members(rule, members, whole.votes, base, passing, exempt, ties)
        adding = tuple(
            member
            for member in members
            if member in whole.votes
            and counted_votes(rule, (member,), whole.votes, base, inside if member in inside else ())
        )
        found[name] = Alliance(members, inside, adding if rule.pass_as == "alliance" else inside)
    return found


def allotted(
    tier: ProportionalTier,
    lists: tuple[str, ...],
    standing: Mapping[str, Alliance],
    paper: Paper,
    seats: int,
    others: Mapping[str, Other],
    ties: TieBreak,
    people: Mapping[str, int] | None = None,
) -> Allotment:
    """Share the seats of one district, or of the nation, among the lists and alliances that take part."""
    if tier.alliances is None:
        found = first_step(tier, {name: paper.votes[name] for name in lists}, seats, paper, others, ties, people)
        return Allotment(found.seats, found.ties, found.unassigned)
    joined = {member for alliance in standing.values() for member in alliance.members}
    alone = tuple(name for name in lists if name not in joined)
    groups = {}
    for name, alliance in standing.items():
        inside = tuple(member for member in alliance.inside if paper.votes.get(member, 0))
        if inside:
            groups[name] = (sum(paper.votes.get(member, 0) for member in alliance.adding), inside)
    upper = in_order_of_registration(paper, groups, alone, standing)
    first = {name: next(member for member in paper.votes if member in standing[name].members) for name in groups}
    lots = {**ties.lots, **{name: ties.lot(member) for name, member in first.items()}}
    caps = {name: number for name, number in (people or {}).items() if name not in groups}
    above = first_step(tier, upper, seats, paper, others, TieBreak(ties.rule, lots), caps)
    allied = allied_seats(tier.alliances, tier.formula, paper.votes, groups, alone, seats, ties, above.seats, people)
    return Allotment(allied.seats, (*above.ties, *allied.ties), above.unassigned + allied.unassigned, above.seats)


def in_order_of_registration(
    paper: Paper,
    groups: Mapping[str, tuple[int, tuple[str, ...]]],
    alone: tuple[str, ...],
    standing: Mapping[str, Alliance],
) -> dict[str, int]:
    """Return the votes of alliances and lone lists; an alliance stands where its first member does."""
    order = list(paper.votes)
    place = {name: min(order.index(m) for m in standing[name].members if m in paper.votes) for name in groups}
    place |= {name: order.index(name) for name in alone}
    votes = {name: number for name, (number, _) in groups.items()} | {name: paper.votes[name] for name in alone}
    return {name: votes[name] for name in sorted(votes, key=place.__getitem__)}


def pooled(
    tier: ProportionalTier,
    rule: PooledRemainders,
    lists: Mapping[str, tuple[str, ...]],
    papers: Papers,
    seats: Mapping[str, int],
    breaks: TieBreaks,
) -> Spread:
    """Give whole quotas in the districts; add up what is left, and share the seats left over nationally.

    They sit where the list's remainders are the largest.
    """
    assert isinstance(tier.formula, QuotaFormula)
    won: dict[str, dict[str, int]] = {}
    rest: dict[str, dict[str, Fraction]] = {}
    ties: list[Tie] = []
    left = 0
    for district, names in lists.items():
        votes = {name: papers[district].votes[name] for name in names}
        found = largest_remainders(
            tier.formula, votes, seats[district], papers[district].valid, breaks.within(district)
        )
        won[district] = dict(found.seats)
        used = found.quota or Fraction(0)
        rest[district] = {name: max(votes[name] - found.seats[name] * used, Fraction(0)) for name in names}
        ties += found.ties
        left += found.unassigned
    pool: dict[str, int] = {}
    for name in combined(papers).votes:
        if any(name in names for names in lists.values()):
            pool[name] = sum(int(row.get(name, 0)) for row in rest.values())
    second = largest_remainders(rule.formula, pool, left, ties=breaks.within())
    for name, number in second.seats.items():
        remains = {district: row[name] for district, row in rest.items() if name in row}
        ranks = breaks.between(name)
        places = sorted(remains, key=lambda place: (-remains[place], ranks.lot(place)))
        for k in range(number):
            won[places[k % len(places)]][name] += 1
    return Spread(won, (*ties, *second.ties), vacant=second.unassigned)


def scrutinies(
    tier: ProportionalTier, rule: Scrutinies, papers: Papers, names: tuple[str, ...], breaks: TieBreaks
) -> Spread:
    """Nationalrats-Wahlordnung 1992 (Austria), s. 96-97, 100-101, 106-107: districts, regions, and the nation."""
    assert isinstance(tier.formula, QuotaFormula)
    own = tier.formula
    whole = combined(papers)
    prices: dict[str, Fraction] = {}
    for region, paper in regional(tier.districts, papers).items():
        number = sum(district.seats for district in tier.districts if district.region == region)
        base = paper.valid if own.quota_votes == "valid ballots" else paper.party_votes
        prices[region] = (quota_of(own.quota, base, number, own.rounding) or Fraction(1)) if number else Fraction(0)
    won: dict[str, dict[str, int]] = {}
    held = dict.fromkeys(whole.votes, 0)
    first: dict[str, dict[str, int]] = {}
    for district in tier.districts:
        if district.name not in papers:
            continue
        price = prices[district.region]
        won[district.name] = {
            name: int(votes / price) if price else 0 for name, votes in papers[district.name].votes.items()
        }
        row = first.setdefault(district.region, {})
        for name, number in won[district.name].items():
            row[name] = row.get(name, 0) + number
            held[name] += number
    taking = tuple(name for name in whole.votes if name in names or (rule.seat_admits and held[name]))
    spare = dict.fromkeys(whole.votes, 0)
    for region, paper in regional(tier.districts, papers).items():
        for name in taking:
            due = int(paper.votes[name] / prices[region]) if prices[region] else 0
            spare[name] += max(due - first[region][name], 0)
    have = {name: held[name] + spare[name] for name in whole.votes}
    votes = {name: whole.votes[name] for name in taking}
    house = tier.seats - sum(number for name, number in have.items() if name not in taking)
    extra, ties, vacant = linked.level_due(rule.formula, votes, have, house, breaks.within())
    won[NATION] = {name: spare[name] + extra.get(name, 0) for name in whole.votes}
    return Spread(won, ties, vacant=vacant)


def two_proportions(
    tier: ProportionalTier,
    lists: Mapping[str, tuple[str, ...]],
    papers: Papers,
    seats: Mapping[str, int],
    breaks: TieBreaks,
) -> Spread:
    """Share the seats among the lists on all votes, and then among districts and lists at once."""
    rule = tier.biproportional
    assert rule is not None
    assert isinstance(tier.formula, DivisorFormula)
    names = tuple(name for name in combined(papers).votes if any(name in found for found in lists.values()))
    voters: dict[str, Fraction] = dict.fromkeys(names, Fraction(0))
    for district, paper in papers.items():
        by = seats[district] if rule.weights == "voters" else 1
        for name in names:
            voters[name] += Fraction(paper.votes.get(name, 0), by)
    upper = highest_averages(tier.formula, voters, sum(seats.values()), ties=breaks.within())
    least = {}
    if rule.strongest_list:
        for district, paper in papers.items():
            here = {name: paper.votes[name] for name in lists[district]}
            least[district, breaks.within(district).largest(here)] = 1
    votes = {
        district: {n: paper.votes[n] for n in names if paper.votes.get(n, 0)} for district, paper in papers.items()
    }
    return Spread(biproportional_seats(votes, seats, upper.seats, least), upper.ties)


def spread(
    tier: ProportionalTier,
    papers: Papers,
    lists: Mapping[str, tuple[str, ...]],
    others: Mapping[str, Other],
    people: Mapping[str, Mapping[str, int]],
    breaks: TieBreaks,
) -> tuple[Spread, dict[str, int]]:
    """Return the seats by district, and those of alliances on the way."""
    names = tuple(name for name in combined(papers).votes if any(name in found for found in lists.values()))
    link = tier.linkage
    if link is not None:
        other = others[link.tier]
        if isinstance(link, AdditionalMember):
            return linked.additional_members(tier, link, papers, lists, other, breaks), {}
        if isinstance(link, MixedMember):
            return linked.mixed_member(tier, link, papers, names, other, breaks), {}
        if isinstance(link, Levelled):
            return linked.levelled(tier, link, papers, names, other, breaks), {}
        if isinstance(link, Covered):
            return linked.covered(tier, link, papers, names, other, breaks), {}
        return linked.levelling(tier, link, papers, names, other, breaks), {}
    seats, ties = magnitudes(tier, papers, breaks)
    if tier.scrutinies is not None:
        return scrutinies(tier, tier.scrutinies, papers, names, breaks), {}
    if tier.remainders is not None:
        return pooled(tier, tier.remainders, lists, papers, seats, breaks), {}
    if tier.biproportional is not None:
        return two_proportions(tier, lists, papers, seats, breaks), {}
    standing = standing_alliances(tier, tier.alliances, papers, names, breaks.within()) if tier.alliances else {}
    if tier.level == "nation":
        found = allotted(
            tier, names, standing, combined(papers), tier.seats, others, breaks.within(), people.get(NATION)
        )
        return Spread({NATION: found.seats}, (*ties, *found.ties), vacant=found.vacant), found.groups or {}
    won = {}
    groups: dict[str, int] = {}
    vacant = 0
    all_ties = list(ties)
    for district, number in seats.items():
        paper = papers.get(district, Paper({}))
        by = breaks.within(district)
        found = allotted(tier, lists.get(district, ()), standing, paper, number, others, by, people.get(district))
        won[district] = found.seats
        all_ties += [Tie(tie.rule, tie.among, tie.chosen, district) for tie in found.ties]
        vacant += found.vacant
        for name, seats_won in (found.groups or {}).items():
            groups[name] = groups.get(name, 0) + seats_won
    return Spread(won, tuple(all_ties), vacant=vacant), groups


def with_people(found: Spread, people: Mapping[str, Mapping[str, int]]) -> Spread:
    """Leave the seats of a list vacant that has nobody left.

    >>> with_people(Spread({"x": {"A": 3, "B": 1}}), {"x": {"A": 2}})
    Spread(seats={'x': {'A': 2, 'B': 1}}, ties=(), uncovered=(), placement=(), vacant=1)
    """
    seats = {
        place: {name: min(won, people.get(place, {}).get(name, won)) for name, won in row.items()}
        for place, row in found.seats.items()
    }
    lacking = sum(sum(row.values()) - sum(seats[place].values()) for place, row in found.seats.items())
    return replace(found, seats=seats, vacant=found.vacant + lacking)


def in_one_order(papers: Papers) -> dict[str, Paper]:
    """Return the papers with every list on each, in the order of registration: that of first appearance anywhere.

    >>> in_one_order({"x": Paper({"A": 1}), "y": Paper({"B": 2, "A": 3})})["y"].votes
    {'A': 3, 'B': 2}
    """
    order = combined(papers).votes
    return {
        place: Paper({name: paper.votes.get(name, 0) for name in order}, paper.against_all, paper.invalid)
        for place, paper in papers.items()
    }


def count_proportional_tier(
    tier: ProportionalTier,
    papers: Papers,
    others: Mapping[str, Other] | None = None,
    people: Mapping[str, Mapping[str, int]] | None = None,
    lots: Lots | None = None,
    *,
    steps: bool = True,
) -> tuple[TierCount, Spread]:
    """Distribute the seats of a tier; ``others`` are the tiers counted before it, by name.

    ``people`` are the persons on the lists by district: a list that runs out leaves its seat to the next. ``lots``
    decide equal claims where the law draws them. The spread names the winners of another tier who do not sit
    (``uncovered``).
    """
    others = others or {}
    papers = in_one_order(papers)
    elsewhere = {name: other.counted.seats for name, other in others.items()}
    breaks = TieBreaks(tier.ties, lots or {})
    lists = admitted(tier, papers, elsewhere, breaks.within())
    persons = people or {}
    found, groups = spread(tier, papers, lists, others, persons if tier.exhausted == "next list" else {}, breaks)
    found = with_people(found, persons)
    names = combined(papers).votes
    seats = {name: sum(row.get(name, 0) for row in found.seats.values()) for name in names}
    districts = {
        place: DistrictCount({name: row.get(name, 0) for name in names if name in row or place == NATION}, 0)
        for place, row in found.seats.items()
    }
    written = proportional_steps(tier, papers, lists, found, groups, breaks) if steps else ()
    return TierCount(tier.name, "list", seats, districts, found.vacant, found.ties, (), written), found
