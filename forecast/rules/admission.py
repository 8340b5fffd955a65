"""Which lists take part in the distribution: thresholds, their bases, alternatives and exemptions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from forecast.rules.ballots import Paper
from forecast.rules.proportional import (
    Area,
    AverageBar,
    Base,
    District,
    FirstBar,
    ProportionalTier,
    QuotaBar,
    SeatsBar,
    ShareBar,
)
from forecast.rules.ties import TieBreak

Papers = Mapping[str, Paper]
BY_REGISTRATION = TieBreak()
SeatsElsewhere = Mapping[str, Mapping[str, int]]  # tier -> party -> seats won there


def base_votes(paper: Paper, of: Base) -> int:
    """Return the votes that a share is taken of.

    >>> paper = Paper({"A": 90}, against_all=10, invalid=5)
    >>> base_votes(paper, "party votes"), base_votes(paper, "valid ballots"), base_votes(paper, "ballots cast")
    (90, 100, 105)
    """
    return {"party votes": paper.party_votes, "valid ballots": paper.valid, "ballots cast": paper.cast}[of]


def combined(papers: Papers) -> Paper:
    """Return the papers of several districts as one; options in order of first appearance.

    >>> combined({"x": Paper({"A": 1}), "y": Paper({"B": 2, "A": 3}, invalid=4)})
    Paper(votes={'A': 4, 'B': 2}, against_all=0, invalid=4)
    """
    votes: dict[str, int] = {}
    for paper in papers.values():
        for name, number in paper.votes.items():
            votes[name] = votes.get(name, 0) + number
    against = sum(paper.against_all for paper in papers.values())
    return Paper(votes, against, sum(paper.invalid for paper in papers.values()))


def reaches(votes: int, base: int, share: Fraction, comparison: str = "at least") -> bool:
    """Return whether votes are at least (or more than) a share of a base; a list without a vote never is.

    >>> reaches(5, 100, Fraction(1, 20)), reaches(5, 100, Fraction(1, 20), "more than"), reaches(0, 0, Fraction(0))
    (True, False, False)
    """
    if votes == 0:
        return False
    have, need = votes * share.denominator, base * share.numerator
    return have >= need if comparison == "at least" else have > need


def share_needed(bar: ShareBar, members: int) -> Fraction:
    """Return a bar for a coalition of so many parties; a list of its own has one.

    >>> share_needed(ShareBar(Fraction(1, 20), coalitions=((2, Fraction(8, 100)), (3, Fraction(11, 100)))), 4)
    Fraction(11, 100)
    """
    return max((share for least, share in bar.coalitions if members >= least), default=bar.share)


def areas(tier: ProportionalTier, area: Area, district: str, papers: Papers, whole: Paper) -> list[tuple[Paper, int]]:
    """Return the papers and seats of the areas that a bar looks at, for the seats of ``district``."""
    if area == "tier":
        return [(whole, tier.seats)]
    if "region" in area:
        seats: dict[str, int] = {}
        for one in tier.districts:
            seats[one.region] = seats.get(one.region, 0) + one.seats
        mine = next((one.region for one in tier.districts if one.name == district), "")
        found = regional(tier.districts, papers) or {"": whole}
        return [
            (paper, seats.get(region, tier.seats))
            for region, paper in found.items()
            if area != "region" or region == mine
        ]
    size = {one.name: one.seats for one in tier.districts}
    names = [district] if area == "district" else list(papers)
    return [(papers[name], size.get(name, tier.seats)) for name in names]


def reaches_quota(votes: int, base: int, seats: int, quotas: Fraction) -> bool:
    """Return whether votes are so many Hare quotas of a base; a list without a vote never has any.

    >>> reaches_quota(10, 100, 10, Fraction(1)), reaches_quota(7, 100, 10, Fraction(3, 4))
    (True, False)
    """
    return votes > 0 and votes * seats >= quotas * base


def passes_share(
    tier: ProportionalTier, bar: ShareBar | QuotaBar, name: str, district: str, papers: Papers, whole: Paper
) -> bool:
    """Return whether a list reaches a bar, for its seats in ``district``."""
    need = share_needed(bar, tier.coalition_members.get(name, 1)) if isinstance(bar, ShareBar) else bar.quotas
    found = []
    for paper, seats in areas(tier, bar.area, district, papers, whole):
        votes, base = paper.votes.get(name, 0), base_votes(paper, bar.of)
        if isinstance(bar, ShareBar):
            found.append(reaches(votes, base, need, bar.comparison))
        else:
            found.append(reaches_quota(votes, base, seats, need))
    return all(found) if bar.area in ("every district", "every region") else any(found)


def regional(districts: tuple[District, ...], papers: Papers) -> dict[str, Paper]:
    """Return the papers added up by region."""
    groups: dict[str, dict[str, Paper]] = {}
    for district in districts:
        if district.name in papers:
            groups.setdefault(district.region, {})[district.name] = papers[district.name]
    return {region: combined(found) for region, found in groups.items()}


def passes_average(tier: ProportionalTier, bar: AverageBar, name: str, papers: Papers) -> bool:
    """Return whether a list has the average votes per seat in enough regions (Folketing Elections Act, s. 77)."""
    seats: dict[str, int] = {}
    for district in tier.districts:
        seats[district.region] = seats.get(district.region, 0) + district.seats
    reached = 0
    for region, paper in regional(tier.districts, papers).items():
        votes = paper.votes.get(name, 0)
        reached += votes > 0 and votes * seats[region] >= paper.party_votes
    return reached >= bar.regions


def passes(
    tier: ProportionalTier, name: str, district: str, papers: Papers, whole: Paper, elsewhere: SeatsElsewhere
) -> bool:
    """Return whether a list takes part in a district: exempt, or every bar of ``all_of``, or one of ``any_of``."""
    rule = tier.admission
    if name in rule.exempt:
        return True
    for bar in rule.any_of:
        if isinstance(bar, SeatsBar):
            if elsewhere.get(bar.tier, {}).get(name, 0) >= bar.seats:
                return True
        elif isinstance(bar, AverageBar):
            if passes_average(tier, bar, name, papers):
                return True
        elif isinstance(bar, FirstBar):
            if papers[district].votes[name] == max(papers[district].votes.values()):
                return True
        elif passes_share(tier, bar, name, district, papers, whole):
            return True
    if rule.any_of and not rule.all_of:
        return False
    return all(passes_share(tier, bar, name, district, papers, whole) for bar in rule.all_of)


def admitted(
    tier: ProportionalTier, papers: Papers, elsewhere: SeatsElsewhere, ties: TieBreak = BY_REGISTRATION
) -> dict[str, tuple[str, ...]]:
    """Return the lists that take part, by district, in order of registration; a list without a vote never does."""
    whole = combined(papers)
    found = {
        district: tuple(
            name
            for name, votes in paper.votes.items()
            if votes and passes(tier, name, district, papers, whole, elsewhere)
        )
        for district, paper in papers.items()
    }
    rule = tier.admission
    if rule.minimum_lists or rule.joint_share is not None:
        passing = enlarged(tier, whole, {name for names in found.values() for name in names}, ties)
        found = {
            district: tuple(name for name, votes in paper.votes.items() if votes and name in passing)
            for district, paper in papers.items()
        }
    if not any(found.values()) and rule.none_passes == "all lists":
        return {district: tuple(n for n, v in paper.votes.items() if v) for district, paper in papers.items()}
    return found


def enlarged(tier: ProportionalTier, whole: Paper, passing: set[str], ties: TieBreak) -> set[str]:
    """Admit the next largest lists until there are enough of them and they have more than the joint share."""
    rule = tier.admission
    joint = rule.joint_share if rule.joint_share is not None else Fraction(-1)
    base = base_votes(whole, rule.all_of[0].of if rule.all_of else "valid ballots")
    waiting = sorted(
        (n for n, v in whole.votes.items() if v and n not in passing), key=lambda n: (-whole.votes[n], ties.lot(n))
    )
    found = set(passing)
    for name in waiting:
        together = sum(whole.votes.get(list_, 0) for list_ in found)
        if len(found) >= rule.minimum_lists and together * joint.denominator > base * joint.numerator:
            break
        found.add(name)
    return found
