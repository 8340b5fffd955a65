"""All scenarios in one tidy table: a row a scenario, system and party, and what differs from the base."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from forecast.batch.pairs import MEASURES, FirstDraws, error_of_difference, is_paired, read_first_draws
from forecast.files import Cell, replacing, write_csv
from forecast.tables import BATCH_COLUMNS, COLUMNS

RESULTS = "results"
_DIFFERENCES = 2 + 2 * len(MEASURES)

_TEXTS = {"scenario", "digest", "system", "party", "base_system", "paired"}
_WHOLE = {"number", "draws", "median", "lo50", "hi50", "lo80", "hi80", "lo95", "hi95", "house_seats"}


@dataclass(frozen=True, slots=True)
class Finished:
    """A scenario with its results: what differs from the base, by key, and where its run folder is."""

    number: int
    name: str
    digest: str
    draws: int
    settings: Mapping[str, float | str]
    folder: Path


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What is read of a run folder: the rows of its summary, the chances of two thirds, the first draws."""

    summary: list[dict[str, Cell]]
    first: FirstDraws

    @classmethod
    def read(cls, folder: Path) -> _Run:
        summary = list(_rows(folder / "summary.csv"))
        thirds = {
            (row["system"], row["event"].removeprefix("two thirds: ")): row
            for row in _rows(folder / "events.csv")
            if row["event"].startswith("two thirds: ")
        }
        typed = []
        first = read_first_draws(folder)
        for row in summary:
            event = thirds.get((row["system"], row["party"]), {})
            every = {**row, "p_two_thirds": event.get("probability", ""), "mcse_p_two_thirds": event.get("mcse", "")}
            cells = {name: _typed(name, value) for name, value in every.items()}
            house, mean = first.house[row["system"]], cells["mean"]
            typed.append(
                {**cells, "house_seats": house, "house_share": mean / house if isinstance(mean, float) else None}
            )
        return cls(typed, first)

    def row(self, system: Cell, party: Cell) -> dict[str, Cell] | None:
        return next((row for row in self.summary if (row["system"], row["party"]) == (system, party)), None)


def write_results(root: Path, finished: Sequence[Finished], keys: Sequence[str]) -> int:
    """Write ``results.csv`` and ``results.parquet``; return the number of rows.

    Parameters
    ----------
    finished
        Scenarios in their order; the base is number 0, without it there are no differences.
    keys
        The varied keys: a column each.
    """
    keys = [key for key in keys if key != "draws"]  # is a column of every scenario already
    columns = list(columns_of(keys))
    rows = list(_results(finished, keys))
    write_csv(root / f"{RESULTS}.csv", columns, rows)
    fields, arrays = [], []
    for place, name in enumerate(columns):
        values = [row[place] for row in rows]
        kind = _kind_of_key(values) if name in keys else _kind(name)
        if kind == pa.string():
            values = [None if value is None else _text(value) for value in values]
        fields.append(pa.field(name, kind))
        arrays.append(pa.array(values, kind))
    with replacing(root / f"{RESULTS}.parquet") as temporary, temporary.open("wb") as stream:
        table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
        pq.write_table(table, stream, compression="zstd", write_page_checksum=True)
    return len(rows)


def columns_of(keys: Sequence[str]) -> Iterator[str]:
    """Yield the columns of the results: the scenario, the varied keys, its summary, the differences."""
    own = [name for name in BATCH_COLUMNS if name not in ("number", "scenario", "digest", "draws")]
    yield from ("number", "scenario", "digest", "draws", *keys, *COLUMNS["summary.csv"], *own)


def _results(finished: Sequence[Finished], keys: Sequence[str]) -> Iterator[list[Cell]]:
    first = next((one.digest for one in finished if one.number == 0), None)
    base = next((_Run.read(one.folder) for one in finished if one.number == 0), None)
    for one in finished:
        run = _Run.read(one.folder)
        varied: list[Cell] = [one.settings.get(key) for key in keys]
        for row in run.summary:
            own = [row[name] for name in COLUMNS["summary.csv"]]
            more = [row[name] for name in ("house_seats", "p_two_thirds", "mcse_p_two_thirds")]
            apart = _differences(run, base, row, one.digest == first) if base is not None else [None] * _DIFFERENCES
            yield [one.number, one.name, one.digest, one.draws, *varied, *own, *more, *apart]


def _differences(run: _Run, base: _Run, row: dict[str, Cell], same: bool) -> list[Cell]:
    """Return the base's system, whether draws are paired, and each measure's difference to the base with its error.

    A system is compared with the same one of the base, or with the base's first where that has it not; ``same``: the run
    is that of the base itself.
    """
    system, party = str(row["system"]), str(row["party"])
    against = system if system in base.first.seats else next(iter(base.first.seats))
    before = base.row(against, party)
    found: list[Cell] = [against, "yes" if is_paired(run.first, base.first) else "no"]
    for name in MEASURES:
        now, then = row[name], before[name] if before is not None else None
        if not isinstance(now, float) or not isinstance(then, float):
            found += [None, None]
            continue
        error = error_of_difference(
            run.first.measure(system, party, name), base.first.measure(against, party, name), run.first, base.first,
            run.first.unit(system, name),
        )  # fmt: skip
        found += [now - then, 0.0 if same else error]
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _typed(name: str, value: str) -> Cell:
    if name in _TEXTS:
        return value.removeprefix("'") if value[1:2] in ("=", "+", "-", "@", "\t", "\r") else value
    if value == "":
        return None
    return int(value) if name in _WHOLE else float(value)


def _text(value: Cell) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"


def _kind(name: str) -> pa.DataType:
    if name in _TEXTS:
        return pa.string()
    return pa.int64() if name in _WHOLE else pa.float64()


def _kind_of_key(values: list[Cell]) -> pa.DataType:
    return pa.string() if any(isinstance(value, str) for value in values) else pa.float64()
