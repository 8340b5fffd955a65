"""The reference count: the law as written, one function a legal step, in integers and fractions.

Slow, readable and exact: every faster count is judged by this one. Articles are those of the Constitutional Law of
Kazakhstan "On Elections" that the functions were written from; a system's own articles stand in its fields ``law``.
Where the law is silent the system's ``SilentCases`` decide; the cases that occurred are named in the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import get_args, get_type_hints

from forecast.errors import LawSilent
from forecast.rules.ballots import Paper, Votes
from forecast.rules.formulas import QUOTAS, RemainderSeats, largest_remainder_seats
from forecast.rules.linkage import Other
from forecast.rules.outcome import Count, DistrictCount, Step, Tie, TierCount
from forecast.rules.proportional import AverageBar, Fused, ProportionalTier, SeatsBar
from forecast.rules.proportional_count import count_proportional_tier
from forecast.rules.steps import SILENT, list_steps, nominal_steps
from forecast.rules.system import (
    COUNTED,
    AgainstAll,
    AppointedTier,
    BlockVote,
    ElectoralSystem,
    ListTier,
    NominalTier,
    SecondList,
    SilentCases,
    Threshold,
    TwoRounds,
)
from forecast.rules.ties import Lots, TieBreak

__all__ = [
    "Count",
    "DistrictCount",
    "ListWork",
    "SecondListSeats",
    "Step",
    "Tie",
    "TierCount",
    "count",
    "count_list_tier",
    "count_nominal_tier",
]


SECOND_ROUND = " (second round)"
REPEATED = " (repeat voting)"
SELF_NOMINATED = "Self-nominated"
ON_THE_PAPER = TieBreak()


@dataclass(frozen=True, slots=True)
class SecondListSeats:
    """Seats under the second-list rule, with the numbers on the way.

    ``whole`` are the first list's whole quotas, ``reduced`` the whole part of the second list's reduced quotient,
    ``claim`` is that or the minimum; the claims overflow if ``whole + claim`` exceeds the seats.
    """

    first: str
    second: str
    quota: Fraction
    whole: int
    reduced: int
    claim: int
    seats: dict[str, int]


@dataclass(frozen=True, slots=True)
class ListWork:
    """The working of one list count, from which its steps are written."""

    base: int
    passing: tuple[str, ...]
    admitted: tuple[str, ...]
    remainder: RemainderSeats | None
    second: SecondListSeats | None
    won: dict[str, int]


def threshold_base(threshold: Threshold | TwoRounds, paper: Paper, against_all: AgainstAll = COUNTED) -> int:
    """Art. 43(5): those who took part in voting are the valid ballots, "against all" among them.

    >>> from forecast.rules.system import Threshold
    >>> paper = Paper({"A": 60, "B": 30}, against_all=10, invalid=5)
    >>> threshold_base(Threshold(Fraction(1, 20), of="valid ballots"), paper)
    100
    >>> threshold_base(Threshold(Fraction(1, 20), of="ballots cast"), paper)
    105

    Where "against all" is not on the ballot, voters who would tick it are in no base.
    """
    absent = paper.against_all if against_all.use == "not on the ballot" else 0
    match threshold.of:
        case "valid ballots":
            return paper.valid - absent
        case "party votes":
            return paper.party_votes
        case "ballots cast":
            return paper.cast - absent


def passing_lists(threshold: Threshold, paper: Paper, against_all: AgainstAll = COUNTED) -> tuple[str, ...]:
    """Art. 97-1(1): lists with five and more per cent; a list without a vote never passes.

    >>> passing_lists(Threshold(Fraction(5, 100)), Paper({"A": 945, "B": 50, "C": 5}))
    ('A', 'B')
    """
    need = threshold_base(threshold, paper, against_all) * threshold.share.numerator
    scale = threshold.share.denominator
    if threshold.comparison == "at least":
        return tuple(name for name, votes in paper.votes.items() if votes and votes * scale >= need)
    return tuple(name for name, votes in paper.votes.items() if votes and votes * scale > need)


def lists_admitted_where_none_passes(tier: ListTier, paper: Paper) -> tuple[str, ...]:
    """No article: no list passes. Nobody is admitted, or every list with a vote.

    The lists admitted here share the seats by the ordinary formula, be they one or many: the second-list rule
    presupposes a list that passed.
    """
    if silent_choice(tier, "no_list_passes") == "vacant":
        return ()
    return tuple(name for name, votes in paper.votes.items() if votes)


def next_largest_list(tier: ListTier, paper: Paper, first: str) -> tuple[str, Tie | None]:
    """Art. 97-1(2): beside the only passing list, the list with the next largest vote, however small.

    The article does not say which of two lists with equal votes that is.
    """
    others = {name: votes for name, votes in paper.votes.items() if name != first}
    largest = max(others.values())
    among = tuple(name for name, votes in others.items() if votes == largest)
    if len(among) == 1:
        return among[0], None
    rule = silent_choice(tier, "second_place_tie")
    return among[0], Tie(rule, among, among[0])


def second_list_seats(tier: ListTier, rule: SecondList, paper: Paper, first: str, second: str) -> SecondListSeats:
    """Art. 97-1(2)-(4): the second list's quotient is reduced and cut, with a minimum; the rest goes to the first.

    With 9,990 votes against 30 on 98 seats the first list has 97 whole quotas and the second a minimum of 2: 99 seats.
    Who yields is not in the article; nobody ever gets more than the house has.
    """
    house = tier.seats
    quota = QUOTAS[tier.formula.quota](paper.votes[first] + paper.votes[second], house)
    whole = paper.votes[first] * quota.denominator // quota.numerator
    coefficient = rule.coefficient
    reduced = (paper.votes[second] * quota.denominator * coefficient.numerator) // (
        quota.numerator * coefficient.denominator
    )
    claim = max(rule.minimum_seats, reduced)
    if whole + claim > house and silent_choice(tier, "minimum_overflows") == "second list yields":
        granted = house - whole
    else:
        granted = min(claim, house)
    seats = {first: house - granted, second: granted}
    return SecondListSeats(first, second, quota, whole, reduced, claim, seats)


def remainder_tie(tier: ListTier, work: RemainderSeats) -> tuple[Tie, ...]:
    """Art. 97-1(4): of equal remainders the list registered earlier; a tie is one only where it decided a seat."""
    if not work.tied:
        return ()
    chosen = tuple(name for name in work.tied if name in work.extra)
    return (Tie(tier.ties.rule, work.tied, chosen[0] if len(chosen) == 1 else chosen),)


def seats_with_people(won: Mapping[str, int], list_lengths: Mapping[str, int]) -> dict[str, int]:
    """Art. 97-1(6): where no candidate is left on a list, the mandate stays vacant.

    The article speaks of later vacancies; that it holds on the first day is a choice.

    >>> seats_with_people({"A": 5, "B": 2}, {"A": 3})
    {'A': 3, 'B': 2}
    """
    return {name: min(seats, list_lengths.get(name, seats)) for name, seats in won.items()}


def plurality_winners(paper: Paper) -> tuple[str, ...]:
    """Art. 9(2): elected is who has more votes than the other candidates; several names are a tie.

    >>> plurality_winners(Paper({"A": 4, "B": 3}, against_all=9))
    ('A',)
    """
    largest = max(paper.votes.values())
    return tuple(name for name, votes in paper.votes.items() if votes == largest)


def silent_choice(tier: ListTier, case: str) -> str:
    """No article: return the system's choice for a case on which the law is silent; LawSilent where it is "error"."""
    chosen: str = getattr(tier.silent, case)
    if chosen == "error":
        allowed = [f'"{value}"' for value in get_args(get_type_hints(SilentCases)[case]) if value != "error"]
        raise LawSilent(
            f'{tier.name}: the law is silent: {SILENT[case]}; silent.{case} is "error": '
            f"write {' or '.join(allowed)} to go on"
        )
    return chosen


