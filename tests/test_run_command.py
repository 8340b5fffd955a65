"""``forecast run`` as a user meets it: what it prints, what it writes, what it refuses."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from forecast.cli.main import cli
from forecast.errors import OutputExists

ROOT = Path(__file__).parent.parent


def forecast(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=True)


def process(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "forecast", *arguments],
        capture_output=True, text=True, cwd=cwd, env={**os.environ, **(env or {})}, timeout=300, encoding="utf-8",
    )  # fmt: skip


def files_of(folder: Path) -> dict[str, str]:
    return {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir()) if p.name != "run.json"
    }


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("run") / "one"
    done = process(
        "run", "kazakhstan-2023", "--draws", "100000", "--threads", "1", "--out", str(folder), cwd=folder.parent
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_a_run_prints_headline_tables_assumptions_choices_and_audit(finished: tuple[Path, str]) -> None:
    _, text = finished
    for words in (
        "Amanat wins a majority of the 98 seats (50 or more) in ", "two thirds (66 or more)", "passes 5 %", "Self-nominated",
        "Parties in the house", "Assumed, not sourced:", "Where the law is silent we chose", "200 of 200 recounts agree",
        "seed 20230319", "Next: forecast run kazakhstan-2023 --set",
    ):  # fmt: skip
        assert words in text, words
    assert " 0 %" not in text
    assert "100 %" not in text.replace("100 % of", "")


def test_a_run_writes_its_folder(finished: tuple[Path, str]) -> None:
    folder, _ = finished
    assert {p.name for p in folder.iterdir()} == {
        "run.json", "summary.csv", "seat_pmf.csv", "districts.csv", "candidates.csv", "events.csv", "tallies.json",
        "deposits.csv",
    }  # fmt: skip
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (run["draws"], run["seed"], run["audit"]) == (100_000, 20230319, {"recounts": 200, "agree": 200})
    for name, entry in run["outputs"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == entry["sha256"]
    assert len(run["inputs"]) >= 5
    assert run["assumptions"]
    assert len(rows_of(folder / "candidates.csv")) == 435
    districts = rows_of(folder / "districts.csv")
    assert len({row["district"] for row in districts}) == 29
    assert sum(float(row["probability"]) for row in districts) == pytest.approx(29)
    assert {row["electorate_basis"].split(":")[0] for row in districts} >= {"sourced", "assumed"}
    assert sum(float(row["mean"]) for row in rows_of(folder / "summary.csv")) == pytest.approx(98, abs=0.6)


def test_threads_change_no_byte_of_a_run(finished: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = finished
    other = tmp_path / "two"
    assert forecast("run", "kazakhstan-2023", "--draws", "100000", "--threads", "2", "--out", str(other)).exit_code == 0
    assert files_of(folder) == files_of(other)


def test_a_finished_run_is_reused_and_a_damaged_one_computed_again(finished: tuple[Path, str], tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(finished[0], folder)
    before = files_of(folder)
    arguments = ("run", "kazakhstan-2023", "--draws", "100000", "--out", str(folder))
    again = forecast(*arguments)
    assert again.exit_code == 0
    assert "already computed" in again.stderr
    assert "200 of 200 recounts agree" in again.stdout
    (folder / "summary.csv").write_text("damaged", encoding="utf-8")
    repaired = forecast(*arguments)
    assert repaired.exit_code == 0
    assert "already computed" not in repaired.stderr
    assert files_of(folder) == before


def test_another_run_is_not_overwritten_without_force(finished: tuple[Path, str], tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(finished[0], folder)
    arguments = ("run", "kazakhstan-2023", "--draws", "1000", "--out", str(folder))
    refused = forecast(*arguments)
    assert isinstance(refused.exception, OutputExists)
    assert files_of(folder) == files_of(finished[0])
    assert forecast(*arguments, "--force").exit_code == 0
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["draws"] == 1000


def test_the_exit_code_of_an_occupied_folder_is_five(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me", encoding="utf-8")
    done = process("run", "kazakhstan-2023", "--draws", "1000", "--out", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 5
    assert len(done.stderr.strip().splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_stored_draws_are_those_of_the_tables(tmp_path: Path) -> None:
    folder = tmp_path / "stored"
    arguments = ("run", "kazakhstan-2023", "--draws", "40000", "--save-draws", "all", "--out", str(folder))
    assert forecast(*arguments).exit_code == 0
    stored = pq.read_table(folder / "draws.parquet", page_checksum_verification=True)
    assert stored.num_rows == 40_000
    assert stored["draw"].to_pylist() == list(range(40_000))
    seats = stored["list seats: kazakhstan-mazhilis-2023: Amanat"].to_numpy()
    mean = next(row for row in rows_of(folder / "summary.csv") if row["party"] == "Amanat")["mean_list_seats"]
    assert seats.mean() == pytest.approx(float(mean))


def test_json_and_csv_go_to_stdout_alone(tmp_path: Path) -> None:
    out = ("--draws", "2000", "--out", str(tmp_path / "r"))
    document = json.loads(forecast("run", "kazakhstan-2023", *out, "--json").stdout)
    assert document["audit"] == {"recounts": 200, "agree": 200}
    assert {row["party"] for row in document["systems"][0]["parties"]} >= {"Amanat", "Self-nominated"}
    text = forecast("run", "kazakhstan-2023", *out, "--csv").stdout
    assert text == (tmp_path / "r" / "summary.csv").read_text(encoding="utf-8")


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    done = forecast("run", "kazakhstan-2023", "--dry-run", "--out", str(tmp_path / "never"))
    assert done.exit_code == 0
    assert "votes on election day" in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_higher_threshold_lets_fewer_lists_pass(tmp_path: Path) -> None:
    def passing(*settings: str) -> float:
        done = forecast(
            "run",
            "kazakhstan-2023",
            "--draws",
            "20000",
            "--out",
            str(tmp_path / str(len(settings))),
            "--json",
            *settings,
        )
        return sum(row["p_threshold"] or 0.0 for row in json.loads(done.stdout)["systems"][0]["parties"])

    assert passing("--set", "system.tier.party lists.threshold.share=0.07") < passing() - 0.5


def test_earlier_polls_alone_give_another_forecast(tmp_path: Path) -> None:
    done = forecast(
        "run", "kazakhstan-2023", "--draws", "2000", "--as-of", "2023-02-01", "--out", str(tmp_path / "r"), "--json"
    )
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert any("2023-02-01" in line for line in document["warnings"])
    refused = process("run", "kazakhstan-2023", "--as-of", "2023-01-01", cwd=tmp_path)
    assert refused.returncode == 3
    assert "no poll" in refused.stderr


def test_a_precision_is_reached_or_the_draws_are_used_up(tmp_path: Path) -> None:
    done = forecast("run", "kazakhstan-2023", "--precision", "0.005", "--out", str(tmp_path / "r"), "--json")
    assert json.loads(done.stdout)["draws"] == 65_536


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "kazakhstan-2032"], 3, "kazakhstan-2023"),
        (["run", "kazakhstan-2023", "--set", "system.tier.party lists.threshhold.share=0.05"], 3, "threshold"),
        (["run", "kazakhstan-2023", "--set", "system.tier.party lists.seats=0"], 3, "seats"),
        (["run", "kazakhstan-2023", "--set", "system.tier.single-member districts.districts=28"], 3, "28 districts"),
        (["run", "kazakhstan-2023", "--draws", "0"], 2, "--draws"),
        (["run", "kazakhstan-2023", "--seed", "-1"], 2, "--seed"),
        (["run", "kazakhstan-2023", "--threads", "0"], 2, "--threads"),
        (["run", "kazakhstan-2023", "--save-draws", "some"], 2, "--save-draws"),
        (["run", "kazakhstan-2023", "--draws", "1000000000", "--save-draws", "all"], 3, "GiB"),
        (["rum", "kazakhstan-2023"], 2, "Did you mean 'run'"),
    ],
)
def test_bad_input_is_one_clear_error_and_nothing_is_written(
    tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    done = process(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_unwritable_folder_is_found_before_any_computing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = process(
        "run", "kazakhstan-2023", "--draws", "1000000000", "--out", str(tmp_path / "file" / "run"), cwd=tmp_path
    )
    assert done.returncode == 4, done.stderr


def test_ctrl_c_stops_within_a_second_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "forecast", "run", "kazakhstan-2023", "--draws", "1000000000", "--out", "r"]
    running = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (tmp_path / ".r.partial").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(3)
    running.send_signal(signal.SIGINT)
    start = time.monotonic()
    running.communicate(timeout=30)
    assert running.returncode == 130
    assert time.monotonic() - start < 2
    assert not list(tmp_path.iterdir())


def test_a_wrong_kernel_stops_the_run_with_seventy_and_the_ballots(tmp_path: Path) -> None:
    script = """
