"""Runs as files of other programs: what is written is what was stored, and nothing of a damaged run is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xarray
from click.testing import CliRunner, Result

from forecast.cli.main import cli
from forecast.errors import EnvironmentTrouble, ForecastError

DRAWS = 2000


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "told"
    done = forecast("run", "kazakhstan-2023", "--draws", str(DRAWS), "--save-draws", "all", "--out", str(folder))
    assert done.exit_code == 0, done.output
    return folder


def forecast(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def test_hubverse_pmfs_quantiles_and_samples_are_those_of_the_run(finished: Path, tmp_path: Path) -> None:
    place = tmp_path / "2023-03-18-seatcast-model.csv"
    assert forecast("export", str(finished), "--format", "hubverse", "-o", str(place), "--samples", "50").exit_code == 0
    rows = pd.read_csv(place, dtype={"output_type_id": str})
    task = ["origin_date", "election_date", "system", "target", "party"]
    assert [*rows.columns] == [*task, "output_type", "output_type_id", "value"]
    assert not rows.isna().any(axis=None)
    assert not rows.duplicated([*task, "output_type", "output_type_id"]).any()
    pmf = rows[rows.output_type == "pmf"].groupby(["system", "party"])["value"].agg(["sum", "size"])
    assert pmf["sum"].to_numpy() == pytest.approx(1)
    assert set(pmf["size"]) == {99}
    drawn = pq.read_table(finished / "draws.parquet").to_pandas()
    system = "kazakhstan-mazhilis-2023"
    votes = drawn.filter(like="votes: ")
    for party in ("Amanat", "JSDP"):
        of_party = (
            rows[rows.party == party].set_index(["target", "output_type", "output_type_id"])["value"].sort_index()
        )
        seats = drawn[f"seats: {system}: {party}"]
        share = votes[f"votes: {party}"] / votes.sum(axis=1)
        for target, values in (("seats", seats), ("vote share", share)):
            for level in ("0.01", "0.5", "0.975"):
                expected = np.quantile(values, float(level), method="inverted_cdf")
                assert of_party[target, "quantile", level] == pytest.approx(expected, rel=1e-9)
            samples = [of_party[target, "sample", str(number)] for number in range(50)]
            assert samples == pytest.approx(values[:50].to_list(), rel=1e-9)
            assert (target, "sample", "50") not in of_party.index


def test_hubverse_parquet_and_csv_say_the_same(finished: Path, tmp_path: Path) -> None:
    for name in ("out.csv", "out.parquet"):
        assert forecast("export", str(finished), "--format", "hubverse", "-o", str(tmp_path / name)).exit_code == 0
    one = pd.read_csv(tmp_path / "out.csv", dtype={"output_type_id": str})
    other = pd.read_parquet(tmp_path / "out.parquet")
    assert one.drop(columns="value").equals(other.drop(columns="value").astype(one.drop(columns="value").dtypes))
    assert one.value.to_numpy() == pytest.approx(other.value.to_numpy(), rel=1e-9)


def test_an_arrow_file_holds_the_stored_draws_and_their_description(finished: Path, tmp_path: Path) -> None:
    place = tmp_path / "draws.arrow"
    assert forecast("export", str(finished), "--format", "arrow", "-o", str(place)).exit_code == 0
    with pa.memory_map(str(place)) as file:
        assert pa.ipc.open_file(file).read_all().equals(pq.read_table(finished / "draws.parquet"), check_metadata=True)


def test_a_netcdf_file_opens_in_xarray_with_the_names_of_what_is_counted(finished: Path, tmp_path: Path) -> None:
    place = tmp_path / "draws.nc"
    assert forecast("export", str(finished), "--format", "netcdf", "-o", str(place)).exit_code == 0
    stored = pq.read_table(finished / "draws.parquet").to_pandas()
    system = "kazakhstan-mazhilis-2023"
    with xarray.open_dataset(place, group="posterior_predictive", engine="h5netcdf") as drawn:
        assert drawn.sizes["chain"] == 1
        assert drawn["draw"].to_numpy().tolist() == stored["draw"].to_list()
        for party in ("Amanat", "People's Party"):
            seats = drawn[f"seats {system}"].sel({f"group {system}": party, "chain": 0})
            assert seats.to_numpy().tolist() == stored[f"seats: {system}: {party}"].to_list()
            votes = drawn["votes"].sel(option=party, chain=0)
            assert votes.to_numpy().tolist() == stored[f"votes: {party}"].to_list()
        winner = drawn[f"winner {system}"].sel({f"district {system}": "29", "chain": 0})
        assert winner.to_numpy().tolist() == stored[f"winner: {system}: 29"].to_list()


def test_a_run_without_stored_draws_gives_its_pmfs_alone(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert forecast("run", "kazakhstan-2023", "--draws", "600", "--out", str(run)).exit_code == 0
    done = forecast("export", str(run), "--format", "hubverse")
    assert "no samples and no vote shares" in done.stderr
    rows = pd.read_csv(run / "2023-03-18-seatcast-kazakhstan_2023.csv")
    assert set(rows.output_type) == {"pmf", "quantile"}
    refused = forecast("export", str(run), "--format", "arrow")
    assert isinstance(refused.exception, ForecastError)
    assert "stored no draws" in str(refused.exception)


def test_damaged_tables_and_draws_are_refused_and_nothing_is_written(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    for name, kind in (("seat_pmf.csv", "hubverse"), ("draws.parquet", "arrow")):
        content = bytearray((run / name).read_bytes())
        content[len(content) // 2] ^= 1
        (run / name).write_bytes(content)
        done = forecast("export", str(run), "--format", kind, "-o", str(tmp_path / "out"))
        assert isinstance(done.exception, EnvironmentTrouble)
        assert name in str(done.exception)
        assert not (tmp_path / "out").exists()


def test_a_file_of_the_run_is_never_written_over(finished: Path) -> None:
    before = (finished / "draws.parquet").read_bytes()
    done = forecast("export", str(finished), "--format", "hubverse", "-o", str(finished / "draws.parquet"))
    assert done.exit_code == 2
    assert (finished / "draws.parquet").read_bytes() == before
    assert forecast("export", str(finished), "--format", "arrow", "-o", str(finished / "run.json")).exit_code == 2
