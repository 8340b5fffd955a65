"""Backtests on small elections made up here: what is read, what may be known, what is scored, and what is said."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

from benchmarks.calibration import ranks
from forecast.backtest import baselines
from forecast.backtest.cases import Case, cases_of, stacked
from forecast.backtest.evaluate import MODELS, our_draws
from forecast.backtest.learn import effective_size, learned, lessons
from forecast.backtest.power_normal import crps_of_power_normal, log_score_of_power_normal
from forecast.cli.main import Talk, cli
from forecast.documents.past_elections import read_past_elections
from forecast.errors import DocumentError
from forecast.scoring import crps_of_draws, flatness, pit_histogram
from forecast.voteshare.electorate import Option, PollCentre, Quantity
from forecast.voteshare.families import normal_score, power_normal, power_variance
from forecast.voteshare.past import PastElection
from forecast.voteshare.pooling import CONSTANTS, pooled_vote

PARTIES = ("Red", "Green", "NA")
FILES = ("polls", "results", "elections", "previous")
Rows = dict[str, list[list[str]]]


def made_up(elections: int = 6) -> Rows:
    """Return the four tables, header first: polls every tenth day from 5 to 95 days before each election."""
    rng = np.random.default_rng(11)
    tables: Rows = {
        "polls": [
            ["election_id", "pollster", "fieldwork_start", "fieldwork_end", "sample_size", "party", "share", "poll_id"]
        ],
        "results": [["election_id", "party", "vote_share", "seats"]],
        "elections": [["election_id", "country", "election_date", "group", "threshold", "ok"]],
        "previous": [["election_id", "party", "prev_date", "prev_share"]],
    }
    for e in range(elections):
        name, day = f"E{e}", date(2001 + 2 * e, 5, 20)
        tables["elections"].append([name, "XYZ"[e % 3], day.isoformat(), "PR" if e % 2 else "MMP", "5.0", "True"])
        truth = rng.dirichlet([60, 40, 10, 15])
        result = 100 * rng.dirichlet(300 * truth)
        for party, share, before in zip((*PARTIES, "OTH"), result, 100 * rng.dirichlet(80 * truth), strict=True):
            tables["results"].append([name, party, f"{share:.4f}", ""])
            if party != "NA":
                tables["previous"].append([name, party, f"{day.year - 4}-05-20", f"{before:.2f}"])
        for k, ago in enumerate(range(5, 96, 10)):
            end = day - timedelta(days=ago)
            shares = rng.multinomial(800, truth) / 8
            for party, share in zip((*PARTIES, "OTH"), shares, strict=True):
                row = [name, f"House {k % 3}", end.isoformat(), end.isoformat(), "800" if k else "", party]
                tables["polls"].append([*row, f"{share:.3f}", f"{name}-{k}"])
    return tables


def written(folder: Path, tables: Rows) -> list[Path]:
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(rows)
    return [folder / f"{name}.csv" for name in FILES]


def past(folder: Path, tables: Rows | None = None) -> tuple[PastElection, ...]:
    return read_past_elections(*written(folder, tables or made_up())).elections


def called(folder: Path, *extra: str, previous: bool = True, tables: Rows | None = None) -> Result:
    files = written(folder, tables or made_up())
    options = [part for name, file in zip(FILES, files, strict=True) for part in (f"--{name}", str(file))]
    return CliRunner().invoke(cli, ["backtest", *(options if previous else options[:-2]), *extra], obj=Talk())


def case(election: PastElection, horizon: int = 7) -> Case:
    return cases_of([election], [horizon])[0][0]


def test_tables_are_read_as_they_stand(tmp_path: Path) -> None:
    first = past(tmp_path)[0]
    assert (first.id, first.country, first.group, first.day) == ("E0", "X", "MMP", date(2001, 5, 20))
    assert first.parties == PARTIES  # a party called NA is a party
    assert first.options[-1] == "OTH"
    assert first.threshold == pytest.approx(0.05)
    assert sum(first.result.values()) == pytest.approx(1, abs=1e-5)
    assert [poll.sample_size for poll in first.polls][-2:] == [800, None]
    assert "NA" not in first.previous


def change(table: str, row: int, column: str, value: str) -> Callable[[Rows], None]:
    def apply(tables: Rows) -> None:
        tables[table][row][tables[table][0].index(column)] = value

    return apply


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (change("polls", 3, "share", "140"), r"polls.csv, line 4: share: is 140; a percentage of 0 to 100"),
        (change("polls", 2, "share", "90"), "add up to"),
        (change("polls", 1, "fieldwork_end", "19.03.2023"), r"line 2: fieldwork_end: .*2023-03-19"),
        (change("polls", 1, "election_id", "E99"), "'E99' stands in no row of the table of elections"),
        (change("polls", 1, "sample_size", "-5"), "sample_size: is -5"),
        (change("polls", 2, "party", "Red"), "'Red' is there twice in poll E0-0"),
        (change("polls", 0, "share", "shares"), "column share is missing"),
        (change("polls", 2, "pollster", "Other"), "poll_id: pollster or days differ from line 2"),
        (change("polls", 1, "fieldwork_start", "2001-12-01"), "lies after fieldwork_end"),
        (change("results", 1, "vote_share", "abc"), r"results.csv, line 2: vote_share: is 'abc'; a number is needed"),
        (change("results", 2, "party", "Red"), "'Red' is there twice for E0"),
        (change("elections", 1, "election_date", "2001-02-30"), "no such day"),
        (change("elections", 2, "election_id", "E0"), "stands in line 2 already"),
        (lambda tables: tables["results"].__delitem__(slice(1, 5)), "there is no result of 'E0'"),
        (lambda tables: tables["polls"].extend([*row[:-1], "x"] for row in tables["polls"][1:5]), "line 2; is it there twice"),
    ],
)  # fmt: skip
def test_a_broken_table_is_one_clear_error(tmp_path: Path, broken: Callable[[Rows], None], said: str) -> None:
    tables = made_up()
    broken(tables)
    with pytest.raises(DocumentError, match=said):
        past(tmp_path, tables)


def test_polls_of_election_day_or_later_are_left_out_and_said(tmp_path: Path) -> None:
    tables = made_up()
    for row in tables["polls"][1:5]:
        row[2] = row[3] = "2001-05-20"
    found = read_past_elections(*written(tmp_path, tables))
    assert len(found.elections[0].polls) == 9
    assert "1 poll ended on election day or later" in found.said[0]


def test_nothing_after_the_as_of_day_moves_a_forecast(tmp_path: Path) -> None:
    election = past(tmp_path)[0]
    as_of = election.day - timedelta(days=30)
    cut = replace(election, polls=tuple(poll for poll in election.polls if poll.end <= as_of))
    whole, part = (our_draws(case(one, 30), CONSTANTS, 50, np.random.default_rng(1)) for one in (election, cut))
    np.testing.assert_array_equal(whole, part)


def test_a_previous_result_after_the_as_of_day_is_not_known(tmp_path: Path) -> None:
    election = past(tmp_path)[0]
    late = {party: (election.day - timedelta(days=40), share) for party, (_, share) in election.previous.items()}
    soon, far = (case(replace(election, previous=late), horizon) for horizon in (30, 60))
    assert soon.new.tolist() == [False, False, True, False]
    assert np.isnan(far.previous).all()
    assert far.new.tolist() == [True, True, True, False]  # as in a run that knows no previous result


def test_records_come_from_elections_that_were_over(tmp_path: Path) -> None:
    elections = past(tmp_path)
    cases = {one.election.id: one for one in cases_of(elections, [7])[0]}
    assert not cases["E0"].past.any()
    before = cases["E0"]
    mean = before.polled.mean
    error = (before.outcome - mean) / np.sqrt(mean * (1 - mean))
    np.testing.assert_allclose(cases["E3"].past[:3], error[:3] / 2)
    assert cases["E3"].past[3] == 0
    close = replace(elections[3], day=elections[0].day + timedelta(days=6))
    assert not cases_of([elections[0], replace(close, polls=elections[0].polls)], [7])[0][-1].past.any()


def test_too_few_polls_are_listed_with_the_reason(tmp_path: Path) -> None:
    election = past(tmp_path)[0]
    few, unnamed = (
        cases_of([election], [94])[1],
        cases_of([replace(election, result={**election.result, "New": 0.1})], [7])[1],
    )
    assert [(one.election, one.horizon) for one in few] == [("E0", 94)]
    assert few[0].reason.startswith("1 poll ended")
    assert "names New" in unnamed[0].reason


def test_learning_finds_the_constants_that_made_the_results(tmp_path: Path) -> None:
    elections = past(tmp_path, made_up(60))
    rng = np.random.default_rng(5)
    wanted = replace(CONSTANTS, industry_near=0.06, industry_slope=0.0, industry_far=0.0, new_party_slope=0.0)
    remade = []
    for one in cases_of(elections, [7])[0]:
        draw = our_draws(replace(one, new=np.zeros(4, bool), past=np.zeros(4)), wanted, 2, rng)[0]
        result = dict(zip(one.election.options, draw.tolist(), strict=True))
        remade.append(replace(one, election=replace(one.election, result=result), past=np.zeros(4)))
    found = learned(remade, wanted, ["industry_near"])
    assert found.industry_near == pytest.approx(0.06, rel=0.15)


def test_elections_and_horizons_weigh_equally_in_learning(tmp_path: Path) -> None:
    election = past(tmp_path)[0]
    small = replace(election, result={"Red": 0.6, "OTH": 0.4}, id="S")
    weighed = lessons([case(election), case(small), case(election, 30)])
    np.testing.assert_allclose(weighed.weight.sum(axis=1), [0.25, 0.25, 0.5])


def test_padding_changes_no_forecast(tmp_path: Path) -> None:
    election = past(tmp_path)[0]
    small = replace(election, result={"Red": 0.6, "OTH": 0.4}, id="S")
    alone, together = (stacked(cases).forecast(CONSTANTS) for cases in ([case(small)], [case(election), case(small)]))
    np.testing.assert_allclose(alone[0][0], together[0][1, :2])
    np.testing.assert_allclose(alone[1][0], together[1][1, :2])
    assert not together[0][1, 2:].any()


@pytest.mark.parametrize("knows", [True, False])
def test_a_backtest_forecasts_as_a_run_does(tmp_path: Path, knows: bool) -> None:
    election = past(tmp_path)[0]
    before = {name: share for name, (_, share) in election.previous.items()} if knows else {}
    seen = case(election if knows else replace(election, previous={}), 30)
    errors = (0.02, -0.03, 0.0, 0.0)
    p = seen.polled.mean
    seen = replace(seen, past=np.array(errors) / np.sqrt(p * (1 - p)))
    options = tuple(
        Option(name, "party", before.get(name), past_error=error)
        for name, error in zip(election.options, errors, strict=True)
    )
    centre = PollCentre(election.polls, 30, 1_000, "proportional", Quantity(0.0, "assumed"))
    run = pooled_vote(options, centre, seen.as_of)
    mean, sd = stacked([seen]).forecast(CONSTANTS)
    np.testing.assert_allclose(mean[0], run.mean)
    np.testing.assert_allclose(sd[0, :3], run.sd[:3])  # everybody else is never new on the ballot


def test_constants_are_smooth_in_the_horizon() -> None:
    days = np.arange(1, 90)
    for curve in (CONSTANTS.industry(days), CONSTANTS.new_party(days)):
        assert (np.diff(curve) >= 0).all()
        assert (np.diff(curve) <= 0.25 * curve[:-1]).all()  # ln 2 of the slope, from the eve to the day before
        assert curve[59:].tolist() == [curve[59]] * 30


def test_baselines_have_the_spread_they_are_named_for(tmp_path: Path) -> None:
    seen = case(past(tmp_path)[0], 5)  # two polls in 14 days, of 1,000 (size unknown) and of 800
    rng = np.random.default_rng(2)
    p = baselines.latest_mean(seen)
    pairs = 1_000 + 800 + np.sqrt(800_000)  # (Sum n)^2 over Sum n + half of the pairs
    for draws, size in (
        (baselines.sampling(seen, 40_000, rng), 1_800),
        (baselines.latest(seen, 40_000, rng), 1_800**2 / pairs),
        (baselines.effective(seen, 200, 40_000, rng), 200),
    ):
        np.testing.assert_allclose(draws.sum(axis=1), 1)
        np.testing.assert_allclose(draws.std(axis=0), np.sqrt(p * (1 - p) / size), rtol=0.03)


def test_the_fitted_sample_size_is_the_one_that_made_the_results(tmp_path: Path) -> None:
    cases = [case(election) for election in past(tmp_path, made_up(60))]
    rng = np.random.default_rng(3)
    means = [baselines.latest_mean(one) for one in cases]
    remade = [
        replace(one, election=replace(one.election, result=dict(zip(one.election.options, result, strict=True))))
        for one, result in zip(cases, (rng.dirichlet(150 * mean) for mean in means), strict=True)
    ]
    assert effective_size(remade, means) == pytest.approx(150, rel=0.25)


@pytest.mark.parametrize("tail", [0.0, 0.04, 0.3])
def test_the_closed_forms_of_a_power_normal_are_its_integrals(tail: float) -> None:
    z = np.linspace(-4, 4, 17)
    w = power_normal(z, tail) / np.sqrt(power_variance(tail))
    np.testing.assert_allclose(normal_score(w, tail), z, atol=1e-4)
    for outcome in (0.2, 0.5, 1.1):
        below = quad(lambda x: float(ndtr(normal_score((x - 0.4) / 0.2, tail)) ** 2), -6, outcome, limit=200)[0]
        above = quad(lambda x: float(ndtr(-normal_score((x - 0.4) / 0.2, tail)) ** 2), outcome, 7, limit=200)[0]
        assert float(crps_of_power_normal(0.4, 0.2, tail, outcome)) == pytest.approx(below + above, rel=1e-4)
    density = quad(lambda x: float(np.exp(-log_score_of_power_normal(x, tail))), -30, 30, points=[0.0], limit=400)[0]
    assert density == pytest.approx(np.sqrt(2 * np.pi), rel=1e-5)


def test_tails_are_learned_where_errors_have_them(tmp_path: Path) -> None:
    """Results redrawn around the forecast with a heavy tail, and without one: only the first is learned as such."""
    cases, _ = cases_of(past(tmp_path), [7])
    rng, found = np.random.default_rng(5), []
    mean, sd = stacked(cases).forecast(CONSTANTS)
    for tail in (0.0, 0.3):
        remade = []
        for row, case in [(row, case) for row, case in enumerate(cases) for _ in range(40)]:
            w = power_normal(rng.standard_normal(len(mean[row])), tail) / np.sqrt(power_variance(tail))
            odds = mean[row] / (1 - mean[row]) * np.exp(w * sd[row] / mean[row] / (1 - mean[row]))
            result = dict(zip(case.election.options, odds / (1 + odds), strict=True))
            remade.append(replace(case, election=replace(case.election, result=result)))
        found.append(learned(remade, what=("industry_near", "tail_near", "tail_far")).tail(7))
    assert found[0] < 0.03
    assert found[1] > 0.1


def test_shipped_sizes_lie_between_the_days_of_the_table() -> None:
    assert baselines.shipped_size(7) == pytest.approx(baselines.EFFECTIVE_SIZES[7])
    assert baselines.EFFECTIVE_SIZES[60] < baselines.shipped_size(45) < baselines.EFFECTIVE_SIZES[30]


def test_the_pooling_is_calibrated_where_its_model_is_true() -> None:
    """Simulation-based calibration: ranks are flat by a chi-square test at 0.1 %, and are not if the spread is halved."""
    found = ranks(200, np.random.default_rng(17))
    for option in found.T:
        assert flatness(pit_histogram(option, 10)) > 0.001
    too_sure = ndtr(2 * ndtri(np.clip(found[:, 0], 1e-3, 1 - 1e-3)))
    assert flatness(pit_histogram(too_sure, 10)) < 0.001


def test_the_command_scores_every_model_election_and_group(tmp_path: Path) -> None:
    done = called(tmp_path, "--horizons", "7,30", "--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert tuple(document["models"]) == MODELS
    assert set(document["groups"]) == {"PR", "MMP"}
    for at in document["models"].values():
        assert set(at) == {"7", "30"}
        assert at["7"]["n"] == 6
        assert 0 <= at["7"]["cov50"] <= at["7"]["cov80"] <= at["7"]["cov95"] <= 1
        assert sum(at["7"]["pit"]) == 18
    rows = [row for row in document["elections"] if row["model"] == "seatcast" and row["horizon"] == 7]
    assert np.mean([row["crps"] for row in rows]) == pytest.approx(
        document["models"]["seatcast"]["7"]["crps"], abs=1e-5
    )
    assert document["models"]["seatcast"]["7"]["crps"] < document["models"]["sampling error"]["7"]["crps"] * 1.5


def test_the_score_of_an_election_is_that_of_its_draws(tmp_path: Path) -> None:
    done = called(tmp_path, "--horizons", "30", "--json", "--constants", "shipped")
    row = next(row for row in json.loads(done.stdout)["elections"] if row["id"] == "E4" and row["model"] == "seatcast")
    seen = next(one for one in cases_of(past(tmp_path), [30])[0] if one.election.id == "E4")
    draws = our_draws(seen, CONSTANTS, 20_000, np.random.default_rng(8))
    assert row["crps"] == pytest.approx(100 * crps_of_draws(draws, seen.outcome)[:3].mean(), rel=0.03)


def test_the_table_says_what_was_not_scored_and_is_the_same_twice(tmp_path: Path) -> None:
    tables = made_up()
    change("elections", 1, "ok", "False")(tables)
    first, second = (
        called(tmp_path, "--horizons", "7,94", "--constants", "loco", tables=tables, previous=False) for _ in "ab"
    )
    assert first.exit_code == 0, first.output
    assert "Not scored: E0: marked as not usable" in first.output
    assert "latest polls" in first.output
    assert first.output == second.output


def test_tables_are_written_once(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert called(tmp_path, "--horizons", "7", "--out", str(out)).exit_code == 0
    assert {file.name for file in out.iterdir()} == {
        "scores.csv", "elections.csv", "parties.csv", "pit.csv", "not_scored.csv",
    }  # fmt: skip
    with (out / "parties.csv").open(encoding="utf-8", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 6 * 3 * 4
    again = called(tmp_path, "--horizons", "7", "--out", str(out))
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize("horizons", ["0", "x", "1,,7", "-1", "9999"])
def test_horizons_are_whole_days(tmp_path: Path, horizons: str) -> None:
    done = called(tmp_path, "--horizons", horizons)
    assert done.exit_code == 2
    assert "days before the election" in done.output


def test_learning_needs_other_elections(tmp_path: Path) -> None:
    done = called(tmp_path, "--horizons", "7", tables=made_up(2))
    assert isinstance(done.exception, DocumentError)
    assert "at least 3 are needed, or --constants shipped" in str(done.exception)
