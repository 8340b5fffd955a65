"""Learn the shipped constants anew: ``python -m benchmarks.learn FOLDER``.

FOLDER holds ``polls.csv``, ``results.csv``, ``elections.csv`` and ``previous.csv`` as ``forecast backtest`` reads them.
What is printed belongs into ``forecast/voteshare/pooling.py`` and ``forecast/backtest/baselines.py``.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

from forecast.backtest.baselines import latest_mean
from forecast.backtest.cases import cases_of
from forecast.backtest.learn import effective_size, learned
from forecast.documents.past_elections import read_past_elections
from forecast.voteshare.pooling import CONSTANTS

HORIZONS = (1, 7, 30, 60)


def main(folder: Path) -> None:
    """Print the constants and the effective sample sizes that past elections teach."""
    tables = (folder / f"{name}.csv" for name in ("polls", "results", "elections", "previous"))
    elections = read_past_elections(*tables).elections
    cases, unscored = cases_of(elections, HORIZONS)
    print(f"# {len(elections)} elections, {len(cases)} cases, {len(unscored)} without enough polls")
    constants = learned(cases)
    for field in fields(CONSTANTS):
        print(f"{field.name}={getattr(constants, field.name):.4f},")
    for horizon in HORIZONS:
        at = [case for case in cases if case.horizon == horizon]
        print(f"effective size, {horizon} d: {effective_size(at, [latest_mean(case) for case in at]):.0f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
