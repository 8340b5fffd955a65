"""``draws.parquet``: its columns, and how to read it a few draws at a time without trusting it.

What the file says of itself stands in its metadata under ``seatcast``. A reader looks at that, at the columns, at the
sizes of the row groups and at the checksum of every page; it takes whole numbers and nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from forecast.errors import EnvironmentTrouble, ForecastError
from forecast.events.house import House, document_of, house_from
from forecast.events.meaning import Chunk, Column, Key
from forecast.runfile import DRAWS_FILE, RunFile

SCHEMA = 1
METADATA = b"seatcast"
GROUP_ROWS = 2**15  # rows of a row group as they are written
MOST_ROWS = 2**31  # of a file
_MOST_GROUP_ROWS = 2**17
_MOST_METADATA = 2**26
_AGAIN = "compute the run again with --force"

_TITLES: dict[Column, str] = {"seats": "seats", "list_seats": "list seats", "winner": "winner"}


def native_file(path: Path, mode: str = "rb") -> Any:
    """Open a file for pyarrow by the bytes of its name: as text it would be UTF-8 for pyarrow in any locale."""
    return pa.OSFile(os.fsencode(path), mode)


@dataclass(frozen=True, slots=True)
class DrawsDescription:
    """What a file of draws says of itself; ``certain`` where its model leaves nothing to chance."""

    houses: tuple[House, ...]
    seed: int
    stream: int
    block: int
    certain: bool

    def metadata(self) -> dict[bytes, bytes]:
        """Return it as the file's metadata."""
        content = {
            "schema": SCHEMA,
            "seed": self.seed,
            "kernel_stream": {"version": self.stream, "block": self.block},
            "certain": self.certain,
            "houses": [document_of(house) for house in self.houses],
        }
        return {METADATA: json.dumps(content, ensure_ascii=False).encode("utf-8")}


def column_of(key: Key, house: House) -> str:
    """Return the name of a column.

    Names are ``votes: OPTION``, ``seats: SYSTEM: PARTY``, ``list seats: SYSTEM: PARTY``, ``winner: SYSTEM: DISTRICT``.
    """
    column, name = key
    return f"votes: {name}" if column == "votes" else f"{_TITLES[column]}: {house.system}: {name}"


def keys_of(house: House) -> list[Key]:
    """Return the columns of one house, without votes: seats, list seats, the number of each district's winner."""
    keys: list[Key] = [("seats", group) for group in house.groups]
    if house.bar is not None:
        keys += [("list_seats", party) for party in house.parties]
    return keys + [("winner", district.id) for district in house.districts]


def schema_of(description: DrawsDescription) -> Any:
    """Return the columns of a file: draw, votes of every option, and those of every house.

    A district's winner is the number of a candidate in the metadata's order, -1 for a seat that nobody wins.
    """
    fields = [pa.field("draw", pa.uint32())]
    houses = description.houses
    fields += [pa.field(f"votes: {name}", pa.int32()) for name in houses[0].options]
    for house in houses:
        seats = pa.uint8() if house.seats < 2**8 else pa.uint16() if house.seats < 2**16 else pa.uint32()
        most = max((len(district.candidates) for district in house.districts), default=1)
        winner = pa.int8() if most <= 2**7 else pa.int16() if most <= 2**15 else pa.int32()
        fields += [pa.field(column_of(key, house), winner if key[0] == "winner" else seats) for key in keys_of(house)]
    return pa.schema(fields, metadata=description.metadata())