def count_list_tier(
    tier: ListTier, paper: Paper, list_lengths: Mapping[str, int] | None = None, *, steps: bool = True
) -> TierCount:
    """Art. 97-1: distribute the seats of a list tier.

    Parameters
    ----------
    tier
        The law of the tier.
    paper
        Votes for lists, in order of registration.
    list_lengths
        People on each list; a list that is missing is long enough.
    steps
        Write the steps (slower by far than counting).
    """
    silent: list[str] = []
    ties: tuple[Tie, ...] = ()
    passing = passing_lists(tier.threshold, paper, tier.against_all)
    admitted = passing
    if not passing:
        silent.append("no_list_passes")
        admitted = lists_admitted_where_none_passes(tier, paper)
    if len(paper.votes) == 1 and admitted:
        silent.append("only_one_list")
        if silent_choice(tier, "only_one_list") == "vacant":
            admitted = ()
    remainder: RemainderSeats | None = None
    second: SecondListSeats | None = None
    won = dict.fromkeys(paper.votes, 0)
    if len(passing) == 1 and len(paper.votes) > 1 and tier.second_list is not None:
        name, tie = next_largest_list(tier, paper, passing[0])
        if tie is not None:
            silent.append("second_place_tie")
            ties = (tie,)
        second = second_list_seats(tier, tier.second_list, paper, passing[0], name)
        if second.whole + second.claim > tier.seats:
            silent.append("minimum_overflows")
        admitted = (passing[0], name)
        won.update(second.seats)
    elif admitted:
        remainder = largest_remainder_seats(
            {name: paper.votes[name] for name in admitted}, tier.seats, tier.formula.quota
        )
        ties = remainder_tie(tier, remainder)
        won.update(remainder.seats)
    seats = won
    if list_lengths:
        seats = seats_with_people(won, list_lengths)
        if seats != won:
            silent.append("short_list")
            silent_choice(tier, "short_list")
    vacant = tier.seats - sum(seats.values())
    written: tuple[Step, ...] = ()
    if steps:
        work = ListWork(
            threshold_base(tier.threshold, paper, tier.against_all), passing, admitted, remainder, second, won
        )
        written = list_steps(tier, paper, work, seats, ties, tuple(silent))
    return TierCount(
        tier.name, "list", seats, {"": DistrictCount(dict(seats), vacant)}, vacant, ties, tuple(silent), written
    )


