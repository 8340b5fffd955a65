"""The stored draws of one system as a report needs them: everybody's seats, and who wins each district."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from forecast.errors import EnvironmentTrouble
from forecast.report.house import House

MOST_DRAWS = 200_000  # read into a report
NOBODY = -1


@dataclass(frozen=True, slots=True, eq=False)
class StoredDraws:
    """The first stored draws: ``seats[draw, group]``, ``winners[draw, district]`` as numbers of groups, -1 for nobody."""

    groups: list[str]
    districts: list[str]
    draws: npt.NDArray[np.int64]
    seats: npt.NDArray[np.int64]
    winners: npt.NDArray[np.int64]


def stored_draws(house: House, most: int = MOST_DRAWS) -> StoredDraws | None:
    """Return the first stored draws of a system; None where the run kept none.

    Raises
    ------
    EnvironmentTrouble
        The file is damaged, or not of this run.
    """
    path = house.run.draws_file
    if path is None:
        return None
    try:
        # The run's checksum of the file agrees, or it would not have been read so far; pages have their own.
        with path.open("rb") as stream, pq.ParquetFile(stream, page_checksum_verification=True) as file:
            return _read(house, file, path, most)
    except (pa.ArrowException, OSError, KeyError, ValueError, IndexError) as fault:
        raise EnvironmentTrouble(f"{path}: damaged, or no draws of this run ({fault}); compute it again") from None


def _read(house: House, file: Any, path: Path, most: int) -> StoredDraws:
    who = [(row["district"], row["party"]) for row in house.run.rows("candidates.csv", house.system)]
    districts = list(dict.fromkeys(district for district, _ in who))
    names = set(file.schema_arrow.names)
    # A file has everybody's seats in the house, or those of the lists, to which the winners of districts are added.
    whole = [f"seats: {house.system}: {group}" for group in house.groups]
    listed = [f"list seats: {house.system}: {party}" for party in house.parties]
    has_whole = names.issuperset(whole)
    held = whole if has_whole else listed
    wins = [f"winner: {house.system}: {district}" for district in districts]
    read = ["draw", *held, *wins]
    if missing := [name for name in read if name not in names]:
        raise EnvironmentTrouble(f"{path}: has no column {missing[0]!r}; compute the run again")
    if not all(pa.types.is_integer(file.schema_arrow.field(name).type) for name in read):
        raise EnvironmentTrouble(f"{path}: holds columns that are no integers; no run writes such draws")
    tables, kept = [], 0
    for batch in file.iter_batches(batch_size=65_536, columns=read):
        tables.append(batch)
        kept += batch.num_rows
        if kept >= most:
            break
    table = pa.Table.from_batches(tables).slice(0, most)
    if any(column.null_count for column in table.columns):
        raise EnvironmentTrouble(f"{path}: has empty cells; no run writes such draws")
    seats = np.zeros((table.num_rows, len(house.groups)), np.int64)
    for place, name in enumerate(held):
        seats[:, place] = table[name].to_numpy()
    winners = np.full((table.num_rows, len(districts)), NOBODY, np.int64)
    for d, (district, name) in enumerate(zip(districts, wins, strict=True)):
        # Winners count the district's candidates from 0; the last entry stands for nobody (-1).
        groups = np.array([house.groups.index(party) for at, party in who if at == district] + [NOBODY])
        winners[:, d] = groups[table[name].to_numpy()]
    for group in range(0 if has_whole else len(house.groups)):
        seats[:, group] += (winners == group).sum(axis=1)
    if (seats < 0).any() or (seats > house.most).any() or (seats.sum(axis=1) > house.most).any():
        raise EnvironmentTrouble(f"{path}: gives more seats than the house has, or fewer than none")
    return StoredDraws(list(house.groups), districts, table["draw"].to_numpy(), seats, winners)


def chambers(house: House, stored: StoredDraws, most: int = 200) -> list[list[int]]:
    """Return a bounded sample of draws, spread over those stored: draw number, then everybody's seats."""
    step = max(1, len(stored.draws) // most)
    rows = np.column_stack([stored.draws, stored.seats])[::step][:most]
    return [[int(cell) for cell in row] for row in rows]
