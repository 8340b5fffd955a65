"""Joint draws into ``draws.parquet``: smallest integer types, zstd, page checksums; in the order of the draws."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from forecast.drawsfile import GROUP_ROWS, DrawsDescription, keys_of, native_file, schema_of
from forecast.errors import ForecastError
from forecast.events.house import House, house_of
from forecast.events.meaning import Integers, Key
from forecast.kernel.draw import Record
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK, STREAM_VERSION
from forecast.kernel.record import house_seats

LARGEST_FILE = 4 * 2**30  # bytes before compression; more is refused with its size


def description_of(plan: Plan) -> DrawsDescription:
    """Return what a file of a plan's draws says of itself."""
    return DrawsDescription(houses_of(plan), plan.seed, STREAM_VERSION, BLOCK, plan.model.is_certain)


def houses_of(plan: Plan) -> tuple[House, ...]:
    """Return the house of every system of a plan."""
    return tuple(house_of(plan.model.electorate, system) for system in plan.systems)


def bytes_per_draw(plan: Plan) -> int:
    """Return the uncompressed size of one stored draw."""
    return sum(field.type.bit_width // 8 for field in schema_of(description_of(plan)))


def check_size(plan: Plan, draws: int) -> None:
    """Refuse to store more than fits; ForecastError with the size and what to ask for."""
    size = draws * bytes_per_draw(plan)
    if size > LARGEST_FILE:
        raise ForecastError(
            f"--save-draws: {draws:,} draws take {size / 2**30:.1f} GiB, more than {LARGEST_FILE / 2**30:.0f} GiB; "
            f"ask for at most {LARGEST_FILE // bytes_per_draw(plan):,}"
        )


class RecordColumns:
    """The columns of a record, by system and key, as ``drawsfile`` names them."""

    def __init__(self, plan: Plan, record: Record) -> None:
        self.plan, self.record = plan, record
        self.seats = house_seats(plan, record)
        self.options = {name: o for o, name in enumerate(plan.model.options)}
        self.groups = {name: g for g, name in enumerate(plan.model.groups)}
        self.districts = {contest.id: d for d, contest in enumerate(plan.model.contests)}

    def column(self, k: int, key: Key) -> Integers:
        """Return a column under system ``k``, ``[draw]``."""
        kind, name = key
        match kind:
            case "votes":
                return self.record.votes[:, self.options[name]]
            case "seats":
                return self.seats[:, k, self.groups[name]]
            case "list_seats":
                return self.record.list_seats[:, k, self.groups[name]]
            case "winner":
                return self.record.winners[:, int(self.plan.laws.contest_of[k]), self.districts[name]]


class DrawWriter:
    """Writes records of consecutive draws; use it around the simulation. ``place`` is what a full disk is told by."""

    def __init__(self, path: Path, plan: Plan, place: Path | None = None) -> None:
        self.plan, self.place = plan, place or path
        description = description_of(plan)
        self.schema = schema_of(description)
        votes: list[Key] = [("votes", option) for option in plan.model.options]
        self.keys = [(0, key) for key in votes]
        self.keys += [(k, key) for k, house in enumerate(description.houses) for key in keys_of(house)]
        with self._named():
            self.file = native_file(path, "wb")
            self.writer = pq.ParquetWriter(self.file, self.schema, compression="zstd", write_page_checksum=True)

    def __enter__(self) -> DrawWriter:
        """Return the writer."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        with self._named():
            self.writer.close()
            self.file.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Name the place where writing fails: pyarrow does not."""
        try:
            yield
        except OSError as fault:
            raise OSError(
                fault.errno, os.strerror(fault.errno) if fault.errno else str(fault), str(self.place)
            ) from fault

    def keep(self, first: int, record: Record) -> None:
        """Append a record whose first row is draw ``first``."""
        rows = RecordColumns(self.plan, record)
        columns: list[Integers] = [np.arange(first, first + len(record.votes), dtype=np.int64)]
        columns += [rows.column(k, key) for k, key in self.keys]
        arrays = [
            pa.array(np.ascontiguousarray(column).astype(field.type.to_pandas_dtype()), type=field.type)
            for column, field in zip(columns, self.schema, strict=True)
        ]
        with self._named():
            self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema), row_group_size=GROUP_ROWS)