def has_majority(rule: TwoRounds, paper: Paper, against_all: AgainstAll, votes: int) -> bool:
    """Art. 9(2) of 2004: elected is who has more than half of the votes of those who took part in voting.

    >>> has_majority(TwoRounds(), Paper({"A": 51, "B": 49}), AgainstAll(), 51)
    True
    >>> has_majority(TwoRounds(), Paper({"A": 50, "B": 50}), AgainstAll(), 50)
    False
    """
    need = threshold_base(rule, paper, against_all) * rule.share.numerator
    have = votes * rule.share.denominator
    return have >= need if rule.comparison == "at least" else have > need


def run_off_candidates(paper: Paper, ties: TieBreak = ON_THE_PAPER) -> tuple[str, str]:
    """Art. 95 of 2004: the two candidates with the most votes; equal votes by their order on the paper, or by lot.

    >>> run_off_candidates(Paper({"A": 2, "B": 5, "C": 2}))
    ('B', 'A')
    """
    first, second, *_ = sorted(paper.votes, key=lambda name: (-paper.votes[name], ties.lot(name)))
    return first, second


def is_void(paper: Paper, against_all: AgainstAll) -> bool:
    """No article of Kazakhstan: where the law says so, "against all" ahead of every candidate voids the district."""
    return against_all.use == "voids the district" and paper.against_all > max(paper.votes.values())


