"""Polls: points, the fitted vote, house effects and weights, where the run's folder holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecast.report.charts import Figure
from forecast.report.folder import RunFolder
from forecast.report.house import House
from forecast.report.languages import Language
from forecast.report.sheets import Sheet


@dataclass(frozen=True, eq=False)
class PollsSection:
    """What a report says of the polls."""

    lead: str
    figures: list[tuple[Figure, Sheet | None]]
    sheets: list[Sheet]


def polls_section(run: RunFolder, house: House, words: Language, names: Mapping[str, str]) -> PollsSection | None:
    """Return the section on polls; None where the run's record has no fit."""
    fit: Any = run.record.get("fit")
    if not isinstance(fit, dict):
        return None
    return None
