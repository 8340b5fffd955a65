"""Who sits for a list: chances of persons against the same draws, counted one by one."""

from __future__ import annotations

import csv
import shutil
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecast import library
from forecast.cli.main import cli
from forecast.compare import sample_of
from forecast.distribution import SystemForecast
from forecast.documents import read_forecast, read_model
from forecast.errors import DocumentError
from forecast.kernel.plan import Plan, lower
from forecast.mandates import LIST_GROUPS, ListMandates, joint_members, list_mandates
from forecast.rules.persons import Person, PersonsQuota, mandates
from forecast.rules.persons_law import PersonsLaw
from forecast.simulate import simulate
from forecast.voteshare.model import fit
from tests.electorates import PARTIES, electorate, system

EXAMPLE = library.home() / "configs" / "examples" / "kazakhstan-mazhilis-2023-candidates.csv"
DAY = electorate().election_day
QUOTA = PersonsQuota(Fraction(2, 5), ("women", "disability"), 30, "mandates")


def people() -> list[Person]:
    """Three lists; every fifth person is a woman, every seventh young, every eleventh has a disability."""
    listed = [
        Person(
            f"{party} {position}",
            position,
            date(2005 if position % 7 == 0 else 1970, 1, 31),
            "female" if (position + shift) % 5 == 0 else "male",
            position % 11 == 0,
            "Nowhere",
            20,
            "North",
            party,
        )
        for shift, (party, length) in enumerate(zip(PARTIES, (20, 20, 6), strict=True))
        for position in range(length, 0, -1)
    ]
    return [*listed, replace(listed[0], name="In a district", position=0, district="1")]


def forecasts(draws: int) -> tuple[Plan, list[SystemForecast]]:
    quota = replace(system(), id="with-quota", persons=PersonsLaw(mandate_quota=QUOTA))
    plan = lower(fit(electorate()), [system(), quota], 7)
    tallies = simulate(plan, draws).tallies
    return plan, [SystemForecast(plan, k, tallies, draws) for k in range(2)]


def test_chances_of_persons_are_those_of_the_draws_counted_one_by_one() -> None:
    """Every one of 3,000 draws: seats of each list, who sits, and how many of each group."""
    plan, both = forecasts(3_000)
    sample = sample_of(plan, 3_000)
    assert sample.draws == 3_000
    for number, forecast in enumerate(both):
        law = forecast.system.persons
        quota = law.mandate_quota if law else None
        lists = list_mandates(forecast, people())
        sitting: Counter[Person] = Counter()
        members: dict[tuple[str, str], Counter[int]] = {
            (party, group): Counter() for party in (*PARTIES, "all") for group in LIST_GROUPS
        }
        for draw in range(sample.draws):
            house = []
            for p, one in enumerate(lists):
                sit = mandates(one.people, int(sample.list_seats[draw, number, p]), quota, DAY)
                house += [(one, person) for person in sit]
                sitting.update(sit)
                for group in LIST_GROUPS:
                    members[one.party, group][_number(one, sit, group)] += 1
            for group in LIST_GROUPS:
                members["all", group][sum(_member(one, person, group) for one, person in house)] += 1
        for one in lists:
            assert [person.position for person, _ in one.chances()] == sorted(person.position for person in one.people)
            for person, chance in one.chances():
                assert (chance.count, chance.draws) == (sitting[person], 3_000)
            for group in LIST_GROUPS:
                assert dict(enumerate(one.members(group).counts.tolist())) == _filled(members[one.party, group])
        for group in LIST_GROUPS:
            joint = joint_members(lists, sample, number, group)
            assert dict(enumerate(joint.counts.tolist())) == _filled(members["all", group])


def _filled(counted: Counter[int]) -> dict[int, int]:
    return {number: counted[number] for number in range(max(counted) + 1)}


def _number(one: ListMandates, sitting: tuple[Person, ...], group: str) -> int:
    return sum(_member(one, person, group) for person in sitting)


def _member(one: ListMandates, person: Person, group: str) -> bool:
    flags = {
        "women": person.sex == "female",
        "youth": DAY.year - person.birth.year <= one.youth_to,
        "disability": person.disability,
    }
    return any(flags.values()) if group == "any" else flags[group]


def test_the_quota_moves_chances_within_a_list_and_takes_none_away() -> None:
    _, (without, quota) = forecasts(2_000)
    for before, after in zip(list_mandates(without, people()), list_mandates(quota, people()), strict=True):
        seats = sum(chance.count for _, chance in before.chances())
        assert sum(chance.count for _, chance in after.chances()) == seats
        assert before.members("any").mean < after.members("any").mean
        assert before.seats.mean == after.seats.mean