def elected(
    tier: NominalTier, district: str, paper: Paper, second: Paper | None, lots: Mapping[str, int] | None = None
) -> tuple[str | None, Tie | None]:
    """Art. 9(2): who wins a district, or the tie that leaves it undecided; (None, None) if it is void or still open.

    Parameters
    ----------
    second
        Votes of the second round; they count only where the law holds one.
    lots
        Of the candidates, where the law draws them.
    """
    if is_void(paper, tier.against_all):
        return None, None
    winners = plurality_winners(paper)
    if isinstance(tier.formula, TwoRounds) and not has_majority(
        tier.formula, paper, tier.against_all, paper.votes[winners[0]]
    ):
        if len(paper.votes) <= 2 or second is None:
            return None, None
        by_lot = isinstance(tier.formula, TwoRounds) and tier.formula.second_place_tie == "lot"
        finalists = run_off_candidates(paper, TieBreak("lot", lots or {}) if by_lot else ON_THE_PAPER)
        if set(second.votes) != set(finalists):
            raise ValueError(
                f"{tier.name}, district {district}: the second round is between {finalists[0]} and {finalists[1]}, "
                f"but its votes are for {', '.join(second.votes)}"
            )
        if is_void(second, tier.against_all):
            return None, None
        winners = plurality_winners(second)
    if len(winners) == 1:
        return winners[0], None
    if tier.ties.rule == "lot" and any(paper.votes.values()):
        drawn = TieBreak("lot", lots or {}).first(winners, paper.votes)
        return drawn, Tie(tier.ties.rule, winners, drawn, district)
    return None, Tie(tier.ties.rule, winners, None, district)


def block_elected(
    tier: NominalTier, district: str, paper: Paper, lots: Mapping[str, int] | None = None
) -> tuple[tuple[str, ...], Tie | None]:
    """No article of Kazakhstan: as many candidates as the district has seats, those with the most votes.

    A tie over the last seats leaves them undecided, or lots decide it.

    >>> from forecast.rules.system import NominalTies
    >>> tier = NominalTier("council", 1, BlockVote(2), NominalTies(), AgainstAll())
    >>> block_elected(tier, "x", Paper({"A": 5, "B": 9, "C": 1}))
    (('B', 'A'), None)
    >>> block_elected(tier, "x", Paper({"A": 5, "B": 9, "C": 5}))[0]
    ('B',)
    """
    if is_void(paper, tier.against_all) or not any(paper.votes.values()):
        return (), None
    seats = tier.magnitude(district)
    by_lot = tier.ties.rule == "lot"
    draw = TieBreak("lot", lots or {}) if by_lot else ON_THE_PAPER
    ranked = tuple(sorted(paper.votes, key=lambda name: (-paper.votes[name], draw.lot(name))))
    if seats >= len(ranked) or paper.votes[ranked[seats - 1]] > paper.votes[ranked[seats]]:
        return ranked[:seats], None
    last = paper.votes[ranked[seats]]
    among = tuple(name for name in paper.votes if paper.votes[name] == last)
    if by_lot:
        chosen = tuple(name for name in ranked[:seats] if name in among)
        return ranked[:seats], Tie(tier.ties.rule, among, chosen[0] if len(chosen) == 1 else chosen, district)
    return tuple(name for name in ranked[:seats] if name not in among), Tie(tier.ties.rule, among, None, district)


