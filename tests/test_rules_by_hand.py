"""Every rule of the language on votes that can be counted by hand, by the reference and by the kernel alike."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from forecast.documents import lots_from_seed, read_lots, read_system, read_votes
from forecast.kernel.list_plan import kernel_count
from forecast.rules.apportion import apportionment
from forecast.rules.ballots import Paper, Votes
from forecast.rules.count import count, count_nominal_tier
from forecast.rules.linkage import Other
from forecast.rules.outcome import DistrictCount, TierCount
from forecast.rules.proportional import (
    Admission,
    Alliances,
    Bonus,
    Cap,
    Covered,
    District,
    DivisorFormula,
    Formula,
    Fused,
    Levelling,
    MinimumOpposition,
    ProportionalTier,
    QuotaBar,
    QuotaFormula,
    Scrutinies,
    SeatsBar,
    ShareBar,
)
from forecast.rules.proportional_count import count_proportional_tier
from forecast.rules.system import AgainstAll, BlockVote, ElectoralSystem, NominalTier, NominalTies, Plurality, TwoRounds
from forecast.rules.ties import Lots

Seats = dict[str, int]
DHONDT = DivisorFormula("d'hondt")


def seats(
    tier: ProportionalTier,
    papers: dict[str, Paper],
    others: dict[str, Other] | None = None,
    people: dict[str, Seats] | None = None,
    lots: Lots | None = None,
) -> dict[str, Seats]:
    """Return the seats by district; the kernel must say the same."""
    counted, spread = count_proportional_tier(tier, papers, others, people, lots)
    found = kernel_count(tier, papers, others, people, lots)
    mine, theirs = (
        {place: {name: won for name, won in row.items() if won} for place, row in rows.items()}
        for rows in (spread.seats, found.seats)
    )
    assert {place: row for place, row in mine.items() if row} == {place: row for place, row in theirs.items() if row}
    assert counted.vacant == found.vacant
    return mine


def national(number: int, formula: Formula = DHONDT) -> ProportionalTier:
    return ProportionalTier("lists", number, formula, level="nation")


def given(name: str, rows: dict[str, Seats]) -> Other:
    """Return a tier that was counted before."""
    total: Seats = {}
    for row in rows.values():
        for party, won in row.items():
            total[party] = total.get(party, 0) + won
    return Other(TierCount(name, "list", total, {place: DistrictCount(row, 0) for place, row in rows.items()}, 0), {})


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        # 410, 350, 160, 80 votes and 8 seats
        (QuotaFormula("hare"), [3, 3, 1, 1]),  # 125: 3.28, 2.8, 1.28, 0.64
        (QuotaFormula("droop"), [3, 3, 1, 1]),  # 112: remainders 74, 14, 48, 80
        (QuotaFormula("hagenbach-bischoff"), [3, 3, 1, 1]),  # 111.1: 3.69, 3.15, 1.44, 0.72
        (QuotaFormula("imperiali"), [4, 3, 1, 0]),  # 100: nothing is left over
        (QuotaFormula("hare", leftovers="order of votes"), [4, 3, 1, 0]),
        (QuotaFormula("hare", leftovers="largest list"), [5, 2, 1, 0]),
        (DivisorFormula("d'hondt"), [4, 3, 1, 0]),  # the last is 410 / 4 = 102.5
        (DivisorFormula("sainte-lague"), [3, 3, 1, 1]),  # 82, 80, and 350 / 5 = 70
        (DivisorFormula("sainte-lague", Fraction(7, 5)), [4, 3, 1, 0]),  # 80 / 1.4 = 57.1; 410 / 7 = 58.6
        (DivisorFormula("danish"), [3, 3, 1, 1]),  # 80, 410 / 7 = 58.6, 350 / 7 = 50; 160 / 4 = 40
        (DivisorFormula("imperiali"), [4, 3, 1, 0]),  # 410 / 2.5 = 164, 160 / 1 is the last
        (DivisorFormula("adams"), [3, 3, 1, 1]),  # one each, then 410, 350, 205, 175
        (DivisorFormula("huntington-hill"), [3, 3, 1, 1]),  # one each, then 289.9, 247.5, 167.4, 142.9
    ],
)
def test_formulas_share_eight_seats(formula: Formula, expected: list[int]) -> None:
    paper = Paper(dict(zip("ABCD", (410, 350, 160, 80), strict=True)))
    won = seats(national(8, formula), {"": paper})[""]
    assert [won.get(name, 0) for name in "ABCD"] == expected


def test_a_quota_that_promises_too_much_is_made_larger_or_the_smallest_remainder_yields() -> None:
    votes = {"A": 45, "B": 45, "C": 10}  # 3 seats, quota 20: 2.25 + 2.25 promise four
    assert apportionment(QuotaFormula("imperiali"), votes, 3).seats == {"A": 2, "B": 1, "C": 0}
    larger = QuotaFormula("imperiali", over_allocation="larger quota")  # 25: 1.8, 1.8, 0.4
    assert apportionment(larger, votes, 3).seats == {"A": 2, "B": 1, "C": 0}


@pytest.mark.parametrize("formula", [DHONDT, QuotaFormula("hare")])
def test_a_lot_decides_equal_claims_whatever_the_order_of_registration(formula: Formula) -> None:
    papers = {"": Paper({"A": 10, "B": 10, "C": 3})}
    tier = replace(national(1, formula), ties="lot")
    assert seats(tier, papers, lots={"": {"A": 2, "B": 1, "C": 0}})[""] == {"B": 1}
    assert seats(tier, papers, lots={"": {"A": 1, "B": 2, "C": 0}})[""] == {"A": 1}
    assert seats(tier, papers)[""] == {"A": 1}  # no lot was given: registration
    assert seats(replace(tier, ties="registration order"), papers, lots={"": {"A": 2, "B": 1}})[""] == {"A": 1}


def test_the_larger_vote_comes_before_the_lot_where_the_law_says_so() -> None:
    papers = {"": Paper({"A": 10, "B": 20})}  # d'Hondt: the second seat is worth 10 to both
    assert seats(replace(national(2), ties="larger vote, then lot"), papers, lots={"": {"B": 9}})[""] == {"B": 2}
    assert seats(replace(national(2), ties="lot"), papers, lots={"": {"B": 9}})[""] == {"A": 1, "B": 1}


def test_lots_are_drawn_by_district() -> None:
    tier = ProportionalTier("lists", 2, DHONDT, (District("x", 1), District("y", 1)), ties="lot")
    papers = {place: Paper({"A": 5, "B": 5}) for place in "xy"}
    won = seats(tier, papers, lots={"x": {"A": 0, "B": 1}, "y": {"A": 1, "B": 0}})
    assert won == {"x": {"A": 1}, "y": {"B": 1}}


def test_the_natural_threshold_is_one_quota_exactly() -> None:
    tier = replace(national(10), admission=Admission((QuotaBar(),)))
    assert seats(tier, {"": Paper({"A": 890, "B": 100, "C": 10})})[""] == {"A": 9, "B": 1}
    assert seats(tier, {"": Paper({"A": 890, "B": 99, "C": 11})})[""] == {"A": 10}
    lower = replace(tier, admission=Admission((QuotaBar(Fraction(3, 4)),)))
    assert seats(lower, {"": Paper({"A": 914, "B": 75, "C": 11})})[""] == {"A": 10}  # B takes part: 914 / 10 > 75
    assert seats(replace(lower, initial_seats=1), {"": Paper({"A": 914, "B": 75, "C": 11})})[""] == {"A": 9, "B": 1}


def test_a_threshold_of_the_nation_and_one_of_every_region_must_both_be_reached() -> None:
    districts = (District("a", 2, "north"), District("b", 2, "north"), District("c", 2, "south"))
    both = Admission((ShareBar(Fraction(1, 10)), ShareBar(Fraction(5, 100), area="every region")))
    tier = ProportionalTier("lists", 6, DHONDT, districts, "nation", admission=both)
    papers = {"a": Paper({"A": 60, "B": 40}), "b": Paper({"A": 100, "B": 0}), "c": Paper({"A": 95, "B": 5})}
    assert seats(tier, papers)[""] == {"A": 5, "B": 1}  # B has 15 %, 20 % of the north and 5 % of the south
    papers["c"] = Paper({"A": 96, "B": 4})
    assert seats(tier, papers)[""] == {"A": 6}


def test_a_threshold_of_the_own_region_admits_there_alone() -> None:
    districts = (District("a", 1, "north"), District("b", 1, "south"))
    rule = Admission((ShareBar(Fraction(1, 2), area="region", comparison="more than"),))
    tier = ProportionalTier("lists", 2, DHONDT, districts, admission=rule)
    papers = {"a": Paper({"A": 51, "B": 49}), "b": Paper({"A": 50, "B": 50})}
    assert seats(tier, papers) == {"a": {"A": 1}, "b": {}}


def test_a_coalition_needs_more_and_a_minority_nothing() -> None:
    bar = ShareBar(Fraction(5, 100), coalitions=((2, Fraction(8, 100)),))
    tier = replace(national(20, QuotaFormula()), admission=Admission((bar,), exempt=("M",)), coalition_members={"C": 2})
    votes = {"A": 850, "B": 50, "C": 78, "M": 22}
    assert seats(tier, {"": Paper(votes)})[""] == {"A": 18, "B": 1, "M": 1}  # of 46.1: 18.44, 1.08, 0.48
    assert "C" in seats(tier, {"": Paper({**votes, "A": 848, "C": 80})})[""]


@pytest.mark.parametrize(("needed", "passes"), [(1, True), (2, True), (3, False)])
def test_seats_elsewhere_are_an_alternative(needed: int, passes: bool) -> None:
    rule = Admission((ShareBar(Fraction(5, 100)),), (SeatsBar(needed, "districts"),))
    others = {"districts": given("districts", {"1": {"B": 1}, "2": {"B": 1}})}
    tier = replace(national(50), admission=rule)
    assert ("B" in seats(tier, {"": Paper({"A": 96, "B": 4})}, others)[""]) == passes


def test_lists_are_admitted_until_they_are_enough_and_have_enough_together() -> None:
    papers = {"": Paper({"A": 54, "B": 31, "C": 15})}
    two = Admission((ShareBar(Fraction(1, 2)),), minimum_lists=2)
    assert seats(replace(national(5), admission=two), papers)[""] == {"A": 3, "B": 2}
    joint = Admission((ShareBar(Fraction(1, 2)),), joint_share=Fraction(85, 100))
    assert seats(replace(national(5, QuotaFormula()), admission=joint), papers)[""] == {
        "A": 3,
        "B": 1,
        "C": 1,
    }  # 85 is not more


def test_the_best_loser_shares_its_alliance_s_seats() -> None:
    rule = Alliances({"left": ("A", "B", "C")}, "alliance", member_share=Fraction(1, 10), best_loser=True)
    papers = {"": Paper({"A": 50, "B": 8, "C": 7, "D": 35})}
    tier = replace(national(13), alliances=rule)
    assert seats(tier, papers)[""] == {"A": 8, "B": 1, "D": 4}  # 65 : 35 of 13; 50 : 8 of 9
    assert seats(replace(tier, alliances=replace(rule, best_loser=False)), papers)[""] == {"A": 9, "D": 4}


def test_members_share_by_a_formula_of_their_own() -> None:
    rule = Alliances({"left": ("A", "B")}, "alliance", formula=DivisorFormula("sainte-lague"))
    papers = {"": Paper({"A": 70, "B": 25, "C": 5})}
    tier = replace(national(2), alliances=rule)
    assert seats(tier, papers)[""] == {"A": 1, "B": 1}  # 70 / 3 = 23.3 < 25
    assert seats(replace(tier, alliances=replace(rule, formula=None)), papers)[""] == {"A": 2}  # 70 / 2 = 35


def test_a_bonus_is_a_minimum_or_comes_on_top_and_may_need_a_share() -> None:
    papers = {"": Paper({"A": 50, "B": 30, "C": 20})}
    tier = national(10, QuotaFormula())
    assert seats(replace(tier, bonus=Bonus(7)), papers)[""] == {"A": 7, "B": 2, "C": 1}
    assert seats(replace(tier, bonus=Bonus(4)), papers)[""] == {"A": 5, "B": 3, "C": 2}
    assert seats(replace(tier, bonus=Bonus(5, "on top")), papers)[""] == {"A": 8, "B": 1, "C": 1}  # 2.5, 1.5, 1
    half = Bonus(7, share=Fraction(51, 100))
    assert seats(replace(tier, bonus=half), papers)[""] == {"A": 5, "B": 3, "C": 2}


def test_the_winner_is_capped_by_points_above_its_share_or_by_a_number() -> None:
    """Eight points above 40 % of 100 seats are 48; A has 30 of them in districts already."""
    others = {"districts": given("districts", {"1": {"A": 30}})}
    papers = {"": Paper({"A": 40, "B": 35, "C": 25})}
    tier = replace(national(50, QuotaFormula()), cap=Cap(Fraction(1), 100, "districts", Fraction(8, 100)))
    assert seats(tier, papers, others)[""] == {"A": 18, "B": 19, "C": 13}  # 18.67 and 13.33 of 32
    fixed = replace(tier, cap=Cap(Fraction(1), 100, "districts", Fraction(8, 100), most=45))
    assert seats(fixed, papers, others)[""]["A"] == 15


def test_the_opposition_has_its_share() -> None:
    tier = replace(national(10, QuotaFormula()), opposition=MinimumOpposition(Fraction(1, 3)))
    assert seats(tier, {"": Paper({"A": 90, "B": 10})})[""] == {"A": 9, "B": 5}  # 9 : 4.5
    assert seats(tier, {"": Paper({"A": 60, "B": 40})})[""] == {"A": 6, "B": 4}


def test_three_scrutinies_go_from_districts_to_regions_to_the_nation() -> None:
    """North: quota 300 / 3 = 100. A has one in x and one in y (150 and 130), and no more in the region: 280 // 100 = 2.

    South: quota 200 / 2 = 100, one for B. All five by d'Hondt: A 380, 190, 126.7; B 120: A 4, B 1; A has 2 and gets 2.
    """
    districts = (District("x", 2, "north"), District("y", 1, "north"), District("z", 2, "south"))
    own = QuotaFormula("hare", leftovers="nobody")
    tier = ProportionalTier("lists", 5, own, districts, scrutinies=Scrutinies(DHONDT))
    papers = {"x": Paper({"A": 150, "B": 10}), "y": Paper({"A": 130, "B": 10}), "z": Paper({"A": 99, "B": 101})}
    assert seats(tier, papers) == {"x": {"A": 1}, "y": {"A": 1}, "z": {"B": 1}, "": {"A": 2}}


def test_a_seat_in_a_district_opens_the_later_scrutinies() -> None:
    districts = (District("x", 2, "north"), District("y", 8, "south"))
    own = QuotaFormula("hare", leftovers="nobody")
    bar = Admission((ShareBar(Fraction(1, 4)),))
    tier = ProportionalTier("lists", 10, own, districts, admission=bar, scrutinies=Scrutinies(DHONDT))
    papers = {"x": Paper({"A": 100, "B": 100}), "y": Paper({"A": 725, "B": 75})}  # quota 100 in both; B has 17.5 %
    assert seats(tier, papers) == {"x": {"A": 1, "B": 1}, "y": {"A": 7}, "": {"A": 1}}  # A 825 / 9 = 91.7, B 87.5
    closed = replace(tier, scrutinies=Scrutinies(DHONDT, seat_admits=False))
    assert seats(closed, papers) == {"x": {"A": 1, "B": 1}, "y": {"A": 7}, "": {"A": 1}}


def test_levelling_seats_are_placed_by_region_and_then_by_district() -> None:
    """B has 60 + 30 votes and no seat; the north's only levelling seat goes to its 90 there, into x with its 60."""
    districts = (District("x", 2, "north", 1), District("y", 2, "north"), District("z", 1, "south"))
    papers = {"x": Paper({"A": 200, "B": 60}), "y": Paper({"A": 100, "B": 30}), "z": Paper({"A": 90, "B": 10})}
    local = ProportionalTier("local", 5, DHONDT, districts)
    counted, _ = count_proportional_tier(local, papers)
    assert counted.seats == {"A": 5, "B": 0}
    link = Levelling("local", 6, placement="regions")
    tier = ProportionalTier("levelling", 1, DivisorFormula("sainte-lague"), districts, "nation", linkage=link)
    others = {"local": Other(counted, papers)}
    assert seats(tier, papers, others)["x"] == {"B": 1}


