"""Questions to stored draws: answers equal the run's own tallies, and a damaged or hostile file is never believed."""

from __future__ import annotations

import errno
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from forecast.cli.main import cli
from forecast.drawsfile import METADATA, open_draws, stored_draws
from forecast.errors import EnvironmentTrouble, ForecastError
from forecast.events.bind import Misfit
from forecast.events.tokens import EventError
from forecast.files import sha256_of
from forecast.kernel.plan import lower
from forecast.query import answers, question_of
from forecast.runfile import read_run_file
from forecast.runs import system_forecasts
from forecast.simulate import Simulation, simulate
from forecast.store import DrawWriter
from forecast.voteshare.model import fit
from tests.electorates import electorate, system

DRAWS = 70_000  # three row groups, the last one not full


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Simulation]:
    lists_only = replace(system(districts=0), id="lists-only")
    plan = lower(fit(electorate()), [system(), lists_only], 1)
    path = tmp_path_factory.mktemp("store") / "draws.parquet"
    with DrawWriter(path, plan) as writer:
        simulation = simulate(plan, DRAWS, keep=writer.keep, kept=DRAWS)
    return path, simulation


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "stored"
    done = forecast("run", "kazakhstan-2023", "--draws", "3000", "--save-draws", "2000", "--out", str(folder))
    assert done.exit_code == 0, done.output
    return folder