def count_nominal_tier(
    tier: NominalTier,
    papers: Mapping[str, Paper],
    party_of: Mapping[tuple[str, str], str] | None = None,
    second_round: Mapping[str, Paper] | None = None,
    lots: Lots | None = None,
    *,
    steps: bool = True,
) -> TierCount:
    """Art. 9(2), 95(3), 96(1): fill the seats of districts; a tie leaves its seat undecided, unless lots decide it.

    "Against all" is counted and published (art. 37(1), 43(1)), but it is no candidate and wins nothing.

    Parameters
    ----------
    tier
        The law of the tier.
    papers
        Votes for candidates by district.
    party_of
        Party of (district, candidate); a candidate who is missing counts under their own name.
    second_round
        Votes of the second round by district, where the law holds one; how voters move is not the law's business.
    lots
        Of the candidates by district, where the law draws them.
    steps
        Write the steps.
    """
    if len(papers) > tier.districts:
        raise ValueError(f"{tier.name}: votes of {len(papers)} districts, but the tier has {tier.districts}")
    party_of = party_of or {}
    second_round = second_round or {}
    seats: dict[str, int] = {}
    districts: dict[str, DistrictCount] = {}
    ties: list[Tie] = []
    for district, paper in papers.items():
        if not paper.votes:
            raise ValueError(f"{tier.name}, district {district}: no candidates")
        local = dict.fromkeys((party_of.get((district, name), name) for name in paper.votes), 0)
        drawn = (lots or {}).get(district)
        if isinstance(tier.formula, BlockVote):
            winners, tie = block_elected(tier, district, paper, drawn)
        else:
            winner, tie = elected(tier, district, paper, second_round.get(district), drawn)
            winners = (winner,) if winner is not None else ()
        if tie is not None:
            ties.append(tie)
        for name in winners:
            local[party_of.get((district, name), name)] += 1
        magnitude = tier.magnitude(district)
        only = winners[0] if winners and magnitude == 1 else None
        districts[district] = DistrictCount(local, magnitude - len(winners), only, winners)
        for party, won in local.items():
            seats[party] = seats.get(party, 0) + won
    written = nominal_steps(tier, papers, second_round, districts, ties) if steps else ()
    return TierCount(
        tier.name,
        "nominal",
        seats,
        districts,
        vacant=sum(district.vacant for district in districts.values()),
        ties=tuple(ties),
        steps=written,
        uncounted=tier.seats - sum(tier.magnitude(district) for district in papers),
    )


def appointed_seats(tier: AppointedTier) -> TierCount:
    """Art. 93-1 and 94-1 of 2007: seats that the Assembly of the People fills; no party gains them."""
    step = Step(f"{tier.seats} seats, filled by {tier.by}; they belong to no party", tier.law)
    return TierCount(tier.name, "appointed", {}, {}, 0, steps=(step,), appointed=tier.seats)


def fused_papers(rule: Fused, papers: Mapping[str, Paper], party_of: Mapping[tuple[str, str], str]) -> dict[str, Paper]:
    """Legge 165 of 2017 (Italy), art. 58: a vote for a candidate is a vote for the list; here it is the only one.

    Candidates of no list stay in the valid votes.

    >>> papers = {"1": Paper({"Ann": 5, "Bob": 3}), "2": Paper({"Cyd": 4}, invalid=1)}
    >>> fused_papers(Fused("districts"), papers, {("1", "Ann"): "A", ("1", "Bob"): "B", ("2", "Cyd"): "A"})
    {'': Paper(votes={'A': 9, 'B': 3}, against_all=0, invalid=1)}
    """
    rows: dict[str, dict[str, int]] = {}
    beside: dict[str, int] = {}
    invalid: dict[str, int] = {}
    for district, paper in papers.items():
        place = rule.regions.get(district, "")
        row = rows.setdefault(place, {})
        outside = paper.against_all
        for name, number in paper.votes.items():
            party = party_of.get((district, name), name)
            if party == SELF_NOMINATED:
                outside += number
            else:
                row[party] = row.get(party, 0) + number
        beside[place] = beside.get(place, 0) + outside
        invalid[place] = invalid.get(place, 0) + paper.invalid
    return {place: Paper(row, beside[place], invalid[place]) for place, row in rows.items()}


def vote_tiers(system: ElectoralSystem) -> tuple[str, ...]:
    """No article: the names under which a system's votes are given; a second round is a tier of its own.

    Appointed tiers have no votes, and fused ones those of another tier.
    """
    names = []
    for tier in system.tiers:
        if not isinstance(tier, AppointedTier) and getattr(tier, "fused", None) is None:
            names.append(tier.name)
        if isinstance(tier, NominalTier) and isinstance(tier.formula, TwoRounds):
            names.append(tier.name + SECOND_ROUND)
    return tuple(names)


def repeated_tiers(system: ElectoralSystem) -> tuple[str, ...]:
    """No article: the names under which the votes of districts stand that voted again; they replace the first ones."""
    return tuple(tier.name + REPEATED for tier in system.tiers if isinstance(tier, NominalTier | ProportionalTier))