def test_compensation_within_a_fixed_house_drops_who_has_more_than_its_due() -> None:
    others = {"districts": given("districts", {str(n): {"A": 1} for n in range(5)})}
    tier = replace(national(5), linkage=Levelling("districts", 10))
    won = seats(tier, {"": Paper({"A": 40, "B": 35, "C": 25})}, others)
    assert won[""] == {"B": 3, "C": 2}  # A is due 4 of 10 and keeps 5; B and C share the other 5


def test_a_list_below_the_bar_covers_none_of_its_winners() -> None:
    nominal = NominalTier("districts", 3, Plurality(), NominalTies(), AgainstAll())
    papers = {"1": Paper({"A": 9, "S": 1}), "2": Paper({"A": 2, "S": 8}), "3": Paper({"Ind": 6, "A": 4})}
    other = Other(count_nominal_tier(nominal, papers), papers)
    regions = dict.fromkeys("123", "north")
    tier = ProportionalTier(
        "lists", 7, DHONDT, (District("north", 0),), "nation",
        admission=Admission((ShareBar(Fraction(1, 5)),)), linkage=Covered("districts", 10, regions),
    )  # fmt: skip
    votes = {"north": Paper({"A": 60, "B": 30, "S": 10})}
    _, spread = count_proportional_tier(tier, votes, {"districts": other})
    assert spread.uncovered == (("2", "S"),)
    assert kernel_count(tier, votes, {"districts": other}).uncovered == ("2",)
    won = seats(tier, votes, {"districts": other})  # one of ten is nobody's list: nine are shared 6 : 3
    assert won["north"] == {"A": 5, "B": 3}


