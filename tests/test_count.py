from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any, get_args, get_type_hints

import pytest

from forecast.errors import LawSilent
from forecast.rules.ballots import Paper, Votes
from forecast.rules.count import Tie, count, count_list_tier, count_nominal_tier
from forecast.rules.steps import SILENT
from forecast.rules.system import (
    AgainstAll,
    Comparison,
    ElectoralSystem,
    LargestRemainder,
    ListTier,
    NominalTier,
    NominalTies,
    Plurality,
    RemainderTies,
    SecondList,
    SilentCases,
    Threshold,
    ThresholdBase,
)

LISTS = ListTier(
    "party lists",
    10,
    Threshold(Fraction(5, 100), law="art. 97-1(1), 43(5)"),
    LargestRemainder(law="art. 97-1(3)-(4)"),
    RemainderTies(law="art. 97-1(4)"),
    SecondList(Fraction(7, 10), 2, law="art. 97-1(2)-(4)"),
    SilentCases(),
)
DISTRICTS = NominalTier(
    "single-member districts", 3, Plurality("art. 9(2)"), NominalTies(law="art. 95(3), 96(1)"), AgainstAll()
)
HOUSE = ElectoralSystem("house", "A house", None, "parallel", (LISTS, DISTRICTS))


def seats(tier: ListTier, votes: dict[str, int], against_all: int = 0, invalid: int = 0) -> dict[str, int]:
    counted = count_list_tier(tier, Paper(votes, against_all, invalid))
    assert sum(counted.seats.values()) + counted.vacant == tier.seats
    return counted.seats


def with_threshold(share: Fraction, of: ThresholdBase = "valid ballots", than: Comparison = "at least") -> ListTier:
    return replace(LISTS, seats=100, threshold=Threshold(share, of, than))


def choosing(**choices: Any) -> SilentCases:
    return SilentCases(**choices)


# ballots


@pytest.mark.parametrize("votes", [-1, 1.0, True, "3", None])
def test_votes_that_are_no_whole_number_of_zero_or_more_are_refused(votes: int) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Paper({"A": votes})
    with pytest.raises(ValueError, match="against_all"):
        Paper({"A": 1}, against_all=votes)
    with pytest.raises(ValueError, match="invalid"):
        Paper({"A": 1}, invalid=votes)