def count(
    system: ElectoralSystem,
    votes: Votes,
    *,
    list_lengths: Mapping[str, int] | None = None,
    party_of: Mapping[tuple[str, str], str] | None = None,
    people: Mapping[str, Mapping[str, Mapping[str, int]]] | None = None,
    lots: Mapping[str, Lots] | None = None,
    steps: bool = True,
) -> Count:
    """Art. 9(2): count every tier by itself and add up; a tier that is linked to others is counted after them.

    ``people`` are the persons on lists by tier, district and party, ``lots`` those of a tier. A tier without votes is
    left uncounted and named; votes of a tier that the system does not have are a ValueError.
    """
    names = vote_tiers(system)
    for name in votes.tiers:
        if name not in (*names, *repeated_tiers(system)):
            raise ValueError(f"{system.id} has no tier {name!r}; it has {', '.join(map(repr, names))}")
    tiers: list[TierCount] = []
    uncounted: list[str] = []
    others: dict[str, Other] = {}
    for tier in system.tiers:
        if isinstance(tier, AppointedTier):
            tiers.append(appointed_seats(tier))
            continue
        papers = {**votes.tiers.get(tier.name, {}), **votes.tiers.get(tier.name + REPEATED, {})}
        if isinstance(tier, ProportionalTier) and tier.fused is not None and tier.fused.tier in others:
            papers = fused_papers(tier.fused, others[tier.fused.tier].papers, party_of or {})
        drawn = (lots or {}).get(tier.name)
        if not papers:
            uncounted.append(tier.name)
            continue
        if isinstance(tier, ListTier):
            if list(papers) != [""]:
                raise ValueError(f"{tier.name}: one national district; its votes must name no district")
            counted = count_list_tier(tier, papers[""], list_lengths, steps=steps)
        elif isinstance(tier, ProportionalTier):
            if (wanted := needed_tier(tier, others)) is not None:
                raise ValueError(f"{tier.name} is linked to {wanted}, which has no votes")
            nationwide = {"": list_lengths} if list_lengths and not tier.districts else {}
            persons = (people or {}).get(tier.name, nationwide)
            counted, found = count_proportional_tier(tier, papers, others, persons, drawn, steps=steps)
            if tier.linkage is not None and found.uncovered:
                tiers = [
                    without_uncovered(one, found.uncovered) if one.name == tier.linkage.tier else one for one in tiers
                ]
        else:
            second = votes.tiers.get(tier.name + SECOND_ROUND)
            counted = count_nominal_tier(tier, papers, party_of, second, drawn, steps=steps)
        tiers.append(counted)
        others[tier.name] = Other(counted, papers)
    seats: dict[str, int] = {}
    for one in tiers:
        for party, won in one.seats.items():
            seats[party] = seats.get(party, 0) + won
    return Count(system.id, tuple(tiers), seats, tuple(uncounted))


def needed_tier(tier: ProportionalTier, others: Mapping[str, Other]) -> str | None:
    """Return the tier that a linked tier waits for, if it was not counted."""
    wanted = [bar.tier for bar in tier.admission.any_of if isinstance(bar, SeatsBar | AverageBar)]
    wanted += [tier.linkage.tier] if tier.linkage is not None else []
    wanted += [tier.cap.tier] if tier.cap is not None and tier.cap.tier else []
    return next((name for name in wanted if name not in others), None)


def without_uncovered(counted: TierCount, uncovered: Sequence[tuple[str, str]]) -> TierCount:
    """Bundeswahlgesetz of 2023, s. 6(1): a winner whose list does not cover the seat is not elected; nobody else is."""
    districts = dict(counted.districts)
    seats = dict(counted.seats)
    for name, _ in uncovered:
        row = districts[name].seats
        for party, won in row.items():
            seats[party] -= won
        districts[name] = DistrictCount(dict.fromkeys(row, 0), 0, None)
    return replace(counted, seats=seats, districts=districts)
