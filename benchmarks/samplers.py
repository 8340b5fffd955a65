"""``python -m benchmarks.samplers``: error for the same time, lattice against plain draws, over many replicates.

Each replicate is a whole run of the forecast's own number of draws, under a seed of its own. The factor is variance x
time of plain draws over variance x time of the lattice; its spread is that of a ratio of chi-squares. The bias is that
against a long run of plain draws, in joint standard errors. The long run takes most of the time and none of the timing:
``--references FILE`` keeps its figures, and takes them from there where they are of the same model and draws.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from forecast.bench.machine import machine
from forecast.bench.subjects import FORECAST
from forecast.distribution import SystemForecast
from forecast.documents import read_forecast
from forecast.kernel.plan import Plan, lower
from forecast.kernel.random import STREAM_VERSION
from forecast.lattice import simulate_lattice
from forecast.lattice import warm_up as warm_up_lattice
from forecast.simulate import Simulation, simulate, warm_up
from forecast.voteshare.model import VoteModel, fit

REFERENCE_SEED = 2**40
TIMED = 65_536  # draws, and four times as many
ROUNDS = 15

Figures = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure under both samplers: bias in standard errors, variances, and how much better the lattice is."""

    name: str
    reference: float
    reference_error: float
    plain_sd: float
    lattice_sd: float
    bias: float
    variance_ratio: float
    factor: float


def names(model: VoteModel, leader: str) -> list[str]:
    """Return what is estimated; ``leader`` is the party with the most seats."""
    seats = [f"mean seats: {group}" for group in (leader, model.groups[-1])]
    tails = ["P(no majority), a tail", "P(93 seats or more), a tail"]
    return [*seats, "P(majority)", "P(two thirds)", *tails, "P(win) in a district"]


def figures(simulation: Simulation, leader: str) -> list[float]:
    """Return the estimates of one run, in the order of ``names``."""
    one = SystemForecast(simulation.plan, 0, simulation.tallies, simulation.draws, simulation.replicates)
    seats, house = one.seats(leader), one.system
    candidate = next(c for c, person in enumerate(one.plan.model.contests[0].candidates) if person.party == leader)
    return [
        seats.mean,
        one.seats(one.groups[-1]).mean,
        seats.at_least(house.majority).value,
        seats.at_least(house.two_thirds).value,
        1 - seats.at_least(house.majority).value,
        seats.at_least(93).value,
        one.wins_by([candidate]).value,
    ]


@dataclass(frozen=True, slots=True)
class Reference:
    """What a long run of plain draws says: ``figures`` in the order of ``names`` for its ``leader``."""

    leader: str
    figures: list[float]


def reference_of(plan: Plan, draws: int, kept: Path | None) -> Reference:
    """Return the figures of a long run of a plan, from ``kept`` where they are there, and keep them there where they are not."""
    numbers = b"".join(array.tobytes() for array in (*plan.voters, *plan.laws))
    key = f"{hashlib.sha256(numbers).hexdigest()[:16]}, stream {STREAM_VERSION}, {draws} draws"
    known = json.loads(kept.read_text()) if kept is not None and kept.exists() else {}
    if key in known:
        return Reference(**known[key])
    warm_up(plan)
    truth = simulate(plan, draws, threads=2)
    house = SystemForecast(truth.plan, 0, truth.tallies, draws)
    leader = max(plan.model.parties, key=lambda party: house.seats(party).mean)
    found = Reference(leader, figures(truth, leader))
    if kept is not None:
        kept.write_text(json.dumps(known | {key: asdict(found)}, indent=2) + "\n")
    return found


def compare(
    settings: Sequence[str], reference: int, replicates: int, draws: int, kept: Path | None
) -> tuple[list[Compared], float, float]:
    """Return the figures of the forecast under both samplers, and the nanoseconds of a draw of each."""
    spec = read_forecast(FORECAST, list(settings)).value
    model, systems = fit(spec.model.value), [system.value for system in spec.systems]
    truth = reference_of(lower(model, systems, REFERENCE_SEED), reference, kept)
    first = lower(model, systems, 0)
    warm_up(first)
    warm_up_lattice(first)
    estimates: list[list[list[float]]] = [[], []]
    for seed in range(replicates):
        for which in (0, 1):
            plan = lower(model, systems, seed)
            done = simulate_lattice(plan, draws) if which else simulate(plan, draws)
            estimates[which].append(figures(done, truth.leader))
    times, faster = seconds_a_draw(first)
    plain, even = (np.array(found) for found in estimates)
    exact = np.array(truth.figures)
    rows = []
    for k, name in enumerate(names(model, truth.leader)):
        error = float(plain[:, k].std(ddof=1) * np.sqrt(draws / reference))
        plain_variance, even_variance = (float(found[:, k].var(ddof=1)) for found in (plain, even))
        bias = (even[:, k].mean() - exact[k]) / np.hypot(even[:, k].std(ddof=1) / np.sqrt(replicates), error)
        ratio = plain_variance / even_variance
        rows.append(
            Compared(
                name, float(exact[k]), error, plain_variance**0.5, even_variance**0.5, float(bias),
                ratio, ratio * faster,
            )
        )  # fmt: skip
    return rows, 1e9 * float(times[0]), 1e9 * float(times[1])


def seconds_a_draw(plan: Plan) -> tuple[Figures, float]:
    """Return the times of one more draw, plain and of the lattice, and their ratio: medians, side by side.

    A run four times as long less a run is what is timed, so that start and audit drop out.
    """
    taken = np.zeros((ROUNDS, 2))
    for number in range(ROUNDS):
        for which in (0, 1):
            clock = []
            for draws in (TIMED, 4 * TIMED):
                start = perf_counter()
                simulate_lattice(plan, draws) if which else simulate(plan, draws)
                clock.append(perf_counter() - start)
            taken[number, which] = (clock[1] - clock[0]) / (3 * TIMED)
    return np.median(taken, axis=0), float(np.median(taken[:, 0] / taken[:, 1]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison for both laws of candidates' noise and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.samplers", description=__doc__)
    parser.add_argument("--reference", type=int, default=20_000_000, help="plain draws of the reference")
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--draws", type=int, default=2**20, help="draws of each replicate")
    parser.add_argument("--references", type=Path, metavar="FILE", help="keep the reference's figures in FILE")
    options = parser.parse_args(arguments)
    for noise in ("normal", "gumbel"):
        settings = [f"model.districts.noise={noise}"]
        rows, plain, even = compare(settings, options.reference, options.replicates, options.draws, options.references)
        print(
            f"{FORECAST}, {noise} noise: {options.replicates} replicates of {options.draws:,} draws, reference "
            f"{options.reference:,} plain draws; one thread, without the audit: {plain:,.0f} ns a plain draw, "
            f"{even:,.0f} a lattice's"
        )
        print(
            f"{'':32}{'reference':>12}{'+-':>10}{'sd plain':>10}{'sd lattice':>11}{'bias/se':>9}{'variance':>10}{'x time':>8}"
        )
        for row in rows:
            print(
                f"{row.name:32}{row.reference:12.6f}{row.reference_error:10.2g}{row.plain_sd:10.2g}{row.lattice_sd:11.2g}"
                f"{row.bias:9.1f}{row.variance_ratio:9.1f}x{row.factor:7.1f}x",
                flush=True,
            )
    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
