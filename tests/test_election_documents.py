"""Certification on real elections: every word that a document can use is understood, and results are not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.election_cases import cases
from benchmarks.election_count import nominal_reference, reference, result, totals
from benchmarks.election_words import Unexpressed, bars, formula
from benchmarks.elections import main, without_results
from forecast.rules.proportional import AverageBar, FirstBar, SeatsBar, ShareBar


def test_results_are_taken_out_before_the_count() -> None:
    document = {"tiers": [{"votes": {"A": 1}, "official_seats": {"A": 1}, "districts": [{"winner": "A", "seats": 1}]}]}
    assert without_results(document) == {"tiers": [{"votes": {"A": 1}, "districts": [{"seats": 1}]}]}


@pytest.mark.parametrize(
    "method",
    [
        "dhondt", "dhondt continued nationally", "dhondt_by_district with list exhaustion", "fixed 1 each",
        "georgia_art125 (floor on all valid votes, leftovers consecutively, minimum 6)", "huntington_hill", "imperiali_div",
        "imperiali quota then Hagenbach-Bischoff quota with largest remainders", "lr_hagenbach_bischoff_rounded",
        "lr_hare (integer quotient) by region, coalition then lists", "sainte_lague enlarged, 3 free overhang",
        "biproportional divisor method with standard rounding, strongest list of a district gets at least one seat",
    ],
)  # fmt: skip
def test_a_method_names_its_formula(method: str) -> None:
    assert formula(method) is not None


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(Unexpressed, match="borda"):
        formula("borda")


def test_prose_of_thresholds_becomes_bars() -> None:
    island = bars(
        0.3,
        "30% of the island valid votes OR 6% of the valid votes of the archipelago OR first list on the island",
        "",
        "",
    )
    assert [type(bar) for bar in island.admission.any_of] == [ShareBar, ShareBar, FirstBar]
    regions = bars(0.05, "votes of those who took part; plus 0.7% in every region", "", "")
    assert [bar.area for bar in regions.admission.all_of] == ["tier", "every district"]
    danish = bars(
        0.02, "national valid votes; or 1 constituency seat; or regional quota in 2 of 3 regions", "", "lower"
    )
    assert [type(bar) for bar in danish.admission.any_of] == [SeatsBar, AverageBar]
    joint = bars(
        0.05, "all ballots cast (valid + invalid); parties together must have >60% of it, at least two lists", "", ""
    )
    assert (joint.admission.minimum_lists, str(joint.admission.joint_share)) == (2, "3/5")


SENATE = {
    "method": "lr_hare (integer quotient) by region, coalition then lists", "seats": 10, "threshold": 0.03,
    "threshold_base": "national valid list votes; 10% coalition; 20% in the region alternative; "
    "1% for counting in a coalition",
    "coalitions": {"R": ["A", "B"], "L": ["C", "D"]}, "votes": {},
    "districts": [
        {"name": "x", "seats": 6, "votes": {"A": 300, "B": 200, "C": 300, "D": 5, "E": 20, "S": 0}},
        {"name": "y", "seats": 4, "votes": {"A": 100, "B": 50, "C": 100, "D": 3, "E": 10, "S": 90}},
    ],
}  # fmt: skip
ISLANDS = {
    "method": "dhondt_by_district", "seats": 5, "threshold": 0.3, "votes": {},
    "threshold_base": "30% of the island valid votes OR 6% of the valid votes of the archipelago OR first list on the island",
    "districts": [
        {"name": "x", "seats": 3, "votes": {"A": 60, "B": 29, "C": 2}},
        {"name": "y", "seats": 2, "votes": {"A": 30, "B": 10, "D": 60}},
    ],
}  # fmt: skip
REGIONS = {
    "method": "lr_hare", "seats": 5, "threshold": 0.05, "votes": {"A": 90, "B": 39},
    "threshold_base": "votes of those who took part; plus 0.7% in every region",
    "districts": [{"name": "x", "votes": {"A": 60, "B": 0}}, {"name": "y", "votes": {"A": 30, "B": 39}}],
}  # fmt: skip
HOUSE = {
    "method": "lr_hare 101 + 4 minority + additional mandates to the others in proportion to their seats",
    "seats": 107, "threshold": 0.05, "threshold_base": "valid votes; 7% for coalitions of 2-3, 10% for 4+",
    "coalition_members": {"D": 2}, "votes": {"A": 700, "B": 90, "C": 60, "D": 64, "E": 20},
}  # fmt: skip


@pytest.mark.parametrize(
    ("tier", "seats"),
    [
        (SENATE, {"A": 3, "B": 3, "C": 3, "S": 1}),  # E has 2.5 %, S a quarter of y; D adds nothing below 1 %
        (ISLANDS, {"A": 3, "B": 1, "D": 1}),
        (REGIONS, {"A": 5}),  # B has no vote in x
        (
            HOUSE,
            {"A": 87, "B": 27, "C": 17},
        ),  # D needs 7 %; 83, 11 and 7 of 101, then 4, 0 and 0; 26 more for 44 of 131
    ],
)
def test_words_of_no_open_document_are_counted(tier: dict[str, object], seats: dict[str, int]) -> None:
    (todo,) = cases({"tiers": [{"name": "lists", **tier}]}, {}, {}).values()
    assert not isinstance(todo, str)
    assert totals(result(todo, reference, nominal_reference).own) == seats


def test_a_folder_is_counted_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.json").write_text(
        '{"id": "one", "type": "national_pr", "tiers": [{"name": "all", "method": "dhondt", "seats": 5, "testable": true,'
        ' "threshold": null, "votes": {"A": 100, "B": 80, "C": 30}, "official_seats": {"A": 3, "B": 2}}]}'
    )
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 of 1 testable tiers reproduced"
