"""``forecast init``: polls become a model and a forecast that run; what is assumed is said, nothing is overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecast.cli.main import cli
from forecast.documents import read_forecast
from forecast.errors import DocumentError, OutputExists
from forecast.voteshare.electorate import PollCentre

LIST = "kazakhstan-mazhilis-2007"
HEADER = "pollster,fieldwork_start,fieldwork_end,sample_size,party,share\n"


def poll(house: str, end: str, **shares: object) -> str:
    return "".join(f"{house},{end},{end},1000,{name.replace('_', ' ')},{share}\n" for name, share in shares.items())


POLLS = (
    HEADER
    + poll("One", "2023-02-05", Alpha=50, Beta=25, Gamma=5, undecided=20)
    + poll("Two", "2023-03-01", Alpha=48, Beta=30, Gamma=6, Others=4)
)


def forecast(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=True)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.csv").write_text(POLLS, encoding="utf-8")
    return tmp_path


def start(*more: str, system: str = LIST) -> Result:
    return forecast("init", "land", "--polls", "my.csv", "--system", system, *more)


def faults_of(result: Result) -> list[str]:
    assert isinstance(result.exception, DocumentError), result.exception
    return result.exception.faults


def test_the_new_forecast_runs_at_once_and_repeats_what_was_assumed(place: Path) -> None:
    made = start()
    assert made.exit_code == 0, made.exception
    assert "2 polls of 2 pollsters, 2023-02-05 to 2023-03-01; 3 options" in made.stdout
    assert "election day 2023-03-31: 30 days after the last poll" in made.stdout
    assert "Next: forecast run land/land.toml" in made.stdout
    ran = forecast("run", "land/land.toml", "--draws", "2000", "--out", "out")
    assert ran.exit_code == 0, ran.exception
    assert "election day 2023-03-31: 30 days after the last poll" in ran.stdout
    assert "Next: forecast run land/land.toml --set" in ran.stdout
    assert forecast("run", "land/", "--dry-run").exit_code == 0
    assert "registered voters 10,000,000" in ran.stdout
    record = json.loads((place / "out" / "run.json").read_text(encoding="utf-8"))
    assert [one["pollster"] for one in record["fit"]["polls"]] == ["One", "Two"]


def test_nothing_is_overwritten_and_nothing_is_left_by_a_failure(place: Path) -> None:
    (place / "land").mkdir()
    (place / "land" / "mine.txt").write_text("mine", encoding="utf-8")
    assert isinstance(start().exception, OutputExists)
    assert [path.name for path in (place / "land").iterdir()] == ["mine.txt"]
    (place / "my.csv").write_text(POLLS.replace("48", "98"), encoding="utf-8")
    result = forecast("init", "new", "--polls", "my.csv", "--system", LIST)
    assert "adds up to 138.0 %" in faults_of(result)[0]
    assert sorted(path.name for path in place.iterdir()) == ["land", "my.csv"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Two,2023-03-01,2023-03-01", "Two,2023-03-01,2023-02-01", "fieldwork_end: 2023-02-01 is before"),
        ("Two,2023-03-01,2023-03-01", "Two,2023-03-01,01.03.2023", "(write 2023-03-01)"),
        ("Two,2023-03-01,2023-03-01", "Two,2023-02-30,2023-03-01", "the calendar has no such day"),
        ("Two,2023-03-01,2023-03-01", "Two,2023-03-01,45004", "a spreadsheet's day number"),
        (",1000,", ",0,", "sample_size: is 0; at least 1"),
        (",1000,", ",-5,", "sample_size: is -5; at least 1"),
        ("Alpha,48", "Alpha,-48", "share: is -48"),
        ("Alpha,48", "Alpha,many", "share: is 'many'; a number is needed"),
        ("Alpha,48", "Beta,48", "'Beta' is there twice in poll"),
        ("Alpha", "Al\u202epha", "U+202E"),
    ],
)
def test_a_bad_poll_is_named_with_its_file_and_line(place: Path, old: str, new: str, words: str) -> None:
    (place / "my.csv").write_text(POLLS.replace(old, new), encoding="utf-8")
    found = faults_of(start())
    assert any(words in fault for fault in found), found
    assert all(fault.startswith("my.csv") for fault in found)


def test_polls_of_after_the_election_or_long_before_it_are_refused() -> None:
    assert "is after election day, 2023-02-20" in faults_of(start("--election-date", "2023-02-20"))[0]
    old = faults_of(start("--election-date", "2025-01-01", "--as-of", "2024-12-01"))
    assert "the last ended on 2023-03-01, 641 days before 2024-12-01" in old[0]
    early = faults_of(start("--as-of", "2023-01-01"))
    assert "none had ended by 2023-01-01; the first ended on 2023-02-05" in early[0]
    late = faults_of(start("--election-date", "2023-03-10", "--as-of", "2023-03-11"))
    assert "2023-03-11 is after election day" in late[0]


def test_one_poll_is_enough_and_said(place: Path) -> None:
    (place / "my.csv").write_text(HEADER + poll("One", "2023-02-05", Alpha=55, Beta=45), encoding="utf-8")
    made = start()
    assert made.exit_code == 0
    assert "one poll is left" in made.stderr


def test_no_later_poll_leaks_into_an_earlier_as_of_day(place: Path) -> None:
    assert start("--election-date", "2023-03-19").exit_code == 0
    early = read_forecast("land/land.toml", ["model.as_of=2023-02-10"])
    assert isinstance(early.value.model.value.centre, PollCentre)
    assert [one.pollster for one in early.value.model.value.centre.polls] == ["One"]
    assert early.value.model.value.centre.horizon == 60
    text = (place / "land" / "polls.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = forecast("run", "land/land.toml", "--as-of", "2023-02-10", "--draws", "2000", "--out", "a")
    (place / "land" / "polls.csv").write_text("".join(line for line in text if "Two" not in line), encoding="utf-8")
    alone = forecast("run", "land/land.toml", "--as-of", "2023-02-10", "--draws", "2000", "--out", "b")
    assert kept.exit_code == alone.exit_code == 0
    assert (place / "a" / "seat_pmf.csv").read_bytes() == (place / "b" / "seat_pmf.csv").read_bytes()


def test_a_previous_result_is_read_and_the_difference_to_the_polls_said(place: Path) -> None:
    (place / "last.csv").write_text("party;share\nAlpha;0,6\nBeta;0,3\nDelta;0,05\n", encoding="utf-8")
    made = start("--previous", "last.csv")
    assert made.exit_code == 0, made.exception
    assert "last.csv: in no poll, left out: Delta" in made.stdout
    assert "has no share of Gamma: new on the ballot" in made.stdout
    options = (place / "land" / "options.csv").read_text(encoding="utf-8").splitlines()
    assert options[1:] == ["Alpha,party,60,", "Beta,party,30,", "Gamma,party,,"]
    (place / "last.csv").write_text("party,share\nAlpha,60\nАlpha,30\n", encoding="utf-8")
    again = forecast("init", "two", "--polls", "my.csv", "--system", LIST, "--previous", "last.csv")
    assert "is 'Alpha' in the polls; write it the same way" in faults_of(again)[0]


def test_a_system_with_districts_gets_districts_that_are_marked_as_assumed(place: Path) -> None:
    made = start(system="kazakhstan-mazhilis-2023")
    assert made.exit_code == 0, made.exception
    assert "29 districts of one region, equal in size" in made.stdout
    model = read_forecast("land/land.toml").value.model.value
    assert model.contests is not None
    assert sum(district.electorate for district in model.contests.districts) == 10_000_000
    assert any("candidacy assumed in all 87 candidates" in line for line in model.assumptions)


def test_fewer_voters_than_districts_are_refused() -> None:
    assert faults_of(start("--voters", "10", system="kazakhstan-mazhilis-2023")) == [
        "--voters: 10 are fewer than the 29 districts of kazakhstan-mazhilis-2023"
    ]


def test_a_system_by_its_path_is_copied_beside_the_model(place: Path) -> None:
    law = Path(__file__).parent.parent / "configs" / "systems" / f"{LIST}.toml"
    (place / "law.toml").write_text(law.read_text(encoding="utf-8"), encoding="utf-8")
    made = start("--voters", "5000000", "--turnout", "71.5", "--name", 'The "land"', system="law.toml")
    assert made.exit_code == 0, made.exception
    spec = read_forecast("land/land.toml").value
    assert spec.name == 'The "land"'
    assert spec.systems[0].id == "law"
    assert spec.model.value.turnout.electorate == 5_000_000
    assert spec.model.value.regions[0].turnouts == {"expected": 0.715}


def test_fractions_are_told_from_percent_and_mixtures_refused(place: Path) -> None:
    whole = HEADER + poll("One", "2023-02-05", Alpha=0.55, Beta=0.45) + poll("Two", "2023-03-01", Alpha=0.5, Beta=0.4)
    (place / "my.csv").write_text(whole, encoding="utf-8")
    made = start()
    assert made.exit_code == 0
    assert "shares are fractions of 1" in made.stdout
    (place / "my.csv").write_text(whole.replace("0.5\n", "50\n").replace("0.4\n", "40\n"), encoding="utf-8")
    mixed = forecast("init", "two", "--polls", "my.csv", "--system", LIST)
    assert "poll 'One 2023-02-05' adds up to 1 %" in faults_of(mixed)[0]
