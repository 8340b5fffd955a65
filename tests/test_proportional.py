"""Rules of proportional tiers: hand-checked cases, named axioms, and the kernel's equality with the reference."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from forecast.documents import read_system
from forecast.errors import DocumentError
from forecast.kernel import list_tiers as t
from forecast.kernel.list_house import block_winners, fused_votes
from forecast.kernel.list_plan import formula_columns, kernel_count, tier_columns
from forecast.rules.apportion import apportionment
from forecast.rules.ballots import Paper
from forecast.rules.count import SELF_NOMINATED, count_nominal_tier, fused_papers
from forecast.rules.linkage import Other
from forecast.rules.proportional import (
    AdditionalMember,
    District,
    DivisorFormula,
    Formula,
    Fused,
    Levelling,
    MixedMember,
    ProportionalTier,
    QuotaFormula,
    ShareBar,
)
from forecast.rules.proportional_count import count_proportional_tier
from forecast.rules.system import AgainstAll, NominalTier, NominalTies, Plurality
from tests.houses import DIVISORS, RULES, House, random_block, random_house


def seats_of(rows: dict[str, dict[str, int]]) -> dict[tuple[str, str], int]:
    return {(place, name): seats for place, row in rows.items() for name, seats in row.items() if seats}


def both_counts(house: House) -> tuple[object, object]:
    """Return seats, vacant ones and winners who do not sit, by the reference and by the kernel."""
    given = (house.tier, house.papers, house.others, house.people, house.lots)
    counted, spread = count_proportional_tier(*given, steps=False)
    found = kernel_count(*given)
    uncovered = tuple(name for name, _ in spread.uncovered)
    return (seats_of(spread.seats), counted.vacant, uncovered), (seats_of(found.seats), found.vacant, found.uncovered)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "two ways"])
def test_the_kernel_equals_the_reference_over_random_systems(rule: str) -> None:
    rng = np.random.default_rng([8, RULES.index(rule)])
    for _ in range(80):
        house = random_house(rng, rule)
        reference, kernel = both_counts(house)
        assert kernel == reference, house


def test_double_proportionality_is_equal_or_the_kernel_says_that_it_cannot_tell() -> None:
    rng = np.random.default_rng(10)
    equal = 0
    for _ in range(250):
        house = random_house(rng, "two ways")
        try:
            reference, kernel = both_counts(house)
        except (ArithmeticError, ValueError):  # ties, or seats that no list of the district can take
            continue
        assert kernel == reference, house
        equal += 1
    assert equal > 50


def test_fused_votes_are_added_up_as_by_the_reference() -> None:
    rng = np.random.default_rng(11)
    lists, regions = ["A", "B", "C"], ["r", "s"]
    for _ in range(20):
        votes = rng.integers(0, 9, (4, 5))
        party, region = rng.integers(-1, 3, (4, 5)), rng.integers(0, 2, 4)
        of = {
            (str(d), str(c)): lists[party[d, c]] if party[d, c] >= 0 else SELF_NOMINATED
            for d in range(4)
            for c in range(5)
        }
        papers = {str(d): Paper({str(c): int(votes[d, c]) for c in range(5)}) for d in range(4)}
        expected = fused_papers(Fused("x", {str(d): regions[region[d]] for d in range(4)}), papers, of)
        out = np.empty((2, 4), np.int64)
        fused_votes(votes, party, region, out)
        for name, row in zip(regions, out.tolist(), strict=True):
            paper = expected.get(name, Paper({}))
            assert row == [*(paper.votes.get(one, 0) for one in lists), paper.against_all]


def test_blocks_of_winners_equal_the_reference() -> None:
    rng = np.random.default_rng(9)
    for _ in range(200):
        tier, papers, lots = random_block(rng)
        counted = count_nominal_tier(tier, papers, lots=lots, steps=False)
        people = sorted({name for paper in papers.values() for name in paper.votes})  # as on every paper
        votes = np.array([[paper.votes.get(name, -1) for name in people] for paper in papers.values()], np.int64)
        order = np.array([[lots[place].get(name, 0) for name in people] for place in papers], np.int64)
        seats = np.array([tier.magnitude(place) for place in papers], np.int64)
        winners, sure = np.full((len(papers), 5), -1, np.int64), np.zeros(len(papers), np.int64)
        block_winners(votes, votes >= 0, order, seats, winners, sure)
        tied = {tie.district for tie in counted.ties}
        for row, number, (place, paper) in zip(winners.tolist(), sure.tolist(), papers.items(), strict=True):
            if not any(paper.votes.values()):
                assert counted.districts[place].elected == ()
                continue
            elected = tuple(people[one] for one in row[: tier.magnitude(place)] if one >= 0)
            assert elected == counted.districts[place].elected
            assert (number < len(elected)) == (place in tied)


@pytest.mark.parametrize("wrong", [t.SEATS, t.LARGER, t.LOT, t.NATIONAL, t.HOUSE, t.BONUS, t.OPTION, t.VACATE])
def test_a_wrong_plan_is_caught(monkeypatch: pytest.MonkeyPatch, wrong: int) -> None:
    def one_off(tier: ProportionalTier) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        row = tier_columns(tier)
        row[wrong] = 1 - row[wrong] if row[wrong] in (0, 1) else row[wrong] + 1
        return row

    monkeypatch.setattr("forecast.kernel.list_plan.tier_columns", one_off)
    rng = np.random.default_rng(8)
    houses = (random_house(rng, RULES[n % (len(RULES) - 1)]) for n in range(600))
    assert any(len({repr(found) for found in both_counts(house)}) > 1 for house in houses if house.rule != "levelled")


def test_a_wrong_formula_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_divisor_late(formula: Formula | None) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        row = formula_columns(formula)
        row[2] += 1
        return row

    monkeypatch.setattr("forecast.kernel.list_plan.formula_columns", one_divisor_late)
    rng = np.random.default_rng(8)
    houses = (random_house(rng, "plain") for _ in range(60))
    assert any(len({repr(found) for found in both_counts(house)}) > 1 for house in houses)


@pytest.mark.parametrize("formula", DIVISORS)
def test_divisors_are_monotone_in_the_house(formula: Formula) -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        votes = {f"L{p}": int(v) for p, v in enumerate(rng.integers(1, 1000, 5))}
        before = dict.fromkeys(votes, 0)
        for seats in range(1, 25):
            now = apportionment(formula, votes, seats).seats
            assert all(now[name] >= before[name] for name in votes)
            before = now


def test_largest_remainders_keep_the_quota_rule() -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        votes = {f"L{p}": int(v) for p, v in enumerate(rng.integers(1, 1000, 5))}
        seats = int(rng.integers(1, 40))
        for name, won in apportionment(QuotaFormula("hare"), votes, seats).seats.items():
            due = Fraction(votes[name] * seats, sum(votes.values()))
            assert int(due) <= won <= -int(-due // 1)


def test_hare_has_the_alabama_paradox() -> None:
    """C loses a seat as the house grows: of 10 it is due 1.43, the others 4.29 each; of 11 it is 1.57 and 4.71."""
    votes = {"A": 6, "B": 6, "C": 2}
    assert apportionment(QuotaFormula("hare"), votes, 10).seats == {"A": 4, "B": 4, "C": 2}
    assert apportionment(QuotaFormula("hare"), votes, 11).seats == {"A": 5, "B": 5, "C": 1}


def constituencies(winners: str) -> tuple[NominalTier, dict[str, Paper]]:
    tier = NominalTier("districts", len(winners), Plurality(), NominalTies(), AgainstAll())
    papers = {f"{n}": Paper({name: 10 if name == winner else 1 for name in "ABC"}) for n, winner in enumerate(winners)}
    return tier, papers


def test_overhang_is_kept_beside_the_seats_of_the_others() -> None:
    nominal, papers = constituencies("AAAA")
    other = Other(count_nominal_tier(nominal, papers), papers)
    tier = ProportionalTier(
        "lists", 4, DivisorFormula("sainte-lague"), level="nation", linkage=MixedMember("districts", 8)
    )
    votes = {"": Paper({"A": 20, "B": 50, "C": 30})}
    counted, _ = count_proportional_tier(tier, votes, {"districts": other})
    assert counted.seats == {"A": 0, "B": 4, "C": 2}  # due are 2, 4 and 2; A keeps its four districts
    assert seats_of(kernel_count(tier, votes, {"districts": other}).seats) == {("", "B"): 4, ("", "C"): 2}


def test_additional_members_go_on_from_the_district_seats() -> None:
    nominal, papers = constituencies("AAB")
    other = Other(count_nominal_tier(nominal, papers), papers)
    link = AdditionalMember("districts", dict.fromkeys("012", "x"))
    tier = ProportionalTier("lists", 2, DivisorFormula("d'hondt"), (District("x", 2),), linkage=link)
    votes = {"x": Paper({"A": 60, "B": 50, "C": 28})}
    counted, _ = count_proportional_tier(tier, votes, {"districts": other})
    assert counted.seats == {"A": 0, "B": 0, "C": 1} | {"B": 1}  # 20; 25 then 16.7; 28 then 14
    assert seats_of(kernel_count(tier, votes, {"districts": other}).seats) == {("x", "B"): 1, ("x", "C"): 1}


def test_a_list_with_more_district_seats_than_its_due_leaves_the_levelling() -> None:
    lower = ProportionalTier("local", 4, DivisorFormula("d'hondt"), (District("x", 2), District("y", 2)))
    papers = {"x": Paper({"A": 60, "B": 20, "C": 19}), "y": Paper({"A": 60, "B": 20, "C": 19})}
    counted, _ = count_proportional_tier(lower, papers)
    assert counted.seats == {"A": 4, "B": 0, "C": 0}
    tier = ProportionalTier(
        "levelling", 2, DivisorFormula("sainte-lague"), lower.districts, "nation", linkage=Levelling("local", 6)
    )
    others = {"local": Other(counted, papers)}
    found, _ = count_proportional_tier(tier, papers, others)
    assert found.seats == {"A": 0, "B": 1, "C": 1}
    assert seats_of(kernel_count(tier, papers, others).seats) == {("", "B"): 1, ("", "C"): 1}


DOCUMENT = """
name = "A chamber"
[[tier]]
kind = "proportional"
name = "lists"
seats = 5
level = "districts"
formula = {method = "highest averages", divisors = "d'hondt"}
districts = [{name = "x", seats = 3}, {name = "y", seats = 2}]
[tier.admission]
all_of = [{kind = "share", share = 0.05, coalitions = [{members = 2, share = 0.08}]}]
"""


def test_a_document_becomes_a_tier(tmp_path: Path) -> None:
    path = tmp_path / "chamber.toml"
    path.write_text(DOCUMENT)
    (tier,) = read_system(path).value.tiers
    assert isinstance(tier, ProportionalTier)
    assert tier.districts == (District("x", 3), District("y", 2))
    assert tier.admission.all_of == (ShareBar(Fraction(1, 20), coalitions=((2, Fraction(2, 25)),)),)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("seats = 5", "seats = 6", "the districts have 5 seats together"),
        ('name = "y"', 'name = "x"', "there is a district 'x' already"),
        ('level = "districts"', 'level = "district"', "level"),
        (
            "[tier.admission]",
            '[tier.linkage]\nkind = "mixed member"\ntier = "z"\nhouse = 9\n[tier.admission]',
            "no tier",
        ),
        ('divisors = "d\'hondt"', 'divisors = "d\'hondt", first_divisor = 2.5', "first divisor"),
    ],
)
def test_a_faulty_document_is_refused(tmp_path: Path, old: str, new: str, fault: str) -> None:
    path = tmp_path / "chamber.toml"
    path.write_text(DOCUMENT.replace(old, new))
    with pytest.raises(DocumentError) as raised:
        read_system(path)
    assert fault in str(raised.value)
    assert "chamber.toml" in str(raised.value)
