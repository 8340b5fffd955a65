"""Paired comparisons of laws: differences draw by draw, indices, thresholds; and the command."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from forecast.cli.main import cli
from forecast.compare import SAMPLE, Comparison, comparisons, index_estimates, indices, sample_of, threshold_curve
from forecast.distribution import SystemForecast
from forecast.kernel.plan import Plan, lower
from forecast.rules.ballots import Paper
from forecast.rules.count import count_list_tier
from forecast.rules.system import AgainstAll, AppointedTier, ListTier, NominalTier, TwoRounds
from forecast.runs import system_forecasts
from forecast.simulate import simulate
from forecast.voteshare.model import fit
from tests.electorates import electorate, system

DRAWS = 20_000


def laws() -> Plan:
    base = system()
    lists = base.tiers[0]
    districts = base.tiers[1]
    assert isinstance(lists, ListTier)
    assert isinstance(districts, NominalTier)
    strict = replace(lists, seats=30, against_all=AgainstAll("not on the ballot"))
    alone = replace(base, id="lists-alone", tiers=(strict, AppointedTier("Assembly", 3, "an assembly")))
    rounds = replace(base, id="rounds", tiers=(lists, replace(districts, formula=TwoRounds())))
    return lower(fit(electorate()), [base, alone, rounds], 9)


@pytest.fixture(scope="module")
def compared() -> tuple[list[SystemForecast], list[Comparison]]:
    plan = laws()
    forecasts = system_forecasts(plan, simulate(plan, DRAWS).tallies, DRAWS)
    return forecasts, comparisons(forecasts, sample_of(plan, DRAWS))


def test_differences_are_those_of_the_drawn_seats(compared: tuple[list[SystemForecast], list[Comparison]]) -> None:
    """The tallies of a run as long as the sample equal what the sample itself says, draw by draw."""
    plan = laws()
    forecasts = system_forecasts(plan, simulate(plan, SAMPLE).tallies, SAMPLE)
    sample = sample_of(plan, SAMPLE)
    for one in comparisons(forecasts, sample):
        house, before = one.other.system, one.base.system
        for g, group in enumerate(one.other.groups):
            now, then = sample.seats[:, one.other.number, g], sample.seats[:, 0, g]
            change = one.difference(group)
            np.testing.assert_array_equal(
                np.bincount(now - then + change.shift, minlength=len(change.counts)), change.counts
            )
            assert change.mean == pytest.approx(one.other.seats(group).mean - one.base.seats(group).mean)
            if group in one.other.parties:
                moved = (now >= house.majority).astype(int) - (then >= before.majority)
                assert one.majority_change(group).value == pytest.approx(moved.mean())
                moved = (now >= house.two_thirds).astype(int) - (then >= before.two_thirds)
                assert one.two_thirds_change(group).value == pytest.approx(moved.mean())


def test_a_difference_is_known_better_than_its_parts(compared: tuple[list[SystemForecast], list[Comparison]]) -> None:
    _, (_, rounds) = compared
    change = rounds.difference("Alpha")
    assert change.mcse < 0.6 * rounds.other.seats("Alpha").mcse_mean


def test_appointed_seats_count_for_the_house_but_for_no_party(
    compared: tuple[list[SystemForecast], list[Comparison]],
) -> None:
    forecasts, _ = compared
    alone = forecasts[1]
    assert (alone.system.seats, alone.system.majority) == (33, 17)
    assert sum(alone.seats(group).mean for group in alone.groups) <= 30
    assert not alone.has_districts
    assert alone.district_seats("Alpha").mean == 0


def test_indices_of_a_house_are_their_formulas() -> None:
    sample = sample_of(laws(), DRAWS)
    values = indices(sample, 0)
    draw = 123
    seats = sample.seats[draw, 0].astype(float)
    votes = sample.votes[draw, :3].astype(float)
    house = seats.sum()
    squares = sum((s / house) ** 2 for s in seats[:3]) + seats[3] / house**2
    assert values["effective parties"][draw] == pytest.approx(1 / squares)
    apart = seats / house - np.append(votes / votes.sum(), 0)
    assert values["gallagher"][draw] == pytest.approx(100 * np.sqrt((apart**2).sum() / 2))
    assert values["parties"][draw] == (seats[:3] > 0).sum()
    wasted = votes[seats[:3] == 0].sum() / sample.votes[draw].sum()
    assert values["wasted votes"][draw] == pytest.approx(wasted)


def test_the_first_system_differs_from_itself_by_nothing() -> None:
    estimates = [row for row in index_estimates(sample_of(laws(), DRAWS)) if row[0] == "small-law"]
    assert len(estimates) == 5
    assert all(difference.value == 0 and difference.mcse == 0 for *_, difference in estimates)


def test_the_curve_over_thresholds_is_the_reference_at_every_step() -> None:
    sample = sample_of(laws(), 1_024)
    points = {(p.system, p.party, p.threshold): p for p in threshold_curve(sample, steps=4)}
    for law in laws().systems[:2]:
        tier = law.tiers[0]
        assert isinstance(tier, ListTier)
        for step in range(5):
            share = Fraction(step, 40)
            changed = replace(tier, threshold=replace(tier.threshold, share=share))
            seats = []
            for votes in sample.votes.tolist():
                paper = Paper(dict(zip(("Alpha", "Beta", "Gamma"), votes, strict=False)), against_all=votes[3])
                seats.append(count_list_tier(changed, paper, {"Gamma": 6}, steps=False).seats["Gamma"])
            assert points[law.id, "Gamma", share].seats.value == pytest.approx(np.mean(seats))
    chances = [points["small-law", "Gamma", Fraction(step, 40)].passes.value for step in range(5)]
    assert chances == sorted(chances, reverse=True)


def test_the_command_prints_and_writes_the_comparison(tmp_path: Path) -> None:
    systems = ["kazakhstan-mazhilis-2012", "kazakhstan-mazhilis-2023", "kazakhstan-kurultai-2026"]
    arguments = ["compare", "kazakhstan-2023-result", *systems, "--draws", "20000", "--out", str(tmp_path / "r")]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    for words in ("Base: Mazhilis of Kazakhstan, law of 9 February 2009 (107 seats)", "The houses", "recounts agree"):
        assert words in done.stdout
    document = json.loads(CliRunner().invoke(cli, [*arguments, "--json"]).stdout)
    assert document == json.loads((tmp_path / "r" / "compare.json").read_text(encoding="utf-8"))
    with (tmp_path / "r" / "compare.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["base"] for row in rows} == {systems[0]}
    for name in systems[1:]:
        own = [float(row["probability"]) for row in rows if row["system"] == name and row["party"] == "Amanat"]
        assert sum(own) == pytest.approx(1)
    assert any(row["party"] == "Baytaq" and row["difference"] == "0" for row in rows)


def test_a_law_whose_districts_the_model_lacks_says_what_the_model_needs() -> None:
    done = CliRunner().invoke(
        cli, ["compare", "kazakhstan-2023", "kazakhstan-mazhilis-2023", "kazakhstan-mazhilis-2004"]
    )
    assert "67 districts" in str(done.exception)
    assert "districts.csv" in str(done.exception)