@pytest.mark.parametrize("name", ["against_all", "invalid"])
def test_reserved_names_are_no_options(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Paper({name: 1})


def test_a_paper_does_not_change_with_the_mapping_it_was_made_from() -> None:
    votes = {"A": 1}
    paper = Paper(votes)
    votes["A"] = 2
    assert paper.votes == {"A": 1}


# threshold


def test_a_list_on_exactly_five_percent_passes() -> None:
    assert seats(replace(LISTS, seats=100), {"A": 500, "B": 450, "C": 50}) == {"A": 50, "B": 45, "C": 5}


def test_a_list_one_vote_below_five_percent_does_not_pass() -> None:
    assert seats(replace(LISTS, seats=100), {"A": 500, "B": 451, "C": 49})["C"] == 0


def test_more_than_five_percent_leaves_out_a_list_on_exactly_five_percent() -> None:
    tier = with_threshold(Fraction(5, 100), than="more than")
    assert seats(tier, {"A": 500, "B": 450, "C": 50})["C"] == 0
    assert seats(tier, {"A": 500, "B": 449, "C": 51})["C"] == 5


@pytest.mark.parametrize(("of", "passes"), [("valid ballots", 0), ("party votes", 5), ("ballots cast", 0)])
def test_against_all_counts_in_the_base_but_not_among_party_votes(of: ThresholdBase, passes: int) -> None:
    tier = with_threshold(Fraction(5, 100), of)
    assert seats(tier, {"A": 500, "B": 450, "C": 50}, against_all=1)["C"] == passes


@pytest.mark.parametrize(("of", "passes"), [("valid ballots", 5), ("party votes", 5), ("ballots cast", 0)])
def test_invalid_ballots_count_only_among_ballots_cast(of: ThresholdBase, passes: int) -> None:
    tier = with_threshold(Fraction(5, 100), of)
    assert seats(tier, {"A": 500, "B": 450, "C": 50}, invalid=1)["C"] == passes


def test_a_list_without_a_vote_never_passes() -> None:
    counted = count_list_tier(with_threshold(Fraction(0)), Paper({"A": 0, "B": 0}))
    assert counted.silent == ("no_list_passes",)
    assert counted.vacant == 100


def test_against_all_is_never_seated() -> None:
    counted = count_list_tier(LISTS, Paper({"A": 60, "B": 40}, against_all=900))
    # A has 6 % and passes alone: quotients 6.0 and 4.0 x 0.7 = 2.8
    assert counted.seats == {"A": 8, "B": 2}


# largest remainders


def test_whole_quotas_leave_no_seat_over() -> None:
    counted = count_list_tier(LISTS, Paper({"A": 50, "B": 30, "C": 20}))
    assert counted.seats == {"A": 5, "B": 3, "C": 2}
    assert counted.ties == ()


def test_left_over_seats_go_to_the_largest_remainders() -> None:
    # quota 10 000 / 10: 4.7, 1.6, 1.58, 1.2, 0.92
    votes = {"A": 4700, "B": 1600, "C": 1580, "D": 1200, "E": 920}
    assert seats(LISTS, votes) == {"A": 5, "B": 2, "C": 1, "D": 1, "E": 1}


def test_the_quota_is_of_passing_lists_only() -> None:
    # over all votes the quota is 100 and A has 5.0; over passing ones it is 96 and A has 5.2
    assert seats(LISTS, {"A": 500, "B": 460, "C": 40}) == {"A": 5, "B": 5, "C": 0}


def test_equal_remainders_go_to_the_list_registered_earlier_and_the_tie_is_told() -> None:
    counted = count_list_tier(replace(LISTS, seats=3), Paper({"B": 50, "A": 50}))
    assert counted.seats == {"B": 2, "A": 1}
    assert counted.ties == (Tie("registration order", ("B", "A"), "B"),)


def test_two_of_three_equal_remainders_go_to_the_lists_registered_earlier() -> None:
    counted = count_list_tier(replace(LISTS, seats=5), Paper({"C": 40, "A": 40, "B": 40}))
    assert counted.seats == {"C": 2, "A": 2, "B": 1}
    assert counted.ties == (Tie("registration order", ("C", "A", "B"), ("C", "A")),)


def test_equal_remainders_that_all_get_a_seat_or_none_are_no_tie() -> None:
    # quotients 0.9, 0.9, 0.2: both seats left over go to the two equal remainders
    counted = count_list_tier(replace(LISTS, seats=2), Paper({"A": 45, "B": 45, "C": 10}))
    assert counted.seats == {"A": 1, "B": 1, "C": 0}
    assert counted.ties == ()
    # quotients 1.2, 1.2, 0.6: the seat left over goes past the two equal remainders
    counted = count_list_tier(replace(LISTS, seats=3), Paper({"A": 40, "B": 40, "C": 20}))
    assert counted.seats == {"A": 1, "B": 1, "C": 1}
    assert counted.ties == ()


def test_equal_votes_come_to_an_end() -> None:
    assert seats(LISTS, dict.fromkeys("ABCDEFG", 1)) == {"A": 2, "B": 2, "C": 2, "D": 1, "E": 1, "F": 1, "G": 1}


def test_remainders_are_exact_at_a_million_million_million_votes() -> None:
    # a float sees two equal remainders of a half; the second list has two votes more
    votes = {"A": 3 * 10**18 - 1, "B": 3 * 10**18 + 1}
    counted = count_list_tier(replace(LISTS, seats=3), Paper(votes))
    assert counted.seats == {"A": 1, "B": 2}
    assert counted.ties == ()


def test_order_of_lists_is_irrelevant_without_ties() -> None:
    votes = {"A": 4700, "B": 1600, "C": 1580, "D": 1200, "E": 920}
    backwards = dict(reversed(votes.items()))
    assert seats(LISTS, backwards) == seats(LISTS, votes)
    assert list(seats(LISTS, backwards)) == ["E", "D", "C", "B", "A"]


# second list


def test_the_second_list_gets_seven_tenths_of_its_quotient_cut() -> None:
    # quotient of B 98 x 49 / 999 = 4.80...; x 0.7 = 3.36...
    tier = replace(LISTS, seats=98)
    counted = count_list_tier(tier, Paper({"A": 950, "B": 49, "C": 1}))
    assert counted.seats == {"A": 95, "B": 3, "C": 0}
    assert counted.silent == ()


def test_a_reduced_quotient_that_is_whole_loses_nothing_to_rounding() -> None:
    # 0.7 x 10 is exactly 7; in floats 0.1 x 0.7 x 100 is 6.999...
    tier = replace(LISTS, seats=100, threshold=Threshold(Fraction(1, 5)))
    assert seats(tier, {"A": 90, "B": 10}) == {"A": 93, "B": 7}


def test_the_second_list_gets_at_least_two_seats() -> None:
    tier = replace(LISTS, seats=98)
    # quotient of B 98 x 15 / 1000 = 1.47: whole quotas of A 96, minimum 2: full, and nothing overflows
    counted = count_list_tier(tier, Paper({"A": 985, "B": 15, "C": 0}))
    assert counted.seats == {"A": 96, "B": 2, "C": 0}
    assert counted.silent == ()


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("first list yields", {"A": 96, "B": 2}), ("second list yields", {"A": 97, "B": 1})],
)
def test_where_the_minimum_overflows_somebody_yields(choice: str, expected: dict[str, int]) -> None:
    tier = replace(LISTS, seats=98, silent=choosing(minimum_overflows=choice))
    counted = count_list_tier(tier, Paper({"A": 9990, "B": 30}))
    assert counted.seats == expected
    assert counted.silent == ("minimum_overflows",)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("first list yields", {"A": 8, "B": 2}), ("second list yields", {"A": 10, "B": 0})],
)
def test_a_second_list_without_a_vote_is_admitted_too(choice: str, expected: dict[str, int]) -> None:
    tier = replace(LISTS, silent=choosing(minimum_overflows=choice))
    counted = count_list_tier(tier, Paper({"A": 100, "B": 0}))
    assert counted.seats == expected
    assert counted.silent == ("minimum_overflows",)


