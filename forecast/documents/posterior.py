"""A posterior as a table: a row a draw, a column an option, from any Bayesian model; CSV or Parquet."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from forecast.documents.faults import Faults, hint, quoted, shown
from forecast.documents.resolved import Input
from forecast.documents.tables import Row, read_table
from forecast.errors import EnvironmentTrouble
from forecast.voteshare.electorate import DrawsCentre

FEWEST, FEW = 100, 1_000
MOST_ROWS, MOST_BYTES = 2_000_000, 500_000_000
NUMBERING = ("draw", ".draw", "chain", ".chain", "iteration", ".iteration")  # columns that number the draws
_OFF = 0.005  # how far a row may be from adding up to 1
_FLOAT = re.compile(r"\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)


def read_posterior(
    path: Path, options: Sequence[str], unit: Literal["fraction", "percent"], faults: Faults
) -> tuple[DrawsCentre, Input] | None:
    """Read a table of share draws; None (and its faults noted) if it is not one.

    Each row holds the shares of all options, which add up to 1; what is off by less than half a point is closed.
    """
    before = len(faults.lines)
    read = _parquet(path, options, faults) if _is_parquet(path) else _csv(path, options, faults)
    if read is None or len(faults.lines) > before:
        return None
    table, first_line, entry = read
    if unit == "percent":
        table = table / 100
    _check(table, options, shown(path), first_line, unit, faults)
    if len(faults.lines) > before:
        return None
    closed = table / table.sum(axis=1, keepdims=True)
    if len(closed) < FEW:
        faults.warn(shown(path), f"{len(closed)} draws are few; 4,000 are usual")
    faults.warn(
        shown(path),
        f"the votes have {len(closed):,} different draws: chances are no surer than {50 / len(closed) ** 0.5:.1g} points, "
        "however many are simulated",
    )
    return DrawsCentre(closed), entry


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(4) == b"PAR1"
    except OSError:
        return path.suffix == ".parquet" and not path.exists()


def _check(table: Any, options: Sequence[str], name: str, first_line: int, unit: str, faults: Faults) -> None:
    def where(row: int) -> str:
        return f"{name}, line {row + first_line}" if first_line else f"{name}, row {row + 1}"

    if len(table) < FEWEST:
        faults.add(name, f"has {len(table)} draws; at least {FEWEST} are needed to stand in for a distribution")
        return
    for bad, wrong in (
        (~np.isfinite(table), "is no finite number"),
        (table < 0, "is below 0; a share is not"),
        (table > 1.0 + _OFF, f"is more than {'100' if unit == 'percent' else '1'}"),
    ):
        if bad.any():
            row, option = (int(k) for k in np.argwhere(bad)[0])
            more = int(bad.sum()) - 1
            faults.add(
                f"{where(row)}: {options[option]}",
                wrong + (f"; and {more} cells more" if more else "") + _hint(table, unit),
            )
            return
    total = table.sum(axis=1)
    off = np.flatnonzero(np.abs(total - 1) > _OFF)
    if len(off):
        row = int(off[0])
        scale = 100 if unit == "percent" else 1
        faults.add(
            where(row),
            f"the shares add up to {total[row] * scale:.6g}, not {scale}"
            + (f"; and {len(off) - 1} rows more do not" if len(off) > 1 else "")
            + _hint(table, unit),
        )


def _hint(table: Any, unit: str) -> str:
    total = float(np.nanmedian(table.sum(axis=1)))
    if unit == "fraction" and 90 < total < 110:
        return '; for percent, write unit = "percent" under [votes]'
    if unit == "percent" and 0.009 < total < 0.011:
        return '; for fractions, leave unit out or write unit = "fraction"'
    return ""


def _csv(path: Path, options: Sequence[str], faults: Faults) -> tuple[Any, int, Input] | None:
    table = read_table(path, options, faults, optional=NUMBERING)
    if table is None:
        return None
    if not table.rows:
        return None
    values = [[_share(row, option) for option in options] for row in table.rows]
    return np.array(values), table.rows[0].line, Input(table.sha256, len(table.rows))


def _share(row: Row, option: str) -> float:
    text = row.text(option)
    if not _FLOAT.fullmatch(text):
        row.fault(option, f"is {quoted(text)}; a share is needed")
        return 0.0
    return float(text)


def _parquet(path: Path, options: Sequence[str], faults: Faults) -> tuple[Any, int, Input] | None:
    name = shown(path)
    if not path.is_file():
        faults.add(name, "no such file")
        return None
    if path.stat().st_size > MOST_BYTES:
        faults.add(name, f"has {path.stat().st_size:,} bytes; at most {MOST_BYTES:,} are read")
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as stream, pq.ParquetFile(stream) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            _check_columns(schema, options, name, faults)
            if rows > MOST_ROWS:
                faults.add(name, f"has {rows:,} rows; at most {MOST_ROWS:,} are read")
            if faults.lines:
                return None
            columns = file.read(columns=list(options))
    except (pa.ArrowException, ValueError) as fault:
        faults.add(name, f"cannot be read as Parquet: {str(fault).splitlines()[0][:200]}")
        return None
    except OSError as fault:
        raise EnvironmentTrouble(f"{name}: cannot be read: {str(fault)[:200]}") from None
    for option in options:
        if columns.column(option).null_count:
            faults.add(
                f"{name}: {option}", f"{columns.column(option).null_count} rows are empty; every row needs a share"
            )
    if faults.lines:
        return None
    table = np.column_stack([columns.column(option).to_numpy().astype(float) for option in options])
    return table, 0, Input(hashlib.sha256(path.read_bytes()).hexdigest(), rows)


def _check_columns(schema: Any, options: Sequence[str], name: str, faults: Faults) -> None:
    import pyarrow as pa

    known = [*options, *NUMBERING]
    for column in schema.names:
        if column not in known and not column.startswith("__index_level_"):
            faults.add(name, f"unknown column {quoted(column)}" + hint(column, options, "options"))
    for option in options:
        if schema.names.count(option) != 1:
            faults.add(name, f"column {option} is {'missing' if option not in schema.names else 'there twice'}")
        elif not (pa.types.is_floating(kind := schema.field(option).type) or pa.types.is_integer(kind)):
            faults.add(f"{name}: {option}", f"holds {kind}; numbers are needed")