@pytest.mark.parametrize(("exhausted", "expected"), [("next list", {"A": 2, "B": 3}), ("vacant", {"A": 2, "B": 1})])
def test_a_list_that_runs_out_leaves_its_seats_to_the_next_or_vacant(exhausted: str, expected: Seats) -> None:
    tier = replace(national(5), exhausted="vacant" if exhausted == "vacant" else "next list")
    assert seats(tier, {"": Paper({"A": 80, "B": 30})}, people={"": {"A": 2}})[""] == expected


def test_seats_are_given_to_districts_by_population_after_the_first_ones() -> None:
    districts = (District("x", 0, population=700), District("y", 0, population=300))
    tier = ProportionalTier("lists", 7, DHONDT, districts, magnitudes=DHONDT, initial_magnitude=1)
    papers = {"x": Paper({"A": 1}), "y": Paper({"A": 99})}  # the votes do not count: of five 700, 350, 300, 233, 175
    assert seats(tier, papers) == {"x": {"A": 5}, "y": {"A": 2}}
    by_votes = replace(tier, districts=(District("x", 0), District("y", 0)))
    assert seats(by_votes, papers) == {"x": {"A": 1}, "y": {"A": 6}}


def test_no_votes_leave_every_seat_vacant() -> None:
    assert seats(national(3), {"": Paper({"A": 0, "B": 0}, against_all=7)}) == {"": {}}