@pytest.mark.parametrize("choice", ["first list yields", "second list yields"])
def test_a_minimum_larger_than_the_house_stays_within_the_house(choice: str) -> None:
    tier = replace(LISTS, seats=1, silent=choosing(minimum_overflows=choice))
    counted = count_list_tier(tier, Paper({"A": 98, "B": 2}))
    assert counted.seats == {"A": 0, "B": 1}
    assert counted.silent == ("minimum_overflows",)


def test_lists_tied_for_second_place_stand_in_registration_order() -> None:
    counted = count_list_tier(replace(LISTS, seats=98), Paper({"C": 3, "A": 94, "B": 3}))
    assert counted.seats == {"C": 2, "A": 96, "B": 0}
    assert counted.ties == (Tie("registration order", ("C", "B"), "C"),)
    assert counted.silent == ("second_place_tie",)


def test_two_passing_lists_leave_the_second_list_rule_aside() -> None:
    counted = count_list_tier(LISTS, Paper({"A": 95, "B": 5}))
    # quota 10: 9.5 and 0.5, equal remainders: the earlier list, and no minimum of two
    assert counted.seats == {"A": 10, "B": 0}
    assert counted.ties == (Tie("registration order", ("A", "B"), "A"),)


def test_without_a_second_list_rule_the_only_passing_list_takes_all_seats() -> None:
    counted = count_list_tier(replace(LISTS, second_list=None), Paper({"A": 97, "B": 3}))
    assert counted.seats == {"A": 10, "B": 0}
    assert counted.silent == ()


