"""A forecast as one JSON document, for programs that read stdout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.report.words import headline
from forecast.runs import assemblies_forecast
from forecast.tables import (
    ASSEMBLY_COLUMNS,
    COLUMNS,
    assembly_rows,
    assembly_total_rows,
    event_rows,
    seat_pmf_rows,
    summary_rows,
)

if TYPE_CHECKING:
    from forecast.distribution import SystemForecast
    from forecast.documents import ForecastSpec
    from forecast.runs import RunRecord
    from forecast.simulate import Simulation


def result_document(
    simulation: Simulation, forecasts: list[SystemForecast], spec: ForecastSpec, facts: RunRecord, folder: Path
) -> dict[str, Any]:
    """Return what ``forecast run --json`` prints; columns are those of the run's tables."""
    document = {
        "name": spec.id,
        "title": spec.name,
        "digest": facts.digest,
        "seed": simulation.plan.seed,
        "draws": simulation.draws,
        "audit": {"recounts": simulation.audit.recounts, "agree": simulation.audit.recounts},
        "folder": str(folder),
        "systems": [
            {
                "system": one.system.id,
                "seats": one.system.seats,
                "majority": one.system.majority,
                "two_thirds": one.system.two_thirds,
                "headline": headline(one),
                "parties": [dict(zip(COLUMNS["summary.csv"], row, strict=True)) for row in summary_rows(one)],
                "seat_pmf": _pmf(one),
                "events": [
                    dict(zip(COLUMNS["events.csv"], row, strict=True)) for row in event_rows(one, spec.coalitions)
                ],
            }
            for one in forecasts
        ],
        "assumptions": list(facts.assumptions),
        "silent_choices": facts.choices,
        "warnings": list(facts.warnings),
    }
    local = assemblies_forecast(simulation)
    if local is not None:
        named = list(ASSEMBLY_COLUMNS["assemblies.csv"]), list(ASSEMBLY_COLUMNS["assembly_totals.csv"])
        document["assemblies"] = [dict(zip(named[0], row, strict=True)) for row in assembly_rows(local)]
        document["assembly_totals"] = [dict(zip(named[1], row, strict=True)) for row in assembly_total_rows(local)]
    return document


def _pmf(one: SystemForecast) -> dict[str, list[float]]:
    pmf: dict[str, list[float]] = {group: [] for group in one.groups}
    for row in seat_pmf_rows(one):
        pmf[str(row[1])].append(float(row[3] or 0.0))
    return pmf