def council() -> NominalTier:
    return NominalTier("council", 2, BlockVote(2, {"y": 3}), NominalTies(), AgainstAll("voids the district"))


def test_a_block_vote_elects_as_many_as_the_district_has_seats() -> None:
    papers = {"x": Paper({"a": 5, "b": 9, "c": 1}), "y": Paper({"d": 4, "e": 4})}
    counted = count_nominal_tier(council(), papers, {("x", "a"): "P", ("x", "b"): "P"})
    assert counted.districts["x"].elected == ("b", "a")
    assert counted.seats == {"P": 2, "c": 0, "d": 1, "e": 1}
    assert (counted.vacant, council().seats) == (1, 5)


def test_a_tie_over_the_last_seats_of_a_block_is_left_open_or_drawn() -> None:
    papers = {"y": Paper({"a": 9, "b": 5, "c": 5, "d": 5})}
    counted = count_nominal_tier(council(), papers)
    assert (counted.districts["y"].elected, counted.districts["y"].vacant) == (("a",), 2)
    drawn = count_nominal_tier(
        replace(council(), ties=NominalTies("lot")), papers, lots={"y": {"b": 3, "c": 1, "d": 2}}
    )
    assert drawn.districts["y"].elected == ("a", "c", "d")
    assert drawn.ties[0].chosen == ("c", "d")


