"""``python -m benchmarks.houses``: draws a second of whole elections under laws of other parliaments.

New Zealand is the shipped forecast; the Bundestag is what ``forecast init`` makes of a poll of invented parties: 299
districts, 16 Länder, a house that is levelled, or whose winners must be covered.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from forecast.execution import Order, prepare, usable_threads
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK
from forecast.simulate import counts_of, warm_up

POLLS = """pollster,fieldwork_end,sample_size,Alpha,Beta,Gamma,Delta,Epsilon,Zeta,Eta
Invented,2029-01-20,2000,29,21,16,12,9,5,4
"""
BUNDESTAG = ("germany-bundestag-2013", "germany-bundestag-2023")


def bundestag(system: str, folder: Path) -> Plan:
    """Return a Bundestag election of full size under a law."""
    polls, model = folder / "polls.csv", folder / system
    polls.write_text(POLLS, encoding="utf-8")
    command = ["init", str(model), "--polls", str(polls), "--system", system, "--election-date", "2029-02-04"]
    subprocess.run([sys.executable, "-m", "forecast", "-q", *command], check=True, capture_output=True)
    return prepare(Order(model / f"{system}.toml")).plan


def draws_a_second(plan: Plan, draws: int, threads: int) -> float:
    """Return the draws a second of a plan, without its audit."""
    start = time.perf_counter()
    counts_of(plan, 0, draws, threads=threads)
    return draws / (time.perf_counter() - start)


def main() -> None:
    """Time every election on one thread and on all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=256 * BLOCK, help="draws of each timing")
    draws = parser.parse_args().draws
    most = usable_threads(None)
    with tempfile.TemporaryDirectory() as place:
        plans = [prepare(Order("new-zealand-2023")).plan, *(bundestag(name, Path(place)) for name in BUNDESTAG)]
        for plan in plans:
            warm_up(plan)
            speeds = {threads: draws_a_second(plan, draws, threads) for threads in (1, most)}
            said = ", ".join(f"{speed:,.0f} on {threads}" for threads, speed in speeds.items())
            print(f"{plan.systems[0].id}: draws a second by threads: {said}")


if __name__ == "__main__":
    main()