# silent cases


@pytest.mark.parametrize(("choice", "won", "vacant"), [("all seats", 10, 0), ("vacant", 0, 10)])
def test_a_single_list_takes_what_the_system_chooses(choice: str, won: int, vacant: int) -> None:
    tier = replace(LISTS, silent=choosing(only_one_list=choice))
    counted = count_list_tier(tier, Paper({"A": 5}, against_all=5))
    assert (counted.seats, counted.vacant) == ({"A": won}, vacant)
    assert counted.silent == ("only_one_list",)


def test_a_single_list_below_the_threshold_is_no_passing_list() -> None:
    counted = count_list_tier(LISTS, Paper({"A": 4}, against_all=96))
    assert (counted.seats, counted.vacant) == ({"A": 0}, 10)
    assert counted.silent == ("no_list_passes",)
    tier = replace(LISTS, silent=SilentCases(no_list_passes="all lists", only_one_list="vacant"))
    counted = count_list_tier(tier, Paper({"A": 4}, against_all=96))
    assert (counted.seats, counted.vacant) == ({"A": 0}, 10)
    assert counted.silent == ("no_list_passes", "only_one_list")


def test_where_no_list_passes_the_seats_stay_vacant() -> None:
    counted = count_list_tier(LISTS, Paper({"A": 4, "B": 4}, against_all=92))
    assert (counted.seats, counted.vacant) == ({"A": 0, "B": 0}, 10)
    assert counted.silent == ("no_list_passes",)


def test_where_no_list_passes_all_lists_with_a_vote_may_be_admitted() -> None:
    tier = replace(LISTS, silent=SilentCases(no_list_passes="all lists"))
    counted = count_list_tier(tier, Paper({"A": 3, "B": 2, "C": 0}, against_all=95))
    assert counted.seats == {"A": 6, "B": 4, "C": 0}
    assert counted.silent == ("no_list_passes",)


def test_a_list_that_did_not_pass_calls_no_second_list_even_if_only_it_has_votes() -> None:
    tier = replace(LISTS, silent=SilentCases(no_list_passes="all lists"))
    counted = count_list_tier(tier, Paper({"A": 3, "B": 0}, against_all=97))
    assert counted.seats == {"A": 10, "B": 0}
    assert counted.silent == ("no_list_passes",)


@pytest.mark.parametrize("choice", ["vacant", "all lists"])
@pytest.mark.parametrize("votes", [{}, {"A": 0}, {"A": 0, "B": 0}])
def test_without_valid_votes_all_seats_stay_vacant(choice: str, votes: dict[str, int]) -> None:
    tier = replace(LISTS, silent=choosing(no_list_passes=choice))
    counted = count_list_tier(tier, Paper(votes))
    assert counted.vacant == 10
    assert counted.silent == ("no_list_passes",)


def test_seats_beyond_the_people_on_a_list_stay_vacant() -> None:
    counted = count_list_tier(LISTS, Paper({"A": 50, "B": 30, "C": 20}), {"A": 3, "B": 3})
    assert (counted.seats, counted.vacant) == ({"A": 3, "B": 3, "C": 2}, 2)
    assert counted.silent == ("short_list",)


def test_lists_as_long_as_their_seats_are_long_enough() -> None:
    counted = count_list_tier(LISTS, Paper({"A": 50, "B": 30, "C": 20}), {"A": 5, "B": 3, "C": 2})
    assert (counted.vacant, counted.silent) == (0, ())


