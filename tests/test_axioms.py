"""What must hold for any votes under any law, and the known exceptions by name."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.rules.apportion import apportionment
from forecast.rules.ballots import Paper
from forecast.rules.count import count_list_tier, count_nominal_tier
from forecast.rules.proportional import Formula
from forecast.rules.system import (
    AgainstAll,
    LargestRemainder,
    ListTier,
    NominalTier,
    NominalTies,
    Plurality,
    RemainderTies,
    SecondList,
    SilentCases,
    Threshold,
)
from forecast.rules.ties import TieBreak
from tests.houses import FORMULAS

often = settings(deadline=None, max_examples=300)

# Small numbers make ties and votes on the threshold frequent; large ones are beyond what a float holds.
NUMBERS = st.one_of(st.integers(0, 30), st.integers(0, 2000), st.integers(0, 10**18))
SHARES = st.sampled_from([Fraction(0), Fraction(1, 20), Fraction(7, 100), Fraction(1, 3), Fraction(1, 2)])
SILENT = st.builds(
    SilentCases,
    no_list_passes=st.sampled_from(["vacant", "all lists"]),
    minimum_overflows=st.sampled_from(["first list yields", "second list yields"]),
    only_one_list=st.sampled_from(["all seats", "vacant"]),
)
TIERS = st.builds(
    ListTier,
    name=st.just("party lists"),
    seats=st.integers(1, 120),
    threshold=st.builds(
        Threshold,
        share=SHARES,
        of=st.sampled_from(["valid ballots", "party votes", "ballots cast"]),
        comparison=st.sampled_from(["at least", "more than"]),
    ),
    formula=st.just(LargestRemainder()),
    ties=st.just(RemainderTies()),
    second_list=st.one_of(
        st.none(),
        st.builds(
            SecondList, coefficient=st.sampled_from([Fraction(7, 10), Fraction(1)]), minimum_seats=st.integers(0, 3)
        ),
    ),
    silent=SILENT,
    law=st.just(""),
)
LISTS = st.dictionaries(st.sampled_from("ABCDEFGH"), NUMBERS, max_size=8)
PAPERS = st.builds(Paper, LISTS, against_all=NUMBERS, invalid=NUMBERS)


def plain_tier(seats: int, share: Fraction = Fraction(0)) -> ListTier:
    return ListTier("party lists", seats, Threshold(share), LargestRemainder(), RemainderTies(), None, SilentCases())


@often
@given(TIERS, PAPERS, st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(0, 20)))
def test_seats_and_vacant_ones_add_up_to_the_house(tier: ListTier, paper: Paper, lengths: dict[str, int]) -> None:
    counted = count_list_tier(tier, paper, lengths)
    assert sum(counted.seats.values()) + counted.vacant == tier.seats
    assert counted.vacant >= 0
    assert all(seats >= 0 for seats in counted.seats.values())
    assert all(seats <= lengths.get(name, seats) for name, seats in counted.seats.items())
    assert list(counted.seats) == list(paper.votes)
    assert counted.vacant == 0 or counted.silent


@often
@given(TIERS, PAPERS, st.randoms(use_true_random=False))
def test_the_order_of_lists_matters_only_for_ties(tier: ListTier, paper: Paper, random: Random) -> None:
    counted = count_list_tier(tier, paper)
    order = list(paper.votes)
    random.shuffle(order)
    again = count_list_tier(tier, replace(paper, votes={name: paper.votes[name] for name in order}))
    assert bool(again.ties) == bool(counted.ties)
    assert again.silent == counted.silent
    assert list(again.seats) == order
    if not counted.ties:
        assert again.seats == counted.seats


@often
@given(TIERS, PAPERS, st.sampled_from([2, 3, 1000]))
def test_seats_depend_on_proportions_only(tier: ListTier, paper: Paper, factor: int) -> None:
    votes = {name: number * factor for name, number in paper.votes.items()}
    larger = Paper(votes, paper.against_all * factor, paper.invalid * factor)
    assert count_list_tier(tier, larger, steps=False) == count_list_tier(tier, paper, steps=False)


@often
@given(TIERS, PAPERS)
def test_every_list_gets_its_quotient_rounded_down_or_up(tier: ListTier, paper: Paper) -> None:
    counted = count_list_tier(replace(tier, second_list=None), paper)
    admitted = {name for name, seats in counted.seats.items() if seats}
    base = {"valid ballots": paper.valid, "party votes": paper.party_votes, "ballots cast": paper.cast}
    need = tier.threshold.share * base[tier.threshold.of]
    for name, votes in paper.votes.items():
        if votes and (votes > need or (votes == need and tier.threshold.comparison == "at least")):
            admitted.add(name)
    total = sum(paper.votes[name] for name in admitted)
    if counted.silent:
        return
    for name in admitted:
        quotient = Fraction(paper.votes[name] * tier.seats, total)
        assert counted.seats[name] in {quotient.__floor__(), quotient.__ceil__()}


@often
@given(LISTS, st.integers(1, 60))
def test_a_list_with_more_votes_never_has_fewer_seats(votes: dict[str, int], seats: int) -> None:
    won = count_list_tier(plain_tier(seats), Paper(votes)).seats
    ranked = sorted(votes, key=lambda name: votes[name])
    for fewer, more in pairwise(ranked):
        assert votes[fewer] == votes[more] or won[fewer] <= won[more]


@often
@given(LISTS, st.integers(1, 60))
def test_one_more_seat_in_the_house_moves_no_list_by_more_than_one(votes: dict[str, int], seats: int) -> None:
    before = count_list_tier(plain_tier(seats), Paper(votes)).seats
    after = count_list_tier(plain_tier(seats + 1), Paper(votes)).seats
    assert all(abs(after[name] - before[name]) <= 1 for name in votes)


def test_the_alabama_paradox_is_a_known_exception_to_house_monotonicity() -> None:
    paper = Paper({"A": 1500, "B": 1500, "C": 900, "D": 500, "E": 500, "F": 200})
    assert list(count_list_tier(plain_tier(25), paper).seats.values()) == [7, 7, 4, 3, 3, 1]
    assert list(count_list_tier(plain_tier(26), paper).seats.values()) == [8, 8, 5, 2, 2, 1]


@often
@given(LISTS.filter(bool), st.integers(1, 60), st.integers(1, 10**6), st.data())
def test_more_votes_for_a_list_never_lose_it_a_seat_without_a_threshold(
    votes: dict[str, int], seats: int, more: int, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(votes)))
    before = count_list_tier(plain_tier(seats), Paper(votes)).seats
    after = count_list_tier(plain_tier(seats), Paper({**votes, name: votes[name] + more})).seats
    assert after[name] >= before[name]


def test_a_vote_that_pushes_another_list_below_the_threshold_may_lose_a_seat() -> None:
    # D falls from exactly 10 % to less; the smaller quota helps C more than A
    tier = plain_tier(3, Fraction(1, 10))
    assert count_list_tier(tier, Paper({"A": 10, "B": 20, "C": 33, "D": 7})).seats["A"] == 1
    assert count_list_tier(tier, Paper({"A": 11, "B": 20, "C": 33, "D": 7})).seats["A"] == 0


def test_a_vote_that_calls_the_second_list_rule_may_lose_a_seat() -> None:
    # B falls from exactly 5 % to less, and is then owed two seats
    tier = replace(plain_tier(10, Fraction(1, 20)), second_list=SecondList(Fraction(7, 10), 2))
    assert count_list_tier(tier, Paper({"A": 95, "B": 5})).seats == {"A": 10, "B": 0}
    assert count_list_tier(tier, Paper({"A": 96, "B": 5})).seats == {"A": 8, "B": 2}


@often
@given(LISTS, st.integers(1, 60))
def test_largest_remainders_agree_with_seats_given_one_at_a_time_in_fractions(
    votes: dict[str, int], seats: int
) -> None:
    standing = {name: number for name, number in votes.items() if number}
    expected = dict.fromkeys(votes, 0)
    if standing:
        claims = {name: Fraction(number * seats, sum(standing.values())) for name, number in standing.items()}
        for _ in range(seats):
            whole = [name for name in claims if claims[name] >= 1]
            name = whole[0] if whole else max(claims, key=lambda name: claims[name])
            claims[name] -= 1
            expected[name] += 1
    assert count_list_tier(plain_tier(seats), Paper(votes)).seats == expected


@often
@given(
    st.lists(
        st.builds(
            Paper, st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 5), min_size=1), against_all=NUMBERS
        ),
        max_size=6,
    )
)
def test_every_district_has_the_candidate_with_most_votes_or_a_tie(papers: list[Paper]) -> None:
    tier = NominalTier("single-member districts", 6, Plurality(), NominalTies(), AgainstAll())
    districts = {str(number): paper for number, paper in enumerate(papers)}
    counted = count_nominal_tier(tier, districts)
    assert sum(counted.seats.values()) + counted.vacant + counted.uncounted == 6
    assert counted.vacant == len(counted.ties)
    for name, paper in districts.items():
        winner = counted.districts[name].winner
        most = [candidate for candidate, votes in paper.votes.items() if votes == max(paper.votes.values())]
        assert most == [winner] if winner is not None else len(most) > 1


@often
@given(LISTS.filter(bool), st.integers(1, 30), st.sampled_from(FORMULAS), st.randoms(use_true_random=False))
def test_with_lots_the_order_of_registration_does_not_matter(
    votes: dict[str, int], seats: int, formula: Formula, random: Random
) -> None:
    order = list(votes)
    random.shuffle(order)
    lots = TieBreak("lot", {name: number for number, name in enumerate(order)})
    again = apportionment(formula, {name: votes[name] for name in order}, seats, ties=lots)
    assert again.seats == apportionment(formula, votes, seats, ties=lots).seats
