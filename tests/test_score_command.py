"""``forecast score``: a run against a known result, from the run's own tables; each score against its definition."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from forecast.assessment import Distribution, ScoredEvent
from forecast.cli.main import cli
from forecast.errors import DocumentError, EnvironmentTrouble, ForecastError

RESULT = Path(__file__).parent.parent / "models" / "kazakhstan-2023-result" / "actual.csv"


def forecast(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("score") / "run"
    done = forecast("run", "kazakhstan-2023", "--draws", "4000", "--out", str(folder))
    assert done.exit_code == 0, done.exception
    return folder


@pytest.fixture(scope="module")
def scored(run: Path) -> dict[str, Any]:
    done = forecast("score", str(run), "--actual", str(RESULT), "--json")
    assert done.exit_code == 0, done.exception
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_distribution_is_scored_as_its_draws_are() -> None:
    draws = np.array([0, 1, 1, 2, 5])
    one = Distribution("x", np.bincount(draws, minlength=8), 2)
    pairs = np.abs(draws[:, None] - draws[None, :]).mean()
    assert one.crps == pytest.approx(np.abs(draws - 2).mean() - pairs / 2)
    assert one.pit == pytest.approx(3 / 5 + 1 / 10)
    assert one.log_score == pytest.approx(-np.log(1.5 / (5 + 4)))
    assert one.interval(0.5) == (1, 2)
    assert one.covers(0.5)
    assert not Distribution("x", one.counts, 7).covers(0.95)


def test_an_event_that_no_draw_showed_has_a_finite_score() -> None:
    event = ScoredEvent("majority", "majority: A", 0, 999, happened=True)
    assert event.brier == 1
    assert event.log_loss == pytest.approx(np.log(2000))


def test_seats_are_scored_by_the_pmf_in_the_run(run: Path, scored: dict[str, Any]) -> None:
    rows = [line.split(",") for line in (run / "seat_pmf.csv").read_text(encoding="utf-8").splitlines()[1:]]
    cumulative = np.array([float(row[4]) for row in rows if row[1] == "Amanat"])
    score = ((cumulative - (np.arange(len(cumulative)) >= 62)) ** 2).sum()
    amanat = next(one for one in scored["seats"]["by_name"] if one["name"] == "Amanat")
    assert amanat["rps"] == pytest.approx(score, rel=1e-6)
    assert amanat["actual"] == 62
    assert scored["seats"]["rps"] == pytest.approx(np.mean([one["rps"] for one in scored["seats"]["by_name"]]))


def test_votes_are_scored_in_points_of_the_valid_votes(scored: dict[str, Any]) -> None:
    shares = {one["name"]: one["actual"] for one in scored["shares"]["by_name"]}
    assert shares["Amanat"] == pytest.approx(100 * 3431510 / 6366441)
    assert shares["against_all"] == pytest.approx(100 * 248291 / 6366441)
    assert 1.5 < scored["shares"]["crps"] < 3


def test_events_of_the_house_follow_from_the_seats(scored: dict[str, Any]) -> None:
    happened = {one["event"] for one in scored["by_event"] if one["happened"]}
    single = {name for name in happened if not name.startswith("coalition")}
    assert single == {
        "majority: Amanat", "blocking third: Amanat", "largest: Amanat", "parties in the house: 6",
        *(f"passes the threshold: {name}" for name in ("Amanat", "Auyl", "Respublica", "Aq Jol", "People's Party", "JSDP")),
    }  # fmt: skip
    assert "coalition: Auyl + Amanat" in happened
    assert "coalition: Auyl + Respublica" not in happened
    assert not any(name.startswith("coalition needs") for name in happened)
    assert scored["events_not_scored"] == 0


def test_the_table_names_scores_coverage_and_what_was_furthest_off(run: Path) -> None:
    done = forecast("score", str(run), "--actual", "kazakhstan-2023-result")
    assert done.exit_code == 0, done.exception
    for words in ("Mean RPS:", "Mean CRPS:", "of 8 in the 80 % interval", "Furthest off:", "and it happened", "PIT"):
        assert words in done.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("party,seats\nAmanat,62\n", "no row for People's Party, Aq Jol"),
        ("party,seats\nAmanat,99\n", "seats: is 99; 0 to 98 is allowed"),
        ("party,seats\nAmnat,62\n", "is nobody of this forecast"),
        ("party,seats\nAmanat,62\nAmanat,1\n", "is there twice"),
        ("party,votes\nAmanat,many\n", "is 'many'; a number is needed"),
        ("party,passed\nAmanat,maybe\n", "is 'maybe'"),
        ("party,note\nAmanat,x\n", "neither seats nor votes"),
        ("who,seats\nAmanat,62\n", "column party is missing"),
    ],
)
def test_a_wrong_result_is_refused_with_its_line(run: Path, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "actual.csv").write_text(text, encoding="utf-8")
    done = forecast("score", str(run), "--actual", str(tmp_path / "actual.csv"))
    assert isinstance(done.exception, DocumentError)
    assert words in str(done.exception)


def test_a_folder_that_is_no_run_or_was_changed_is_refused(run: Path, tmp_path: Path) -> None:
    assert isinstance(forecast("score", str(tmp_path), "--actual", str(RESULT)).exception, ForecastError)
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    table = copy / "seat_pmf.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Amanat,62,", "Amanat,62,1"), encoding="utf-8")
    damaged = forecast("score", str(copy), "--actual", str(RESULT))
    assert isinstance(damaged.exception, EnvironmentTrouble)
    assert "seat_pmf.csv" in str(damaged.exception)
    assert "no system 'x'" in str(forecast("score", str(run), "--actual", str(RESULT), "--system", "x").exception)


def test_a_result_in_another_dialect_scores_the_same_and_is_said(
    run: Path, tmp_path: Path, scored: dict[str, Any]
) -> None:
    lines = [line.split(",")[:4] for line in RESULT.read_text(encoding="utf-8").splitlines()]
    table = "\n".join(";".join([name, f"{int(votes):,}".replace(",", " ") if votes.isdigit() else votes, seats, passed])
                      for name, votes, seats, passed in lines)  # fmt: skip
    text = table.replace("party;", "option;").replace("against_all", "Против всех").replace(";yes", ";1")
    (tmp_path / "actual.csv").write_text(text, encoding="utf-8")
    done = forecast("score", str(run), "--actual", str(tmp_path / "actual.csv"), "--json")
    assert done.exit_code == 0, done.exception
    assert "separated by semicolons" in done.stderr
    found = json.loads(done.stdout)
    assert found["seats"] == scored["seats"]
    assert found["shares"] == scored["shares"]
    assert found["events"]["passes the threshold"] == scored["events"]["passes the threshold"]


def test_only_votes_are_scored_where_only_votes_are_known(run: Path, tmp_path: Path) -> None:
    rows = [
        "Amanat,52",
        "Auyl,10",
        "Respublica,9",
        "Aq Jol,8",
        "People's Party,7",
        "JSDP,5",
        "Baytaq,2",
        "against_all,4",
    ]
    (tmp_path / "actual.csv").write_text("party,share\n" + "\n".join(rows) + "\nother,3\n", encoding="utf-8")
    done = forecast("score", str(run), "--actual", str(tmp_path / "actual.csv"), "--json")
    assert done.exit_code == 0, done.exception
    found = json.loads(done.stdout)
    assert found["seats"] is None
    assert "are left out" in done.stderr
    assert found["events"] == {}