@pytest.mark.parametrize(
    ("case", "paper", "lengths"),
    [
        ("no_list_passes", Paper({"A": 1, "B": 1}, against_all=98), {}),
        ("minimum_overflows", Paper({"A": 9990, "B": 30}), {}),
        ("short_list", Paper({"A": 50, "B": 50}), {"A": 1}),
        ("only_one_list", Paper({"A": 50}), {}),
        ("second_place_tie", Paper({"A": 94, "B": 3, "C": 3}), {}),
    ],
)
def test_error_stops_the_count_and_names_the_case(case: str, paper: Paper, lengths: dict[str, int]) -> None:
    tier = replace(LISTS, silent=choosing(**{case: "error"}))
    with pytest.raises(LawSilent, match=f"party lists.*silent.{case}") as stop:
        count_list_tier(tier, paper, lengths)
    assert stop.value.exit_code == 3
    assert count_list_tier(tier, Paper({"A": 50, "B": 30, "C": 20})).seats == {"A": 5, "B": 3, "C": 2}


def test_a_minimum_that_just_fits_is_no_overflow() -> None:
    tier = replace(LISTS, seats=98, silent=choosing(minimum_overflows="error"))
    assert seats(tier, {"A": 985, "B": 15}) == {"A": 96, "B": 2}


def test_every_silent_case_has_a_sentence() -> None:
    assert set(SILENT) == set(get_type_hints(SilentCases))
    assert all("error" in get_args(kind) for kind in get_type_hints(SilentCases).values())


# nominal tier


def test_the_candidate_with_more_votes_than_the_others_is_elected() -> None:
    papers = {"1": Paper({"a": 5, "b": 4}), "2": Paper({"c": 1, "d": 2}), "3": Paper({"e": 3})}
    counted = count_nominal_tier(DISTRICTS, papers, {("1", "a"): "X", ("1", "b"): "Y", ("2", "d"): "X"})
    assert counted.seats == {"X": 2, "Y": 0, "c": 0, "e": 1}
    assert {name: district.winner for name, district in counted.districts.items()} == {"1": "a", "2": "d", "3": "e"}
    assert (counted.vacant, counted.uncounted, counted.ties) == (0, 0, ())


def test_against_all_wins_no_district_and_blocks_no_winner() -> None:
    counted = count_nominal_tier(DISTRICTS, {"1": Paper({"a": 2, "b": 1}, against_all=97)})
    assert counted.seats == {"a": 1, "b": 0}


def test_a_tie_at_the_top_leaves_the_seat_undecided() -> None:
    counted = count_nominal_tier(DISTRICTS, {"1": Paper({"a": 5, "b": 4, "c": 5})})
    assert (counted.seats, counted.vacant) == ({"a": 0, "b": 0, "c": 0}, 1)
    assert counted.ties == (Tie(DISTRICTS.ties.rule, ("a", "c"), None, "1"),)
    assert counted.districts["1"].winner is None


def test_no_votes_for_anybody_are_a_tie_of_all() -> None:
    counted = count_nominal_tier(DISTRICTS, {"1": Paper({"a": 0, "b": 0}, against_all=3)})
    assert counted.ties[0].among == ("a", "b")


def test_a_single_candidate_is_elected() -> None:
    assert count_nominal_tier(DISTRICTS, {"1": Paper({"a": 0})}).seats == {"a": 1}


def test_a_district_without_candidates_is_named() -> None:
    with pytest.raises(ValueError, match="district 7"):
        count_nominal_tier(DISTRICTS, {"7": Paper({}, against_all=3)})


def test_districts_without_a_paper_are_told_and_too_many_are_refused() -> None:
    assert count_nominal_tier(DISTRICTS, {"1": Paper({"a": 1})}).uncounted == 2
    with pytest.raises(ValueError, match="4 districts"):
        count_nominal_tier(DISTRICTS, {str(number): Paper({"a": 1}) for number in range(4)})


# the house


