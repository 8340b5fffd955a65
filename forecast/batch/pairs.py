"""Paired differences between scenarios: the seats of the first draws of each, which share their random numbers.

Every scenario's folder keeps the seats of its first ``compare.SAMPLE`` draws. Draw for draw they stand beside those
of the base, and give the covariance that an error of a difference needs; the difference itself is over all draws.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from forecast.compare import SAMPLE, sample_of
from forecast.errors import EnvironmentTrouble
from forecast.files import replacing
from forecast.simulate import Simulation

PAIRS = "first_draws.parquet"

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MEASURES = ("mean", "house_share", "p_any_seat", "p_largest", "p_majority", "p_two_thirds")


@dataclass(frozen=True, slots=True, eq=False)
class FirstDraws:
    """The seats of a run's first draws, ``seats[system][group]`` of ``[draw]`` each, and what to read them by."""

    seed: int
    draws: int
    certain: bool
    house: Mapping[str, int]
    majority: Mapping[str, int]
    two_thirds: Mapping[str, int]
    parties: tuple[str, ...]
    seats: Mapping[str, Mapping[str, Ints]]

    def measure(self, system: str, group: str, name: str) -> Floats:
        """Return one of ``MEASURES`` draw by draw: seats, their share of the house, or 1 where the event occurs."""
        own = self.seats[system][group]
        if name in ("mean", "house_share"):
            return own.astype(np.float64) * self.unit(system, name)
        if name == "p_largest":
            others = [self.seats[system][one] for one in self.parties if one != group]
            most = np.max(others, axis=0) if others else np.zeros_like(own)
            return (own > most).astype(np.float64)
        least = {"p_any_seat": 1, "p_majority": self.majority[system], "p_two_thirds": self.two_thirds[system]}[name]
        return (own >= least).astype(np.float64)

    def unit(self, system: str, name: str) -> float:
        """Return how much one seat is in one of ``MEASURES``."""
        return 1 / self.house[system] if name == "house_share" else 1.0


def write_first_draws(working: Path, simulation: Simulation) -> None:
    """Write the seats of a run's first draws."""
    plan = simulation.plan
    sample = sample_of(plan, simulation.draws)
    columns, labels = [], []
    for k, system in enumerate(plan.systems):
        for g, group in enumerate(plan.model.groups):
            columns.append(pa.array(sample.seats[:, k, g].astype(np.uint16)))
            labels.append((system.id, group))
    facts = {
        "seed": plan.seed,
        "draws": simulation.draws,
        "certain": plan.model.is_certain,
        "house": {system.id: system.seats for system in plan.systems},
        "majority": {system.id: system.majority for system in plan.systems},
        "two_thirds": {system.id: system.two_thirds for system in plan.systems},
        "parties": list(plan.model.parties),
        "columns": labels,
    }
    names = [f"{system}: {group}" for system, group in labels]
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    schema = pa.schema([pa.field(name, pa.uint16()) for name in names], metadata={"seatcast": text})
    with replacing(working / PAIRS) as temporary, temporary.open("wb") as stream:
        table = pa.Table.from_arrays(columns, schema=schema)
        pq.write_table(table, stream, compression="zstd", write_page_checksum=True)


def read_first_draws(folder: Path) -> FirstDraws:
    """Read the seats of a run's first draws; EnvironmentTrouble if the file is damaged."""
    path = folder / PAIRS
    try:
        with path.open("rb") as stream, pq.ParquetFile(stream, page_checksum_verification=True) as file:
            if file.metadata.num_rows > SAMPLE or {field.type for field in file.schema_arrow} != {pa.uint16()}:
                raise ValueError("these are not the seats of first draws")
            table = file.read()
        facts = json.loads(table.schema.metadata[b"seatcast"])
        seats: dict[str, dict[str, Ints]] = {}
        for (system, group), column in zip(facts["columns"], table.columns, strict=True):
            seats.setdefault(system, {})[group] = column.to_numpy().astype(np.int64)
        return FirstDraws(
            facts["seed"], facts["draws"], facts["certain"], facts["house"], facts["majority"], facts["two_thirds"],
            tuple(facts["parties"]), seats,
        )  # fmt: skip
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as fault:
        raise EnvironmentTrouble(f"{path}: cannot be read ({fault}); forecast batch computes it again") from None


def is_paired(one: FirstDraws, base: FirstDraws) -> bool:
    """Return whether two runs share their draws."""
    return one.seed == base.seed


def error_of_difference(now: Floats, before: Floats, one: FirstDraws, base: FirstDraws, unit: float = 1.0) -> float:
    """Return the Monte Carlo standard error of a difference of two means over all draws of each run.

    With n draws in both, the variance is that of the difference of a draw, over n. Where one run is longer, only
    the draws that both have are paired: v1/n1 + v2/n2 - 2 c/max(n1, n2). Runs that share no draws have c = 0. One
    draw that differs by ``unit`` is added to the squares, so that an error is 0 only where nothing is left to chance.
    """
    if one.certain and base.certain:
        return 0.0
    least = min(len(now), len(before))
    slack = unit**2 / least
    if is_paired(one, base):
        apart = now[:least] - before[:least]
        if one.draws == base.draws:
            return float(np.sqrt((apart.var() + slack) / one.draws))
        covariance = float(np.cov(now[:least], before[:least], bias=True)[0, 1])
    else:
        covariance = 0.0
    variance = now.var() / one.draws + before.var() / base.draws - 2 * covariance / max(one.draws, base.draws)
    return float(np.sqrt(max(float(variance), 0.0) + slack / max(one.draws, base.draws)))
