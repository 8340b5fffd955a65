"""Hubverse model output: a row a task and output type, as modelling hubs collect forecasts (hubverse.io).

Task columns are ``origin_date`` (what was known by then), ``election_date``, ``system``, ``target`` and ``party``; then
``output_type`` (pmf, quantile, sample), ``output_type_id`` and ``value``. A pmf's id is the number of seats, a sample's
the number of the draw: samples of equal id are one election, across parties and targets.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from forecast.drawsfile import StoredDraws, column_of, native_file
from forecast.errors import EnvironmentTrouble
from forecast.files import Cell, replacing, write_csv
from forecast.runfile import RunFile

COLUMNS = (
    "origin_date", "election_date", "system", "target", "party", "output_type", "output_type_id", "value",
)  # fmt: skip
LEVELS = (0.01, 0.025, *(step / 100 for step in range(5, 100, 5)), 0.975, 0.99)  # those that hubs ask for
_ROUNDING = 1e-8  # the table's probabilities have ten digits
EVERY_SYSTEM = "all"  # vote shares are the same under every law

Row = tuple[str, str, str, str, str, str, str, float]


def hubverse_rows(run: RunFile, draws: StoredDraws | None, samples: int) -> Iterator[Row]:
    """Yield the rows of a run; those of vote shares and samples only where it stored draws.

    Parameters
    ----------
    samples
        The most draws to give as samples: the first ones stored.
    """
    model = run.content["document"].get("model")
    dates = model if isinstance(model, dict) else {}
    when = (str(dates.get("as_of", "")), str(dates.get("election_day", "")))
    for (system, party), pmf in seat_pmfs(run).items():
        task = (*when, system, "seats", party)
        for seats, probability in enumerate(pmf.tolist()):
            yield *task, "pmf", str(seats), probability
        reached = np.cumsum(pmf)
        for level in LEVELS:
            yield *task, "quantile", f"{level:g}", float(np.argmax(reached >= level - _ROUNDING))
    if draws is not None:
        yield from _of_draws(draws, when, samples)


def seat_pmfs(run: RunFile) -> dict[tuple[str, str], npt.NDArray[np.float64]]:
    """Return the probability of 0, 1, 2, ... seats of each party under each system, from the run's table.

    Raises
    ------
    EnvironmentTrouble
        The table is damaged.
    """
    path = run.checked("seat_pmf.csv")
    found: dict[tuple[str, str], list[float]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault((row["system"], row["party"]), []).append(float(row["probability"]))
    except (KeyError, TypeError, ValueError, csv.Error):
        raise EnvironmentTrouble(f"{path}: is no table of a run; compute the run again with --force") from None
    if not found or any(abs(sum(one) - 1) > _ROUNDING for one in found.values()):
        raise EnvironmentTrouble(f"{path}: its probabilities do not add up; compute the run again with --force")
    return {key: np.array(one) for key, one in found.items()}


def _of_draws(draws: StoredDraws, when: tuple[str, str], samples: int) -> Iterator[Row]:
    table = draws.frame()
    house = draws.houses[0]
    votes = {party: table[f"votes: {party}"].to_numpy().astype(np.float64) for party in house.options}
    valid = np.sum(list(votes.values()), axis=0)
    for party in house.options:
        share = votes[party] / valid
        task = (*when, EVERY_SYSTEM, "vote share", party)
        for level, value in zip(LEVELS, np.quantile(share, LEVELS, method="inverted_cdf").tolist(), strict=True):
            yield *task, "quantile", f"{level:g}", value
        yield from _samples(task, share[:samples])
    for one in draws.houses:
        for group in one.groups:
            seats = table[column_of(("seats", group), one)].to_numpy()[:samples]
            yield from _samples((*when, one.system, "seats", group), seats)


def _samples(task: tuple[str, str, str, str, str], values: npt.NDArray[np.generic]) -> Iterator[Row]:
    for number, value in enumerate(values.tolist()):
        yield *task, "sample", str(number), float(value)


def write_hubverse(path: Path, rows: Iterator[Row]) -> int:
    """Write model output as Parquet, or as CSV under any other name; return its number of rows."""
    if path.suffix.lower() != ".parquet":
        cells: Iterator[list[Cell]] = ([*row] for row in rows)
        return write_csv(path, COLUMNS, cells)
    columns = list(zip(*rows, strict=True))
    kinds: Mapping[str, object] = dict.fromkeys(COLUMNS[:-1], pa.string()) | {"value": pa.float64()}
    table = pa.table({name: pa.array(column, kinds[name]) for name, column in zip(COLUMNS, columns, strict=True)})
    with replacing(path) as temporary, native_file(temporary, "wb") as file:
        pq.write_table(table, file, compression="zstd", write_page_checksum=True)
    return int(table.num_rows)
