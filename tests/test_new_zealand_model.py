"""The model of New Zealand's election of 2023: its tables agree with each other, and hold nothing from after the as-of day."""

from __future__ import annotations

import csv
import shutil
import tomllib
from collections import Counter
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from forecast.documents import read_model, read_system
from forecast.rules.ballots import Paper, Votes
from forecast.rules.count import count

MODELS = Path(__file__).parents[1] / "models"
MODEL = MODELS / "new-zealand-2023"
RESULT = MODELS / "new-zealand-2023-result" / "actual.csv"
TABLES = ("options", "polls", "regions", "districts", "candidates")
BASES = ("sourced", "derived", "learned", "assumed")
# The Electoral Commission's numbers of nominations, 2023
NOMINATED = {"ACT": 59, "Green": 52, "Labour": 72, "National": 67, "NZ First": 34, "Te Pāti Māori": 17, "TOP": 13}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def table(name: str) -> list[dict[str, str]]:
    return rows_of(MODEL / f"{name}.csv")


@cache
def document() -> dict[str, Any]:
    return tomllib.loads((MODEL / "model.toml").read_text(encoding="utf-8"))


def test_all_but_the_base_shares_is_read_without_a_fault(tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path / "land")
    kept = [{key: cell for key, cell in row.items() if key != "base_share"} for row in table("candidates")]
    with (tmp_path / "land" / "candidates.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
    read = read_model(tmp_path / "land" / "model.toml")
    assert read.warnings == ()


def test_polls_end_by_the_as_of_day_and_not_long_before_it() -> None:
    as_of = document()["as_of"]
    assert as_of == document()["election_day"] - timedelta(days=1) == date(2023, 10, 13)
    ends = [date.fromisoformat(row["fieldwork_end"]) for row in table("polls")]
    assert max(ends) <= as_of
    assert min(ends) >= as_of - timedelta(days=120)
    assert len({row["poll_id"] for row in table("polls")}) == 27


def test_a_poll_has_most_parties_and_most_of_the_vote() -> None:
    parties = {row["name"] for row in table("options")}
    for poll in {row["poll_id"] for row in table("polls")}:
        shares = {row["party"]: float(row["share"]) for row in table("polls") if row["poll_id"] == poll}
        assert parties - shares.keys() <= {"TOP"}, poll
        assert 94 <= sum(shares.values()) <= 100, poll


def test_seventy_two_electorates_hold_all_voters() -> None:
    districts = table("districts")
    assert len({row["district"] for row in districts}) == len(districts) == 72
    assert Counter(row["region"] for row in districts)["Māori electorates"] == 7
    assert {row["region"] for row in districts} == {row["region"] for row in table("regions")}
    voters = document()["turnout"]["electorate"]
    assert sum(int(row["electorate"]) for row in districts) == voters == 3_549_580


def test_every_nomination_is_there_but_one() -> None:
    candidates = table("candidates")
    stood = Counter(row["party"] for row in candidates)
    assert stood == NOMINATED | {"ACT": NOMINATED["ACT"] - 1}
    assert ("Port Waikato", "ACT") not in {(row["district"], row["party"]) for row in candidates}
    announced = {row["district"]: int(row["candidates"]) for row in table("districts")}
    assert Counter(row["district"] for row in candidates) == announced


def test_base_shares_are_those_of_the_contests_of_2020() -> None:
    """Official results of 17 October 2020: candidates with the most votes, by party."""
    shares: dict[str, dict[str, float]] = {}
    for row in table("candidates"):
        shares.setdefault(row["district"], {})[row["party"]] = float(row["base_share"])
    assert all(0 < share < 80 for district in shares.values() for share in district.values())
    sums = {name: sum(district.values()) for name, district in shares.items()}
    assert min(sums, key=sums.__getitem__) == "Port Waikato", "25 % went to others there"
    assert max(sums.values()) < 110, "party votes that stand in for candidates' are not the same voters"
    first = Counter(max(district, key=district.__getitem__) for district in shares.values())
    assert first == {"Labour": 46, "National": 23, "Green": 1, "ACT": 1, "Te Pāti Māori": 1}
    assert shares["Epsom"]["ACT"] == 47.53
    assert shares["Auckland Central"]["Green"] == 35.48
    assert shares["Waiariki"]["Te Pāti Māori"] == 46.78


@pytest.mark.parametrize("name", TABLES)
def test_every_row_says_where_it_is_from(name: str) -> None:
    for row in table(name):
        assert all(address.startswith("https://") for address in row["source"].split(" ; "))
        for column in (column for column in row if column == "basis" or column.endswith("_basis")):
            word, _, why = row[column].partition(": ")
            assert word in BASES
            assert why or word == "sourced"


def test_the_result_is_the_official_one_and_what_the_law_makes_of_its_votes() -> None:
    """Party votes and electorates won to seats; Port Waikato, which did not vote, is given to its later winner."""
    rows = {row["party"]: row for row in rows_of(RESULT)}
    parties = [row["name"] for row in table("options")]
    assert set(parties) == rows.keys() - {"Self-nominated", "other"}
    votes = {name: int(rows[name]["votes"]) for name in parties}
    others = int(rows["other"]["votes"])
    assert sum(votes.values()) + others == 2_851_211
    electorates = {"National": 44, "Labour": 17, "Green": 3, "ACT": 2, "Te Pāti Māori": 6}
    winners = [name for name, won in electorates.items() for _ in range(won)]
    papers = {str(number): Paper({winner: 1}) for number, winner in enumerate(winners)}
    list_votes = {"": Paper(votes, against_all=others)}
    seats = count(read_system("new-zealand-2020").value, Votes({"electorates": papers, "list seats": list_votes})).seats
    assert seats == {name: int(rows[name]["seats"]) for name in parties}
    assert sum(seats.values()) == 122