def forecast(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def count(path: Path, sentence: str, number: int = 0, given: str | None = None) -> int:
    draws = open_draws(path)
    (answer,) = answers(draws, sentence, given, [draws.houses[number]])
    assert answer.probability is not None
    return answer.probability.count


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("party", ["Alpha", "Beta", "Gamma"])
def test_stored_draws_tell_what_the_tallies_of_the_run_tell(
    small: tuple[Path, Simulation], party: str, number: int
) -> None:
    path, simulation = small
    one = system_forecasts(simulation.plan, simulation.tallies, simulation.draws)[number]
    asked = {
        f'seats("{party}") >= 11': one.seats(party).at_least(11).count,
        f'majority("{party}")': one.majority(party).count,
        f'passes("{party}")': one.passes(party).count,
        f'largest() == "{party}"': one.largest(party).count,
        f'list_seats("{party}") >= 5': one.list_seats(party).at_least(5).count,
        "parties() >= 3": one.parties_in_house().at_least(3).count,
        'majority("Beta", "Gamma")': one.coalition(("Beta", "Gamma"))[0].count,
    }
    if one.has_districts:
        asked[f'district_seats("{party}") >= 2'] = one.district_seats(party).at_least(2).count
    assert {sentence: count(path, sentence, number) for sentence in asked} == asked
    draws = open_draws(path)
    (answer,) = answers(draws, f'seats("{party}")', systems=[draws.houses[number]])
    assert answer.mean == pytest.approx(one.seats(party).mean, abs=1e-12)
    assert answer.sd == pytest.approx(one.seats(party).sd, abs=1e-9)
    for quantile in answer.quantiles:
        assert quantile.value == one.seats(party).quantile(quantile.level)
        assert quantile.low <= quantile.value <= quantile.high


def test_winners_of_districts_are_those_of_the_tallies(small: tuple[Path, Simulation]) -> None:
    path, simulation = small
    wins = system_forecasts(simulation.plan, simulation.tallies, simulation.draws)[0].wins
    first = simulation.plan.voters.district_first
    for d, contest in enumerate(simulation.plan.model.contests):
        by_self = sum(int(wins[first[d] + c]) for c, person in enumerate(contest.candidates) if person.party is None)
        if by_self:
            assert count(path, f'winner("{contest.id}") == "self"') == by_self


def test_quantiles_of_any_number_are_those_of_the_draws_exactly(small: tuple[Path, Simulation]) -> None:
    draws = open_draws(small[0])
    table = pq.read_table(small[0])
    votes = {name: table[f"votes: {name}"].to_numpy().astype(float) for name in draws.houses[0].options}
    shares = votes["Gamma"] / sum(votes.values())
    for level in (0.001, 0.5, 0.9, 0.9999):
        (answer, _) = answers(draws, f'quantile(share("Gamma"), {level})')
        assert answer.quantiles[0].value == np.quantile(shares, level, method="inverted_cdf")
    (mean, _) = answers(draws, 'mean(share("Gamma"))')
    assert mean.mean == pytest.approx(shares.mean(), rel=1e-12)
    assert mean.mcse_mean == pytest.approx(shares.std() / np.sqrt(DRAWS), rel=1e-9)


def test_a_condition_leaves_the_draws_in_which_it_holds(small: tuple[Path, Simulation]) -> None:
    path, _ = small
    both = count(path, 'seats("Alpha") >= 12 and passes("Gamma")')
    draws = open_draws(path)
    answer = answers(draws, 'seats("Alpha") >= 12', 'passes("Gamma")')[0]
    assert answer.probability is not None
    assert (answer.probability.count, answer.draws) == (both, count(path, 'passes("Gamma")'))
    ratio = answers(draws, 'seats("Beta") / seats("Gamma") > 2', 'seats("Gamma") > 0')[0]
    assert ratio.draws == count(path, 'seats("Gamma") > 0')
    with pytest.raises(ForecastError, match="holds in none of the 70,000 stored draws"):
        answers(draws, "parties() > 0", "parties() > 3")
    with pytest.raises(EventError, match="--given: a condition is an event"):
        answers(draws, "parties() > 0", "parties()")


def test_a_district_is_asked_for_only_under_a_law_that_has_it(small: tuple[Path, Simulation]) -> None:
    draws = open_draws(small[0])
    with pytest.raises(Misfit, match="lists-only has no districts"):
        answers(draws, 'winner(1) == "Alpha"')
    assert len(answers(draws, 'winner(1) == "Alpha"', systems=[draws.house("small-law")])) == 1
    with pytest.raises(ForecastError, match="it has: small-law, lists-only"):
        draws.house("other")


def test_columns_are_of_the_smallest_types(small: tuple[Path, Simulation]) -> None:
    kinds = {field.name: str(field.type) for field in pq.read_schema(small[0])}
    assert kinds["votes: Alpha"] == "int32"
    assert kinds["seats: small-law: Self-nominated"] == "uint8"
    assert kinds["list seats: lists-only: Gamma"] == "uint8"
    assert kinds["winner: small-law: 007"] == "int8"
    assert "winner: lists-only: 007" not in kinds
    first = pq.ParquetFile(small[0]).metadata.row_group(0).column(1)
    assert first.compression == "ZSTD"


@pytest.mark.parametrize("sentence", ['mean(seats("A"), 1)', 'quantile(seats("A"))', 'quantile(seats("A"), 90)'])
def test_figures_are_asked_for_in_their_form(sentence: str) -> None:
    with pytest.raises(EventError):
        question_of(sentence)


def test_the_command_prints_the_chance_its_error_and_the_draws_behind_it(finished: Path) -> None:
    done = forecast("query", str(finished), 'seats("Amanat") >= 66', "--given", 'passes("JSDP")')
    assert done.exit_code == 0, done.output
    for words in (
        "standard error",
        "95 % interval",
        "draws in which the condition holds",
        "2,000 stored draws of the run",
    ):
        assert words in done.stdout, words
    never = forecast("query", str(finished), 'seats("Baytaq") >= 90').stdout
    assert never.startswith("<0.2 %")
    few = forecast("query", str(finished), "parties() == 3", "--given", 'seats("Amanat") >= 91').stdout
    assert "read it as a hint" in few


def test_the_command_prints_json(finished: Path) -> None:
    done = forecast("query", str(finished), 'winner(12) == "self"', "--json")
    form = json.loads(done.stdout)
    (answer,) = form["answers"]
    assert (form["stored_draws"], form["draws"], answer["draws"]) == (2000, 3000, 2000)
    assert answer["probability"] == answer["count"] / 2000
    assert answer["interval95"][0] < answer["probability"] < answer["interval95"][1]
    assert len(answer["first_draws"]) == 3
    number = json.loads(forecast("query", str(finished), 'seats("Amanat")', "--json").stdout)["answers"][0]
    assert [one["level"] for one in number["quantiles"]] == [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]


def test_a_run_without_draws_says_how_to_store_them(tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    assert forecast("run", "kazakhstan-2023", "--draws", "1000", "--out", str(folder)).exit_code == 0
    refused = forecast("query", str(folder), "parties() > 3")
    assert isinstance(refused.exception, ForecastError)
    assert "forecast run kazakhstan-2023 --save-draws all" in str(refused.exception)
    missing = forecast("query", str(tmp_path / "nothing"), "parties() > 3")
    assert isinstance(missing.exception, ForecastError)


def damaged(folder: Path, change: str, tmp_path: Path) -> Path:
    """Return a copy of a run in which something is wrong."""
    copy = tmp_path / change.replace(" ", "-")
    shutil.copytree(folder, copy)
    draws, record = copy / "draws.parquet", copy / "run.json"
    content = bytearray(draws.read_bytes())
    match change:
        case "one flipped byte":
            content[len(content) // 3] ^= 1
        case "cut tail":
            del content[-100:]
        case "empty":
            content.clear()
        case "no Parquet":
            content[:] = b"PK\x03\x04" + bytes(100)
    draws.write_bytes(content)
    text = record.read_text(encoding="utf-8")
    match change:
        case "truncated manifest":
            record.write_text(text[: len(text) // 2], encoding="utf-8")
        case "newer manifest":
            record.write_text(text.replace('"schema": 1', '"schema": 2'), encoding="utf-8")
        case "edited manifest":
            record.write_text(text.replace('"seed": 2', '"seed": "2'.replace('"2', 'null, "x": 2')), encoding="utf-8")
        case "no draws":
            draws.unlink()
    return copy


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("one flipped byte", "draws.parquet"), ("cut tail", "draws.parquet"), ("empty", "draws.parquet"),
        ("no Parquet", "draws.parquet"), ("no draws", "draws.parquet"), ("truncated manifest", "run.json"),
        ("newer manifest", "run.json"), ("edited manifest", "run.json"),
    ],
)  # fmt: skip
def test_a_damaged_run_is_named_and_not_believed(finished: Path, tmp_path: Path, change: str, named: str) -> None:
    copy = damaged(finished, change, tmp_path)
    done = forecast("query", str(copy), "parties() > 3")
    assert isinstance(done.exception, EnvironmentTrouble)
    assert done.exception.exit_code == 4
    assert named in str(done.exception)


def test_a_flipped_byte_is_found_by_the_page_checksum_alone(finished: Path, tmp_path: Path) -> None:
    path = tmp_path / "draws.parquet"
    content = bytearray((finished / "draws.parquet").read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    draws = open_draws(path)
    with pytest.raises(EnvironmentTrouble, match=r"draws\.parquet: damaged"):
        draws.frame()


def forged(finished: Path, tmp_path: Path, change: str) -> Path:
    """Return a file that is sound Parquet, but not what a run writes."""
    table = pq.read_table(finished / "draws.parquet")
    metadata = dict(table.schema.metadata)
    path = tmp_path / "draws.parquet"
    group = 2**15
    match change:
        case "text column":
            table = table.set_column(1, table.schema.field(1).name, pa.array(["x"] * len(table)))
        case "no description":
            metadata = {}
        case "broken description":
            metadata[METADATA] = b"{" * 100
        case "other schema":
            metadata[METADATA] = metadata[METADATA].replace(b'"schema": 1', b'"schema": 9')
        case "missing column":
            table = table.drop_columns([table.schema.names[-1]])
        case "bomb":
            many = np.zeros(300_000, np.int64)
            columns = [pa.array(many.astype(kind.to_pandas_dtype())) for kind in table.schema.types]
            table = pa.Table.from_arrays(columns, schema=table.schema)
            group = 300_000
    pq.write_table(table.replace_schema_metadata(metadata), path, row_group_size=group)
    return path


@pytest.mark.parametrize(
    "change", ["text column", "no description", "broken description", "other schema", "missing column", "bomb"]
)
def test_a_forged_file_is_refused_before_it_is_read(finished: Path, tmp_path: Path, change: str) -> None:
    with pytest.raises(EnvironmentTrouble, match=r"draws\.parquet"):
        open_draws(forged(finished, tmp_path, change))


def test_equal_runs_store_equal_bytes(finished: Path, tmp_path: Path) -> None:
    arguments = ("--draws", "3000", "--save-draws", "2000", "--threads", "2", "--out", str(tmp_path / "again"))
    assert forecast("run", "kazakhstan-2023", *arguments).exit_code == 0
    assert sha256_of(tmp_path / "again" / "draws.parquet") == sha256_of(finished / "draws.parquet")


def test_stored_draws_are_those_that_the_run_counted(finished: Path) -> None:
    draws = stored_draws(read_run_file(finished))
    assert draws.draws == 2000
    assert draws.frame(10).num_rows == 10
    assert draws.frame()["draw"].to_pylist() == list(range(2000))


def test_a_full_disk_is_told_by_the_folder_s_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "Error writing bytes to file")  # as pyarrow has it: without a name

    plan = lower(fit(electorate()), [system()], 1)
    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    writer = DrawWriter(tmp_path / "draws.parquet", plan, tmp_path)
    with pytest.raises(OSError, match="No space left on device") as fault, writer:
        simulate(plan, 1000, keep=writer.keep, kept=1000)
    assert fault.value.filename == str(tmp_path)
