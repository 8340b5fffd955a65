"""Persons in words: what the tables of a run say of deposits and of the people on the lists."""

from __future__ import annotations

import csv
from pathlib import Path

from forecast.compare import SAMPLE
from forecast.distribution import SystemForecast


def person_lines(forecast: SystemForecast, folder: Path) -> list[str]:
    """Return the lines on persons of one system; none where the run has no such tables."""
    lines = []
    mandates = _rows(folder / "list_candidates.csv", forecast)
    if mandates:
        women, young, disabled = (
            _sum([row for row in mandates if row[group] == "yes"], "probability")
            for group in ("women", "youth", "disability")
        )
        lines.append(
            f"From the lists: {women:.1f} women, {young:.1f} young people and {disabled:.1f} people with disabilities on "
            f"average, among {_sum(mandates, 'probability'):.1f} whose names are known."
        )
    deposits = _rows(folder / "deposits.csv", forecast)
    kinds = {"candidates": [row for row in deposits if row["district"]]}
    kinds["lists"] = [row for row in deposits if not row["district"]]
    counted = [f"{_sum(rows, 'p_returned'):.1f} of the {len(rows)} {kind}" for kind, rows in kinds.items() if rows]
    law = forecast.system.persons
    if counted and law is not None and law.deposit is not None:
        share = 100 * float(law.deposit.returned_at)
        elected, assumed = (
            (", or elected", "; strengths of candidates are assumed") if kinds["candidates"] else ("", "")
        )
        lines.append(
            f"Deposits given back ({share:g} % of the valid ballots{elected}): {' and '.join(counted)} on average, "
            f"over the first {min(forecast.draws, SAMPLE):,} draws{assumed}."
        )
    return lines


def _rows(table: Path, forecast: SystemForecast) -> list[dict[str, str]]:
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["system"] == forecast.system.id]


def _sum(rows: list[dict[str, str]], column: str) -> float:
    return sum(float(row[column]) for row in rows)
