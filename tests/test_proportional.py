"""Rules of proportional tiers: hand-checked cases, named axioms, and the kernel's equality with the reference."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from forecast.documents import read_system
from forecast.errors import DocumentError
from forecast.kernel.list_plan import formula_columns, kernel_count
from forecast.rules.apportion import apportionment
from forecast.rules.ballots import Paper
from forecast.rules.count import count_nominal_tier
from forecast.rules.linkage import Other
from forecast.rules.proportional import (
    AdditionalMember,
    Admission,
    Alliances,
    Bonus,
    District,
    DivisorFormula,
    Formula,
    Levelling,
    MixedMember,
    ProportionalTier,
    QuotaFormula,
    ShareBar,
)
from forecast.rules.proportional_count import count_proportional_tier
from forecast.rules.system import AgainstAll, NominalTier, NominalTies, Plurality
from forecast.rules.ties import Lots, TieRule

DIVISORS: tuple[Formula, ...] = (
    DivisorFormula("d'hondt"),
    DivisorFormula("sainte-lague"),
    DivisorFormula("sainte-lague", Fraction(7, 5)),
    DivisorFormula("danish"),
    DivisorFormula("imperiali"),
    DivisorFormula("adams"),
    DivisorFormula("huntington-hill"),
)
QUOTAS: tuple[Formula, ...] = (
    QuotaFormula("hare"),
    QuotaFormula("hare", rounding="down"),
    QuotaFormula("droop"),
    QuotaFormula("hagenbach-bischoff", rounding="nearest"),
    QuotaFormula("imperiali"),
    QuotaFormula("imperiali", over_allocation="larger quota"),
    QuotaFormula("hare", leftovers="order of votes", quota_votes="valid ballots"),
    QuotaFormula("hare", leftovers="largest list"),
)


TIES: tuple[TieRule, ...] = ("registration order", "larger vote", "lot", "larger vote, then lot")


def random_case(rng: np.random.Generator) -> tuple[ProportionalTier, dict[str, Paper]]:
    """Return a tier anywhere in the language without linkage, and papers with edges over-sampled."""
    districts = int(rng.integers(1, 4))
    lists = [f"L{p}" for p in range(int(rng.integers(1, 8)))]
    sizes = rng.integers(0, 12, districts).tolist()
    scale = int(rng.choice([3, 20, 1000, 10**7]))
    papers = {}
    for d in range(districts):
        votes = rng.integers(0, scale + 1, len(lists))
        if rng.random() < 0.3:
            votes[:] = votes[0]
        papers[f"D{d}"] = Paper(
            dict(zip(lists, votes.tolist(), strict=True)), int(rng.integers(0, scale)), int(rng.integers(0, scale))
        )
    total = sum(paper.valid for paper in papers.values())
    mine = sum(paper.votes[lists[0]] for paper in papers.values())
    share = Fraction(mine, total) if total and rng.random() < 0.5 else Fraction(int(rng.integers(0, 30)), 100)
    area = rng.choice(np.array(["tier", "district", "any district", "every district", "any region"])).item()
    bar = ShareBar(share, area=area, comparison="at least" if rng.random() < 0.5 else "more than")
    formulas = (*DIVISORS, *QUOTAS)
    alliances = None
    if rng.random() < 0.4 and len(lists) > 2:
        alliances = Alliances(
            {"left": tuple(lists[:2])},
            "alliance" if rng.random() < 0.5 else "lists",
            member_share=Fraction(int(rng.integers(0, 10)), 100),
            best_loser=bool(rng.random() < 0.5),
        )
    tier = ProportionalTier(
        "lists",
        max(sum(sizes), 1),
        formulas[rng.integers(len(formulas))],
        tuple(District(f"D{d}", sizes[d], f"R{d % 2}") for d in range(districts)),
        "nation" if rng.random() < 0.5 else "districts",
        admission=Admission(
            (bar,) if rng.random() < 0.7 else (),
            (ShareBar(Fraction(1, 4), area="district"),) if rng.random() < 0.3 else (),
            (lists[-1],) if rng.random() < 0.2 else (),
            int(rng.integers(0, 3)) if rng.random() < 0.3 else 0,
            none_passes="all lists" if rng.random() < 0.5 else "vacant",
        ),
        ties=TIES[rng.integers(4)],
        initial_seats=int(rng.random() < 0.2),
        minimum_seats=2 * int(rng.random() < 0.2),
        alliances=alliances,
        bonus=Bonus(max(sum(sizes) // 2, 1)) if rng.random() < 0.2 else None,
    )
    return tier, papers


def random_lots(rng: np.random.Generator, papers: dict[str, Paper]) -> Lots:
    """Return few different lots, so that some are equal."""
    names = list(dict.fromkeys(name for paper in papers.values() for name in paper.votes))
    return {place: {name: int(rng.integers(0, 4)) for name in (*names, "")} for place in (*papers, "")}


def seats_of(rows: dict[str, dict[str, int]]) -> dict[tuple[str, str], int]:
    return {(place, name): seats for place, row in rows.items() for name, seats in row.items() if seats}


def test_the_kernel_equals_the_reference_over_random_systems() -> None:
    rng = np.random.default_rng(8)
    for _ in range(1500):
        tier, papers = random_case(rng)
        lots = random_lots(rng, papers)
        counted, spread = count_proportional_tier(tier, papers, lots=lots, steps=False)
        found = kernel_count(tier, papers, lots=lots)
        assert seats_of(found.seats) == seats_of(spread.seats), (tier, papers)
        assert found.vacant == counted.vacant, (tier, papers)


def test_a_wrong_plan_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_divisor_late(formula: Formula | None) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        row = formula_columns(formula)
        row[2] += 1
        return row

    monkeypatch.setattr("forecast.kernel.list_plan.formula_columns", one_divisor_late)
    rng = np.random.default_rng(8)
    cases = [random_case(rng) for _ in range(60)]
    assert any(
        seats_of(kernel_count(*case).seats) != seats_of(count_proportional_tier(*case, steps=False)[1].seats)
        for case in cases
    )


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
    assert tier.admission.all_of[0].coalitions == ((2, Fraction(2, 25)),)


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