def test_lots_decide_a_plurality_and_who_goes_to_the_second_round() -> None:
    tier = NominalTier("districts", 1, Plurality(), NominalTies("lot"), AgainstAll())
    assert count_nominal_tier(tier, {"x": Paper({"a": 5, "b": 5})}, lots={"x": {"a": 2, "b": 1}}).seats == {
        "a": 0,
        "b": 1,
    }
    rounds = replace(tier, formula=TwoRounds(second_place_tie="lot"))
    second = {"x": Paper({"a": 1, "c": 2})}
    papers = {"x": Paper({"a": 6, "b": 5, "c": 5})}
    assert count_nominal_tier(rounds, papers, None, second, {"x": {"b": 2, "c": 1}}).seats["c"] == 1


def test_against_all_ahead_voids_a_district_of_several_seats() -> None:
    counted = count_nominal_tier(council(), {"x": Paper({"a": 5, "b": 4}, against_all=6)})
    assert (counted.seats, counted.vacant, counted.ties) == ({"a": 0, "b": 0}, 2, ())


def test_a_fused_vote_counts_for_candidate_and_list_and_a_repeated_district_replaces_the_first() -> None:
    nominal = NominalTier("districts", 2, Plurality(), NominalTies(), AgainstAll())
    lists = replace(national(2), fused=Fused("districts"))
    system = ElectoralSystem("x", "x", None, "parallel", (nominal, lists))
    papers = {"1": Paper({"A": 5, "B": 3}), "2": Paper({"A": 4, "B": 4})}
    first = count(system, Votes({"districts": papers}))
    assert (first.seats, first.vacant) == ({"A": 2, "B": 1}, 1)
    again = count(system, Votes({"districts": papers, "districts (repeat voting)": {"2": Paper({"A": 1, "B": 9})}}))
    assert (again.seats, again.vacant) == ({"A": 1 + 1, "B": 1 + 1}, 0)  # lists 6 : 12, and 12 / 2 = 6 is A's by order