@dataclass(frozen=True, slots=True, eq=False)
class StoredDraws:
    """A file of draws, open for reading."""

    path: Path
    description: DrawsDescription
    file: Any

    @property
    def draws(self) -> int:
        """Number of draws in the file."""
        return int(self.file.metadata.num_rows)

    @property
    def houses(self) -> tuple[House, ...]:
        """The houses, one a system."""
        return self.description.houses

    def house(self, system: str) -> House:
        """Return the house of a system; ForecastError if the file does not hold it."""
        for house in self.houses:
            if house.system == system:
                return house
        there = ", ".join(house.system for house in self.houses)
        raise ForecastError(f"--system {system!r}: the run has no such system; it has: {there}")

    def chunks(self, house: House, needs: Iterable[Key]) -> Iterator[tuple[int, Chunk]]:
        """Yield (number of the first draw, chunk) with the columns that are needed, in order.

        Raises
        ------
        EnvironmentTrouble
            A page is damaged.
        """
        keys = sorted(needs)
        names = [column_of(key, house) for key in keys]
        first = 0
        for group in range(self.file.num_row_groups):
            rows = int(self.file.metadata.row_group(group).num_rows)
            table = self._group(group, names)
            yield first, Chunk({key: table[name].to_numpy() for key, name in zip(keys, names, strict=True)}, rows)
            first += rows

    def groups(self) -> Iterator[Any]:
        """Yield all columns as arrow tables, a row group at a time, in order."""
        for group in range(self.file.num_row_groups):
            yield self._group(group, None)

    def frame(self, most: int | None = None) -> Any:
        """Return the draws, or the first ``most``, as an arrow table."""
        wanted, tables = self.draws if most is None else most, []
        for table in self.groups():
            tables.append(table.slice(0, wanted))
            wanted -= tables[-1].num_rows
            if wanted <= 0:
                break
        return pa.concat_tables(tables) if tables else self.file.schema_arrow.empty_table()

    def _group(self, group: int, names: Sequence[str] | None) -> Any:
        try:
            table = self.file.read_row_group(group, columns=names, use_threads=False)
        except (pa.ArrowException, OSError) as fault:
            raise EnvironmentTrouble(f"{self.path}: damaged: {_line(fault)}; {_AGAIN}") from None
        if any(column.null_count for column in table.columns):
            raise EnvironmentTrouble(f"{self.path}: holds empty cells, which no run writes; {_AGAIN}")
        return table


def stored_draws(run: RunFile) -> StoredDraws:
    """Open the stored draws of a run.

    Raises
    ------
    ForecastError
        The run stored none; the text says how to store them.
    EnvironmentTrouble
        The file is missing, damaged, or not one that a run writes.
    """
    if not run.holds(DRAWS_FILE):
        raise ForecastError(
            f"{run.folder}: the run stored no draws; store them with: "
            f"forecast run {run.name} --save-draws all (with the settings of the run), and name that run's folder"
        )
    return open_draws(run.checked(DRAWS_FILE))


def open_draws(path: Path) -> StoredDraws:
    """Open a file of draws; EnvironmentTrouble that names the file if a run did not write it so."""
    try:
        file = pq.ParquetFile(
            native_file(path),
            page_checksum_verification=True,
            memory_map=False,
            pre_buffer=False,
            thrift_string_size_limit=_MOST_METADATA,
            thrift_container_size_limit=2**22,
        )
        metadata = file.metadata
        written = (file.schema_arrow.metadata or {}).get(METADATA)
    except (pa.ArrowException, OSError) as fault:
        raise EnvironmentTrouble(f"{path}: is no readable Parquet file: {_line(fault)}; {_AGAIN}") from None
    if written is None:
        raise EnvironmentTrouble(f"{path}: was not written by this version of seatcast; {_AGAIN}")
    description = _description(path, written)
    if not file.schema_arrow.equals(schema_of(description), check_metadata=False):
        raise EnvironmentTrouble(f"{path}: has other columns than it says; {_AGAIN}")
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    if metadata.num_rows > MOST_ROWS or max(sizes, default=0) > _MOST_GROUP_ROWS or sum(sizes) != metadata.num_rows:
        raise EnvironmentTrouble(f"{path}: has more rows, or larger row groups, than a run writes; {_AGAIN}")
    return StoredDraws(path, description, file)


def _description(path: Path, written: bytes) -> DrawsDescription:
    try:
        content = json.loads(written.decode("utf-8"))
        if content["schema"] != SCHEMA:
            raise EnvironmentTrouble(f"{path}: schema: is {content['schema']!r:.40}; this version reads {SCHEMA}")
        houses = tuple(house_from(one) for one in content["houses"])
        stream = content["kernel_stream"]
        seed, version, block = int(content["seed"]), int(stream["version"]), int(stream["block"])
        if not houses or any(house.options != houses[0].options for house in houses):
            raise ValueError("houses of different ballot papers")
        return DrawsDescription(houses, seed, version, block, content["certain"] is True)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise EnvironmentTrouble(f"{path}: its description cannot be understood; {_AGAIN}") from None


def _line(fault: Exception) -> str:
    return " ".join(str(fault).split())[:200]
