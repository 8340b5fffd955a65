"""Joint draws in a Parquet file: smallest integer types, zstd, page checksums; written in the order of the draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from forecast.errors import ForecastError
from forecast.kernel.draw import Record
from forecast.kernel.plan import Plan

LARGEST_FILE = 4 * 2**30  # bytes before compression; more is refused with its size


def bytes_per_draw(plan: Plan) -> int:
    """Return the uncompressed size of one stored draw."""
    seats = len(plan.systems) * plan.lists * 2
    return 8 + 4 * len(plan.model.options) + seats + len(_with_districts(plan)) * len(plan.model.contests)


def check_size(plan: Plan, draws: int) -> None:
    """Refuse to store more than fits; ForecastError with the size and what to ask for."""
    size = draws * bytes_per_draw(plan)
    if size > LARGEST_FILE:
        raise ForecastError(
            f"--save-draws: {draws:,} draws take {size / 2**30:.1f} GiB, more than {LARGEST_FILE / 2**30:.0f} GiB; "
            f"ask for at most {LARGEST_FILE // bytes_per_draw(plan):,}"
        )


def schema_of(plan: Plan) -> Any:
    """Return the columns: draw, votes of every option, and by system list seats and the number of each district's winner.

    Numbers count the district's candidates from 0, parties first; -1 stands for a seat that nobody wins.
    """
    fields = [pa.field("draw", pa.int64())]
    fields += [pa.field(f"votes: {name}", pa.int32()) for name in plan.model.options]
    for system in plan.systems:
        fields += [pa.field(f"list seats: {system.id}: {name}", pa.uint16()) for name in plan.model.parties]
    most = max((len(contest.candidates) for contest in plan.model.contests), default=1)
    kind = pa.int8() if most <= 127 else pa.int16()
    for k in _with_districts(plan):
        name = plan.systems[k].id
        fields += [pa.field(f"winner: {name}: {contest.id}", kind) for contest in plan.model.contests]
    return pa.schema(fields)


def _with_districts(plan: Plan) -> list[int]:
    return [k for k, way in enumerate(plan.laws.contest_of) if way >= 0]


class DrawWriter:
    """Writes records of consecutive draws, or nothing where none are kept; use it around the simulation."""

    def __init__(self, path: Path, plan: Plan, kept: int) -> None:
        self.plan = plan
        self.schema = schema_of(plan)
        self.writer: Any = None
        if kept:
            self.writer = pq.ParquetWriter(path, self.schema, compression="zstd", write_page_checksum=True)

    def __enter__(self) -> DrawWriter:
        """Return the writer."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        if self.writer is not None:
            self.writer.close()

    def keep(self, first: int, record: Record) -> None:
        """Append a record whose first row is draw ``first``."""
        draws = np.arange(first, first + len(record.votes), dtype=np.int64)
        columns = [draws, *record.votes.T]
        for k in range(record.list_seats.shape[1]):
            columns += list(record.list_seats[:, k, :].T)
        for k in _with_districts(self.plan):
            columns += list(record.winners[:, self.plan.laws.contest_of[k], :].T)
        arrays = [
            pa.array(np.ascontiguousarray(column).astype(field.type.to_pandas_dtype()), type=field.type)
            for column, field in zip(columns, self.schema, strict=True)
        ]
        self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