import sys
import forecast.kernel.draw as draw
from forecast.kernel.compiler import row_function
right = draw.list_tier

@row_function
def wrong(votes, lists, ballots, cast, law, lengths, work, seats, lanes, cases, passed):
    right(votes, lists, ballots, cast, law, lengths, work, seats, lanes, cases, passed)
    for i in range(lanes):
        if seats[0, i] > 0:
            seats[0, i] -= 1
            seats[1, i] += 1

draw.list_tier = wrong
from forecast.cli.main import main
sys.argv = ["forecast", "run", "kazakhstan-2023", "--draws", "2000"]
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=300,
        env={**os.environ, "FORECAST_CACHE_DIR": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.returncode == 70, done.stderr
    assert "ballots: {" in done.stderr
    assert "kernel and reference count differ" in done.stderr
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


def test_the_kernel_runs_without_a_home_and_survives_a_damaged_cache(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    env = {"FORECAST_CACHE_DIR": str(cache), "HOME": "/nonexistent"}
    first = process("run", "kazakhstan-2023", "--draws", "1000", "--out", "a", cwd=tmp_path, env=env)
    assert first.returncode == 0, first.stderr
    assert "compiling the kernel once" in first.stderr
    for path in cache.rglob("*.nb[ci]"):
        path.write_bytes(path.read_bytes()[:100])
    second = process("run", "kazakhstan-2023", "--draws", "1000", "--out", "b", cwd=tmp_path, env=env)
    assert second.returncode == 0, second.stderr
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")


def test_a_table_outside_the_models_folder_is_read_only_where_that_is_allowed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(ROOT / "models" / "kazakhstan-2023", home / "models" / "mine")
    shutil.copytree(ROOT / "configs", home / "configs")
    model = home / "models" / "mine" / "model.toml"
    (home / "models" / "mine" / "polls.csv").rename(home / "models" / "polls.csv")
    model.write_text(model.read_text(encoding="utf-8").replace('"polls.csv"', '"../polls.csv"'), encoding="utf-8")
    arguments = ("run", "kazakhstan-2023", "--set", "model=mine", "--draws", "1000", "--out", str(tmp_path / "r"))
    refused = process(*arguments, cwd=tmp_path, env={"FORECAST_HOME": str(home)})
    assert refused.returncode == 3
    assert "polls.csv" in refused.stderr
    allowed = process(*arguments, "--allow-outside", cwd=tmp_path, env={"FORECAST_HOME": str(home)})
    assert allowed.returncode == 0, allowed.stderr