def test_a_house_adds_up_its_tiers() -> None:
    votes = Votes(
        {
            "single-member districts": {"1": Paper({"b": 2, "a": 1}), "2": Paper({"a": 2, "b": 1})},
            "party lists": {"": Paper({"A": 50, "B": 30, "C": 20})},
        }
    )
    counted = count(HOUSE, votes, party_of={("1", "b"): "B", ("2", "a"): "A"}, list_lengths={"C": 1})
    assert counted.seats == {"A": 6, "B": 4, "C": 1, "a": 0, "b": 0}
    assert [tier.name for tier in counted.tiers] == ["party lists", "single-member districts"]
    assert (counted.vacant, counted.total, counted.uncounted) == (1, 12, ())


def test_a_tier_without_rows_is_left_uncounted() -> None:
    counted = count(HOUSE, Votes({"party lists": {"": Paper({"A": 50, "B": 50})}}))
    assert counted.uncounted == ("single-member districts",)
    assert counted.total == 10
    with pytest.raises(KeyError):
        counted.tier("single-member districts")


def test_votes_of_an_unknown_tier_are_refused() -> None:
    with pytest.raises(ValueError, match="senate"):
        count(HOUSE, Votes({"senate": {"": Paper({"A": 1})}}))


def test_a_list_tier_has_one_national_district() -> None:
    with pytest.raises(ValueError, match="one national district"):
        count(HOUSE, Votes({"party lists": {"Almaty": Paper({"A": 1})}}))


# steps


def test_steps_can_be_followed_with_a_pencil() -> None:
    counted = count_list_tier(LISTS, Paper({"A": 520, "B": 440, "C": 40}))
    text = [step.text for step in counted.steps]
    assert text == [
        "Base of the threshold, valid ballots: 1,000 party votes + 0 against all = 1,000",
        "Threshold: at least 5 % of 1,000 = 50 votes",
        "Lists that pass: A 520, B 440. Lists that do not: C 40",
        "Quota (Hare): 960 votes / 10 seats = 96",
        "A: 520 / quota = 5.4166...: 5 whole, remainder 40/96 = 0.4166...",
        "B: 440 / quota = 4.5833...: 4 whole, remainder 56/96 = 0.5833...",
        "Whole parts: 9 of 10 seats; left over: 1",
        "Remainders in order: B 0.5833..., A 0.4166...",
        "One seat more each: B",
        "Seats: A 5, B 5",
    ]
    assert counted.steps[0].law == "art. 97-1(1), 43(5)"


@pytest.mark.parametrize(
    ("paper", "lengths", "sentence"),
    [
        (Paper({"A": 9990, "B": 30}), {}, "exceed the house (9 + 2 is more than 10): first list yields"),
        (Paper({"A": 94, "B": 3, "C": 3}), {}, "Equal votes for second place of B, C: registration order: B"),
        (Paper({"A": 96, "B": 4}), {"A": 1}, "(A won 8 and has 1 on its list): vacant"),
        (Paper({"A": 1, "B": 1}, 98), {}, "No list passes the threshold: vacant"),
        (Paper({"A": 1}), {}, "A single list stands: all seats"),
        (Paper({"A": 95, "B": 5}), {}, "Equal remainders of A, B: registration order: A"),
    ],
)
def test_steps_tell_what_was_decided_and_how(paper: Paper, lengths: dict[str, int], sentence: str) -> None:
    assert any(sentence in step.text for step in count_list_tier(LISTS, paper, lengths).steps)


def test_steps_of_a_district_name_the_winner_or_the_tie() -> None:
    papers = {"1": Paper({"a": 5, "b": 6}, against_all=9), "2": Paper({"a": 5, "b": 5})}
    text = [step.text for step in count_nominal_tier(DISTRICTS, papers).steps]
    assert text[0] == "District 1: b 6, a 5; against all 9, no candidate. Elected: b"
    assert text[2].startswith("District 2: tie of a, b; repeat voting")


def test_without_steps_the_result_is_the_same() -> None:
    paper = Paper({"A": 94, "B": 3, "C": 3})
    full = count_list_tier(LISTS, paper)
    assert count_list_tier(LISTS, paper, steps=False) == replace(full, steps=())