MODEL = """\
name = "Three invented parties"
election_day = 2023-03-19
as_of = 2023-03-18
[options]
persons = "persons.csv"
[votes]
centre = "result"
error = {value = 0.2, basis = "assumed", note = "for a test"}
[turnout]
electorate = 1000000
valid_share = {value = 0.96, basis = "assumed", note = "for a test"}
expected = {value = 0.5, basis = "assumed", note = "for a test"}
sd = {value = 0.02, basis = "assumed", note = "for a test"}
"""
FORECAST = """\
name = "Persons on lists"
model = "./model"
systems = ["kazakhstan-kurultai-2026", "kazakhstan-mazhilis-2012"]
draws = 20_000
seed = 5
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of the example's lists, and a forecast."""
    model = tmp_path / "model"
    model.mkdir()
    header, *rows = EXAMPLE.read_text(encoding="utf-8").splitlines()
    listed = [row for row in rows if not row.split(",")[3]]
    (model / "persons.csv").write_text("\n".join([header, *listed]) + "\n", encoding="utf-8")
    (model / "model.toml").write_text(MODEL, encoding="utf-8")
    options = [f"Example Party {letter},party,," for letter in "ABC"]
    (model / "options.csv").write_text(
        "\n".join(["name,kind,previous_share,list_length", *options, "against_all,against_all,,"]) + "\n",
        encoding="utf-8",
    )
    votes = ["Example Party A,550000", "Example Party B,300000", "Example Party C,100000", "against_all,50000"]
    (model / "result.csv").write_text("\n".join(["option,votes", *votes]) + "\n", encoding="utf-8")
    (tmp_path / "forecast.toml").write_text(FORECAST, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def faults_of(path: Path) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read_model(path)
    return list(caught.value.faults)


def edit(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def test_the_people_of_a_model_give_the_lengths_of_its_lists(folder: Path) -> None:
    resolved = read_forecast(folder / "forecast.toml").value.model
    lengths = {option.name: option.list_length for option in resolved.value.options}
    assert lengths == {"Example Party A": 12, "Example Party B": 8, "Example Party C": 6, "against_all": None}
    assert len(resolved.people) == 26
    assert resolved.inputs["persons.csv"].rows == 26
    assert read_model("kazakhstan-2023").people == ()


def test_a_list_length_that_disagrees_with_the_people_is_a_fault(folder: Path) -> None:
    edit(folder / "model/options.csv", ("Example Party B,party,,", "Example Party B,party,,8"))
    assert read_model(folder / "model").value.options[1].list_length == 8
    edit(folder / "model/options.csv", ("Example Party B,party,,8", "Example Party B,party,,9"))
    assert "has 8 persons on its list, but list_length of the options is 9" in faults_of(folder / "model")[0]


def test_people_of_no_party_or_district_of_the_model_are_faults(folder: Path) -> None:
    table = folder / "model/persons.csv"
    edit(table, ("Person C-01,Example Party C,1,,", "Person C-01,Example Party D,1,,"))
    assert "'Example Party D' is no party of this model" in faults_of(folder / "model")[0]
    edit(table, ("Person C-01,Example Party D,1,,", "Person C-01,Example Party C,,1,"))
    assert "the model has none" in faults_of(folder / "model")[0]


def test_every_fault_of_the_people_comes_with_those_of_the_other_tables(folder: Path) -> None:
    edit(folder / "model/persons.csv", (",female,", ",women,"))
    edit(folder / "model/result.csv", (",550000", ",many"))
    faults = "\n".join(faults_of(folder / "model"))
    assert "persons.csv, line" in faults
    assert "result.csv, line 2: votes" in faults


def test_a_party_without_people_is_said(folder: Path) -> None:
    edit(folder / "model/options.csv", ("against_all,", "Example Party D,party,,\nagainst_all,"))
    edit(folder / "model/result.csv", ("against_all,", "Example Party D,9000\nagainst_all,"))
    assert any("'Example Party D' has no persons here" in line for line in read_model(folder / "model").warnings)


def forecast(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_run_writes_who_sits_and_prints_how_many_of_each_group(folder: Path) -> None:
    words = ("run", "forecast.toml", "--out", "out", "--set", "system.tier.party lists.seats=20")
    done = forecast(*words)
    assert done.exit_code == 0, done.output
    summary = {
        (row["system"], row["party"]): float(row["mean_list_seats"]) for row in rows_of(folder / "out/summary.csv")
    }
    listed = rows_of(folder / "out/list_candidates.csv")
    for (system_id, party), mean in summary.items():
        own = [float(row["probability"]) for row in listed if (row["system"], row["party"]) == (system_id, party)]
        assert sum(own) == pytest.approx(mean, abs=1e-6)
    assert len(listed) == 2 * 26
    composition = rows_of(folder / "out/composition.csv")
    means: defaultdict[tuple[str, str, str], float] = defaultdict(float)
    for row in composition:
        means[row["system"], row["party"], row["group"]] += int(row["number"]) * float(row["probability"])
    women = sum(
        float(row["probability"])
        for row in listed
        if row["women"] == "yes" and row["system"] == "kazakhstan-kurultai-2026"
    )
    assert f"From the lists: {women:.1f} women, " in done.output
    assert means["kazakhstan-kurultai-2026", "all lists", "women"] == pytest.approx(women, abs=0.1)
    of_any = [means[name, "all lists", "any"] for name in ("kazakhstan-kurultai-2026", "kazakhstan-mazhilis-2012")]
    assert of_any[0] > of_any[1]
    assert "Deposits given back (5 % of the valid ballots): " in done.output
    deposits = {(row["system"], row["party"]): row for row in rows_of(folder / "out/deposits.csv")}
    assert float(deposits["kazakhstan-mazhilis-2012", "Example Party C"]["p_returned"]) < 1
    again = forecast(*words)
    assert [line for line in again.output.splitlines() if "From the lists" in line] == [
        line for line in done.output.splitlines() if "From the lists" in line
    ]


def test_a_run_without_people_writes_no_such_tables(folder: Path) -> None:
    done = forecast("run", "forecast.toml", "--out", "out", "--set", "model.options.persons=none", "--draws", "1000")
    assert done.exit_code == 0, done.output
    written = {path.name for path in (folder / "out").iterdir()}
    assert "deposits.csv" in written
    assert not written & {"list_candidates.csv", "composition.csv"}
    assert "From the lists" not in done.output
    shutil.rmtree(folder / "out")
