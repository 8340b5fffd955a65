"""Stored draws as netCDF 4 in the layout of InferenceData: what ArviZ and xarray open, by names instead of columns.

Everything stands in the group ``posterior_predictive``, with the dimensions ``chain`` (one), ``draw``, and the names of
what is counted. The draws are independent, so one chain holds them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from forecast.drawsfile import StoredDraws, column_of
from forecast.errors import EnvironmentTrouble
from forecast.events.house import House
from forecast.events.meaning import Column
from forecast.files import replacing

GROUP = "posterior_predictive"


def write_netcdf(path: Path, draws: StoredDraws) -> int:
    """Write every stored draw; return their number.

    ``votes[chain, draw, option]``, and for each system ``seats``, ``list_seats`` and ``winner`` (a candidate's number
    within the district, -1 for nobody), each named ``QUANTITY SYSTEM``, over ``party``, ``list`` and ``district``.

    Raises
    ------
    EnvironmentTrouble
        h5netcdf is not installed.
    """
    try:
        import h5netcdf
    except ImportError:
        raise EnvironmentTrouble("netcdf needs h5netcdf: pip install 'seatcast[netcdf]'") from None
    table = draws.frame()
    with replacing(path) as temporary, h5netcdf.File(temporary, "w") as file:
        group = file.create_group(GROUP)
        group.attrs["seed"] = str(draws.description.seed)
        group.dimensions = {"chain": 1, "draw": draws.draws}
        group.create_variable("chain", ("chain",), data=np.zeros(1, np.int32))
        group.create_variable("draw", ("draw",), data=np.arange(draws.draws, dtype=np.int64))
        first = draws.houses[0]
        _write(group, table, "votes", "option", first.options, [f"votes: {name}" for name in first.options])
        for house in draws.houses:
            for quantity, of, names in _quantities(house):
                columns = [column_of((quantity, name), house) for name in names]
                _write(group, table, f"{quantity} {house.system}", of, names, columns)
    return draws.draws


def _quantities(house: House) -> list[tuple[Column, str, tuple[str, ...]]]:
    """Return what is known of a house: the quantity, the dimension it is over, and the names along that."""
    known: list[tuple[Column, str, tuple[str, ...]]] = [("seats", "group", house.groups)]
    if house.bar is not None:
        known.append(("list_seats", "party", house.parties))
    if house.districts:
        known.append(("winner", "district", tuple(district.id for district in house.districts)))
    return [(quantity, f"{of} {house.system}", names) for quantity, of, names in known]


def _write(group: Any, table: Any, name: str, of: str, names: Sequence[str], columns: Sequence[str]) -> None:
    """Write one variable, a column at a time, and the names along its last dimension."""
    import h5py

    group.dimensions[of] = len(names)
    labels = np.array(names, dtype=object)
    group.create_variable(of, (of,), dtype=h5py.string_dtype(), data=labels)
    kind = table.schema.field(columns[0]).type.to_pandas_dtype()
    made = group.create_variable(name, ("chain", "draw", of), dtype=kind, compression="gzip", compression_opts=4,
                                 shuffle=True)  # fmt: skip
    for number, column in enumerate(columns):
        made[0, :, number] = table[column].to_numpy()