DOCUMENT = """
name = "Every rule"
[[tier]]
kind = "nominal"
name = "council"
districts = 2
formula = {method = "block vote", seats = 2, magnitudes = {y = 3}}
ties = {rule = "lot"}
[[tier]]
kind = "proportional"
name = "lists"
seats = 5
level = "districts"
districts = [{name = "x", seats = 3, region = "r"}, {name = "y", seats = 2, region = "r"}]
formula = {method = "largest remainder", quota = "hare", rounding = "up", leftovers = "nobody"}
scrutinies = {formula = {method = "highest averages", divisors = "d'hondt"}, seat_admits = false}
ties = {rule = "larger vote, then lot"}
fused = {tier = "council", regions = {x = "x", y = "y"}}
exhausted = "vacant"
[tier.admission]
all_of = [{kind = "natural", quotas = 0.75, area = "region"}, {kind = "share", share = 0.01, area = "every region"}]
[[tier]]
kind = "proportional"
name = "national"
seats = 4
formula = {method = "highest averages", divisors = "d'hondt"}
alliances = {groups = {left = ["A", "B"]}, formula = {method = "highest averages", divisors = "sainte-lague"}}
bonus = {seats = 2, kind = "on top", share = 0.4}
[[tier]]
kind = "proportional"
name = "capped"
seats = 4
formula = {method = "largest remainder"}
cap = {house = 18, plus = 0.08, most = 10}
"""


def test_a_document_says_every_rule(tmp_path: Path) -> None:
    path = tmp_path / "every.toml"
    path.write_text(DOCUMENT)
    system = read_system(path).value
    council_, lists, nation, capped = system.tiers
    assert isinstance(council_, NominalTier)
    assert (council_.formula, council_.seats, council_.ties.rule) == (BlockVote(2, {"y": 3}), 5, "lot")
    assert isinstance(lists, ProportionalTier)
    assert lists.scrutinies == Scrutinies(DHONDT, False)
    assert lists.admission.all_of[0] == QuotaBar(Fraction(3, 4), area="region")
    assert (lists.exhausted, lists.ties) == ("vacant", "larger vote, then lot")
    assert isinstance(nation, ProportionalTier)
    assert nation.bonus == Bonus(2, "on top", Fraction(2, 5))
    assert nation.alliances is not None
    assert nation.alliances.formula == DivisorFormula("sainte-lague")
    assert isinstance(capped, ProportionalTier)
    assert capped.cap == Cap(Fraction(1), 18, "", Fraction(2, 25), 10)


def test_lots_come_from_a_file_or_a_seed(tmp_path: Path) -> None:
    law, votes, drawn = (tmp_path / name for name in ("law.toml", "votes.csv", "lots.csv"))
    law.write_text(DOCUMENT)
    rows = ["council,x,a,5", "council,x,b,5", "council,x,c,5", "council,y,d,1", "national,,A,1", "capped,,A,1"]
    votes.write_text("\n".join(["tier,district,option,votes", *rows, "council (repeat voting),y,d,2"]) + "\n")
    drawn.write_text("tier,district,option,lot\ncouncil,x,a,3\ncouncil,x,b,1\ncouncil,x,c,2\n")
    system = read_system(law).value
    ballots = read_votes(votes, system)
    counted = count(system, ballots, lots=read_lots(drawn, system))
    assert counted.tier("council").districts["x"].elected == ("b", "c")
    assert lots_from_seed(system, ballots, 1) == lots_from_seed(system, ballots, 1)
    assert lots_from_seed(system, ballots, 1) != lots_from_seed(system, ballots, 2)
